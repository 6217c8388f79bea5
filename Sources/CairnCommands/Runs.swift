internal import ArgumentParser
internal import Files
internal import Recipes
internal import Reports
internal import Training

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The runs of a folder in a table: how far they are and what came of them.",
    discussion: """
      Names for --where, --sort and --columns: \(RunField.all.map(\.name).joined(separator: ", ")); loss, \
      validation_loss, validation_<metric>, and best_ before any of the three; every key of the recipes by its path, \
      such as optimizer.adam.learning_rate. loss is the mean over the last whole epoch.

      Where the terminal is too narrow columns are left out, which is said; a file or a pipe gets all of them.

      --where joins comparisons (= != < <= > >=, ~ for "contains") by and, or, not and parentheses; text that holds \
      anything but letters, digits and -_./ in quotes. States: running, finished, interrupted, diverged. ending says how a process ended: finished, stopped_early, \
      interrupted (by a signal), diverged, failed (with an error), died (without a word), paused or pruned (by a sweep).

      Sweeps of the folder are told in a line each; their own folders list their members.

      Example:
        cairn runs
        cairn runs --where "tag = vanishing and loss < 0.3 or workers >= 8" --sort -best_loss
        cairn runs Checkpoints/moons-search --sort validation_loss
        cairn runs --columns name,loss,optimizer.sgd.learning_rate --csv > runs.csv
      """)

  @Argument(help: "The folder that holds the runs. (default: \(RunDirectory.defaultParent))")
  var folder: String?

  private var directory: String { folder ?? RunDirectory.defaultParent }

  @Option(name: .customLong("where"), help: ArgumentHelp("Shows only the runs of which this holds.", valueName: "expr"))
  var filter: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sorts by these; -key: downwards. Without it: the order in which they were started.", valueName: "key,..."))
  var sort: String?

  @Option(help: ArgumentHelp("What to show of each run.", valueName: "key,..."))
  var columns: String?

  @Flag(help: "Shows every column, also where the terminal is too narrow for them.")
  var wide = false

  @Flag(help: "Prints one JSON document, a list with one object a run.")
  var json = false

  @Flag(help: "Prints comma-separated values.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv contradict each other: give one") }
  }

  func run() throws {
    let sortKeys = sort.map(Runs.list) ?? ["started"]
    let wanted = columns.map(Runs.list)
    let asked = try filter.map { try Runs.reading($0, fields: nil).fields } ?? []
    let catalog = RunCatalog(directory: directory, recipe: RunRecipe.read)
    // Before the first run the folder is not there yet.
    let isFresh = folder == nil && !FilePath.exists(directory)
    var runs =
      try isFresh
      ? [] : catalog.runs(withRecipes: (asked + sortKeys + (wanted ?? [])).contains(where: RunField.isRecipeKey))
    if !runs.isEmpty {
      let known = Runs.known(runs)
      if let filter {
        let filter = try Runs.reading(filter, fields: known)
        runs = runs.filter(filter.matches)
      }
      if let sort, let problem = RunTable.unknown(sortKeys, in: known) {
        throw CommandError(.usage, "--sort \(sort): \(problem)")
      }
      if let columns, let problem = RunTable.unknown(wanted ?? [], in: known) {
        throw CommandError(.usage, "--columns \(columns): \(problem)")
      }
    }
    let sweeps = filter == nil && !json && !csv && !isFresh ? Runs.sweeps(in: directory) : []
    if runs.isEmpty && !json && !csv {
      if !sweeps.isEmpty { return try StandardOutput.line(sweeps.joined(separator: "\n")) }
      guard let filter else { return printError("no runs yet in \(directory): `cairn train RECIPE` starts one") }
      return printError("no run in \(directory) of which `\(filter)` holds")
    }
    runs = RunTable.sorted(runs, by: sortKeys)
    let table = RunTable(runs, columns: json ? wanted ?? RunTable.everything(runs) : wanted)
    try StandardOutput.line(
      json ? table.json : csv ? table.csv : table.text(width: wide || columns != nil ? nil : StandardOutput.columns))
    if !sweeps.isEmpty { try StandardOutput.line("\n" + sweeps.joined(separator: "\n")) }
  }

  /// The sweeps of a folder, a line each, and where their members are listed.
  private static func sweeps(in directory: String) -> [String] {
    if SweepWatch.isSweep(directory) || RunCatalog.isRun(directory) { return [] }
    let names = ((try? FolderListing.names(in: directory)) ?? []).filter { !$0.hasPrefix(".") }
    let sweeps = SweepsWatch(directory: directory) { _, path in
      SweepWatch(path: path, asksForLocks: true, read: SweepOutline.read)
    }
    let found = sweeps.look(names)
    guard let first = found.first else { return [] }
    let folder = FilePath.withoutClosingSlashes(directory)
    return found.map { "sweep \($0.name): \($0.state.line)" } + [
      "`cairn runs \(folder)/\(found.count == 1 ? first.name : "SWEEP")` lists the members"
    ]
  }

  /// What may be asked for: what the runs have, and what runs of other recipes would have.
  private static func known(_ runs: [RunRecord]) -> [String] {
    let figures = ["loss", "validation_loss"] + Recipe.metricNames.map { "validation_\($0)" }
    return RunField.names(in: runs) + figures + figures.map { "best_\($0)" }
  }

  private static func reading(_ expression: String, fields: [String]?) throws -> RunFilter {
    do {
      return try RunFilter(expression, fields: fields)
    } catch {
      throw CommandError(.usage, "--where: \(error)")
    }
  }

  private static func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
}

extension RunRecipe {
  /// What a run's `recipe.yaml` says; nil: it is not there, or no recipe.
  static func read(_ path: String) -> RunRecipe? {
    guard let recipe = try? Recipe.load(path: path, files: .none) else { return nil }
    var keys: [String: RunValue] = [:]
    for (path, text) in recipe.keyValues { keys[path] = value(text) }
    let configuration = recipe.configuration
    return RunRecipe(
      description: configuration.description, tags: configuration.tags, epochs: configuration.epochs, keys: keys)
  }

  static func value(_ yaml: String) -> RunValue {
    if let integer = Int(yaml) { return .integer(integer) }
    if let number = Double(yaml) { return .number(number) }
    return .text(yaml.hasPrefix("\"") && yaml.hasSuffix("\"") ? String(yaml.dropFirst().dropLast()) : yaml)
  }
}
