internal import Files
internal import Glibc

/// An advisory lock on a run's directory: one trainer at a time. It dies with its owner.
///
/// A lock of the open file description (`F_OFD_SETLK`) and not `flock`: others can ask who holds it without taking it, so
/// that looking at runs never stops a trainer that is about to start.
///
/// What is locked is the file, and the name may come to mean another one: a folder that is removed, moved or replaced while a
/// trainer works. So the folder is held by a descriptor too, through which the run's files are written, and `requireInPlace`
/// tells when the name no longer leads there.
public final class RunLock: Sendable {
  private let directory: String
  private let descriptor: Int32
  /// Of the run's directory.
  let folder: Int32
  private let (folderIdentity, lockIdentity): (FileIdentity, FileIdentity)
  /// What this process has written into the file; another text there is another owner's.
  private let token: [UInt8]

  /// `F_OFD_GETLK` and `F_OFD_SETLK`, which Glibc's module leaves out. Source: Linux, include/uapi/asm-generic/fcntl.h.
  private static let (getLock, setLock): (Int32, Int32) = (36, 37)

  /// - Throws: `RunLocked` if another process holds it; `FileError`.
  public init(directory: String) throws {
    self.directory = directory
    let path = RunLock.path(directory)
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { throw FileError(operation: "create", path: path, code: errno) }
    var status = stat()
    fstat(folder, &status)
    let (descriptor, lockStatus): (Int32, stat)
    do {
      (descriptor, lockStatus) = try RegularFile.open(".lock", O_CREAT | O_RDWR, in: folder, operation: "create")
    } catch let error as FileError {
      close(folder)
      throw FileError(operation: "create", path: path, code: error.code, detail: error.reason)
    }
    (self.folder, self.descriptor) = (folder, descriptor)
    (folderIdentity, lockIdentity) = (FileIdentity(status), FileIdentity(lockStatus))
    var lock = RunLock.wholeFile
    let isOurs = fcntl(descriptor, RunLock.setLock, &lock) == 0
    let code = errno
    // The number comes first: that is what others read.
    token = Array("\(getpid()) \(RunLock.host()) \(UInt64.random(in: 0 ... .max))\n".utf8)
    guard isOurs else {
      let owner = RunLock.owner(descriptor)
      close(descriptor)
      close(folder)
      if code != EAGAIN && code != EACCES { throw FileError(operation: "lock", path: path, code: code) }
      throw RunLocked(directory: directory, owner: owner)
    }
    ftruncate(descriptor, 0)
    _ = token.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit {
    close(descriptor)
    close(folder)
  }

  /// Makes sure that the directory and its lock are still found under the directory's name.
  ///
  /// - Throws: `RunFolderLost`.
  public func requireInPlace() throws {
    for (path, identity) in [(directory, folderIdentity), (RunLock.path(directory), lockIdentity)] {
      var status = stat()
      if stat(path, &status) == 0 {
        if FileIdentity(status) != identity { throw RunFolderLost(directory: directory, .replaced) }
      } else if errno == ENOENT || errno == ENOTDIR || errno == ELOOP {
        throw RunFolderLost(directory: directory, .moved)
      }
      // A file system that does not answer at the moment is no reason to end.
    }
    // A host that was cut off from a shared file system has lost its locks there, and another may have taken this one.
    var text = [UInt8](repeating: 0, count: 400)
    let count = pread(descriptor, &text, text.count, 0)
    // Where the disk was full, nothing stands there.
    if count > 0, text[count - 1] == UInt8(ascii: "\n"), !text[..<count].elementsEqual(token) {
      throw RunFolderLost(
        directory: directory, .taken(by: String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self)))
    }
  }

  /// The process that trains in a directory, as it said when it took the lock; nil: none does.
  ///
  /// Takes nothing and changes nothing. Where the lock cannot be asked for, nobody is said to hold it.
  public static func holder(directory: String) -> String? {
    guard let descriptor = try? RegularFile.open(path(directory), O_RDONLY).descriptor else { return nil }
    defer { close(descriptor) }
    var lock = wholeFile
    guard fcntl(descriptor, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return owner(descriptor)
  }

  private static func path(_ directory: String) -> String { "\(directory)/.lock" }

  private static func host() -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

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

/// The directory that a run began in is not there any more, or another one has its name.
public struct RunFolderLost: Error, Sendable, CustomStringConvertible {
  public enum Reason: Sendable, Hashable {
    case moved, replaced
    /// By the process that this text tells of: number, host, a random number.
    case taken(by: String)
  }

  public let directory: String
  public let reason: Reason

  init(directory: String, _ reason: Reason) {
    self.directory = directory
    self.reason = reason
  }

  public var description: String {
    let change: String
    switch reason {
    case .moved: change = "has been moved or removed"
    case .replaced: change = "has been replaced"
    case .taken(let owner):
      let words = owner.split(separator: " ")
      let other = words.count > 1 ? "process \(words[0]) on \(words[1])" : "another process"
      return "\(directory): \(other) has taken this run over: the run ends here and touches nothing there"
    }
    return
      "\(directory): this run's folder or its .lock \(change): the run ends and touches nothing there. A folder that "
      + "was moved is gone on with by `cairn resume` and its new place"
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
