internal import Datasets
internal import JSON
internal import Kernels
internal import NeuralNetwork
internal import Recipes
internal import Sweeps
internal import Training

/// `cairn evaluate SWEEP`: the ensemble's figures beside its members'.
struct EnsembleEvaluation {
  let data: String?
  let workers: Int?
  let confusion: Bool
  let by: String?
  let json: Bool
  let ensemble: Ensemble
  /// Whether each row is predicted by the members that held it back.
  private let isOutOfFold: Bool

  /// - Throws: `CommandError` where the draws asked for are not there.
  init(
    data: String?, top: Int?, workers: Int?, confusion: Bool, by: String?, json: Bool, _ folder: SweepFolder,
    _ processes: Processes
  ) throws {
    (self.data, self.workers, self.confusion, self.by, self.json) = (data, workers, confusion, by, json)
    isOutOfFold = try data == nil && folder.stored().repetition.folds != nil
    ensemble = try Ensemble(folder, top: top ?? (isOutOfFold ? 1 : nil), processes)
  }

  /// What there is when all members have been through.
  private struct Outcome {
    var outputs: EnsembleOutputs
    let first: Ensemble.Opened
    let metrics: [any Metric]
    var members: [(member: Member, measure: EnsembleMember)] = []
    /// What rows are called, and what they are read from.
    let rows: String
    let description: DataSource
    /// Where each row stands there; nil: all, in order.
    let numbers: [Int32]?
  }

  func run() throws {
    let outcome = try isOutOfFold ? outOfFold() : shared()
    let passes = passes(outcome)
    let (targets, weights) = EnsembleEvaluation.targets(passes[0], rows: outcome.outputs.rows)
    let network = outcome.first.predictor.model.network
    let figures =
      [outcome.outputs.loss(passes)]
      + outcome.outputs.metrics(outcome.metrics, targets: targets, weights: weights, for: network)
    let predictions = outcome.first.predictions(outcome.outputs.means)
    var files: [String] = []
    if isOutOfFold {
      let table = OutOfFoldTable(
        numbers: outcome.numbers ?? [], targets: targets,
        predictions: EnsemblePredictions(mean: predictions, deviations: outcome.outputs.deviations, members: []))
      files = try table.write(ensemble)
    }
    var report: EvaluationReport?
    if confusion || by != nil {
      let groups = try by.map {
        try outcome.description.texts(
          of: [$0], rows: outcome.numbers, count: outcome.outputs.rows, for: "--by \($0)")[0]
      }
      report = try EvaluationReport(predictions, targets: targets, weights: weights, by: groups)
    }
    let found = EnsembleFigures(
      names: ["loss"] + outcome.metrics.map(\.name), ensemble: figures,
      members: outcome.members.map {
        .init(name: $0.member.name, rows: $0.measure.rows, figures: [$0.measure.loss] + $0.measure.metrics)
      }, objective: ensemble.sweep.objective, isOutOfFold: isOutOfFold)
    if json {
      var document = found.json(ensemble, rows: outcome.rows, count: outcome.outputs.rows)
      if let report { document = report.added(to: document) }
      return try StandardOutput.line(document.text)
    }
    try StandardOutput.line(
      "\(ensemble.description) of \(ensemble.folder.path) on \(outcome.outputs.rows) \(outcome.rows) rows")
    try StandardOutput.write(found.text + "\n")
    for path in files { try StandardOutput.line("out of fold  \(path)") }
    if let report { try StandardOutput.write("\n" + report.text(inFull: confusion)) }
  }

  /// Members whose rows together are all rows.
  private func passes(_ outcome: Outcome) -> [[EnsembleMember]] {
    guard isOutOfFold else { return outcome.members.map { [$0.measure] } }
    return Dictionary(grouping: outcome.members) { Member(draw: $0.member.draw, seed: $0.member.seed, fold: nil) }
      .sorted { ($0.key.draw, $0.key.seed ?? 0) < ($1.key.draw, $1.key.seed ?? 0) }.map { $0.value.map(\.measure) }
  }

