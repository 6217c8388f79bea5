import Checkpointing
import Datasets
import Foundation
import HDF5Storage
import Recipes
import Testing
import Training

/// What comes after a series, by networks whose weights are known: training moves them by nothing.
@Suite struct ForecastTests {
  /// The next row is the sum of a window's numbers.
  private func recipe(_ windows: String, targets: String, units: Int = 1, scaling: String = "none") -> String {
    """
    name: series
    data:
      train: {csv: {path: s.csv, targets: [\(targets)], windows: {\(windows)}}}
      scaling: \(scaling)
    model:
      layers:
        - flatten
        - dense: {units: \(units), use_bias: false, kernel_initializer: ones}
    loss: mean_squared_error
    optimizer: {sgd: {learning_rate: 1.0e-30}}
    training: {epochs: 1, shards: 1, workers: 1}
    """
  }

  private func forecast(
    _ recipe: String, training: String, given: String? = nil, steps: Int
  ) throws -> Forecaster.Forecast {
    try withTemporaryFolder { folder in
      try Data(training.utf8).write(to: URL(fileURLWithPath: folder + "/s.csv"))
      let directory = folder + "/run"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let account = try train(recipe, folder: folder, directory: directory)
      let configuration = try Recipe.parse(recipe, file: "r.yaml", folder: folder).configuration
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      try Data((given ?? training).utf8).write(to: URL(fileURLWithPath: folder + "/g.csv"))
      let source = try #require(configuration.data.train.reading(path: folder + "/g.csv", .csv))
      let options = try RunNames(checkpoint).options(
        ReadOptions(featuresAlone: true), targets: configuration.data.train.targetNames)
      let table = try #require(try source.kind.sequences(seed: 0, options: options))
      let forecaster = try Forecaster(
        configuration, predictor: Predictor(configuration, checkpoint: checkpoint, workers: 1),
        pipeline: try ColumnPipeline(restoring: checkpoint.columns()), at: "run")
      let names = configuration.data.train.targetNames ?? []
      return try forecaster.forecast(
        table, steps: steps, feedback: table.featureNames.map { names.firstIndex(of: $0) })
    }
  }

  @Test func predictionsTakeThePlaceOfRows() throws {
    // Fibonacci's numbers.
    let made = try forecast(recipe("length: 2", targets: "a"), training: "a\n1\n1\n2\n3\n5\n", steps: 4)
    #expect(made.values == [8, 13, 21, 34] && made.targets == ["a"] && made.groups == [""])
    // From other rows, of which fewer are enough.
    let other = try forecast(
      recipe("length: 2", targets: "a"), training: "a\n1\n1\n2\n3\n5\n", given: "a\n4\n6\n", steps: 3)
    #expect(other.values == [10, 16, 26])
  }

  @Test func withinTheHorizonRowsAreKnown() throws {
    // Two rows ahead: step 1 is 2 + 3, step 2 is 3 + 5, step 3 is 5 + step 1, step 4 is step 1 + step 2.
    let made = try forecast(recipe("length: 2, horizon: 2", targets: "a"), training: "a\n1\n1\n2\n3\n5\n", steps: 4)
    #expect(made.values == [5, 8, 10, 13])
  }

  @Test func eachGroupGoesOnByItself() throws {
    let text = "a,g\n1,x\n10,y\n2,x\n20,y\n3,x\n30,y\n7,z\n"
    let made = try forecast(recipe("length: 2, by: g", targets: "a"), training: text, steps: 2)
    #expect(made.groups == ["x", "y"] && made.values == [5, 8, 50, 80])
    #expect(made.warnings == ["1 of 3 series have fewer than 2 rows and are left out"])
  }

  @Test func rowsAreScaledAsInTraining() throws {
    // a from 0 to 4, b from 0 to 40: a row (a, b) becomes (a/4, b/40), and each target is the window's sum.
    let text = "a,b\n" + (0..<5).map { "\($0),\(10 * $0)\n" }.joined()
    let made = try forecast(
      recipe("length: 1", targets: "b, a", units: 2, scaling: "min_max"), training: text, steps: 3)
    #expect(made.targets == ["b", "a"])
    // (4, 40) gives 2 and 2: b = 2, a = 2 is 2/4 + 2/40 = 0.55; then 0.55/4 + 0.55/40.
    let expected: [Float] = [2, 2, 0.55, 0.55, 0.15125, 0.15125]
    #expect(zip(made.values, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(made.values)")
  }

  @Test func whatIsNotPredictedCannotBeFedBack() throws {
    let text = "a,b\n" + (0..<5).map { "\($0),\(10 * $0)\n" }.joined()
    let one = try forecast(recipe("length: 2", targets: "a"), training: text, steps: 1)
    #expect(one.values == [77])
    let error = #expect(throws: TrainingError.self) {
      try forecast(recipe("length: 2", targets: "a"), training: text, steps: 2)
    }
    #expect(error?.description.contains("does not predict `b`") ?? false)
    let short = #expect(throws: DatasetError.self) {
      try forecast(recipe("length: 2", targets: "a"), training: "a\n1\n2\n3\n", given: "a\n1\n", steps: 1)
    }
    #expect(short?.issue == .noRows)
  }

  @Test func aRunOnWindowsEvaluatesAndResumes() throws {
    let text = "a,b\n" + (0..<60).map { "\($0 % 7),\($0 % 5)\n" }.joined()
    let recipe = """
      name: series
      data:
        train: {csv: {path: s.csv, targets: [a, b], windows: {length: 4}}}
        validation: {fraction: 0.25}
        scaling: standard
      model: {layers: [flatten, {dense: {units: 8, activation: tanh}}, {dense: {units: 2}}]}
      loss: mean_squared_error
      optimizer: {adam: {learning_rate: 0.01}}
      training: {epochs: 5, batch_size: 8, shards: 2, workers: 2}
      """
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/s.csv"))
      let directory = folder + "/run"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let account = try train(recipe, folder: folder, directory: directory)
      // Of 45 and 15 rows.
      #expect(account.summary.trainRows == 41 && account.epochs.last?.validation != nil)
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      let names = try RunNames(checkpoint)
      #expect(names.features == ["a", "b"] && names.featureCount == 8)
      let pipeline = try ColumnPipeline(restoring: checkpoint.columns())
      #expect(pipeline.columns == 2)
      // The mean of the first 45 rows alone.
      let mean = (0..<45).map { Double($0 % 7) }.reduce(0, +) / 45
      let offset = try #require(try checkpoint.columns().floats("scaling_offset"))
      #expect(abs(Double(offset[0]) - mean) < 1e-6)
      let configuration = try Recipe.parse(recipe, file: "r.yaml", folder: folder).configuration
      let again = try TrainingData.load(configuration, run: names)
      #expect(again.train.fingerprint == checkpoint.progress.trainFingerprint)
      let predictor = try Predictor(configuration, checkpoint: checkpoint, workers: 1)
      let figures = try predictor.evaluate(try #require(again.validation), metrics: [])
      #expect(abs(figures.loss - (account.epochs.last?.validation?.loss ?? 0)) < 1e-9)
    }
  }
}
