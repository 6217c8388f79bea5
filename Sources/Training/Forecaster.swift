public import Datasets
internal import NeuralNetwork

/// What comes after the last row of a series, by a network that has been trained on `windows`.
///
/// The network says the targets `horizon` rows after a window. Step s after the last known row is predicted from the window
/// that ends `horizon` rows before it: of known rows up to step `horizon`, beyond it of rows that were predicted before, each
/// made as the features of training were. So steps beyond the horizon need a target for every feature.
public struct Forecaster {
  /// Predictions, `[groups, steps, targets]`, row-major, in the targets' unit.
  public struct Forecast: Sendable {
    public let groups: [String]
    public let steps: Int
    public let targets: [String]
    public let values: [Float]
    /// What a person should know of, in sentences.
    public let warnings: [String]
  }

  private let predictor: Predictor
  private let pipeline: ColumnPipeline
  private let windows: SeriesWindows
  /// What is predicted.
  public let targets: [String]

  /// - Parameters:
  ///   - pipeline: as the run's checkpoint holds it.
  ///   - place: what messages call the run.
  /// - Throws: `TrainingError` where the run predicts no values of a later row.
  public init(
    _ configuration: TrainingConfiguration, predictor: Predictor, pipeline: ColumnPipeline, at place: String
  ) throws {
    guard let windows = configuration.data.train.kind.windows else {
      throw TrainingError(
        "\(place): the run was trained on \(configuration.data.train.name) without `windows`: only networks that have learned to "
          + "predict a later row can say what comes")
    }
    let network = predictor.model.network
    guard configuration.loss.targets != .oneValue else {
      throw TrainingError("\(place): the run predicts quantiles, not values that a series goes on with")
    }
    guard configuration.loss.targets.areQuantities, network.positions == 1 else {
      throw TrainingError("\(place): the run predicts classes, not values that a series goes on with")
    }
    guard network.inputs.count == 1 else {
      throw TrainingError(
        "\(place): the network reads \(network.inputs.count) inputs (\(network.namedInputs.map(\.name).joined(separator: ", "))); "
          + "a forecast needs one")
    }
    let count = network.outputs
    let names = configuration.data.train.targetNames ?? []
    targets = names.count == count ? names : count == 1 ? ["target"] : (0..<count).map { "target_\($0)" }
    self.predictor = predictor
    self.pipeline = pipeline
    self.windows = windows
  }

  /// Steps that need no row but those that are known.
  public var horizon: Int { windows.horizon }

  /// - Parameters:
  ///   - table: the series, not scaled.
  ///   - feedback: of each feature the number of the target that it is; nil: of none.
  /// - Throws: `TrainingError` where a feature is not predicted that later steps need; `DatasetError` where every series is too
  ///   short.
  public func forecast(_ table: SequenceTable, steps: Int, feedback: [Int?]) throws -> Forecast {
    let missing = feedback.indices.filter { feedback[$0] == nil }.map { column in
      table.featureNames.isEmpty ? "feature \(column)" : "`\(table.featureNames[column])`"
    }
    if steps > windows.horizon, !missing.isEmpty {
      throw TrainingError(
        "step \(windows.horizon + 1) needs rows that are not known yet, and the run does not predict "
          + "\(missing.prefix(5).joined(separator: ", "))\(missing.count > 5 ? ", ..." : ""): train with a target for every "
          + "feature, or ask for --steps \(windows.horizon) at most")
    }
    let known = windows.length + windows.horizon - 1
    let streams = table.streams.filter { $0.positions.count >= known }
    guard !streams.isEmpty else {
      throw DatasetError(
        .noRows, at: table.place, "no series is long enough",
        expected: "at least \(known) rows", found: "\(table.streams.map(\.positions.count).max() ?? 0) in the longest")
    }
    let scaled = table.applying(pipeline)
    var series = streams.map { scaled.last(known, of: $0) }
    let columns = table.valueColumns
    var values = [Float](repeating: 0, count: streams.count * steps * targets.count)
    for step in 0..<steps {
      let first = step * columns
      let rows = series.flatMap { $0[first..<first + windows.length * columns] }
      let made = try predictor.predict(
        InMemorySource(
          features: rows, sampleShape: [windows.length] + shape(columns), targets: [], targetColumns: 0,
          targetKind: .values))
      for group in streams.indices {
        let own = Array(made[group * targets.count..<(group + 1) * targets.count])
        for (target, value) in own.enumerated() { values[(group * steps + step) * targets.count + target] = value }
        if missing.isEmpty { series[group] += row(own, feedback, table.origins) }
      }
    }
    let short = table.streams.count - streams.count
    return Forecast(
      groups: streams.map(\.name), steps: steps, targets: targets, values: values,
      warnings: short == 0
        ? [] : ["\(short) of \(table.streams.count) series have fewer than \(known) rows and are left out"])
  }

  /// Extents of a row's features.
  private func shape(_ columns: Int) -> [Int] {
    let extents = Array(predictor.model.network.input.extents.dropFirst())
    return extents.reduce(1, *) == columns ? extents : [columns]
  }

  /// Targets as the features of a row.
  private func row(_ targets: [Float], _ feedback: [Int?], _ origins: FeatureOrigins) -> [Float] {
    let features = feedback.enumerated().map { column, target -> Float in
      let value = target.map { Double(targets[$0]) } ?? .nan
      return origins.isEmpty ? Float(value) : Float((value - origins.origin[column]) / origins.unit[column])
    }
    return pipeline.applied(to: features, columns: features.count)
  }
}
