internal import Checkpointing
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// A run's checkpoints: when, and what becomes of them; or the copy in memory of a run that writes none.
final class CheckpointSaver {
  /// The copy in memory to go back to.
  private enum Memory { case none, empty, filled }

  /// When something was last done, and how long training stood still for the snapshot in the writer's hands.
  struct Times {
    var save = ContinuousClock.now
    var placeCheck = ContinuousClock.now
    var stall = 0.0
    var distributions = Pace(unhurried: 64, shortest: 1, perAge: 200)
  }

  let configuration: TrainingConfiguration
  let step: TrainingStep
  let processes: (any ProcessGroup)?
  /// nil: the run leaves no checkpoints, or another process writes them.
  private(set) var store: CheckpointStore?
  let writer: CheckpointWriter?
  /// Filled for every checkpoint, then the writer's until it is written.
  private(set) var snapshot: TrainingSnapshot
  /// Copies weights, slots and gradient into the snapshot on all workers.
  private var copy: SnapshotCopy
  /// The best epoch's weights, if they are to be put back.
  let best: BestWeights?
  /// The newest checkpoint that was published, and the step of the newest that was handed to the writer; -1: none was.
  var path: String?
  var submittedStep = -1
  var times = Times()
  private var memory: Memory

  /// - Parameter directory: nil: the run writes no checkpoints.
  init(
    _ configuration: TrainingConfiguration, step: TrainingStep, snapshot: TrainingSnapshot, directory: String?,
    processes: (any ProcessGroup)?
  ) throws {
    self.configuration = configuration
    self.step = step
    self.processes = processes
    self.snapshot = snapshot
    let model = step.shards.model
    best = configuration.earlyStopping?.restoreBest == true ? BestWeights(model.network) : nil
    copy = SnapshotCopy(
      model: model, average: step.update.average, carried: step.shards.carried, optimizerState: step.update.state,
      gradient: step.gradient,
      best: best, snapshot: snapshot,
      team: step.team)
    let store = processes?.isFirst ?? true ? directory.map { CheckpointStore(directory: $0) } : nil
    self.store = store
    writer = try store.map { try CheckpointWriter(store: $0, retention: RetentionPolicy(configuration.checkpoints)) }
    memory = directory == nil && configuration.health.onBlowup == .rollback ? .empty : .none
  }

  /// The optimizer has other slots from here on: a snapshot has, too. What it holds besides slots stays.
  func adoptSlots() throws {
    try waitForWriter()
    snapshot = TrainingSnapshot(snapshot, slotNames: step.update.state.slotNames)
    copy = SnapshotCopy(
      model: step.shards.model, average: step.update.average, carried: step.shards.carried,
      optimizerState: step.update.state,
      gradient: step.gradient, best: best,
      snapshot: snapshot, team: step.team)
  }

  func hold(_ lock: RunLock) {
    guard let store else { return }
    self.store = CheckpointStore(directory: store.directory, lock: lock)
    writer?.hold(lock)
  }

  /// A run starts.
  func start() { times.distributions.start() }

  /// Ends with `RunFolderLost` where the folder has lost its name; looked at a few times a second at most if `seldom`.
  func requireInPlace(seldom: Bool = false) throws {
    if seldom {
      guard times.placeCheck.duration(to: .now) > .milliseconds(200) else { return }
    }
    try store?.requireInPlace()
    if seldom { times.placeCheck = .now }
  }

  // MARK: Snapshots

  /// Copies the whole state into the snapshot, which must not be in the writer's hands.
  func fill(_ state: RunState) throws {
    try copy.fill()
    state.fill(snapshot)
    snapshot.stepMemory.learningRateFactor = step.update.state.learningRateFactor
    snapshot.stepMemory.optimizerScalars = step.update.state.scalars
    snapshot.stepMemory.spikeMonitor = step.spikes.monitor.state
    snapshot.putsBackBest = state.progress.isFinished && endsWithBest(state)
  }

  /// Whether the end of the run puts the best epoch's weights back.
  func endsWithBest(_ state: RunState) -> Bool {
    best?.isTaken ?? false && state.progress.earlyStopping.bestEpoch != state.progress.epoch
  }

