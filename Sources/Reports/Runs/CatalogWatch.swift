internal import Glibc
internal import HDF5Storage

/// Looks at a folder of runs again and again, and reads only the logs that have changed.
public final class CatalogWatch {
  private let catalog: RunCatalog
  private let isServed: @Sendable (_ name: String) -> Bool
  private var known: [String: (stamp: Stamp, record: RunRecord)] = [:]

  private struct Stamp: Equatable {
    var seconds = 0
    var nanoseconds = 0
    var size = 0
    var inode: UInt64 = 0

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
      (size, inode) = (Int(status.st_size), UInt64(status.st_ino))
    }
  }

  /// - Parameter isServed: whether a run may be shown.
  public init(_ catalog: RunCatalog, isServed: @escaping @Sendable (_ name: String) -> Bool) {
    self.catalog = catalog
    self.isServed = isServed
  }

  /// Every run that may be shown, the newest first.
  public func look() -> [RunRecord] {
    let names = (try? catalog.names()) ?? []
    var found: [String: (stamp: Stamp, record: RunRecord)] = [:]
    for name in names {
      let path = catalog.path(of: name)
      let stamp = Stamp("\(path)/events.jsonl") ?? Stamp("\(path)/recipe.yaml")
      guard let stamp else { continue }
      // Of a run that goes on, the step is in another file, and its process may have been killed since.
      if let entry = known[name], entry.stamp == stamp, entry.record.state != .running {
        found[name] = entry
      } else if isServed(name), let record = catalog.run(path: path, name: name) {
        found[name] = (stamp, record)
      }
    }
    known = found
    return RunTable.sorted(found.values.map(\.record), by: ["-started"])
  }
}
