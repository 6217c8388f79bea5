/// What samples count for, as a file says it: a number from 0 on for each row.
enum SampleWeights {
  /// Checks the weights of a file's rows.
  ///
  /// - Parameters:
  ///   - weights: of the rows that are used.
  ///   - first: the file's number of the first.
  ///   - policy: `keep` lets gaps through, whose rows are left out afterwards.
  ///   - place: what messages call the weights.
  /// - Throws: `DatasetError`.
  static func check(
    _ weights: [Float], firstRow first: Int, _ policy: NonFinitePolicy, at place: String
  ) throws {
    if let row = weights.firstIndex(where: { $0 < 0 || $0 == .infinity || $0.isNaN && policy == .refuse }) {
      throw DatasetError(
        .labels, at: place, "row \(first + row) has no weight that can be used",
        expected: "a finite number from 0 on; 0 leaves the row out", found: "\(weights[row])")
    }
  }
}

extension InMemorySource {
  /// The same samples, each counting for so much: times what it counts for already.
  ///
  /// - Precondition: one weight for each row, from 0 on (NaN: a gap, whose row is to be left out).
  public func weighted(by factors: [Float]) -> InMemorySource {
    precondition(factors.count == count, "\(factors.count) weights for \(count) rows")
    let weights = weights.isEmpty ? factors : zip(weights, factors).map { $0 * $1 }
    return InMemorySource(
      schema, inputs: inputs, targets: targetValues, weights: weights, featureNames: featureNames, origins: origins,
      warnings: warnings
    ).divided(by: lossDivisor)
  }

  /// The same samples, each counting for so much.
  public func replacing(weights: [Float]) -> InMemorySource {
    InMemorySource(
      schema, inputs: inputs, targets: targetValues, weights: weights, featureNames: featureNames, origins: origins,
      warnings: warnings
    ).divided(by: lossDivisor)
  }

  /// Rows that count for more than 0, in order; nil: all do.
  public var countingRows: [Int32]? {
    guard weights.contains(0) else { return nil }
    return (0..<count).filter { weights[$0] != 0 }.map { Int32($0) }
  }
}

/// How much the classes of the training rows count for.
public enum ClassWeights: Sendable, Hashable {
  /// rows / (classes * rows of the class), as scikit-learn's `class_weight="balanced"`: every class counts for as much.
  case balanced
  /// By the class's name, or by its number where it has none; others count for 1.
  case named([String: Double])

  /// The weight of every row of a source.
  ///
  /// - Throws: `DatasetError` where the targets are no classes, or a name is that of none.
  public func weights(of source: InMemorySource, at place: String) throws -> [Float] {
    guard case .classes(let count, let names) = source.targetKind, source.targetColumns == 1 else {
      throw DatasetError(
        .arguments, at: place, "data.class_weights are for targets that are classes",
        found: "\(source.targetColumns) column(s) of values")
    }
    let classes = source.targets.map { Int($0) }
    var factors = [Float](repeating: 1, count: count)
    switch self {
    case .balanced:
      var rows = [Int](repeating: 0, count: count)
      for number in classes { rows[number] += 1 }
      let present = rows.count { $0 > 0 }
      for number in 0..<count where rows[number] > 0 {
        factors[number] = Float(Double(classes.count) / (Double(present) * Double(rows[number])))
      }
    case .named(let weights):
      let called = names.isEmpty ? (0..<count).map(String.init) : names
      for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
        guard let number = called.firstIndex(where: { ExactText($0) == ExactText(name) }) else {
          throw DatasetError(
            .missingName, at: place, "data.class_weights: there is no class `\(name)`", found: called.listed,
            remedy: called.hint(for: name))
        }
        factors[number] = Float(weight)
      }
    }
    return classes.map { factors[$0] }
  }
}
