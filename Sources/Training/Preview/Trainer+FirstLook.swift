internal import Checkpointing
public import GradientHealth
internal import NeuralNetwork
internal import Optimizers

extension Trainer {
  /// Floats of weights and of what a step needs besides, beyond which a run's start does not look: 256 MB.
  private static let mostLookedAt = 1 << 26

  /// What the first batch and the data show to be the matter, before the first step; the gravest first.
  ///
  /// Costs a step and two forward passes of at most 2e9 operations each, on copies: no bit of the run changes. Nothing is
  /// found where weights, gradient and the optimizer's slots take more than 256 MB. Call before `run`.
  public func findingsBeforeRun() throws -> [Finding] {
    let vectors = 2 + configuration.optimizer.transforms.flatMap(\.slots).count
    guard progress.step == 0, model.network.layout.trainableCount <= Trainer.mostLookedAt / vectors else { return [] }
    return BeforeRun.findings(try firstLook(), context: contextBeforeRun)
  }

  func firstLook() throws -> FirstLook {
    try FirstLook(model, configuration, source: data.train, order: rows)
  }

  var contextBeforeRun: DiagnosisContext {
    var context = DiagnosisContext(configuration)
    context.data = progress.data
    return context
  }
}
