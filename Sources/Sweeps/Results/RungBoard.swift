/// What becomes of draws at the rungs, as far as the members' figures tell.
public struct RungBoard: Sendable {
  public let rungs: [Int]
  /// By rung, then by draw.
  private let verdicts: [[Verdict]]

  /// - Parameters:
  ///   - records: of the sweep's own draws' members, draw by draw; nil: it has not begun.
  ///   - epochs: that the recipe asks for.
  public init(
    _ rule: any PruningRule, records: [MemberRecord?], repetition: Repetition, objective: Objective, epochs: Int
  ) {
    rungs = rule.rungs(epochs: epochs)
    let draws = records.count / max(1, repetition.count)
    var verdicts: [[Verdict]] = []
    for rung in rungs {
      let figures = (0..<draws).map { draw -> RungFigure in
        switch verdicts.last?[draw] {
        case .isPruned: .absent
        case .waits: .pending
        case .goesOn, nil:
          RungBoard.figure(records[draw * repetition.count..<(draw + 1) * repetition.count], at: rung, objective)
        }
      }
      // One that gets no further does not hold up the others: what is left of it ends here.
      verdicts.append(zip(rule.verdicts(figures), figures).map { $1 == .absent ? .isPruned : $0 })
    }
    self.verdicts = verdicts
  }

  /// - Parameters:
  ///   - draw: its place among the sweep's own draws.
  ///   - epoch: of a rung.
  public func verdict(on draw: Int, at epoch: Int) -> Verdict {
    rungs.firstIndex(of: epoch).map { verdicts[$0][draw] } ?? .goesOn
  }

  /// The mean over a draw's members.
  private static func figure(
    _ members: ArraySlice<MemberRecord?>, at rung: Int, _ objective: Objective
  ) -> RungFigure {
    var sum = 0.0
    var isPending = false
    for member in members {
      if let value = member?.rungs.first(where: { $0.epoch == rung })?.value {
        sum += objective.badness(value)
      } else if let member, member.state == .finished {
        // It stopped before: its last figure stands.
        sum += objective.badness(member.objective)
      } else if member?.state == .failed || member?.state == .diverged {
        return .absent
      } else {
        isPending = true
      }
    }
    return isPending ? .pending : .figure(sum / Double(members.count))
  }
}
