public import GradientHealth
internal import Training

/// A remedy as it changes one recipe: never without effect, always a recipe that is valid.
public struct RecipeRemedy: Sendable {
  /// From 1, over all findings of a run; the same change has one number wherever it is proposed.
  public let number: Int
  /// What those of its steps are for that change something.
  public let text: String
  /// The whole recipe, mended.
  public let recipe: Recipe
  /// What changes, line by line: removed ones after `-`, new ones after `+`, the keys around them after two spaces.
  public let diff: String
  /// The complete new value of each top-level key that changes, as YAML that replaces the old one.
  public let snippet: String

  /// What of each finding's remedies applies to a recipe, numbered in the order in which it is printed.
  public static func all(of findings: [Finding], for recipe: Recipe) -> [[RecipeRemedy]] {
    var known: [RecipeRemedy] = []
    return findings.map { finding in
      var made: [RecipeRemedy] = []
      for remedy in finding.remedies {
        guard let next = RecipeRemedy(remedy, for: recipe, number: known.count + 1) else { continue }
        let same = known.first { $0.recipe == next.recipe }
        if same == nil { known.append(next) }
        if !made.contains(where: { $0.recipe == next.recipe }) { made.append(same ?? next) }
      }
      return made
    }
  }

  /// nil: it changes nothing.
  public init?(_ remedy: Remedy, for recipe: Recipe, number: Int = 1) {
    var document = recipe.document(.run)
    let before = document
    var texts: [String] = []
    for step in remedy.steps {
      var edited = document
      guard edited.apply(step.edit), edited != document else { continue }
      document = edited
      texts.append(step.text)
    }
    guard !texts.isEmpty,
      let mended = try? Recipe.parse(document.yaml, file: recipe.configuration.name, folder: nil, files: .none),
      mended != recipe
    else { return nil }
    self.number = number
    text = texts.joined(separator: " ")
    self.recipe = mended
    let after = mended.document(.run)
    diff = YAMLDiff.text(from: before.yaml, to: after.yaml)
    let changed = after.entries.filter { before[$0.key] != $0.value }
    snippet = RecipeValue(content: .map(changed), place: .start, path: "").yaml
  }
}
