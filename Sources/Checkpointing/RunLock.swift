internal import Glibc
internal import HDF5Storage

/// An advisory lock on a run's directory: one trainer at a time. It dies with its owner.
public final class RunLock {
  private let descriptor: Int32

  /// - Throws: `RunLocked` if another process holds it; `FileError`.
  public init(directory: String) throws {
    let path = "\(directory)/.lock"
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw FileError(operation: "create", path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let owner = RunLock.owner(descriptor)
      close(descriptor)
      if code != EWOULDBLOCK { throw FileError(operation: "lock", path: path, code: code) }
      throw RunLocked(directory: directory, owner: owner)
    }
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit { close(descriptor) }

  private static func owner(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(count, 0)).prefix { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
  }
}

/// Another process trains in this directory.
public struct RunLocked: Error, Sendable, CustomStringConvertible {
  public let directory: String
  /// The process's number, as it said when it took the lock.
  public let owner: String

  public var description: String {
    "\(directory): process \(owner.isEmpty ? "?" : owner) is training here; wait for it or stop it first"
  }
}
