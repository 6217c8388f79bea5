internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

extension TrainingData {
  /// Loads, splits and scales what a configuration describes. HDF5 data that need more memory than `bufferMegabytes` are
  /// read by chunks: the training rows with three quarters of it, the validation rows with a quarter.
  ///
  /// - Parameters:
  ///   - run: what the run called its classes and columns when it began; nil: it begins now.
  ///   - cache: what other runs have read; nil: all is read.
  /// - Throws: `DatasetError`, `TrainingError`, `OutOfMemory`.
  public static func load(
    _ configuration: TrainingConfiguration, run: RunNames? = nil, cache: DataCache? = nil
  ) throws -> TrainingData {
    guard let cache else { return try loading(configuration, run, nil) }
    do {
      return try cache.data(configuration, run) { try loading(configuration, run, cache) }
    } catch is OutOfMemory {
      // What is kept may be what is missing.
      cache.removeAll()
      return try loading(configuration, run, nil)
    }
  }

  private static func loading(
    _ configuration: TrainingConfiguration, _ run: RunNames?, _ cache: DataCache?
  ) throws -> TrainingData {
    let buffer = configuration.data.buffer
    let data = configuration.data
    var options = ReadOptions(
      nonFinite: data.onBadRow == .skip ? .keep : .refuse, targets: TargetRole(configuration.loss.targets),
      origins: data.columnRules.isEmpty ? .asWritten : .fitted)
    if let run { options = run.options(options, targets: nil) }
    let seed = configuration.seed
    if let table = try data.train.kind.sequences(seed: seed, options: options) {
      return try windows(of: table, configuration, run, cache).divided(by: data.lossDivisor)
    }
    // What looks at all rows before the first step holds them. Folds look at classes and groups alone.
    var isHeld = data.classWeights != nil
    if case .fraction = data.validation, data.splitRule ?? .random != .random { isHeld = true }
    if let rows = try StreamedRows(data.train, largerThan: isHeld ? .max : buffer, options: options) {
      return try stream(rows, configuration, run, cache).divided(by: data.lossDivisor)
    }
    let read = try rows(data.train, seed: seed, options, without: data.skippedRows, cache)
    let (whole, numbers) = (read.source, read.numbers)
    var rowNumbers = numbers
    var train = whole
    var held: InMemorySource?
    var heldNumbers: [Int32]?
    var splitWarnings: [String] = []
    if let part = data.validation.held {
      let chosen = try split(
        whole.count, numbers, whole.schema, data.splitRule(isTable: read.table != nil, whole.schema, options.targets),
        data, part, seed: seed, cache, classes: { whole.targets.map { Int32($0) } })
      let split = chosen.split
      splitWarnings = chosen.warnings
      heldNumbers = split.validation.map { numbers?[Int($0)] ?? $0 }
      try requireCopy(of: whole, "without the validation rows", at: data.train.name)
      train = whole.selecting(split.training)
      rowNumbers = split.training.map { numbers?[Int($0)] ?? $0 }
      held = whole.selecting(split.validation)
    }
    /// Rows that count for nothing are left out, but where the loss is divided by the number of rows.
    func leaveOutRowsOfNoWeight() throws {
      guard data.lossDivisor == .weights, let counting = train.countingRows else { return }
      guard !counting.isEmpty else {
        throw TrainingError("\(data.train.name): every row of the training data has weight 0")
      }
      train = train.selecting(counting)
      rowNumbers = counting.map { rowNumbers?[Int($0)] ?? $0 }
    }
    try leaveOutRowsOfNoWeight()
    if let weights = data.classWeights {
      train = train.weighted(by: try weights.weights(of: train, at: data.train.name))
      try leaveOutRowsOfNoWeight()
    }
    if let table = read.table {
      var loaded = try TrainingData.table(table, configuration, train, rowNumbers, held, heldNumbers, run, cache)
      loaded.splitWarnings = splitWarnings
      return try loaded.divided(by: data.lossDivisor)
    }
    if !data.columnRules.isEmpty { try requireCopy(of: train, "scaled", isScaled: true, at: data.train.name) }
    let pipeline = try ColumnPipeline(data.columnRules, fittedTo: train)
    var validation: (any SampleSource)? = held.map { pipeline.applied(to: $0) }
    if case .source(let source) = data.validation {
      let used = train.memory
      validation = try TrainingData.validation(
        source, of: train, configuration, pipeline, room: max(buffer / 4, buffer - used), run, cache)
    }
    var loaded = TrainingData(
      train: pipeline.applied(to: train), validation: validation, pipeline: pipeline, rowNumbers: rowNumbers,
      sourceName: data.train.name, run)
    loaded.heldNumbers = heldNumbers
    loaded.splitWarnings = splitWarnings
    return try loaded.divided(by: data.lossDivisor)
  }

