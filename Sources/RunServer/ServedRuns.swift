internal import Glibc
package import Reports

/// The runs below the served folder, and nothing else: no path of a request reaches beyond it.
package struct ServedRuns: Sendable {
  package let catalog: RunCatalog
  /// What a sweep's folder says of it; nil: it is none, or none that can be read.
  private let outline: @Sendable (_ path: String) -> SweepOutline?
  /// The folder's own path, links resolved.
  private let root: String

  /// What of a run is read.
  private static let files = ["events.jsonl", "rows.jsonl", "recipe.yaml", ".lock"]
  /// What of a sweep is read, besides its members.
  private static let sweepFiles = [SweepWatch.fileName, "told.jsonl"]

  /// - Returns: nil: there is no such folder.
  package init?(
    directory: String, recipe: @escaping @Sendable (String) -> RunRecipe?,
    sweep: @escaping @Sendable (String) -> SweepOutline? = { _ in nil }
  ) {
    guard let root = ServedRuns.resolved(directory) else { return nil }
    self.root = root
    outline = sweep
    catalog = RunCatalog(directory: root, recipe: recipe)
  }

  /// Where a run is; nil: there is none of that name, or it is not all below the folder, by a link or otherwise.
  package func path(of name: String) -> String? {
    guard ServedRuns.isName(name) else { return nil }
    let path = catalog.path(of: name)
    guard isInside(path), RunCatalog.isRun(path), areInside(ServedRuns.files, of: path) else { return nil }
    return path
  }

  /// Where a member of a sweep is; nil as with runs, and where the folder is no sweep's.
  package func path(ofMember member: String, in sweep: String) -> String? {
    guard ServedRuns.isName(member), let folder = path(ofSweep: sweep) else { return nil }
    let path = "\(folder)/\(member)"
    guard isInside(path), RunCatalog.isRun(path), areInside(ServedRuns.files, of: path) else { return nil }
    return path
  }

  /// Where a sweep is; nil: there is none of that name, or it is not all below the folder.
  package func path(ofSweep name: String) -> String? {
    guard ServedRuns.isName(name) else { return nil }
    let path = "\(root)/\(name)"
    guard isInside(path), SweepWatch.isSweep(path), areInside(ServedRuns.sweepFiles, of: path) else { return nil }
    return path
  }

  /// Looks at a sweep that `path(ofSweep:)` has found; nil: it cannot be read.
  func watch(sweepAt path: String) -> SweepWatch? {
    SweepWatch(path: path, isServed: { isPlain("\(path)/\($0)") }, read: outline)
  }

  /// Whether a member is a folder and not a link to one, and what is read of it are no links either: of ten thousand, this
  /// is soon asked.
  private func isPlain(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
    return ["member.json", "events.jsonl", ".lock"].allSatisfy { file in
      lstat("\(path)/\(file)", &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }

  private func areInside(_ files: [String], of path: String) -> Bool {
    files.allSatisfy { file in
      faccessat(AT_FDCWD, "\(path)/\(file)", F_OK, AT_SYMLINK_NOFOLLOW) != 0 || isInside("\(path)/\(file)")
    }
  }

  private func isInside(_ path: String) -> Bool {
    guard let resolved = ServedRuns.resolved(path) else { return false }
    return resolved == root || resolved.hasPrefix(root == "/" ? "/" : root + "/")
  }

  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
