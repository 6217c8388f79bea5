internal import CEpoll
internal import Glibc
internal import Synchronization

/// What tasks hand over to the server's thread.
final class Mailbox: Sendable {
  enum Message: Sendable {
    /// The answer to a connection's request, without a stream's parts.
    case head(Int, HTTPResponse)
    /// A part of a stream; told when it has been taken: whether the connection is still there.
    case part(Int, [UInt8], CheckedContinuation<Bool, Never>)
    /// A stream is over.
    case end(Int)
    case stop
  }

  /// Readable where there is something to take.
  let descriptor: Int32
  private let messages = Mutex<[Message]>([])

  /// - Throws: `Serving.CannotListen`.
  init() throws {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if descriptor < 0 { throw Serving.CannotListen(code: errno, reason: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  func put(_ message: Message) {
    let isFirst = messages.withLock { messages in
      messages.append(message)
      return messages.count == 1
    }
    if isFirst { eventfd_write(descriptor, 1) }
  }

  func take() -> [Message] {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
    return messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
