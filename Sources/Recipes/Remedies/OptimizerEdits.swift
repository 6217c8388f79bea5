/// Edits of `optimizer`, and of what stands on it.
extension RecipeValue {
  private static let rates: Set = [
    "learning_rate", "initial_learning_rate", "end_learning_rate", "warmup_target", "min_learning_rate",
  ]

  /// Every rate in an optimizer, those of its schedule too.
  mutating func scaleRates(by factor: Double) -> Bool {
    guard case .map(var entries) = content else { return false }
    var found = false
    for index in entries.indices {
      let key = entries[index].key
      switch entries[index].value.content {
      case .number(let rate) where RecipeValue.rates.contains(key) && rate > 0:
        entries[index].value.content = .number(RecipeValue.rounded(rate * factor))
        found = true
      case .list(let values) where key == "values":
        entries[index].value.content = .list(
          values.map { value in
            guard let rate = value.number, rate > 0 else { return value }
            var scaled = value
            scaled.content = .number(RecipeValue.rounded(rate * factor))
            return scaled
          })
        found = true
      case .map: if entries[index].value.scaleRates(by: factor) { found = true }
      default: break
      }
    }
    content = .map(entries)
    return found
  }

  /// One rate for the whole run.
  mutating func setRate(_ rate: Double) -> Bool {
    guard let name = choice?.name, self[name]?["learning_rate"] != nil else { return false }
    self[name]?["learning_rate"]?.content = .number(RecipeValue.rounded(rate))
    return true
  }

  /// Limit of the whole gradient's norm, in the place of any other; nil: none. False where a tighter one is in effect.
  mutating func clip(_ norm: Double?) -> Bool {
    if let norm, let limit = self["global_clip_norm"]?.number, limit <= norm { return false }
    for key in ["clip_value", "clip_norm", "global_clip_norm"] { self[key] = nil }
    guard let norm else { return true }
    self["global_clip_norm"] = RecipeValue(
      content: .number(RecipeValue.rounded(norm)), place: place, path: "\(path).global_clip_norm")
    return true
  }

  /// Of a recipe: the optimizer, its clipping as before.
  mutating func useOptimizer(_ name: String, _ rate: Double) -> Bool {
    guard let old = self["optimizer"],
      var optimizer = RecipeValue.made("{\(name): {learning_rate: \(rate)}}", .map(Grammar.optimizer))
    else { return false }
    // The same optimizer at the same rate, or one near it, is what the run has.
    if let chosen = old.choice, chosen.name == name, let now = chosen.arguments["learning_rate"]?.number,
      now > rate / 10 && now <= rate * 3
    {
      return false
    }
    for key in ["clip_value", "clip_norm", "global_clip_norm"] where old[key] != nil { optimizer[key] = old[key] }
    self["optimizer"] = optimizer
    return true
  }

  /// Of a recipe: the rate falls when the validation's loss stands.
  mutating func reduceOnPlateau(_ patience: Int) -> Bool {
    guard self["data"]?["validation"] != nil, let optimizer = self["optimizer"],
      let (name, arguments) = optimizer.choice,
      let rate = arguments["learning_rate"]?.number
    else { return false }
    let made = RecipeValue.made(
      "{\(name): {learning_rate: {reduce_on_plateau: {initial_learning_rate: \(rate), patience: \(patience)}}}}",
      .map(Grammar.optimizer))
    guard let schedule = made?[name]?["learning_rate"] else { return false }
    self["optimizer"]?[name]?["learning_rate"] = schedule
    return true
  }
}
