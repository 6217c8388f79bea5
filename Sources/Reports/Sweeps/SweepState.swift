package import Sweeps

/// Where a sweep stands: a value that pages, tables and panels are made from.
package struct SweepState: Sendable {
  /// What has become of a member.
  package enum MemberState: String, Sendable, Hashable, CaseIterable {
    case finished, running, paused, pruned, diverged, failed, killed
    /// Begun, and nobody works on it: its process was ended.
    case interrupted
    case waiting
  }

  /// A member that a process works on.
  package struct Running: Sendable, Hashable {
    package var epoch: Int
    /// That its recipe asks for; nil: its log does not tell yet.
    package var epochs: Int?
    /// The objective after the last epoch; NaN: none yet.
    package var value: Double
    /// Seconds, by its own pace; nil: nothing tells.
    package var left: Double?
    /// The objective by epochs.
    package var curve: [MemberRecord.Point]

    package init(
      epoch: Int, epochs: Int? = nil, value: Double = .nan, left: Double? = nil, curve: [MemberRecord.Point] = []
    ) {
      self.epoch = epoch
      self.epochs = epochs
      self.value = value
      self.left = left
      self.curve = curve
    }
  }

  package let outline: SweepOutline
  package let members: [Member]
  /// nil: it has none yet.
  package let records: [MemberRecord?]
  /// By the members' places.
  package let running: [Int: Running]
  package let states: [MemberState]
  package let standings: Standings

  /// - Parameters:
  ///   - records: of the members, draw by draw.
  ///   - begun: places of members that have a folder.
  package init(
    _ outline: SweepOutline, records: [MemberRecord?], begun: Set<Int> = [], running: [Int: Running] = [:]
  ) {
    self.outline = outline
    self.records = records
    self.running = running
    members = outline.members
    states = records.enumerated().map { index, record in
      if running[index] != nil { return .running }
      guard let record else { return begun.contains(index) ? .interrupted : .waiting }
      return record.state == .running ? .interrupted : MemberState(rawValue: record.state.rawValue) ?? .interrupted
    }
    standings = Standings(
      outline.draws, records: records, repetition: outline.repetition, objective: outline.objective)
  }

  /// How many members are in each state; those that none is in are left out.
  package var counts: [(state: MemberState, count: Int)] {
    var counts: [MemberState: Int] = [:]
    for state in states { counts[state, default: 0] += 1 }
    return MemberState.allCases.compactMap { state in counts[state].map { (state, $0) } }
  }

  /// Members that nothing is left to do for.
  package var done: Int { records.count { $0?.state.isFinal ?? false } }
  package var isComplete: Bool { done == records.count }

  /// Numbers of members of a draw.
  package func places(ofDraw draw: Int) -> Range<Int> {
    draw * outline.repetition.count..<(draw + 1) * outline.repetition.count
  }

  package var best: Standings.Row? { standings.best.flatMap { $0.mean.isNaN ? nil : $0 } }

  /// `d003, validation_loss 0.1234 ± 0.005`; nil: no draw is finished.
  package var bestText: String? {
    best.map { "\($0.draw.id), \(outline.objective.monitor) \(SweepState.figure($0))" }
  }

  /// A draw's objective: `0.1234 ± 0.005`.
  package static func figure(_ row: Standings.Row) -> String {
    short(row.mean) + (row.deviation.map { " ± \(short($0, digits: 2))" } ?? "")
  }

  /// A draw's state for people: one that a process works on runs.
  package func state(ofDraw draw: Int, _ row: Standings.Row) -> String {
    places(ofDraw: draw).contains { running[$0] != nil } ? "running" : row.state.rawValue
  }

  /// The draw's place among the outline's.
  var drawNumbers: [DrawID: Int] {
    Dictionary(outline.draws.enumerated().map { ($1.id, $0) }) { first, _ in first }
  }

  /// A member's objective by epochs: of one that runs, as far as it has come.
  package func curve(_ index: Int) -> [MemberRecord.Point] { running[index]?.curve ?? records[index]?.curve ?? [] }

  /// Seconds until all are done, by the mean of those that are, with as many at a time as now; nil: nothing tells.
  package var left: Double? {
    let times = records.compactMap { $0?.state.isFinal ?? false ? $0?.seconds : nil }.filter { $0 > 0 }
    guard !times.isEmpty, !running.isEmpty, !isComplete else { return nil }
    let mean = times.reduce(0, +) / Double(times.count)
    let begun = running.values.reduce(0) { $0 + Double($1.epoch) / Double(max($1.epochs ?? $1.epoch, 1)) }
    return max(0, Double(records.count - done) - min(begun, Double(running.count))) * mean / Double(running.count)
  }

  /// One line: `8 of 24 members done, 2 running; best d003, validation_loss 0.12 ± 0.01`.
  package var line: String {
    var text = "\(done) of \(records.count) members done"
    if !running.isEmpty { text += ", \(running.count) running" }
    if let bestText { text += "; best \(bestText)" }
    return text
  }
}
