internal import Files
internal import Glibc
internal import JSON

/// What is to be seen of a run while it goes on: its record, its series, what happened.
///
/// Fed from the run's own files by `look`; memory is bounded, however long the run.
public final class LiveRun {
  public let path: String
  public private(set) var record: RunRecord
  public private(set) var rows: [LiveRow] = []
  /// Names of the layers that rows have figures of.
  public private(set) var layers: [String] = []
  /// Of what rows have numbers along an axis.
  private(set) var series: [RunningSeries] = []
  /// What happened, oldest first; the last ones.
  public private(set) var events: [LiveEvent] = []

  private let catalog: RunCatalog
  private let name: String
  private var log: RunEvents
  /// Of a run whose log does not tell what it is called; outer nil: not read yet.
  private var recipe: RunRecipe??
  private var eventTail: FileTail
  private var rowTail: FileTail
  private var line = JSONLine()
  private var epochCount = 0
  /// The step at which rows were last made to stand for as many steps each.
  private var evenedAt = 0
  /// Of the process that started last.
  private var deathIsTold = false
  private static let maximalRows = 800
  private static let maximalEvents = 200

  /// What a look has brought.
  public struct Change: Sendable {
    /// What was known before does not hold: rows were discarded, joined, or the run is another one.
    public var isReset = false
    public var rows = 0
    public var epochs = 0
    public var events = 0
    /// The run's state, its figures or its time.
    public var recordChanged = false

    public var isEmpty: Bool { !isReset && rows == 0 && epochs == 0 && events == 0 && !recordChanged }
  }

  /// Reads nothing: `look` does.
  ///
  /// - Returns: nil: there is no run.
  public init?(path: String, name: String, catalog: RunCatalog) {
    guard access("\(path)/events.jsonl", R_OK) == 0 || access("\(path)/recipe.yaml", R_OK) == 0 else { return nil }
    self.path = path
    self.name = name
    self.catalog = catalog
    record = RunRecord(name: name, path: path)
    log = RunEvents(RunRecord(name: name, path: path))
    eventTail = FileTail(path: "\(path)/events.jsonl")
    rowTail = FileTail(path: RowStream.path(path))
  }

  deinit {
    eventTail.close()
    rowTail.close()
  }

  /// Reads what has been written since the last look.
  public func look() -> Change {
    var change = Change()
    readEvents(&change)
    readRows(&change)
    var now = catalog.finish(log, path: path)
    if now.ending == RunDeath.ending {
      // It may have written its last line and let go of the lock since the log was read.
      readEvents(&change)
      now = catalog.finish(log, path: path)
    }
    if now.ending == RunDeath.ending, !deathIsTold {
      deathIsTold = true
      events.append(LiveEvent(deathOf: now))
      change.events += 1
    }
    if !log.tellsTags {
      let recipe = recipe ?? catalog.recipe(of: path)
      self.recipe = .some(recipe)
      recipe?.complete(&now)
    }
    if let last = rows.last, last.step > now.step ?? 0, now.state == .running { now.step = last.step }
    change.recordChanged = now.state != record.state || now.step != record.step || change.events > 0
    record = now
    return change
  }

  private func readEvents(_ change: inout Change) {
    var (log, tail, line, found) = (log, eventTail, line, [LiveEvent]())
    var isReplaced = false
    tail.read { bytes in
      log.read(bytes)
      for piece in bytes.split(separator: 10) {
        guard line.read(UnsafeBufferPointer(rebasing: piece)), let event = LiveEvent(line) else { continue }
        // A resumption writes down what had been told by the silence before.
        if event.kind == RunDeath.ending, deathIsTold { continue }
        if event.kind == "started" || event.kind == "resumed" { deathIsTold = false }
        found.append(event)
      }
    } replaced: {
      log = RunEvents(RunRecord(name: name, path: path))
      isReplaced = true
    }
    (self.log, eventTail, self.line) = (log, tail, line)
    if isReplaced { events = [] }
    // Epochs were discarded, or the log is another one.
    if isReplaced || log.epochCount < epochCount || found.contains(where: { $0.kind == "rollback" }) {
      change.isReset = true
    }
    change.epochs += max(0, log.epochCount - epochCount)
    epochCount = log.epochCount
    events += found
    if events.count > LiveRun.maximalEvents { events.removeFirst(events.count - LiveRun.maximalEvents) }
    change.events += found.count
  }

