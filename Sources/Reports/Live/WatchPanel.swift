internal import GradientHealth

/// A run on one screen of a terminal, as lines of text: a value of what is known, without any terminal.
public struct WatchPanel {
  public enum Style: Sendable, Hashable { case heading, good, bad, warning, faint }

  /// A piece of a line.
  public struct Span: Sendable, Hashable {
    public let text: String
    public let style: Style?

    init(_ text: String, _ style: Style? = nil) {
      self.text = text
      self.style = style
    }
  }

  public typealias Line = [Span]

  /// - Parameters:
  ///   - width: columns; fields that find no room go to the next line, and what is longer than a line is cut.
  ///   - height: rows; the layers give way first, then the events.
  public static func lines(_ run: LiveRun, width: Int, height: Int) -> [Line] {
    var lines = heading(run, width: width) + series(run, width: width) + figures(run, width: width)
    let left = max(0, height - lines.count)
    let table = layerTable(run, width: width, rows: max(0, left - 2 - min(6, run.events.count)))
    if !table.isEmpty { lines += [[]] + table }
    let events = run.events.suffix(max(0, height - lines.count - 1))
    if !events.isEmpty { lines += [[]] + events.map(line) }
    return lines.prefix(height).map { cut($0, width) }
  }

  /// A row's figures on one line, for a file.
  public static func plainLine(_ row: LiveRow) -> String {
    let figures: [(String, StaticString)] = [
      ("loss", "loss"), ("|g|", "gradient_norm"), ("lr", "learning_rate"), ("steps/s", "steps_per_second"),
    ]
    let words = figures.filter { !row.value($0.1).isNaN || $0.0 == "loss" }.map { "\($0.0) \(short(row.value($0.1)))" }
    let epoch = row.value("epoch")
    return (["step \(row.step)"] + (epoch.isFinite ? ["epoch \(Int(epoch))"] : []) + words).joined(separator: "  ")
  }

  private static func heading(_ run: LiveRun, width: Int) -> [Line] {
    let record = run.record
    let style: Style =
      switch record.state {
      case .running, .finished: .good
      case .interrupted: .warning
      case .diverged: .bad
      }
    var title: Line = [Span(RunTable.plain(record.name), .heading), Span(record.stateText, style)]
    if let epochs = record.epochs { title.append(Span("epoch \(record.epoch ?? 0)/\(epochs)")) }
    let total = (record.epochs ?? 0) * (record.stepsPerEpoch ?? 0)
    title.append(Span("step \(record.step ?? 0)" + (total > 0 ? "/\(total)" : "")))
    if let duration = record.duration { title.append(Span(ProgressDisplay.duration(duration))) }
    if record.state == .running, let rate = run.rows.last?.value("steps_per_second"), rate > 0, total > 0 {
      let seconds = Double(total - (record.step ?? 0)) / rate
      title.append(Span("\(ProgressDisplay.duration(seconds)) left", .faint))
    }
    let description = record.description.isEmpty ? [] : [[Span(RunTable.plain(record.description), .faint)]]
    // Whole: in the list of events it would be cut.
    let ending = record.endingMessage.map { RunTable.plain($0).split(separator: " ").map(String.init) } ?? []
    let why = TextLines.lines(ending, width: width, gap: 1).map { [Span($0, .bad)] }
    return wrapped(title, width: width) + why + description + [[]]
  }

  /// Fields on as many lines as they need, two blanks between them.
  static func wrapped(_ fields: [Span], width: Int) -> [Line] {
    var lines: [Line] = []
    var used = 0
    for field in fields {
      if lines.isEmpty || used + 2 + field.text.count > width {
        lines.append([field])
        used = field.text.count
      } else {
        lines[lines.count - 1] += [Span("  "), field]
        used += 2 + field.text.count
      }
    }
    return lines
  }

  private static func series(_ run: LiveRun, width: Int) -> [Line] {
    let names = 15
    func line(_ name: String, _ points: [(place: Double, value: Double)], _ last: Double, style: Style?) -> Line {
      let spark = Sparkline.line(points, width: max(8, width - names - 26))
      let range = points.map(\.value).filter(\.isFinite)
      var note = ""
      if let least = range.min(), let greatest = range.max() {
        note = "  \(short(least, digits: 3))…\(short(greatest, digits: 3))\(spark.isLogarithmic ? " log" : "")"
      }
      let value = short(last)
      if names + 11 + spark.text.count + note.count > width { note = "" }
      return [
        Span(name + String(repeating: " ", count: max(1, names - name.count))),
        Span(value + String(repeating: " ", count: max(1, 11 - value.count)), style), Span(spark.text),
        Span(note, .faint),
      ]
    }
    var lines: [Line] = []
    if let last = run.rows.last {
      let places = run.rows.map { Double($0.step) }
      func points(_ name: StaticString) -> [(place: Double, value: Double)] {
        zip(places, run.rows.map { $0.value(name) }).map { ($0, $1) }
      }
      lines.append(line("loss, recent", points("loss"), last.value("loss"), style: .heading))
      lines.append(line("gradient norm", points("gradient_norm_max"), last.value("gradient_norm"), style: nil))
    } else {
      let epochs = run.epochs()
      for (index, name) in epochs.names.enumerated() where name == "loss" {
        let points = epochs.points.compactMap { $0.count > index + 1 ? (place: $0[0], value: $0[index + 1]) : nil }
        guard let last = points.last else { continue }
        lines.append(line("loss, epochs", points, last.value, style: .heading))
      }
    }
    return lines
  }

