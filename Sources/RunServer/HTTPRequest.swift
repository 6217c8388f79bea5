/// A request without a body: all that this server answers.
struct HTTPRequest: Sendable {
  let method: String
  /// Path and query as they were sent.
  let target: String
  /// Names in lower case.
  private let fields: [(name: String, value: String)]
  /// Of HTTP/1.1: its answers may come in chunks.
  let isCurrent: Bool
  /// Whether another request may follow on the connection.
  let staysOpen: Bool

  /// A field's value; several fields of a name are one list.
  subscript(name: String) -> String? {
    let values = fields.filter { $0.name == name }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: name == "cookie" ? "; " : ", ")
  }

  /// Why a request is not read.
  struct Refusal: Error, Equatable {
    let status: Int
    static let malformed = Refusal(status: 400)
    static let tooLarge = Refusal(status: 431)
  }

  static let maximalLine = 16 << 10
  static let maximalFields = 100
  /// Of request line and fields together.
  static let maximalSize = 48 << 10

  /// - Parameter bytes: request line and fields, without the empty line that ends them.
  /// - Throws: `Refusal`.
  init(_ bytes: ArraySlice<UInt8>) throws {
    let lines = try HTTPRequest.lines(bytes)
    let words = (lines.first ?? []).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(HTTPRequest.isToken),
      words[1].first == UInt8(ascii: "/") || words[1].elementsEqual("*".utf8),
      words[1].allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
      words[2].count == 8, words[2].starts(with: "HTTP/1.".utf8), let minor = words[2].last, (48...57).contains(minor)
    else { throw Refusal.malformed }
    method = String(decoding: words[0], as: UTF8.self)
    target = String(decoding: words[1], as: UTF8.self)
    isCurrent = minor != UInt8(ascii: "0")
    if lines.count - 1 > HTTPRequest.maximalFields { throw Refusal.tooLarge }
    let fields = try lines.dropFirst().map(HTTPRequest.field)
    self.fields = fields
    // Which of two it is meant for, nobody can tell.
    if fields.count(where: { $0.name == "host" }) > 1 { throw Refusal.malformed }
    func holds(_ name: String, _ word: String) -> Bool {
      fields.contains { field in
        field.name == name
          && field.value.split(separator: ",").contains { $0.lowercased().filter { $0 != " " && $0 != "\t" } == word }
      }
    }
    // A body is not waited for: the connection ends after the answer, and what still comes is discarded.
    let hasBody = fields.contains { $0.name == "transfer-encoding" || $0.name == "content-length" && $0.value != "0" }
    staysOpen = isCurrent && !hasBody && !holds("connection", "close")
  }

  private static func lines(_ bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var rest = bytes
    while true {
      let end = rest.firstIndex(of: UInt8(ascii: "\r")) ?? rest.endIndex
      let line = rest[..<end]
      if line.count > maximalLine { throw Refusal.tooLarge }
      // A line feed alone, or a zero, is read differently by different programs.
      if line.contains(UInt8(ascii: "\n")) || line.contains(0) { throw Refusal.malformed }
      lines.append(line)
      if end == rest.endIndex { return lines }
      guard end + 1 < rest.endIndex, rest[end + 1] == UInt8(ascii: "\n") else { throw Refusal.malformed }
      rest = rest[(end + 2)...]
    }
  }

  private static func field(_ line: ArraySlice<UInt8>) throws -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isToken)
    else { throw Refusal.malformed }
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var value = line[(colon + 1)...].drop(while: isSpace)
    while let last = value.last, isSpace(last) { value.removeLast() }
    return (String(decoding: line[..<colon], as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
  }

  /// RFC 9110, 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// Cuts what a client sends into requests.
struct HTTPRequestReader {
  private var bytes: [UInt8] = []
  /// Where the empty line has not been looked for yet.
  private var searched = 0

  /// Whether nothing of a next request has come.
  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ new: some Collection<UInt8>) { bytes += new }

  /// The next whole request; nil: more has to come.
  ///
  /// - Throws: `HTTPRequest.Refusal`.
  mutating func next() throws -> HTTPRequest? {
    // Some clients end a body with an empty line that is not counted.
    while bytes.starts(with: [13, 10]) { bytes.removeFirst(2) }
    let end: [UInt8] = [13, 10, 13, 10]
    var place = max(0, searched - 3)
    while place + end.count <= bytes.count {
      if bytes[place] == 13, bytes[place..<place + end.count].elementsEqual(end) {
        if place > HTTPRequest.maximalSize { throw HTTPRequest.Refusal.tooLarge }
        let request = try HTTPRequest(bytes[..<place])
        bytes.removeFirst(place + end.count)
        searched = 0
        return request
      }
      place += 1
    }
    searched = bytes.count
    if bytes.count > HTTPRequest.maximalSize { throw HTTPRequest.Refusal.tooLarge }
    return nil
  }
}
