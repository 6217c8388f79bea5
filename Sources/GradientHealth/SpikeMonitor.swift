internal import Glibc

/// When a value is called a spike.
public struct SpikeThresholds: Sendable, Hashable {
  /// Steps over which the running mean and deviation forget.
  public var window: Int
  /// Deviations above the mean of the logarithms.
  public var z: Double
  /// A gradient norm or loss this many times the usual one needs only half of `z`: a noisy run has a large deviation.
  public var factor: Double
  /// The loss of a healthy row, however hard, in mean losses of a model that knows nothing yet. A row that a classifier is
  /// surely wrong about has up to 30 nats, 43 times ln 2; squared errors of heavy tails reach hundreds of the mean.
  public var hardRow: Double

  public init(window: Int = 200, z: Double = 8, factor: Double = 20, hardRow: Double = 50) {
    self.window = window
    self.z = z
    self.factor = factor
    self.hardRow = hardRow
  }
}

/// A step whose gradient or loss sticks out.
public struct Spike: Sendable, Hashable {
  public enum Series: String, Sendable, Hashable {
    case gradientNorm = "gradient norm"
    case loss
  }

  public let series: Series
  /// Deviations above the running mean of the logarithms, what a batch of few rows may show taken off.
  public let z: Double
  /// How many times the usual value of a batch of as many rows it is.
  public let factor: Double
}

/// What a step showed, and of how many rows.
public struct BatchFigures: Sendable, Hashable {
  /// Mean over the rows.
  public var loss: Double
  /// Of the mean gradient over the rows.
  public var gradientNorm: Double
  public var rows: Int
  /// Rows of a whole batch.
  public var batchSize: Int

  public init(loss: Double, gradientNorm: Double, rows: Int, batchSize: Int) {
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.rows = rows
    self.batchSize = batchSize
  }

  /// Whether it is the short batch at an epoch's end.
  public var isPartial: Bool { rows < batchSize }
}

/// Looks out for spikes: running mean and variance of the logarithms of the gradient's norm and of the loss.
///
/// Both forget exponentially over `window` steps. A value counts at most two deviations from the mean, so that a spike
/// does not hide the next one, and a lasting change of level is learnt within some hundred steps. No verdict in the
/// first ten steps; sterner thresholds in the first half window, whose deviation is hardly known.
///
/// A value is called a spike if it passes two tests.
/// 1. It is far from the usual by the running statistics. The mean over n rows has the noise of a whole batch of B rows
///    times sqrt(B / n), at most (where noise is all of it): a short batch has so much room, and needs `factor` too.
/// 2. One row, however hard, cannot explain it. A row of a healthy run (a rare class, a wrong label, a heavy tail) has a
///    loss and a gradient of up to some ten times what rows had when the run knew least, which `SpikeReference` tells;
///    in a mean over n rows it counts 1/n. So batches of 1 to 8 rows, and models that are certain of all other rows,
///    do not raise an alarm whenever a hard row comes.
///
/// Measured by `scripts/check-spikes`, which trains some hundred healthy models and some that spike; it prints how many
/// of each raise an alarm.
///
/// A pure function of what it has observed and of the reference. State: six numbers.
public struct SpikeMonitor: Sendable, Hashable {
  /// Where a value stands against those before it.
  private struct Standing {
    /// Of its logarithm from the mean.
    var distance: Double
    var deviation: Double
    /// The usual value.
    var usual: Double
    /// Values taken in, this one included.
    var count: Double
  }

  /// Mean and variance of a series' logarithms.
  private struct Running: Sendable, Hashable {
    var mean = 0.0
    var variance = 0.0
    var count = 0.0
    let floor: Double

    init(floor: Double) { self.floor = floor }

    /// Takes a value in; nil: the first, or nothing to take a logarithm of.
    mutating func observe(_ value: Double, window: Int) -> Standing? {
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
      let standing = Standing(distance: distance, deviation: deviation, usual: exp(mean), count: count)
      let limit = count > 10 ? 2 * deviation : .infinity
      let counted = min(max(distance, -limit), limit)
      let rate = max(2 / Double(window + 1), 1 / count)
      mean += rate * counted
      variance = (1 - rate) * (variance + rate * counted * counted)
      return standing
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
  ///
  /// - Parameter reference: asked only where a value sticks out.
  public mutating func observe(_ batch: BatchFigures, reference: () -> SpikeReference) -> Spike? {
    let byNorm = norm.observe(batch.gradientNorm, window: thresholds.window)
    let byLoss = loss.observe(batch.loss, window: thresholds.window)
    var levels: SpikeReference?
    func known() -> SpikeReference {
      let made = levels ?? reference()
      levels = made
      return made
    }
    if let byNorm, let candidate = candidate(.gradientNorm, byNorm, batch) {
      // Rows' gradients cancel in a mean over a batch: one row's may be sqrt(B) times the norm of the mean.
      let row = SpikeMonitor.level(known().gradientNorm, byNorm) * 4 * (10 + Double(batch.batchSize).squareRoot())
      if batch.gradientNorm > byNorm.usual + row / Double(batch.rows) { return candidate }
    }
    if let byLoss, let candidate = candidate(.loss, byLoss, batch) {
      let row = SpikeMonitor.level(known().loss, byLoss) * thresholds.hardRow
      if abs(batch.loss) > byLoss.usual + row / Double(batch.rows) { return candidate }
    }
    return nil
  }

  /// Without a history: as if the highest level was ten times the present one.
  private static func level(_ known: Double, _ standing: Standing) -> Double {
    known.isFinite ? max(known, standing.usual) : 10 * standing.usual
  }

  /// The value as a spike, if it is one by the running statistics.
  private func candidate(_ series: Spike.Series, _ standing: Standing, _ batch: BatchFigures) -> Spike? {
    guard standing.count > 10 else { return nil }
    let room = batch.isPartial ? 0.5 * log(Double(batch.batchSize) / Double(max(batch.rows, 1))) : 0
    let distance = standing.distance - room
    let (z, factor) = (distance / standing.deviation, exp(distance))
    // In the first steps the figures still go somewhere and the deviation is hardly known; of few rows it says little.
    let isEarly = 2 * standing.count <= Double(thresholds.window)
    let isFar: Bool =
      switch (series, batch.isPartial, isEarly) {
      case (.gradientNorm, true, _): z >= thresholds.z && factor >= thresholds.factor / 2
      case (.gradientNorm, false, true):
        z >= thresholds.z && factor >= thresholds.factor / 2 || z >= 2.5 && factor >= thresholds.factor
      case (.gradientNorm, false, false):
        z >= thresholds.z && factor >= 5 || z >= thresholds.z / 2 && factor >= thresholds.factor
      case (.loss, true, _): z >= thresholds.z && factor >= 5
      case (.loss, false, true):
        z >= 0.75 * thresholds.z && factor >= 5 || z >= thresholds.z / 2 && factor >= thresholds.factor
      case (.loss, false, false):
        z >= thresholds.z && factor >= 3 || z >= thresholds.z / 2 && factor >= thresholds.factor
      }
    return isFar ? Spike(series: series, z: z, factor: factor) : nil
  }
}
