public import Checkpointing
internal import Files
internal import GradientHealth
internal import Glibc
internal import JSON
public import Training

/// `rows.jsonl` of a run: its running series for whoever looks on, one JSON object a line, appended. Kinds of line:
///
/// - `start`: a process begins (or goes on) at `step`; earlier rows of later steps are stale.
/// - `row`: the steps since the last row, summed up; per layer in the order of `start`'s `layers`, null where a layer has
///   no such figure.
/// - `validation`, at the end of an epoch.
/// - `rollback`: the state is that of `step` again; rows of earlier attempts after it are stale.
///
/// `series` of a start are the columns along an axis, e.g. gradients through time; those of a row their numbers, one after
/// the other, where the row has any.
///
/// NaN and Inf are the strings "nan", "inf" and "-inf". A kill leaves at most one broken line.
public final class RowLog: EventSink {
  public let name = "rows.jsonl"
  private let path: String
  /// Opened at the first line: a disk on which it cannot be made stops no run.
  private var file: LineFile?
  private var layers = 0

  private let lock: RunLock?

  /// - Parameter lock: of the run: no file is begun where the run's folder is not in its place any more.
  public init(path: String, lock: RunLock? = nil) {
    self.path = path
    self.lock = lock
  }

  public func record(_ event: TrainingEvent, time: Double) throws {
    guard let (kind, fields) = fields(event) else { return }
    var line: JSONValue = ["kind": .string(kind), "time": .number(time)]
    for field in fields { line = line.adding(field.0, field.1) }
    if file == nil { try lock?.requireInPlace() }
    let file = try file ?? LineFile(path: path)
    self.file = file
    try file.append(line.text)
  }

  private func fields(_ event: TrainingEvent) -> (kind: String, fields: [(String, JSONValue)])? {
    switch event {
    case .started(let summary):
      layers = summary.recordedLayers.count
      return (
        "start",
        [
          ("step", .integer(summary.step)), ("attempt", .integer(summary.attempt)),
          ("layers", .array(summary.recordedLayers.map { .string($0) })), ("process", .integer(Int(getpid()))),
        ]
          + (summary.recordedSeries.isEmpty
            ? [] : [("series", .array(summary.recordedSeries.map { RunningSeries($0).json }))])
      )
    case .series(let report): return ("row", row(report))
    case .epoch(let report):
      guard let validation = report.validation else { return nil }
      var metrics: JSONValue = [:]
      for (name, value) in zip(report.metricNames, validation.metrics) {
        metrics = metrics.adding(name, RowLog.number(value))
      }
      return (
        "validation",
        [
          ("step", .integer(validation.step)), ("epoch", .integer(validation.epoch)),
          ("loss", RowLog.number(validation.loss)), ("metrics", metrics),
        ]
      )
    case .rollback(let report):
      return (
        "rollback",
        [("step", .integer(report.to)), ("from", .integer(report.from)), ("attempt", .integer(report.attempt))]
      )
    case .step, .checkpoint, .checkpointFailed, .blowup, .note, .finding, .finished: return nil
    }
  }

  private func row(_ report: SeriesReport) -> [(String, JSONValue)] {
    var fields: [(String, JSONValue)] = RowColumn.all.compactMap { column in
      guard let value = column.value?(report) else { return nil }
      return ("\(column.name)", column.isWhole ? .integer(Int(value)) : RowLog.number(value))
    }
    fields.append(("resident_bytes", RowLog.residentBytes().map { .integer($0) } ?? .null))
    for column in KernelColumn.running {
      var values = report.values(column).map { RowLog.number($0, column.facts.values) }
      if values.isEmpty { values = Array(repeating: .null, count: layers) }
      fields.append(("\(column.facts.name)", .array(values)))
    }
    if !report.seriesFigures.isEmpty {
      var numbers: [JSONValue] = []
      var start = 0
      for series in report.series {
        let end = start + series.positions.count
        numbers += RunningSeries.joined(report.seriesFigures[start..<end], of: series)
          .map { RowLog.number(Float($0), .any) }
        start = end
      }
      fields.append(("series", .array(numbers)))
    }
    return fields
  }

  private static func number(_ value: Double) -> JSONValue {
    if value.isFinite { return .number(value) }
    return .string(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf")
  }

  /// Only as many digits as the float has.
  private static func number(_ value: Float, _ values: HistoryColumn.Values) -> JSONValue {
    if value.isNaN, values == .fractionOrNone { return .null }
    return number(value.isFinite ? Double("\(value)") ?? Double(value) : Double(value))
  }

  /// What the process holds in memory.
  private static func residentBytes() -> Int? {
    guard let text = try? FileContents.read("/proc/self/statm") else { return nil }
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