  private func readRows(_ change: inout Change) {
    var (tail, line, changed) = (rowTail, line, change)
    var (rows, layers, evenedAt) = (rows, layers, evenedAt)
    var series = series
    tail.read { bytes in
      for piece in bytes.split(separator: 10) {
        guard line.read(UnsafeBufferPointer(rebasing: piece)), let kind = line["kind"] else { continue }
        if kind.isEqual(to: "row") {
          guard let row = LiveRow(line) else { continue }
          rows.append(row)
          changed.rows += 1
          if LiveRun.isUneven(rows, evenedAt: evenedAt) {
            rows = LiveRun.thinned(rows, series)
            evenedAt = row.step
            changed.isReset = true
          }
        } else if kind.isEqual(to: "start") || kind.isEqual(to: "rollback") {
          if let names = line["layers"]?.strings {
            if !layers.isEmpty && layers != names { rows = [] }
            layers = names
          }
          if kind.isEqual(to: "start") {
            let now = line["series"]?.elements.compactMap { RunningSeries($0) } ?? []
            if now != series { for at in rows.indices { rows[at].series = [] } }
            series = now
          }
          let step = line.integer("step") ?? 0
          evenedAt = min(evenedAt, step)
          while let last = rows.last, last.step > step { rows.removeLast() }
          changed.isReset = true
        }
      }
    } replaced: {
      (rows, layers, evenedAt) = ([], [], 0)
      series = []
      changed.isReset = true
    }
    (rowTail, self.line, change) = (tail, line, changed)
    (self.rows, self.layers, self.evenedAt) = (rows, layers, evenedAt)
    self.series = series
  }

  /// Whether there are too many rows, or the first ones stand for far fewer steps than is to be seen of a run that long.
  private static func isUneven(_ rows: [LiveRow], evenedAt: Int) -> Bool {
    if rows.count > maximalRows { return true }
    guard rows.count > maximalRows / 8, let first = rows.first, let last = rows.last, last.step / 2 > evenedAt else {
      return false
    }
    return Double(last.step) > Double(maximalRows) * max(first.value("steps"), 1)
  }

  /// At most half of the most rows, of about as many steps each: neighbours joined, so that no extreme is lost.
  private static func thinned(_ rows: [LiveRow], _ series: [RunningSeries]) -> [LiveRow] {
    guard let first = rows.first, let last = rows.last else { return rows }
    let begin = Double(first.step) - max(first.value("steps"), 1)
    let span = max((Double(last.step) - begin) / Double(maximalRows / 2), 1)
    var thinned: [LiveRow] = []
    var number = -1.0
    for row in rows {
      let at = ((Double(row.step) - begin - 0.5) / span).rounded(.down)
      if at == number, let before = thinned.popLast() {
        thinned.append(before.joined(with: row, series: series))
      } else {
        thinned.append(row)
      }
      number = at
    }
    if thinned.count <= maximalRows * 3 / 4 { return thinned }
    // Steps in no order: by pairs.
    return stride(from: 0, to: rows.count, by: 2).map { index in
      index + 1 < rows.count ? rows[index].joined(with: rows[index + 1], series: series) : rows[index]
    }
  }

  /// Figures of the epochs, as names and points (`step`, then one a name).
  ///
  /// - Parameters:
  ///   - last: only so many of the newest; nil: all.
  ///   - limit: about how many to give at most, evenly.
  public func epochs(last: Int? = nil, limit: Int = 500) -> (names: [String], points: [[Double]]) {
    let points = log.epochPoints(last: last ?? Int.max)
    let every = max(1, (points.count + limit - 1) / limit)
    let kept = points.enumerated().filter { ($0.offset + 1) % every == 0 || $0.offset == points.count - 1 }
    return (log.epochNames, kept.map(\.element))
  }
}

/// Something that happened to a run, in a sentence.
public struct LiveEvent: Sendable, Hashable {
  public let time: String
  public let kind: String
  public let step: Int?
  public let message: String

  /// nil: what the record and the series tell anyway.
  init?(_ line: JSONLine) {
    guard let kind = line.string("event"), kind != "epoch", kind != "checkpoint" else { return nil }
    self.kind = kind
    time = line.string("time") ?? ""
    step = line.integer("step")
    switch kind {
    case "started": message = "started with \(line.integer("epochs") ?? 0) epochs to do"
    case "resumed": message = "goes on from step \(step ?? 0)"
    case "rollback":
      let (from, attempt) = (line.integer("from") ?? 0, line.integer("attempt") ?? 0)
      message = "went back from step \(from) to step \(step ?? 0), attempt \(attempt): \(line.string("message") ?? "")"
    case "finding":
      let layer = line.string("layer").map { " in \($0)" } ?? ""
      message = "\(line.string("name") ?? "")\(layer): \(line.string("message") ?? "")"
    case "finished":
      let ending = line.string("ending") ?? ""
      message = (ending == "interrupted" ? "by a signal" : ending) + " after step \(step ?? 0)"
    default: message = line.string("message") ?? ""
    }
  }

  /// What the silence of a run tells, whose process is gone.
  init(deathOf run: RunRecord) {
    kind = RunDeath.ending
    time = run.updated ?? ""
    step = run.step
    message = run.endingMessage ?? ""
  }

  /// `12:00:03`.
  public var clock: String { String(time.drop { $0 != "T" }.dropFirst().prefix(8)) }
}
