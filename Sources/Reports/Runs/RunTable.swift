internal import GradientHealth
internal import JSON

/// Runs in rows, by the columns that are asked for.
public struct RunTable: Sendable {
  public let columns: [String]
  public let runs: [RunRecord]

  /// - Parameter columns: nil: the usual ones, without those that no run has anything in.
  public init(_ runs: [RunRecord], columns: [String]? = nil) {
    self.runs = runs
    self.columns = columns ?? RunTable.usual(runs)
  }

  private static func usual(_ runs: [RunRecord]) -> [String] {
    let figures = RunField.figures(in: runs)
    let losses = figures.filter(RunField.isLoss).flatMap { [$0, "best_\($0)"] }
    let metrics = figures.filter { !RunField.isLoss($0) }
    let wanted =
      ["name", "state", "step", "epoch", "epochs", "restored_epoch"] + losses + metrics
      + ["rollbacks", "findings", "duration", "workers", "host", "started", "tags"]
    return wanted.filter { name in
      name == "name" || name == "state" || runs.contains { RunTable.holdsSomething(RunField.named(name).value($0)) }
    }
  }

  private static func holdsSomething(_ value: RunValue?) -> Bool {
    switch value {
    case nil: false
    case .list(let words): !words.isEmpty
    case .text(let text): !text.isEmpty
    case .integer, .number: true
    }
  }

  /// Sorts by keys, the first foremost; a key that begins with `-` sorts downwards. Runs without a value come last either
  /// way, and runs that are equal in all keys by name.
  public static func sorted(_ runs: [RunRecord], by keys: [String]) -> [RunRecord] {
    let fields = keys.map { key in
      let isDown = key.hasPrefix("-")
      return (field: RunField.named(isDown ? String(key.dropFirst()) : key), isDown: isDown)
    }
    let rows = runs.map { run in (run: run, values: fields.map { $0.field.value(run) }) }
    return rows.sorted { left, right in
      for (index, key) in fields.enumerated() {
        if let isBefore = isBefore(left.values[index], right.values[index], isDown: key.isDown) { return isBefore }
      }
      return left.run.name < right.run.name
    }.map(\.run)
  }

  /// nil: neither is.
  private static func isBefore(_ left: RunValue?, _ right: RunValue?, isDown: Bool) -> Bool? {
    func isMissing(_ value: RunValue?) -> Bool { !holdsSomething(value) || value?.number?.isNaN ?? false }
    switch (isMissing(left), isMissing(right)) {
    case (true, true): return nil
    case (false, true): return true
    case (true, false): return false
    case (false, false): break
    }
    guard let left, let right else { return nil }
    if let first = left.number, let second = right.number {
      return first == second ? nil : (first < second) != isDown
    }
    return left.text == right.text ? nil : (left.text < right.text) != isDown
  }

  /// For people.
  ///
  /// - Parameter width: columns of the terminal; nil: as wide as it comes.
  public func text(width: Int? = nil) -> String {
    var rows = [columns]
    for run in runs {
      rows.append(
        columns.map { name in
          name == "state" ? run.stateText : RunTable.cell(RunField.named(name).value(run), name)
        })
    }
    guard let width else { return ([TextTable.render(rows)] + endings(width: nil)).joined(separator: "\n") }
    let (kept, dropped) = TextTable.fitting(rows, width: width, givingWay: RunTable.givingWay(columns))
    var lines = [TextTable.render(kept)]
    if !dropped.isEmpty {
      let hint = "\(counted(dropped.count, "column")) left out (--wide shows all): \(dropped.joined(separator: ", "))"
      lines += TextLines.lines(hint.split(separator: " ").map(String.init), width: width, gap: 1)
    }
    return (lines + endings(width: width)).joined(separator: "\n")
  }

  /// Columns in the order in which they give way where it is narrow.
  private static func givingWay(_ columns: [String]) -> [String] {
    let best: [String] = columns.filter { $0.hasPrefix("best_") }.reversed()
    let before: [String] =
      ["tags", "host", "workers", "started", "findings"] + best + ["rollbacks", "step", "duration"]
    let last = ["validation_loss", "epochs", "loss", "epoch"]
    let others: [String] = columns.filter { !before.contains($0) && !last.contains($0) }.reversed()
    return before + others.filter { $0 != "name" && $0 != "state" } + last
  }

  /// Runs that did not end in order, and what is known of it; the last few.
  private func endings(width: Int?) -> [String] {
    let ended = runs.filter { $0.state == .interrupted && $0.endingMessage != nil }
    var lines = ended.suffix(5).map { "\(RunTable.plain($0.name)) \(RunTable.plain($0.endingMessage ?? ""))" }
    if ended.count > lines.count { lines.append("and \(ended.count - lines.count) more; see `cairn watch RUN --once`") }
    guard let width else { return lines }
    return lines.flatMap { TextLines.lines($0.split(separator: " ").map(String.init), width: width, gap: 1, indent: 2) }
  }

  static func cell(_ value: RunValue?, _ name: String) -> String {
    switch value {
    case nil: ""
    case .number(let number): name == "duration" ? ProgressDisplay.duration(number) : short(number)
    case .integer(let integer): String(integer)
    case .text(let text): plain(text)
    case .list(let words): plain(words.joined(separator: ", "))
    }
  }

  /// Without what a terminal would take for a command.
  static func plain(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 32 || $0 >= 127 }) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  /// A list of objects, one a run; `null` where a run has nothing.
  public var json: String {
    JSONValue.array(runs.map { run in RunTable.json(run, columns) }).text
  }

  static func json(_ run: RunRecord, _ columns: [String]) -> JSONValue {
    var object: JSONValue = [:]
    for name in columns { object = object.adding(name, RunTable.json(RunField.named(name).value(run))) }
    return object
  }

  static func json(_ value: RunValue?) -> JSONValue {
    switch value {
    case nil: .null
    case .number(let number): .number(number)
    case .integer(let integer): .integer(integer)
    case .text(let text): .string(text)
    case .list(let words): .array(words.map { .string($0) })
    }
  }

  /// RFC 4180 with a heading; lists with `;` between their words.
  public var csv: String {
    var lines = [columns.map(RunTable.csv).joined(separator: ",")]
    for run in runs {
      let cells = columns.map { name in
        switch RunField.named(name).value(run) {
        case .list(let words): words.joined(separator: ";")
        case let value: value?.text ?? ""
        }
      }
      lines.append(cells.map(RunTable.csv).joined(separator: ","))
    }
    return lines.joined(separator: "\r\n")
  }

  private static func csv(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// What `--json` tells when no columns are asked for: every field, and the figures that any run has.
  public static func everything(_ runs: [RunRecord]) -> [String] { RunField.names(in: runs) }

  /// The first of `names` that no run has anything under, with the name that was probably meant.
  public static func unknown(_ names: [String], in known: [String]) -> String? {
    for name in names {
      let plain = name.hasPrefix("-") ? String(name.dropFirst()) : name
      if known.contains(RunField.synonyms[plain] ?? plain) { continue }
      return "no run has a `\(plain)`" + RunFilterReader.hint(for: plain, among: known)
    }
    return nil
  }
}

extension RunValue {
  /// As plain text.
  var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .integer(let integer): String(integer)
    case .text(let text): text
    case .list(let words): words.joined(separator: ", ")
    }
  }
}
