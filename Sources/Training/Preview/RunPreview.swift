internal import Checkpointing
internal import Datasets
public import GradientHealth
internal import NeuralNetwork
internal import Optimizers

/// A look at a run before it is started: data, first batch, learning rates, cost. Nothing is written.
///
/// All but the times follows from the configuration: with `shards` not given, from shards by the size of the network, not
/// of the machine.
public struct RunPreview: Sendable {
  public let run: String
  public let summary: RunSummary
  public let optimizer: String
  public let data: DataFigures
  public let look: FirstLook
  /// The highest rate that the schedule comes to in the run.
  public let rate: Double
  public let range: RateRange
  /// Steps that the test was to have, and the rates at its ends.
  public let testSteps: Int
  public let testRates: ClosedRange<Double>
  public let estimate: RunEstimate
  /// What is said at the run's start anyway, and of its initial weights.
  public let warnings: [String]
  public let notes: [String]
  /// The gravest first.
  public let findings: [Finding]

  /// - Parameter steps: of the range test; nil: by the size of the network.
  /// - Throws: as `Trainer.init`, and what the data throw while they are read.
  public init(_ configuration: TrainingConfiguration, data: TrainingData, steps: Int? = nil) throws {
    var tested = configuration
    // The copy in memory to go back to is not needed.
    (tested.health.onBlowup, tested.health.onSpike) = (.halt, .warn)
    let operations = try RunPreview.operations(configuration, data)
    tested.shards = configuration.shards ?? max(1, min(4, operations / 1_000_000))
    let trainer = try Trainer(tested, data: data, directory: nil)
    look = try trainer.firstLook()
    warnings = trainer.warnings()
    notes = trainer.notes
    run = configuration.name
    optimizer = configuration.optimizer.name
    self.data = trainer.progress.data
    let rate = RunPreview.highestRate(configuration, steps: configuration.epochs * trainer.stepsPerEpoch)
    self.rate = rate
    let test = LearningRateRangeTest(rate: rate, steps: steps, operations: operations)
    let (range, seconds) = try test.run(trainer)
    self.range = range
    (testSteps, testRates) = (test.steps, test.lowest...test.highest)
    // The first steps make what the others use.
    let usual = seconds.dropFirst(seconds.count > 6 ? 3 : 0).sorted()
    summary = trainer.summary
    estimate = RunEstimate(trainer, secondsPerStep: usual.isEmpty ? .nan : usual[usual.count / 2])
    findings = BeforeRun.findings(look, context: trainer.contextBeforeRun, range: range, rate: rate)
  }

  /// Of a step.
  private static func operations(_ configuration: TrainingConfiguration, _ data: TrainingData) throws -> Int {
    let network = try Network(configuration, for: data.train.schema.networkInputs)
    return 6 * min(configuration.updateRows, data.train.count) * network.places.reduce(0) { $0 + $1.multiplications }
  }

  private static func highestRate(_ configuration: TrainingConfiguration, steps: Int) -> Double {
    let schedule = configuration.optimizer.learningRate
    return stride(from: 0, to: max(1, steps), by: max(1, steps / 10_000)).map { schedule.rate(iterations: $0) }.max()
      ?? 0
  }
}
