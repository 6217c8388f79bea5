/// How rows that are held back are chosen.
public enum SplitRule: Sendable, Hashable {
  case random
  /// As many of each class, in proportion.
  case stratified
  /// Whole groups of rows, which a column (dataset, array) of this name tells apart.
  case groups(String)
}

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
    let held = Split.held(fraction, of: count)
    let order = permutation(of: count, seed: seed, stream: .max)
    validation = order[..<held].sorted()
    training = order[held...].sorted()
  }

  /// Holds back about `fraction` of the rows of each class: together as many as without regard to classes, shared by largest
  /// remainders. A class keeps at least one row to train on.
  ///
  /// - Parameter classes: of each row.
  /// - Throws: as without classes.
  public init(classes: [Int32], validationFraction fraction: Double, seed: UInt64) throws {
    _ = try Split(count: classes.count, validationFraction: fraction, seed: seed)
    var counts: [Int32: Int] = [:]
    for number in classes { counts[number, default: 0] += 1 }
    let present = counts.keys.sorted()
    var quotas: [Int32: Int] = [:]
    var remainders: [(part: Double, number: Int32)] = []
    for number in present {
      let share = fraction * Double(counts[number] ?? 0)
      quotas[number] = min(Int(share), (counts[number] ?? 1) - 1)
      remainders.append((share - share.rounded(.down), number))
    }
    var left = Split.held(fraction, of: classes.count) - quotas.values.reduce(0, +)
    for (_, number) in remainders.sorted(by: { ($1.part, $0.number) < ($0.part, $1.number) }) where left > 0 {
      guard let quota = quotas[number], quota < (counts[number] ?? 0) - 1 else { continue }
      quotas[number] = quota + 1
      left -= 1
    }
    var (training, validation) = ([Int32](), [Int32]())
    for row in permutation(of: classes.count, seed: seed, stream: .max) {
      let number = classes[Int(row)]
      if let quota = quotas[number], quota > 0 {
        quotas[number] = quota - 1
        validation.append(row)
      } else {
        training.append(row)
      }
    }
    guard !validation.isEmpty else {
      throw DatasetError(
        .arguments, at: "validation.stratify", "nothing to hold back", expected: "a class with 2 rows",
        found: "\(present.count) classes of 1 row each")
    }
    (self.training, self.validation) = (training.sorted(), validation.sorted())
  }

  /// Holds back whole groups, in an order from the seed, as many as come nearest to `fraction` of the rows: no group is on
  /// both sides.
  ///
  /// - Parameter groups: of each row, `0..<count`.
  /// - Throws: `DatasetError` `arguments`: a fraction outside of (0, 1), or fewer than two groups.
  public init(groups: RowGroups, validationFraction fraction: Double, seed: UInt64) throws {
    let count = groups.names.count
    guard count >= 2 else {
      throw DatasetError(
        .arguments, at: "validation.group", "nothing to hold back", expected: "at least 2 groups", found: "\(count)")
    }
    let held = Double(Split.held(fraction, of: groups.numbers.count))
    _ = try Split(count: groups.numbers.count, validationFraction: fraction, seed: seed)
    let sizes = groups.counts
    var (isHeld, rows, taken) = ([Bool](repeating: false, count: count), 0, 0)
    for number in permutation(of: count, seed: seed, stream: .max) where taken < count - 1 {
      let more = rows + sizes[Int(number)]
      // The first in any case; another one where that comes nearer.
      guard taken == 0 || abs(Double(more) - held) < abs(Double(rows) - held) else { continue }
      (isHeld[Int(number)], rows, taken) = (true, more, taken + 1)
    }
    let all = groups.numbers.indices.map { Int32($0) }
    validation = all.filter { isHeld[Int(groups.numbers[Int($0)])] }
    training = all.filter { !isHeld[Int(groups.numbers[Int($0)])] }
  }

  /// - Parameters:
  ///   - training, validation: in ascending order.
  init(training: [Int32], validation: [Int32]) {
    self.training = training
    self.validation = validation
  }

  private static func held(_ fraction: Double, of count: Int) -> Int {
    min(max(Int((fraction * Double(count)).rounded()), 1), count - 1)
  }
}
