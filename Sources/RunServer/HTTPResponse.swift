internal import Glibc

/// What is answered.
struct HTTPResponse: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// The length alone, as HEAD asks for it; nil: it has none, being a stream.
    case omitted(length: Int?)
    /// Begun when the head has been sent.
    case stream(@Sendable () async -> AsyncStream<[UInt8]>)
  }

  var status: Int
  var fields: [(name: String, value: String)] = []
  var body = Body.bytes([])

  /// The same without its body, which is not even begun.
  var head: HTTPResponse {
    var response = self
    switch body {
    case .bytes(let bytes): response.body = .omitted(length: bytes.count)
    case .stream: response.body = .omitted(length: nil)
    case .omitted: break
    }
    return response
  }

  /// Status line and fields, with the empty line after them.
  func headBytes(isChunked: Bool, isLast: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(HTTPResponse.reasons[status] ?? "Other")\r\n"
    for field in fields { text += "\(field.name): \(field.value)\r\n" }
    switch body {
    case .bytes(let bytes): text += "Content-Length: \(bytes.count)\r\n"
    case .omitted(let length): if let length { text += "Content-Length: \(length)\r\n" }
    case .stream: if isChunked { text += "Transfer-Encoding: chunked\r\n" }
    }
    text += "Date: \(HTTPResponse.date())\r\n"
    if isLast { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8)
  }

  private static let reasons = [
    200: "OK", 303: "See Other", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 431: "Request Header Fields Too Large", 503: "Service Unavailable",
  ]

  /// RFC 9110, 5.6.7.
  private static func date() -> String {
    var (now, parts) = (time(nil), tm())
    gmtime_r(&now, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(clock) GMT"
  }
}
