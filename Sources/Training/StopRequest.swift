internal import Synchronization

/// A wish to end the run after the step at hand, made from a signal handler's queue and read between steps.
public final class StopRequest: Sendable {
  private let number = Atomic<Int32>(0)

  public init() {}

  /// The signal that asks; 0: none has.
  public var signal: Int32 { number.load(ordering: .relaxed) }

  public func stop(signal: Int32) { number.store(signal, ordering: .relaxed) }
}
