internal import JSON
internal import Reports

/// What came of a drill, case by case, and how it is told.
struct DrillResults {
  let runs: DrillRuns
  let seed: UInt64
  private(set) var rows: [(item: DrillCase, outcome: DrillOutcome)] = []

  init(runs: DrillRuns, seed: UInt64) {
    self.runs = runs
    self.seed = seed
  }

  mutating func add(_ item: DrillCase, _ outcome: DrillOutcome) { rows.append((item, outcome)) }

  var broken: Int { rows.count { !$0.outcome.problems.isEmpty } }
  private var untried: Int { rows.count { !$0.outcome.isTried } }
  private var held: Int { rows.count - broken - untried }

  /// A table, what was not held, and a last line.
  ///
  /// - Parameter width: of a terminal.
  func text(width: Int?) -> String {
    var table = [["case", "held", "steps lost", "seconds lost", "bytes at the end", "what happened"]]
    for (item, outcome) in rows {
      let cells = [
        item.name, outcome.verdict, outcome.stepsLost.map(String.init) ?? "-", outcome.secondsLost.map(tenths) ?? "-",
        outcome.bytes.rawValue,
      ]
      // What is before the last column takes some 70 characters.
      let lines = DrillResults.lines(of: outcome.happened, width: width.map { max(30, $0 - 72) })
      for (number, line) in lines.enumerated() {
        table.append((number == 0 ? cells : cells.map { _ in "" }) + [line])
      }
    }
    var lines = [TextTable.render(table)]
    for (item, outcome) in rows where !outcome.problems.isEmpty {
      lines.append("\n\(item.name): \(item.promise)")
      lines += outcome.problems.map { "  NOT HELD: \($0)" }
    }
    lines.append("\n" + summary)
    return lines.joined(separator: "\n")
  }

  /// A sentence on lines of a width; words stay whole.
  static func lines(of sentence: String, width: Int?) -> [String] {
    guard let width else { return [sentence] }
    var lines = [""]
    for word in sentence.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + word.count < width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  var summary: String {
    let rest = untried == 0 ? "" : ", \(untried) not tried"
    return broken == 0
      ? "held: \(held) of \(rows.count)\(rest); every promise that was tried was held"
      : "NOT HELD: \(broken) of \(rows.count)\(rest)"
  }

  func json(recipe: String) -> JSONValue {
    [
      "recipe": .string(recipe), "run": .string(runs.name), "steps": .integer(runs.plan.steps),
      "steps_between_checkpoints": .integer(runs.plan.interval), "seed": .unsigned(seed),
      "undisturbed_seconds": .number(runs.reference), "held": .integer(held), "broken": .integer(broken),
      "not_tried": .integer(untried),
      "cases": .array(
        rows.map { item, outcome in
          [
            "name": .string(item.name), "fault": .string(item.fault), "promise": .string(item.promise),
            "happened": .string(outcome.happened), "steps_lost": outcome.stepsLost.map { .integer($0) } ?? .null,
            "seconds_lost": outcome.secondsLost.map { .number($0) } ?? .null,
            "bytes": .string(outcome.bytes.rawValue),
            "held": outcome.isTried ? .bool(outcome.problems.isEmpty) : .null,
            "problems": .array(outcome.problems.map { .string($0) }),
          ]
        }),
    ]
  }

  func page(recipe: String) -> DrillPage {
    var page = DrillPage(name: runs.name, summary: summary, isHeld: broken == 0)
    page.facts = [
      ("held", "\(held) of \(rows.count)"), ("not held", String(broken)), ("not tried", String(untried)),
      ("steps of each run", String(runs.plan.steps)), ("steps between checkpoints", String(runs.plan.interval)),
      ("seconds of the undisturbed run", tenths(runs.reference)), ("seed of the moments", String(seed)),
      ("recipe", recipe),
    ]
    page.rows = rows.map { item, outcome in
      DrillPage.Row(
        name: item.name, fault: item.fault, promise: item.promise, happened: outcome.happened,
        stepsLost: outcome.stepsLost, secondsLost: outcome.secondsLost, bytes: outcome.bytes.rawValue,
        isHeld: outcome.isTried ? outcome.problems.isEmpty : nil, problems: outcome.problems)
    }
    page.curves = runs.curves.map { curve in
      DrillPage.Curve(name: curve.name, steps: curve.figures.steps.map(Double.init), losses: curve.figures.losses)
    }
    return page
  }
}
