public import Datasets
public import NeuralNetwork
public import Optimizers

/// A run, completely described: what a recipe says, and what a Swift program may say without one.
public struct TrainingConfiguration: Sendable {
  /// The run's name; its directory is called so.
  public var name: String
  public var description = ""
  public var tags: [String] = []
  /// Every random number of the run follows from it.
  public var seed: UInt64 = 0

  public var data: DataConfiguration
  /// From input to output, each with what it reads.
  public var layers: [ListedLayer]
  /// Weights to start from: a checkpoint, or a file of Keras; see `InitialWeights`.
  public var initialWeights: String?
  /// What is made of fresh weights before the first step; nil: they stay as the layers' initializers draw them.
  public var initialization: Initialization?
  public var loss: any Loss
  public var metrics: [any Metric] = []
  public var optimizer: Optimizer

  public var epochs = 1
  /// Rows that are computed at a time.
  public var batchSize = 32
  /// Batches whose gradients are added up before the weights are updated; positive.
  public var accumulateSteps = 1
  /// Whether each epoch has an order of its own, from (seed, epoch, attempt).
  public var shuffle = true
  /// Threads; nil: processors that this process may use. Belongs to the machine, not to the run.
  public var workers: Int?
  /// Logical shards of a batch; nil: as many as workers at the first start, then kept.
  public var shards: Int?
  public var earlyStopping: EarlyStopping?
  /// What is evaluated and used instead of the weights that are trained; nil: these themselves.
  public var averageWeights: WeightAveraging?
  public var checkpoints = CheckpointConfiguration()
  public var history = HistoryConfiguration()
  public var health = HealthConfiguration()
  /// Whether event files for TensorBoard are written.
  public var tensorboard = true

  /// Rows of an update, which is a step.
  public var updateRows: Int { batchSize * accumulateSteps }

  public enum Initialization: String, Sendable, Hashable, CaseIterable {
    /// Layer-sequential unit variance: see `UnitVariance`.
    case lsuv
  }

  /// A network whose layers each read the one before.
  public init(
    name: String, data: DataConfiguration, layers: [any Layer], loss: any Loss, optimizer: Optimizer
  ) {
    self.init(
      name: name, data: data, layers: layers.map { ListedLayer($0) }, loss: loss, optimizer: optimizer)
  }

  public init(
    name: String, data: DataConfiguration, layers: [ListedLayer], loss: any Loss, optimizer: Optimizer
  ) {
    self.name = name
    self.data = data
    self.layers = layers
    self.loss = loss
    self.optimizer = optimizer
  }
}

public struct DataConfiguration: Sendable, Hashable {
  public enum Validation: Sendable, Hashable {
    case none
    /// Rows held back from the training source, chosen from the seed; 0 < fraction < 1.
    case fraction(Double)
    /// The fold of that number, from 1, of so many that the rows of the training source are dealt into: see `Folds`.
    case fold(Int, of: Int)
    case source(DataSource)

    /// How many of the training source's rows are held back; nil: none.
    var held: HeldPart? {
      switch self {
      case .fraction(let fraction): .fraction(fraction)
      case .fold(let number, let count): .fold(number, of: count)
      case .none, .source: nil
      }
    }
  }

  public var train: DataSource
  public enum OnBadRow: String, Sendable, Hashable, CaseIterable {
    case refuse, skip
  }

  public var validation: Validation
  /// How rows that are held back are chosen; nil: a fraction of a table with classes, and folds of whatever has one target
  /// of classes, stratified; else at random.
  public var splitRule: SplitRule?
  public var scaling: ScalingMethod
  /// What columns of the tables are.
  public var columns: [DeclaredColumn] = []
  /// What is done to the columns of the features, in this order.
  public var columnRules: [any ColumnRule] { scaling.rules }
  /// What happens to rows that hold NaN or Inf.
  public var onBadRow = OnBadRow.refuse
  /// Rows of the training source, from 0, that are left out before anything else is done with them.
  public var skippedRows: [Int] = []
  /// What the classes of the training rows count for; nil: all alike.
  public var classWeights: ClassWeights?
  /// What the objective of rows that have weights is divided by.
  public var lossDivisor = LossDivisor.weights
  /// Memory for samples, in millions of bytes; nil: 2000. HDF5 data that need more are read by chunks.
  public var bufferMegabytes: Double?

  /// Memory for samples, in bytes.
  public var buffer: Int { bufferMegabytes.map { Int(min($0, 1e9) * 1e6) } ?? DataSource.defaultBuffer }

  public init(train: DataSource, validation: Validation = .none, scaling: ScalingMethod = .none) {
    self.train = train
    self.validation = validation
    self.scaling = scaling
  }
}

/// A running average of the weights.
public enum WeightAveraging: Sendable, Hashable {
  /// Exponential, with this decay after each update: 0 < decay < 1. Keras' `use_ema` and `ema_momentum`.
  case ema(Double)
}

