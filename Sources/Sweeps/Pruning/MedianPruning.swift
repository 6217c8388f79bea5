/// Prunes a draw that is worse than the median of the draws of lower numbers. It waits for those, and for no other: a longer
/// sweep decides on its first draws as a shorter one does.
///
/// The rule of Golovin et al., Google Vizier, 2017, with an order that does not depend on time.
public struct MedianPruning: PruningRule {
  /// The first rung; the others are at twice, four times ... as many epochs.
  public let warmUpEpochs: Int
  /// Draws that must have a figure before one is pruned.
  public let startUpDraws: Int

  public init(warmUpEpochs: Int, startUpDraws: Int) {
    self.warmUpEpochs = warmUpEpochs
    self.startUpDraws = startUpDraws
  }

  public var needsAll: Bool { false }

  public func rungs(epochs: Int) -> [Int] { Rungs.geometric(from: warmUpEpochs, times: 2, below: epochs) }

  public func verdicts(_ figures: [RungFigure]) -> [Verdict] {
    var earlier: [Double] = []  // sorted
    var isComplete = true
    return figures.map { figure in
      guard isComplete, case .figure(let value) = figure else {
        if figure == .pending { isComplete = false }
        return .waits
      }
      let isWorse = earlier.count >= startUpDraws && value > MedianPruning.median(earlier)
      let place = earlier.partitioningIndex { $0 > value }
      earlier.insert(value, at: place)
      return isWorse ? .isPruned : .goesOn
    }
  }

  private static func median(_ sorted: [Double]) -> Double {
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
  }
}

extension Array {
  /// The first index whose element, and all after it, fulfil a condition.
  fileprivate func partitioningIndex(where fulfils: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if fulfils(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

enum Rungs {
  static func geometric(from first: Int, times factor: Int, below epochs: Int) -> [Int] {
    var rungs: [Int] = []
    var rung = first
    while rung < epochs {
      rungs.append(rung)
      let (next, overflow) = rung.multipliedReportingOverflow(by: factor)
      if overflow { break }
      rung = next
    }
    return rungs
  }
}
