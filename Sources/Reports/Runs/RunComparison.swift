internal import JSON

/// Runs side by side, key by key; the first is the reference.
public struct RunComparison: Sendable {
  public struct Row: Sendable {
    public let key: String
    /// One a run; nil: it does not have the key.
    public let values: [RunValue?]

    public init(_ key: String, _ values: [RunValue?]) {
      self.key = key
      self.values = values
    }

    public var differs: Bool { values.contains { $0 != values.first } }
  }

  public let runs: [String]
  /// Keys of the recipes, in the first recipe's order; keys that only others have after them.
  public let recipe: [Row]
  public let results: [Row]
  /// For people.
  private let states: [String]

  /// - Parameters:
  ///   - runs: the first is the reference.
  ///   - recipes: keys and values of each run's recipe, in order; empty: it cannot be read.
  public init(_ runs: [RunRecord], recipes: [[(keyPath: String, value: RunValue)]]) {
    self.runs = runs.map(\.name)
    states = runs.map(\.stateText)
    recipe = RunComparison.rows(recipes)
    let figures = RunField.figures(in: runs)
    let names =
      ["state", "step", "epoch", "restored_epoch"] + figures.flatMap { [$0, "best_\($0)"] }
      + ["rollbacks", "findings", "duration", "parameters", "workers", "shards", "host", "version"]
    results = names.map { name in
      let field = RunField.named(name)
      return Row(name, runs.map { field.value($0) })
    }
  }

  /// Keys in the first recipe's order, those that only others have after them.
  static func rows(_ recipes: [[(keyPath: String, value: RunValue)]]) -> [Row] {
    var keys: [String] = []
    var seen = Set<String>()
    for recipe in recipes { for (key, _) in recipe where seen.insert(key).inserted { keys.append(key) } }
    let tables = recipes.map { Dictionary($0.map { ($0.keyPath, $0.value) }) { first, _ in first } }
    return keys.map { key in Row(key, tables.map { $0[key] }) }
  }

  /// For a terminal: what differs, or everything. A changed cell carries a `*`, a changed number of the results its
  /// distance from the reference.
  public func text(all: Bool) -> String {
    let shown = (recipe: recipe.filter { all || $0.differs }, results: results.filter { all || $0.differs })
    var rows = [["recipe"] + runs]
    if shown.recipe.isEmpty { rows.append(["(the same)"] + runs.map { _ in "" }) }
    rows += shown.recipe.map { row in [row.key] + cells(row) { _, _ in " *" } }
    let split = rows.count
    rows.append(["results"] + runs)
    if shown.results.isEmpty { rows.append(["(the same)"] + runs.map { _ in "" }) }
    rows += shown.results.map { row in [row.key] + cells(row, RunComparison.distance) }
    var lines = TextTable.render(rows).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.insert("", at: split)
    return lines.joined(separator: "\n")
  }

  private func cells(_ row: Row, _ mark: (_ reference: RunValue?, _ value: RunValue?) -> String) -> [String] {
    row.values.enumerated().map { index, value in
      let text = row.key == "state" ? states[index] : value == nil ? "-" : RunTable.cell(value, row.key)
      return index == 0 || value == row.values[0] ? text : text + mark(row.values[0], value)
    }
  }

  private static func distance(_ reference: RunValue?, _ value: RunValue?) -> String {
    guard let before = reference?.number, let after = value?.number, before.isFinite, after.isFinite, before != 0 else {
      return " *"
    }
    let percent = (after - before) / abs(before) * 100
    if abs(percent) >= 1000 { return " (x\(short(after / before, digits: 3)))" }
    return " (\(percent < 0 ? "" : "+")\(short(percent, digits: 2)) %)"
  }

  public func json(all: Bool) -> String {
    func list(_ rows: [Row]) -> JSONValue {
      .array(
        rows.filter { all || $0.differs }.map { row in
          [
            "key": .string(row.key), "differs": .bool(row.differs),
            "values": .array(row.values.map { RunTable.json($0) }),
          ]
        })
    }
    let document: JSONValue = [
      "reference": runs.first.map { .string($0) } ?? .null, "runs": .array(runs.map { .string($0) }),
      "recipe": list(recipe), "results": list(results),
    ]
    return document.text
  }
}
