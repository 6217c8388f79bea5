internal import Files
public import Sweeps
internal import Training

/// Many runs as a YAML file describes them, complete and checked.
public struct SweepRecipe: Sendable {
  public let name: String
  public let description: String
  /// What is varied, in the file's order.
  public let variations: [Variation]
  public let rule: any DrawRule
  public let repetition: Repetition
  public let objective: Objective
  public let pruning: (any PruningRule)?
  /// `training.shards` of all members; nil: the first process to start decides.
  public var shards: Int?
  /// The recipe as the first draw that works has it, without a seed or fold of its own: what all have in common.
  public let base: Recipe
  let baseDraw: Int

  /// What was read, `recipe` put in its place.
  private let root: RecipeNode
  let recipe: RecipeNode
  let recipeFile: String
  let recipeFolder: String
  /// `data.validation` of a fold, without its number.
  let foldKeys: String
  let files: Recipe.FileCheck

  /// - Parameter files: `.none` to look at a sweep whose data need not be there. It then has its recipe in it: no other file
  ///   is read.
  /// - Throws: `RecipeError`, with everything that is wrong.
  public static func load(path: String, files: Recipe.FileCheck = .mustExist) throws -> SweepRecipe {
    try SweepRecipe(text: try FilePaths.read(path, called: "sweep"), file: path, files: files)
  }

  /// - Parameter file: what error messages call the text; also the sweep's default name.
  public init(text: String, file: String, files: Recipe.FileCheck = .mustExist) throws {
    self.files = files
    var root = try RecipeNode.parse(text, file: file)
    var checker = Checker()
    var checked: RecipeValue?
    guard case .map(var entries) = root.content else {
      checker.issues.add(root.place, "", root.isNull ? "the sweep is empty" : "expected a sweep, found \(root.found)")
      throw checker.issues.error(file: file)
    }
    if entries.contains(where: { $0.key == "model" }), !entries.contains(where: { $0.key == "recipe" }) {
      checker.issues.add(root.place, "", "this is a recipe, and no sweep: `cairn train` takes it")
    } else if let values = checker.value(root, .map(Grammar.sweep), ""), checker.issues.isEmpty {
      checked = values
    }
    guard let values = checked else { throw checker.issues.error(file: file) }

    let folder = FilePath.split(file).folder
    guard let place = entries.firstIndex(where: { $0.key == "recipe" }) else {
      throw checker.issues.error(file: file)
    }
    let given = entries[place].value
    var (recipeFile, recipeFolder) = (file, values["recipe_folder"]?.text ?? FilePaths.absoluteFolder(folder))
    var recipe = given
    if let path = given.text, files == .none {
      checker.issues.add(given.place, "recipe", "expected a recipe, found the file `\(path)`")
    } else if let path = given.text {
      switch FilePaths(folder: folder).find(path) {
      case .found(let found):
        recipe = try RecipeNode.parse(try FilePaths.read(found), file: path)
        recipeFile = path
        recipeFolder = FilePaths.absoluteFolder(FilePath.split(found).folder)
      case .directory(let found):
        checker.issues.add(given.place, "recipe", "expected a file, found the directory \(found)")
      case .missing(let places):
        checker.issues.add(
          given.place, "recipe", "no such recipe `\(path)`; looked for \(places.joined(separator: " and "))",
          isMissingFile: true)
      }
    }
    if checker.issues.isEmpty, case .map = recipe.content {
    } else if checker.issues.isEmpty {
      checker.issues.add(given.place, "recipe", "expected a recipe's file, or a recipe, found \(given.found)")
    }
    let name = values["name"]?.text ?? SweepRecipe.name(of: file)
    if !TextRule.isRunName(name) {
      checker.issues.add(root.place, "", "missing key `name`: the file's name gives none")
    }
    var checks = SweepChecks(values: values, recipe: recipe, issues: checker.issues)
    checks.run()
    try checks.issues.throwIfAny(file: file)

    self.name = name
    (self.recipe, self.recipeFile, self.recipeFolder) = (recipe, recipeFile, recipeFolder)
    description = values.text("description")
    variations = checks.variations
    guard let rule = checks.rule else { throw checks.issues.error(file: file) }
    self.rule = rule
    repetition = Repetition(seeds: values.integer("seeds"), folds: values["folds"]?.integer)
    let monitor = values.value("objective").text("monitor")
    let mode = EarlyStopping.Mode(rawValue: values.value("objective").text("mode")) ?? .auto
    objective = Objective(monitor: monitor, lowerIsBetter: monitor.isLowerBetter(mode: mode))
    pruning = values["prune"]?.choice.flatMap { name, arguments in
      Grammar.pruning.first { $0.key.name == name }?.build(arguments)
    }
    shards = values["shards"]?.integer
    foldKeys = checks.foldKeys

    entries[place].value = recipe
    func put(_ key: String, _ text: String) {
      let value = RecipeNode(.scalar(text, isPlain: false), place: .start)
      if let index = entries.firstIndex(where: { $0.key == key }) {
        entries[index].value = value
      } else {
        entries.insert(.init(key: key, place: .start, value: value), at: 0)
      }
    }
    put("recipe_folder", recipeFolder)
    put("name", name)
    root.content = .map(entries)
    self.root = root

    (base, baseDraw) = try SweepRecipe.firstThatWorks(rule) { overrides in
      try SweepRecipe.read(recipe, recipeFile, recipeFolder, overrides, files)
    }
    try checkObjective(place: root.place, file: file)
  }

