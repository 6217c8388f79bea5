internal import Checkpointing
internal import Files
internal import Glibc

/// Who works on a sweep: every process holds a shared lock as long as it lives, and one of its own while it sets the folder
/// up. Locks of the open file description, as `RunLock`'s; they die with their owners and reach over NFS.
final class SweepLock {
  private let descriptor: Int32
  private let path: String
  /// `F_OFD_GETLK`, `F_OFD_SETLK`, `F_OFD_SETLKW`. Source: Linux, include/uapi/asm-generic/fcntl.h.
  private static let (getLock, setLock, setLockAndWait): (Int32, Int32, Int32) = (36, 37, 38)

  /// - Throws: `FileError`.
  init(folder: SweepFolder) throws {
    path = "\(folder.path)/.sweep.lock"
    descriptor = try RegularFile.open(path, O_CREAT | O_RDWR, operation: "create").descriptor
  }

  deinit { close(descriptor) }

  /// Does `work` while no other process does as much, and says from then on that this process works here.
  ///
  /// - Parameter work: told whether others work here.
  /// - Throws: `FileError`; what `work` throws.
  func settingUp<Result>(_ work: (_ hasOthers: Bool) throws -> Result) throws -> Result {
    var setup = SweepLock.byte(0, F_WRLCK)
    while fcntl(descriptor, SweepLock.setLockAndWait, &setup) != 0 {
      if errno != EINTR { throw FileError(operation: "lock", path: path, code: errno) }
    }
    defer {
      var open = SweepLock.byte(0, F_UNLCK)
      _ = fcntl(descriptor, SweepLock.setLock, &open)
    }
    var other = SweepLock.byte(1, F_WRLCK)
    let hasOthers = fcntl(descriptor, SweepLock.getLock, &other) == 0 && other.l_type != Int16(F_UNLCK)
    let result = try work(hasOthers)
    var presence = SweepLock.byte(1, F_RDLCK)
    if fcntl(descriptor, SweepLock.setLock, &presence) != 0 {
      throw FileError(operation: "lock", path: path, code: errno)
    }
    return result
  }

  private static func byte(_ place: Int, _ type: Int32) -> flock {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(place)
    lock.l_len = 1
    return lock
  }
}
