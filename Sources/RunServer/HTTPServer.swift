internal import CEpoll
internal import Glibc

/// HTTP/1.1 for GET and HEAD, with limits of time and number: see `OpenConnections`.
///
/// One thread for all connections: the other processors are the trainer's. It waits for nothing but the sockets; answers
/// are made by tasks, which hand them over by `Mailbox`.
final class HTTPServer {
  typealias Responder = @Sendable (HTTPRequest) async -> HTTPResponse

  private let socket: ListeningSocket
  private let responder: Responder
  private let mailbox: Mailbox
  private let poll: Int32
  private var table: OpenConnections
  private var connections: [Int: HTTPConnection] = [:]
  private var next = 2
  private var now = ContinuousClock.now
  private var isListening = false
  /// When no more is waited for; nil: nobody has asked to stop.
  private var end: ContinuousClock.Instant?
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// What epoll says of whom; connections have the numbers from 2.
  private static let (listener, letter): (Int, Int) = (0, 1)
  /// So many bytes have to be taken by a client before its time for a piece begins anew.
  private static let piece = 64 << 10

  /// - Throws: `Serving.CannotListen`.
  init(_ socket: ListeningSocket, limits: OpenConnections.Limits, mailbox: Mailbox, responder: @escaping Responder)
    throws
  {
    self.socket = socket
    self.responder = responder
    self.mailbox = mailbox
    table = OpenConnections(limits)
    poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    if poll < 0 { throw Serving.CannotListen(code: errno, reason: String(cString: strerror(errno))) }
    watch(mailbox.descriptor, HTTPServer.letter, EPOLL_CTL_ADD, EPOLLIN.rawValue)
    listen()
  }

  deinit {
    Glibc.close(poll)
    Glibc.close(socket.descriptor)
  }

