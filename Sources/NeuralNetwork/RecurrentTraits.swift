/// What a layer that keeps a state from step to step of a sequence is, for diagnosis.
public struct RecurrentTraits: Sendable, Hashable {
  /// Whether gates decide what the state keeps.
  public var isGated: Bool
  /// Whether the gate that keeps it starts as far open as such a layer can have it.
  public var startsOpen: Bool
  /// Whether its output is the state after every step; else after the last.
  public var returnsSequences: Bool
  /// The gradient's way back is cut before each multiple of this; nil: it goes back to the first step.
  public var truncation: Int?

  public init(isGated: Bool, startsOpen: Bool = true, returnsSequences: Bool, truncation: Int? = nil) {
    self.isGated = isGated
    self.startsOpen = startsOpen
    self.returnsSequences = returnsSequences
    self.truncation = truncation
  }
}
