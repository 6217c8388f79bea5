import Checkpointing
import Testing
import Training

/// Early stopping and reduction on a plateau, against Keras' callbacks written down again.
///
/// The figures are those of a run that jumps about, so that improvements, near misses and plateaus all occur.
@Suite struct StoppingRuleTests {
  static let recipe = """
    name: rules
    seed: 9
    data:
      train:
        make_moons: {samples: 120, noise: 0.3, random_state: 4}
      validation: {fraction: 0.3}
    model:
      layers:
        - dense: {units: 8, activation: relu}
        - batch_normalization: {momentum: 0.6}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    metrics: [accuracy]
    optimizer:
      adam: {learning_rate: 0.05}
    training: {epochs: 30, batch_size: 16, shards: 2}
    checkpoints: {keep_last: 1000}
    """

  /// keras.callbacks.EarlyStopping.on_epoch_end, epochs from 1: the epoch it stops after, and the best one.
  static func kerasStop(_ values: [Double], patience: Int, minDelta: Double, lower: Bool) -> (last: Int, best: Int) {
    var (best, bestEpoch, wait) = (lower ? Double.infinity : -.infinity, 0, 0)
    for (index, value) in values.enumerated() {
      wait += 1
      if lower ? value < best - minDelta : value > best + minDelta {
        (best, bestEpoch, wait) = (value, index + 1, 0)
        continue
      }
      if wait >= patience && index > 0 { return (index + 1, bestEpoch) }
    }
    return (values.count, bestEpoch)
  }

  /// keras.callbacks.ReduceLROnPlateau.on_epoch_end: the rate of each epoch.
  static func kerasRates(
    _ values: [Double], initial: Double, factor: Double, patience: Int, minDelta: Double, cooldown: Int, least: Double
  ) -> [Double] {
    var (rate, best, wait, counter) = (initial, Double.infinity, 0, 0)
    return values.map { value in
      let used = rate
      if counter > 0 {
        counter -= 1
        wait = 0
      }
      if value < best - minDelta {
        (best, wait) = (value, 0)
      } else if counter <= 0 {
        wait += 1
        if wait >= patience && rate > least {
          rate = max(rate * factor, least)
          (counter, wait) = (cooldown, 0)
        }
      }
      return used
    }
  }

  static func figure(_ monitor: String, _ report: EpochReport) -> Double {
    switch monitor {
    case "loss": report.loss
    case "validation_loss": report.validation?.loss ?? .nan
    default: report.validation?.metrics.first ?? .nan
    }
  }

  @Test(
    arguments: [
      ("validation_loss", 0, 0.0), ("validation_loss", 1, 0.0), ("validation_loss", 3, 0.0),
      ("validation_loss", 3, 0.02),
      ("validation_accuracy", 2, 0.0), ("validation_accuracy", 4, 0.01), ("loss", 1, 0.03),
      ("validation_loss", 100, 0.0),
    ]
  ) func stopsWhereKerasDoes(_ monitor: String, patience: Int, minDelta: Double) throws {
    let full = try train(StoppingRuleTests.recipe)
    let values = full.epochs.map { StoppingRuleTests.figure(monitor, $0) }
    let expected = StoppingRuleTests.kerasStop(
      values, patience: patience, minDelta: minDelta, lower: monitor != "validation_accuracy")
    try #require(patience == 100 || expected.last < 30, "the run never stops: \(values)")

    let stopping = "{monitor: \(monitor), patience: \(patience), min_delta: \(minDelta), restore_best: true}"
    try withTemporaryFolder { folder in
      let account = try train(
        StoppingRuleTests.recipe, overrides: ["training.early_stopping=\(stopping)"], directory: folder)
      #expect(account.epochs.count == expected.last)
      #expect(account.epochs == Array(full.epochs.prefix(expected.last)))
      if patience == 100 {
        #expect(account.result.ending == .finished)
      } else {
        #expect(account.result.ending == .stoppedEarly(bestEpoch: expected.best))
      }
      // The last checkpoint has the best epoch's weights, moving statistics included, and says its figures.
      let steps = account.summary.stepsPerEpoch
      #expect(account.result.step == expected.last * steps)
      #expect(account.result.validation == full.epochs[expected.best - 1].validation)
      #expect(
        try weights(folder, step: expected.last * steps) == weights(folder, step: expected.best * steps))
      if expected.best != expected.last - 1 {
        #expect(
          try weights(folder, step: expected.last * steps) != weights(folder, step: (expected.last - 1) * steps))
      }
    }
  }

  @Test func withoutRestoreTheLastWeightsStay() throws {
    try withTemporaryFolder { folder in
      let stopping = "training.early_stopping={monitor: validation_loss, patience: 3}"
      let account = try train(StoppingRuleTests.recipe, overrides: [stopping], directory: folder)
      guard case .stoppedEarly(let best) = account.result.ending else {
        Issue.record("not stopped: \(account.result.ending)")
        return
      }
      #expect(best < account.result.epoch)
      #expect(
        try weights(folder, step: account.result.step)
          != weights(folder, step: best * account.summary.stepsPerEpoch))
      #expect(account.result.validation == account.epochs.last?.validation)
    }
  }

  @Test(
    arguments: [
      (factor: 0.5, patience: 1, minDelta: 0.0, cooldown: 0, least: 0.0),
      (factor: 0.1, patience: 2, minDelta: 0.01, cooldown: 2, least: 0.0),
      (factor: 0.5, patience: 2, minDelta: 1.0, cooldown: 0, least: 0.02), (0.3, 1, 0.05, 1, 0.001),
    ]
  ) func reducesWhereKerasDoes(
    _ rule: (factor: Double, patience: Int, minDelta: Double, cooldown: Int, least: Double)
  ) throws {
    let schedule = """
      {reduce_on_plateau: {initial_learning_rate: 0.05, factor: \(rule.factor), patience: \(rule.patience), \
      min_delta: \(rule.minDelta), cooldown: \(rule.cooldown), min_lr: \(rule.least)}}
      """
    let account = try train(StoppingRuleTests.recipe, overrides: ["optimizer.adam.learning_rate=\(schedule)"])
    let expected = StoppingRuleTests.kerasRates(
      account.epochs.map { StoppingRuleTests.figure("validation_loss", $0) }, initial: 0.05, factor: rule.factor,
      patience: rule.patience, minDelta: rule.minDelta, cooldown: rule.cooldown, least: rule.least)
    #expect(Set(expected).count > 1)
    for (epoch, rate) in zip(account.epochs, expected) {
      #expect(abs(epoch.learningRate - rate) < 1e-6 * rate, "epoch \(epoch.epoch)")
    }
    for step in account.steps {
      #expect(abs(step.learningRate - expected[step.epoch - 1]) < 1e-6 * expected[step.epoch - 1])
    }
  }
}
