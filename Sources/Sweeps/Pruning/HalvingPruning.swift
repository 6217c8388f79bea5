/// Lets the best of each rung go on, one in `factor`, rounded up: successive halving. The decision at a rung waits for every
/// draw that gets there: it is the comparison of all of them.
///
/// Source: Jamieson, Talwalkar: Non-stochastic best arm identification and hyperparameter optimization, 2016.
public struct HalvingPruning: PruningRule {
  public let factor: Int
  /// The first rung; each of the others is at `factor` times as many epochs.
  public let minEpochs: Int

  /// - Precondition: factor >= 2, minEpochs >= 1.
  public init(factor: Int, minEpochs: Int) {
    self.factor = factor
    self.minEpochs = minEpochs
  }

  public var needsAll: Bool { true }

  public func rungs(epochs: Int) -> [Int] { Rungs.geometric(from: minEpochs, times: factor, below: epochs) }

  public func verdicts(_ figures: [RungFigure]) -> [Verdict] {
    guard !figures.contains(.pending) else { return figures.map { _ in .waits } }
    let order = figures.enumerated().compactMap { number, figure in
      if case .figure(let value) = figure { (value, number) } else { nil }
    }.sorted { $0 < $1 }
    var verdicts = [Verdict](repeating: .waits, count: figures.count)
    let surviving = (order.count + factor - 1) / factor
    for (rank, (_, number)) in order.enumerated() { verdicts[number] = rank < surviving ? .goesOn : .isPruned }
    return verdicts
  }
}
