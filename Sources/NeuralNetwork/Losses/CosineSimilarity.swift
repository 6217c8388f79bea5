public import Kernels
internal import Glibc

/// -sum_k t_k y_k / (|t| |y|), the cosine of the angle between outputs and targets, negated: -1 is best.
///
/// Lengths below 1e-7 are taken as 1e-7, as in Keras.
public struct CosineSimilarity: Loss {
  public static let name = "cosine_similarity"

  public init() {}

  public func sum(outputs: Matrix, targets: Matrix, gradient: MutableMatrix?) -> Double {
    precondition(outputs.rows == targets.rows && outputs.columns == targets.columns)
    var sum = 0.0
    for row in 0..<outputs.rows {
      var (product, outputSquare, targetSquare) = (0.0, 0.0, 0.0)
      for column in 0..<outputs.columns {
        let (y, t) = (Double(outputs[row, column]), Double(targets[row, column]))
        product += t * y
        outputSquare += y * y
        targetSquare += t * t
      }
      let outputScale = CosineSimilarity.inverse(outputSquare.squareRoot())
      let targetScale = CosineSimilarity.inverse(targetSquare.squareRoot())
      let cosine = product * outputScale * targetScale
      sum -= cosine
      guard let gradient else { continue }
      // Where the length is cut, it does not depend on the outputs.
      let along = outputSquare.squareRoot() < 1e-7 ? 0 : cosine * outputScale
      for column in 0..<outputs.columns {
        let (y, t) = (Double(outputs[row, column]), Double(targets[row, column]))
        gradient[row, column] = Float(outputScale * (along * y - t * targetScale))
      }
    }
    return sum
  }

  private static func inverse(_ length: Double) -> Double { 1 / (length < 1e-7 ? 1e-7 : length) }

  /// That of the sum of the targets' directions: minus its length, over the rows.
  public func constantLoss(targets: Matrix) -> Double {
    guard targets.rows > 0 else { return .nan }
    var direction = [Double](repeating: 0, count: targets.columns)
    for row in 0..<targets.rows {
      let values = (0..<targets.columns).map { Double(targets[row, $0]) }
      let scale = CosineSimilarity.inverse(values.reduce(0) { $0 + $1 * $1 }.squareRoot())
      for column in 0..<targets.columns { direction[column] += values[column] * scale }
    }
    return -direction.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(targets.rows)
  }
}
