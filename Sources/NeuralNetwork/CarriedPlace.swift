/// What a layer's rows carry from batch to batch, within all that a row carries.
public struct CarriedPlace: Sendable, Hashable {
  public let layer: String
  /// Columns of `[rows, carriedWidth]`.
  public let range: Range<Int>
}
