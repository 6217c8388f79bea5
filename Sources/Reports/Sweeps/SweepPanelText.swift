internal import Sweeps

/// A sweep on one screen of a terminal, as lines of text.
package enum SweepPanelText {
  /// - Parameters:
  ///   - width: columns; what is longer is cut.
  ///   - height: rows; the draws give way first.
  package static func lines(_ state: SweepState, width: Int, height: Int) -> [WatchPanel.Line] {
    let outline = state.outline
    let word = SweepParts(state).word
    var title: [WatchPanel.Span] = [
      .init(RunTable.plain(outline.name), .heading), .init(word, word == "not finished" ? .warning : .good),
      .init("\(state.done)/\(state.records.count) members done"),
    ]
    for (member, count) in state.counts where member != .waiting && (member != .finished || state.counts.count > 1) {
      title.append(.init("\(count) \(member.rawValue)", style(member)))
    }
    if let left = state.left { title.append(.init("about \(ProgressDisplay.duration(left)) left", .faint)) }
    var lines = WatchPanel.wrapped(title, width: width)
    if let best = state.best {
      let settings = outline.varying.map { key, short in
        "\(short) \(best.draw.settings.first { $0.key == key.name }.map { SweepOutline.shortValue($0.value) } ?? "–")"
      }
      let figure = "best \(best.draw.id): \(outline.objective.monitor) \(SweepState.figure(best))"
      lines += WatchPanel.wrapped([.init(figure, .heading)] + settings.map { .init($0) }, width: width)
    }
    let running = state.running.sorted { $0.key < $1.key }
    if !running.isEmpty {
      let room = max(1, min(running.count, height - lines.count - 4))
      var rows = [["member", "epoch", outline.objective.monitor, "left"]]
      for (index, run) in running.prefix(room) {
        rows.append([
          state.members[index].name, "\(run.epoch)" + (run.epochs.map { "/\($0)" } ?? ""),
          run.value.isNaN ? "" : short(run.value), run.left.map(ProgressDisplay.duration) ?? "",
        ])
      }
      lines += [[]] + table(rows, width: width)
      if running.count > room { lines.append([.init("and \(running.count - room) more", .faint)]) }
    }
    let left = height - lines.count - 2
    let draws = state.standings.rows.filter { $0.rank != nil }.prefix(max(0, min(left, 20)))
    if !draws.isEmpty {
      var rows = [["rank", "draw"] + outline.varying.map(\.short) + [outline.objective.monitor, "std"]]
      for row in draws {
        let settings = Dictionary(row.draw.settings.map { ($0.key, $0.value) }) { first, _ in first }
        rows.append(
          [row.rank.map { String($0) } ?? "", row.draw.id.description]
            + outline.varying.map { SweepOutline.shortValue(settings[$0.key.name] ?? "") }
            + [row.mean.isNaN ? "" : short(row.mean), row.deviation.map { short($0, digits: 2) } ?? ""])
      }
      lines += [[]] + table(rows, width: width)
    }
    return lines.prefix(height).map { WatchPanel.cut($0, width) }
  }

  private static func table(_ rows: [[String]], width: Int) -> [WatchPanel.Line] {
    let (fitting, _) = TextTable.fitting(rows, width: width, givingWay: ["std", "left"])
    return TextTable.render(fitting).split(separator: "\n").enumerated().map { index, text in
      [.init(String(text), index == 0 ? .faint : nil)]
    }
  }

  private static func style(_ state: SweepState.MemberState) -> WatchPanel.Style? {
    switch state {
    case .running, .finished: .good
    case .paused, .interrupted, .pruned: .warning
    case .diverged, .failed, .killed: .bad
    case .waiting: nil
    }
  }

  /// Where a sweep stands, on one line.
  package static func plainLine(_ state: SweepState) -> String {
    "\(RunTable.plain(state.outline.name)) \(SweepParts(state).word): \(state.line)"
  }

  /// What has become of a member; nil: nothing to be told.
  package static func memberLine(_ state: SweepState, _ index: Int) -> String? {
    let word = state.states[index]
    let name = state.members[index].name
    if word == .running || word == .interrupted { return "\(name) \(word.rawValue)" }
    guard let record = state.records[index] else { return nil }
    let value = record.objective.isNaN ? "" : ": \(state.outline.objective.monitor) \(short(record.objective))"
    let why = record.message.isEmpty ? "" : ": \(RunTable.plain(record.message))"
    return "\(name) \(word.rawValue)\(value)\(why) (\(state.done) of \(state.records.count) done)"
  }
}
