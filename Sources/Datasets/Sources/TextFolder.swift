internal import Files
internal import Glibc

/// The files of a text.
enum TextFolder {
  /// Files as they are named; for a folder the files in it, in the order of their names' bytes. Names that begin with a dot
  /// are passed over. A folder within a folder is an error.
  ///
  /// - Throws: `DatasetError`.
  static func files(_ paths: [String]) throws -> [String] {
    let files = try paths.flatMap { isFolder($0) ? try contents(of: $0) : [$0] }
    if let twice = files.first(where: { file in files.count { $0 == file } > 1 }) {
      throw DatasetError(.arguments, at: twice, "the file is named twice", remedy: "name it once")
    }
    return files
  }

  private static func contents(of folder: String) throws -> [String] {
    let names: [String]
    do {
      names = try FolderListing.names(in: folder).filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch let error as FileError {
      throw DatasetError(error)
    }
    let files = names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    if let inner = files.first(where: isFolder) {
      throw DatasetError(
        .shape, at: inner, "a folder lies within the folder of a text", expected: "files alone",
        remedy: "name the folders in a list, or move the files up")
    }
    if files.isEmpty { throw DatasetError(.noRows, at: folder, "the folder has no files") }
    return files
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
