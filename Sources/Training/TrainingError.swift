/// A run that cannot start as described.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
