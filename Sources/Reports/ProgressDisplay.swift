internal import Checkpointing
internal import Glibc
internal import GradientHealth
internal import JSON
public import Training

/// How a run shows itself while it goes on.
public enum ProgressStyle: String, Sendable, CaseIterable {
  /// A live line on a terminal, else one line an epoch.
  case auto
  case bar
  case plain
  /// One JSON object a line on standard output, for programs.
  case json
  case none

  /// Whether people read it, who are also told what came of the run.
  public var isText: Bool { self != .json && self != .none }
}

/// Shows training events: text on standard error, JSON where the caller says. A live line is drawn at most ten times a
/// second, with lines of finished epochs above it.
public final class ProgressDisplay {
  private let style: ProgressStyle
  private let output: (String) -> Void
  private var summary: RunSummary?
  private var began = ContinuousClock.now
  private var beganStep = 0
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var lineShown = false
  private var bar = ProgressBar()
  private var rows = 0
  private var loss = SmoothedValue()
  /// Above the bar: of very many short epochs not each is worth a line.
  private var epochs = Pace(unhurried: 50, shortest: 1, perAge: 600)
  private var heldEpoch: EpochReport?

  private static let interval = Duration.milliseconds(100)

  /// - Parameter output: takes the lines of `json`, each with its end.
  public init(_ style: ProgressStyle, output: @escaping (String) -> Void) {
    self.output = output
    if style == .auto {
      let terminal = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
      self.style = terminal ? .bar : .plain
    } else {
      self.style = style
    }
  }

  public func show(_ event: TrainingEvent) {
    switch style {
    case .none, .auto: return
    case .json: showJSON(event)
    case .plain, .bar: showText(event)
    }
  }

  /// A line of its own, such as what differs at a resumption.
  public func note(_ kind: String, _ message: String) {
    switch style {
    case .none, .auto: return
    case .json:
      let line: JSONValue = ["event": .string(kind), "message": .string(message)]
      output(line.text + "\n")
    case .plain, .bar: print(message)
    }
  }

  /// Takes the live line away, for text that comes from elsewhere.
  public func clear() {
    if lineShown { write("\r\u{1B}[J") }
    lineShown = false
  }

  private func showJSON(_ event: TrainingEvent) {
    if case .step(let report) = event {
      guard isDue() else { return }
      let line: JSONValue = [
        "event": "step", "step": .integer(report.step), "epoch": .integer(report.epoch), "loss": .number(report.loss),
        "gradient_norm": .number(report.gradientNorm), "learning_rate": .number(report.learningRate),
      ]
      return output(line.text + "\n")
    }
    guard let (kind, fields) = EventLog.fields(event) else { return }
    var line: JSONValue = ["event": .string(kind)]
    for field in fields { line = line.adding(field.0, field.1) }
    if case .finished(let result) = event {
      line = line.adding("checkpoint", result.checkpoint.map { .string($0) } ?? .null)
    }
    output(line.text + "\n")
  }

  private func showText(_ event: TrainingEvent) {
    switch event {
    case .started(let summary):
      self.summary = summary
      began = .now
      beganStep = summary.step
      epochs.start()
      let validation = summary.validationRows > 0 ? ", \(summary.validationRows) held back" : ""
      print(
        "\(summary.run): \(counted(summary.parameters, "weight")) in \(counted(summary.layers, "layer")), "
          + "\(counted(summary.trainRows, "row"))\(validation)")
      print(
        "\(summary.loss), \(summary.optimizer), batches of \(summary.batchSize) "
          + (summary.accumulateSteps > 1 ? "(\(summary.accumulateSteps) an update) in " : "in ")
          + "\(counted(summary.shards, "shard")) on \(counted(summary.workers, "worker"))")
      if summary.step > 0, !summary.isFinished { print("goes on from step \(summary.step), epoch \(summary.epoch)") }
    case .step(let report):
      rows += report.rows
      loss.add(report.loss)
      if style == .bar, isDue() { draw(report) }
    case .epoch(let report):
      heldEpoch = style == .plain || report.epoch == summary?.epochs || epochs.isDue() ? nil : report
      if heldEpoch == nil { print(epochLine(report)) }
    case .checkpoint, .series: break
    case .checkpointFailed(let step, let reason):
      print("warning: no checkpoint at step \(step): \(reason); training goes on")
    case .blowup(let report): print(report.message + report.place)
    case .rollback:
      // Told by its note. The loss is that of an earlier step again.
      loss = SmoothedValue()
      heldEpoch = nil
    case .note(_, _, let message): print(message)
    case .finding: break  // for `diagnose`, with causes and remedies
    case .finished:
      clear()
      if let heldEpoch { print(epochLine(heldEpoch)) }
      heldEpoch = nil
    }
  }

  private func epochLine(_ report: EpochReport) -> String {
    var fields = ["epoch \(report.epoch)/\(summary?.epochs ?? 0)", "loss \(short(report.loss))"]
    if let validation = report.validation {
      fields.append("validation_loss \(short(validation.loss))")
      for (name, value) in zip(report.metricNames, validation.metrics) {
        fields.append("validation_\(name) \(short(value))")
      }
    }
    return TextLines.joined(fields, width: style == .bar ? columns() : .max)
  }

  private func draw(_ report: StepReport) {
    guard let summary else { return }
    var bar = ProgressBar()
    (bar.epoch, bar.epochs) = (report.epoch, summary.epochs)
    (bar.step, bar.steps) = (report.step, summary.epochs * summary.stepsPerEpoch)
    let elapsed = max(began.duration(to: .now) / .seconds(1), 1e-9)
    let stepsPerSecond = Double(report.step - beganStep) / elapsed
    bar.secondsLeft = stepsPerSecond > 0 ? Double(bar.steps - report.step) / stepsPerSecond : .nan
    bar.rowsPerSecond = Double(rows) / elapsed
    bar.loss = loss.value
    bar.gradientNorm = report.gradientNorm
    bar.learningRate = report.learningRate
    self.bar = bar
    lineShown = true
    write(liveLine)
  }

  /// The cursor waits at the line's beginning: where the window is made narrower and the line comes to take several rows,
  /// all of them are cleared from there.
  private var liveLine: String { "\r" + bar.line(width: columns() - 1) + "\u{1B}[J\r" }

  private func columns() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private func isDue() -> Bool {
    let now = ContinuousClock.now
    guard now - lastDrawn >= ProgressDisplay.interval else { return false }
    lastDrawn = now
    return true
  }

  /// A line that stays; a live line is below it at once.
  private func print(_ line: String) { write(lineShown ? "\r\u{1B}[J\(line)\n\(liveLine)" : line + "\n") }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// `1 h 05 min`, `3 min 12 s`, `12 s`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    if whole >= 60 { return "\(whole / 60) min \(whole % 60) s" }
    return seconds < 10 ? "\(short(seconds, digits: 2)) s" : "\(whole) s"
  }
}

/// `value` with about `digits` significant digits.
public func short(_ value: Double, digits: Int = 4) -> String {
  guard value.isFinite else { return "\(value)" }
  if value == 0 { return "0" }
  let exponent = Int(log10(abs(value)).rounded(.down))
  if exponent < -4 || exponent >= 7 {
    let scale = pow(10, Double(digits - 1 - exponent))
    let mantissa = (value * scale).rounded() / pow(10, Double(digits - 1))
    return mantissa == mantissa.rounded() ? "\(Int(mantissa))e\(exponent)" : "\(mantissa)e\(exponent)"
  }
  let places = max(0, digits - 1 - exponent)
  let scale = pow(10, Double(places))
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
