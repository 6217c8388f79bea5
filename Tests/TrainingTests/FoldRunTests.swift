import Checkpointing
import Datasets
import Files
import Foundation
import HDF5Storage
import Recipes
import Testing

@testable import Training

/// Folds of a recipe, from files of every kind to the last checkpoint.
struct FoldRunTests {
  /// 62 rows of a number that names the row, a group and a class: 0 half of the rows, 1 and 2 a quarter.
  private static let rows = (0..<62).map { row in
    (x: Double(row), patient: "p\(row * 7 % 13)", state: ["a", "b", "a", "c"][row % 4])
  }

  private static func recipe(
    _ source: String, validation: String, data: String = "", loss: String = "sparse_categorical_crossentropy",
    units: Int = 3
  ) -> String {
    """
    name: run
    seed: 7
    data: {train: {\(source)}, validation: {\(validation)}\(data)}
    model: {layers: [{dense: {units: \(units)}}]}
    loss: \(loss == "mean_squared_error" ? loss : "{\(loss): {from_logits: true}}")
    optimizer: {adam: {learning_rate: 0.05}}
    training: {epochs: 4, batch_size: 16, shards: 2, workers: 1}
    """
  }

  private func withFiles(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let lines = Self.rows.map { "\($0.x),\($0.patient),\($0.state)\n" }.joined()
      try Data(("x,patient,state\n" + lines).utf8).write(to: URL(fileURLWithPath: "\(folder)/a.csv"))
      let texts = Self.rows.map { "\($0.x),\($0.x < 30 ? "low" : "high"),\($0.state)\n" }.joined()
      try Data(("x,level,state\n" + texts).utf8).write(to: URL(fileURLWithPath: "\(folder)/t.csv"))
      try HDF5File.publish(at: "\(folder)/a.h5") { file in
        try file.root.write(Self.rows.map { Float($0.x) }, shape: [62, 1], to: "data/x")
        try file.root.write(
          Self.rows.map { Int32(["a", "b", "c"].firstIndex(of: $0.state) ?? 0) }, shape: [62], to: "data/y")
        try file.root.write(Self.rows.map { Int32($0.patient.dropFirst()) ?? 0 }, shape: [62], to: "data/patient")
      }
      try body(folder)
    }
  }

  private func load(_ recipe: String, _ folder: String, _ overrides: [String] = []) throws -> TrainingData {
    try TrainingData.load(
      try Recipe.parse(recipe, file: "r.yaml", folder: folder, overrides: overrides).configuration)
  }

  /// The numbers of the held rows of every fold, which are disjoint, and all rows together.
  private func folds(
    _ source: String, of count: Int, _ rule: String = "", data: String = "", folder: String, _ overrides: [String] = []
  ) throws -> [[Int32]] {
    var held: [[Int32]] = []
    for fold in 1...count {
      let loaded = try load(
        Self.recipe(source, validation: "fold: \(fold), of: \(count)\(rule)", data: data), folder, overrides)
      let numbers = try #require(loaded.heldNumbers)
      #expect(numbers.count == loaded.validation?.count)
      #expect(try #require(loaded.rowNumbers).allSatisfy { !numbers.contains($0) })
      #expect(loaded.train.count + numbers.count == 62)
      held.append(numbers)
    }
    #expect(held.joined().sorted() == [Int32](0..<62))
    return held
  }

  private func shares(_ fold: [Int32]) -> [Int] {
    ["a", "b", "c"].map { state in fold.count { Self.rows[Int($0)].state == state } }
  }

  /// What has classes is stratified: the same folds from every kind of source, also where rows are read by chunks.
  @Test func classesAreStratifiedWhateverTheSource() throws {
    let csv = "csv: {path: a.csv, features: [x], targets: [state]}"
    let hdf5 = "hdf5: {path: a.h5, features: data/x, targets: data/y}"
    try withFiles { folder in
      let expected = try folds(csv, of: 5, folder: folder)
      for fold in expected {
        #expect((12...13).contains(fold.count))
        for (share, range) in zip(shares(fold), [6...7, 3...4, 3...3]) { #expect(range.contains(share), "\(fold)") }
      }
      #expect(try folds(csv, of: 5, ", stratify: true", folder: folder) == expected)
      #expect(try folds("csv: {path: t.csv, targets: [state]}", of: 5, folder: folder) == expected)
      #expect(try folds(hdf5, of: 5, folder: folder) == expected)
      let streamed = try folds(hdf5, of: 5, folder: folder, ["data.buffer_mb=0.0003"])
      #expect(streamed == expected)
      let random = try folds(csv, of: 5, ", stratify: false", folder: folder)
      #expect(random != expected && random.map(\.count) == [13, 13, 12, 12, 12])
      #expect(try folds(hdf5, of: 5, ", stratify: false", folder: folder, ["data.buffer_mb=0.0003"]) == random)
      #expect(try folds(csv, of: 5, folder: folder, ["seed=8"]) != expected)
      // Read by chunks indeed.
      let configuration = try Recipe.parse(
        Self.recipe(hdf5, validation: "fold: 1, of: 5"), file: "r", folder: folder, overrides: ["data.buffer_mb=0.0003"]
      ).configuration
      #expect(try TrainingData.load(configuration).train.fingerprint.hasPrefix("sampled:"))
    }
  }

  @Test func groupsStayWhole() throws {
    try withFiles { folder in
      let csv = try folds(
        "csv: {path: a.csv, features: [x], targets: [state]}", of: 4, ", group: patient", folder: folder)
      let hdf5 = "hdf5: {path: a.h5, features: data/x, targets: data/y}"
      // Groups of one size come in the order in which they are met, whatever they are called.
      #expect(try folds(hdf5, of: 4, ", group: data/patient", folder: folder) == csv)
      #expect(
        try folds(hdf5, of: 4, ", group: data/patient", folder: folder, ["data.buffer_mb=0.0003"]) == csv)
      let groups = csv.map { Set($0.map { Self.rows[Int($0)].patient }) }
      #expect(groups.reduce(0) { $0 + $1.count } == 13)
      #expect(csv.map(\.count).sorted() == [14, 15, 15, 18])
      #expect(throws: DatasetError.self) {
        try load(
          Self.recipe(
            "csv: {path: a.csv, features: [x], targets: [state]}", validation: "fold: 1, of: 14, group: patient"),
          folder)
      }
    }
  }

  /// Of one fold alone: what is fitted knows the training rows, as weights and rows that are left out do.
  @Test func whatIsFittedKnowsTheTrainingRowsAlone() throws {
    try withFiles { folder in
      let csv = "csv: {path: a.csv, features: [x], targets: [state]}"
      let scaled = try load(Self.recipe(csv, validation: "fold: 2, of: 5", data: ", scaling: standard"), folder)
      let rows = try #require(scaled.rowNumbers)
      let count = Double(rows.count)
      let mean = rows.reduce(0.0) { $0 + Double($1) } / count
      let deviation = (rows.reduce(0.0) { $0 + pow(Double($1) - mean, 2) } / count).squareRoot()
      let held = try #require(scaled.heldNumbers)
      let expected = held.map { Float((Double($0) - mean) / deviation) }
      func distance(_ found: [Float]) -> Float { zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity }
      #expect(try distance(#require(scaled.validation as? InMemorySource).features) < 1e-5)

      let table = try load(
        Self.recipe(
          "csv: {path: t.csv, targets: [state]}", validation: "fold: 2, of: 5",
          data: ", columns: {x: {number: {scaling: standard}}}"), folder)
      #expect(table.heldNumbers == held)
      let made = try #require(table.validation as? InMemorySource)
      let column = try #require(made.schema.inputs.first).columns
      let wide = made.features
      #expect(distance(held.indices.map { wide[$0 * column] }) < 1e-5)

      let balanced = try load(Self.recipe(csv, validation: "fold: 2, of: 5", data: ", class_weights: balanced"), folder)
      let train = try #require(balanced.train as? InMemorySource)
      #expect(balanced.heldNumbers == held)
      #expect(abs(train.weights.reduce(0, +) - Float(train.count)) < 1e-3 && Set(train.weights).count > 1)
      #expect(try #require(balanced.validation as? InMemorySource).weights.isEmpty)

      // Rows that are left out are in no fold; the others keep their numbers.
      var left: [Int32] = []
      for fold in 1...3 {
        let skipping = try load(
          Self.recipe(csv, validation: "fold: \(fold), of: 3", data: ", skip_rows: [0, 40]"), folder)
        #expect(skipping.train.count + (skipping.validation?.count ?? 0) == 60)
        let numbers = try #require(skipping.heldNumbers)
        #expect(try #require(skipping.validation as? InMemorySource).features == numbers.map { Float($0) })
        left += numbers
      }
      #expect(left.sorted() == (0..<Int32(62)).filter { ![0, 40].contains($0) })
    }
  }

  @Test func rowsThatAreNoNumbersAreInNoFold() throws {
    try withTemporaryFolder { folder in
      let lines = (0..<30).map { "\($0 == 11 ? "nan" : "\($0)"),\($0)\n" }.joined()
      try Data(("x,y\n" + lines).utf8).write(to: URL(fileURLWithPath: "\(folder)/n.csv"))
      var held: [Int32] = []
      for fold in 1...4 {
        let loaded = try load(
          Self.recipe(
            "csv: {path: n.csv, targets: [y]}", validation: "fold: \(fold), of: 4", data: ", on_bad_row: skip",
            loss: "mean_squared_error", units: 1), folder)
        // A regression's whole numbers are no classes.
        #expect(loaded.warnings.isEmpty)
        held += try #require(loaded.heldNumbers)
      }
      #expect(held.sorted() == (0..<Int32(30)).filter { $0 != 11 })
    }
  }

  @Test func rareClassesAreToldAndTooFewRowsRefused() throws {
    try withTemporaryFolder { folder in
      let lines = (0..<20).map { "\($0),\($0 == 3 ? "odd" : $0 < 10 ? "low" : "high")\n" }.joined()
      try Data(("x,y\n" + lines).utf8).write(to: URL(fileURLWithPath: "\(folder)/r.csv"))
      let csv = "csv: {path: r.csv, targets: [y]}"
      #expect(
        try load(Self.recipe(csv, validation: "fold: 1, of: 5"), folder).warnings == [
          "of 5 folds some hold no row of a class that has fewer: `odd` has 1 row"
        ])
      #expect(try load(Self.recipe(csv, validation: "fold: 1, of: 5, stratify: false"), folder).warnings.isEmpty)
      #expect(throws: DatasetError.self) { try load(Self.recipe(csv, validation: "fold: 1, of: 21"), folder) }
    }
  }

  /// A program's own configuration meets no recipe's checks.
  @Test func windowsHaveNoFolds() throws {
    try withTemporaryFolder { folder in
      try Data(("a\n" + (0..<40).map { "\($0)\n" }.joined()).utf8).write(to: URL(fileURLWithPath: "\(folder)/s.csv"))
      var configuration = try Recipe.parse(
        Self.recipe(
          "csv: {path: s.csv, targets: [a], windows: {length: 4}}", validation: "fraction: 0.2",
          loss: "mean_squared_error", units: 1), file: "r", folder: folder
      ).configuration
      configuration.data.validation = .fold(1, of: 5)
      #expect {
        try TrainingData.load(configuration)
      } throws: {
        "\($0)".contains("use `fraction`")
      }
    }
  }

  @Test func aFoldsRunGoesOnBitForBit() throws {
    try withFiles { folder in
      let recipe = Self.recipe(
        "csv: {path: a.csv, features: [x], targets: [state]}", validation: "fold: 3, of: 4", data: ", scaling: standard"
      )
      let whole = try train(recipe, folder: folder, directory: "\(folder)/whole")
      let expected = try FileContents.read(try #require(whole.result.checkpoint))
      #expect(whole.epochs.allSatisfy { $0.validation != nil })
      for stop in [2, 5] {
        let directory = "\(folder)/stopped-\(stop)"
        _ = try train(recipe, folder: folder, directory: directory, stopAfter: stop)
        let parsed = try Recipe.parse(recipe, file: "recipe.yaml", folder: folder)
        let checkpoint = try CheckpointStore(directory: directory).newest().checkpoint
        let trainer = try Trainer(
          parsed.configuration, data: TrainingData.load(parsed.configuration, run: RunNames(checkpoint)),
          directory: directory
        ) { parsed.resolved(.checkpoint, shards: $0) }
        _ = try trainer.restore(checkpoint)
        let result = try trainer.run()
        #expect(try FileContents.read(try #require(result.checkpoint)) == expected, "stopped after step \(stop)")
      }
    }
  }
}
