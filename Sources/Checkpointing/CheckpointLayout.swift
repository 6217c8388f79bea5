internal import GradientHealth
internal import HDF5Storage
internal import Kernels
internal import NeuralNetwork

/// Where everything of a snapshot stands in the HDF5 image. Reading is in `Checkpoint`.
///
/// The bytes follow from the snapshot alone: no clock, host or path; objects do not track times.
enum CheckpointLayout {
  static let format = "cairn.checkpoint"
  static let formatVersion: Int64 = 1

  /// - Throws: `HDF5Error`, `CheckpointError`.
  static func image(of snapshot: TrainingSnapshot) throws -> [UInt8] {
    let file = try HDF5File(inMemory: "checkpoint")
    do {
      try writeRoot(file.root, snapshot)
      try writeWeights(try file.root.createGroup("model_weights"), snapshot)
      try writeOptimizer(try file.root.createGroup("optimizer"), snapshot)
      try writeData(try file.root.createGroup("data"), snapshot)
      try writeTrainer(try file.root.createGroup("trainer"), snapshot)
      try writeHistory(try file.root.createGroup("history"), snapshot)
      try writeEvents(try file.root.createGroup("events"), snapshot)
      try writeTrainable(snapshot.gradient.readOnly, to: try file.root.createGroup("gradients"), snapshot)
      if !snapshot.blowupRows.isEmpty {
        try file.root.createGroup("blowup").write(
          snapshot.blowupRows, shape: [snapshot.blowupRows.count], to: "rows")
      }
      let image = try file.image()
      try file.close()
      return image
    } catch {
      try? file.close()
      throw error
    }
  }

  /// Opens the image again and compares names and shapes with what was meant: a library that lost a write without saying
  /// so is found before the file is published.
  ///
  /// - Throws: `CheckpointError`, `HDF5Error`.
  static func check(_ image: [UInt8], of snapshot: TrainingSnapshot) throws {
    try image.withUnsafeBytes { bytes in
      let file = try HDF5File(borrowing: bytes, name: "the checkpoint's image")
      do {
        try check(file, snapshot)
      } catch {
        try? file.close()  // before the bytes go
        throw error
      }
      try file.close()
    }
  }

  private static func check(_ file: HDF5File, _ snapshot: TrainingSnapshot) throws {
    func expect(_ path: String, shape: [Int]) throws {
      let found = try file.root.dataset(path).shape
      guard found == shape else {
        throw CheckpointError(.damaged, "the image's \(path) has shape \(found), written was \(shape)")
      }
    }
    for entry in snapshot.network.layout.trainable {
      let weight = "\(entry.layerName)/\(entry.spec.name)"
      try expect("model_weights/\(weight)", shape: entry.spec.shape)
      try expect("gradients/\(weight)", shape: entry.spec.shape)
      for slot in snapshot.slotNames { try expect("optimizer/\(slot)/\(weight)", shape: entry.spec.shape) }
    }
    for entry in snapshot.network.layout.state {
      try expect("model_weights/\(entry.layerName)/\(entry.spec.name)", shape: entry.spec.shape)
    }
    let rows = snapshot.history.count
    for column in StepColumn.allCases { try expect("history/\(column.path)", shape: [rows]) }
    for column in LayerColumn.allCases {
      try expect("history/\(column.path)", shape: [rows, snapshot.history.layers.count])
    }
    try expect("events/message", shape: [snapshot.events.count])
  }

  private static func writeRoot(_ root: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try root.setAttribute("format", format)
    try root.setAttribute("format_version", formatVersion)
    try root.setAttribute("cairn_version", CairnVersion.string)
    try root.setAttribute("run", progress.run)
    try root.setAttribute("step", Int64(progress.step))
    try root.setAttribute("epoch", Int64(progress.epoch))
    try root.setAttribute("step_in_epoch", Int64(progress.stepInEpoch))
    try root.setAttribute("attempt", Int64(progress.attempt))
    try root.setAttribute("seed", Int64(bitPattern: progress.seed))
    try root.setAttribute("shards", Int64(progress.shards))
    try root.setAttribute("batch_size", Int64(progress.batchSize))
    try root.setAttribute("healthy", Int64(snapshot.isHealthy ? 1 : 0))
    try root.setAttribute("finished", Int64(progress.isFinished ? 1 : 0))
    try root.setAttribute("loss", progress.loss)
    try root.setAttribute("numeric_kernels", progress.numericKernels)
    try root.setAttribute(
      "model_config", try KerasModelConfig.json(of: snapshot.network, name: kerasName(progress.run)).text)
    try root.setAttribute("keras_version", "3.0.0")
    try root.setAttribute("backend", "tensorflow")
    try root.setAttribute("input_shape", snapshot.network.input.extents.map { Int64($0) })
    try root.setAttribute("layers", snapshot.network.places.map(\.name))
    try root.write(snapshot.recipe, to: "recipe")
  }

