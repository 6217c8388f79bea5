internal import Checkpointing
internal import Glibc
public import Training

/// How a run shows itself on standard error while it goes on.
public enum ProgressStyle: String, Sendable, CaseIterable {
  /// A live line on a terminal, else one line an epoch.
  case auto
  case bar
  case plain
  /// One JSON object a line, for programs.
  case json
  case none
}

/// Shows training events on standard error; a live line is drawn at most ten times a second.
public final class ProgressDisplay {
  private let style: ProgressStyle
  private var summary: RunSummary?
  private var began = ContinuousClock.now
  private var beganStep = 0
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var lineShown = false
  private var rows = 0

  private static let interval = Duration.milliseconds(100)

  public init(_ style: ProgressStyle) {
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

  private func showJSON(_ event: TrainingEvent) {
    if case .step(let report) = event {
      guard isDue() else { return }
      let line: JSONValue = [
        "event": "step", "step": .integer(report.step), "epoch": .integer(report.epoch), "loss": .number(report.loss),
        "gradient_norm": .number(report.gradientNorm), "learning_rate": .number(report.learningRate),
      ]
      return write(line.text + "\n")
    }
    guard let (kind, fields) = EventLog.fields(event) else { return }
    var line: JSONValue = ["event": .string(kind)]
    for field in fields { line = line.adding(field.0, field.1) }
    write(line.text + "\n")
  }

  private func showText(_ event: TrainingEvent) {
    switch event {
    case .started(let summary):
      self.summary = summary
      began = .now
      beganStep = summary.step
      let validation = summary.validationRows > 0 ? ", \(summary.validationRows) held back" : ""
      print(
        "\(summary.run): \(summary.parameters) weights in \(summary.layers) layers, \(summary.trainRows) rows\(validation)"
      )
      print(
        "\(summary.loss), \(summary.optimizer), batches of \(summary.batchSize) in \(summary.shards) "
          + "\(summary.shards == 1 ? "shard" : "shards") on \(summary.workers) \(summary.workers == 1 ? "worker" : "workers")"
      )
      if summary.step > 0 { print("goes on from step \(summary.step), epoch \(summary.epoch)") }
    case .step(let report):
      rows += report.rows
      if style == .bar, isDue() { draw(report) }
    case .epoch(let report):
      if style == .plain || report.epoch == summary?.epochs { print(epochLine(report)) }
    case .checkpoint, .series: break
    case .checkpointFailed(let step, let reason):
      print("warning: no checkpoint at step \(step): \(reason); training goes on")
    case .blowup(let report): print(report.message + report.place)
    case .rollback: break  // told by its note
    case .note(_, _, let message): print(message)
    case .finding: break  // for `diagnose`, with causes and remedies
    case .finished: clearLine()
    }
  }

  private func epochLine(_ report: EpochReport) -> String {
    var line = "epoch \(report.epoch)/\(summary?.epochs ?? 0)  loss \(short(report.loss))"
    if let validation = report.validation {
      line += "  validation_loss \(short(validation.loss))"
      for (name, value) in zip(report.metricNames, validation.metrics) {
        line += "  validation_\(name) \(short(value))"
      }
    }
    return line
  }

  private func draw(_ report: StepReport) {
    guard let summary else { return }
    let total = summary.epochs * summary.stepsPerEpoch
    let done = Double(report.step) / Double(max(total, 1))
    let elapsed = began.duration(to: .now) / .seconds(1)
    let stepsPerSecond = Double(report.step - beganStep) / max(elapsed, 1e-9)
    let left = Double(total - report.step) / max(stepsPerSecond, 1e-9)
    let filled = Int(done * 20)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
    let line =
      "\(bar) epoch \(report.epoch)/\(summary.epochs) step \(report.step)/\(total)  loss \(short(report.loss))"
      + "  |g| \(short(report.gradientNorm))  lr \(short(report.learningRate))"
      + "  \(Int(Double(rows) / max(elapsed, 1e-9))) rows/s  \(ProgressDisplay.duration(left)) left"
    write("\r\u{1B}[2K" + String(line.prefix(columns() - 1)))
    lineShown = true
  }

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

  private func clearLine() {
    if lineShown { write("\r\u{1B}[2K") }
    lineShown = false
  }

  private func print(_ line: String) {
    clearLine()
    write(line + "\n")
  }

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
    return "\(mantissa)e\(exponent)"
  }
  let places = max(0, digits - 1 - exponent)
  let scale = pow(10, Double(places))
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
