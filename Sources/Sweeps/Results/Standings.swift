/// The members of a sweep, and where its draws stand.
public struct Standings: Sendable {
  public enum DrawState: String, Sendable {
    case finished, pruned, failed, diverged
    /// Some of its members have begun.
    case begun
    case waiting
  }

  public struct Row: Sendable {
    public let draw: Draw
    public let state: DrawState
    /// Of the members that are finished, in their order.
    public let values: [Double?]
    /// Mean over the members of a finished draw; NaN: it is not finished, and some of its members would be a biased mean.
    public let mean: Double
    /// Sample standard deviation; nil: of fewer than two members.
    public let deviation: Double?
    /// From 1, of finished draws; nil: it has no rank.
    public var rank: Int?
    /// Means of the figures besides, of a finished draw.
    public let figures: [(name: String, mean: Double)]
  }

  public let objective: Objective
  /// Best first, then those that are not finished, by number.
  public let rows: [Row]

  /// - Parameters:
  ///   - draws: in order.
  ///   - records: of the draws' members, draw by draw; nil: it has not begun.
  public init(_ draws: [Draw], records: [MemberRecord?], repetition: Repetition, objective: Objective) {
    self.objective = objective
    let rows = draws.enumerated().map { number, draw in
      let members = Array(records[number * repetition.count..<(number + 1) * repetition.count])
      return Row(draw, members)
    }
    let finished = rows.filter { $0.state == .finished }.sorted { left, right in
      let (a, b) = (objective.badness(left.mean), objective.badness(right.mean))
      return a == b ? left.draw.id < right.draw.id : a < b
    }
    self.rows =
      finished.enumerated().map { rank, row in
        var row = row
        row.rank = rank + 1
        return row
      } + rows.filter { $0.state != .finished }
  }

  /// The best finished draw.
  public var best: Row? { rows.first { $0.rank == 1 } }
}

extension Standings.Row {
  fileprivate init(_ draw: Draw, _ members: [MemberRecord?]) {
    let states = members.map { $0?.state }
    let values = members.map { $0?.state == .finished ? $0?.objective : nil }
    let isFinished = states.allSatisfy { $0 == .finished }
    let found = isFinished ? values.compactMap(\.self) : []
    let mean = found.isEmpty ? Double.nan : found.reduce(0, +) / Double(found.count)
    let squares = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let names = isFinished ? (members.first??.figures ?? []).map(\.name) : []
    self.init(
      draw: draw,
      state: isFinished
        ? .finished
        : states.contains(.failed) || states.contains(.killed)
          ? .failed
          : states.contains(.diverged)
            ? .diverged
            : states.contains(.pruned) ? .pruned : states.contains { $0 != nil } ? .begun : .waiting,
      values: values, mean: mean,
      deviation: found.count > 1 ? (squares / Double(found.count - 1)).squareRoot() : nil, rank: nil,
      figures: names.map { name in
        let figures = members.map { $0?.figures.first { $0.name == name }?.value ?? .nan }
        return (name, figures.reduce(0, +) / Double(figures.count))
      })
  }
}