  private static func figures(_ run: LiveRun, width: Int) -> [Line] {
    let record = run.record
    var words = record.restoredEpoch.map { ["best, epoch \($0):"] } ?? []
    for figure in record.figures {
      let name = figure.name == "loss" ? "loss, epoch's mean" : RunTable.plain(figure.name)
      words.append("\(name) \(short(figure.last)) (best \(short(figure.best)))")
    }
    var more: [String] = []
    if let row = run.rows.last {
      more.append("learning rate \(short(row.value("learning_rate")))")
      if row.value("steps_per_second") > 0 { more.append("\(short(row.value("steps_per_second"), digits: 3)) steps/s") }
      let bytes = row.value("resident_bytes")
      if bytes > 0 { more.append("memory \(short(bytes / 1e6, digits: 3)) MB") }
    }
    if let workers = record.workers { more.append(counted(workers, "worker")) }
    if record.rollbacks > 0 { more.append(counted(record.rollbacks, "rollback")) }
    if let checkpoint = record.checkpoint { more.append(RunTable.plain(checkpoint)) }
    return [words, more].flatMap { TextLines.lines($0, width: width, gap: 3) }.map { [Span($0)] }
  }

  private static func layerTable(_ run: LiveRun, width: Int, rows: Int) -> [Line] {
    guard rows > 2, let row = run.rows.last, !run.layers.isEmpty else { return [] }
    let columns: [(StaticString, String)] = [
      ("gradient_rms", "gradient rms"), ("gradient_abs_max", "largest"), ("weight_rms", "weight rms"),
      ("update_ratio", "update/weights"), ("saturated_fraction", "saturated %"), ("dead_fraction", "dead %"),
    ]
    var table = [["layer"] + columns.map(\.1)]
    for (index, name) in run.layers.enumerated() {
      table.append(
        [RunTable.plain(name)]
          + columns.map { column, heading in
            let values = row.layerValues(column)
            guard index < values.count, !values[index].isNaN else { return "" }
            return short(heading.hasSuffix("%") ? 100 * values[index] : values[index], digits: 3)
          })
    }
    // A narrow table may need a line for the names of what it leaves out.
    let hidden = run.layers.count + 1 - (width < 80 ? rows - 1 : rows)
    if hidden > 0 { table.removeLast(min(hidden + 1, table.count - 1)) }
    let (fitting, dropped) = TextTable.fitting(
      table, width: width,
      givingWay: ["largest", "weight rms", "saturated %", "update/weights", "dead %", "gradient rms"])
    var lines: [Line] = TextTable.render(fitting).split(separator: "\n").enumerated().map { index, text in
      [Span(String(text), index == 0 ? .faint : nil)]
    }
    var notes: [String] = []
    if hidden > 0 { notes.append("and \(counted(hidden + 1, "more layer"))") }
    if !dropped.isEmpty { notes.append("left out: \(dropped.joined(separator: ", "))") }
    if !notes.isEmpty { lines.append([Span(notes.joined(separator: "; "), .faint)]) }
    return lines
  }

  private static func line(_ event: LiveEvent) -> Line {
    let style: Style? =
      switch event.kind {
      case "blowup", "halted", RunDeath.ending, "failed": .bad
      case "rollback", "finding", "spike", "skip", "checkpoint_failed": .warning
      default: nil
      }
    return [
      Span(RunTable.plain(event.clock) + "  ", .faint),
      Span((event.kind == "finished" ? "ended" : RunTable.plain(event.kind)) + "  ", style),
      Span(RunTable.plain(event.message)),
    ]
  }

  /// Cut to a width; of lines of our own every character takes one column.
  static func cut(_ line: Line, _ width: Int) -> Line {
    guard line.reduce(0, { $0 + $1.text.count }) > width else { return line }
    var left = max(0, width - 1)
    var result: Line = []
    for span in line where left > 0 {
      let text = String(span.text.prefix(left))
      left -= text.count
      result.append(Span(text, span.style))
    }
    return result + [Span("…", .faint)]
  }
}
