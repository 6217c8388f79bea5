/// What a dataset holds, in figures.
public struct DatasetDescription: Sendable, Equatable {
  public struct Column: Sendable, Equatable {
    /// Empty where the source has no names.
    public let name: String
    /// Over the finite values; NaN if there are none.
    public let minimum: Float
    public let maximum: Float
    public let mean: Double
    /// Of the population.
    public let standardDeviation: Double
    /// Values that are NaN or infinite: missing ones, as readers keep them.
    public let missing: Int

    public var isConstant: Bool { missing == 0 && minimum == maximum }
  }

  public let rows: Int
  public let sampleShape: [Int]
  /// One for each float of a sample.
  public let features: [Column]
  /// One for each target column.
  public let targets: [Column]
  /// Rows of each class; empty for values.
  public let classCounts: [Int]
  /// Empty where classes have no names.
  public let classNames: [String]

  /// Numbers of the features that say nothing, being the same in all rows.
  public var constantFeatures: [Int] { features.indices.filter { features[$0].isConstant } }

  /// - Parameter source: read with `NonFinitePolicy.keep`, to count what is missing.
  public init(of source: InMemorySource) {
    rows = source.count
    sampleShape = source.sampleShape
    features = DatasetDescription.columns(source.features, source.featureColumns, names: source.featureNames)
    targets = DatasetDescription.columns(source.targets, source.targetColumns, names: [])
    guard case .classes(let count, let names) = source.targetKind else {
      (classCounts, classNames) = ([], [])
      return
    }
    var counts = [Int](repeating: 0, count: count)
    for target in source.targets where target.isFinite { counts[Int(target)] += 1 }
    (classCounts, classNames) = (counts, names)
  }

  private static func columns(_ values: [Float], _ width: Int, names: [String]) -> [Column] {
    (0..<width).map { column in
      let finite = stride(from: column, to: values.count, by: width).lazy.map { values[$0] }.filter(\.isFinite)
      var (low, high, sum, count) = (Float.infinity, -Float.infinity, 0.0, 0)
      for value in finite {
        (low, high, sum, count) = (min(low, value), max(high, value), sum + Double(value), count + 1)
      }
      let mean = sum / Double(count)
      let squares = finite.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return Column(
        name: names.isEmpty ? "" : names[column], minimum: count == 0 ? .nan : low, maximum: count == 0 ? .nan : high,
        mean: mean, standardDeviation: (squares / Double(count)).squareRoot(), missing: values.count / width - count)
    }
  }
}
