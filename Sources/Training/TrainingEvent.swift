public import Checkpointing
public import GradientHealth

/// What an observer is told of a run. Values; an observer steers nothing.
public enum TrainingEvent: Sendable {
  case started(RunSummary)
  case step(StepReport)
  /// The steps since the last such event, summed up; some twice a second and at the ends of epochs.
  case series(SeriesReport)
  case epoch(EpochReport)
  case checkpoint(CheckpointReport)
  /// A checkpoint that could not be written; training goes on.
  case checkpointFailed(step: Int, reason: String)
  /// A non-finite loss or gradient, found before it reached the weights.
  case blowup(BlowupReport)
  /// The state is an earlier checkpoint's again; a new attempt begins.
  case rollback(RollbackReport)
  /// Something else worth keeping: a transient fault, a skipped update, a spike.
  case note(kind: String, step: Int, message: String)
  /// What the gradients' history shows when training ends.
  case finding(Finding, step: Int)
  case finished(TrainingResult)
}

public struct RunSummary: Sendable, Hashable {
  public let run: String
  public let description: String
  public let tags: [String]
  public let layers: Int
  public let parameters: Int
  public let trainRows: Int
  public let validationRows: Int
  public let epochs: Int
  public let stepsPerEpoch: Int
  public let batchSize: Int
  public let accumulateSteps: Int
  public let workers: Int
  public let shards: Int
  /// Where it goes on from; 0: a fresh start.
  public let step: Int
  public let epoch: Int
  public let attempt: Int
  /// Nothing is left to do.
  public let isFinished: Bool
  public let seed: UInt64
  public let optimizer: String
  public let loss: String
  /// The loss of the best predictor that knows no features; NaN: not known.
  public let constantLoss: Double
  public let metrics: [String]
  /// The layers with trainable weights, in the order of the history's columns.
  public let recordedLayers: [String]
  /// The history's columns along an axis.
  public let recordedSeries: [HistorySeries]
}

/// One step; figures as in the history.
public struct StepReport: Sendable, Hashable {
  /// Updates applied, this one included.
  public let step: Int
  /// Current epoch, from 1.
  public let epoch: Int
  public let stepInEpoch: Int
  public let rows: Int
  public let loss: Double
  public let gradientNorm: Double
  public let clippedNorm: Double
  public let learningRate: Double
}

public struct EpochReport: Sendable, Hashable {
  /// Epochs completed.
  public let epoch: Int
  public let step: Int
  /// Mean of the objective over the epoch's rows.
  public let loss: Double
  /// nil: no validation.
  public let validation: ValidationRow?
  public let metricNames: [String]
  public let learningRate: Double
}

public struct CheckpointReport: Sendable, Hashable {
  public let step: Int
  public let epoch: Int
  public let path: String
  public let bytes: Int
  /// Weights, optimizer state and loss are finite.
  public let isHealthy: Bool
  /// Checkpoints that retention let go.
  public let removed: [String]
  /// How long training stood still for it, the wait for the checkpoint before it included.
  public let stallSeconds: Double
  /// How long it took to write in the background.
  public let writeSeconds: Double
  /// Of weights and gradients at some checkpoints; empty: not of this one.
  public let distributions: [TensorDistribution]
}

public struct BlowupReport: Sendable, Hashable {
  /// Number of the update that was not applied.
  public let step: Int
  public let epoch: Int
  public let loss: Double
  /// NaN and Inf in the gradient.
  public let nonfinite: Int
  /// What went bad first; nil if it could not be found.
  public let culprit: Culprit?
  /// The state at the blow-up, if it could be written.
  public let path: String?
  /// The fault that was put in on purpose, if any.
  public let fault: String?

  /// ` on process 3 (node-b)`; empty where one process trains. Not in `message`, which goes into checkpoints.
  public var place: String {
    guard let culprit, let process = culprit.process else { return "" }
    return " on process \(process)" + (culprit.host.map { " (\($0))" } ?? "")
  }

  /// One plain sentence.
  public var message: String {
    let gradient = nonfinite > 0 ? "\(nonfinite) non-finite gradient elements" : "a finite gradient"
    let cause = culprit.map { "; first bad: \($0.sentence)" } ?? ""
    let injected = fault.map { " (injected fault \($0))" } ?? ""
    return
      "step \(step) (epoch \(epoch)) blew up: loss \(loss.isNaN ? "nan" : "\(loss)"), \(gradient)\(cause)\(injected)"
  }
}

public struct RollbackReport: Sendable, Hashable {
  public let from: Int
  public let to: Int
  /// The attempt that begins, from 1.
  public let attempt: Int
  public let change: String
}

/// How a run ended, and where it stands.
public struct TrainingResult: Sendable, Hashable {
  public enum Ending: Sendable, Hashable {
    /// All epochs done.
    case finished
    /// The monitored figure no longer improved.
    case stoppedEarly(bestEpoch: Int)
    /// Asked to by a signal.
    case stopped(signal: Int32)
    /// Asked to after an epoch: see `Trainer.goesOn`.
    case paused
    /// A blow-up that was not recovered from.
    case diverged

    /// Whether the run is done.
    var isFinal: Bool {
      switch self {
      case .finished, .stoppedEarly: true
      case .stopped, .paused, .diverged: false
      }
    }
  }

  public let ending: Ending
  public let step: Int
  public let epoch: Int
  /// The epoch whose weights the model has, where the best one's were put back; nil: the last step's.
  public let restoredEpoch: Int?
  /// Mean objective of the epoch that the weights are of, the last whole one if they are the last step's; NaN if none was
  /// completed.
  public let loss: Double
  /// Of the same epoch.
  public let validation: ValidationRow?
  public let metricNames: [String]
  /// The newest checkpoint; nil: none was written.
  public let checkpoint: String?
  /// The state at the blow-up that ended a run that diverged.
  public let blowup: String?
}
