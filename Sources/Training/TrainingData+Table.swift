internal import Datasets
internal import Kernels
internal import NeuralNetwork

extension TrainingData {
  /// Samples made of a table's columns, to whose training rows alone everything is fitted.
  ///
  /// - Parameters:
  ///   - train: the training rows with their targets and weights; of the features it holds nothing.
  ///   - numbers: where each stands in the table; nil: all do, in order.
  ///   - held: the same of rows held back from it.
  static func table(
    _ table: Table, _ configuration: TrainingConfiguration, _ train: InMemorySource, _ numbers: [Int32]?,
    _ held: InMemorySource?, _ heldNumbers: [Int32]?, _ run: RunNames?, _ cache: DataCache?
  ) throws -> TrainingData {
    let data = configuration.data
    // With other weights than those that were trained on its numbers, a category would be another.
    let encoding =
      try run?.table
      ?? TableEncoding(
        fittedTo: table, rows: numbers ?? (0..<Int32(table.count)).map { $0 }, scaling: data.scaling,
        targetNames: data.train.targetNames ?? [])
    func samples(_ rows: [Int32]?, _ given: InMemorySource) throws -> InMemorySource {
      try MemoryBudget.require(
        4 * given.count * (encoding.outputs.count + 1), for: "\(table.place): \(encoding.outputs.count) floats a row",
        remedy: "take fewer rows with `rows:`, or an index instead of one-hot for the widest column")
      let made = try encoding.source(of: table, rows: rows)
      return given.weights.isEmpty ? made : made.replacing(weights: given.weights)
    }
    let own = try samples(numbers, train)
    var validation: (any SampleSource)? = try held.map { try samples(heldNumbers, $0) }
    let names = RunNames(of: own, table: encoding, run)
    if case .source(let source) = data.validation {
      let options = names.options(
        ReadOptions(
          nonFinite: data.onBadRow == .skip ? .keep : .refuse, targets: TargetRole(configuration.loss.targets)),
        targets: data.train.targetNames)
      let read = try rows(source, seed: configuration.seed, options, cache)
      guard let other = read.table else { throw TrainingError.noTable(source.name) }
      validation = try encoding.source(of: other, rows: read.numbers)
    }
    var loaded = TrainingData(
      train: own, validation: validation, table: encoding, classNames: names.classes, featureNames: encoding.names)
    loaded.rowNumbers = numbers
    loaded.heldNumbers = heldNumbers
    loaded.sourceName = data.train.name
    return loaded
  }
}

extension TrainingError {
  /// Data of a run on a table that are none.
  static func noTable(_ name: String) -> TrainingError {
    TrainingError("\(name): the run was trained on the columns of a table: expected a CSV file that has them")
  }
}
