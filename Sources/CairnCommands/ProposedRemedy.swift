internal import Checkpointing
internal import Files
internal import GradientHealth
internal import JSON
internal import Recipes
internal import Reports

/// A remedy for one run: as it changes the run's recipe, or in words where the run has none.
struct ProposedRemedy {
  let number: Int
  let text: String
  /// nil: the run was started by a Swift program, without a recipe.
  let mended: RecipeRemedy?

  var printed: RemedyText { RemedyText(number: number, text: text, diff: mended?.diff ?? "") }

  var document: JSONValue {
    [
      "number": .integer(number), "text": .string(text), "diff": .string(mended?.diff ?? ""),
      "snippet": .string(mended?.snippet ?? ""),
    ]
  }
}

extension ProposedRemedy {
  /// Those of each finding that change something in a recipe.
  static func all(of findings: [Finding], for recipe: Recipe) -> [[ProposedRemedy]] {
    RecipeRemedy.all(of: findings, for: recipe).map { remedies in
      remedies.map { ProposedRemedy(number: $0.number, text: $0.text, mended: $0) }
    }
  }

  /// The first line of a mended recipe.
  static func heading(of run: String) -> String { "# \(run), mended by cairn diagnose" }

  /// Writes the recipe with a remedy. That the file may be replaced has been checked.
  ///
  /// - Throws: `CommandError` where there is no such remedy.
  static func write(_ number: Int, of remedies: [[ProposedRemedy]], to path: String, heading: String) throws {
    let all = remedies.flatMap { $0.compactMap(\.mended) }
    guard let chosen = all.first(where: { $0.number == number }) else {
      let most = all.map(\.number).max() ?? 0
      throw CommandError(
        .usage,
        most == 0
          ? "--write: nothing was found that a change of the recipe mends"
          : "--remedy \(number): expected a number from 1 to \(most)")
    }
    let comment = chosen.text.split(separator: "\n").map { "# \($0)\n" }.joined()
    try FileContents.publish(Array((heading + "\n" + comment + chosen.recipe.resolved(.run)).utf8), at: path)
    printError("\(path): the recipe with remedy \(number); train it under another --name")
  }
}

extension Diagnose {
  /// The remedies of each finding that change something in the run's recipe.
  static func remedies(of findings: [Finding], _ reference: RunReference) -> [[ProposedRemedy]] {
    guard let recipe = try? reference.recipe(files: .none) else {
      var count = 0
      return findings.map { finding in
        finding.remedies.map { remedy in
          count += 1
          return ProposedRemedy(number: count, text: remedy.text, mended: nil)
        }
      }
    }
    return ProposedRemedy.all(of: findings, for: recipe)
  }
}
