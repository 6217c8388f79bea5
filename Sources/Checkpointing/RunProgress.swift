public import GradientHealth

/// Where a run stands: every counter and name that a checkpoint holds besides arrays.
public struct RunProgress: Sendable, Hashable {
  public var run: String
  /// Updates applied.
  public var step = 0
  /// Epochs completed, and updates applied in the current one.
  public var epoch = 0
  public var stepInEpoch = 0
  /// Rollbacks so far.
  public var attempt = 0
  public var seed: UInt64
  public var shards: Int
  public var batchSize: Int
  /// Batches of an update.
  public var accumulateSteps: Int
  /// Objective of the last step; NaN before the first.
  public var loss = Double.nan

  /// All epochs are done, or training ended early: nothing is left to do.
  public var isFinished = false

  /// Sum of the objective times rows over the current epoch, and those rows: for the epoch's mean.
  public var epochLossSum = 0.0
  public var epochRows = 0
  /// Sums over the epoch's measurements.
  public var noise = NoiseSample()

  public var optimizer: String
  public var learningRate = 0.0

  public var remedies = RemedyState()
  public var windows = LossWindows()
  public var earlyStopping = MonitorState()
  public var plateau = MonitorState()

  /// Fingerprints of training and validation data; empty: none.
  public var trainFingerprint = ""
  public var validationFingerprint = ""
  public var numericKernels = ""
  public var data = DataFigures()

  /// The newest step that a blow-up may have to go back to; nil: the run is over.
  ///
  /// Where trials start from; the start of the run while it has not learnt anything; else the last time that the loss was
  /// near its lowest.
  public var goodStep: Int? {
    if isFinished { return nil }
    if let probation = remedies.probation { return probation.goodStep }
    let hasLearnt = windows.best < 0.95 * data.constantLossAboveZero
    return step < LossWindows.fewSteps || step <= LossWindows.manySteps && !hasLearnt ? 0 : windows.goodStep
  }

  /// Rows of an update, but for the last of an epoch.
  public var updateRows: Int { batchSize * accumulateSteps }

  public init(
    run: String, seed: UInt64, shards: Int, batchSize: Int, accumulateSteps: Int = 1, optimizer: String
  ) {
    self.run = run
    self.seed = seed
    self.shards = shards
    self.batchSize = batchSize
    self.accumulateSteps = accumulateSteps
    self.optimizer = optimizer
  }
}

/// Numbers that a step remembers for the next one, besides weights and slots. In a run that trains, optimizer and spike
/// monitor have them; a snapshot takes them from there.
public struct StepMemory: Sendable, Hashable {
  /// What reduction on a plateau has made of the learning rate.
  public var learningRateFactor = 1.0
  /// Running scalars of the optimizer's chain; 1 where a transform has none.
  public var optimizerScalars: [Double] = []
  /// `SpikeMonitor.state`.
  public var spikeMonitor: [Double] = []

  public init() {}
}

/// What is remembered of a monitored figure between epochs.
public struct MonitorState: Sendable, Hashable {
  /// The best figure; NaN: none yet.
  public var best = Double.nan
  /// The epoch (from 1) it was seen after; 0: none.
  public var bestEpoch = 0
  /// Epochs since without improvement.
  public var wait = 0
  public var cooldown = 0

  public init() {}
}

/// Unbiased estimates from the shards of a step, or sums of them: the trace of the covariance of one row's gradient, and
/// the square of the norm of the gradient over all data.
public struct NoiseSample: Sendable, Hashable {
  public var trace: Double
  public var square: Double

  public init(trace: Double = 0, square: Double = 0) {
    self.trace = trace
    self.square = square
  }

  /// Rows of a batch whose gradient is as much signal as noise; NaN: not known.
  public var scale: Double { square > 0 && trace >= 0 ? trace / square : .nan }
}

/// The mean of the objective over an epoch.
public struct EpochRow: Sendable, Hashable {
  public var step: Int
  public var epoch: Int
  public var loss: Double
  /// In rows; NaN: not measured.
  public var gradientNoiseScale: Double

  public init(step: Int, epoch: Int, loss: Double, gradientNoiseScale: Double = .nan) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.gradientNoiseScale = gradientNoiseScale
  }
}

/// Validation figures after an epoch.
public struct ValidationRow: Sendable, Hashable {
  public var step: Int
  public var epoch: Int
  public var loss: Double
  /// One a metric of the recipe, in its order.
  public var metrics: [Double]

  public init(step: Int, epoch: Int, loss: Double, metrics: [Double]) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.metrics = metrics
  }
}

/// Something that happened to a run, as later checkpoints tell it.
public struct RecordedEvent: Sendable, Hashable {
  public var step: Int
  public var kind: String
  public var message: String

  public init(step: Int, kind: String, message: String) {
    self.step = step
    self.kind = kind
    self.message = message
  }
}
