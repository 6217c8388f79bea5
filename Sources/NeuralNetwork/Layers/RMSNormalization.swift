internal import Kernels

/// y = scale x / sqrt(mean of x^2 + epsilon), each row's last axis by itself.
///
/// Zhang, Sennrich: Root mean square layer normalization, 2019.
public struct RMSNormalization: Layer {
  public static let className = "RMSNormalization"
  public static let kind = "rms_normalization"

  public let epsilon: Float
  public let name: String?

  public init(epsilon: Float = 1e-6, name: String? = nil) {
    self.epsilon = epsilon
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("epsilon", .number(Double(epsilon)))]
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }
  /// Keras' layer loses it.
  public var masking: Masking { .ends }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    RMSNormalizationOperation(epsilon: epsilon, shape: inputs[0])
  }
}

struct RMSNormalizationOperation: Operation {
  let epsilon: Float
  let shape: Shape
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  /// 1 / sqrt(mean of x^2 + epsilon) of each position.
  var kept: MemorySize { MemorySize(perRow: shape.count / shape.features) }
  var parameters: [ParameterSpec] { [ParameterSpec("scale", shape: [shape.features], initializer: .ones)] }

  func forward(_ pass: ForwardPass) -> Double {
    ChannelNormalization.normalizeRMS(
      pass.input(0, features: shape.features), epsilon: epsilon, scale: pass.parameter(0), inverse: pass.kept,
      into: pass.output(features: shape.features))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    ChannelNormalization.normalizeRMSBackward(
      pass.input(0, features: shape.features), outputGradient: pass.outputGradient(features: shape.features).readOnly,
      inverse: pass.kept.readOnly, scale: pass.parameter(0), scaleGradient: pass.parameterGradient(0),
      inputGradient: pass.inputGradient(0, features: shape.features))
  }
}
