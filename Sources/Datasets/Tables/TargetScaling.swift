/// Targets that are values are trained on as (y - center) / scale, by target column; metrics and predictions are in the unit
/// of the file.
public struct TargetScaling: Sendable, Equatable {
  public let names: [String]
  let methods: [NumberScaling.Method]
  public let center: [Double]
  public let scale: [Double]

  /// - Precondition: as many of each.
  init(names: [String], methods: [NumberScaling.Method], center: [Double], scale: [Double]) {
    precondition(names.count == methods.count && names.count == center.count && names.count == scale.count)
    self.names = names
    self.methods = methods
    self.center = center
    self.scale = scale
  }

  /// Scaled targets of some rows, `[rows, targets]`, row-major.
  ///
  /// - Parameters:
  ///   - targets: one column after another.
  ///   - rows: numbers of rows; nil: all.
  func applied(to targets: [[Double]], rows: [Int32]?) -> [Float] {
    (0..<(rows?.count ?? targets[0].count)).flatMap { row in
      targets.indices.map { Float((targets[$0][rows.map { Int($0[row]) } ?? row] - center[$0]) / scale[$0]) }
    }
  }

  /// Puts values back into the unit of the file.
  ///
  /// - Parameters:
  ///   - values: `[rows, columns]`, row-major; each column is of one target, or all are of the only one.
  ///   - columns: of a row.
  public func undo(_ values: [Float], columns: Int) -> [Float] {
    values.enumerated().map { place, value in
      let target = center.count == 1 ? 0 : place % columns % center.count
      return Float(Double(value) * scale[target] + center[target])
    }
  }
}