  /// Which rows are trained on and which held back, with what a person should know of that.
  ///
  /// - Parameters:
  ///   - numbers: of the `count` rows in the source; nil: all of them.
  ///   - classes: of the rows, where those are one target.
  private static func split(
    _ count: Int, _ numbers: [Int32]?, _ schema: SampleSchema, _ rule: SplitRule, _ data: DataConfiguration,
    _ part: HeldPart, seed: UInt64, _ cache: DataCache?, classes: () throws -> [Int32]?
  ) throws -> (split: Split, warnings: [String]) {
    switch rule {
    case .random: return (try Split(count: count, holding: part, seed: seed), [])
    case .stratified:
      guard case .classes(_, let names) = schema.targetKind, schema.targetColumns == 1, let classes = try classes()
      else {
        throw TrainingError(
          "data.validation.stratify: expected one target of classes, found \(schema.targetColumns) column(s) of values in "
            + "\(data.train.name): leave stratify out")
      }
      return (
        try Split(classes: classes, holding: part, seed: seed),
        part.warnings(ofClasses: classes, names: names)
      )
    case .groups(let name):
      let groups = try cache?.groups(data.train, named: name) ?? data.train.kind.groups(named: name)
      return (try Split(groups: numbers.map { groups.selecting($0) } ?? groups, holding: part, seed: seed), [])
    }
  }

  /// The same for a file that is read by chunks. Asks for a pass over it to find bad rows, if they are to be skipped, and
  /// for one to fit a scaling.
  private static func stream(
    _ file: StreamedRows, _ configuration: TrainingConfiguration, _ run: RunNames?, _ cache: DataCache?
  ) throws -> TrainingData {
    let data = configuration.data
    let buffer = data.buffer
    let finite = data.onBadRow == .skip ? try file.finiteRows() : nil
    let good = try kept(finite, of: file.count, without: data.skippedRows, in: data.train.name)
    var selection = good
    var held: [Int32]?
    var splitWarnings: [String] = []
    if let part = data.validation.held {
      let chosen = try split(
        good?.count ?? file.count, good, file.schema,
        data.splitRule(isTable: false, file.schema, TargetRole(configuration.loss.targets)), data, part,
        seed: configuration.seed, cache,
        classes: {
          let all = try file.targetClasses()
          return good.map { rows in all.map { all in rows.map { all[Int($0)] } } } ?? all
        })
      let split = chosen.split
      splitWarnings = chosen.warnings
      selection = split.training.map { good?[Int($0)] ?? $0 }
      held = split.validation.map { good?[Int($0)] ?? $0 }
    }
    let pipeline = try ColumnPipeline(data.columnRules, fittedTo: file, selection: selection)
    let train = try file.source(
      selection, pipeline: pipeline, bytes: buffer / 4 * 3, batch: configuration.updateRows,
      isShuffled: configuration.shuffle)
    var validation: (any SampleSource)?
    if let held, held.count * file.rowBytes <= buffer / 4 {
      validation = try file.kept(held, pipeline: pipeline)
    } else if let held {
      validation = try file.source(held, pipeline: pipeline, bytes: buffer / 4, batch: 1, isShuffled: false)
    } else if case .source(let source) = data.validation {
      validation = try TrainingData.validation(
        source, of: train, configuration, pipeline, room: buffer / 4, run, cache)
    }
    var loaded = TrainingData(
      train: train, validation: validation, pipeline: pipeline, rowNumbers: selection, sourceName: data.train.name, run)
    loaded.heldNumbers = held
    loaded.splitWarnings = splitWarnings
    return loaded
  }

  init(
    train: any SampleSource, validation: (any SampleSource)?, pipeline: ColumnPipeline, rowNumbers: [Int32]?,
    sourceName: String, _ run: RunNames?
  ) {
    let names = RunNames(of: train, run)
    self.init(
      train: train, validation: validation, pipeline: pipeline, classNames: names.classes, featureNames: names.features)
    self.rowNumbers = rowNumbers
    self.sourceName = sourceName
  }

