/// Where the time of a step goes: seconds a step, by worker. Measured on request (`Trainer.measuresPhases`), for benchmarks.
public struct StepPhases: Sendable, Hashable {
  public enum Phase: Int, CaseIterable, Sendable {
    /// Gathering, forward and backward of the worker's shards, large kernels' gradients excepted.
    case compute
    /// Waiting for the other workers' gradients.
    case waitForGradients
    /// Summing the worker's tiles (large kernels: computing them for all shards), dividing and measuring them.
    case reduce
    /// Waiting for the other workers' sums, and the verdict.
    case waitForVerdict
    /// Clipping, optimizer and weights of the worker's tiles.
    case update
    /// Everything else: waiting for the others' updates, history, the epoch loop.
    case between
  }

  public let steps: Int
  /// `[worker][phase]`
  public let seconds: [[Double]]

  /// Mean over the workers.
  public subscript(_ phase: Phase) -> Double {
    seconds.reduce(0) { $0 + $1[phase.rawValue] } / Double(max(seconds.count, 1))
  }
}

/// Adds up the phases of the steps that one worker runs.
final class PhaseMeter: @unchecked Sendable {
  // Unchecked: in a run one worker uses a meter, between runs the trainer's thread.
  private(set) var seconds = [Double](repeating: 0, count: StepPhases.Phase.allCases.count)
  private(set) var steps = 0
  private var last: ContinuousClock.Instant?

  /// The phase that ends now.
  func end(_ phase: StepPhases.Phase) {
    let now = ContinuousClock.now
    if let last { seconds[phase.rawValue] += last.duration(to: now) / .seconds(1) }
    last = now
    if phase == .update { steps += 1 }
  }
}
