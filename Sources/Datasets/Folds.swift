/// Rows dealt into folds, each held back once: a pure function of the rows and the seed, never of the fold asked for.
///
/// Every row is in one fold. Sizes are those of scikit-learn's KFold, StratifiedKFold and GroupKFold.
public struct Folds: Sendable, Equatable {
  /// At least 2.
  public let count: Int
  /// The fold of each row, from 0.
  public let numbers: [Int32]

  /// The first `rows % count` folds have one row more than the others.
  ///
  /// - Throws: `DatasetError` `arguments`: fewer than two folds, or fewer rows than folds.
  public init(rows: Int, count: Int, seed: UInt64) throws {
    try Folds.require(rows, "row", for: count)
    var numbers = [Int32](repeating: 0, count: rows)
    var (first, size) = (0, 0)
    let order = permutation(of: rows, seed: seed, stream: Folds.stream)
    for fold in 0..<count {
      size = rows / count + (fold < rows % count ? 1 : 0)
      for row in order[first..<first + size] { numbers[Int(row)] = Int32(fold) }
      first += size
    }
    (self.count, self.numbers) = (count, numbers)
  }

  /// Two folds differ by at most one row, and by at most one row of each class: the rows, sorted by class, are dealt in
  /// turn. A class with fewer rows than folds is missing in some.
  ///
  /// - Parameter classes: of each row.
  /// - Throws: as without classes.
  public init(classes: [Int32], count: Int, seed: UInt64) throws {
    try Folds.require(classes.count, "row", for: count)
    // Classes in the order in which they first occur, as in scikit-learn: it decides which folds have a row more.
    var places: [Int32: Int] = [:]
    for number in classes where places[number] == nil { places[number] = places.count }
    var rows = [[Int32]](repeating: [], count: places.count)
    for row in permutation(of: classes.count, seed: seed, stream: Folds.stream) {
      if let place = places[classes[Int(row)]] { rows[place].append(row) }
    }
    var numbers = [Int32](repeating: 0, count: classes.count)
    for (place, row) in rows.joined().enumerated() { numbers[Int(row)] = Int32(place % count) }
    (self.count, self.numbers) = (count, numbers)
  }

  /// Whole groups: the largest first, each into the fold that has the fewest rows; groups of one size in an order from
  /// the seed.
  ///
  /// - Parameter groups: of each row.
  /// - Throws: `DatasetError` `arguments`: fewer than two folds, or fewer groups than folds.
  public init(groups: RowGroups, count: Int, seed: UInt64) throws {
    let sizes = groups.counts
    try Folds.require(sizes.count, "group", for: count)
    // By place in the seed's order where sizes are equal: sorting alone promises no order there.
    let order = permutation(of: sizes.count, seed: seed, stream: Folds.stream).map { Int($0) }.enumerated()
      .sorted { (sizes[$1.element], $0.offset) < (sizes[$0.element], $1.offset) }.map(\.element)
    var fold = [Int32](repeating: 0, count: sizes.count)
    var rows = [Int](repeating: 0, count: count)
    for group in order {
      let smallest = rows.indices.min { (rows[$0], $0) < (rows[$1], $1) } ?? 0
      fold[group] = Int32(smallest)
      rows[smallest] += sizes[group]
    }
    (self.count, numbers) = (count, groups.numbers.map { fold[Int($0)] })
  }

  /// One fold held back, the others to train on.
  ///
  /// - Parameter fold: from 0.
  public func split(holding fold: Int) -> Split {
    precondition(0..<count ~= fold, "fold \(fold) of \(count)")
    let rows = numbers.indices.map { Int32($0) }
    return Split(
      training: rows.filter { numbers[Int($0)] != Int32(fold) },
      validation: rows.filter { numbers[Int($0)] == Int32(fold) })
  }

  /// Other numbers than those of `Split`'s fractions.
  private static let stream = UInt64.max - 1

  private static func require(_ found: Int, _ what: String, for count: Int) throws {
    guard count >= 2 else {
      throw DatasetError(
        .arguments, at: "validation.of", "one fold leaves nothing to train on", expected: "at least 2",
        found: "\(count)")
    }
    guard found >= count else {
      throw DatasetError(
        .arguments, at: "validation.of", "every fold needs a \(what)", expected: "at least \(count) \(what)s",
        found: "\(found)", remedy: "ask for fewer folds")
    }
  }
}

/// How many of the rows are held back.
public enum HeldPart: Sendable, Hashable {
  /// 0 < fraction < 1.
  case fraction(Double)
  /// The fold of that number, from 1, of so many.
  case fold(Int, of: Int)

  /// - Parameter deal: makes that many folds.
  /// - Throws: `DatasetError` `arguments` where there is no such fold.
  fileprivate func split(_ ofFraction: (Double) throws -> Split, _ deal: (Int) throws -> Folds) throws -> Split {
    switch self {
    case .fraction(let fraction): return try ofFraction(fraction)
    case .fold(let number, let count):
      let folds = try deal(count)
      guard 1...count ~= number else {
        throw DatasetError(
          .arguments, at: "validation.fold", "there is no such fold", expected: "1 to \(count)", found: "\(number)")
      }
      return folds.split(holding: number - 1)
    }
  }
}

extension Split {
  /// Holds back rows whatever they are.
  ///
  /// - Throws: `DatasetError` `arguments` where so many cannot be held back.
  public init(count: Int, holding part: HeldPart, seed: UInt64) throws {
    self = try part.split {
      try Split(count: count, validationFraction: $0, seed: seed)
    } _: {
      try Folds(rows: count, count: $0, seed: seed)
    }
  }

  /// Holds back rows of each class, in proportion.
  ///
  /// - Throws: as without classes.
  public init(classes: [Int32], holding part: HeldPart, seed: UInt64) throws {
    self = try part.split {
      try Split(classes: classes, validationFraction: $0, seed: seed)
    } _: {
      try Folds(classes: classes, count: $0, seed: seed)
    }
  }

  /// Holds back whole groups.
  ///
  /// - Throws: `DatasetError` `arguments` where so many cannot be held back.
  public init(groups: RowGroups, holding part: HeldPart, seed: UInt64) throws {
    self = try part.split {
      try Split(groups: groups, validationFraction: $0, seed: seed)
    } _: {
      try Folds(groups: groups, count: $0, seed: seed)
    }
  }
}
