/// Rows to train on and rows held back, chosen from the seed. No row is in both.
public struct Split: Sendable, Equatable {
  /// In ascending order.
  public let training: [Int32]
  /// In ascending order.
  public let validation: [Int32]

  /// Holds back `fraction` of the rows, rounded to the nearest number, at least one and never all.
  ///
  /// - Throws: `DatasetError` `arguments`: a fraction outside of (0, 1), or fewer than two rows.
  public init(count: Int, validationFraction fraction: Double, seed: UInt64) throws {
    guard fraction > 0 && fraction < 1 else {
      throw DatasetError(
        .arguments, at: "validation.fraction", "no such part of the rows", expected: "a number between 0 and 1",
        found: "\(fraction)")
    }
    guard count >= 2 else {
      throw DatasetError(
        .arguments, at: "validation.fraction", "nothing to hold back", expected: "at least 2 rows", found: "\(count)")
    }
    let held = min(max(Int((fraction * Double(count)).rounded()), 1), count - 1)
    let order = permutation(of: count, seed: seed, stream: .max)
    validation = order[..<held].sorted()
    training = order[held...].sorted()
  }
}
