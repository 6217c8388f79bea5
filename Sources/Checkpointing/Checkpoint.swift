public import GradientHealth
public import HDF5Storage
internal import Kernels
public import NeuralNetwork

/// A checkpoint opened for reading: verified first, then decoded piece by piece.
public struct Checkpoint: Sendable {
  public let path: String
  public let trailer: CheckpointTrailer
  public let progress: RunProgress
  public let recipe: String
  public let file: HDF5File

  /// One row of the model table.
  public struct LayerSummary: Sendable, Hashable {
    public let name: String
    public let className: String
    public let outputShape: [Int]
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
    let version: Int64 = try root.attribute("format_version")
    guard version <= CheckpointLayout.formatVersion else {
      throw CheckpointError(
        .unsuitable,
        "\(path): has format version \(version); this program reads up to \(CheckpointLayout.formatVersion): use a newer Cairn"
      )
    }
    progress = try Checkpoint.progress(root)
    recipe = try root.dataset("recipe").readString()
    guard progress.step == trailer.step, try root.attribute("healthy", as: Int64.self) == (trailer.isHealthy ? 1 : 0)
    else { throw CheckpointError(.damaged, "\(path): trailer and image say different steps or health") }
  }

  private static func progress(_ root: HDF5Group) throws -> RunProgress {
    func integer(_ object: HDF5Group, _ name: String) throws -> Int { Int(try object.attribute(name, as: Int64.self)) }
    let optimizer = try root.group("optimizer")
    let data = try root.group("data")
    let trainer = try root.group("trainer")
    var progress = RunProgress(
      run: try root.stringAttribute("run"), seed: UInt64(bitPattern: try root.attribute("seed", as: Int64.self)),
      shards: try integer(root, "shards"), batchSize: try integer(root, "batch_size"),
      optimizer: try optimizer.stringAttribute("name"))
    progress.step = try integer(root, "step")
    progress.epoch = try integer(root, "epoch")
    progress.stepInEpoch = try integer(root, "step_in_epoch")
    progress.attempt = try integer(root, "attempt")
    progress.isFinished = try integer(root, "finished") == 1
    progress.loss = try root.attribute("loss")
    progress.numericKernels = try root.stringAttribute("numeric_kernels")
    progress.learningRate = try optimizer.attribute("learning_rate")
    progress.learningRateFactor = try optimizer.attribute("learning_rate_factor")
    progress.optimizerScalars = try optimizer.attributeValues("scalars")
    progress.trainFingerprint = try data.stringAttribute("train_fingerprint")
    progress.validationFingerprint = try data.stringAttribute("validation_fingerprint")
    progress.epochLossSum = try trainer.attribute("epoch_loss_sum")
    progress.epochRows = try integer(trainer, "epoch_rows")
    func monitor(_ name: String) throws -> MonitorState {
      let group = try trainer.group(name)
      var state = MonitorState()
      state.best = try group.attribute("best")
      state.bestEpoch = try integer(group, "best_epoch")
      state.wait = try integer(group, "wait")
      state.cooldown = try integer(group, "cooldown")
      return state
    }
    progress.spikeState = try trainer.attributeValues("spike_monitor")
    let remedies = try trainer.group("remedies")
    progress.remedies.rollbacks = try integer(remedies, "rollbacks")
    progress.remedies.restoredStep = try integer(remedies, "restored_step")
    progress.remedies.clip = try remedies.attribute("clip")
    progress.remedies.learningRateFactor = try remedies.attribute("learning_rate_factor")
    progress.remedies.skips = try integer(remedies, "skips")
    progress.earlyStopping = try monitor("early_stopping")
    progress.plateau = try monitor("plateau")
    return progress
  }

  public var isHealthy: Bool { trailer.isHealthy }

  /// The epoch whose weights a finished run has put back as the best; nil: the weights are the last step's.
  public var restoredEpoch: Int? {
    guard progress.isFinished, (try? file.root.group("trainer").contains("last_weights")) == true else { return nil }
    return progress.earlyStopping.bestEpoch
  }

  public func inputShape() throws -> Shape {
    Shape(try file.root.attributeValues("input_shape", as: Int64.self).map { Int($0) })
  }

  public func layers() throws -> [LayerSummary] {
    let weights = try file.root.group("model_weights")
    return try file.root.stringsAttribute("layers").map { name in
      let group = try weights.group(name)
      let names = try group.hasAttribute("weight_names") ? group.stringsAttribute("weight_names") : []
      return LayerSummary(
        name: name, className: try group.stringAttribute("class_name"),
        outputShape: try group.attributeValues("output_shape", as: Int64.self).map { Int($0) },
        parameters: try names.reduce(0) { $0 + (try group.dataset($1).count) })
    }
  }

