/// Ends draws early whose figures fall behind those of others.
///
/// Draws are compared at rungs: after fixed numbers of epochs, by the mean of their members' figures there. What is decided
/// follows from those figures and the draws' numbers alone, never from who arrived first: where a figure that the decision
/// needs is still to come, the draw waits, and its members' place is taken by others.
public protocol PruningRule: Sendable {
  /// Completed epochs at which draws are compared, in ascending order, each below `epochs`.
  func rungs(epochs: Int) -> [Int]

  /// Whether a verdict needs the figures of all draws, and not only of those of lower numbers.
  var needsAll: Bool { get }

  /// What becomes of each draw after one rung.
  ///
  /// - Parameter figures: of the sweep's own draws, in the order of their numbers; lower is better.
  /// - Returns: as many verdicts; those on draws without a figure count for nothing.
  func verdicts(_ figures: [RungFigure]) -> [Verdict]
}

/// Where a draw stands at a rung.
public enum RungFigure: Sendable, Hashable {
  /// Not there yet.
  case pending
  /// It does not get there: pruned before, diverged, or its recipe does not work.
  case absent
  /// Lower is better; never NaN.
  case figure(Double)
}

public enum Verdict: Sendable, Hashable {
  case goesOn, isPruned, waits
}
