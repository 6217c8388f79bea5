internal import NeuralNetwork

extension PoolingPlan {
  /// The keys of every pooling layer.
  static let keys = [
    Key("pool_size", .oneOrMore(.integer(Grammar.extent)), "2", "The window's extents; one alone is that of all axes."),
    Key(
      "strides", .oneOrMore(.integer(Grammar.extent)), .absent, "From window to window. Default: the window's extents."),
    Key("padding", .word(of: PoolingPadding.self), "valid", "Whether windows may reach over the edges."),
  ]
}

extension RecipeValue {
  /// A list of integers, or one alone.
  func extents(_ key: String) -> [Int] { list(key).compactMap(\.integer) }
  func optionalExtents(_ key: String) -> [Int]? { self[key]?.list?.compactMap(\.integer) }
}
