import Datasets
import Testing

/// Sizes and shares are those that scikit-learn 1.9.1 gives for the same rows.
struct FoldTests {
  /// Whether folds are disjoint and together all rows, and the same rows whichever is asked for.
  private func expectWhole(_ folds: Folds) {
    var seen = [Int32]()
    for fold in 0..<folds.count {
      let split = folds.split(holding: fold)
      #expect((split.training + split.validation).sorted() == folds.numbers.indices.map { Int32($0) })
      #expect(split.training == split.training.sorted() && split.validation == split.validation.sorted())
      seen += split.validation
    }
    #expect(seen.sorted() == folds.numbers.indices.map { Int32($0) })
  }

  private func sizes(_ folds: Folds) -> [Int] {
    (0..<folds.count).map { fold in folds.numbers.count { $0 == Int32(fold) } }
  }

  /// KFold(folds, shuffle=True).
  @Test(arguments: [
    (2, [1, 1]), (10, [4, 3, 3]), (11, [3, 2, 2, 2, 2]),
    (1797, [Int](repeating: 180, count: 7) + [179, 179, 179]),
  ])
  func random(rows: Int, expected: [Int]) throws {
    let folds = try Folds(rows: rows, count: expected.count, seed: 4)
    expectWhole(folds)
    #expect(sizes(folds) == expected)
    #expect(try Folds(rows: rows, count: expected.count, seed: 4) == folds)
    if rows > 10 { #expect(try Folds(rows: rows, count: expected.count, seed: 5) != folds) }
  }

  @Test func randomFoldsAreFromEverywhere() throws {
    let held = try Folds(rows: 1000, count: 5, seed: 1).split(holding: 2).validation
    #expect((70...130).contains(held.count { $0 < 500 }))
    // Not the rows that a fraction holds back, moved on by a fold.
    #expect(try Split(count: 1000, validationFraction: 0.2, seed: 1).validation != held)
  }

  /// StratifiedKFold(folds, shuffle=True): rows of class 0, 1, 2 in each fold.
  @Test(arguments: [
    (103, [[14, 4, 3], [14, 4, 3], [14, 4, 3], [14, 3, 3], [14, 3, 3]]),
    (60, [[6, 2, 1], [6, 2, 1], [5, 2, 2], [6, 1, 2], [6, 1, 1], [6, 1, 1], [6, 1, 1]]),
    (31, [[5, 2, 1], [5, 2, 1], [6, 1, 1], [5, 1, 1]]),
  ])
  func stratified(rows: Int, expected: [[Int]]) throws {
    let classes: [Int32] = (0..<rows).map { $0 % 7 == 3 ? 2 : $0 % 5 == 0 ? 1 : 0 }
    for seed in UInt64(0)..<5 {
      let folds = try Folds(classes: classes, count: expected.count, seed: seed)
      expectWhole(folds)
      let found = (0..<expected.count).map { fold in
        (0..<3).map { number in
          classes.indices.count { classes[$0] == Int32(number) && folds.numbers[$0] == Int32(fold) }
        }
      }
      // Which fold has a row more of a class is scikit-learn's too, as far as it does not follow from chance.
      let (most, counts) = (expected.map { $0.reduce(0, +) }.sorted(), sizes(folds).sorted())
      #expect(most == counts)
      for number in 0..<3 { #expect(found.map { $0[number] }.sorted() == expected.map { $0[number] }.sorted()) }
      #expect(found == expected)
    }
    #expect(
      try Folds(classes: classes, count: 4, seed: 0) != Folds(classes: classes, count: 4, seed: 1))
  }

  @Test func aRareClassIsMissingInSomeFolds() throws {
    let classes = [Int32](repeating: 0, count: 20) + [1, 1, 2]
    let folds = try Folds(classes: classes, count: 5, seed: 3)
    expectWhole(folds)
    #expect(sizes(folds) == [5, 5, 5, 4, 4])
    #expect(Set(folds.numbers[20..<22]).count == 2)
  }

  /// GroupKFold(folds).
  @Test(arguments: [[56, 55], [37, 37, 37], [23, 22, 22, 22, 22]])
  func grouped(expected: [Int]) throws {
    let names = (0..<23).flatMap { [String](repeating: "patient \($0)", count: $0 * $0 % 11 + 1) }
    // Far from each other in the file.
    let rows = names.indices.map { names[$0 * 50 % names.count] }
    #expect(Set(rows).count == 23 && rows.count == 111)
    var all: Set<[Int32]> = []
    for seed in UInt64(0)..<4 {
      let folds = try Folds(groups: RowGroups(rows), count: expected.count, seed: seed)
      expectWhole(folds)
      #expect(sizes(folds) == expected)
      for fold in 0..<folds.count {
        let split = folds.split(holding: fold)
        #expect(
          Set(split.training.map { rows[Int($0)] }).isDisjoint(with: Set(split.validation.map { rows[Int($0)] })))
      }
      all.insert(folds.numbers)
    }
    #expect(all.count == 4, "groups of one size come in an order from the seed")
  }

  @Test func whatCannotBeDealt() throws {
    let groups = RowGroups(["a", "b", "a"])
    for body: () throws -> Void in [
      { _ = try Folds(rows: 4, count: 5, seed: 0) },
      { _ = try Folds(rows: 4, count: 1, seed: 0) },
      { _ = try Folds(classes: [0, 1], count: 3, seed: 0) },
      { _ = try Folds(groups: groups, count: 3, seed: 0) },
      { _ = try Split(count: 10, holding: .fold(6, of: 5), seed: 0) },
      { _ = try Split(count: 10, holding: .fold(0, of: 5), seed: 0) },
    ] {
      #expect(datasetError(body)?.issue == .arguments)
    }
  }
}
