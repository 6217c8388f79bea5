internal import Glibc
internal import HDF5Storage

/// Much text on standard output, checked: a full disk is an error, a reader that has seen enough is none.
struct StandardOutput {
  private var buffer: [UInt8] = []
  private static let large = 1 << 16

  mutating func write(_ text: String) { buffer += text.utf8 }

  /// - Throws: as `flush`.
  mutating func flushIfLarge() throws { if buffer.count >= StandardOutput.large { try flush() } }

  /// - Throws: `FileError`; `EndOfRun` with code 0 where nobody reads on.
  mutating func flush() throws {
    var rest = buffer[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      if written < 0 && errno == EPIPE { throw EndOfRun(code: .done) }
      if written <= 0 { throw FileError(operation: "write", path: "standard output", code: written < 0 ? errno : EIO) }
      rest = rest.dropFirst(written)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