/// Ends training when a monitored figure no longer improves. Keras' EarlyStopping.
public struct EarlyStopping: Sendable, Hashable {
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Lower is better for losses and errors, higher for the other metrics.
    case auto, min, max
  }

  /// `validation_loss`, `loss` or `validation_<metric>`.
  public var monitor: String
  /// Epochs without improvement after which training ends.
  public var patience: Int
  /// An improvement is larger than this.
  public var minDelta: Double
  public var mode: Mode
  /// Whether the weights of the best epoch are put back at the end.
  public var restoreBest: Bool

  public init(
    monitor: String = "validation_loss", patience: Int = 0, minDelta: Double = 0, mode: Mode = .auto,
    restoreBest: Bool = false
  ) {
    self.monitor = monitor
    self.patience = patience
    self.minDelta = minDelta
    self.mode = mode
    self.restoreBest = restoreBest
  }
}

/// When checkpoints are written and which ones stay.
public struct CheckpointConfiguration: Sendable, Hashable {
  public enum OnDiskFull: String, Sendable, Hashable, CaseIterable {
    case `continue`, wait, stop
  }

  public struct KeepBest: Sendable, Hashable {
    public var monitor: String
    public var count: Int

    public init(monitor: String = "validation_loss", count: Int = 1) {
      self.monitor = monitor
      self.count = count
    }
  }

  /// nil: not by this measure.
  public var everySteps: Int?
  public var everyEpochs: Int? = 1
  public var everySeconds: Double? = 300
  public var keepLast = 3
  public var keepBest: KeepBest?
  /// Checkpoints at multiples of this many steps stay for good.
  public var keepEvery: Int?
  public var onDiskFull = OnDiskFull.continue

  public init() {}
}

public struct HistoryConfiguration: Sendable, Hashable {
  /// 0: no history.
  public var everySteps = 1
  /// Newest rows kept at full resolution.
  public var rows = 4096
  /// 0: never.
  public var fullGradientsEverySteps = 0

  public init() {}
}

/// What happens at a non-finite loss or gradient.
public struct HealthConfiguration: Sendable {
  public enum OnBlowup: String, Sendable, Hashable, CaseIterable {
    case rollback, skip, halt
  }

  public enum OnSpike: String, Sendable, Hashable, CaseIterable {
    case warn, skip, rollback
  }

  /// What recovery may change without being asked.
  public enum Intervention: String, Sendable, Hashable, CaseIterable {
    case clip
    case learningRate = "learning_rate"
    case skipRows = "skip_rows"
    case redraw, optimizer
  }

  /// One remedy: what is changed against the settings before the blow-up.
  public struct Rung: Sendable {
    public enum Clip: Sendable, Hashable {
      /// To the norm that 90 % of the healthy steps stayed under; while there are fewer than 100, to 1, and to 10 where
      /// the rate is lowered too.
      case automatic
      case norm(Double)
    }

    /// Clips the whole gradient; nil: leaves clipping as it is.
    public var clip: Clip?
    /// Multiplies the learning rate.
    public var learningRate = 1.0
    /// Leaves out rows whose gradients are out of all proportion; passed over where there are none.
    public var skipRows = false
    /// Draws the weights anew, with initializers that suit; passed over where they suit already or have learnt.
    public var redraw = false
    /// Takes the place of the recipe's optimizer; nil: leaves it.
    public var optimizer: Optimizer?
    /// Puts the optimizer's slots to their first values.
    public var resetMoments = false
    /// Batches to leave out after going back.
    public var skipBatches = 0
    /// Checkpoints to go back further than the newest good one.
    public var goBack = 0

    public init(clip: Clip? = nil, learningRate: Double = 1, skipRows: Bool = false, redraw: Bool = false) {
      self.clip = clip
      self.learningRate = learningRate
      self.skipRows = skipRows
      self.redraw = redraw
    }
  }

  public var onBlowup = OnBlowup.rollback
  public var maxRollbacks = 20
  /// Updates in a row that may be left out.
  public var maxSkips = 3
  /// Tried in this order, each from the same good state, until one reaches the goal.
  public var ladder: [Rung]
  /// nil: clip, learning rate and rows; all in the first 100 steps.
  public var may: Set<Intervention>?
  public var onSpike = OnSpike.warn

  public init() {
    var adam = Rung()
    adam.optimizer = .adam(learningRate: .constant(0.01), clipping: .globalNorm(1))
    ladder =
      [Rung(skipRows: true), Rung(redraw: true), Rung(clip: .automatic)]
      + [0.1, 0.01, 0.001, 0.0001].map { Rung(clip: .automatic, learningRate: $0) } + [adam, Rung(clip: .norm(1000))]
  }
}
