internal import Files
internal import Glibc

/// The files of a folder with one sub-folder a class, looked at but not read.
///
/// - Classes are the sub-folders, in the order of their names' bytes; images are the files in them, in that order too.
/// - Names that begin with a dot are passed over, `Thumbs.db` and `desktop.ini` too. Anything else that is no image is an
///   error: a file beside the sub-folders, a folder within one, a file whose bytes are neither PNG nor JPEG.
/// - Links are followed.
struct ImageFolder: Sendable {
  struct File: Sendable {
    /// Below the folder.
    let name: String
    let classNumber: Int
    let bytes: Int
  }

  let path: String
  /// Class by class.
  let files: [File]
  /// Names of the sub-folders; empty where images lie in the folder itself.
  let classes: [String]

  /// - Parameters:
  ///   - needsClasses: whether images must lie in sub-folders.
  ///   - allowsEmpty: whether a class may have no image.
  /// - Throws: `DatasetError`.
  init(_ path: String, needsClasses: Bool, allowsEmpty: Bool) throws {
    self.path = path
    guard ImageFolder.kind(path) == .folder else {
      throw DatasetError(
        .unreadableFile, at: path, "there is no such folder", expected: "a folder with a sub-folder for each class")
    }
    var classes: [String] = []
    var loose: [File] = []
    for name in try ImageFolder.names(in: path) {
      switch ImageFolder.kind(path + "/" + name) {
      case .folder: classes.append(name)
      case .file(let bytes): loose.append(File(name: name, classNumber: 0, bytes: bytes))
      case .other: throw ImageFolder.noImage("\(path)/\(name)")
      }
    }
    if !loose.isEmpty, needsClasses || !classes.isEmpty {
      throw DatasetError(
        .shape, at: "\(path)/\(loose[0].name)",
        classes.isEmpty ? "a file lies in the folder itself" : "a file lies beside the sub-folders",
        expected: "a sub-folder for each class, and images in those alone", remedy: "move it into one, or remove it")
    }
    var files = loose
    for (number, name) in classes.enumerated() {
      let folder = path + "/" + name
      let first = files.count
      for file in try ImageFolder.names(in: folder) {
        switch ImageFolder.kind(folder + "/" + file) {
        case .file(let bytes): files.append(File(name: "\(name)/\(file)", classNumber: number, bytes: bytes))
        case .folder:
          throw DatasetError(
            .shape, at: "\(folder)/\(file)", "a folder lies within the folder of a class", expected: "images alone",
            remedy: "move its images up, or remove it")
        case .other: throw ImageFolder.noImage("\(folder)/\(file)")
        }
      }
      if files.count == first, !allowsEmpty {
        throw DatasetError(
          .noRows, at: folder, "the class has no image", remedy: "put some into its folder, or remove the folder")
      }
    }
    if files.isEmpty { throw DatasetError(.noRows, at: path, "the folder has no images") }
    self.files = files
    self.classes = classes
    // Names that do not say that they are images are looked into at once; the others when they are decoded.
    for file in files where !ImageFolder.hasUsualEnding(file.name) {
      if !ImageForm.isImage(try head(file, 8)) { throw ImageFolder.noImage("\(path)/\(file.name)") }
    }
  }

  func place(_ file: File) -> String { "\(path)/\(file.name)" }

  /// The whole file.
  ///
  /// - Throws: `DatasetError`.
  func read(_ file: File) throws -> [UInt8] {
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(place(file))
    } catch let error as FileError {
      throw DatasetError(error)
    }
    guard bytes.count == file.bytes else {
      throw DatasetError(
        .damagedFile, at: place(file), "the file has been written to while it was being read",
        remedy: "leave the folder alone, or give the run a copy")
    }
    return bytes
  }

  /// Up to so many bytes of the file's beginning.
  func head(_ file: File, _ count: Int) throws -> [UInt8] {
    do {
      let (descriptor, _) = try RegularFile.open(place(file), O_RDONLY)
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: min(count, file.bytes))
      var filled = 0
      while filled < bytes.count {
        let got = bytes.withUnsafeMutableBytes {
          Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
        }
        if got < 0 && errno == EINTR { continue }
        if got < 0 { throw FileError(operation: "read", path: place(file), code: errno) }
        if got == 0 { break }
        filled += got
      }
      bytes.removeLast(bytes.count - filled)
      return bytes
    } catch let error as FileError {
      throw DatasetError(error)
    }
  }

  private enum Kind: Equatable {
    case file(bytes: Int)
    case folder
    /// Also a link that leads nowhere.
    case other
  }

  private static func kind(_ path: String) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .other }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(bytes: Int(status.st_size))
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  private static func names(in folder: String) throws -> [String] {
    do {
      // Compared by bytes: `String` compares letters, and so does not tell all names apart.
      return try FolderListing.names(in: folder).filter {
        !$0.hasPrefix(".") && $0 != "Thumbs.db" && $0 != "desktop.ini"
      }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch let error as FileError {
      throw DatasetError(error)
    }
  }

  private static func hasUsualEnding(_ name: String) -> Bool {
    let name = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { name.hasSuffix($0) }
  }

  private static func noImage(_ place: String) -> DatasetError {
    DatasetError(
      .type, at: place, "this is no image", expected: "a PNG or JPEG file", remedy: "remove it, or move it elsewhere")
  }
}
