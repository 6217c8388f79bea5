internal import Synchronization

/// Where wishes come from that are not made by this program itself: signals. Asked between steps, told of them.
public protocol StopSource: AnyObject, Sendable {
  /// The signal that asks to save and end; 0: none has. The first one counts.
  var signal: Int32 { get }
  /// Whether a checkpoint was asked for since the last call.
  func takeSave() -> Bool
  /// From here on steps follow each other, and `signal` is read after each.
  func beginSteps()
  func noteStep()
}

/// Wishes made elsewhere and read between steps.
public final class StopRequest: Sendable {
  private let number = Atomic<Int32>(0)
  private let saving = Atomic<Bool>(false)
  private let source: (any StopSource)?

  public init(source: (any StopSource)? = nil) { self.source = source }

  /// The signal that asks to save and end after the current step; 0: none has. The first one counts.
  public var signal: Int32 {
    let own = number.load(ordering: .relaxed)
    return own != 0 ? own : source?.signal ?? 0
  }

  public func stop(signal: Int32) {
    _ = number.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
  }

  /// Takes over what the processes of a run have agreed on.
  func adopt(signal: Int32) { number.store(signal, ordering: .relaxed) }

  /// Asks for a checkpoint after the current step; training goes on.
  public func save() { saving.store(true, ordering: .relaxed) }

  /// Whether a checkpoint was asked for since the last call.
  func takeSave() -> Bool {
    let isWished = source?.takeSave() ?? false
    guard saving.load(ordering: .relaxed) else { return isWished }
    return saving.exchange(false, ordering: .relaxed) || isWished
  }

  func beginSteps() { source?.beginSteps() }
  func noteStep() { source?.noteStep() }
}
