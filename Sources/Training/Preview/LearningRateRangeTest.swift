internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// Trains with the recipe's own optimizer at a rate that rises from step to step, batches in the run's order.
struct LearningRateRangeTest {
  /// The rates, on a scale of powers of ten.
  let lowest: Double
  let highest: Double
  let steps: Int
  /// Rows of a batch whose loss is compared with what it was at the first weights; of more the noise is small.
  private static let mostCompared = 4096

  /// - Parameters:
  ///   - rate: the recipe's highest rate, which the test reaches beyond.
  ///   - steps: nil: 200, fewer where the network is large (6e11 operations in all), at least 60.
  ///   - operations: of a step.
  init(rate: Double, steps: Int?, operations: Int) {
    lowest = rate > 0 ? min(1e-7, rate / 1e4) : 1e-7
    highest = max(10, 10 * rate)
    self.steps = steps ?? max(60, min(200, 600_000_000_000 / max(operations, 1)))
  }

  /// Changes weights, optimizer and spike monitor of a trainer that is not used any further.
  ///
  /// - Returns: the losses, and the seconds of each step.
  func run(_ trainer: Trainer) throws -> (range: RateRange, seconds: [Double]) {
    let (step, rows) = (trainer.step, trainer.rows)
    step.update.begin(
      trainer.configuration.optimizer.with(
        learningRate: .exponentialDecay(initial: lowest, decaySteps: steps - 1, decayRate: highest / lowest)))
    step.spikes = SpikeWatch(
      monitor: SpikeMonitor(SpikeThresholds(trainer.configuration.loss)), withholds: false,
      reference: { SpikeReference() })
    let key = Trainer.dropoutKey(seed: trainer.configuration.seed, attempt: 0)
    let first = Model(copying: trainer.model)
    let largest = min(trainer.configuration.updateRows, trainer.data.train.count)
    let gathered =
      largest <= LearningRateRangeTest.mostCompared
      ? GatheredRows(first.network, source: trainer.data.train, most: largest) : nil
    var (recorder, seconds) = (RateRange.Recorder(), [Double]())
    var rate = Double.nan
    var firstLoss = Double.nan
    for number in 0...steps {
      let batch = number % rows.batches
      if batch == 0 {
        rows.begin(epoch: number / rows.batches, attempt: 0, batch: 0)
        step.shards.carried?.restart()
      }
      let numbers = try rows.batch(batch)
      let pass = TrainingPass(key: key, step: UInt32(truncatingIfNeeded: step.update.state.iterations), firstRow: 0)
      let began = ContinuousClock.now
      try step.run(rows: numbers, key: key, probing: false)
      seconds.append(began.duration(to: .now) / .seconds(1))
      // What a step tells is the loss before its own update.
      let loss = step.outcome.objective - step.outcome.penalty
      if number == 0 {
        firstLoss = loss
      } else {
        gathered?.gather(numbers)
        let goesOn = recorder.add(rate: rate, loss: loss, atFirst: gathered?.loss(of: first, pass) ?? firstLoss)
        if !goesOn { break }
      }
      rate = step.outcome.learningRate
      if !step.outcome.isHealthy {
        // The update at this rate has thrown the weights away, or could not be made.
        _ = recorder.add(rate: rate, loss: .infinity, atFirst: firstLoss)
        break
      }
    }
    return (recorder.range, seconds)
  }
}
