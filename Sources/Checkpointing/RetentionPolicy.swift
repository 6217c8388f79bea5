/// Which checkpoints of a run may go. A pure function: a file goes only if every rule lets it go.
public struct RetentionPolicy: Sendable, Hashable {
  /// The newest healthy ones stay; the newest two stay whatever this says.
  public var keepLast: Int
  /// The best ones by a monitored figure stay.
  public var keepBest: Int
  public var lowerIsBetter: Bool
  /// Multiples of this many steps stay; nil: none for that reason.
  public var keepEvery: Int?

  /// A checkpoint that stands under its final name.
  public struct Candidate: Sendable, Hashable {
    public let step: Int
    public let isHealthy: Bool
    /// The monitored figure at that step; nil: none is known.
    public let figure: Double?

    public init(step: Int, isHealthy: Bool, figure: Double?) {
      self.step = step
      self.isHealthy = isHealthy
      self.figure = figure
    }
  }

  public init(keepLast: Int, keepBest: Int = 0, lowerIsBetter: Bool = true, keepEvery: Int? = nil) {
    self.keepLast = keepLast
    self.keepBest = keepBest
    self.lowerIsBetter = lowerIsBetter
    self.keepEvery = keepEvery
  }

  /// Steps whose checkpoints may be deleted, oldest first.
  ///
  /// - Parameter goodStep: the newest healthy one at this step or before stays; nil: none for that reason.
  public func removable(_ candidates: [Candidate], goodStep: Int? = nil) -> [Int] {
    let healthy = candidates.filter(\.isHealthy).sorted { $0.step > $1.step }
    var keep = Set(healthy.prefix(max(2, keepLast)).map(\.step))
    keep.formUnion(best(healthy).map(\.step))
    if let goodStep, let good = healthy.first(where: { $0.step <= goodStep }) { keep.insert(good.step) }
    if let keepEvery, keepEvery > 0 { keep.formUnion(candidates.map(\.step).filter { $0 % keepEvery == 0 && $0 > 0 }) }
    // What is newer than all healthy ones is evidence of what went wrong.
    let newest = healthy.first?.step ?? Int.min
    return candidates.map(\.step).filter { !keep.contains($0) && $0 <= newest }.sorted()
  }

  /// The best healthy ones; of equals the older.
  private func best(_ healthy: [Candidate]) -> [Candidate] {
    let known = healthy.filter { $0.figure.map { !$0.isNaN } ?? false }
    let ranked = known.sorted { first, second in
      let (a, b) = (first.figure ?? .nan, second.figure ?? .nan)
      if a == b { return first.step < second.step }
      return lowerIsBetter ? a < b : a > b
    }
    return Array(ranked.prefix(keepBest))
  }
}
