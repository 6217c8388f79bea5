internal import Checkpointing
internal import GradientHealth
internal import Optimizers

/// Which remedy is tried after a blow-up, from where, and whether it has proved itself: decisions alone, from values.
///
/// Each remedy of `health.ladder` that applies is tried from the same good state, none on top of another. One that brings
/// the data loss to the goal within the trial's steps stays; if none does, the best of them.
enum RecoveryTrials {
  /// What was found at the good state.
  struct Evidence: Sendable, Hashable {
    /// Rows whose gradients are out of all proportion.
    var rows: [Int32] = []
    /// The initial weights do not suit the activations or the targets, and nothing has been learnt with them.
    var weightsDoNotSuit = false
  }

  // MARK: Goal

  /// Steps of a window that the loss is averaged over.
  static func windowLength(stepsPerEpoch: Int) -> Int { min(max(stepsPerEpoch, 20), 200) }

  /// Steps of a trial.
  static func trialLength(stepsPerEpoch: Int) -> Int {
    max(LossWindows.fewSteps, min(3 * stepsPerEpoch, LossWindows.manySteps))
  }

  /// Whether a run had done little yet that starting over would lose: few steps, or no more than a trial has in which
  /// nothing was learnt. A long run on a hard task may never be much better than a constant.
  static func isEarly(step: Int, _ windows: LossWindows, constantLoss: Double, stepsPerEpoch: Int) -> Bool {
    if step < LossWindows.fewSteps { return true }
    return step <= trialLength(stepsPerEpoch: stepsPerEpoch) && !(windows.best < 0.95 * constantLoss)
  }

  /// Early, half of the best constant's loss; else what the run had reached, and a fifth.
  ///
  /// - Parameters:
  ///   - best: the lowest mean of a window, or the usual loss before a sudden blow-up.
  ///   - constantLoss: NaN where it is not known, or losses go below 0.
  static func goal(isEarly: Bool, best: Double, constantLoss: Double) -> Double {
    guard constantLoss.isFinite else {
      return isEarly ? -Double.greatestFiniteMagnitude : best < 0 ? 0.8 * best : 1.2 * best
    }
    if isEarly { return constantLoss > 0 ? 0.5 * constantLoss : 0.1 }
    return max(1.2 * best, best + 0.02 * constantLoss)
  }

  /// Whether a run that had learnt has lost it, or one that had not is far worse than at its start: two windows in a row.
  static func hasLost(_ windows: LossWindows) -> Bool { windows.lost >= 2 }

  /// Counts a step's data loss.
  ///
  /// - Returns: whether a window has been completed.
  static func count(
    _ loss: Double, step: Int, length: Int, constantLoss: Double, in windows: inout LossWindows
  ) -> Bool {
    windows.sum += loss
    windows.count += 1
    guard windows.count >= length else { return false }
    windows.last = windows.sum / Double(windows.count)
    windows.sum = 0
    windows.count = 0
    if windows.first.isInfinite { windows.first = windows.last }
    windows.best = min(windows.best, windows.last)
    if windows.last <= windows.best + 0.5 * abs(windows.best) { windows.goodStep = step }
    let isLost =
      windows.best < 0.7 * constantLoss
      ? windows.last >= 0.95 * constantLoss : windows.last > 10 * max(constantLoss, windows.first)
    windows.lost = isLost ? windows.lost + 1 : 0
    return true
  }

  // MARK: Where from

  /// The last step whose weights were good: before the loss began to grow.
  ///
  /// Medians of ten steps: the newest that is within one and a half of the lowest.
  /// - Parameters:
  ///   - steps, losses: of the history, oldest first; those after `limit` are not looked at.
  static func stepBeforeGrowth(steps: [Int], losses: [Double], limit: Int) -> Int {
    let rows = steps.indices.filter { steps[$0] <= limit }
    let windows = stride(from: 0, to: rows.count, by: 10).map { Array(rows[$0..<min($0 + 10, rows.count)]) }
    let medians = windows.map { rows in
      let losses = rows.map { losses[$0].isFinite ? losses[$0] : .infinity }.sorted()
      return losses[losses.count / 2]
    }
    guard let best = medians.min(), best.isFinite,
      let last = medians.lastIndex(where: { $0 <= best + 0.5 * abs(best) }), let row = windows[last].last
    else { return limit }
    // A row's loss is that of the weights before its update.
    return steps[row] - 1
  }

  /// Whether nothing grew before a blow-up: of the last ten healthy steps, neither loss nor gradient had risen. It then
  /// was no matter of the settings, and what the run had reached is worth going on from.
  ///
  /// - Parameters:
  ///   - losses, norms: of the steps before it, oldest first.
  /// - Returns: the usual loss of those steps; nil: something grew, or there are too few to tell by.
  static func lossBeforeSudden(losses: [Double], norms: [Double]) -> Double? {
    guard losses.count >= 10 else { return nil }
    let recent = Array(losses.suffix(10))
    return hasRisen(recent) || hasRisen(Array(norms.suffix(10))) ? nil : recent.sorted()[5]
  }

  /// Whether the last of ten values is above all others, or the last three are twice the first five, by their medians.
  private static func hasRisen(_ values: [Double]) -> Bool {
    guard let last = values.last, let highest = values.dropLast().max(), values.allSatisfy(\.isFinite) else {
      return true
    }
    return last > 1.2 * highest || values.suffix(3).sorted()[1] > 2 * values.prefix(5).sorted()[2]
  }

