internal import Glibc

/// The learning rate as a pure function of the updates applied so far, with Keras' arguments and formulas.
public enum LearningRateSchedule: Sendable, Hashable {
  case constant(Double)
  /// initial * rate^(t / steps); staircase: the exponent's floor.
  case exponentialDecay(initial: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false)
  /// Half a cosine from initial down to alpha * initial; with warmup, a line from initial to target first.
  /// Loshchilov, Hutter: SGDR, 2017.
  case cosineDecay(
    initial: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil, warmupSteps: Int = 0)
  /// values[i] for boundaries[i-1] < t <= boundaries[i].
  case piecewiseConstantDecay(boundaries: [Int], values: [Double])
  /// (initial - end)(1 - t / steps)^power + end; cycle: steps stretched to the next multiple past t.
  case polynomialDecay(
    initial: Double, decaySteps: Int, end: Double = 0.0001, power: Double = 1, cycle: Bool = false)
  /// Constant here; `PlateauReduction` multiplies it down between epochs.
  case reduceOnPlateau(PlateauReduction)
  /// A line from `start` to `target` over `steps` updates, then `schedule`, whose own steps count from there.
  /// Goyal and others: Accurate, large minibatch SGD, 2017, section 2.2.
  indirect case warmup(steps: Int, from: Double = 0, to: Double, then: LearningRateSchedule)

  /// The rate of the update after `iterations` updates.
  public func rate(iterations: Int) -> Double {
    let t = Double(iterations)
    switch self {
    case .constant(let rate): return rate
    case .exponentialDecay(let initial, let decaySteps, let decayRate, let staircase):
      let exponent = t / Double(decaySteps)
      return initial * pow(decayRate, staircase ? exponent.rounded(.down) : exponent)
    case .cosineDecay(let initial, let decaySteps, let alpha, let warmupTarget, let warmupSteps):
      if let warmupTarget {
        return LearningRateSchedule.warmup(
          steps: warmupSteps, from: initial, to: warmupTarget,
          then: .cosineDecay(initial: warmupTarget, decaySteps: decaySteps, alpha: alpha)
        ).rate(iterations: iterations)
      }
      let done = min(t, Double(decaySteps)) / Double(decaySteps)
      return initial * ((1 - alpha) * 0.5 * (1 + cos(.pi * done)) + alpha)
    case .piecewiseConstantDecay(let boundaries, let values):
      let index = boundaries.firstIndex { iterations <= $0 } ?? boundaries.count
      return values[index]
    case .polynomialDecay(let initial, let decaySteps, let end, let power, let cycle):
      var steps = Double(decaySteps)
      var position = t
      if cycle {
        steps *= t == 0 ? 1 : (t / steps).rounded(.up)
      } else {
        position = min(t, steps)
      }
      return (initial - end) * pow(1 - position / steps, power) + end
    case .reduceOnPlateau(let reduction): return reduction.initial
    case .warmup(let steps, let start, let target, let schedule):
      if iterations < steps { return start + (target - start) * t / Double(steps) }
      return schedule.rate(iterations: iterations - steps)
    }
  }

  /// Updates of the rise at the beginning; 0: there is none.
  public var warmupSteps: Int {
    switch self {
    case .warmup(let steps, _, _, _): steps
    case .cosineDecay(_, _, _, let target, let steps): target == nil ? 0 : steps
    default: 0
    }
  }

  /// The reduction on plateaus, which another schedule may lead up to; nil: there is none.
  public var plateau: PlateauReduction? {
    switch self {
    case .reduceOnPlateau(let reduction): reduction
    case .warmup(_, _, _, let schedule): schedule.plateau
    default: nil
    }
  }
}

/// Keras' ReduceLROnPlateau: the rate times `factor` when the monitored figure has not improved for `patience` epochs.
public struct PlateauReduction: Sendable, Hashable {
  public var initial: Double
  public var monitor: String
  public var factor: Double
  public var patience: Int
  public var minDelta: Double
  public var cooldown: Int
  public var minLearningRate: Double

  public init(
    initial: Double, monitor: String = "validation_loss", factor: Double = 0.1, patience: Int = 10,
    minDelta: Double = 1e-4, cooldown: Int = 0, minLearningRate: Double = 0
  ) {
    self.initial = initial
    self.monitor = monitor
    self.factor = factor
    self.patience = patience
    self.minDelta = minDelta
    self.cooldown = cooldown
    self.minLearningRate = minLearningRate
  }
}
