/// One `run` of a trainer: what it is asked from outside, and whom it tells.
final class RunContext {
  let stop: StopRequest
  let observe: (TrainingEvent) -> Void
  /// The signal that several processes have agreed to stop for; nil: this one trains alone.
  private var agreed: Int32?

  init(stop: StopRequest, observe: @escaping (TrainingEvent) -> Void, isJoint: Bool) {
    self.stop = stop
    self.observe = observe
    agreed = isJoint ? 0 : nil
  }

  /// The signal to end for after the step at hand; 0: none.
  var signal: Int32 { agreed ?? stop.signal }

  /// Takes over what all processes together were asked.
  func adopt(signalBits: UInt64) { agreed = stop.adopt(signalBits: signalBits) }
}
