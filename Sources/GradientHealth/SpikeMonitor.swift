internal import Glibc

/// When a value is called a spike.
public struct SpikeThresholds: Sendable, Hashable {
  /// Steps over which the running mean and deviation forget.
  public var window: Int
  /// Deviations above the mean of the logarithms.
  public var z: Double
  /// A gradient norm this many times the usual one needs only half of `z`: a noisy run has a large deviation.
  public var factor: Double

  public init(window: Int = 200, z: Double = 8, factor: Double = 20) {
    self.window = window
    self.z = z
    self.factor = factor
  }
}

/// A step whose gradient or loss sticks out.
public struct Spike: Sendable, Hashable {
  public enum Series: String, Sendable, Hashable {
    case gradientNorm = "gradient norm"
    case loss
  }

  public let series: Series
  /// Deviations above the running mean of the logarithms.
  public let z: Double
  /// How many times the usual value it is.
  public let factor: Double
}

/// Looks out for spikes: running mean and variance of the logarithms of the gradient's norm and of the loss.
///
/// Both forget exponentially over `window` steps. A value counts at most two deviations from the mean, so that a spike
/// does not hide the next one, and a lasting change of level is learnt within some hundred steps. No verdict in the
/// first half window.
///
/// Measured on the article's recipes and `digits`, `letter`, `breast-cancer` (60 epochs, batches of 32): deviation of the
/// log norm 0.1 to 0.8; largest z of the norm 2.7 to 4.1 and largest factor 2 to 12; largest z of the loss 1.1 to 6.6.
/// Forty other healthy models: z up to 5.6, two norms above 20 times the usual one. A norm 30 times the usual one has
/// z = 4 to 34 there, so z alone cannot tell it from noise in every run: hence `factor`.
///
/// A pure function of what it has observed. State: six numbers.
public struct SpikeMonitor: Sendable, Hashable {
  /// Mean and variance of a series' logarithms.
  private struct Running: Sendable, Hashable {
    var mean = 0.0
    var variance = 0.0
    var count = 0.0
    let floor: Double

    init(floor: Double) { self.floor = floor }

    /// Deviations above the mean and how many times the usual value; nil: too early, or nothing to take a logarithm of.
    mutating func observe(_ value: Double, window: Int) -> (z: Double, factor: Double)? {
      guard value.isFinite, value != 0 else { return nil }
      let logarithm = log(abs(value))
      count += 1
      if count == 1 {
        mean = logarithm
        variance = floor * floor
        return nil
      }
      let deviation = max(variance.squareRoot(), floor)
      let distance = logarithm - mean
      let isKnown = 2 * count > Double(window)
      let limit = count > 10 ? 2 * deviation : .infinity
      let counted = min(max(distance, -limit), limit)
      let rate = max(2 / Double(window + 1), 1 / count)
      mean += rate * counted
      variance = (1 - rate) * (variance + rate * counted * counted)
      return isKnown ? (distance / deviation, exp(distance)) : nil
    }
  }

  public let thresholds: SpikeThresholds
  private var norm = Running(floor: 0.1)
  private var loss = Running(floor: 0.05)

  public init(_ thresholds: SpikeThresholds = SpikeThresholds()) { self.thresholds = thresholds }

  /// Numbers that `init(_:state:)` goes on from, for a checkpoint.
  public var state: [Double] { [norm.mean, norm.variance, norm.count, loss.mean, loss.variance, loss.count] }

  /// A monitor that goes on where another stood; a fresh one if `state` is none.
  public init(_ thresholds: SpikeThresholds, state: [Double]) {
    self.init(thresholds)
    guard state.count == 6, state.allSatisfy(\.isFinite), state[1] >= 0, state[4] >= 0 else { return }
    (norm.mean, norm.variance, norm.count) = (state[0], state[1], state[2])
    (loss.mean, loss.variance, loss.count) = (state[3], state[4], state[5])
  }

  /// Takes a step's figures in. Values that are not finite are no spikes but blow-ups, and change nothing.
  public mutating func observe(loss value: Double, gradientNorm: Double) -> Spike? {
    let byNorm = norm.observe(gradientNorm, window: thresholds.window)
    let byLoss = loss.observe(value, window: thresholds.window)
    if let byNorm {
      let isFar = byNorm.z >= thresholds.z / 2 && byNorm.factor >= thresholds.factor
      if byNorm.z >= thresholds.z || isFar {
        return Spike(series: .gradientNorm, z: byNorm.z, factor: byNorm.factor)
      }
    }
    if let byLoss, byLoss.z >= thresholds.z {
      return Spike(series: .loss, z: byLoss.z, factor: byLoss.factor)
    }
    return nil
  }
}
