internal import Checkpointing
internal import Files
internal import GradientHealth
internal import Recipes
internal import Reports
internal import Training

/// What is said of a run at its end.
extension RunExecution {
  /// The run's results, for standard output; why it failed is said on standard error.
  ///
  /// - Parameter wasFinished: whether it had ended before, and nothing was trained.
  func summary(_ result: TrainingResult, wasFinished: Bool, seconds: Double) -> String {
    let steps =
      "\(counted(result.step, "step")), \(counted(result.epoch, "epoch")) in \(ProgressDisplay.duration(seconds))"
    var lines: [String] = []
    switch result.ending {
    case .finished where wasFinished, .stoppedEarly where wasFinished: lines.append(finishedBefore(result))
    case .finished: lines.append("finished: \(steps)")
    case .stoppedEarly(let best): lines.append("stopped early, best after epoch \(best): \(steps)")
    case .stopped(let signal):
      printError("stopped by signal \(signal) after a checkpoint: \(steps); `cairn resume \(directory.path)` goes on")
    case .paused: lines.append("paused after epoch \(result.epoch)")
    case .diverged:
      printError("diverged: \(steps)" + (result.checkpoint == nil ? "" : "; the checkpoint named below is healthy"))
      let diagnosis = Diagnose.text(directory)
      if !diagnosis.isEmpty { printError("\n" + diagnosis + "\n") }
    }
    if result.epoch > 0 { lines.append(figures(result)) }
    lines.append("run         \(directory.path)")
    if let checkpoint = result.checkpoint { lines.append("checkpoint  \(checkpoint)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The figures of the model that there is, and of which epoch it is where that is not the last one.
  private func figures(_ result: TrainingResult) -> String {
    var figures = "loss \(short(result.loss))"
    if let validation = result.validation {
      figures += ", validation_loss \(short(validation.loss))"
      for (name, value) in zip(result.metricNames, validation.metrics) {
        figures += ", validation_\(name) \(short(value))"
      }
    }
    if let epoch = result.restoredEpoch { return figures + " (best, epoch \(epoch))" }
    return result.ending == .finished ? figures : figures + " (epoch \(result.epoch))"
  }

  /// That there was nothing to do, and says what would go on.
  private func finishedBefore(_ result: TrainingResult) -> String {
    if trainer.hasStoppedEarly {
      printError(
        "it stopped early: `cairn resume \(directory.path) --set training.early_stopping.patience=N` with a larger N goes on"
      )
    } else {
      printError("`cairn resume \(directory.path) --epochs N` with N above \(result.epoch) trains on")
    }
    let text = Array(recipe.resolved(.run, shards: trainer.progress.shards).utf8)
    if (try? FileContents.read(directory.recipePath)) != text {
      printError("what is asked for differs from \(directory.recipePath), which stays as it was")
    }
    return
      "already finished after \(counted(result.epoch, "epoch")), \(counted(result.step, "step")); nothing was trained"
  }
}
