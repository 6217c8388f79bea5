/// A key that two recipes say differently.
public struct RecipeDifference: Sendable, Hashable {
  /// `optimizer.adam.learning_rate`.
  public let keyPath: String
  /// In YAML; nil: the recipe does not have the key.
  public let before: String?
  public let after: String?

  /// `optimizer.adam.learning_rate was 0.001, is 0.01`.
  public var sentence: String {
    "\(keyPath) was \(before ?? "absent"), is \(after ?? "absent")"
  }
}

extension Recipe {
  /// Every key whose value fits on its line, with that in YAML, in the recipe's order: `optimizer.adam.learning_rate`
  /// and `0.001`, `tags` and `[moons, relu]`, `model.layers.0.dense.activation` and `relu`.
  public var keyValues: [(keyPath: String, value: String)] { values.lines("") }

  /// Metrics that a recipe may ask for.
  public static var metricNames: [String] { Grammar.metrics.names }

  /// Keys whose values differ from those of `earlier`, in this recipe's order, then those that only `earlier` has.
  public func differences(from earlier: Recipe) -> [RecipeDifference] {
    let (before, after) = (earlier.values.leaves(""), values.leaves(""))
    let old = Dictionary(before) { first, _ in first }
    let new = Dictionary(after) { first, _ in first }
    let changed = after.filter { old[$0.0] != $0.1 }.map {
      RecipeDifference(keyPath: $0.0, before: old[$0.0], after: $0.1)
    }
    let gone = before.filter { new[$0.0] == nil }.map {
      RecipeDifference(keyPath: $0.0, before: $0.1, after: nil)
    }
    return changed + gone
  }
}

extension RecipeValue {
  fileprivate func lines(_ path: String) -> [(keyPath: String, value: String)] {
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    if let short, !path.isEmpty { return [(path, short)] }
    switch content {
    case .map(let entries): return entries.flatMap { $0.value.lines(below($0.key)) }
    case .list(let values): return values.enumerated().flatMap { $1.lines(below(String($0))) }
    default: return []
    }
  }

  /// Every value below this one that is no map or list, with its key path.
  fileprivate func leaves(_ path: String) -> [(String, String)] {
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    switch content {
    case .map(let entries) where !entries.isEmpty: return entries.flatMap { $0.value.leaves(below($0.key)) }
    case .list(let values) where !values.isEmpty:
      return values.enumerated().flatMap { $1.leaves(below(String($0))) }
    default: return [(path, short ?? "")]
    }
  }
}
