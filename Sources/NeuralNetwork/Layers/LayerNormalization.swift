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

  public var arguments: [LayerArgument] {
    [LayerArgument("epsilon", .number(Double(epsilon)))]
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    LayerNormalizationOperation(epsilon: epsilon, shape: inputs[0])
  }
}

/// Weight 0 is gamma, 1 beta.
struct LayerNormalizationOperation: Operation {
  let epsilon: Float
  let shape: Shape
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  /// Mean and 1 / sqrt(variance + epsilon) of each position.
  var kept: MemorySize { MemorySize(perRow: 2 * shape.count / shape.features) }
  var parameters: [ParameterSpec] {
    [
      ParameterSpec("gamma", shape: [shape.features], initializer: .ones),
      ParameterSpec("beta", shape: [shape.features], initializer: .zeros),
    ]
  }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0, features: shape.features)
    let kept = pass.kept
    Normalization.normalizeRows(
      x, epsilon: epsilon, gamma: pass.parameter(0), beta: pass.parameter(1), mean: kept[0..<x.rows],
      inverse: kept[x.rows..<2 * x.rows], into: pass.output(features: shape.features))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let x = pass.input(0, features: shape.features)
    let kept = pass.kept.readOnly
    Normalization.normalizeRowsBackward(
      x, outputGradient: pass.outputGradient(features: shape.features).readOnly, mean: kept[0..<x.rows],
      inverse: kept[x.rows..<2 * x.rows], gamma: pass.parameter(0), gammaGradient: pass.parameterGradient(0),
      betaGradient: pass.parameterGradient(1), inputGradient: pass.inputGradient(0, features: shape.features))
  }
}
