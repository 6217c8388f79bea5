package import Sweeps

/// What a sweep's own files say: which members there are, and what they are compared by.
package struct SweepOutline: Sendable {
  package struct Key: Sendable, Hashable {
    /// `optimizer.adam.learning_rate`.
    package let name: String
    /// The values of a list, in its order, in YAML; nil: numbers of a range.
    package let choices: [String]?
    package let isLogarithmic: Bool

    package init(_ name: String, choices: [String]? = nil, isLogarithmic: Bool = false) {
      self.name = name
      self.choices = choices
      self.isLogarithmic = isLogarithmic
    }
  }

  package var name: String
  package var description = ""
  package var keys: [Key]
  package var draws: [Draw]
  package var repetition: Repetition
  package var objective: Objective
  /// That the recipe asks for.
  package var epochs: Int
  /// How draws end early, in a word; nil: they do not.
  package var pruning: String?

  package init(
    name: String, keys: [Key], draws: [Draw], repetition: Repetition, objective: Objective, epochs: Int
  ) {
    self.name = name
    self.keys = keys
    self.draws = draws
    self.repetition = repetition
    self.objective = objective
    self.epochs = epochs
  }

  /// The members, draw by draw.
  package var members: [Member] { draws.flatMap { repetition.members(of: $0.id) } }

  /// The last parts of keys, as long as they tell them apart.
  package static func shortened(_ keys: [String]) -> [String] {
    keys.map { key in
      let parts = key.split(separator: ".")
      for count in 1..<max(2, parts.count) {
        let ending = parts.suffix(count).joined(separator: ".")
        if keys.count(where: { $0 == ending || $0.hasSuffix("." + ending) }) == 1 { return ending }
      }
      return key
    }
  }

  /// Keys that are not the same in all draws, with what they are called for short.
  package var varying: [(key: Key, short: String)] {
    zip(keys, SweepOutline.shortened(keys.map(\.name))).filter { ($0.0.choices?.count ?? 2) > 1 }.map { ($0, $1) }
  }

  /// A value in YAML for people: without quotes and braces, its middle left out where it is long.
  package static func shortValue(_ yaml: String, to most: Int = 24) -> String {
    var text = yaml
    if text.contains(where: { "{}\"'".contains($0) }) { text = text.filter { !"{}\"'".contains($0) } }
    guard text.count > most else { return text }
    let tail = most * 2 / 5
    return text.prefix(most - tail - 1) + "…" + text.suffix(tail)
  }

  /// What tells the values of a list apart, in few characters: of `{adam: {...}}` and `{sgd: {...}}` the names.
  package static func labels(_ choices: [String], to most: Int = 16) -> [String] {
    var texts = choices.map { shortValue($0, to: .max) }
    while true {
      let heads = texts.map { text in text.firstIndex(of: ":").map { String(text[..<$0]) } }
      if Set(heads).count == choices.count, heads.allSatisfy({ $0 != nil }) {
        return heads.compactMap(\.self).map { shortValue($0, to: most) }
      }
      // Of what all begin with, nothing is learnt.
      guard choices.count > 1, let head = heads.first ?? nil, heads.allSatisfy({ $0 == head }) else { break }
      texts = texts.map { String($0.dropFirst(head.count + 1).drop { $0 == " " }) }
    }
    let short = texts.map { shortValue($0, to: most) }
    return Set(short).count == choices.count
      ? short : choices.indices.map { "\($0 + 1): " + shortValue(texts[$0], to: most - 3) }
  }
}
