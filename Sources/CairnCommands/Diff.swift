internal import ArgumentParser
internal import Checkpointing
internal import JSON
internal import Reports

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Which datasets of two checkpoints differ, and by how much.",
    discussion: """
      Exit code 0 if nothing differs, 4 if something does.

      Example:
        cairn diff Checkpoints/a/step-000000500.h5 Checkpoints/b/step-000000500.h5
      """)

  @Argument(help: ArgumentHelp("A run (its newest checkpoint) or a checkpoint file.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("Another.", valueName: "b"))
  var second: String

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints one JSON document.")
  var json = false

  func run() throws {
    let a = try RunReference(first, parent: checkpoints).checkpoint
    let b = try RunReference(second, parent: checkpoints).checkpoint
    let differences = try CheckpointComparison.differences(a, b)
    if json {
      let rows = differences.map { row -> JSONValue in
        [
          "path": .string(row.path), "what": .string(row.what), "elements": .integer(row.elements),
          "max_absolute": .number(row.largest), "max_relative": .number(row.largestRelative),
        ]
      }
      try StandardOutput.line(JSONValue.array(rows).text)
    } else if differences.isEmpty {
      try StandardOutput.line("no differences")
    } else {
      var table = [["dataset", "", "elements", "max |a - b|", "max relative"]]
      for row in differences {
        let isNumeric = row.elements > 0
        table.append([
          row.path, row.what, isNumeric ? String(row.elements) : "", isNumeric ? short(row.largest) : "",
          isNumeric ? short(row.largestRelative) : "",
        ])
      }
      try StandardOutput.line(TextTable.render(table))
    }
    if !differences.isEmpty { throw EndOfRun(code: .verificationFailed) }
  }
}
