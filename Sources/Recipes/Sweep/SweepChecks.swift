internal import Sweeps

/// What the grammar cannot say of a sweep, and what follows from its values.
struct SweepChecks {
  let values: RecipeValue
  let recipe: RecipeNode
  var issues: IssueList
  private(set) var variations: [Variation] = []
  private(set) var rule: (any DrawRule)?
  private(set) var foldKeys = ""

  init(values: RecipeValue, recipe: RecipeNode, issues: IssueList) {
    self.values = values
    self.recipe = recipe
    self.issues = issues
  }

  mutating func run() {
    for entry in values["vary"]?.entries ?? [] { addVariation(entry) }
    checkDraws()
    checkRepetition()
  }

  private mutating func addVariation(_ entry: RecipeValue.Entry) {
    guard let given = entry.value.entries.first, let kind = Grammar.ranges.first(where: { $0.key.name == given.key })
    else { return }
    let problem = SweepChecks.problem(
      of: entry.key, after: variations.map(\.key), folds: values["folds"] != nil, seeds: values.integer("seeds"))
    if let problem { issues.add(entry.value.place, "vary.\(entry.key)", problem) }
    if let problem = kind.problem(given.value) {
      issues.add(given.value.place, "vary.\(entry.key).\(given.key)", problem)
    } else {
      variations.append(Variation(entry.key, kind.build(given.value)))
    }
  }

  /// Why draws cannot set a key; nil: they can.
  ///
  /// - Parameter earlier: keys that are set before.
  static func problem(of key: String, after earlier: [String], folds: Bool, seeds: Int) -> String? {
    if key == "name" { return "cannot be varied: members are called after their draws" }
    if key == "training.workers" { return "cannot be varied: use --workers-per-run" }
    if key == "seed", seeds > 1 { return "contradictory: `seeds` gives the seeds too: leave one out" }
    if folds, key == "data" || key == "data.validation" || key.hasPrefix("data.validation.") {
      return "contradictory: `folds` sets `data.validation`: leave one out"
    }
    if let undone = earlier.first(where: { $0.hasPrefix(key + ".") || $0 == key }) {
      return "would undo `\(undone)`, which stands before it: put `\(key)` first"
    }
    return nil
  }

  private mutating func checkDraws() {
    guard let chosen = values.value("draw").entries.first,
      let kind = Grammar.drawKinds.first(where: { $0.name == chosen.key })
    else { return }
    rule = kind.build(variations, chosen.value.integer ?? 0, values.unsigned("seed"))
    let place = chosen.value.place
    if rule == nil {
      let endless = variations.filter { $0.range.all == nil }.map(\.key)
      issues.add(
        place, "draw",
        kind.takesCount
          ? "expected at most \(SobolDraws.maximalKeys) varied keys, found \(variations.count): use random"
          : "a grid takes lists, but \(endless.quoted(", ")) has no end of values: use `choice`, or draw: {random: 40}")
    } else if let rule, rule.count > 1_000_000 {
      issues.add(
        place, "draw", "expected at most 1000000 draws, found a grid of \(rule.count): draw some, as {sobol: 40}")
    }
    if !kind.takesVariations, let vary = values["vary"] {
      issues.add(vary.place, "vary", "contradictory: `draw: \(kind.name)` has no draws of its own: leave one out")
    }
    if kind.takesCount, values["vary"]?.entries.isEmpty ?? true {
      issues.add(
        place, "draw", "there is nothing to draw: `vary` is missing; for the same recipe several times give `seeds`")
    }
  }

  private mutating func checkRepetition() {
    guard let folds = values["folds"] else {
      for key in ["group", "stratify"] {
        if let value = values[key] { issues.add(value.place, key, "belongs to `folds`, which is missing") }
      }
      return
    }
    // What the recipe says of its own split holds for folds.
    let own = recipe.value(at: ["data", "validation"])
    var keys = ["of: \(folds.integer ?? 2)"]
    for key in ["group", "stratify"] {
      let word = values[key].map { $0.text.map(YAMLText.quoted) ?? String($0.boolean ?? true) }
      if let word = word ?? own?.value(at: [key])?.flow { keys.append("\(key): \(word)") }
    }
    foldKeys = keys.joined(separator: ", ")
  }
}

extension RecipeNode {
  fileprivate func value(at path: [String]) -> RecipeNode? {
    guard let key = path.first else { return self }
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value.value(at: Array(path.dropFirst()))
  }
}