  /// The recipe of the first draw that gives one: what is wrong with others is told when they are tried.
  ///
  /// - Returns: the draw's number, too; 0: there is none.
  /// - Throws: `RecipeError` where none of the first draws does.
  private static func firstThatWorks(
    _ rule: any DrawRule, read: ([String]) throws -> Recipe
  ) throws -> (Recipe, draw: Int) {
    if rule.count == 0 { return (try read([]), 0) }
    var problem: (any Error)?
    for number in 1...min(rule.count, 20) {
      do { return (try read(rule.settings(of: number).map(\.override)), number) } catch { problem = problem ?? error }
    }
    throw problem ?? RecipeError(kind: .badRecipe, issues: [])
  }

  private static func name(of file: String) -> String {
    let last = FilePath.split(file).name
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }

  /// The sweep with its recipe in it, for its folder: reading it gives the same sweep, from anywhere.
  public var stored: String {
    guard case .map(var entries) = root.content else { return "" }
    entries.removeAll { $0.key == "shards" }
    if let shards {
      entries.append(
        .init(key: "shards", place: .start, value: RecipeNode(.scalar(String(shards), isPlain: true), place: .start)))
    }
    return RecipeNode(.map(entries), place: .start).block
  }

  /// What of `other`, as stored, is not as here, in a sentence; nil: nothing that matters. There may be more draws where the
  /// first ones stay what they are.
  public func difference(from other: SweepRecipe) -> String? {
    func keys(_ sweep: SweepRecipe) -> [(String, String)] {
      guard case .map(let entries) = sweep.root.content else { return [] }
      let free: Set<String> = ["shards", "description", "name", "recipe_folder"]
      return entries.filter { !free.contains($0.key) && ($0.key != "draw" || !sweep.rule.isEndless) }.map {
        ($0.key, $0.value.flow)
      }
    }
    let (mine, theirs) = (keys(self), keys(other))
    for (key, value) in mine where !theirs.contains(where: { $0 == (key, value) }) { return "`\(key)` differs" }
    for (key, _) in theirs where !mine.contains(where: { $0.0 == key }) { return "`\(key)` is missing" }
    if type(of: rule) != type(of: other.rule) { return "`draw` differs" }
    if rule.count < other.rule.count { return "`draw` has \(rule.count) draws instead of \(other.rule.count)" }
    if rule.count > other.rule.count, pruning is HalvingPruning {
      return "`draw` has more draws, which halving would have compared with the others"
    }
    return nil
  }
}

extension String {
  fileprivate func isLowerBetter(mode: EarlyStopping.Mode) -> Bool { EpochMonitor.lowerIsBetter(self, mode: mode) }
}
