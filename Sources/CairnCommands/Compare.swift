internal import ArgumentParser
internal import Recipes
internal import Reports

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recipes and results of runs side by side: what differs.",
    discussion: """
      The first run is the reference: what is different in another carries a `*`, or how far a number is from it.

      Example:
        cairn compare moons-sigmoid moons-relu moons-glorot
        cairn compare moons-sigmoid moons-relu --all
      """)

  @Argument(help: ArgumentHelp("Runs' directories or names.", valueName: "run"))
  var runs: [String]

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Shows what is the same, too.")
  var all = false

  @Flag(help: "Prints one JSON document.")
  var json = false

  func validate() throws {
    if runs.count < 2 { throw ValidationError("expected two runs or more, found \(runs.count)") }
  }

  func run() throws {
    let catalog = RunCatalog(directory: checkpoints, recipe: RunRecipe.read)
    var records: [RunRecord] = []
    var recipes: [[(keyPath: String, value: RunValue)]] = []
    for name in runs {
      let directory = try RunDirectory(naming: name, parent: checkpoints)
      guard let record = catalog.run(path: directory.path, name: name) else {
        throw CommandError(.noInput, "\(directory.path): holds neither `events.jsonl` nor `recipe.yaml`: no run")
      }
      records.append(record)
      do {
        let recipe = try Recipe.load(path: directory.recipePath, files: .none)
        recipes.append(recipe.keyValues.filter { $0.keyPath != "name" }.map { ($0.keyPath, RunRecipe.value($0.value)) })
      } catch {
        printError("\(error)")
        recipes.append([])
      }
    }
    let comparison = RunComparison(records, recipes: recipes)
    try StandardOutput.line(json ? comparison.json(all: all) : comparison.text(all: all))
  }
}
