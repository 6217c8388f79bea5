internal import Kernels

/// Batch normalization over the positions that count alone, column by column in Double: rare, and so plain.
enum MaskedMoments {
  /// - Parameters:
  ///   - x: `[positions, features]`; `mask`: one a position, not 0 where it counts.
  ///   - mean, variance: overwritten; 0 where no position counts.
  static func moments(of x: Matrix, mask: Vector, mean: MutableVector, variance: MutableVector) {
    let count = Double(counted(mask))
    for feature in 0..<x.columns {
      var (sum, squares) = (0.0, 0.0)
      for row in 0..<x.rows where mask[row] != 0 { sum += Double(x[row, feature]) }
      let middle = count > 0 ? sum / count : 0
      for row in 0..<x.rows where mask[row] != 0 {
        let deviation = Double(x[row, feature]) - middle
        squares += deviation * deviation
      }
      mean[feature] = Float(middle)
      variance[feature] = Float(count > 0 ? squares / count : 0)
    }
  }

  /// Every position is normalized; mean and variance depend on those that count. With n of them, h = (x - mean) / deviation:
  /// dx = gamma / deviation (dy - m (sum dy + h sum dy h) / n), m = 1 where the position counts, else 0.
  static func normalizeBackward(
    _ x: Matrix, mask: Vector, outputGradient dy: Matrix, mean: Vector, inverse: Vector, gamma: Vector,
    gammaGradient: MutableVector, betaGradient: MutableVector, inputGradient: MutableMatrix?
  ) {
    let count = Double(counted(mask))
    for feature in 0..<x.columns {
      var (sum, product) = (0.0, 0.0)
      func normalized(_ row: Int) -> Double { Double(x[row, feature] - mean[feature]) * Double(inverse[feature]) }
      for row in 0..<x.rows {
        sum += Double(dy[row, feature])
        product += Double(dy[row, feature]) * normalized(row)
      }
      gammaGradient[feature] = Float(product)
      betaGradient[feature] = Float(sum)
      guard let inputGradient else { continue }
      let factor = Double(gamma[feature]) * Double(inverse[feature])
      for row in 0..<x.rows {
        let through = mask[row] != 0 ? (sum + normalized(row) * product) / count : 0
        inputGradient[row, feature] = Float(factor * (Double(dy[row, feature]) - through))
      }
    }
  }

  private static func counted(_ mask: Vector) -> Int {
    (0..<mask.count).reduce(0) { mask[$1] != 0 ? $0 + 1 : $0 }
  }
}
