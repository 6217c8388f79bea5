internal import Kernels

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, where mean and (biased) variance are those of a group of
/// consecutive channels over all positions of a sample.
///
/// Wu, He: Group normalization, 2018.
public struct GroupNormalization: Layer {
  public static let className = "GroupNormalization"
  public static let kind = "group_normalization"

  /// -1: each channel is a group, which is instance normalization.
  public let groups: Int
  public let epsilon: Float
  /// Whether there is a beta, and a gamma.
  public let center: Bool
  public let scale: Bool
  public let name: String?

  public init(
    groups: Int = 32, epsilon: Float = 0.001, center: Bool = true, scale: Bool = true, name: String? = nil
  ) {
    self.groups = groups
    self.epsilon = epsilon
    self.center = center
    self.scale = scale
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("groups", .integer(groups)), LayerArgument("epsilon", .number(Double(epsilon)))]
      + NormalizationWeights.arguments(center: center, scale: scale)
  }

  public var traits: LayerTraits { LayerTraits(role: .normalization) }
  public var masking: Masking { .passes }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let channels = inputs[0].features
    let groups = groups == -1 ? channels : groups
    guard groups > 0, channels % groups == 0 else {
      let fitting = (1...channels).filter { channels % $0 == 0 }.map(String.init)
      throw NetworkError(
        "group_normalization cannot cut \(channels) channels into \(groups) groups; groups may be -1 or "
          + (fitting.count > 8
            ? fitting.prefix(7).joined(separator: ", ") + ", ..., \(channels)" : fitting.joined(separator: ", ")))
    }
    return GroupNormalizationOperation(
      groups: groups, epsilon: epsilon, shape: inputs[0],
      weights: NormalizationWeights(
        features: channels, scales: scale, centers: center,
        scratchStart: ChannelNormalization.scratchCount(channels: channels)))
  }
}

struct GroupNormalizationOperation: Operation {
  let groups: Int
  let epsilon: Float
  let shape: Shape
  let weights: NormalizationWeights
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }
  /// Mean and 1 / sqrt(variance + epsilon) of each group.
  var kept: MemorySize { MemorySize(perRow: 2 * groups) }
  var scratch: MemorySize { MemorySize(fixed: weights.scratchStart + weights.scratchCount) }
  var parameters: [ParameterSpec] { weights.specs }

  func forward(_ pass: ForwardPass) -> Double {
    let count = pass.rows * groups
    ChannelNormalization.normalizeGroups(
      pass.input(0), groups: groups, epsilon: epsilon, gamma: weights.gamma(pass), beta: weights.beta(pass),
      mean: pass.kept[0..<count], inverse: pass.kept[count..<2 * count], into: pass.output, scratch: pass.scratch)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let count = pass.rows * groups
    ChannelNormalization.normalizeGroupsBackward(
      pass.input(0), outputGradient: pass.outputGradient.readOnly, groups: groups, mean: pass.kept.readOnly[0..<count],
      inverse: pass.kept.readOnly[count..<2 * count], gamma: weights.gamma(pass),
      gammaGradient: weights.gammaGradient(pass), betaGradient: weights.betaGradient(pass),
      inputGradient: pass.inputGradient(0), scratch: pass.scratch)
  }
}
