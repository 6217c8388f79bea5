internal import Checkpointing
internal import Files
internal import GradientHealth
internal import Training

/// What must hold of a run after a fault that a remedy was needed for.
extension DrillRun {
  /// Sees that all arrays and counters of the last checkpoint are another run's; events and the step's row in the history
  /// tell of the fault.
  func requireSameState(as other: DrillRun) -> DrillOutcome.Bytes {
    if compare(with: other) == .same { return .same }
    guard let last = other.steps.last, steps.contains(last) else {
      problems.append("it did not come to step \(other.steps.last ?? 0)")
      return .none
    }
    do {
      let found = try DrillStates.differences(
        checkpoint(last), other.checkpoint(last), except: ["/events", "/history"])
      if found.isEmpty { return .sameState }
      problems.append("the end differs from the undisturbed run's in \(DrillStates.few(found))")
    } catch {
      problems.append("\(error)")
    }
    return .differ
  }

  /// Sees that the state at a blow-up is that before the step: its update has not been applied.
  ///
  /// - Parameter step: right after a checkpoint.
  func requireWithheld(_ step: Int) {
    let path = "\(directory.path)/\(CheckpointStore.blowupFileName(step: step))"
    let before = runs.undisturbed.checkpoint(step - 1)
    guard FilePath.exists(path), FilePath.exists(before) else {
      return problems.append("the state at the blow-up was not left for inspection")
    }
    do {
      let found = try DrillStates.differences(path, before, only: ["/model_weights", "/optimizer"])
      if !found.isEmpty {
        problems.append(
          "the update of step \(step) has reached \(DrillStates.few(found)): it should have been withheld")
      }
    } catch {
      problems.append("\(error)")
    }
  }

  /// Sees that what stands at a step, after a rollback to it or before any fault, is what the undisturbed run has there.
  private func requireUndisturbed(_ step: Int, _ what: String) {
    guard steps.contains(step), runs.undisturbed.steps.contains(step) else { return }
    do {
      let checkpoint = try Checkpoint(verifying: checkpoint(step))
      var except = ["/events", "/trainer/remedies"]
      // Another optimizer has slots of its own.
      if checkpoint.progress.remedies.effect.optimizerRung >= 0 || !runs.rule.isUsual { except.append("/optimizer") }
      var found = try DrillStates.differences(self.checkpoint(step), runs.undisturbed.checkpoint(step), except: except)
      // A remedy of the recipe's own may leave batches out.
      if !runs.rule.isUsual { found.removeAll { $0 == DrillStates.place } }
      if !found.isEmpty { problems.append("\(what) (step \(step)) differs in \(DrillStates.few(found))") }
    } catch {
      problems.append("\(error)")
    }
  }

  /// Judges a run in which something blew up, from beginning to end.
  ///
  /// - Parameter step: where the fault was put in.
  func recovered(_ ending: ChildProcess.Ending, from step: Int) throws -> DrillOutcome {
    let events = events
    problems += DrillJudgement.afterBlowup(ending, events, runs.rule)
    let rollbacks = events.filter { $0.kind == "rollback" }
    // One that is due at the step before is written once more where this one is left out.
    let saved = (step - 2) / runs.plan.interval * runs.plan.interval
    if let back = rollbacks.last?.step { requireUndisturbed(back, "the state that it went back to") }
    if rollbacks.isEmpty { requireUndisturbed(saved, "the state before the fault") }
    var outcome = DrillOutcome(
      happened: "", stepsLost: events.stepsGivenUp, secondsLost: secondsLost(), bytes: .remedied)
    if ending == .code(3) {
      // As the recipe says; it can be gone on with all the same.
      outcome.stepsLost = max(0, step - 1 - (steps.last ?? 0))
      outcome.happened = "ended with exit code 3 at step \(step), as the recipe says"
      outcome.bytes = .none
    } else {
      problems += try judgeEnd(isTold: events.tellsOfRuin)
      outcome.happened = DrillRun.words(events, rollbacks)
      runs.keepCurve(name, of: self)
    }
    outcome.problems = problems
    return outcome
  }

  /// Loss and gradient norm up to a step, of the first attempt; empty where they are not there any more.
  func figures(upTo step: Int) throws -> DrillStates.Figures {
    let events = events
    if let blowup = events.first("blowup")?.step {
      let path = "\(directory.path)/\(CheckpointStore.blowupFileName(step: blowup))"
      return FilePath.exists(path) ? try DrillStates.figures(path).upTo(step) : DrillStates.Figures()
    }
    guard events.first("rollback") == nil, let last = steps.last else { return DrillStates.Figures() }
    return try DrillStates.figures(checkpoint(last)).upTo(step)
  }

  /// Judges the losses of the last steps.
  func judgeEnd(isTold: Bool) throws -> [String] {
    guard let last = steps.last else { return ["no checkpoint is left"] }
    guard last == runs.plan.steps else { return ["it did not come to step \(runs.plan.steps)"] }
    let figures = try DrillStates.figures(checkpoint(last))
    let first = try DrillStates.figures(runs.undisturbed.checkpoint(runs.plan.steps)).losses.prefix(10)
    return DrillJudgement.afterEnd(losses: Array(figures.losses.suffix(10)), first: Array(first), isTold: isTold)
  }

  private static func words(_ events: [DrillEvent], _ rollbacks: [DrillEvent]) -> String {
    let blowup = events.first("blowup") ?? events.first("lost") ?? events.first("rollback")
    var text = "noticed at step \(blowup?.step ?? 0)"
    if let quantity = blowup?.quantity {
      text += " (\(quantity)\(blowup?.layer.map { " of \($0)" } ?? ""))"
    }
    guard let last = rollbacks.last else {
      return text + (events.first("skip") == nil ? "" : "; the update was left out")
    }
    text += rollbacks.count == 1 ? "; back to step \(last.step ?? 0)" : "; back \(rollbacks.count) times"
    if !last.message.isEmpty { text += ": \(last.message)" }
    if events.last("not_cured") != nil { return text + "; not cured, which is said" }
    return text + (events.last("recovered") == nil ? "; the remedy stays" : "; recovered")
  }
}
