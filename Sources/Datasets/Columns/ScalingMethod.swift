/// What is done to features before training; fitted on the training rows alone.
public enum ScalingMethod: String, Sendable, Hashable, CaseIterable {
  case none
  /// To mean 0 and standard deviation 1 (of the population, as scikit-learn's StandardScaler).
  case standard
  /// Smallest value to 0, largest to 1.
  case minMax = "min_max"

  /// The rule of a pipeline; none for `none`.
  public var rules: [any ColumnRule] { self == .none ? [] : [self] }
}

extension ScalingMethod: ColumnRule {
  public func fitted(to source: InMemorySource) -> any ColumnStep { Scaling(self, fittedTo: source) }

  /// In one pass.
  ///
  /// Mean and variance of portions are combined as by Tony Chan, Gene Golub and Randall LeVeque, "Updating Formulae and a
  /// Pairwise Algorithm for Computing Sample Variances", 1979; a source in memory, in two passes, may differ in the last bit.
  /// - Throws: `DatasetError`.
  public func fitted(
    to rows: StreamedRows, selection: [Int32]?, after before: ColumnPipeline
  ) throws -> any ColumnStep {
    let columns = before.outputColumns(of: rows.columns)
    var figures = ColumnFigures(columns: columns)
    var place = 0
    try rows.eachPortion(applying: before) { range, features, _ in
      guard let base = features.baseAddress else { return }
      guard let selection else { return figures.add(base, rows: 0..<range.count) }
      let first = place
      while place < selection.count, selection[place] < range.upperBound { place += 1 }
      figures.add(base, rows: selection[first..<place].lazy.map { Int($0) - range.lowerBound })
    }
    for column in 0..<columns where figures.high[column] - figures.low[column] > 0x1p126 {
      let name = rows.featureNames.count == columns ? "`\(rows.featureNames[column])`" : "column \(column)"
      throw DatasetError(
        .type, at: rows.place, "\(name) cannot be scaled in float32", expected: "a range of at most 8e37",
        found: "\(figures.low[column]) to \(figures.high[column])", remedy: "divide it by a constant")
    }
    return Scaling(
      self, low: figures.low, high: figures.high, mean: figures.mean,
      variance: figures.squares.map { $0 / Double(figures.rows) })
  }
}
