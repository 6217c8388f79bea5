internal import Glibc

/// Names in a folder.
public enum FolderListing {
  /// In order of their bytes, without `.` and `..`; empty if there is no such folder.
  ///
  /// - Throws: `FileError`: a folder that cannot be read is not an empty one.
  public static func names(in path: String) throws -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw FileError(operation: "read", path: path, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw FileError(operation: "read", path: path, code: errno) }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
