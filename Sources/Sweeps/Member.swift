/// One run of a sweep: a draw with a seed and a fold.
public struct Member: Sendable, Hashable {
  public let draw: DrawID
  /// From 1; nil: the sweep has one seed.
  public let seed: Int?
  /// From 1; nil: the sweep has no folds.
  public let fold: Int?

  public init(draw: DrawID, seed: Int?, fold: Int?) {
    self.draw = draw
    self.seed = seed
    self.fold = fold
  }

  /// Of the run and its folder: `d007-s1-f3`.
  public var name: String { ([draw.description] + [suffix].filter { !$0.isEmpty }).joined(separator: "-") }

  /// What tells the members of a draw apart: `s1-f3`; empty where there is one.
  public var suffix: String {
    [seed.map { "s\($0)" }, fold.map { "f\($0)" }].compactMap(\.self).joined(separator: "-")
  }

  /// - Returns: nil: no member's name.
  public init?(name: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, let draw = DrawID(first) else { return nil }
    var (seed, fold): (Int?, Int?)
    for part in parts.dropFirst() {
      let number = Int(part.dropFirst())
      switch part.first {
      case "s": seed = number
      case "f": fold = number
      default: return nil
      }
    }
    self.init(draw: draw, seed: seed, fold: fold)
    guard self.name == name else { return nil }
  }
}

/// With how many seeds and folds each draw runs.
public struct Repetition: Sendable, Hashable {
  public let seeds: Int
  /// nil: the recipe's own validation.
  public let folds: Int?

  public init(seeds: Int, folds: Int?) {
    self.seeds = seeds
    self.folds = folds
  }

  /// Members of a draw.
  public var count: Int { seeds * (folds ?? 1) }

  /// The members of a draw, seed by seed.
  public func members(of draw: DrawID) -> [Member] {
    (1...seeds).flatMap { seed in
      let seed = seeds > 1 ? seed : nil
      guard let folds else { return [Member(draw: draw, seed: seed, fold: nil)] }
      return (1...folds).map { Member(draw: draw, seed: seed, fold: $0) }
    }
  }
}
