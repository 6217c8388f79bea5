internal import GradientHealth
internal import Sweeps

/// The parts of pages about a sweep that are no figures.
package struct SweepParts {
  private let state: SweepState
  private var outline: SweepOutline { state.outline }

  package init(_ state: SweepState) { self.state = state }

  /// In a word.
  package var word: String {
    state.isComplete
      ? (state.best == nil ? "ended" : "finished") : state.running.isEmpty ? "not finished" : "running"
  }

  /// Best draw, members by state, what varied.
  package var facts: Markup {
    var facts: [(String, String)] = []
    if let best = state.best {
      facts.append(("best draw", best.draw.id.description))
      let members = best.values.compactMap(\.self).count
      let mean = members > 1 ? ", mean of \(members)" : ""
      facts.append(("\(outline.objective.monitor)\(mean)", SweepState.figure(best)))
      for figure in best.figures where figure.name != outline.objective.monitor && facts.count < 6 {
        facts.append((figure.name.replacing("_", with: " "), short(figure.mean)))
      }
    }
    facts.append(("members done", "\(state.done) of \(state.records.count)"))
    for (word, count) in state.counts where word != .finished || !state.isComplete || state.counts.count > 1 {
      facts.append((word.rawValue, String(count)))
    }
    if let left = state.left { facts.append(("left", "about \(ProgressDisplay.duration(left))")) }
    let seconds = state.records.reduce(0) { $0 + ($1?.seconds ?? 0) }
    if seconds > 0 { facts.append(("trained, all together", ProgressDisplay.duration(seconds))) }
    facts.append(("draws", String(outline.draws.count)))
    if outline.repetition.seeds > 1 { facts.append(("seeds", String(outline.repetition.seeds))) }
    if let folds = outline.repetition.folds { facts.append(("folds", String(folds))) }
    facts.append(("epochs", String(outline.epochs)))
    if let pruning = outline.pruning { facts.append(("pruned by", pruning)) }
    let items = facts.map { "<div><dt>\($0.0)</dt><dd>\(Markup.name($0.1))</dd></div>" as Markup }
    return "<dl class=\"facts\">\(items)</dl>"
  }

  /// What each key went through, and what the best draw has.
  package var varied: Markup {
    if outline.keys.isEmpty { return .empty }
    let best = Dictionary((state.best?.draw.settings ?? []).map { ($0.key, $0.value) }) { first, _ in first }
    let rows = outline.keys.map { key -> Markup in
      let values = outline.draws.compactMap { draw in draw.settings.first { $0.key == key.name }?.value }
      return """
        <tr><th scope="row">\(Markup.name(key.name))</th><td>\(SweepParts.range(key, values))</td>\
        <td>\(best[key.name].map { SweepOutline.shortValue($0, to: 60) } ?? "–")</td></tr>
        """
    }
    let name = state.best.map { "best, \($0.draw.id)" } ?? "best"
    return """
      <div class="wide"><table class="varied"><thead><tr><th scope="col">key</th><th scope="col">values</th>\
      <th scope="col">\(name)</th></tr></thead><tbody>\(rows)</tbody></table></div>

      """
  }

  private static func range(_ key: SweepOutline.Key, _ values: [String]) -> String {
    if let choices = key.choices {
      let shown = choices.prefix(12).map { SweepOutline.shortValue($0, to: 32) }.joined(separator: ", ")
      return choices.count > 12 ? shown + ", … \(choices.count) in all" : shown
    }
    let numbers = values.compactMap { Double($0) }
    guard let lower = numbers.min(), let upper = numbers.max() else { return "–" }
    return "\(short(lower)) to \(short(upper))" + (key.isLogarithmic ? ", logarithmic" : "")
  }

  /// The draws, best first; those that have no rank after them.
  ///
  /// - Parameters:
  ///   - most: rows.
  ///   - link: where a member's page is; nil: there are none.
  package func table(most: Int, link: ((_ member: String) -> String)? = nil) -> Markup {
    let objective = outline.objective.monitor
    let several = outline.repetition.count > 1
    let keys = outline.varying
    // Numbers stand to the right, words to the left.
    let words = Set(
      keys.filter { key in
        outline.draws.prefix(most).contains { draw in
          draw.settings.contains { $0.key == key.key.name && Double($0.value) == nil }
        }
      }.map(\.short))
    var head = ["rank", "draw", "state"] + keys.map(\.short) + [objective]
    if several { head.append("std") }
    if link != nil { head.append("members") }
    let numbers = state.drawNumbers
    let shown = shownRows(most)
    let rows = shown.map { row -> Markup in
      let draw = numbers[row.draw.id] ?? 0
      let table = Dictionary(row.draw.settings.map { ($0.key, $0.value) }) { first, _ in first }
      let word = state.state(ofDraw: draw, row)
      var cells: [Markup] = [
        "<td data-l=\"rank\" class=\"number\">\(row.rank.map { String($0) } ?? "")</td>",
        "<th scope=\"row\">\(row.draw.id.description)</th>",
        "<td><span class=\"state \(SweepParts.level(word))\">\(word)</span></td>",
      ]
      for (key, short) in keys {
        let value = table[key.name] ?? ""
        let text = SweepOutline.shortValue(value, to: 40)
        let whole: Markup = text == value ? .empty : " title=\"\(value)\""
        cells.append(
          "<td data-l=\"\(short)\"\(words.contains(short) ? .empty : Markup(trusted: " class=\"number\""))\(whole)>\(text)</td>"
        )
      }
      cells.append("<td data-l=\"\(objective)\" class=\"number\">\(row.mean.isNaN ? "" : short(row.mean))</td>")
      if several {
        cells.append("<td data-l=\"std\" class=\"number\">\(row.deviation.map { short($0, digits: 2) } ?? "")</td>")
      }
      if let link {
        let links = state.places(ofDraw: draw).map { index -> Markup in
          let member = state.members[index]
          let name = member.suffix.isEmpty ? "run" : member.suffix
          guard state.states[index] != .waiting else { return "<span class=\"soft\">\(name)</span> " }
          return "<a href=\"\(link(member.name))\" class=\"\(state.states[index].rawValue)\">\(name)</a> "
        }
        cells.append("<td data-l=\"members\">\(links)</td>")
      }
      return "<tr>\(cells)</tr>"
    }
    let columns = head.map { name -> Markup in
      let isText = ["draw", "state", "members"].contains(name) || words.contains(name)
      return "<th scope=\"col\"\(isText ? .empty : Markup(trusted: " class=\"number\""))>\(name)</th>"
    }
    let rest = state.standings.rows.count - rows.count
    let more: Markup =
      rest > 0
      ? "<p class=\"note soft\">And \(counted(rest, "more draw")); <code>sweep.csv</code> of a finished sweep has all.</p>"
      : .empty
    return """
      <div class="wide"><table class="draws"><thead><tr>\(columns)</tr></thead><tbody>\(rows)</tbody></table></div>\(more)

      """
  }

  /// Ranked ones, then those that are worked on, then the others, then a few of those that wait.
  private func shownRows(_ most: Int) -> [Standings.Row] {
    let numbers = state.drawNumbers
    var (ranked, running, others, waiting) = (
      [Standings.Row](), [Standings.Row](), [Standings.Row](), [Standings.Row]()
    )
    for row in state.standings.rows {
      if row.rank != nil {
        ranked.append(row)
      } else if numbers[row.draw.id].map({ state.places(ofDraw: $0).contains { state.running[$0] != nil } }) ?? false {
        running.append(row)
      } else if row.state == .waiting {
        if waiting.count < 10 { waiting.append(row) }
      } else {
        others.append(row)
      }
    }
    // What is worked on is seen, however many are done.
    let room = max(0, most - running.count)
    let shown: [Standings.Row] = Array(ranked.prefix(room)) + running + others + waiting
    return Array(shown.prefix(most))
  }

  /// How a word stands out.
  private static func level(_ word: String) -> String {
    switch word {
    case "finished", "running": "good \(word)"
    case "diverged", "failed": "bad diverged"
    default: "plain"
    }
  }

  /// Members that did not end in order, and why.
  package var troubles: Markup {
    let found = state.records.enumerated().filter { _, record in
      guard let record else { return false }
      return (record.state == .failed || record.state == .killed || record.state == .diverged)
    }
    if found.isEmpty { return .empty }
    let items = found.prefix(20).map { index, record -> Markup in
      let why = record.map { $0.message.isEmpty ? "" : ": \($0.message)" } ?? ""
      return
        "<li><b>\(state.members[index].name)</b> \(state.states[index].rawValue)\(Markup.prose(String(why.prefix(400))))</li>"
    }
    let more: Markup = found.count > 20 ? "<li>and \(found.count - 20) more</li>" : .empty
    return "<ul class=\"events\">\(items)\(more)</ul>\n"
  }

  /// Members at work.
  package func running(link: ((_ member: String) -> String)? = nil) -> Markup {
    if state.running.isEmpty { return .empty }
    let all = state.running.sorted { $0.key < $1.key }
    let rows = all.prefix(64).map { index, run -> Markup in
      let member = state.members[index]
      let name: Markup = link.map { "<a href=\"\($0(member.name))\">\(member.name)</a>" } ?? "\(member.name)"
      let epoch = "\(run.epoch)" + (run.epochs.map { "/\($0)" } ?? "")
      return """
        <tr><th scope="row">\(name)</th><td data-l="epoch" class="number">\(epoch)</td>\
        <td data-l="\(outline.objective.monitor)" class="number">\(run.value.isNaN ? "–" : short(run.value))</td>\
        <td data-l="left" class="number">\(run.left.map(ProgressDisplay.duration) ?? "?")</td></tr>
        """
    }
    let more: Markup = all.count > 64 ? "<p class=\"soft\">And \(all.count - 64) more.</p>" : .empty
    return """
      <div class="wide"><table class="atwork"><thead><tr><th scope="col">member</th><th scope="col" class="number">epoch</th>\
      <th scope="col" class="number">\(outline.objective.monitor)</th><th scope="col" class="number">left</th></tr></thead>\
      <tbody>\(rows)</tbody></table></div>\(more)
      """
  }
}
