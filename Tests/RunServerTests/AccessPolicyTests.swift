import Testing

@testable import RunServer

struct AccessPolicyTests {
  @Test(arguments: [
    ("localhost", true), ("localhost:80", true), ("127.0.0.1:9", true), ("127.9.9.9", true), ("[::1]:5", true),
    ("localhost.", false), ("127.0.0.1.nip.io", false), ("127.0.0.256", false), ("10.0.0.1", false), ("::1", false),
    ("[::2]", false), ("[evil]", false), ("a b", false), ("localhost:80@evil", false), ("127.0.0.1:", true),
  ])
  func onLoopbackOnlyItsOwnNamesAreAnswered(authority: String, expected: Bool) {
    #expect(AccessPolicy(host: "127.0.0.1", token: nil).accepts(authority: authority) == expected)
  }

  @Test func elsewhereAddressesAndTheGivenNamesAreAnswered() {
    let policy = AccessPolicy(host: "0.0.0.0", aliases: ["Box"], token: "t")
    for name in ["10.0.0.1:80", "[fe80::1]", "box:8420", "localhost"] { #expect(policy.accepts(authority: name)) }
    for name in ["evil.example", "box.evil.example", "10.0.0", nil] { #expect(!policy.accepts(authority: name)) }
    #expect(AccessPolicy(host: "node7", token: "t").accepts(authority: "NODE7:1"))
  }

  @Test func aTokenIsAllOfIt() {
    let policy = AccessPolicy(host: "0.0.0.0", token: "0123456789")
    #expect(policy.accepts(token: "0123456789"))
    for wrong in ["", "0", "012345678", "01234567890", "0123456780", "01234567890123456789", nil] {
      #expect(!policy.accepts(token: wrong))
    }
    #expect(AccessPolicy(host: "127.0.0.1", token: nil).accepts(token: nil))
    #expect(Set((0..<100).map { _ in AccessPolicy.newToken() }).count == 100)
  }

  @Test func percentCodingGoesBothWaysAndRefusesWhatIsNone() {
    for text in ["", "plain-name_1.~", "a/b?c#d e&f=g%", "é🪨\"<>'"] {
      #expect(Page.percentDecoded(Page.percentEncoded(text)) == text)
    }
    for text in ["%", "%1", "%zz", "%+1", "%ff", "%c3%28"] { #expect(Page.percentDecoded(text) == nil, "\(text)") }
  }
}
