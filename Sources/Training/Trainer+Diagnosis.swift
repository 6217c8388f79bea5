internal import Checkpointing
public import GradientHealth
internal import NeuralNetwork

extension Trainer {
  /// What the history so far shows to be the matter; nothing: it is healthy, or too short to tell.
  public func findings() -> [Finding] {
    var context = DiagnosisContext(configuration, remedies: progress.remedies)
    context.hasDiverged = hasDiverged
    context.events = events.map { .init(step: $0.step, kind: $0.kind, message: $0.message) }
    let profiles = LayerProfile.profiles(of: model.network.graph)
    return Diagnosis.examine(recorder.history, layers: profiles, context: context)
  }

  /// What a spike at the current step is measured by: the history's levels; without a history the epochs' mean loss.
  /// Both are in every checkpoint, so that a resumed run judges as one that was never stopped.
  var spikeReference: SpikeReference {
    if recorder.history.count > 0 { return SpikeReference(recorder.history) }
    return SpikeReference(loss: epochs.map(\.loss).filter(\.isFinite).max() ?? .nan)
  }
}