  /// Weights, gradient, and what optimizer and spike monitor remember become the snapshot's.
  ///
  /// - Parameter sameOptimizer: whether slots and scalars are of this run's optimizer.
  func putBack(sameOptimizer: Bool) {
    let (model, optimizer, memory) = (step.shards.model, step.update.state, snapshot.stepMemory)
    if sameOptimizer {
      for number in optimizer.slotNames.indices {
        optimizer.slot(number).copy(from: snapshot.slot(number).readOnly)
      }
    }
    optimizer.restore(
      iterations: snapshot.progress.step, scalars: sameOptimizer ? memory.optimizerScalars : optimizer.scalars,
      learningRateFactor: memory.learningRateFactor)
    step.usedModel.parameters.copy(from: snapshot.parameters.readOnly)
    if step.update.average != nil { model.parameters.copy(from: snapshot.rawParameters.readOnly) }
    model.state.copy(from: snapshot.state.readOnly)
    step.shards.carried?.current.copy(from: snapshot.carried.readOnly)
    step.restoreGradient(snapshot.gradient.readOnly)
    step.spikes.monitor = SpikeMonitor(step.spikes.monitor.thresholds, state: memory.spikeMonitor)
    best?.discard()
    if snapshot.hasBest, let best {
      best.take(parameters: snapshot.bestParameters.readOnly, state: snapshot.bestState.readOnly)
    }
  }

  /// A run without a directory goes back to a copy in memory: of the start, then of the end of an epoch, as many
  /// steps apart at least as the history has rows at full resolution, as the copy takes the whole history with it.
  func keepInMemory(_ state: RunState) throws {
    switch memory {
    case .none: return
    case .filled where state.progress.step - snapshot.progress.step < state.history.capacity: return
    // Every trial starts from the copy.
    case .filled where state.progress.remedies.probation != nil: return
    case .empty, .filled: break
    }
    try fill(state)
    memory = .filled
  }

  // MARK: Going back

  /// Leaves the state at a blow-up for inspection.
  ///
  /// - Returns: its path; nil: it could not be written, or none is kept.
  func publishBlowup(
    _ state: RunState, objective: Double, rows: UnsafeBufferPointer<Int32>, _ context: RunContext
  ) throws -> String? {
    guard let store else { return nil }
    try settle(context)
    try fill(state)
    snapshot.progress.loss = objective
    snapshot.isHealthy = false
    snapshot.blowupRows = rows.map { Int64($0) }
    let path = try? store.publishBlowup(snapshot, step: state.progress.step + 1).path
    snapshot.blowupRows = []
    return path
  }

  /// Where to go back to: a verified healthy checkpoint, or the copy in memory of a run without a directory (nil as
  /// checkpoint). Several processes get the first one's choice.
  ///
  /// - Parameters: see `RecoveryPolicy.restorePoint`.
  func restorePoint(latest: Int, blownStep: Int, furtherBack: Int) throws -> (checkpoint: Checkpoint?, step: Int)? {
    if memory == .filled { return (nil, snapshot.progress.step) }
    let own = try store.flatMap { store -> Checkpoint? in
      try waitForWriter()
      try store.requireInPlace()
      return RecoveryPolicy.restorePoint(
        among: try store.steps(), latest: latest, blownStep: blownStep, furtherBack: furtherBack
      ) { step in
        (try? Checkpoint(verifying: store.path(step: step))).map { ($0, $0.isHealthy) }
      }
    }
    let chosen = try processes.map { try $0.broadcast(own) } ?? own
    return chosen.map { ($0, $0.progress.step) }
  }

  /// The state is that of a checkpoint from here on.
  ///
  /// - Parameter isUpToDate: whether it need not be written again before anything else.
  func tookUp(_ checkpoint: Checkpoint, isUpToDate: Bool) {
    submittedStep = isUpToDate ? checkpoint.progress.step : -1
    path = checkpoint.path
    writer?.distrust(newerThan: checkpoint.progress.step)
    times.save = .now
  }
}
