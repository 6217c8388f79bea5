internal import Checkpointing
public import GradientHealth
internal import NeuralNetwork

extension Trainer {
  /// What the history so far shows to be the matter; nothing: it is healthy, or too short to tell.
  public func findings() -> [Finding] {
    var context = DiagnosisContext(configuration)
    context.events = events.map { .init(step: $0.step, kind: $0.kind, message: $0.message) }
    let profiles = LayerProfile.profiles(of: configuration.layers, names: model.network.places.map(\.name))
    return Diagnosis.examine(recorder.history, layers: profiles, context: context)
  }
}
