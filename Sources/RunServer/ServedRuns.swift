internal import Glibc
package import Reports

/// The runs below the served folder, and nothing else: no path of a request reaches beyond it.
package struct ServedRuns: Sendable {
  package let catalog: RunCatalog
  /// The folder's own path, links resolved.
  private let root: String

  /// What of a run is read.
  private static let files = ["events.jsonl", "rows.jsonl", "recipe.yaml", ".lock"]

  /// - Returns: nil: there is no such folder.
  package init?(directory: String, recipe: @escaping @Sendable (String) -> RunRecipe?) {
    guard let root = ServedRuns.resolved(directory) else { return nil }
    self.root = root
    catalog = RunCatalog(directory: root, recipe: recipe)
  }

  /// Where a run is; nil: there is none of that name, or it is not all below the folder, by a link or otherwise.
  package func path(of name: String) -> String? {
    guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) else {
      return nil
    }
    let path = catalog.path(of: name)
    guard isInside(path), RunCatalog.isRun(path) else { return nil }
    for file in ServedRuns.files {
      guard faccessat(AT_FDCWD, "\(path)/\(file)", F_OK, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      guard isInside("\(path)/\(file)") else { return nil }
    }
    return path
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
