import Foundation
import Glibc
import Testing

/// `cairn serve` on a free port, and requests to it that are written byte by byte, so that they can be as odd as they like.
final class HTTPProbe {
  struct Answer {
    let status: Int
    let head: String
    let body: String

    /// The value of a header.
    func header(_ name: String) -> String? {
      head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        .map { String($0.dropFirst(name.count + 2)) }
    }
  }

  let command: Command
  let port: Int
  /// What the server says when it has begun to listen.
  let greeting: String

  init(_ arguments: String..., in place: Workplace) throws {
    let command = try Command(Command.cairn, ["serve", "--port", "0"] + arguments, in: place.folder)
    var said = ""
    let isUp = command.wait(limit: 60) {
      said = command.errorsSoFar
      return said.contains("\n")
    }
    try #require(isUp, "\(said)")
    let address = try #require(said.components(separatedBy: "://").last?.prefix { $0 != "/" }, "\(said)")
    (self.command, greeting) = (command, said)
    port = try #require(Int(address.split(separator: ":").last ?? ""), "\(said)")
  }

  /// Ends the server.
  func stop(_ signal: Int32 = SIGTERM) throws -> Command.Outcome {
    command.send(signal: signal)
    return try command.wait(limit: 30)
  }

  func get(_ target: String, method: String = "GET", host: String? = "localhost", headers: [String] = []) throws
    -> Answer
  {
    let lines =
      ["\(method) \(target) HTTP/1.1"] + (host.map { ["Host: \($0)"] } ?? []) + ["Connection: close"] + headers
    return try send(lines.joined(separator: "\r\n") + "\r\n\r\n")
  }

  /// Sends bytes and reads until the server closes the connection.
  func send(_ request: String) throws -> Answer {
    let socket = try connect()
    defer { close(socket) }
    write(request, to: socket)
    return HTTPProbe.answer(read(from: socket, until: { _ in false }))
  }

  /// Reads a stream until what came satisfies `isEnough`, or 30 seconds are over.
  func listen(_ target: String, headers: [String] = [], until isEnough: (String) -> Bool) throws -> String {
    let socket = try connect()
    defer { close(socket) }
    let lines = ["GET \(target) HTTP/1.1", "Host: localhost"] + headers
    write(lines.joined(separator: "\r\n") + "\r\n\r\n", to: socket)
    return String(decoding: read(from: socket, until: { isEnough(String(decoding: $0, as: UTF8.self)) }), as: UTF8.self)
  }

  /// Begins to listen to a stream and does not read; the socket is the caller's to close.
  func hold(_ target: String) throws -> Int32 {
    let socket = try connect()
    write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n", to: socket)
    return socket
  }

  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(code == 0, "cannot connect to port \(port)")
    return descriptor
  }

  /// All of it, or as much as the server takes before it answers.
  func write(_ text: String, to socket: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      var descriptor = pollfd(fd: socket, events: Int16(POLLIN | POLLOUT), revents: 0)
      guard poll(&descriptor, 1, 5000) > 0, descriptor.revents & Int16(POLLIN) == 0 else { return }
      let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
      let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, flags) }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private func read(from socket: Int32, until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
    var found: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end, !isEnough(found) {
      var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 200) > 0 else { continue }
      let count = recv(socket, &block, block.count, 0)
      if count <= 0 { break }
      found += block[0..<count]
    }
    return found
  }

  private static func answer(_ bytes: [UInt8]) -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    let words = text.split(separator: " ", maxSplits: 2)
    return Answer(
      status: words.count > 1 ? Int(words[1]) ?? 0 : 0, head: String(parts.first ?? ""),
      body: parts.count > 1 ? String(parts[1]) : "")
  }
}
