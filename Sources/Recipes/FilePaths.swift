internal import Files
internal import Glibc

/// Finds the files that a recipe names.
struct FilePaths {
  /// The recipe's folder; nil: only the working directory.
  let folder: String?

  enum Outcome {
    /// The absolute path.
    case found(String)
    /// The places that were tried.
    case missing([String])
    case directory(String)
  }

  /// What a path may name.
  enum Target: String {
    case file, folder
    case either = "file or folder"
  }

  func find(_ path: String, _ target: Target = .file) -> Outcome {
    let places =
      path.hasPrefix("/") ? [path] : [folder.map { $0.isEmpty ? path : "\($0)/\(path)" }, path].compactMap(\.self)
    var directory: String?
    for place in places {
      var status = stat()
      guard stat(place, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        if target != .file { return .found(FilePaths.absolute(FilePath.withoutClosingSlashes(place))) }
        directory = directory ?? place
      } else if target != .folder {
        return .found(FilePaths.absolute(place))
      }
    }
    if let directory { return .directory(FilePaths.absolute(directory)) }
    return .missing(places.map(FilePaths.absolute).reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
  }

  /// The path from the root. The folder is made canonical as far as it exists; a link that is the file itself stays one.
  static func absolute(_ path: String) -> String {
    let (folder, name) = FilePath.split(path)
    if let canonical = canonical(folder) { return canonical == "/" ? "/\(name)" : "\(canonical)/\(name)" }
    return path.hasPrefix("/") ? path : "\(canonical(".") ?? "")/\(path)"
  }

  /// Of a folder; empty: the working directory.
  static func absoluteFolder(_ path: String) -> String { canonical(path.isEmpty ? "." : path) ?? path }

  private static func canonical(_ folder: String) -> String? {
    guard let pointer = realpath(folder, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  /// - Parameter what: the file is, for messages.
  /// - Throws: `RecipeError` if the file is not there, cannot be read, or is no UTF-8 text of a recipe's size.
  static func read(_ path: String, called what: String = "recipe") throws -> String {
    func error(_ kind: RecipeError.Kind, _ message: String) -> RecipeError {
      RecipeError(kind: kind, issues: [.init(place: path, keyPath: "", message: message)])
    }
    // Not to wait for whoever may write to a FIFO.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    var status = stat()
    if descriptor >= 0, fstat(descriptor, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      close(descriptor)
      throw error(.badRecipe, "is no regular file: put the \(what) into a file")
    }
    guard descriptor >= 0, let file = fdopen(descriptor, "rb") else {
      let code = errno
      throw error(
        code == ENOENT || code == ENOTDIR ? .missingFile : .unreadable,
        code == ENOENT || code == ENOTDIR
          ? "no such \(what)" : "cannot read the \(what): \(String(cString: strerror(code)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= RecipeNode.maximalBytes {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    if ferror(file) != 0 {
      throw error(
        errno == EISDIR ? .badRecipe : .unreadable, "cannot read the \(what): \(String(cString: strerror(errno)))")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error(.badRecipe, "expected a \(what) in UTF-8, found bytes that are none")
    }
    return text
  }
}
