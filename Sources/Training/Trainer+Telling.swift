internal import Checkpointing
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork

/// What observers are told of steps, and what is kept of it in checkpoints.
extension Trainer {
  /// Adds the step that `step` has just run to the running series, of which observers are told a few times a second.
  func addToSeries(_ outcome: StepOutcome, isRecorded: Bool, applied: Bool = true) {
    series.add(
      outcome, step: applied ? progress.step : progress.step + 1, epoch: progress.epoch + 1,
      attempt: progress.attempt, isRecorded: isRecorded)
  }

  /// Tells of the steps since the last report, if there are any.
  func tellSeries(_ context: RunContext) {
    guard series.steps > 0 else { return }
    context.observe(.series(series.take(state.history)))
  }

  /// Tells of something that happened to the step at hand, and keeps it for later checkpoints.
  func record(_ kind: String, _ message: String, _ context: RunContext) {
    state.events.append(RecordedEvent(step: progress.step + 1, kind: kind, message: message))
    context.observe(.note(kind: kind, step: progress.step + 1, message: message))
  }

  /// Steps between looks at the updates' sizes, which read some twenty rows of the history.
  static let bandSteps = 64
  /// Steps in which the same is not said again.
  private static let quietSteps = 1024

  /// Says that updates have left their band.
  func tellOfUpdates(_ context: RunContext) {
    guard let departure = UpdateBand(leftIn: state.history) else { return }
    if let last = state.events.last(where: { $0.kind == "update_size" }), progress.step - last.step < Trainer.quietSteps
    {
      return
    }
    record("update_size", "step \(progress.step + 1) (epoch \(progress.epoch + 1)): \(departure.message)", context)
  }

  /// Says it once in a window: a noisy stretch is one event.
  func tellOf(_ spike: Spike, _ context: RunContext) throws {
    let number = progress.step + 1
    if configuration.health.onSpike == .warn, let last = state.events.last(where: { $0.kind == "spike" }),
      number - last.step < step.spikes.monitor.thresholds.window
    {
      return
    }
    let factor = spike.factor < 1000 ? "\(Float((spike.factor * 10).rounded() / 10))" : "\(Float(spike.factor))"
    let rows = step.batch.rows.count
    let ofSo = rows < progress.updateRows ? " of a batch of \(rows) \(rows == 1 ? "row" : "rows")" : ""
    record(
      "spike",
      "step \(number) (epoch \(progress.epoch + 1)): the \(spike.series.rawValue) is \(factor) times the usual one"
        + ofSo + (try outstandingRows()), context)
  }

  /// Writes the step's whole gradient, if its turn has come. A disk that is full loses it, and training goes on.
  func keepFullGradient(_ context: RunContext) {
    guard let store = saver.store, progress.step % configuration.history.fullGradientsEverySteps == 0 else { return }
    do {
      try store.requireInPlace()
      try FullGradients.write(
        model.network, gradient: step.gradient, weights: trainedModel.parameters.readOnly, step: progress.step,
        directory: store.directory)
    } catch {
      context.observe(
        .note(kind: "full_gradients_failed", step: progress.step, message: "step \(progress.step): \(error)"))
    }
  }
}
