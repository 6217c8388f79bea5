internal import Checkpointing
internal import GradientHealth
internal import Kernels

/// What became of a step's update.
enum Disposition {
  /// Applied; loss and gradient were finite, and the weights are such as training makes.
  case applied
  /// Not applied, since loss or gradient is not finite: the weights are as they were.
  case withheldNonFinite
  /// Not applied, since the step is a spike and the recipe says to keep those from the weights.
  case withheldSpike
  /// Applied: loss and gradient were finite, but what the weights have become is not such as training makes. They, the
  /// optimizer's state or the learning rate were not good.
  case appliedToPoisoned
}

/// What a step's shards and tiles come to, taken together in the order of their numbers.
struct StepSums {
  /// The loss and the penalties, mean over the batch.
  var loss = 0.0
  var penalty = 0.0
  /// Sum of squares of the objective's whole gradient.
  var gradientSquare = 0.0
  /// NaN and Inf in the gradient.
  var nonfinite = 0
  /// Rows of this batch and of a whole one.
  var rows = 0
  var batchSize = 0
}

/// What one step came to.
struct StepOutcome {
  /// The objective: loss and penalties, mean over the batch, before the update.
  var objective = 0.0
  /// The penalties in it.
  var penalty = 0.0
  /// L2 norm of the objective's whole gradient before and after clipping; the latter NaN where no update is applied.
  var gradientNorm = 0.0
  var clippedNorm = Double.nan
  var learningRate = 0.0
  /// NaN and Inf in the gradient.
  var nonfinite = 0
  /// A sudden rise of loss or gradient; nil: none.
  var spike: Spike?
  /// nil: not measured in this step.
  var noise: NoiseSample?
  var disposition = Disposition.withheldNonFinite

  var isHealthy: Bool { disposition == .applied }
}

/// Whether a step's update may reach the weights, and whether it left them good. Figures in, outcome out.
enum Verdict {
  /// Asked before the update. The outcome says `applied` where the update is to be applied.
  ///
  /// - Parameters:
  ///   - withholdsSpikes: whether a spike's update is kept from the weights.
  ///   - spike: whether the figures are a spike; asked of finite ones only.
  @inline(__always)
  static func beforeUpdate(
    _ sums: StepSums, withholdsSpikes: Bool, spike: (BatchFigures) -> Spike?
  ) -> StepOutcome {
    var outcome = StepOutcome()
    outcome.penalty = sums.penalty
    outcome.nonfinite = sums.nonfinite
    outcome.objective = sums.loss + sums.penalty
    outcome.gradientNorm = sums.gradientSquare.squareRoot()
    guard outcome.objective.isFinite && outcome.nonfinite == 0 else { return outcome }
    outcome.spike = spike(
      BatchFigures(
        loss: outcome.objective, gradientNorm: outcome.gradientNorm, rows: sums.rows, batchSize: sums.batchSize))
    outcome.disposition = withholdsSpikes && outcome.spike != nil ? .withheldSpike : .applied
    return outcome
  }

  /// Asked after the update.
  ///
  /// - Parameter areWeightsSane: in every process. Not looked at where nothing was applied.
  static func afterUpdate(_ disposition: Disposition, areWeightsSane: Bool) -> Disposition {
    disposition == .applied && !areWeightsSane ? .appliedToPoisoned : disposition
  }

  /// Whether a tile's weights are such as training makes: finite, and below 10^15, where a flipped exponent bit shows.
  static func isSane(_ statistics: UpdateStatistics) -> Bool { statistics.weightSquareSum < 1e30 }

  /// The same of weights that are at hand.
  static func isSane(_ weights: Vector) -> Bool {
    (0..<weights.count).allSatisfy { abs(weights.base[$0]) < 1e15 }
  }
}
