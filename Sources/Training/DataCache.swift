internal import Datasets
internal import NeuralNetwork

/// What was read for one run, kept for the next ones of the process: runs that differ in what is not their data's share
/// one `TrainingData`, those that hold back other rows the reading of the file.
///
/// Given to `TrainingData.load`, it changes nothing of what that returns, to the bit. Kept are samples in memory; rows that
/// are read by chunks, folders, texts and windows are read anew. A file that is another one now, or has another length or
/// time of its last change, is read anew, too. For one thread; what it has returned may be used by all. Of a forked process
/// it is a copy that shares its memory's pages.
public final class DataCache {
  /// Bytes that are kept beside the newest entry; what has not been used for longest goes first.
  public let limit: Int
  /// How often a source has been read.
  public private(set) var readings = 0
  /// The least recently used first.
  private var entries: [Entry] = []

  private struct Entry {
    let key: Any
    let stamp: SourceStamp
    let value: Any
    let bytes: Int
  }

  /// - Parameter limit: in bytes.
  public init(limit: Int) { self.limit = limit }

  /// What is kept now, in bytes. Rows that two entries share are counted twice.
  public var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

  /// Lets go of everything.
  public func removeAll() { entries = [] }

  /// What was made for this key from the same files, or is made now.
  ///
  /// - Parameters:
  ///   - key: everything that the value depends on, but the files' content.
  ///   - bytes: what the value takes; nil: it must not be kept.
  func value<Key: Equatable, Value>(
    _ key: Key, of sources: [DataSource], bytes: (Value) -> Int?, make: () throws -> Value
  ) rethrows -> Value {
    // Taken before the files are read: of one that is written to meanwhile, the next run sees another.
    guard let stamp = SourceStamp(sources) else { return try make() }
    if let place = entries.firstIndex(where: { isExactly($0.key, key) && $0.stamp == stamp }),
      let value = entries[place].value as? Value
    {
      entries.append(entries.remove(at: place))
      return value
    }
    entries.removeAll { isExactly($0.key, key) }
    let value = try make()
    guard let size = bytes(value) else { return value }
    entries.append(Entry(key: key, stamp: stamp, value: value, bytes: size))
    var kept = self.bytes - size
    while kept > limit { kept -= entries.removeFirst().bytes }
    return value
  }

  /// Whether a key is the same to the byte: Swift takes two spellings of a letter in Unicode for one name.
  private func isExactly<Key: Equatable>(_ entry: Any, _ key: Key) -> Bool {
    guard let other = entry as? Key, other == key else { return false }
    return ExactText(String(reflecting: other)) == ExactText(String(reflecting: key))
  }
}

/// What of a source is asked for.
private struct RowsKey: Equatable {
  let source: DataSource
  /// nil: what is read does not depend on it.
  let seed: UInt64?
  let options: ReadOptions
}

private struct GroupsKey: Equatable {
  let source: DataSource
  let name: String
}

/// Everything that a run's data follow from.
private struct DataKey: Equatable {
  let data: DataConfiguration
  let targets: TargetRole
  /// nil: neither rows nor the choice of them depend on it.
  let seed: UInt64?
  let run: RunNames?
}

extension DataCache {
  /// See `DataSource.rows`.
  func rows(
    _ source: DataSource, seed: UInt64, _ options: ReadOptions
  ) throws -> (samples: InMemorySource, table: Table?) {
    let key = RowsKey(source: source, seed: source.kind.dependsOnSeed ? seed : nil, options: options)
    return try value(key, of: [source]) { (read: (samples: InMemorySource, table: Table?)) in
      read.samples.allMemory + (read.table?.memory ?? 0)
    } make: {
      readings += 1
      return try source.rows(seed: seed, options: options)
    }
  }

  /// See `DataSourceKind.groups`.
  func groups(_ source: DataSource, named name: String) throws -> RowGroups {
    try value(GroupsKey(source: source, name: name), of: [source]) { (groups: RowGroups) in
      groups.memory
    } make: {
      readings += 1
      return try source.kind.groups(named: name)
    }
  }

  /// See `TrainingData.load`.
  func data(
    _ configuration: TrainingConfiguration, _ run: RunNames?, make: () throws -> TrainingData
  ) throws -> TrainingData {
    let data = configuration.data
    var sources = [data.train]
    if case .source(let source) = data.validation { sources.append(source) }
    let dependsOnSeed = data.validation.held != nil || sources.contains(where: \.kind.dependsOnSeed)
    let key = DataKey(
      data: data, targets: TargetRole(configuration.loss.targets), seed: dependsOnSeed ? configuration.seed : nil,
      run: run)
    return try value(key, of: sources, bytes: \.memory, make: make)
  }
}

extension TrainingData {
  /// What the samples take in memory, in bytes, as far as they are there.
  public var bytes: Int { memory ?? 0 }

  /// What the samples take, in bytes; nil: they are not all in memory, but read by chunks, or windows over rows.
  fileprivate var memory: Int? {
    guard let train = train as? InMemorySource else { return nil }
    let numbers = 4 * ((rowNumbers?.count ?? 0) + (heldNumbers?.count ?? 0))
    guard let validation else { return train.allMemory + numbers }
    return (validation as? InMemorySource).map { train.allMemory + $0.allMemory + numbers }
  }
}

extension InMemorySource {
  /// The weights', too.
  fileprivate var allMemory: Int { memory + 4 * weights.count }
}
