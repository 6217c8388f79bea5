internal import GradientHealth
internal import Recipes
internal import Reports
internal import Sweeps

/// A sweep for people to read.
enum SweepText {
  /// Draws that a terminal shows.
  private static let most = 20

  static func table(_ standings: Standings, keys: [String]) -> String {
    let monitor = standings.objective.monitor
    let hasDeviation = standings.rows.contains { $0.deviation != nil }
    let short = SweepOutline.shortened(keys)
    var rows = [["rank", "draw", "state"] + short + [monitor] + (hasDeviation ? ["std"] : [])]
    for row in standings.rows.prefix(most) {
      let settings = Dictionary(row.draw.settings.map { ($0.key, $0.value) }) { first, _ in first }
      var cells = [row.rank.map { String($0) } ?? "", row.draw.id.description, row.state.rawValue]
      cells += keys.map { settings[$0] ?? "" }
      cells.append(number(row.mean))
      if hasDeviation { cells.append(row.deviation.map(number) ?? "") }
      rows.append(cells)
    }
    var text = TextTable.render(rows) + "\n"
    if standings.rows.count > most { text += "and \(standings.rows.count - most) more\n" }
    return text
  }

  private static func number(_ value: Double) -> String { value.isNaN ? "" : Reports.short(value) }
}

extension SweepCommand {
  /// What a dry run says.
  static func describe(_ sweep: SweepRecipe, _ plan: SweepPlan) throws {
    let repetition = sweep.repetition
    let members = sweep.rule.count * repetition.count
    var lines = [
      "\(sweep.name): \(counted(sweep.rule.count, "draw")), \(counted(members, "member")) "
        + "(\(counted(repetition.seeds, "seed")), \(repetition.folds.map { "\($0) folds" } ?? "the recipe's own validation"))",
      "\(counted(plan.jobs, "run")) at a time, \(counted(plan.workersPerRun, "worker")) each"
        + (plan.isPinned ? ", on processors of their own" : ""),
    ]
    if let reason = plan.reason { lines.append(reason) }
    try StandardOutput.write(lines.map { $0 + "\n" }.joined())
    var problems = 0
    var output = BufferedOutput()
    for number in 0..<sweep.rule.count {
      let settings = sweep.rule.settings(of: number + 1)
      let id = DrawID(number + 1)
      let shown = settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      output.write("\(id)  \(shown)\n")
      try output.flushIfLarge()
      guard number < 1000, let member = repetition.members(of: id).first else { continue }
      do { _ = try sweep.recipe(of: member, settings: settings, workers: 1) } catch {
        problems += 1
        printError("\(id): \(error)")
      }
    }
    try output.flush()
    if problems > 0 { throw EndOfRun(code: .badData) }
  }
}
