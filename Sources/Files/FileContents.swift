internal import Glibc

/// Whole files: read at once, and published so that a reader finds the old one or the new one, never a part.
public enum FileContents {
  /// Every byte of a file.
  ///
  /// - Throws: `FileError`.
  public static func read(_ path: String) throws -> [UInt8] {
    let (descriptor, status) = try RegularFile.open(path, O_RDONLY)
    defer { close(descriptor) }
    // One byte more than it says, so that the common case meets the end of the file within the first buffer.
    var bytes = try [UInt8](unsafeUninitializedCapacity: Int(status.st_size) + 1) {
      $1 = try fill($0, descriptor, path)
    }
    if bytes.count <= Int(status.st_size) { return bytes }
    while true {
      let more = try [UInt8](unsafeUninitializedCapacity: bytes.count) { $1 = try fill($0, descriptor, path) }
      let isEnd = more.count < bytes.count
      bytes += more
      if isEnd { return bytes }
    }
  }

  /// Reads until the buffer is full or the file ends.
  ///
  /// - Returns: bytes that were read.
  private static func fill(
    _ buffer: UnsafeMutableBufferPointer<UInt8>, _ descriptor: Int32, _ path: String
  ) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw FileError(operation: "read", path: path, code: errno) }
      if got == 0 { break }
      filled += got
    }
    return filled
  }

  /// Its length in bytes; 0 where there is no such file.
  public static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
  }

  /// Writes `parts` one after another to a temporary file in the same folder, forces it to the disk and renames it to
  /// `path`: a crash at any moment leaves what was there before, or all of the new file.
  ///
  /// - Throws: `FileError`; the temporary file is gone then, and `path` is as it was (unless the last step, forcing
  ///   the folder to the disk, is what failed).
  public static func publish(parts: [UnsafeRawBufferPointer], at path: String) throws {
    try publish(size: parts.reduce(0) { $0 + $1.count }, at: path) { end in
      for part in parts { try end.write(part) }
    }
  }

  /// Publishes what `fill` writes, as `publish(parts:at:)` does.
  ///
  /// - Parameters:
  ///   - size: the bytes that `fill` will write: room for them is asked for first.
  ///   - held: a descriptor of the folder that `path` names, where it is held: the file then gets into that folder, whatever
  ///     has become of its name.
  /// - Precondition: `fill` writes `size` bytes or throws.
  /// - Throws: `FileError`, and what `fill` throws: the temporary file is gone then.
  public static func publish(
    size: Int, at path: String, in held: Int32? = nil, _ fill: (inout FileEnd) throws -> Void
  ) throws {
    let (parent, name) = split(path)
    let folder = held ?? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { throw FileError(operation: "create", path: path, code: errno) }
    defer { if held == nil { close(folder) } }
    let (temporary, descriptor) = try createTemporary(in: folder, for: name, path: path)
    do {
      try write(size: size, to: descriptor, path: path, fill)
      if close(descriptor) != 0 && errno != EINTR { throw FileError(operation: "close", path: path, code: errno) }
      if renameat(folder, temporary, folder, name) != 0 {
        throw FileError(operation: "create", path: path, code: errno)
      }
    } catch {
      unlinkat(folder, temporary, 0)
      throw error
    }
    try synchronizeFolder(folder, path: parent)
  }

  public static func publish(_ bytes: [UInt8], at path: String) throws {
    try bytes.withUnsafeBytes { try publish(parts: [$0], at: path) }
  }

  /// Makes a folder if it is not there, and makes it last: the folder above it is forced to the disk too.
  ///
  /// - Throws: `FileError`.
  public static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o777) != 0 {
      if errno == EEXIST { return }
      throw FileError(operation: "create", path: path, code: errno)
    }
    let parent = split(path).folder
    // One may make folders in a folder that one may not read.
    let folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { return }
    defer { close(folder) }
    try synchronizeFolder(folder, path: parent)
  }

  /// Makes a folder, and those above it that are not there.
  ///
  /// - Throws: `FileError`.
  public static func makeFolders(_ path: String) throws {
    if FilePath.isFolder(path) { return }
    let parent = FilePath.split(path).folder
    if parent != path { try makeFolders(parent) }
    try makeFolder(path)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    FilePath.split(FilePath.withoutClosingSlashes(path))
  }

  /// `.NAME.tmp.PID.N`, created by us and by nobody else.
  private static func createTemporary(
    in folder: Int32, for name: String, path: String
  ) throws -> (name: String, descriptor: Int32) {
    for number in 0..<10_000 {
      let temporary = ".\(name).tmp.\(getpid()).\(number)"
      let descriptor = openat(folder, temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (temporary, descriptor) }
      if errno != EEXIST && errno != EINTR { throw FileError(operation: "create", path: path, code: errno) }
    }
    throw FileError(operation: "create", path: path, code: EEXIST)
  }

  private static func write(
    size: Int, to descriptor: Int32, path: String, _ fill: (inout FileEnd) throws -> Void
  ) throws {
    if size > 0 {
      // A full disk or a quota shows here, before the first byte. Some file systems cannot; the writes will tell.
      let code = posix_fallocate(descriptor, 0, off_t(size))
      if code == ENOSPC || code == EDQUOT || code == EFBIG {
        close(descriptor)
        throw FileError(operation: "reserve \(size) bytes", path: path, code: code)
      }
    }
    do {
      var end = FileEnd(descriptor: descriptor, path: path)
      try fill(&end)
      precondition(end.count == size, "\(end.count) bytes were written to \(path), \(size) promised")
      while fsync(descriptor) != 0 {
        if errno != EINTR { throw FileError(operation: "fsync", path: path, code: errno) }
      }
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Makes the rename last. File systems that cannot do this for a folder say EINVAL.
  private static func synchronizeFolder(_ descriptor: Int32, path: String) throws {
    while fsync(descriptor) != 0 {
      if errno == EINVAL { return }
      if errno != EINTR { throw FileError(operation: "fsync", path: path, code: errno) }
    }
  }
}