  /// Serves until the mailbox says to stop, and two seconds longer for what is still being answered.
  func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    var swept = now
    while true {
      let count = epoll_wait(poll, &events, Int32(events.count), end == nil ? 1000 : 50)
      now = .now
      for event in events.prefix(Int(max(0, count))) { handle(Int(event.data.u64), event.events) }
      if now - swept >= .seconds(1) {
        swept = now
        for number in table.overdue(now: now) { close(number) }
        if end == nil { listen() }
      }
      if let end, connections.isEmpty || now >= end { break }
    }
    for number in Array(connections.keys) { close(number) }
  }

  private func handle(_ source: Int, _ events: UInt32) {
    switch source {
    case HTTPServer.listener: accept()
    case HTTPServer.letter: for message in mailbox.take() { read(message) }
    default:
      guard let connection = connections[source] else { return }
      if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return close(source) }
      if events & EPOLLRDHUP.rawValue != 0 { connection.hasEnded = true }
      if events & EPOLLIN.rawValue != 0 { receive(connection) }
      // Whoever listens to a feed and sends no more has gone; others may still wait for their answer.
      if connection.hasEnded, connection.phase != .ending, connection.phase != .answering || connection.isStreaming {
        return close(source)
      }
      proceed(connection)
    }
  }

  // MARK: Connections

  private func watch(_ descriptor: Int32, _ source: Int, _ operation: Int32, _ events: UInt32) {
    var event = epoll_event(events: events, data: epoll_data(u64: UInt64(source)))
    epoll_ctl(poll, operation, descriptor, &event)
  }

  private func listen() {
    if isListening { return }
    isListening = true
    watch(socket.descriptor, HTTPServer.listener, EPOLL_CTL_ADD, EPOLLIN.rawValue)
  }

  private func stopListening() {
    isListening = false
    watch(socket.descriptor, HTTPServer.listener, EPOLL_CTL_DEL, 0)
  }

  private func accept() {
    for _ in 0..<64 {
      switch socket.accept() {
      case .none: return
      // Until the next look at those whose time is up.
      case .exhausted: return stopListening()
      case .connection(let descriptor, let address): admit(descriptor, from: address)
      }
    }
  }

  private func admit(_ descriptor: Int32, from address: String) {
    let connection = HTTPConnection(number: next, descriptor: descriptor)
    switch table.admit(next, from: OpenConnections.client(address), now: now) {
    case .refused:
      // Before a request has been read: a client that sends one may meet a closed connection instead.
      let fields = [(name: "Retry-After", value: "5")]
      connection.append(HTTPResponse(status: 503, fields: fields).headBytes(isChunked: false, isLast: true))
      _ = connection.flush()
    case .admitted(let victim):
      if let victim { close(victim) }
      connections[next] = connection
      connection.interest = HTTPServer.interest(connection)
      watch(descriptor, next, EPOLL_CTL_ADD, connection.interest)
      next += 1
    }
  }

  private func close(_ number: Int) {
    table.remove(number)
    guard let connection = connections.removeValue(forKey: number) else { return }
    connection.answering?.cancel()
    connection.waiting?.resume(returning: false)
    connection.waiting = nil
  }

  /// What is waited for. Bytes are read only where they are wanted: else a client could fill the memory.
  private static func interest(_ connection: HTTPConnection) -> UInt32 {
    var events: UInt32 = connection.hasEnded ? 0 : EPOLLRDHUP.rawValue
    if connection.phase == .reading || connection.phase == .farewell { events |= EPOLLIN.rawValue }
    if connection.hasOutput { events |= EPOLLOUT.rawValue }
    return events
  }

  // MARK: Reading

  private func receive(_ connection: HTTPConnection) {
    let count = recv(connection.descriptor, &buffer, buffer.count, 0)
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    if count <= 0 {
      connection.hasEnded = true
      return
    }
    guard connection.phase == .reading else { return }
    if connection.reader.isEmpty {
      table.expect(.request, of: connection.number, within: table.limits.request, now: now)
    }
    connection.reader.append(buffer[..<count])
    beginRequest(connection)
  }

  /// Answers the next request, if all of it is there.
  private func beginRequest(_ connection: HTTPConnection) {
    let number = connection.number
    do {
      guard let request = try connection.reader.next() else { return }
      connection.phase = .answering
      connection.staysOpen = request.staysOpen && end == nil
      connection.isChunked = request.isCurrent
      table.expect(.request, of: number, within: nil, now: now)
      table.setIdle(false, number)
      connection.answering = Task.detached { [responder, mailbox] in
        let response = await responder(request)
        mailbox.put(.head(number, response))
        guard case .stream(let body) = response.body else { return }
        for await part in await body() {
          let isTaken = await withCheckedContinuation { mailbox.put(.part(number, part, $0)) }
          if !isTaken { return }
        }
        mailbox.put(.end(number))
      }
    } catch {
      let status = (error as? HTTPRequest.Refusal)?.status ?? 400
      connection.staysOpen = false
      connection.append(HTTPResponse(status: status).headBytes(isChunked: false, isLast: true))
      table.expect(.request, of: number, within: nil, now: now)
      finish(connection)
    }
  }

  // MARK: Answering

  private func read(_ message: Mailbox.Message) {
    switch message {
    case .head(let number, let response):
      guard let connection = connections[number] else { return }
      let isStream = if case .stream = response.body { true } else { false }
      if isStream, connection.hasEnded { return close(number) }
      if isStream, !connection.isChunked { connection.staysOpen = false }
      connection.isStreaming = isStream
      connection.append(response.headBytes(isChunked: connection.isChunked, isLast: !connection.staysOpen))
      if case .bytes(let bytes) = response.body { connection.append(bytes) }
      if !isStream { finish(connection) }
      proceed(connection)
    case .part(let number, let bytes, let continuation):
      guard let connection = connections[number], connection.phase == .answering else {
        continuation.resume(returning: false)
        return
      }
      connection.append(part: bytes)
      connection.waiting = continuation
      proceed(connection)
    case .end(let number):
      guard let connection = connections[number] else { return }
      if connection.isChunked { connection.append(Array("0\r\n\r\n".utf8)) }
      finish(connection)
      proceed(connection)
    case .stop:
      if end != nil { return }
      end = now + .seconds(2)
      if isListening { stopListening() }
      for number in table.idle { close(number) }
      for connection in connections.values {
        connection.staysOpen = false
        connection.answering?.cancel()
      }
    }
  }

  /// The answer is complete, if not yet sent.
  private func finish(_ connection: HTTPConnection) {
    connection.answering = nil
    connection.isStreaming = false
    connection.phase = .ending
  }

  /// Sends what can be sent, and goes on with what comes next.
  private func proceed(_ connection: HTTPConnection) {
    let number = connection.number
    guard let count = connection.flush() else { return close(number) }
    if connection.hasOutput {
      connection.untaken = connection.untaken <= count ? HTTPServer.piece : connection.untaken - count
      if !connection.isWaitedFor || connection.untaken == HTTPServer.piece {
        table.expect(.write, of: number, within: table.limits.write, now: now)
      }
      connection.isWaitedFor = true
    } else {
      if connection.isWaitedFor { table.expect(.write, of: number, within: nil, now: now) }
      connection.isWaitedFor = false
      connection.untaken = HTTPServer.piece
      connection.waiting?.resume(returning: true)
      connection.waiting = nil
      if connection.phase == .ending { goOn(connection) }
    }
    guard connections[number] != nil else { return }
    let wanted = HTTPServer.interest(connection)
    if wanted != connection.interest {
      connection.interest = wanted
      watch(connection.descriptor, number, EPOLL_CTL_MOD, wanted)
    }
  }

  /// After an answer that has been taken.
  private func goOn(_ connection: HTTPConnection) {
    let number = connection.number
    table.setIdle(true, number)
    if connection.hasEnded { return close(number) }
    if connection.staysOpen {
      connection.phase = .reading
      let time = connection.reader.isEmpty ? table.limits.idle : table.limits.request
      table.expect(.request, of: number, within: time, now: now)
      beginRequest(connection)
      if connection.phase == .ending { proceed(connection) }
    } else {
      connection.phase = .farewell
      shutdown(connection.descriptor, Int32(SHUT_WR))
      table.expect(.farewell, of: number, within: table.limits.farewell, now: now)
    }
  }
}
