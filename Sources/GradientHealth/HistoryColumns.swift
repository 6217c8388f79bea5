/// How two rows of a series become one that stands for both.
public enum MergeRule: Sendable {
  case mean
  /// Root of the mean square.
  case rootMeanSquare
  case minimum
  case maximum
  case sum

  /// Of values that stand for equally many steps, as neighbours of one level of the history do.
  @inline(__always)
  func merge(_ first: Double, _ second: Double) -> Double {
    switch self {
    case .mean: return (first + second) / 2
    case .rootMeanSquare: return ((first * first + second * second) / 2).squareRoot()
    // NaN stays NaN.
    case .minimum: return first.isNaN || second.isNaN ? .nan : min(first, second)
    case .maximum: return first.isNaN || second.isNaN ? .nan : max(first, second)
    case .sum: return first + second
    }
  }

  /// Of values that stand for `firstRows` and `secondRows` steps: means are weighted by them.
  public func merge(_ first: Double, _ firstRows: Int64, _ second: Double, _ secondRows: Int64) -> Double {
    let total = Double(firstRows + secondRows)
    switch self {
    case .mean: return (first * Double(firstRows) + second * Double(secondRows)) / total
    case .rootMeanSquare:
      return ((first * first * Double(firstRows) + second * second * Double(secondRows)) / total).squareRoot()
    case .minimum, .maximum, .sum: return merge(first, second)
    }
  }
}

/// What is known of every layer in a row of the history; one column of `/history` each.
public enum LayerColumn: Int, CaseIterable, Sendable {
  // The objective's gradient before clipping.
  case gradientMean, gradientStd, gradientRms, gradientMin, gradientMax, gradientAbsMax
  case gradientZeroFraction
  /// NaN and Inf in it, over all weights of the layer.
  case gradientNonfinite
  // The weights after the update, and the update; the ratio is that of their root mean squares.
  case weightMean, weightRms, updateRms, updateRatio
  /// Fraction of the outputs in the flat region of a saturating activation; NaN for layers without one.
  case saturatedFraction
  /// Fraction of a ReLU's units that are 0 for every row of the batch; NaN for layers without one.
  case deadFraction

  /// The dataset below `/history`.
  public var path: String {
    switch self {
    case .gradientMean: "gradient/mean"
    case .gradientStd: "gradient/std"
    case .gradientRms: "gradient/rms"
    case .gradientMin: "gradient/min"
    case .gradientMax: "gradient/max"
    case .gradientAbsMax: "gradient/abs_max"
    case .gradientZeroFraction: "gradient/zero_fraction"
    case .weightMean: "weight/mean"
    case .weightRms: "weight/rms"
    case .updateRms: "update/rms"
    case .updateRatio: "update/ratio"
    case .gradientNonfinite: "gradient/nonfinite"
    case .saturatedFraction: "activation/saturated_fraction"
    case .deadFraction: "activation/dead_fraction"
    }
  }

  public var merge: MergeRule {
    switch self {
    case .gradientMean, .gradientZeroFraction, .weightMean, .updateRatio, .saturatedFraction, .deadFraction: .mean
    case .gradientStd, .gradientRms, .weightRms, .updateRms: .rootMeanSquare
    case .gradientNonfinite: .sum
    case .gradientMin: .minimum
    case .gradientMax, .gradientAbsMax: .maximum
    }
  }
}

/// What is known of every step besides its layers.
public enum StepColumn: Int, CaseIterable, Sendable {
  /// The objective, penalties included, before the update; its largest value in the row; the penalties in it.
  case loss, lossMax, penalty
  case learningRate
  /// L2 norm of the whole gradient before clipping, its largest value in the row, and the norm after clipping.
  case gradientNorm, gradientNormMax, clippedNorm

  public var path: String {
    switch self {
    case .loss: "loss"
    case .lossMax: "loss_max"
    case .penalty: "penalty"
    case .learningRate: "learning_rate"
    case .gradientNorm: "gradient_norm"
    case .gradientNormMax: "gradient_norm_max"
    case .clippedNorm: "clipped_norm"
    }
  }

  public var merge: MergeRule {
    switch self {
    case .lossMax, .gradientNormMax: .maximum
    default: .mean
    }
  }
}
