/// Who may see the pages: what is refused before anything is looked up.
package struct AccessPolicy: Sendable {
  /// The address that the server listens on.
  package let host: String
  /// Other names of this machine, for those who listen on all its addresses.
  package let aliases: [String]
  /// nil: whoever reaches the loopback address may look.
  package let token: String?

  package init(host: String, aliases: [String] = [], token: String?) {
    self.host = host
    self.aliases = aliases.map { $0.lowercased() }
    self.token = token
  }

  package static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.") && isIPv4(host)
  }

  /// Whether a request's Host header may name this server. A name of somebody else's, made to point here (DNS rebinding),
  /// would let a foreign page read ours; addresses and `localhost` cannot be made to.
  package func accepts(authority: String?) -> Bool {
    guard let authority, let name = AccessPolicy.hostName(authority.lowercased()) else { return false }
    if name == "localhost" || name == host.lowercased() || aliases.contains(name) { return true }
    let isAddress = AccessPolicy.isIPv4(name) || name.contains(":")
    return AccessPolicy.isLoopback(host) ? AccessPolicy.isLoopback(name) : isAddress
  }

  /// The name without its port; nil: it is no authority. An IPv6 address loses its brackets.
  private static func hostName(_ authority: String) -> String? {
    let rest: Substring
    let name: Substring
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      name = authority[authority.index(after: authority.startIndex)..<end]
      guard name.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }), name.contains(":") else { return nil }
      rest = authority[authority.index(after: end)...]
    } else {
      name = authority.prefix { $0 != ":" }
      rest = authority[name.endIndex...]
    }
    guard !name.isEmpty, rest.isEmpty || rest.first == ":" && rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    return String(name)
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { !$0.isEmpty && UInt8($0) != nil && $0.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }
  }

  /// Whether what a request brings is the token; without one to bring, always.
  package func accepts(token given: String?) -> Bool {
    guard let token else { return true }
    guard let given else { return false }
    return AccessPolicy.isSame(Array(given.utf8), Array(token.utf8))
  }

  /// Takes the same time wherever the first difference is.
  private static func isSame(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
    var difference = given.count ^ wanted.count
    for (index, byte) in given.enumerated() { difference |= Int(byte ^ wanted[index % max(1, wanted.count)]) }
    return difference == 0
  }

  /// 128 random bits in hexadecimal.
  package static func newToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in
      let byte = UInt8.random(in: 0...255, using: &generator)
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
