/// What is done to the summed gradient, penalties included, before any transform. Keras' three modes.
public enum GradientClipping: Sendable, Hashable {
  case none
  /// Each element to [-limit, limit] (`clipvalue`).
  case value(Double)
  /// Each weight's gradient to that L2 norm (`clipnorm`).
  case norm(Double)
  /// The whole gradient to that L2 norm (`global_clipnorm`). Pascanu, Mikolov, Bengio, 2013.
  case globalNorm(Double)

  /// What a gradient of L2 norm `norm` is multiplied with under a limit of `limit`.
  static func scale(norm: Double, limit: Double) -> Double { norm > limit ? limit / norm : 1 }
}

extension GradientClipping {
  /// Whether the norm after clipping is known only once every element has been cut.
  public var isByValue: Bool {
    if case .value = self { return true }
    return false
  }
}
