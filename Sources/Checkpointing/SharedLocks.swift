internal import Files
internal import Glibc

/// Whether locks in a folder keep processes apart: on this host, and on others that share it.
public enum SharedLocks {
  /// `F_OFD_SETLK`. Source: Linux, include/uapi/asm-generic/fcntl.h.
  private static let setLock: Int32 = 37

  /// - Parameters:
  ///   - path: of the folder, which exists.
  ///   - isShared: whether other hosts may work in it.
  /// - Throws: `LocksDoNotWork`; `FileError`.
  public static func require(in path: String, isShared: Bool) throws {
    if let reason = try problem(in: path) { throw LocksDoNotWork(path: path, reason: reason) }
    guard isShared, let absolute = realpath(path, nil) else { return }
    defer { free(absolute) }
    if let mount = MountTable.current().mount(of: String(cString: absolute)), let reason = problem(of: mount) {
      throw LocksDoNotWork(path: path, reason: reason, isOfOtherHosts: true)
    }
  }

  /// Takes a lock by one open file, and sees that another does not get it.
  ///
  /// - Returns: what is wrong; nil: nothing.
  private static func problem(in path: String) throws -> String? {
    let name = "\(path)/.lock-check.\(getpid())"
    defer { unlink(name) }
    let first = try RegularFile.open(name, O_CREAT | O_RDWR, operation: "create").descriptor
    defer { close(first) }
    let second = try RegularFile.open(name, O_RDWR, operation: "open").descriptor
    defer { close(second) }
    func take(_ descriptor: Int32) -> Int32 {
      var lock = flock()
      lock.l_type = Int16(F_WRLCK)
      lock.l_whence = Int16(SEEK_SET)
      return fcntl(descriptor, setLock, &lock) == 0 ? 0 : errno
    }
    let code = take(first)
    if code != 0 { return "a lock is refused (\(String(cString: strerror(code))))" }
    return take(second) == 0 ? "two processes get the same lock" : nil
  }

  /// What keeps the locks of a file system from other hosts; nil: nothing that its options tell of.
  static func problem(of mount: MountTable.Mount) -> String? {
    let reasons: [(type: String, options: Set<String>)] = [
      ("nfs", ["nolock", "local_lock=all", "local_lock=posix"]), ("cifs", ["nobrl"]), ("smb3", ["nobrl"]),
      ("lustre", ["localflock"]),
    ]
    for (type, options) in reasons where mount.type == type || type == "nfs" && mount.type == "nfs4" {
      if let option = mount.options.first(where: options.contains) {
        return "\(mount.point) is mounted with `\(option)`"
      }
    }
    return nil
  }
}

/// Locks keep nobody out.
public struct LocksDoNotWork: Error, Sendable, CustomStringConvertible {
  let path: String
  let reason: String
  var isOfOtherHosts = false

  public var description: String {
    "\(path): locks on this file system do not keep \(isOfOtherHosts ? "other hosts" : "processes") apart: \(reason); "
      + (isOfOtherHosts
        ? "mount it with locks that hosts share, or say with --alone that no other host works on this sweep"
        : "take a folder on another file system with --checkpoints")
  }
}
