// The table of all columns. A new one is a case, its line of facts, and the code that computes it
// (`HistoryRecorder`; a step's, `StepOutcome.visit`).

/// What is known of every step as a whole.
public enum StepColumn: Int, CaseIterable, Sendable {
  /// The objective, penalties included, before the update; its largest value in the row; the penalties in it.
  case loss, lossMax, penalty
  case learningRate
  /// L2 norm of the whole gradient before clipping, its largest value in the row, and the norm after clipping.
  case gradientNorm, gradientNormMax, clippedNorm

  public var facts: HistoryColumn {
    switch self {
    case .loss: .step("loss", .mean, tag: "loss/train")
    case .lossMax: .step("loss_max", .maximum, tag: "loss/train_max")
    case .penalty: .step("penalty", .mean, tag: "loss/penalty")
    // Who looks on wants the rate that the run is at.
    case .learningRate: .step("learning_rate", .mean, running: .last)
    case .gradientNorm: .step("gradient_norm", .mean, tag: "gradient_norm/mean")
    case .gradientNormMax: .step("gradient_norm_max", .maximum, tag: "gradient_norm/max")
    case .clippedNorm: .step("clipped_norm", .mean, tag: "gradient_norm/clipped")
    }
  }
}

/// What is known of every kernel in a step; see `GradientHistory.layers`.
public enum KernelColumn: Int, CaseIterable, Sendable {
  // The objective's gradient before clipping.
  case gradientMean, gradientStd, gradientRms, gradientMin, gradientMax, gradientAbsMax
  case gradientZeroFraction
  /// NaN and Inf in it, the weights that belong to the kernel (its bias) included.
  case gradientNonfinite
  // The weights after the update, and the update; the ratio is that of their root mean squares.
  case weightMean, weightRms, updateRms, updateRatio
  /// Fraction of the outputs in the flat region of a saturating activation; NaN for layers without one.
  case saturatedFraction
  /// Fraction of a ReLU's units that are 0 for every row of the batch; NaN for layers without one.
  case deadFraction

  public var facts: HistoryColumn {
    switch self {
    case .gradientMean: .kernel("gradient/mean", "gradient_mean", .mean, heading: "mean gradient")
    case .gradientStd: .kernel("gradient/std", "gradient_std", .rootMeanSquare)
    case .gradientRms: .kernel("gradient/rms", "gradient_rms", .rootMeanSquare, heading: "gradient rms")
    case .gradientMin: .kernel("gradient/min", "gradient_min", .minimum)
    case .gradientMax: .kernel("gradient/max", "gradient_max", .maximum)
    case .gradientAbsMax: .kernel("gradient/abs_max", "gradient_abs_max", .maximum, heading: "largest gradient")
    case .gradientZeroFraction: .kernel("gradient/zero_fraction", "gradient_zero_fraction", .mean, .fraction)
    case .gradientNonfinite: .kernel("gradient/nonfinite", "gradient_nonfinite", .sum)
    case .weightMean: .kernel("weight/mean", "weight_mean", .mean, heading: "mean weight")
    case .weightRms: .kernel("weight/rms", "weight_rms", .rootMeanSquare, heading: "weight rms")
    case .updateRms: .kernel("update/rms", "update_rms", .rootMeanSquare)
    case .updateRatio: .kernel("update/ratio", "update_ratio", .mean, heading: "update / weights")
    case .saturatedFraction:
      .kernel("activation/saturated_fraction", "saturated_fraction", .mean, .fractionOrNone, heading: "saturated")
    case .deadFraction:
      .kernel("activation/dead_fraction", "dead_fraction", .mean, .fractionOrNone, heading: "dead units")
    }
  }

  /// Those of the running series.
  public static let running = allCases.filter { $0.facts.heading != nil }
}

/// What is known of a layer in a step along an axis of its own.
public enum SeriesColumn: Int, CaseIterable, Sendable {
  /// Root mean square over batch and units of the gradient that reaches a recurrent layer's state after each time.
  case throughTime
  /// Fraction of a recurrent layer's gate values in the flat region of their activation.
  case gateSaturation
  /// The largest scaled score of an attention head before the softmax, and the mean entropy of its weights, in nats.
  case largestLogit, attentionEntropy

  public var facts: HistoryColumn {
    switch self {
    case .throughTime: .series("through_time", "through_time", .rootMeanSquare, axis: "times")
    case .gateSaturation: .series("gates/saturated_fraction", "gate_saturated_fraction", .mean, axis: "gates")
    case .largestLogit: .series("attention/largest_logit", "attention_largest_logit", .maximum, axis: "heads")
    case .attentionEntropy: .series("attention/entropy", "attention_entropy", .mean, axis: "heads")
    }
  }
}

/// A layer's column along an axis.
public struct HistorySeries: Sendable, Hashable {
  public let column: SeriesColumn
  public let layer: String
  /// Where on the axis each number of a row stands.
  public let positions: [Int64]

  public init(_ column: SeriesColumn, layer: String, positions: [Int64]) {
    self.column = column
    self.layer = layer
    self.positions = positions
  }
}