  /// - Parameters:
  ///   - train: the training samples, whose names the validation samples are read by.
  ///   - room: bytes of memory.
  static func validation(
    _ source: DataSource, of train: any SampleSource, _ configuration: TrainingConfiguration,
    _ pipeline: ColumnPipeline,
    room: Int, _ run: RunNames?, _ cache: DataCache?
  ) throws -> any SampleSource {
    func check(_ schema: SampleSchema) throws {
      try DataCheck.checkInputs(train.schema.networkInputs, schema, called: "validation", whose: "training samples")
    }
    let onBadRow = configuration.data.onBadRow
    let options = RunNames(of: train, run).options(
      ReadOptions(nonFinite: onBadRow == .skip ? .keep : .refuse, targets: TargetRole(configuration.loss.targets)),
      targets: configuration.data.train.targetNames)
    if let table = try source.kind.sequences(seed: configuration.seed, options: options) {
      try check(table.schema)
      return try table.applying(pipeline).source(finiteAlone: onBadRow == .skip)
    }
    if let file = try StreamedRows(source, largerThan: room, options: options) {
      try check(file.schema)
      let good = onBadRow == .skip ? try file.finiteRows() : nil
      if let good, good.isEmpty { throw TrainingError("\(source.name): every row holds NaN or Inf") }
      return try file.source(good, pipeline: pipeline, bytes: room, batch: 1, isShuffled: false)
    }
    let validation = try rows(source, seed: configuration.seed, options, cache).source
    try check(validation.schema)
    return pipeline.applied(to: validation)
  }

  /// - Throws: `OutOfMemory` where there is no room for the same rows once more.
  private static func requireCopy(
    of source: InMemorySource, _ what: String, isScaled: Bool = false, at name: String
  ) throws {
    try MemoryBudget.require(
      isScaled ? source.count * source.featureColumns * 4 : source.memory, for: "\(name): the rows once more, \(what)",
      remedy: "take fewer rows with `rows:`, or HDF5 data and a smaller data.buffer_mb")
  }

  /// The samples of a source without bad rows, where those are to be skipped, and where each stood.
  ///
  /// - Returns: of a table its rows, whose features are yet to be made of its columns.
  static func rows(
    _ source: DataSource, seed: UInt64, _ options: ReadOptions, without skipped: [Int] = [], _ cache: DataCache?
  ) throws -> (source: InMemorySource, numbers: [Int32]?, table: Table?) {
    let read = try cache?.rows(source, seed: seed, options) ?? source.rows(seed: seed, options: options)
    let all = read.samples
    let finite = options.nonFinite == .keep ? all.finiteRows : nil
    guard let good = try kept(finite, of: all.count, without: skipped, in: source.name), good.count < all.count else {
      return (all, nil, read.table)
    }
    return (all.selecting(good), good, read.table)
  }

  /// The finite rows without those that the recipe skips; nil: all.
  private static func kept(
    _ finite: [Int32]?, of count: Int, without skipped: [Int], in name: String
  ) throws -> [Int32]? {
    if let finite, finite.isEmpty { throw TrainingError("\(name): every row holds NaN or Inf") }
    guard !skipped.isEmpty else { return finite }
    if let outside = skipped.first(where: { $0 >= count }) {
      throw TrainingError(
        "data.skip_rows: expected row numbers from 0 to \(count - 1), as \(name) has \(count) rows, found \(outside)")
    }
    let left = Set(skipped.map { Int32($0) })
    let rows = (finite ?? (0..<Int32(count)).map { $0 }).filter { !left.contains($0) }
    guard !rows.isEmpty else { throw TrainingError("data.skip_rows: no row of \(name) is left") }
    return rows
  }
}

extension DataConfiguration {
  /// How rows are chosen that are held back, where nothing is said too.
  fileprivate func splitRule(isTable: Bool, _ schema: SampleSchema, _ role: TargetRole?) -> SplitRule {
    if let splitRule { return splitRule }
    let isFold = if case .fold = validation { true } else { false }
    guard isTable || isFold, role != .values, schema.targetColumns == 1, case .classes = schema.targetKind else {
      return .random
    }
    return .stratified
  }
}

extension HeldPart {
  /// Classes that some folds hold no row of, or leave none to train on.
  ///
  /// - Parameters:
  ///   - classes: of each row.
  ///   - names: by number; empty: they have none.
  fileprivate func warnings(ofClasses classes: [Int32], names: [String]) -> [String] {
    guard case .fold(_, let folds) = self else { return [] }
    var rows: [Int32: Int] = [:]
    for number in classes { rows[number, default: 0] += 1 }
    let rare = rows.filter { $0.value < folds }.sorted { $0.key < $1.key }
    if rare.isEmpty { return [] }
    let listed = rare.prefix(5).map { number, count in
      let name = names.indices.contains(Int(number)) ? names[Int(number)] : "\(number)"
      return "`\(name)` has \(counted(count, "row"))"
    }
    return [
      "of \(folds) folds some hold no row of a class that has fewer: " + listed.joined(separator: ", ")
        + (rare.count > 5 ? ", ... (\(rare.count) classes)" : "")
    ]
  }
}
