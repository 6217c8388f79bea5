internal import CThreads
internal import Glibc

/// The end of a file that is being published: bytes are added there.
public struct FileEnd: ~Copyable {
  private let descriptor: Int32
  private let path: String
  /// Bytes written so far.
  public private(set) var count = 0
  private var started = 0

  /// How many bytes the disk is set to work on at once, while the rest is still being made.
  private static let batch = 8 << 20

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// - Throws: `FileError`.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { throw FileError(operation: "write", path: path, code: written < 0 ? errno : EIO) }
      rest = rest.dropFirst(written)
      count += written
    }
    if count - started >= FileEnd.batch {
      // Only a hint: what it says of errors, fsync says again.
      cairn_start_writeback(descriptor, Int64(started), Int64(count - started))
      started = count
    }
  }
}
