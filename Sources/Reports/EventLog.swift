internal import Checkpointing
internal import Files
internal import GradientHealth
internal import Glibc
internal import JSON
public import Training

/// `events.jsonl` of a run: one JSON object a line, appended. Clock, host and process stand here and nowhere in a
/// checkpoint.
public final class EventLog {
  private let file: LineFile

  /// Opens or makes the file.
  ///
  /// - Throws: `FileError`.
  public init(path: String) throws {
    file = try LineFile(path: path)
  }

  /// Appends what is worth keeping of an event; steps are not (their figures are the history's).
  ///
  /// A line that cannot be written (disk full) is lost; training does not stop for it.
  public func record(_ event: TrainingEvent) {
    guard let (kind, fields) = EventLog.fields(event) else { return }
    var line: JSONValue = ["time": .string(UTCTime.text(UTCTime.now)), "event": .string(kind)]
    for field in fields { line = line.adding(field.0, field.1) }
    if case .started = event {
      line = line.adding("host", .string(EventLog.host())).adding("process", .integer(Int(getpid())))
    }
    try? file.append(line.text)
  }

  /// Appends a line of its own, such as what differs at a resumption.
  public func note(_ kind: String, _ message: String) {
    let line: JSONValue = [
      "time": .string(UTCTime.text(UTCTime.now)), "event": .string(kind), "message": .string(message),
    ]
    try? file.append(line.text)
  }

  /// The event as JSON fields, for logs and for `--progress json`.
  static func fields(_ event: TrainingEvent) -> (kind: String, fields: [(String, JSONValue)])? {
    switch event {
    case .started(let summary):
      return (
        summary.step == 0 ? "started" : "resumed",
        [
          ("run", .string(summary.run)), ("description", .string(summary.description)),
          ("tags", .array(summary.tags.map { .string($0) })), ("seed", .string(String(summary.seed))),
          ("step", .integer(summary.step)), ("epoch", .integer(summary.epoch)),
          ("epochs", .integer(summary.epochs)), ("batch_size", .integer(summary.batchSize)),
          ("parameters", .integer(summary.parameters)), ("train_rows", .integer(summary.trainRows)),
          ("validation_rows", .integer(summary.validationRows)), ("workers", .integer(summary.workers)),
          ("shards", .integer(summary.shards)), ("layers", .integer(summary.layers)),
          ("steps_per_epoch", .integer(summary.stepsPerEpoch)), ("optimizer", .string(summary.optimizer)),
          ("loss_function", .string(summary.loss)),
          ("accumulate_steps", .integer(summary.accumulateSteps)),
          ("constant_loss", summary.constantLoss.isFinite ? .number(summary.constantLoss) : .null),
          ("metrics", .array(summary.metrics.map { .string($0) })),
          ("version", .string(CairnVersion.string)),
        ]
      )
    case .step, .series: return nil
    case .epoch(let report):
      var fields: [(String, JSONValue)] = [
        ("epoch", .integer(report.epoch)), ("step", .integer(report.step)), ("loss", .number(report.loss)),
        ("learning_rate", .number(report.learningRate)),
      ]
      fields += validationFields(report.validation, names: report.metricNames)
      return ("epoch", fields)
    case .checkpoint(let report):
      return (
        "checkpoint",
        [
          ("step", .integer(report.step)), ("epoch", .integer(report.epoch)),
          ("file", .string(report.path.split(separator: "/").last.map(String.init) ?? report.path)),
          ("bytes", .integer(report.bytes)), ("healthy", .bool(report.isHealthy)),
          ("stall_seconds", .number(report.stallSeconds)), ("write_seconds", .number(report.writeSeconds)),
        ]
      )
    case .checkpointFailed(let step, let reason):
      return ("checkpoint_failed", [("step", .integer(step)), ("message", .string(reason))])
    case .blowup(let report):
      return (
        "blowup",
        [
          ("step", .integer(report.step)), ("epoch", .integer(report.epoch)), ("loss", .number(report.loss)),
          ("nonfinite", .integer(report.nonfinite)),
          ("quantity", report.culprit.map { .string($0.quantity.rawValue) } ?? .null),
          ("layer", report.culprit?.layer.map { .string($0) } ?? .null),
          ("shard", report.culprit?.shard.map { .integer($0) } ?? .null),
          ("rows", .array(report.culprit?.rows.map { .integer($0) } ?? [])),
          ("injected", report.fault.map { .string($0) } ?? .null), ("message", .string(report.message + report.place)),
          ("process", report.culprit?.process.map { .integer($0) } ?? .null),
        ]
      )
    case .rollback(let report):
      return (
        "rollback",
        [
          ("from", .integer(report.from)), ("step", .integer(report.to)), ("attempt", .integer(report.attempt)),
          ("message", .string(report.change)),
        ]
      )
    case .note(let kind, let step, let message):
      // A rollback has an event of its own, with its figures.
      if kind == "rollback" { return nil }
      return (kind, [("step", .integer(step)), ("message", .string(message))])
    case .finding(let finding, let step):
      return (
        "finding",
        [
          ("step", .integer(step)), ("name", .string(finding.name.rawValue)), ("level", .string(finding.level.name)),
          ("layer", finding.layer.map { .string($0) } ?? .null), ("message", .string(finding.message)),
        ]
      )
    case .finished(let result):
      var fields: [(String, JSONValue)] = [
        ("ending", .string(ending(result.ending))), ("step", .integer(result.step)), ("epoch", .integer(result.epoch)),
        ("loss", .number(result.loss)),
      ]
      if let epoch = result.restoredEpoch { fields.append(("restored_epoch", .integer(epoch))) }
      fields += validationFields(result.validation, names: result.metricNames)
      return ("finished", fields)
    }
  }

  private static func ending(_ ending: TrainingResult.Ending) -> String {
    switch ending {
    case .finished: "finished"
    case .stoppedEarly: "stopped_early"
    case .stopped: "interrupted"
    case .paused: "paused"
    case .diverged: "diverged"
    }
  }

  private static func validationFields(_ row: ValidationRow?, names: [String]) -> [(String, JSONValue)] {
    guard let row else { return [] }
    return [("validation_loss", .number(row.loss))]
      + zip(names, row.metrics).map { ("validation_\($0)", .number($1)) }
  }

  private static func host() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
