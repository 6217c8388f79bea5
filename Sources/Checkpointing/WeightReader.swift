public import HDF5Storage
public import Kernels
public import NeuralNetwork

/// Reads weights by layer name and shape into a network's flat vectors.
public enum WeightReader {
  /// Reads every weight of `network` from `/model_weights` of a Keras-layout file.
  ///
  /// - Parameters:
  ///   - trainable, state: overwritten, flat.
  ///   - name: what errors call the file.
  /// - Throws: `CheckpointError`, kind `unsuitable`, naming the first weight that is missing or has another shape.
  public static func read(
    _ network: Network, from file: HDF5File, name: String, trainable: MutableVector, state: MutableVector
  ) throws {
    guard try file.root.contains("model_weights") else {
      throw CheckpointError(.unsuitable, "\(name): has no group /model_weights")
    }
    let weights = try file.root.group("model_weights")
    try read(network.layout.trainable, from: weights, name: name, into: trainable)
    try read(network.layout.state, from: weights, name: name, into: state)
  }

  /// Reads `<layer>/<weight>` of every entry below `group`.
  ///
  /// - Parameter vector: overwritten where entries stand, flat.
  static func read(
    _ entries: [ParameterLayout.Entry], from group: HDF5Group, name: String, into vector: MutableVector
  ) throws {
    for entry in entries {
      let path = "\(entry.layerName)/\(entry.spec.name)"
      guard try group.contains(entry.layerName), try group.group(entry.layerName).contains(entry.spec.name) else {
        throw CheckpointError(
          .unsuitable, "\(name): has no weight \(group.path)/\(path); the model needs one of shape \(entry.spec.shape)")
      }
      let dataset = try group.dataset(path)
      guard dataset.shape == entry.spec.shape else {
        throw CheckpointError(
          .unsuitable,
          "\(name): \(group.path)/\(path) has shape \(dataset.shape); the model's has \(entry.spec.shape)")
      }
      vector[entry.range].copy(from: try dataset.read(as: Float.self))
    }
  }
}

extension Checkpoint {
  /// Puts everything of this checkpoint into `snapshot`, whose network must be the one it was written for.
  ///
  /// - Parameter optimizer: whether slots are read; the snapshot must then be of the same optimizer.
  /// - Throws: `CheckpointError` where model or optimizer differ.
  public func restore(into snapshot: TrainingSnapshot, optimizer: Bool = true) throws {
    let network = snapshot.network
    let root = file.root
    try WeightReader.read(
      network, from: file, name: path, trainable: snapshot.parameters, state: snapshot.state)
    let entries = network.layout.trainable
    for (number, slot) in snapshot.slotNames.enumerated() where optimizer {
      guard try root.group("optimizer").contains(slot) else {
        throw CheckpointError(
          .unsuitable, "\(path): was written by optimizer \(progress.optimizer), which has no slot \(slot)")
      }
      try WeightReader.read(
        entries, from: try root.group("optimizer").group(slot), name: path, into: snapshot.slot(number))
    }
    try WeightReader.read(entries, from: try root.group("gradients"), name: path, into: snapshot.gradient)
    let trainer = try root.group("trainer")
    snapshot.hasBest = try trainer.contains("best_weights")
    if snapshot.hasBest, snapshot.keepsBest {
      let best = try trainer.group("best_weights")
      try WeightReader.read(entries, from: best, name: path, into: snapshot.bestParameters)
      try WeightReader.read(network.layout.state, from: best, name: path, into: snapshot.bestState)
    }
    // A finished run whose weights are the best epoch's: it goes on from the last epoch's.
    let hasLast = try trainer.contains("last_weights")
    if hasLast {
      let last = try trainer.group("last_weights")
      try WeightReader.read(entries, from: last, name: path, into: snapshot.parameters)
      try WeightReader.read(network.layout.state, from: last, name: path, into: snapshot.state)
    }
    // The weights above are an average; where none is kept, it ends here, and where there was none, it begins.
    let isAveraged = try trainer.contains("raw_weights")
    if isAveraged {
      try WeightReader.read(
        entries, from: try trainer.group("raw_weights"), name: path,
        into: snapshot.keepsRaw ? snapshot.rawParameters : snapshot.parameters)
    } else if snapshot.keepsRaw {
      snapshot.rawParameters.copy(from: snapshot.parameters.readOnly)
    }
    try readCarried(into: snapshot)
    snapshot.putsBackBest = hasLast && snapshot.hasBest && snapshot.keepsBest
    snapshot.progress = progress
    snapshot.stepMemory = stepMemory
    snapshot.recipe = recipe
    snapshot.metricNames = try metricNames()
    snapshot.history = try history()
    snapshot.epochs = try epochs()
    snapshot.validation = try validation()
    snapshot.events = try events()
    snapshot.columns = try columns()
    snapshot.classNames = try classNames()
    snapshot.isHealthy = isHealthy
  }

  /// Whether rows of the snapshot's steps can go on from what this checkpoint's rows carry.
  public func carries(what snapshot: TrainingSnapshot) throws -> Bool {
    guard !snapshot.network.carried.isEmpty else { return true }
    guard try file.root.contains("state") else { return false }
    let group = try file.root.group("state")
    return try snapshot.network.carried.allSatisfy { place in
      try group.contains(place.layer)
        && group.dataset(place.layer).shape == [snapshot.carriedRows, place.range.count]
    }
  }

  /// What rows carry; zeros where that is of other layers or of a step of other rows.
  private func readCarried(into snapshot: TrainingSnapshot) throws {
    snapshot.carried.fill(0)
    guard !snapshot.network.carried.isEmpty, try carries(what: snapshot) else { return }
    let group = try file.root.group("state")
    let width = snapshot.network.carriedWidth
    for place in snapshot.network.carried {
      let values = try group.dataset(place.layer).read(as: Float.self)
      for row in 0..<snapshot.carriedRows {
        for column in 0..<place.range.count {
          snapshot.carried[row * width + place.range.lowerBound + column] = values[row * place.range.count + column]
        }
      }
    }
  }
}
