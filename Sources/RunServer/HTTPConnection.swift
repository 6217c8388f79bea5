internal import Glibc

/// One client's connection, touched by the server's thread alone.
final class HTTPConnection {
  enum Phase {
    /// A request is waited for.
    case reading
    /// A request is being answered; the next one is not looked at before.
    case answering
    /// The last answer is on its way.
    case ending
    /// All is said: what still comes is discarded, so that the client gets to the answer.
    case farewell
  }

  let number: Int
  let descriptor: Int32
  var phase = Phase.reading
  var reader = HTTPRequestReader()
  /// Whether the connection goes on after the answer.
  var staysOpen = true
  var isChunked = false
  /// Whether the answer is a stream, which goes on for as long as the client listens.
  var isStreaming = false
  /// What makes the answer.
  var answering: Task<Void, Never>?
  /// Whoever waits until all that was handed over has been taken.
  var waiting: CheckedContinuation<Bool, Never>?
  /// Whether the client has said that it sends no more; to be told so again and again is of no use.
  var hasEnded = false
  /// Whether the system still holds bytes that the client has not taken, and how many more it has to take in its time.
  var isWaitedFor = false
  var untaken = 0
  /// What epoll is asked for.
  var interest: UInt32 = 0

  private var output: [UInt8] = []
  private var taken = 0

  init(number: Int, descriptor: Int32) {
    self.number = number
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  var hasOutput: Bool { taken < output.count }

  func append(_ bytes: [UInt8]) {
    if hasOutput { output += bytes } else { (output, taken) = (bytes, 0) }
  }

  /// A part of a stream.
  func append(part: [UInt8]) {
    if !isChunked { return append(part) }
    append(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10])
  }

  /// Hands the system what it takes now.
  ///
  /// - Returns: how many bytes; nil: the connection is broken.
  func flush() -> Int? {
    var count = 0
    while hasOutput {
      let sent = output.withUnsafeBytes {
        send(descriptor, $0.baseAddress.map { $0 + taken }, $0.count - taken, Int32(MSG_NOSIGNAL))
      }
      if sent < 0 && errno == EINTR { continue }
      if sent < 0 && errno == EAGAIN { return count }
      if sent <= 0 { return nil }
      taken += sent
      count += sent
    }
    (output, taken) = ([], 0)
    return count
  }
}
