internal import Files
internal import Glibc

/// Folders for files that are gone when a command ends.
enum Scratch {
  /// A new folder below `TMPDIR`, for this user alone.
  ///
  /// - Throws: `FileError`.
  static func make(_ name: String) throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = "\(parent)/\(name)-XXXXXX".utf8CString
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
    guard made else { throw FileError(operation: "create", path: "\(parent)/\(name)-XXXXXX", code: errno) }
    return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// Removes a folder and all in it; follows no link.
  static func remove(_ path: String) {
    for name in (try? FolderListing.names(in: path)) ?? [] {
      var status = stat()
      let inner = "\(path)/\(name)"
      if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove(inner) } else { unlink(inner) }
    }
    rmdir(path)
  }
}
