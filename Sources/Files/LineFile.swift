internal import Glibc

/// A file of lines that is only ever appended to. Each line is one write, so that a kill leaves whole lines and at most
/// one broken one, after which the next line starts on a line of its own.
public final class LineFile {
  public let path: String
  private let descriptor: Int32
  private var isBroken = false

  /// Opens or makes the file.
  ///
  /// - Throws: `FileError`.
  public init(path: String) throws {
    self.path = path
    descriptor = try RegularFile.open(path, O_CREAT | O_APPEND | O_RDWR, operation: "create").descriptor
    var last: UInt8 = 0
    let size = lseek(descriptor, 0, SEEK_END)
    isBroken = size > 0 && pread(descriptor, &last, 1, size - 1) == 1 && last != UInt8(ascii: "\n")
  }

  deinit { close(descriptor) }

  /// - Throws: `FileError` if not all of it could be written (disk full).
  public func append(_ line: String) throws {
    let text = Array(((isBroken ? "\n" : "") + line + "\n").utf8)
    let written = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    let code = errno
    if written > 0 { isBroken = written < text.count }
    if written < text.count {
      throw FileError(operation: "write", path: path, code: written < 0 ? code : ENOSPC)
    }
  }
}
