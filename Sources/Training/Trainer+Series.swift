internal import Checkpointing
internal import GradientHealth

/// The running series: what observers are told of steps a few times a second.
extension Trainer {
  /// Adds the step that `step` has just run.
  func addToSeries(_ outcome: StepOutcome, isRecorded: Bool, applied: Bool = true) {
    series.add(
      outcome, step: applied ? progress.step : progress.step + 1, epoch: progress.epoch + 1,
      attempt: progress.attempt, isRecorded: isRecorded)
  }

  /// Tells of the steps since the last report, if there are any.
  func tellSeries(_ observe: (TrainingEvent) -> Void) {
    guard series.steps > 0 else { return }
    observe(.series(series.take(recorder.history)))
  }
}
