public import Kernels

/// (y - t)^2, mean over the outputs.
public struct MeanSquaredError: Loss, ElementwiseLoss {
  public static let name = "mean_squared_error"

  public init() {}

  func valueAndDerivative(_ error: Float) -> (Float, Float) { (error * error, 2 * error) }

  /// The variance, mean over the outputs.
  public func constantLoss(targets: Matrix) -> Double {
    meanOverColumns(targets) { column in
      let mean = column.reduce(0.0) { $0 + Double($1) } / Double(column.count)
      return column.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(column.count)
    }
  }
}
