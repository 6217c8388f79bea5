internal import Datasets

/// The valid name that was probably meant, and how to say so.
package enum NearestName {
  /// `; did you mean ...?`, or the valid names if none is near.
  package static func hint(for name: String, among names: [String]) -> String {
    if let nearest = nearest(to: name, among: names) { return "; did you mean `\(nearest)`?" }
    let longer = names.filter { name.count >= 3 && ($0.hasPrefix(name) || $0.hasSuffix(name)) }
    if (2...3).contains(longer.count) { return "; did you mean \(longer.quoted(" or "))?" }
    return names.isEmpty ? "" : "; expected one of \(names.quoted(", "))"
  }

  static func nearest(to name: String, among names: [String]) -> String? {
    let wanted = normalized(name)
    if let alias = aliases[wanted], names.contains(alias) { return alias }
    // Other spellings: learningRate, clipvalue, lr, val_loss.
    if let same = names.first(where: { normalized($0) == wanted }) { return same }
    if let short = names.first(where: { initials($0) == name.lowercased() }) { return short }
    if name.hasPrefix("val_"), names.contains("validation_" + name.dropFirst(4)) {
      return "validation_" + name.dropFirst(4)
    }
    let ranked = names.map { (editDistance(wanted, normalized($0)), $0) }.min { $0.0 < $1.0 }
    if let ranked, ranked.0 <= max(1, min(wanted.count, ranked.1.count) / 3) { return ranked.1 }
    let extended = names.filter { name in
      wanted.count >= 3 && (normalized(name).hasPrefix(wanted) || normalized(name).hasSuffix(wanted))
    }
    if let only = extended.first, extended.count == 1 { return only }
    return names.filter { normalized($0).count >= 3 && wanted.hasPrefix(normalized($0)) }.max { $0.count < $1.count }
  }

  /// Keras' short names, where a spelling that is nearer means something else (`auc` is nearer to `acc` than `accuracy`).
  private static let aliases = [
    "acc": "accuracy", "valacc": "validation_accuracy", "validationacc": "validation_accuracy",
    "bce": "binary_crossentropy", "cce": "categorical_crossentropy",
    "scce": "sparse_categorical_crossentropy", "swish": "silu",
  ]

  private static func normalized(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }

  private static func initials(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.count > 1 ? String(words.compactMap(\.first)) : name
  }
}
