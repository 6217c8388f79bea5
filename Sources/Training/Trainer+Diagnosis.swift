internal import Checkpointing
public import GradientHealth
internal import NeuralNetwork

extension Trainer {
  /// What the history so far shows to be the matter; nothing: it is healthy, or too short to tell.
  public func findings() -> [Finding] {
    var context = DiagnosisContext(configuration, remedies: progress.remedies)
    context.data = progress.data
    context.hasDiverged = state.hasDiverged
    context.events = state.events.map { .init(step: $0.step, kind: $0.kind, message: $0.message) }
    let profiles = LayerProfile.profiles(of: model.network.graph)
    return Diagnosis.examine(state.history, layers: profiles, context: context)
  }
}
