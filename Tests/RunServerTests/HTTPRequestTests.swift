import Testing

@testable import RunServer

struct HTTPRequestTests {
  private func requests(_ pieces: String...) throws -> [HTTPRequest] {
    var reader = HTTPRequestReader()
    var found: [HTTPRequest] = []
    for piece in pieces {
      reader.append(piece.utf8)
      while let request = try reader.next() { found.append(request) }
    }
    return found
  }

  @Test func requestsComeInAnyPieces() throws {
    let text = "\r\nGET /a?b=%20 HTTP/1.1\r\nHost: x:1\r\ncookie:a=1 \r\nCookie: \tb=2\r\n\r\nHEAD / HTTP/1.0\r\n\r\n"
    for cut in text.utf8.indices {
      let found = try requests(String(text[..<cut]), String(text[cut...]))
      try #require(found.count == 2)
      #expect(found[0].method == "GET" && found[0].target == "/a?b=%20" && found[0]["host"] == "x:1")
      #expect(found[0]["cookie"] == "a=1; b=2" && found[0]["accept"] == nil && found[0].staysOpen)
      #expect(found[1].method == "HEAD" && !found[1].isCurrent && !found[1].staysOpen)
    }
    #expect(try requests("GET / HTTP/1.1\r\nHost: x\r\n").isEmpty)
  }

  @Test(arguments: [
    ("", true), ("Connection: close\r\n", false), ("Connection: TE, Close\r\n", false), ("Content-Length: 0\r\n", true),
    ("Content-Length: 9\r\n", false), ("Transfer-Encoding: chunked\r\n", false),
  ])
  func aConnectionEndsWhereAskedToAndAfterABody(field: String, staysOpen: Bool) throws {
    #expect(try requests("GET / HTTP/1.1\r\n\(field)\r\n").first?.staysOpen == staysOpen)
  }

  @Test(arguments: [
    "nonsense\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\n b: c\r\n\r\n", "GET / HTTP/1.1\r\nA\r\n\r\n",
    "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "GET / HTTP/1.1\r\nA: \0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /\u{7F} HTTP/1.1\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n",
  ])
  func whatCanBeReadInTwoWaysIsRefused(text: String) {
    #expect(throws: HTTPRequest.Refusal.malformed) { _ = try requests(text) }
  }

  @Test func tooMuchIsRefusedBeforeItsEnd() throws {
    let long = String(repeating: "a", count: 16 << 10)
    let many = (0..<101).map { "x\($0): y\r\n" }.joined()
    for text in [
      "GET /" + long + " HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nx: \(long)\r\n\r\n", "GET / HTTP/1.1\r\n\(many)\r\n",
      String(repeating: long, count: 4),
    ] {
      #expect(throws: HTTPRequest.Refusal.tooLarge) { _ = try requests(text) }
    }
    #expect(try requests("GET / HTTP/1.1\r\n\(many.dropLast("x100: y\r\n".count))\r\n").count == 1)
  }
}
