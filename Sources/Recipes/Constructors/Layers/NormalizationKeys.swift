extension Grammar {
  /// Whether a normalization has weights. Absent and not `true`: recipes from before there was a choice stay what they are.
  static let centerAndScale = [
    Key("center", .boolean, .absent, "Whether beta is added. Default: true."),
    Key("scale", .boolean, .absent, "Whether gamma multiplies. Default: true."),
  ]
}

extension RecipeValue {
  func isTrueOrAbsent(_ key: String) -> Bool { self[key]?.boolean ?? true }
}
