internal import GradientHealth
internal import HDF5Storage
internal import JSON
internal import Kernels
internal import NeuralNetwork

/// Where everything of a snapshot stands in the HDF5 image. Reading is in `Checkpoint`.
///
/// The bytes follow from the snapshot alone: no clock, host or path; objects do not track times.
enum CheckpointLayout {
  static let format = "cairn.checkpoint"
  static let formatVersion: Int64 = 1
  /// Attributes of `/data` that are values of the columns, and datasets that are none.
  static let columnWords = ["scaling"]
  static let otherData: Set = ["class_names", "feature_names"]

  /// Puts the file together in `image`, which refers to the snapshot's arrays until it is cleared.
  ///
  /// - Throws: `HDF5Error`, `CheckpointError`.
  static func build(_ image: HDF5Image, of snapshot: TrainingSnapshot) throws {
    try image.build("checkpoint") { file in
      try writeRoot(file.root, snapshot)
      try writeWeights(try file.root.createGroup("model_weights"), snapshot)
      try writeOptimizer(try file.root.createGroup("optimizer"), snapshot)
      try writeData(try file.root.createGroup("data"), snapshot)
      try writeTrainer(try file.root.createGroup("trainer"), snapshot)
      try writeHistory(try file.root.createGroup("history"), snapshot)
      try writeEvents(try file.root.createGroup("events"), snapshot)
      try writeTrainable(snapshot.gradient.readOnly, to: try file.root.createGroup("gradients"), snapshot)
      if !snapshot.network.carried.isEmpty { try writeCarried(try file.root.createGroup("state"), snapshot) }
      if !snapshot.blowupRows.isEmpty {
        try file.root.createGroup("blowup").write(
          snapshot.blowupRows, shape: [snapshot.blowupRows.count], to: "rows")
      }
    }
  }

  /// Opens the image again and compares names, shapes, and the bytes of every weight, slot and gradient with what was
  /// meant: a library that lost a write without saying so is found before the file is published.
  ///
  /// - Throws: `CheckpointError`, `HDF5Error`.
  static func check(_ image: HDF5Image, of snapshot: TrainingSnapshot) throws {
    try image.read("the checkpoint's image") { try check($0, snapshot) }
  }

