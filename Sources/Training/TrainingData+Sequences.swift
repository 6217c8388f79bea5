internal import Datasets

extension TrainingData {
  /// Samples that are windows: of a text, or of rows in time. What is held back is the last part of each stream.
  static func windows(
    of table: SequenceTable, _ configuration: TrainingConfiguration, _ run: RunNames?, _ cache: DataCache?
  ) throws -> TrainingData {
    let data = configuration.data
    if case .fold = data.validation {
      throw TrainingError(
        "data.validation.fold: \(data.train.name): of texts and series the last part is held back: use `fraction`")
    }
    var parts: (first: SequenceTable, last: SequenceTable)?
    if case .fraction(let fraction) = data.validation { parts = try table.split(last: fraction) }
    let pipeline = try ColumnPipeline(data.columnRules, fittedTo: parts?.first ?? table)
    // Scaled as a whole, so that both parts are of one copy.
    let scaled = table.applying(pipeline)
    if case .fraction(let fraction) = data.validation { parts = try scaled.split(last: fraction) }
    let skipsBad = data.onBadRow == .skip
    let train = try (parts?.first ?? scaled).source(finiteAlone: skipsBad, without: data.skippedRows)
    var validation: (any SampleSource)? = try parts?.last.source(finiteAlone: skipsBad)
    if case .source(let source) = data.validation {
      validation = try TrainingData.validation(
        source, of: train, configuration, pipeline, room: data.buffer / 4, run, cache)
    }
    return TrainingData(
      train: train, validation: validation, pipeline: pipeline, rowNumbers: train.numbers, sourceName: data.train.name,
      run)
  }
}
