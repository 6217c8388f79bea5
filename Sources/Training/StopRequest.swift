internal import Synchronization

/// Wishes made from a signal handler's queue and read between steps.
public final class StopRequest: Sendable {
  private let number = Atomic<Int32>(0)
  private let saving = Atomic<Bool>(false)

  public init() {}

  /// The signal that asks to save and end after the step at hand; 0: none has. The first one counts.
  public var signal: Int32 { number.load(ordering: .relaxed) }

  public func stop(signal: Int32) {
    _ = number.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
  }

  /// Takes over what the processes of a run have agreed on.
  func adopt(signal: Int32) { number.store(signal, ordering: .relaxed) }

  /// Asks for a checkpoint after the step at hand; training goes on.
  public func save() { saving.store(true, ordering: .relaxed) }

  /// Whether a checkpoint was asked for since the last call.
  func takeSave() -> Bool {
    guard saving.load(ordering: .relaxed) else { return false }
    return saving.exchange(false, ordering: .relaxed)
  }
}
