internal import Kernels

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta with mean and (biased) variance of each row's last axis.
///
/// Ba, Kiros, Hinton: Layer normalization, 2016.
public struct LayerNormalization: Layer {
  public static let className = "LayerNormalization"
  public static let kind = "layer_normalization"

  public let epsilon: Float
  /// Whether there is a beta, and a gamma.
  public let center: Bool
  public let scale: Bool
  public let name: String?

  public init(epsilon: Float = 0.001, center: Bool = true, scale: Bool = true, name: String? = nil) {
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("epsilon", .number(Double(epsilon)))]
      + NormalizationWeights.arguments(center: center, scale: scale)
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    LayerNormalizationOperation(
      epsilon: epsilon, shape: inputs[0],
      weights: NormalizationWeights(features: inputs[0].features, scales: scale, centers: center))
  }
}

struct LayerNormalizationOperation: Operation {
  let epsilon: Float
  let shape: Shape
  let weights: NormalizationWeights
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  /// Mean and 1 / sqrt(variance + epsilon) of each position.
  var kept: MemorySize { MemorySize(perRow: 2 * shape.count / shape.features) }
  var scratch: MemorySize { MemorySize(fixed: weights.scratchCount) }
  var parameters: [ParameterSpec] { weights.specs }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0, features: shape.features)
    let kept = pass.kept
    Normalization.normalizeRows(
      x, epsilon: epsilon, gamma: weights.gamma(pass), beta: weights.beta(pass), mean: kept[0..<x.rows],
      inverse: kept[x.rows..<2 * x.rows], into: pass.output(features: shape.features))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let x = pass.input(0, features: shape.features)
    let kept = pass.kept.readOnly
    Normalization.normalizeRowsBackward(
      x, outputGradient: pass.outputGradient(features: shape.features).readOnly, mean: kept[0..<x.rows],
      inverse: kept[x.rows..<2 * x.rows], gamma: weights.gamma(pass), gammaGradient: weights.gammaGradient(pass),
      betaGradient: weights.betaGradient(pass), inputGradient: pass.inputGradient(0, features: shape.features))
  }
}
