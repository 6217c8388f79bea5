/// A checkpoint that cannot be used or written.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// No such file or run.
    case missing
    /// Not a checkpoint, cut short, or its bytes are not those that were written.
    case damaged
    /// Whole, but not for this model, data or version.
    case unsuitable
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// A checkpoint that was discarded half-written because a newer state is about to be saved.
public struct CheckpointSuperseded: Error, Sendable {}
