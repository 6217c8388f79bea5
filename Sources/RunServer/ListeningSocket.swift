internal import Glibc

/// Where connections come in.
struct ListeningSocket {
  let descriptor: Int32
  /// The one that the system has given, where any was asked for.
  let port: Int

  /// - Throws: `Serving.CannotListen`.
  init(host: String, port: Int) throws {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0, let address = list?.pointee else {
      throw Serving.CannotListen(code: nil, reason: String(cString: gai_strerror(code)))
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, kind, 0)
    self.descriptor = descriptor
    var yes: Int32 = 1
    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isListening =
      descriptor >= 0
      && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0
      && bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 && listen(descriptor, 256) == 0
      && ListeningSocket.address(&bound, &length, { getsockname(descriptor, $0, $1) }) == 0
    if !isListening {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw Serving.CannotListen(code: code, reason: String(cString: strerror(code)))
    }
    var service = [CChar](repeating: 0, count: 16)
    _ = ListeningSocket.address(&bound, &length) {
      getnameinfo($0, $1.pointee, nil, 0, &service, socklen_t(service.count), NI_NUMERICSERV)
    }
    self.port = Int(ListeningSocket.text(service)) ?? port
  }

  enum Arrival {
    /// The connection, and the address that it comes from.
    case connection(Int32, from: String)
    case none
    /// There are no descriptors or no memory for another one now.
    case exhausted
  }

  func accept() -> Arrival {
    var from = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let connection = ListeningSocket.address(&from, &length) { Glibc.accept(descriptor, $0, $1) }
    if connection < 0 {
      return [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) ? .exhausted : .none
    }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    _ = fcntl(connection, F_SETFL, O_NONBLOCK)
    var yes: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    var name = [CChar](repeating: 0, count: 64)
    _ = ListeningSocket.address(&from, &length) {
      getnameinfo($0, $1.pointee, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
    }
    return .connection(connection, from: ListeningSocket.text(name))
  }

  private static func address(
    _ storage: inout sockaddr_storage, _ length: inout socklen_t,
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> Int32 {
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
