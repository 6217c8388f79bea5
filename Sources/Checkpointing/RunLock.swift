internal import Glibc
internal import HDF5Storage

/// An advisory lock on a run's directory: one trainer at a time. It dies with its owner.
///
/// A lock of the open file description (`F_OFD_SETLK`) and not `flock`: others can ask who holds it without taking it, so
/// that looking at runs never stops a trainer that is about to start.
public final class RunLock {
  private let descriptor: Int32

  /// `F_OFD_GETLK` and `F_OFD_SETLK`, which Glibc's module leaves out. Source: Linux, include/uapi/asm-generic/fcntl.h.
  private static let (getLock, setLock): (Int32, Int32) = (36, 37)

  /// - Throws: `RunLocked` if another process holds it; `FileError`.
  public init(directory: String) throws {
    let path = RunLock.path(directory)
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw FileError(operation: "create", path: path, code: errno) }
    var lock = RunLock.wholeFile
    guard fcntl(descriptor, RunLock.setLock, &lock) == 0 else {
      let code = errno
      let owner = RunLock.owner(descriptor)
      close(descriptor)
      if code != EAGAIN && code != EACCES { throw FileError(operation: "lock", path: path, code: code) }
      throw RunLocked(directory: directory, owner: owner)
    }
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit { close(descriptor) }

  /// The process that trains in a directory, as it said when it took the lock; nil: none does.
  ///
  /// Takes nothing and changes nothing. Where the lock cannot be asked for, nobody is said to hold it.
  public static func holder(directory: String) -> String? {
    let descriptor = open(path(directory), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = wholeFile
    guard fcntl(descriptor, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return owner(descriptor)
  }

  private static func path(_ directory: String) -> String { "\(directory)/.lock" }

  private static var wholeFile: flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }

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
