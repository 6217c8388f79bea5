internal import Checkpointing
internal import DataParallel
internal import Kernels
internal import Optimizers

/// The stall of a checkpoint: weights, slots and gradient copied into the snapshot, each worker a part of them.
final class SnapshotCopy: TeamWork, @unchecked Sendable {
  // Unchecked: in a run each worker writes its own range of the snapshot's vectors and reads the state, which nobody
  // writes between two steps.
  private let parts: [(source: Vector, target: MutableVector)]
  private let team: WorkerTeam
  private let best: BestWeights?
  private let snapshot: TrainingSnapshot

  init(
    model: Model, average: WeightAverage?, carried: CarriedState?, optimizerState: OptimizerState, gradient: Vector,
    best: BestWeights?,
    snapshot: TrainingSnapshot,
    team: WorkerTeam
  ) {
    var parts = [
      ((average?.model ?? model).parameters.readOnly, snapshot.parameters), (model.state.readOnly, snapshot.state),
      (gradient, snapshot.gradient),
    ]
    if let carried { parts.append((carried.current.readOnly, snapshot.carried)) }
    if average != nil { parts.append((model.parameters.readOnly, snapshot.rawParameters)) }
    for number in optimizerState.slotNames.indices {
      parts.append((optimizerState.slot(number).readOnly, snapshot.slot(number)))
    }
    if let best {
      parts += [(best.parameters, snapshot.bestParameters), (best.state, snapshot.bestState)]
    }
    self.parts = parts
    self.team = team
    self.best = best
    self.snapshot = snapshot
  }

  /// Copies everything; the snapshot must not be in the writer's hands.
  func fill() throws {
    try team.run(self)
    snapshot.hasBest = best?.isTaken ?? false
  }

  func run(worker: Int) throws {
    for (source, target) in parts {
      let range = worker * source.count / team.count..<(worker + 1) * source.count / team.count
      target[range].copy(from: source[range])
    }
  }
}
