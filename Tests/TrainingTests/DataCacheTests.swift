import Datasets
import Foundation
import HDF5Storage
import Recipes
import Synchronization
import Testing

@testable import Training

/// Data that are read once for many runs are those that each would have read.
struct DataCacheTests {
  private static func recipe(_ data: String, rate: Double = 0.1, loss: String = "mean_squared_error") -> String {
    """
    name: run
    seed: 3
    data: {\(data)}
    model: {layers: [{dense: {units: \(loss == "mean_squared_error" ? 1 : 2)}}]}
    loss: \(loss == "mean_squared_error" ? loss : "{\(loss): {from_logits: true}}")
    optimizer: {adam: {learning_rate: \(rate)}}
    training: {epochs: 1}
    """
  }

  private static let csv = "train: {csv: {path: a.csv, features: [x], targets: [y]}}"

  private func withFiles(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let lines = (0..<50).map { "\($0 * 37 % 50),g\($0 % 9),\($0 % 2)\n" }.joined()
      try Data(("x,g,y\n" + lines).utf8).write(to: URL(fileURLWithPath: "\(folder)/a.csv"))
      let gaps = (0..<50).map { "\($0 == 7 ? "" : "\($0)"),c\($0 % 4),\($0 % 3 == 0 ? "low" : "high")\n" }.joined()
      try Data(("x,c,y\n" + gaps).utf8).write(to: URL(fileURLWithPath: "\(folder)/t.csv"))
      try HDF5File.publish(at: "\(folder)/a.h5") { file in
        try file.root.write((0..<200).map { Float($0) }, shape: [50, 4], to: "data/x")
        try file.root.write((0..<50).map { Int32($0 % 2) }, shape: [50], to: "data/y")
      }
      try body(folder)
    }
  }

  private func configuration(
    _ recipe: String, _ folder: String, _ overrides: [String] = []
  ) throws -> TrainingConfiguration {
    try Recipe.parse(recipe, file: "r.yaml", folder: folder, overrides: overrides).configuration
  }

  private func expectEqual(_ made: TrainingData, _ fresh: TrainingData, _ what: Comment) {
    #expect(made.train.fingerprint == fresh.train.fingerprint, what)
    #expect(made.validation?.fingerprint == fresh.validation?.fingerprint, what)
    #expect((made.train as? InMemorySource)?.weights == (fresh.train as? InMemorySource)?.weights, what)
    #expect(
      (made.train as? InMemorySource)?.lossDivisor == (fresh.train as? InMemorySource)?.lossDivisor, what)
    #expect((made.train as? InMemorySource)?.inputs == (fresh.train as? InMemorySource)?.inputs, what)
    #expect(made.train.schema == fresh.train.schema && made.train.origins == fresh.train.origins, what)
    #expect(made.warnings == fresh.warnings && made.classNames == fresh.classNames, what)
    #expect(made.featureNames == fresh.featureNames && made.sourceName == fresh.sourceName, what)
    #expect(made.rowNumbers == fresh.rowNumbers && made.heldNumbers == fresh.heldNumbers, what)
    #expect(made.table == fresh.table && made.storedColumns == fresh.storedColumns, what)
  }

  /// One cache for recipes that differ in anything that data follow from, each loaded twice, in two orders.
  @Test func whatComesOutIsWhatIsRead() throws {
    let recipes = [
      Self.csv, Self.csv + ", validation: {fraction: 0.2}", Self.csv + ", validation: {fraction: 0.4}",
      Self.csv + ", validation: {fold: 1, of: 5}", Self.csv + ", validation: {fold: 2, of: 5}",
      Self.csv + ", validation: {fold: 2, of: 5, group: g}",
      Self.csv + ", validation: {fold: 2, of: 5}, scaling: standard",
      Self.csv + ", skip_rows: [3]",
      Self.csv + ", validation: {csv: {path: a.csv, targets: [y], features: [x], rows: {to: 9}}}",
      "train: {csv: {path: a.csv, features: [x], targets: [y], weights: x}}".replacing(
        "features: [x]", with: "features: [y]"
      )
      .replacing("targets: [y]", with: "targets: [x]").replacing("weights: x", with: "weights: y"),
      "train: {csv: {path: a.csv, features: [x], targets: [x], weights: y}}, loss_divisor: rows"
        .replacing("features: [x], ", with: ""),
      "train: {csv: {path: a.csv, features: [x], targets: [y], rows: {to: 20}}}",
      "train: {csv: {path: t.csv, targets: [y]}}, on_bad_row: skip, validation: {fraction: 0.2}",
      "train: {csv: {path: t.csv, targets: [y]}}, columns: {x: {number: {missing: mean}}}, validation: {fold: 3, of: 4}",
      "train: {hdf5: {path: a.h5, features: data/x, targets: data/y}}, validation: {fraction: 0.1}",
      "train: {hdf5: {path: a.h5, features: data/x, targets: data/y}}, validation: {fraction: 0.1}, buffer_mb: 0.0005",
      "train: {make_moons: {samples: 30, noise: 0.1}}",
      "train: {make_moons: {samples: 30, noise: 0.1, random_state: 1}}",
      "train: {csv: {path: a.csv, targets: [y], features: [x], windows: {length: 3}}}, validation: {fraction: 0.2}",
    ]
    try withFiles { folder in
      let cache = DataCache(limit: 1 << 20)
      var all: [(TrainingConfiguration, Comment)] = []
      for data in recipes {
        for loss in ["mean_squared_error", "sparse_categorical_crossentropy"] {
          for seed in [1, 2] {
            let made = try configuration(Self.recipe(data, loss: loss), folder, ["seed=\(seed)"])
            all.append((made, "\(data) \(loss) \(seed)"))
          }
        }
      }
      var loaded = 0
      for (made, what) in all + all.reversed() {
        // Losses and data that do not go together fail alike.
        guard let fresh = try? TrainingData.load(made) else {
          #expect(throws: (any Error).self, what) { try TrainingData.load(made, cache: cache) }
          continue
        }
        expectEqual(try TrainingData.load(made, cache: cache), fresh, what)
        loaded += 1
      }
      #expect(loaded > 2 * 50)
    }
  }

  @Test func runsThatDifferInOtherThingsShareTheirData() throws {
    try withFiles { folder in
      let cache = DataCache(limit: 1 << 20)
      let data = Self.csv + ", validation: {fraction: 0.2}"
      func load(_ recipe: String, _ overrides: [String] = []) throws -> TrainingData {
        try TrainingData.load(try configuration(recipe, folder, overrides), cache: cache)
      }
      func base(_ data: TrainingData) throws -> UnsafePointer<Float>? {
        guard case .floats(let values) = try #require(data.train as? InMemorySource).inputs[0] else { return nil }
        return values.withUnsafeBufferPointer { $0.baseAddress }
      }
      let first = try load(Self.recipe(data))
      let again = try load(Self.recipe(data, rate: 0.7), ["training.batch_size=5"])
      #expect(try cache.readings == 1 && base(first) != nil && base(first) == base(again), "one copy")
      let other = try load(Self.recipe(data), ["seed=4"])
      #expect(cache.readings == 1 && other.heldNumbers != first.heldNumbers, "another choice of the same rows")
      for fold in 1...5 {
        _ = try load(Self.recipe(Self.csv + ", validation: {fold: \(fold), of: 5}"))
      }
      #expect(cache.readings == 1)
      // Where neither rows nor their choice follow from the seed, it does not matter.
      let plain = try load(Self.recipe(Self.csv))
      #expect(try base(plain) == base(load(Self.recipe(Self.csv), ["seed=9"])))
      // Without the group's column the rows are read anew, the groups once.
      for fold in 1...4 { _ = try load(Self.recipe(Self.csv + ", validation: {fold: \(fold), of: 4, group: g}")) }
      #expect(cache.readings == 3)
      // A generator's rows follow from the run's seed where it has none of its own.
      let moons = "train: {make_moons: {samples: 10}}"
      for seed in [1, 2, 1] { _ = try load(Self.recipe(moons), ["seed=\(seed)"]) }
      #expect(cache.readings == 5)
      let seeded = "train: {make_moons: {samples: 10, random_state: 3}}"
      for seed in [1, 2, 1] { _ = try load(Self.recipe(seeded), ["seed=\(seed)"]) }
      #expect(cache.readings == 6)
    }
  }

  /// What a run has fitted, and how it spells its columns, is part of what is asked for.
  @Test func namesOfARunAndSpellingsAreToldApart() throws {
    try withFiles { folder in
      let cache = DataCache(limit: 1 << 20)
      let table = "train: {csv: {path: t.csv, targets: [y]}}, on_bad_row: skip, validation: {fold: 1, of: 4}"
      let loss = "sparse_categorical_crossentropy"
      let one = try configuration(Self.recipe(table, loss: loss), folder, ["data.scaling=standard"])
      let other = try configuration(
        Self.recipe(table, loss: loss), folder, ["data.scaling=standard", "data.validation.fold=2"])
      let first = try TrainingData.load(one, cache: cache)
      let run = RunNames(of: try #require(first.train as? InMemorySource), table: try #require(first.table), nil)
      let fresh = try TrainingData.load(other, run: run)
      expectEqual(try TrainingData.load(other, run: run, cache: cache), fresh, "of a run")
      expectEqual(try TrainingData.load(other, cache: cache), try TrainingData.load(other), "of none")
      #expect(try fresh.table == first.table && TrainingData.load(other, cache: cache).table != first.table)

      let spellings = ["\u{e9}", "e\u{301}"]
      let rows = (0..<8).map { "\($0),\($0 * $0),\($0)\n" }.joined()
      try Data((spellings.joined(separator: ",") + ",y\n" + rows).utf8).write(
        to: URL(fileURLWithPath: "\(folder)/e.csv"))
      for spelling in spellings {
        let made = try configuration(
          Self.recipe("train: {csv: {path: e.csv, features: [\(spelling)], targets: [y]}}"), folder)
        expectEqual(try TrainingData.load(made, cache: cache), try TrainingData.load(made), "spelling")
      }
    }
  }

  /// Rows that count how often they are read.
  private struct Counted: DataSourceKind {
    let name: String
    let rows: Int
    let reads: Reads

    final class Reads: Sendable, Hashable {
      let count = Atomic(0)
      static func == (left: Reads, right: Reads) -> Bool { left === right }
      func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }

    func read(seed: UInt64, options: ReadOptions) -> InMemorySource {
      reads.count.add(1, ordering: .relaxed)
      return InMemorySource(
        features: (0..<rows).map { Float($0) }, sampleShape: [1], targets: [Float](repeating: 0, count: rows),
        targetColumns: 1, targetKind: .values)
    }

    var dependsOnSeed: Bool { false }
  }

  @Test func theBoundLetsGoOfWhatWasUsedLongestAgo() throws {
    let reads = Counted.Reads()
    func load(_ name: String, _ cache: DataCache, rows: Int = 1000) throws {
      var made = try Recipe.parse(
        Self.recipe("train: {make_moons: {samples: 10}}"), file: "r", folder: nil
      ).configuration
      made.data.train = DataSource(Counted(name: name, rows: rows, reads: reads))
      _ = try TrainingData.load(made, cache: cache)
    }
    func count() -> Int { reads.count.load(ordering: .relaxed) }
    // 8000 bytes of rows and as many of finished data, which are the same arrays.
    let roomy = DataCache(limit: 40_000)
    for name in ["a", "b", "a", "b"] { try load(name, roomy) }
    #expect(count() == 2 && roomy.bytes == 32_000 && roomy.readings == 2)
    try load("c", roomy)
    #expect(roomy.bytes == 48_000, "the newest entry stands beside the bound")
    // Then the rows of a and b, which nobody asked for again; what was made of them is still there.
    try load("d", roomy)
    #expect(roomy.bytes == 48_000)
    try load("b", roomy)
    try load("a", roomy)
    try load("b", roomy)
    #expect(count() == 4)
    // c is what was used longest ago.
    try load("e", roomy)
    for name in ["d", "a", "b"] { try load(name, roomy) }
    #expect(count() == 5)
    try load("c", roomy)
    #expect(count() == 6)

    let narrow = DataCache(limit: 0)
    for _ in 0..<3 { try load("a", narrow) }
    #expect(count() == 7 && narrow.bytes == 8000, "what was asked for last stays, whatever it takes")
    try load("b", narrow)
    try load("a", narrow)
    #expect(count() == 9)
    narrow.removeAll()
    #expect(narrow.bytes == 0)
  }

  @Test func aFileThatHasChangedIsReadAnew() throws {
    try withFiles { folder in
      let cache = DataCache(limit: 1 << 20)
      let made = try configuration(Self.recipe(Self.csv + ", validation: {fraction: 0.2}"), folder)
      let path = "\(folder)/a.csv"
      let first = try TrainingData.load(made, cache: cache)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      // Of the same length, at the same place, at another time.
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.write(contentsOf: Data(text.replacing("37,", with: "99,").utf8))
      try handle.close()
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path)
      let second = try TrainingData.load(made, cache: cache)
      #expect(cache.readings == 2 && second.train.fingerprint != first.train.fingerprint)
      expectEqual(second, try TrainingData.load(made), "changed")
      #expect(cache.bytes < 2 * 50 * 8 + 50 * 4 + 200, "what has been read before is let go")
      try FileManager.default.removeItem(atPath: path)
      #expect(throws: DatasetError.self) { try TrainingData.load(made, cache: cache) }
      #expect(throws: DatasetError.self) { try TrainingData.load(made, cache: cache) }
    }
  }
}
