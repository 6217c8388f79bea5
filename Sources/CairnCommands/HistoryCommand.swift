internal import ArgumentParser
internal import Checkpointing
internal import Files
internal import JSON
internal import Recipes
internal import Reports

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Writes every series of a run as CSV or JSON Lines.",
    discussion: """
      One line a row of the history, in step order: step, epoch (from 0), attempt, rows (steps that the line stands for;
      0: a validation at a step that has no row of its own), then the series. NaN and Inf stay: nan, inf, -inf, in JSON
      as strings. What a step does not have is empty in CSV and left out in JSON.

      Example:
        cairn history digits --csv > digits.csv
        cairn history digits --jsonl --layers
        cairn history digits --csv --columns step,loss,validation_loss,gradient_rms
        cairn history digits --csv --columns step,gradient_rms.dense_1
        cairn history adding --csv --columns step,through_time.lstm
      """)

  @Argument(help: ArgumentHelp("A run's directory or name, or a checkpoint file.", valueName: "run|checkpoint"))
  var target: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Comma-separated values with a heading, as in RFC 4180 (the default).")
  var csv = false

  @Flag(help: "One JSON object a line; a layer's series below its quantity.")
  var jsonl = false

  @Flag(help: "With the series of every layer.")
  var layers = false

  @Option(
    help: ArgumentHelp(
      "Only these, in this order: `loss`, `gradient_rms` (of every layer), `gradient_rms.dense` (of one).",
      valueName: "a,b,..."))
  var columns: String?

  func validate() throws {
    if csv && jsonl { throw ValidationError("Give one of --csv and --jsonl.") }
  }

  func run() throws {
    guard Quarantine.isChild else { return try Quarantine.rerun(target) }
    Quarantine.limit(reading: [FilePath.isFolder("\(checkpoints)/\(target)") ? "\(checkpoints)/\(target)" : target])
    let reference = try RunReference(target, parent: checkpoints)
    for line in reference.rejected { printError("rejected: \(line)") }
    let checkpoint = Diagnose.newest(reference)
    let table = HistoryTable(
      try checkpoint.history(), epochs: try checkpoint.epochs(), validation: try checkpoint.validation(),
      metricNames: try checkpoint.metricNames())
    let chosen =
      try columns.map { try HistoryCommand.choose($0, from: table) }
      ?? table.columns.filter { layers || $0.layer == nil }
    var output = BufferedOutput()
    if jsonl { try writeLines(table, chosen, to: &output) } else { try writeCSV(table, chosen, to: &output) }
    try output.flush()
  }

  /// - Throws: `CommandError` with the nearest name.
  private static func choose(_ text: String, from table: HistoryTable) throws -> [HistoryTable.Column] {
    var chosen: [HistoryTable.Column] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      let found = table.columns.filter { $0.name == name || $0.quantity == name || $0.name.hasPrefix(name + "[") }
      if found.isEmpty {
        var names: [String] = []
        for column in table.columns where !names.contains(column.quantity) { names.append(column.quantity) }
        if name.contains(".") { names = table.columns.filter { $0.layer != nil }.map(\.name) }
        throw CommandError(.usage, "--columns: unknown column `\(name)`\(NearestName.hint(for: name, among: names))")
      }
      if let twice = found.first(where: { chosen.contains($0) }) {
        throw CommandError(.usage, "--columns: `\(twice.name)` is asked for twice")
      }
      chosen += found
    }
    return chosen
  }

  private func writeCSV(_ table: HistoryTable, _ columns: [HistoryTable.Column], to output: inout BufferedOutput) throws
  {
    output.write(columns.map { HistoryCommand.quoted($0.name) }.joined(separator: ",") + "\n")
    for row in 0..<table.rowCount {
      for (at, column) in columns.enumerated() {
        if at > 0 { output.write(",") }
        output.write(table.text(column, row: row) ?? "")
      }
      output.write("\n")
      try output.flushIfLarge()
    }
  }

  /// RFC 4180.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private func writeLines(_ table: HistoryTable, _ columns: [HistoryTable.Column], to output: inout BufferedOutput)
    throws
  {
    // Columns of one quantity are members of one object, wherever they stood.
    var groups: [(quantity: String, columns: [(key: String, column: HistoryTable.Column)])] = []
    for column in columns {
      let key = JSONValue.string(column.layer ?? column.quantity).text
      if column.layer != nil, let at = groups.firstIndex(where: { $0.quantity == column.quantity }) {
        groups[at].columns.append((key, column))
      } else {
        groups.append((column.quantity, [(key, column)]))
      }
    }
    for row in 0..<table.rowCount {
      var separator = "{"
      for group in groups {
        let cells = group.columns.compactMap { entry in table.text(entry.column, row: row).map { (entry.key, $0) } }
        guard let first = cells.first else { continue }
        output.write(separator)
        separator = ", "
        if group.columns[0].column.layer == nil {
          output.write("\(first.0): \(HistoryCommand.json(first.1))")
          continue
        }
        output.write("\(JSONValue.string(group.quantity).text): {")
        for (at, cell) in cells.enumerated() {
          output.write("\(at > 0 ? ", " : "")\(cell.0): \(HistoryCommand.json(cell.1))")
        }
        output.write("}")
      }
      output.write(separator == "{" ? "{}\n" : "}\n")
      try output.flushIfLarge()
    }
  }

  /// A number, or what JSON has no number for as a string.
  private static func json(_ text: String) -> String { ["nan", "inf", "-inf"].contains(text) ? "\"\(text)\"" : text }
}