  public func scaling() throws -> TrainingSnapshot.FittedScaling {
    let data = try file.root.group("data")
    var scaling = TrainingSnapshot.FittedScaling()
    scaling.method = try data.stringAttribute("scaling")
    if try data.contains("scaling_offset") {
      scaling.offset = try data.dataset("scaling_offset").read()
      scaling.scale = try data.dataset("scaling_scale").read()
    }
    return scaling
  }

  public func classNames() throws -> [String] {
    let data = try file.root.group("data")
    return try data.contains("class_names") ? data.dataset("class_names").readStrings() : []
  }

  /// - Throws: also `CheckpointError` where the columns do not make rows.
  public func history() throws -> GradientHistory {
    let group = try file.root.group("history")
    let layers = try group.hasAttribute("layers") ? group.stringsAttribute("layers") : []
    let capacity: Int64 = try group.attribute("capacity")
    let olderCapacity: Int64 = try group.attribute("older_capacity")
    func integers(_ name: String) throws -> [Int64] { try group.dataset(name).read() }
    let (steps, epochs, attempts, rows) = (
      try integers("step"), try integers("epoch"), try integers("attempt"), try integers("rows")
    )
    guard epochs.count == steps.count, attempts.count == steps.count, rows.count == steps.count else {
      throw CheckpointError(.damaged, "\(path): /history has columns of different lengths")
    }
    let places = steps.indices.map {
      GradientHistory.RowPlace(step: steps[$0], epoch: epochs[$0], attempt: attempts[$0], rows: rows[$0])
    }
    var stepColumns: [StepColumn: [Double]] = [:]
    for column in StepColumn.allCases { stepColumns[column] = try group.dataset(column.path).read() }
    var layerColumns: [LayerColumn: [Float]] = [:]
    for column in LayerColumn.allCases { layerColumns[column] = try group.dataset(column.path).read() }
    guard
      let history = GradientHistory(
        layers: layers, capacity: Int(capacity), olderCapacity: Int(olderCapacity), places: places, steps: stepColumns,
        statistics: layerColumns)
    else { throw CheckpointError(.damaged, "\(path): the columns of /history do not fit together") }
    return history
  }

  public func epochs() throws -> [EpochRow] {
    let group = try file.root.group("history").group("epochs")
    let steps: [Int64] = try group.dataset("step").read()
    let epochs: [Int64] = try group.dataset("epoch").read()
    let losses: [Double] = try group.dataset("loss").read()
    guard epochs.count == steps.count, losses.count == steps.count else {
      throw CheckpointError(.damaged, "\(path): /history/epochs has columns of different lengths")
    }
    return steps.indices.map { EpochRow(step: Int(steps[$0]), epoch: Int(epochs[$0]), loss: losses[$0]) }
  }

  public func metricNames() throws -> [String] {
    let group = try file.root.group("history").group("validation")
    return try group.hasAttribute("metrics") ? group.stringsAttribute("metrics") : []
  }

  public func validation() throws -> [ValidationRow] {
    let group = try file.root.group("history").group("validation")
    let steps: [Int64] = try group.dataset("step").read()
    let epochs: [Int64] = try group.dataset("epoch").read()
    let losses: [Double] = try group.dataset("loss").read()
    let metrics: [[Double]] = try metricNames().map { try group.dataset($0).read() }
    guard epochs.count == steps.count, losses.count == steps.count, metrics.allSatisfy({ $0.count == steps.count })
    else { throw CheckpointError(.damaged, "\(path): /history/validation has columns of different lengths") }
    return steps.indices.map { row in
      ValidationRow(
        step: Int(steps[row]), epoch: Int(epochs[row]), loss: losses[row], metrics: metrics.map { $0[row] })
    }
  }

  public func events() throws -> [RecordedEvent] {
    let group = try file.root.group("events")
    let steps: [Int64] = try group.dataset("step").read()
    let kinds = try group.dataset("kind").readStrings()
    let messages = try group.dataset("message").readStrings()
    guard kinds.count == steps.count, messages.count == steps.count else {
      throw CheckpointError(.damaged, "\(path): /events has columns of different lengths")
    }
    return steps.indices.map { RecordedEvent(step: Int(steps[$0]), kind: kinds[$0], message: messages[$0]) }
  }
}
