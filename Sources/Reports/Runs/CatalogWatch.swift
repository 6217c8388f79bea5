internal import Dispatch

/// Looks at a folder of runs again and again, and reads only what is new of the logs that have changed.
public final class CatalogWatch {
  private let catalog: RunCatalog
  private let isServed: @Sendable (_ name: String) -> Bool
  private var known: [String: Entry] = [:]
  /// Folders that hold no run that may be shown.
  public private(set) var others: [String] = []

  private struct Entry {
    var stamp: FileStamp
    var record: RunRecord
    /// Of a run that goes on: its log, read up to here.
    var reader: RunLogReader?
  }

  /// - Parameter isServed: whether a run may be shown.
  public init(_ catalog: RunCatalog, isServed: @escaping @Sendable (_ name: String) -> Bool) {
    self.catalog = catalog
    self.isServed = isServed
  }

  deinit { for name in known.keys { known[name]?.reader?.close() } }

  /// Every run that may be shown, the newest first.
  public func look() -> [RunRecord] {
    let places = catalog.candidates()
    var found = [Entry?](repeating: nil, count: places.count)
    let (catalog, isServed) = (catalog, isServed)
    // Only read meanwhile.
    nonisolated(unsafe) let known = known
    found.withUnsafeMutableBufferPointer { found in
      // Each index is written by one iteration.
      nonisolated(unsafe) let entries = found
      DispatchQueue.concurrentPerform(iterations: places.count) { index in
        let (name, path) = places[index]
        entries[index] = CatalogWatch.entry(name, path, known[name], catalog, isServed)
      }
    }
    var now: [String: Entry] = [:]
    for (place, entry) in zip(places, found) { now[place.name] = entry }
    others = zip(places, found).filter { $1 == nil }.map(\.0.name)
    for (name, entry) in known where now[name]?.reader == nil {
      // It has ended, or is gone.
      var reader = entry.reader
      reader?.close()
    }
    self.known = now
    return RunTable.sorted(now.values.map(\.record), by: ["-started"])
  }

  private static func entry(
    _ name: String, _ path: String, _ known: Entry?, _ catalog: RunCatalog, _ isServed: (_ name: String) -> Bool
  ) -> Entry? {
    guard let stamp = FileStamp("\(path)/events.jsonl") ?? FileStamp("\(path)/recipe.yaml") else { return nil }
    // Of a run that goes on, the step is in another file, and its process may have been killed since.
    if let known, known.stamp == stamp, known.record.state != .running { return known }
    guard isServed(name) else { return nil }
    var reader = known?.reader ?? RunLogReader(path: path, name: name)
    reader.readOn()
    let record = catalog.record(reader)
    if let record, record.state == .running { return Entry(stamp: stamp, record: record, reader: reader) }
    // One that was open before is closed by `look`.
    if known?.reader == nil { reader.close() }
    return record.map { Entry(stamp: stamp, record: $0) }
  }
}