  /// Of all rows, and what each counts for, from the members of a pass.
  private static func targets(_ members: [EnsembleMember], rows: Int) -> (targets: [Float], weights: [Float]) {
    guard members.count > 1 || members[0].places != nil else { return (members[0].targets, members[0].weights) }
    let width = members[0].targets.count / max(1, members[0].rows)
    var targets = [Float](repeating: 0, count: rows * width)
    var weights = [Float](repeating: 1, count: members.contains { !$0.weights.isEmpty } ? rows : 0)
    for member in members {
      for row in 0..<member.rows {
        let place = member.places.map { Int($0[row]) } ?? row
        for column in 0..<width { targets[place * width + column] = member.targets[row * width + column] }
        if !member.weights.isEmpty { weights[place] = member.weights[row] }
      }
    }
    return (targets, weights)
  }

  // MARK: Members

  private func cache() -> DataCache { DataCache(limit: (MemoryBudget.available() ?? 8 << 30) / 4) }

  private func check(_ opened: Ensemble.Opened) throws {
    guard opened.predictor.model.network.maskInputs.isEmpty else {
      throw CommandError(
        .usage, "\(ensemble.folder.path): expected networks without a mask, which leaves out positions")
    }
    if confusion || by != nil { try EvaluationReport.check(opened.predictor, opened.configuration) }
  }

  private func checkMetrics(_ opened: Ensemble.Opened, _ first: Outcome) throws {
    guard opened.configuration.metrics.map(\.name) == first.metrics.map(\.name) else {
      throw CommandError(
        .badData,
        "\(ensemble.folder.path): \(opened.member.name) has other metrics than \(first.first.member.name): choose draws "
          + "that agree with --top")
    }
  }

  /// Members that are all scored on the same rows.
  private func shared() throws -> Outcome {
    var outcome: Outcome?
    var given = data.map { EnsembleData($0, featuresAlone: false) }
    let cache = cache()
    try ensemble.each(workers: workers, files: data == nil ? .mustExist : .none) { opened in
      try check(opened)
      let source: any SampleSource
      var (rows, description) = ("given", opened.configuration.data.train)
      var numbers: [Int32]?
      if let found = try given?.given(to: opened) {
        (source, description) = (found.source, found.description)
      } else {
        if outcome == nil { try UntrustedFiles(of: opened.configuration, startsAnew: false).screen() }
        let loaded = try TrainingData.load(opened.configuration, run: opened.names, cache: cache)
        if outcome == nil { for warning in loaded.warnings { printError("warning: \(warning)") } }
        rows = loaded.validation == nil ? "training" : "validation"
        source = loaded.validation ?? loaded.train
        numbers = loaded.validation == nil ? loaded.rowNumbers : loaded.heldNumbers
        if case .source(let own) = opened.configuration.data.validation { description = own }
      }
      if let outcome {
        try checkMetrics(opened, outcome)
        try checkRows(opened, numbers, source, description, outcome)
      }
      var next =
        try outcome.take()
        ?? Outcome(
          outputs: opened.predictor.ensembleOutputs(rows: source.count), first: opened,
          metrics: opened.configuration.metrics, rows: rows, description: description, numbers: numbers)
      _ = try opened.predictor.add(source, to: &next.outputs)
      let measure = try opened.predictor.member(
        source, metrics: opened.configuration.metrics, after: next.members.last?.measure)
      next.members.append((opened.member, measure))
      outcome = next
    }
    return try outcome.orMissing()
  }

