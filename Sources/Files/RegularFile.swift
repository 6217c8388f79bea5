public import Glibc

/// Files as they are expected to be: opening anything else (a FIFO, a device, a socket) may wait forever, or never end.
public enum RegularFile {
  /// Opens a file, without waiting for anybody, and makes sure that it is a regular one.
  ///
  /// - Parameters:
  ///   - flags: of open(2); `O_CLOEXEC` is added.
  ///   - folder: a descriptor that a relative `path` starts from.
  ///   - operation: what an error says was tried.
  /// - Returns: the descriptor, to be closed by the caller, and what fstat(2) said.
  /// - Throws: `FileError`.
  public static func open(
    _ path: String, _ flags: Int32, in folder: Int32 = AT_FDCWD, operation: String = "open"
  ) throws -> (descriptor: Int32, status: stat) {
    let descriptor = openat(folder, path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o666)
    if descriptor < 0 {
      let code = errno
      // A socket, or a FIFO that is to be written and that nobody reads.
      if code == ENXIO {
        throw FileError(operation: operation, path: path, code: code, detail: advice("a FIFO or a socket"))
      }
      throw FileError(operation: operation, path: path, code: code)
    }
    var status = stat()
    if fstat(descriptor, &status) != 0 {
      let code = errno
      close(descriptor)
      throw FileError(operation: "stat", path: path, code: code)
    }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFREG { return (descriptor, status) }
    close(descriptor)
    if kind == S_IFDIR { throw FileError(operation: operation, path: path, code: EISDIR) }
    let names = [S_IFIFO: "a FIFO", S_IFCHR: "a device", S_IFBLK: "a device", S_IFSOCK: "a socket"]
    throw FileError(operation: operation, path: path, code: ENXIO, detail: advice(names[kind] ?? "something else"))
  }

  private static func advice(_ kind: String) -> String {
    "\(kind) and no regular file: put what is meant into a file"
  }
}
