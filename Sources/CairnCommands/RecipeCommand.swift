internal import ArgumentParser
internal import Recipes
internal import Training

struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe", abstract: "Makes and checks recipes, and describes their form.",
    discussion: """
      Example:
        cairn recipe new --data titanic.csv --target survived --output titanic.yaml
        cairn recipe check Recipes/digits.yaml
      """,
    subcommands: [RecipeNew.self, Check.self, Schema.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reports every error of a recipe, or prints it with all defaults written out.",
      discussion: """
        Example:
          cairn recipe check Recipes/digits.yaml --set training.batch_size=64
        """)

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides a key.", valueName: "key.path=value"))
    var overrides: [String] = []

    func run() throws {
      let recipe = try Recipe.load(path: recipe, overrides: overrides)
      try StandardOutput.write(recipe.resolved(.checkpoint, shards: recipe.configuration.shards))
    }
  }

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the JSON Schema of recipes, for editors.",
      discussion: """
        Example:
          cairn recipe schema > recipe.schema.json
        """)

    func run() throws { try StandardOutput.write(RecipeSchema.text) }
  }
}