  // MARK: Which

  /// The rungs that apply, as numbers of the ladder.
  ///
  /// - Parameter optimizer: the name of the recipe's: a rung that keeps it changes settings alone.
  static func rungs(
    _ health: HealthConfiguration, optimizer: String, isEarly: Bool, _ evidence: Evidence
  ) -> [Int] {
    let may: Set<HealthConfiguration.Intervention> =
      health.may ?? (isEarly ? Set(HealthConfiguration.Intervention.allCases) : [.clip, .learningRate, .skipRows])
    return health.ladder.indices.filter { number in
      let rung = health.ladder[number]
      if rung.clip != nil, !may.contains(.clip) { return false }
      if rung.learningRate != 1, !may.contains(.learningRate) { return false }
      if let rule = rung.optimizer, rule.name != optimizer, !may.contains(.optimizer) { return false }
      if rung.skipRows, !may.contains(.skipRows) || evidence.rows.isEmpty { return false }
      if rung.redraw, !may.contains(.redraw) || !evidence.weightsDoNotSuit { return false }
      return true
    }
  }

  /// What is in effect under a rung, on top of what was before the blow-up.
  ///
  /// - Parameters:
  ///   - keepsRedraw: whether the trials before had weights drawn anew, which stays so.
  ///   - automaticClip: the limit of healthy steps; nil: there were too few.
  /// - Returns: with the change in words.
  static func effect(
    _ rung: HealthConfiguration.Rung, number: Int, on before: RemedyState.Effect, keepsRedraw: Bool,
    skippedRows: [Int], automaticClip: Double?
  ) -> (effect: RemedyState.Effect, change: String) {
    var effect = before
    var changes: [String] = []
    if let first = skippedRows.first {
      let named = skippedRows.prefix(8).map(String.init).joined(separator: ", ")
      let more = skippedRows.count > 8 ? " and \(skippedRows.count - 8) more" : ""
      changes.append(
        skippedRows.count == 1
          ? "row \(first) of the training data is left out" : "rows \(named)\(more) of the training data are left out")
    }
    if rung.redraw || keepsRedraw {
      effect.redraws = true
      changes.append("the weights are drawn anew, with initializers that suit")
    }
    if let optimizer = rung.optimizer {
      effect.optimizerRung = number
      effect.learningRateFactor = 1
      changes.append("the optimizer is \(optimizer.name), with settings of its own")
    }
    if let clip = rung.clip {
      let limit: Double =
        switch clip {
        case .norm(let given): given
        case .automatic: automaticClip ?? (rung.learningRate < 1 ? 10 : 1)
        }
      // Looser than what is in effect would be no remedy.
      effect.clip = before.clip > 0 ? min(limit, before.clip) : limit
      changes.append("the gradient is clipped to global norm \(Float(effect.clip))")
    }
    if rung.learningRate != 1 {
      effect.learningRateFactor *= rung.learningRate
      changes.append("the learning rate is \(Float(effect.learningRateFactor)) times the recipe's")
    }
    if rung.resetMoments { changes.append("the optimizer's slots start anew") }
    if rung.skipBatches > 0 { changes.append("\(rung.skipBatches) batches are left out") }
    if rung.goBack > 0 { changes.append("\(counted(rung.goBack, "checkpoint")) further back") }
    return (effect, changes.isEmpty ? "nothing is changed but the order of the rows" : changes.joined(separator: ", "))
  }

  // MARK: What next

  enum Next: Sendable, Hashable {
    /// The place in `Probation.rungs` to try.
    case attempt(Int)
    /// All have been tried and missed the goal: the best.
    case settle(Int)
    /// All have been tried and ended in another blow-up.
    case exhausted
  }

  /// After the trial at hand has come to its result.
  ///
  /// - Parameter isSpent: as many rollbacks as the recipe allows have been made.
  static func next(_ probation: Probation, isSpent: Bool) -> Next {
    if probation.results.count < probation.rungs.count, !isSpent { return .attempt(probation.results.count) }
    let tried = probation.results.indices.filter { probation.results[$0].isFinite }
    guard let best = tried.min(by: { probation.results[$0] < probation.results[$1] }) else { return .exhausted }
    return .settle(best)
  }

  enum Judgement: Sendable, Hashable { case open, passed, missed }

  /// After a window, whose mean `LossWindows.last` is.
  static func judge(_ probation: inout Probation, _ windows: LossWindows, step: Int) -> Judgement {
    if step >= probation.judgedAfter {
      probation.figure = windows.last
      if windows.last <= probation.goal { return .passed }
    }
    return step >= probation.deadline ? .missed : .open
  }

  /// The norm that 90 % of the healthy steps stayed under; nil while there are too few.
  ///
  /// - Parameters:
  ///   - norms: of the gradients up to the good state.
  ///   - isEarly: fewer than 100 are too few, as they may be those of a run that was going wrong; else fewer than 10.
  static func automaticClip(_ norms: [Double], isEarly: Bool) -> Double? {
    let norms = norms.filter(\.isFinite)
    guard norms.count >= (isEarly ? LossWindows.fewSteps : 10) else { return nil }
    return norms.sorted()[norms.count * 9 / 10]
  }
}
