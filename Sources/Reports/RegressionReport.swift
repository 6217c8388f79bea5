public import JSON

/// How far predictions are from what is: of each target, in its unit.
///
///     rmse = sqrt(sum w (y - t)^2 / sum w)     mae = sum w |y - t| / sum w     r2 = 1 - sum w (y - t)^2 / sum w (t - mean t)^2
///
/// As scikit-learn computes them: r2 of a target that is always the same is 1 where it is hit, else 0; of fewer than two
/// rows NaN.
public struct RegressionReport: Sendable, Equatable {
  public struct Figures: Sendable, Equatable {
    public let name: String
    public let rmse: Double
    public let mae: Double
    public let r2: Double
  }

  public let rows: Int
  public let targets: [Figures]

  /// - Parameters:
  ///   - targets, predictions: `[rows, names.count]`, row-major.
  ///   - weights: `[rows]`; empty: each counts for 1.
  /// - Precondition: as many predictions as targets, in whole rows.
  public init(targets: [Float], predictions: [Float], names: [String], weights: [Float] = []) {
    let (width, rows) = (names.count, targets.count / max(1, names.count))
    precondition(predictions.count == targets.count, "\(predictions.count) predictions for \(targets.count) targets")
    precondition(rows * width == targets.count && (weights.isEmpty || weights.count == rows))
    func weight(_ row: Int) -> Double { weights.isEmpty ? 1 : Double(weights[row]) }
    let whole = (0..<rows).reduce(0) { $0 + weight($1) }
    self.rows = rows
    self.targets = names.enumerated().map { column, name in
      let mean = (0..<rows).reduce(0) { $0 + weight($1) * Double(targets[$1 * width + column]) } / whole
      var (squares, distances, spread) = (0.0, 0.0, 0.0)
      for row in 0..<rows {
        let target = Double(targets[row * width + column])
        let error = Double(predictions[row * width + column]) - target
        squares += weight(row) * error * error
        distances += weight(row) * abs(error)
        spread += weight(row) * (target - mean) * (target - mean)
      }
      let r2 = spread == 0 ? (squares == 0 ? 1 : 0) : 1 - squares / spread
      return Figures(
        name: name, rmse: (squares / whole).squareRoot(), mae: distances / whole, r2: rows < 2 ? .nan : r2)
    }
  }

  /// A table for a person.
  public var text: String {
    TextTable.render(
      [["target", "rmse", "mae", "r2"]]
        + targets.map { [$0.name] + [$0.rmse, $0.mae, $0.r2].map { short($0, digits: 6) } })
  }

  public var json: JSONValue {
    [
      "rows": .integer(rows),
      "targets": .array(
        targets.map {
          ["target": .string($0.name), "rmse": .number($0.rmse), "mae": .number($0.mae), "r2": .number($0.r2)]
        }),
    ]
  }
}
