public import Checkpointing
internal import Files
internal import GradientHealth
internal import Glibc
internal import Kernels
public import TensorBoard
public import Training

/// Event files for TensorBoard in a run's folder `tensorboard`: one for each process that trained, made at its first point.
///
/// Scalars of the series and of the epochs, histograms of weights and gradients at checkpoints, the recipe and what
/// happened as text, hyperparameters. A rollback, and a start from a checkpoint, are marked by a session start, at which
/// readers discard the stale points. The first 1,000 steps of a process have a point each. A run of any length leaves some megabytes: the intervals between points
/// grow with its age, and what is left out between two points is merged into the next.
public final class TensorBoardLog: EventSink {
  public let name = "tensorboard"
  private let folder: String
  private let lock: RunLock?
  private let recipe: String
  private let hyperparameters: [Hyperparameter]
  private var file: EventFile?
  private var summary: RunSummary?

  private var pace = Pace(unhurried: 1000, shortest: 0.5, perAge: 2000)
  private var waitingSeries: SeriesReport?
  private var epochPace = Pace(unhurried: 512, shortest: 0.1, perAge: 2000)
  private var waitingEpoch: EpochReport?
  private var texts = 0
  private var lastBlowup: String?
  /// The newest step that has histograms.
  private var histogramStep = -1

  /// - Parameters:
  ///   - folder: the folder of the event files; made if need be.
  ///   - recipe: the resolved recipe.
  ///   - lock: of the run: no file is begun where the run's folder is not in its place any more.
  public init(folder: String, recipe: String, hyperparameters: [Hyperparameter], lock: RunLock? = nil) {
    self.folder = folder
    self.lock = lock
    self.recipe = recipe
    self.hyperparameters = hyperparameters
  }

  public func record(_ event: TrainingEvent, time: Double) throws {
    switch event {
    case .started(let summary):
      self.summary = summary
      if summary.step > 0 { histogramStep = summary.step }
    case .step, .checkpointFailed: break
    case .series(let report):
      let report = waitingSeries.map { $0.merged(with: report) } ?? report
      waitingSeries = report
      if pace.isDue() { try writeSeries(time) }
    case .epoch(let report):
      waitingEpoch = report
      if epochPace.isDue() { try writeEpoch(time) }
    case .checkpoint(let report):
      // After a rollback the state that was gone back to is saved once more.
      guard report.step > histogramStep, !report.distributions.isEmpty else { return }
      try write(histograms(report.distributions), step: report.step, time)
      histogramStep = report.step
    case .blowup(let report):
      lastBlowup = report.message
      try write(text(report.message), step: report.step, time)
    case .note(let kind, let step, let message):
      if kind != "rollback" { try write(text(message), step: step, time) }
    case .finding(let finding, let step): try write(text(finding.message), step: step, time)
    case .rollback(let report):
      // The discarded points come before the mark; why they were, which readers discard with them, once more after it.
      try writeSeries(time)
      try writeEpoch(time)
      let why = lastBlowup.map { $0 + "; " } ?? ""
      let change = text("\(why)went back from step \(report.from) to step \(report.to): \(report.change)")
      lastBlowup = nil
      histogramStep = min(histogramStep, report.to)
      try append(
        [.sessionStart(step: report.to + 1, time: time)]
          + (change.isEmpty ? [] : [.values(change, step: report.to, time: time)]), time)
    case .finished(let result):
      try writeSeries(time)
      try writeEpoch(time)
      guard file != nil else { return }
      switch result.ending {
      case .stopped, .paused: break  // it goes on some day; readers take the first end they see
      case .finished, .stoppedEarly:
        try write([.sessionEnd(succeeded: true, time: time)], step: result.step, time)
      case .diverged: try write([.sessionEnd(succeeded: false, time: time)], step: result.step, time)
      }
    }
  }

  // MARK: Files

  private func write(_ values: [Event.Value], step: Int, _ time: Double) throws {
    if !values.isEmpty { try append([.values(values, step: step, time: time)], time) }
  }