  private static func check(_ file: HDF5File, _ snapshot: TrainingSnapshot) throws {
    func expect(_ path: String, shape: [Int], _ values: Vector? = nil) throws {
      let bytes = values.map { UnsafeRawBufferPointer(UnsafeBufferPointer(start: $0.base, count: $0.count)) }
      if let difference = try file.difference(path, shape: shape, bytes: bytes) {
        throw CheckpointError(.damaged, "the image's \(path) \(difference)")
      }
    }
    for (entries, isTrainable) in [(snapshot.network.layout.trainable, true), (snapshot.network.layout.state, false)] {
      for entry in entries {
        let weight = "\(entry.layerName)/\(entry.spec.name)"
        func compare(_ group: String, _ vector: Vector) throws {
          try expect("/\(group)/\(weight)", shape: entry.spec.shape, vector[entry.range])
        }
        let (last, best) = snapshot.weights(trainable: isTrainable)
        try compare("model_weights", snapshot.putsBackBest ? best ?? last : last)
        if let best, snapshot.hasBest { try compare("trainer/best_weights", best) }
        if snapshot.putsBackBest { try compare("trainer/last_weights", last) }
        guard isTrainable else { continue }
        if snapshot.keepsRaw { try compare("trainer/raw_weights", snapshot.rawParameters.readOnly) }
        try compare("gradients", snapshot.gradient.readOnly)
        for (number, slot) in snapshot.slotNames.enumerated() {
          try compare("optimizer/\(slot)", snapshot.slot(number).readOnly)
        }
      }
    }
    for place in snapshot.network.carried {
      let shape = [snapshot.carriedRows, place.range.count]
      try snapshot.carried(of: place).withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        try expect("/state/\(place.layer)", shape: shape, Vector(base: base, count: values.count))
      }
    }
    let rows = snapshot.history.count
    for column in StepColumn.allCases { try expect("/history/\(column.facts.path)", shape: [rows]) }
    for column in KernelColumn.allCases {
      try expect("/history/\(column.facts.path)", shape: [rows, snapshot.history.layers.count])
    }
    for series in snapshot.history.series {
      try expect("/history/\(series.path)", shape: [rows, series.positions.count])
    }
    try expect("/events/message", shape: [snapshot.events.count])
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
    if progress.accumulateSteps > 1 { try root.setAttribute("accumulate_steps", Int64(progress.accumulateSteps)) }
    try root.setAttribute("healthy", Int64(snapshot.isHealthy ? 1 : 0))
    try root.setAttribute("finished", Int64(progress.isFinished ? 1 : 0))
    try root.setAttribute("loss", progress.loss)
    try root.setAttribute("numeric_kernels", progress.numericKernels)
    try root.setAttribute(
      "model_config", KerasModelConfig.json(of: snapshot.network, name: kerasName(progress.run)).text)
    try root.setAttribute("keras_version", "3.0.0")
    try root.setAttribute("backend", "tensorflow")
    try root.setAttribute("input_shape", snapshot.network.input.extents.map { Int64($0) })
    if snapshot.network.hasNamedInputs {
      let inputs = snapshot.network.namedInputs
      try root.setAttribute("inputs", inputs.map(\.name))
      for (number, input) in inputs.enumerated() {
        try root.setAttribute("input_shape_\(number)", input.shape.extents.map { Int64($0) })
      }
      try root.setAttribute("input_is_whole", inputs.map { Int64($0.isWhole ? 1 : 0) })
    }
    try root.setAttribute("layers", snapshot.network.places.map(\.name))
    try root.write(snapshot.recipe, to: "recipe")
  }

  /// Keras forbids a slash in a model's name.
  private static func kerasName(_ run: String) -> String {
    String(run.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "_" })
  }

  private static func writeWeights(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let network = snapshot.network
    let weighted = network.kerasOrder.filter { !network.kerasWeightNames(ofPlace: $0).isEmpty }
    if !weighted.isEmpty { try group.setAttribute("layer_names", weighted.map { network.places[$0].name }) }
    try group.setAttribute("backend", "tensorflow")
    try group.setAttribute("keras_version", "3.0.0")
    for (number, place) in network.places.enumerated() {
      let layer = try group.createGroup(place.name)
      let entries = network.layout.entries(ofLayer: number)
      try layer.setAttribute("class_name", type(of: place.layer).className)
      try layer.setAttribute("output_shape", place.output.extents.map { Int64($0) })
      let names = network.kerasWeightNames(ofPlace: number)
      if !names.isEmpty { try layer.setAttribute("weight_names", names) }
      if let table = network.table(ofPlace: number) {
        try layer.setAttribute("tied_to", table.layerName)
        let (last, best) = snapshot.weights(trainable: true)
        try layer.write(
          table.kernel(snapshot.putsBackBest ? best ?? last : last), shape: table.kernelShape, to: Network.tiedKernel)
      }
      for entry in entries {
        let (last, best) = snapshot.weights(trainable: entry.spec.role == .trainable)
        let vector = snapshot.putsBackBest ? best ?? last : last
        try write(vector[entry.range], shape: entry.spec.shape, to: entry.spec.name, in: layer)
      }
    }
  }

  private static func write(_ vector: Vector, shape: [Int], to name: String, in group: HDF5Group) throws {
    try group.lend(UnsafeBufferPointer(start: vector.base, count: vector.count), shape: shape, to: name)
  }

  /// A flat vector laid out like the trainable weights, as `<layer>/<weight>`.
  private static func writeTrainable(_ vector: Vector, to group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    for entry in snapshot.network.layout.trainable {
      try write(
        vector[entry.range], shape: entry.spec.shape, to: "\(entry.layerName)/\(entry.spec.name)", in: group)
    }
  }

  /// What rows go on from: `<layer>`, `[rows, floats that the layer carries]`.
  private static func writeCarried(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    for place in snapshot.network.carried {
      try group.write(
        snapshot.carried(of: place), shape: [snapshot.carriedRows, place.range.count], to: place.layer)
    }
  }

  private static func writeOptimizer(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("name", progress.optimizer)
    try group.setAttribute("iterations", Int64(progress.step))
    try group.setAttribute("learning_rate", progress.learningRate)
    try group.setAttribute("learning_rate_factor", snapshot.stepMemory.learningRateFactor)
    try group.setAttribute("scalars", snapshot.stepMemory.optimizerScalars)
    for (number, name) in snapshot.slotNames.enumerated() {
      try writeTrainable(snapshot.slot(number).readOnly, to: try group.createGroup(name), snapshot)
    }
  }

  private static func writeData(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("train_fingerprint", progress.trainFingerprint)
    try group.setAttribute("validation_fingerprint", progress.validationFingerprint)
    try group.setAttribute("order_seed", Int64(bitPattern: progress.seed))
    for (name, path) in DataFigures.named { try group.setAttribute(name, progress.data[keyPath: path]) }
    for value in snapshot.columns { try value.write(to: group) }
    if !snapshot.classNames.isEmpty { try group.write(snapshot.classNames, to: "class_names") }
    if !snapshot.featureNames.isEmpty { try group.write(snapshot.featureNames, to: "feature_names") }
  }

  private static func writeTrainer(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    let progress = snapshot.progress
    try group.setAttribute("epoch_loss_sum", progress.epochLossSum)
    try group.setAttribute("epoch_rows", Int64(progress.epochRows))
    try group.setAttribute("epoch_noise", [progress.noise.trace, progress.noise.square])
    try group.setAttribute("spike_monitor", snapshot.stepMemory.spikeMonitor)
    try CheckpointRemedies.write(progress, to: group)
    for (name, state) in [("early_stopping", progress.earlyStopping), ("plateau", progress.plateau)] {
      let monitor = try group.createGroup(name)
      try monitor.setAttribute("best", state.best)
      try monitor.setAttribute("best_epoch", Int64(state.bestEpoch))
      try monitor.setAttribute("wait", Int64(state.wait))
      try monitor.setAttribute("cooldown", Int64(state.cooldown))
    }
    if snapshot.keepsRaw {
      try writeTrainable(snapshot.rawParameters.readOnly, to: try group.createGroup("raw_weights"), snapshot)
    }
    for (name, isBest) in [("best_weights", true), ("last_weights", false)] {
      guard isBest ? snapshot.hasBest : snapshot.putsBackBest else { continue }
      let weights = try group.createGroup(name)
      for (entries, isTrainable) in [(snapshot.network.layout.trainable, true), (snapshot.network.layout.state, false)]
      {
        let (last, best) = snapshot.weights(trainable: isTrainable)
        for entry in entries {
          try write(
            (isBest ? best ?? last : last)[entry.range], shape: entry.spec.shape,
            to: "\(entry.layerName)/\(entry.spec.name)", in: weights)
        }
      }
    }
  }

  private static func writeHistory(_ group: HDF5Group, _ snapshot: TrainingSnapshot) throws {
    try snapshot.history.write(to: group)
    let epochs = try group.createGroup("epochs")
    let means = snapshot.epochs
    try epochs.write(means.map { Int64($0.step) }, shape: [means.count], to: "step")
    try epochs.write(means.map { Int64($0.epoch) }, shape: [means.count], to: "epoch")
    try epochs.write(means.map(\.loss), shape: [means.count], to: "loss")
    try epochs.write(means.map(\.gradientNoiseScale), shape: [means.count], to: "gradient_noise_scale")
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
