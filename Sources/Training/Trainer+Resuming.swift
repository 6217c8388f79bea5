public import Checkpointing
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// What a resumed run may have changed against its checkpoint, if the user insists.
public enum ResumePermission: String, Sendable, CaseIterable {
  case data, model, optimizer, shards
  case batchSize = "batch_size"
  case seed
  /// Not of a checkpoint: processes of one run whose processors round in different ways.
  case kernels
}

extension Trainer {
  /// Takes up where `checkpoint` stands: every bit of the state is its, and training goes on as if never stopped.
  ///
  /// Call before `run`. The trainer must have been made for the same model, optimizer, data, shards and batch size;
  /// recipes are compared by the caller, who has them.
  /// - Parameter allow: what may differ. Other data of another length, or another batch size, move the place in the
  ///   epoch to the nearest step not after it.
  /// - Returns: what differs and is allowed, in sentences.
  /// - Throws: `CheckpointError`, kind `unsuitable`: what differs and is not.
  public func restore(_ checkpoint: Checkpoint, allow: Set<ResumePermission> = []) throws -> [String] {
    var notes: [String] = []
    let saved = checkpoint.progress
    // A remedy may have changed the optimizer: slots are read into slots of its own.
    state.progress.remedies.effect = saved.remedies.effect
    try putRemediesInEffect()
    func require(_ permission: ResumePermission, _ same: Bool, _ difference: String) throws {
      if same { return }
      guard allow.contains(permission) else {
        throw CheckpointError(
          .unsuitable, "\(checkpoint.path): \(difference); to go on all the same: --allow \(permission.rawValue)")
      }
      notes.append(difference)
    }
    try require(
      .seed, saved.seed == progress.seed, "the run's seed is \(saved.seed), asked for is \(progress.seed)")
    // Another seed draws other rows for validation, or other rows altogether.
    let sameData =
      saved.trainFingerprint == progress.trainFingerprint
      && saved.validationFingerprint == progress.validationFingerprint
    try require(
      .data, sameData || saved.seed != progress.seed,
      "the run was trained on other data (fingerprints differ)")
    try require(
      .shards, saved.shards == progress.shards,
      "the run has \(counted(saved.shards, "shard")), asked for are \(progress.shards)")
    try require(
      .batchSize, saved.batchSize == progress.batchSize,
      "the run has batches of \(saved.batchSize), asked for are \(progress.batchSize)")
    try require(
      .batchSize, saved.accumulateSteps == progress.accumulateSteps,
      "the run updates after \(counted(saved.accumulateSteps, "batch")), asked for is after "
        + "\(progress.accumulateSteps)")
    try require(
      .optimizer, saved.optimizer == progress.optimizer,
      "the run's optimizer is \(saved.optimizer), asked for is \(progress.optimizer)")
    if saved.numericKernels != progress.numericKernels {
      notes.append(
        "numeric kernels differ (\(saved.numericKernels) before, \(progress.numericKernels) now): "
          + "the run goes on, with other rounding")
    }
    if checkpoint.isAveraged != (step.update.average != nil) {
      notes.append(
        checkpoint.isAveraged
          ? "the average of the weights is given up: the run goes on with the weights themselves"
          : "an average of the weights begins here, with the weights as they are")
    }
    if try !checkpoint.carries(what: saver.snapshot) {
      notes.append(
        "what rows carry from batch to batch is of other layers or other batches there: it begins with zeros")
    }
    try take(checkpoint, sameOptimizer: saved.optimizer == progress.optimizer)
    return notes
  }

  /// Puts the checkpoint's state in the place of this trainer's.
  func take(_ checkpoint: Checkpoint, sameOptimizer: Bool) throws {
    let snapshot = saver.snapshot
    let recipe = snapshot.recipe
    try checkpoint.restore(into: snapshot, optimizer: sameOptimizer)
    guard snapshot.history.layers == state.history.layers else {
      throw CheckpointError(.unsuitable, "\(checkpoint.path): its history is of other layers")
    }
    arrangeMetrics(snapshot)
    try takeSnapshot(sameOptimizer: sameOptimizer)
    snapshot.recipe = recipe
    // What the rows of this start are scaled by, and called: with other data it is not the checkpoint's.
    (snapshot.columns, snapshot.classNames) = (data.storedColumns, data.classNames)
    // A recipe that has changed goes into a checkpoint before anything else: the next resumption compares with it.
    saver.tookUp(checkpoint, isUpToDate: recipe == checkpoint.recipe)
    state.restoredEpoch = progress.isFinished ? checkpoint.restoredEpoch : nil
  }

  /// The validation rows of a recipe with other metrics: figures stay with their names, NaN where there is none.
  private func arrangeMetrics(_ snapshot: TrainingSnapshot) {
    let (before, now) = (snapshot.metricNames, configuration.metrics.map(\.name))
    snapshot.metricNames = now
    if before == now { return }
    let places = now.map { before.firstIndex(of: $0) }
    for row in snapshot.validation.indices {
      let metrics = snapshot.validation[row].metrics
      snapshot.validation[row].metrics = places.map { $0.map { metrics[$0] } ?? .nan }
    }
  }

  /// Puts the snapshot's state in the place of this trainer's.
  func takeSnapshot(sameOptimizer: Bool = true) throws {
    saver.putBack(sameOptimizer: sameOptimizer)
    state.take(saver.snapshot, stepsPerEpoch: stepsPerEpoch)
    if progress.isFinished, progress.epoch < configuration.epochs, !hasStoppedEarly {
      state.progress.isFinished = false
    }
    if progress.isFinished, saver.snapshot.putsBackBest { saver.best?.putBack(model) }
    try putRemediesInEffect()
  }
}