  private func append(_ events: [Event], _ time: Double) throws {
    if let file { return try file.append(events) }
    try lock?.requireInPlace()
    try FileContents.makeFolder(folder)
    let file = try EventFile(folder: folder, time: time)
    do {
      try file.append(try beginning(time) + events)
    } catch {
      unlink(file.path)  // the next one begins again
      throw error
    }
    self.file = file
  }

  /// A file begins with its version and the first step that is to be run; recipe and hyperparameters stand before that step.
  private func beginning(_ time: Double) throws -> [Event] {
    let step = summary?.step ?? 0
    let metrics = ["loss/train", "loss/validation"] + (summary?.metrics ?? []).map { "metrics/\($0)" }
    let values: [Event.Value] = [
      .experiment(hyperparameters, metrics: metrics),
      .sessionStart(hyperparameters, run: summary?.run ?? "", time: time),
      .text("recipe", "```yaml\n\(recipe)```\n"),
    ]
    return [
      .version(time: time), .sessionStart(step: step + 1, time: time), .values(values, step: step, time: time),
    ]
  }

  // MARK: Values

  private func writeSeries(_ time: Double) throws {
    guard let report = waitingSeries else { return }
    waitingSeries = nil
    var values: [Event.Value] = RowColumn.all.compactMap { column in
      guard let tag = column.tag, let value = column.value?(report) else { return nil }
      return .scalar(tag, value)
    }
    let layers = summary?.recordedLayers ?? []
    for column in KernelColumn.running {
      let facts = column.facts
      for (layer, value) in zip(layers, report.values(column)) {
        if value.isNaN, facts.values == .fractionOrNone { continue }
        values.append(.scalar("\(facts.tag)/\(layer)", Double(value)))
      }
    }
    values += along(report)
    try write(values, step: report.step, time)
  }

  /// Of gradients through time, what is left at the first times of what there is at the last; each gate's share; of attention
  /// the largest score, and the lowest entropy of a head.
  private func along(_ report: SeriesReport) -> [Event.Value] {
    guard !report.seriesFigures.isEmpty else { return [] }
    var values: [Event.Value] = []
    var start = 0
    for series in report.series {
      let numbers = report.seriesFigures[start..<start + series.positions.count].map(Double.init)
      start += numbers.count
      let tag = "\(series.column.facts.tag)/\(series.layer)"
      switch series.column {
      case .throughTime:
        values.append(
          .scalar("through_time_first_to_last/\(series.layer)", (numbers.first ?? .nan) / (numbers.last ?? .nan)))
      case .gateSaturation:
        for (gate, value) in numbers.enumerated() {
          values.append(.scalar("\(tag)/\(GateNames.name(gate, of: numbers.count))", value))
        }
      case .largestLogit: values.append(.scalar(tag, numbers.max() ?? .nan))
      case .attentionEntropy: values.append(.scalar(tag, numbers.min() ?? .nan))
      }
    }
    return values
  }

  private func writeEpoch(_ time: Double) throws {
    guard let report = waitingEpoch else { return }
    waitingEpoch = nil
    var values: [Event.Value] = [.scalar("loss/epoch", report.loss), .scalar("epoch", Double(report.epoch))]
    if let validation = report.validation {
      values.append(.scalar("loss/validation", validation.loss))
      for (name, value) in zip(report.metricNames, validation.metrics) {
        values.append(.scalar("metrics/\(name)", value))
      }
    }
    try write(values, step: report.step, time)
  }

  private func histograms(_ distributions: [TensorDistribution]) -> [Event.Value] {
    distributions.compactMap {
      let distribution = $0.distribution
      guard distribution.counts.contains(where: { $0 > 0 }) else { return nil }
      return .histogram(
        "\($0.quantity.rawValue)s/\($0.layer)/\($0.weight)", minimum: Double(distribution.minimum),
        maximum: Double(distribution.maximum), sum: distribution.sum, squareSum: distribution.squareSum,
        counts: distribution.counts)
    }
  }

  /// Nothing once there have been hundreds: a run that leaves out thousands of steps tells of each.
  private func text(_ message: String) -> [Event.Value] {
    texts += 1
    return texts <= 200 ? [.text("events", message)] : []
  }
}