  /// Without data that are given: members must have been held to the same rows.
  private func checkRows(
    _ opened: Ensemble.Opened, _ numbers: [Int32]?, _ source: any SampleSource, _ description: DataSource,
    _ first: Outcome
  ) throws {
    if data != nil { return }
    let isDrawn = description.kind.dependsOnSeed && opened.configuration.seed != first.first.configuration.seed
    guard description == first.description, numbers == first.numbers, source.count == first.outputs.rows, !isDrawn
    else {
      throw CommandError(
        .usage,
        "\(ensemble.folder.path): \(opened.member.name) holds back other rows than \(first.first.member.name), some of "
          + "which that was trained on: give rows that none of them knows with --data")
    }
  }

  /// Each row by the members that held it back: of each draw and seed one.
  private func outOfFold() throws -> Outcome {
    var outcome: Outcome?
    var places: [Int32: Int32] = [:]
    let cache = cache()
    let folder = ensemble.folder.path
    try ensemble.each(workers: workers, files: .mustExist) { opened in
      try check(opened)
      let configuration = opened.configuration
      let train = configuration.data.train
      if outcome == nil { try UntrustedFiles(of: configuration, startsAnew: false).screen() }
      let loaded = try TrainingData.load(configuration, run: opened.names, cache: cache)
      guard let source = loaded.validation, let held = loaded.heldNumbers, opened.predictor.model.network.positions == 1
      else {
        throw CommandError(
          .usage,
          "\(folder): out-of-fold predictions are of single rows, one prediction each; give rows with --data instead")
      }
      if let first = outcome {
        try checkMetrics(opened, first)
        let isSame =
          train == first.description && configuration.data.skippedRows == first.first.configuration.data.skippedRows
        guard isSame, !train.kind.dependsOnSeed || configuration.seed == first.first.configuration.seed else {
          throw CommandError(
            .badData,
            "\(folder): \(opened.member.name) is of other data than \(first.first.member.name): a row has no "
              + "prediction of both")
        }
      } else {
        for warning in loaded.warnings { printError("warning: \(warning)") }
      }
      var next: Outcome
      if let found = outcome.take() {
        next = found
      } else {
        let numbers = try rows(heldBackLike: opened, cache)
        for (place, number) in numbers.enumerated() { places[number] = Int32(place) }
        next = Outcome(
          outputs: try opened.predictor.ensembleOutputs(rows: numbers.count), first: opened,
          metrics: configuration.metrics, rows: "out-of-fold", description: train, numbers: numbers)
      }
      let own = try held.map { number in
        guard let place = places[number] else {
          throw CommandError(
            .badData, "\(folder): row \(number) is held back by \(opened.member.name) and by no member before")
        }
        return place
      }
      _ = try opened.predictor.add(source, at: own, to: &next.outputs)
      let measure = try opened.predictor.member(source, metrics: configuration.metrics, at: own)
      next.members.append((opened.member, measure))
      outcome = next
    }
    let found = try outcome.orMissing()
    let passes = ensemble.draws.count * ensemble.sweep.repetition.seeds
    if let row = found.outputs.rows(without: passes).first {
      throw CommandError(
        .badData,
        "\(folder): row \(found.numbers?[row] ?? 0) is held back by \(found.outputs.counts[row]) members instead of "
          + "\(passes): have the data changed?")
    }
    return found
  }

  /// All rows that are held back by the folds of a member's draw and seed, in ascending order.
  private func rows(heldBackLike opened: Ensemble.Opened, _ cache: DataCache) throws -> [Int32] {
    guard case .fold(_, let count) = opened.configuration.data.validation else { return [] }
    var configuration = opened.configuration
    var numbers: [Int32] = []
    for fold in 1...count {
      configuration.data.validation = .fold(fold, of: count)
      numbers += try TrainingData.load(configuration, run: opened.names, cache: cache).heldNumbers ?? []
    }
    return numbers.sorted()
  }
}

extension Optional {
  /// An ensemble has a member: `Ensemble.init` sees to it.
  fileprivate func orMissing() throws -> Wrapped {
    guard let self else { throw CommandError(.badData, "no member is there") }
    return self
  }
}
