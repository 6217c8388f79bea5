internal import Kernels

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta with mean and (biased) variance of each row's last axis.
///
/// Ba, Kiros, Hinton: Layer normalization, 2016.
public struct LayerNormalization: Layer {
  public static let className = "LayerNormalization"
  public static let kind = "layer_normalization"

  public let epsilon: Float
  public let name: String?

  public init(epsilon: Float = 0.001, name: String? = nil) {
    self.epsilon = epsilon
    self.name = name
  }

  public func parameters(for input: Shape) -> [ParameterSpec] {
    [
      ParameterSpec("gamma", shape: [input.features], initializer: .ones),
      ParameterSpec("beta", shape: [input.features], initializer: .zeros),
    ]
  }

  /// Mean and 1 / sqrt(variance + epsilon) of each row.
  public func scratchCount(for input: Shape, rows: Int) -> Int { 2 * rows * input.count / input.features }

  public func forward(_ pass: ForwardPass) -> Double {
    let x = pass.flatInput
    let features = x.columns
    let second = AlignedBuffer.padded(features)
    Normalization.normalizeRows(
      x, epsilon: epsilon, gamma: pass.parameters[0..<features],
      beta: pass.parameters[second..<second + features], mean: pass.scratch[0..<x.rows],
      inverse: pass.scratch[x.rows..<2 * x.rows], into: pass.output.vector.matrix(rows: x.rows, columns: features))
    return 0
  }

  public func backward(_ pass: BackwardPass) {
    let x = pass.flatInput
    let features = x.columns
    let second = AlignedBuffer.padded(features)
    Normalization.normalizeRowsBackward(
      x, outputGradient: pass.outputGradient.readOnly.vector.matrix(rows: x.rows, columns: features),
      mean: pass.scratch.readOnly[0..<x.rows], inverse: pass.scratch.readOnly[x.rows..<2 * x.rows],
      gamma: pass.parameters[0..<features], gammaGradient: pass.parameterGradient[0..<features],
      betaGradient: pass.parameterGradient[second..<second + features],
      inputGradient: pass.inputGradient.map { $0.vector.matrix(rows: x.rows, columns: features) })
  }
}
