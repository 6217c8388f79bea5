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
