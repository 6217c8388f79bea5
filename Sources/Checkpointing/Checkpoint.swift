internal import Files
internal import GradientHealth
public import HDF5Storage

/// A checkpoint opened for reading: verified first, then decoded piece by piece.
public struct Checkpoint: Sendable {
  public let path: String
  public let trailer: CheckpointTrailer
  public let progress: RunProgress
  public let stepMemory: StepMemory
  public let recipe: String
  public let file: HDF5File

  /// One row of the model table.
  public struct LayerSummary: Sendable, Hashable {
    public let name: String
    public let className: String
    public let outputShape: [Int]
    /// Names of its weights: `kernel`, `bias`, ...
    public let weights: [String]
    public let parameters: Int
  }

  /// Reads and verifies a file; nothing unverified reaches libhdf5.
  ///
  /// - Throws: `CheckpointError`, `HDF5Error`.
  public init(verifying path: String) throws {
    // The trailer first: no memory is asked for what cannot be a checkpoint.
    _ = try CheckpointTrailer(screening: path, digest: false)
    let bytes: [UInt8]
    do {
      bytes = try FileContents.read(path)
    } catch {
      throw CheckpointError(.missing, "\(error)")
    }
    try self.init(verifying: bytes, path: path)
  }

  /// Verifies what was read from `path`, perhaps on another machine.
  ///
  /// - Throws: `CheckpointError`, `HDF5Error`.
  public init(verifying bytes: [UInt8], path: String) throws {
    self.path = path
    trailer = try CheckpointTrailer(verifying: bytes, name: path)
    file = try bytes.withUnsafeBytes {
      try HDF5File(image: UnsafeRawBufferPointer(rebasing: $0[0..<bytes.count - CheckpointTrailer.size]), name: path)
    }
    let root = file.root
    guard try root.stringAttribute("format") == CheckpointLayout.format else {
      throw CheckpointError(.damaged, "\(path): not a Cairn checkpoint")
    }
    let version = try root.integer("format_version", in: CheckpointRange.counts)
    guard version <= CheckpointLayout.formatVersion else {
      throw CheckpointError(
        .unsuitable,
        "\(path): has format version \(version); this program reads up to \(CheckpointLayout.formatVersion): use a newer Cairn"
      )
    }
    progress = try Checkpoint.progress(root)
    stepMemory = try Checkpoint.stepMemory(root)
    recipe = try root.dataset("recipe").readString()
    guard progress.step == trailer.step,
      try root.integer("healthy", in: CheckpointRange.flag) == (trailer.isHealthy ? 1 : 0)
    else { throw CheckpointError(.damaged, "\(path): trailer and image say different steps or health") }
  }

  private static func progress(_ root: HDF5Group) throws -> RunProgress {
    let (steps, counts) = (CheckpointRange.steps, CheckpointRange.counts)
    let optimizer = try root.group("optimizer")
    let data = try root.group("data")
    let trainer = try root.group("trainer")
    var progress = RunProgress(
      run: try root.stringAttribute("run"), seed: UInt64(bitPattern: try root.attribute("seed", as: Int64.self)),
      shards: try root.integer("shards", in: CheckpointRange.shards),
      batchSize: try root.integer("batch_size", in: CheckpointRange.batchSize),
      accumulateSteps: try root.hasAttribute("accumulate_steps")
        ? root.integer("accumulate_steps", in: CheckpointRange.batchSize) : 1,
      optimizer: try optimizer.stringAttribute("name"))
    progress.step = try root.integer("step", in: steps)
    progress.epoch = try root.integer("epoch", in: counts)
    progress.stepInEpoch = try root.integer("step_in_epoch", in: counts)
    progress.attempt = try root.integer("attempt", in: counts)
    progress.isFinished = try root.integer("finished", in: CheckpointRange.flag) == 1
    progress.loss = try root.number("loss")
    progress.numericKernels = try root.stringAttribute("numeric_kernels")
    progress.learningRate = try optimizer.number("learning_rate")
    progress.trainFingerprint = try data.stringAttribute("train_fingerprint")
    progress.validationFingerprint = try data.stringAttribute("validation_fingerprint")
    for (name, path) in DataFigures.named where try data.hasAttribute(name) {
      progress.data[keyPath: path] = try data.number(name)
    }
    progress.epochLossSum = try trainer.number("epoch_loss_sum")
    progress.epochRows = try trainer.integer("epoch_rows", in: steps)
    if try trainer.hasAttribute("epoch_noise") {
      let noise = try trainer.numbers("epoch_noise", count: 2...2)
      progress.noise = NoiseSample(trace: noise[0], square: noise[1])
    }
    func monitor(_ name: String) throws -> MonitorState {
      let group = try trainer.group(name)
      var state = MonitorState()
      state.best = try group.number("best")
      state.bestEpoch = try group.integer("best_epoch", in: counts)
      state.wait = try group.integer("wait", in: counts)
      state.cooldown = try group.integer("cooldown", in: counts)
      return state
    }
    try CheckpointRemedies.read(into: &progress, from: trainer)
    progress.earlyStopping = try monitor("early_stopping")
    progress.plateau = try monitor("plateau")
    return progress
  }

  private static func stepMemory(_ root: HDF5Group) throws -> StepMemory {
    let optimizer = try root.group("optimizer")
    var memory = StepMemory()
    memory.learningRateFactor = try optimizer.number("learning_rate_factor", .notNegative)
    memory.optimizerScalars = try optimizer.numbers("scalars")
    memory.spikeMonitor = try root.group("trainer").numbers("spike_monitor")
    return memory
  }

  public var isHealthy: Bool { trailer.isHealthy }

  /// Whether `/model_weights` is a running average of the weights that training goes on from.
  public var isAveraged: Bool { (try? file.root.group("trainer").contains("raw_weights")) == true }

  /// The epoch whose weights a finished run has put back as the best; nil: the weights are the last step's.
  public var restoredEpoch: Int? {
    guard progress.isFinished, (try? file.root.group("trainer").contains("last_weights")) == true else { return nil }
    return progress.earlyStopping.bestEpoch
  }
}