  /// Keras forbids a slash in a model's name.
  private static func kerasName(_ run: String) -> String {
    String(run.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "_" })
  }

  private static func writeWeights(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let network = snapshot.network
    let weighted = network.places.indices.filter { !network.layout.entries(ofLayer: $0).isEmpty }
    if !weighted.isEmpty { try group.setAttribute("layer_names", weighted.map { network.places[$0].name }) }
    try group.setAttribute("backend", "tensorflow")
    try group.setAttribute("keras_version", "3.0.0")
    for (number, place) in network.places.enumerated() {
      let layer = try group.createGroup(place.name)
      let entries = network.layout.entries(ofLayer: number)
      try layer.setAttribute("class_name", type(of: place.layer).className)
      try layer.setAttribute("output_shape", place.output.extents.map { Int64($0) })
      if !entries.isEmpty { try layer.setAttribute("weight_names", entries.map(\.spec.name)) }
      for entry in entries {
        let vector = entry.spec.role == .trainable ? snapshot.parameters : snapshot.state
        try write(vector.readOnly[entry.range], shape: entry.spec.shape, to: entry.spec.name, in: layer)
      }
    }
  }

  private static func write(_ vector: Vector, shape: [Int], to name: String, in group: HDF5Group) throws {
    try group.write(UnsafeBufferPointer(start: vector.base, count: vector.count), shape: shape, to: name)
  }

  /// A flat vector laid out like the trainable weights, as `<layer>/<weight>`.
  private static func writeTrainable(_ vector: Vector, to group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    for entry in snapshot.network.layout.trainable {
      try write(
        vector[entry.range], shape: entry.spec.shape, to: "\(entry.layerName)/\(entry.spec.name)", in: group)
    }
  }

  private static func writeOptimizer(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("name", progress.optimizer)
    try group.setAttribute("iterations", Int64(progress.step))
    try group.setAttribute("learning_rate", progress.learningRate)
    try group.setAttribute("learning_rate_factor", progress.learningRateFactor)
    try group.setAttribute("scalars", progress.optimizerScalars)
    for (number, name) in snapshot.slotNames.enumerated() {
      try writeTrainable(snapshot.slot(number).readOnly, to: try group.createGroup(name), snapshot)
    }
  }

  private static func writeData(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("train_fingerprint", progress.trainFingerprint)
    try group.setAttribute("validation_fingerprint", progress.validationFingerprint)
    try group.setAttribute("order_seed", Int64(bitPattern: progress.seed))
    try group.setAttribute("scaling", snapshot.scaling.method)
    if !snapshot.scaling.offset.isEmpty {
      try group.write(snapshot.scaling.offset, shape: [snapshot.scaling.offset.count], to: "scaling_offset")
      try group.write(snapshot.scaling.scale, shape: [snapshot.scaling.scale.count], to: "scaling_scale")
    }
    if !snapshot.classNames.isEmpty { try group.write(snapshot.classNames, to: "class_names") }
  }

  private static func writeTrainer(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("epoch_loss_sum", progress.epochLossSum)
    try group.setAttribute("epoch_rows", Int64(progress.epochRows))
    try group.setAttribute("spike_monitor", progress.spikeState)
    let remedies = try group.createGroup("remedies")
    try remedies.setAttribute("rollbacks", Int64(progress.remedies.rollbacks))
    try remedies.setAttribute("restored_step", Int64(progress.remedies.restoredStep))
    try remedies.setAttribute("clip", progress.remedies.clip)
    try remedies.setAttribute("learning_rate_factor", progress.remedies.learningRateFactor)
    try remedies.setAttribute("skips", Int64(progress.remedies.skips))
    for (name, state) in [("early_stopping", progress.earlyStopping), ("plateau", progress.plateau)] {
      let monitor = try group.createGroup(name)
      try monitor.setAttribute("best", state.best)
      try monitor.setAttribute("best_epoch", Int64(state.bestEpoch))
      try monitor.setAttribute("wait", Int64(state.wait))
      try monitor.setAttribute("cooldown", Int64(state.cooldown))
    }
    guard snapshot.hasBest else { return }
    let best = try group.createGroup("best_weights")
    try writeTrainable(snapshot.bestParameters.readOnly, to: best, snapshot)
    for entry in snapshot.network.layout.state {
      try write(
        snapshot.bestState.readOnly[entry.range], shape: entry.spec.shape,
        to: "\(entry.layerName)/\(entry.spec.name)", in: best)
    }
  }

  private static func writeHistory(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let history = snapshot.history
    let places = history.places
    if !history.layers.isEmpty { try group.setAttribute("layers", history.layers) }
    try group.setAttribute("capacity", Int64(history.capacity))
    try group.setAttribute("older_capacity", Int64(history.olderCapacity))
    try group.write(places.map(\.step), shape: [places.count], to: "step")
    try group.write(places.map(\.epoch), shape: [places.count], to: "epoch")
    try group.write(places.map(\.attempt), shape: [places.count], to: "attempt")
    try group.write(places.map(\.rows), shape: [places.count], to: "rows")
    for column in StepColumn.allCases {
      try group.write(history.column(column), shape: [places.count], to: column.path)
    }
    for column in LayerColumn.allCases {
      try group.write(history.column(column), shape: [places.count, history.layers.count], to: column.path)
    }
    let epochs = try group.createGroup("epochs")
    let means = snapshot.epochs
    try epochs.write(means.map { Int64($0.step) }, shape: [means.count], to: "step")
    try epochs.write(means.map { Int64($0.epoch) }, shape: [means.count], to: "epoch")
    try epochs.write(means.map(\.loss), shape: [means.count], to: "loss")
    let validation = try group.createGroup("validation")
    let rows = snapshot.validation
    if !snapshot.metricNames.isEmpty { try validation.setAttribute("metrics", snapshot.metricNames) }
    try validation.write(rows.map { Int64($0.step) }, shape: [rows.count], to: "step")
    try validation.write(rows.map { Int64($0.epoch) }, shape: [rows.count], to: "epoch")
    try validation.write(rows.map(\.loss), shape: [rows.count], to: "loss")
    for (number, name) in snapshot.metricNames.enumerated() {
      try validation.write(rows.map { $0.metrics[number] }, shape: [rows.count], to: name)
    }
  }

  private static func writeEvents(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let events = snapshot.events
    try group.write(events.map { Int64($0.step) }, shape: [events.count], to: "step")
    try group.write(events.map(\.kind), to: "kind")
    try group.write(events.map(\.message), to: "message")
  }
}
