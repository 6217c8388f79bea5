public import JSON
internal import NeuralNetwork
public import Sweeps
internal import Training

extension SweepRecipe {
  /// The recipe of a member: the sweep's with the draw's settings, and a name, a seed and a fold of its own.
  ///
  /// - Throws: `RecipeError` where the settings do not fit.
  public func recipe(of member: Member, settings: [Setting], workers: Int) throws -> Recipe {
    var overrides = settings.map(\.override)
    overrides.append(Recipe.override("name", text: member.name))
    if let seed = member.seed { overrides.append("seed=\(seedOfRecipe(settings) &+ UInt64(seed - 1))") }
    if let fold = member.fold { overrides.append("data.validation={fold: \(fold), \(foldKeys)}") }
    if let shards, !settings.contains(where: { $0.key == "training.shards" }) {
      overrides.append("training.shards=\(shards)")
    }
    overrides.append("training.workers=\(workers)")
    return try SweepRecipe.read(recipe, recipeFile, recipeFolder, overrides, files)
  }

  /// The recipe of the first member that works, whose data are what is read before all others begin.
  ///
  /// - Throws: `RecipeError`.
  public var first: Recipe {
    get throws {
      guard baseDraw > 0 else { return base }
      let member = repetition.members(of: DrawID(baseDraw))[0]
      return try recipe(of: member, settings: rule.settings(of: baseDraw), workers: 1)
    }
  }

  /// Whether all members train on the same rows.
  public var sharesData: Bool {
    repetition.count == 1 && !variations.contains { $0.key == "seed" || $0.key == "data" || $0.key.hasPrefix("data.") }
  }

  /// The seed of the first of a draw's seeds.
  private func seedOfRecipe(_ settings: [Setting]) -> UInt64 {
    settings.first { $0.key == "seed" }.flatMap { UInt64($0.value) } ?? base.configuration.seed
  }

  static func read(
    _ recipe: RecipeNode, _ file: String, _ folder: String, _ overrides: [String], _ files: Recipe.FileCheck
  ) throws -> Recipe {
    do {
      return try Recipe.read(recipe, file: file, folder: folder, overrides: overrides, files: files)
    } catch let error as RecipeError {
      // What a draw sets stands in no command line.
      let issues = error.issues.map { issue in
        RecipeError.Issue(
          place: issue.place.hasPrefix("--set ") ? "with \(issue.place.dropFirst(6))" : issue.place,
          keyPath: issue.keyPath, message: issue.message)
      }
      throw RecipeError(kind: error.kind, issues: issues)
    }
  }

  /// The settings of draws that another program tells: `{"optimizer.adam.learning_rate": 0.01}`, JSON being YAML.
  ///
  /// - Throws: `RecipeError` where they do not fit the recipe.
  public func told(_ line: String) throws -> [Setting] {
    let settings = try SweepRecipe.settings(line)
    for (number, setting) in settings.enumerated() {
      let problem = SweepChecks.problem(
        of: setting.key, after: settings[..<number].map(\.key), folds: repetition.folds != nil, seeds: repetition.seeds)
      if let problem {
        throw RecipeError(
          kind: .badRecipe, issues: [.init(place: "the settings", keyPath: setting.key, message: problem)])
      }
    }
    _ = try recipe(of: Member(draw: DrawID(1, isTold: true), seed: nil, fold: nil), settings: settings, workers: 1)
    return settings
  }

  /// Settings as they were written down.
  ///
  /// - Throws: `RecipeError` where they are no map.
  public static func settings(_ line: String) throws -> [Setting] {
    let node = try RecipeNode.parse(line, file: "the settings")
    guard case .map(let entries) = node.content, !entries.isEmpty else {
      throw RecipeError(
        kind: .badRecipe,
        issues: [
          .init(
            place: "the settings", keyPath: "",
            message:
              "expected a map of the recipe's keys to values, such as {\"training.batch_size\": 64}, found \(node.found)"
          )
        ])
    }
    return entries.map { Setting(key: $0.key, value: $0.value.flow) }
  }

  /// Keys of the table: those that are varied, then others that draws were told.
  public func keys(of draws: [Draw]) -> [String] {
    var keys = variations.map(\.key)
    for draw in draws where draw.id.isTold {
      for setting in draw.settings where !keys.contains(setting.key) { keys.append(setting.key) }
    }
    return keys
  }

  /// - Throws: `RecipeError` where no run has the figure.
  func checkObjective(place: Place, file: String) throws {
    let configuration = base.configuration
    var names = ["loss"]
    var isValidated = repetition.folds != nil
    if case .none = configuration.data.validation {} else { isValidated = true }
    if isValidated { names += (["loss"] + configuration.metrics.map(\.name)).map { "validation_\($0)" } }
    guard !names.contains(objective.monitor) else { return }
    let why = isValidated ? "" : "; the recipe has no validation, and the sweep no folds"
    throw RecipeError(
      kind: .badRecipe,
      issues: [
        .init(
          place: place.text(file: file), keyPath: "objective.monitor",
          message: "no figure `\(objective.monitor)`" + NearestName.hint(for: objective.monitor, among: names) + why)
      ])
  }
}

extension JSONValue {
  /// A value in YAML, on one line; what is no YAML is a text.
  public init(yaml text: String) {
    self = (try? RecipeNode.parse(text, file: "")).map { JSONValue($0) } ?? .string(text)
  }

  private init(_ node: RecipeNode) {
    switch node.content {
    case .list(let nodes): self = .array(nodes.map { JSONValue($0) })
    case .map(let entries): self = .object(entries.map { ($0.key, JSONValue($0.value)) })
    case .scalar(let text, _):
      if node.isNull {
        self = .null
      } else if let boolean = node.boolean {
        self = .bool(boolean)
      } else if let integer = node.integer {
        self = .integer(integer)
      } else {
        self = node.number.map { .number($0) } ?? .string(text)
      }
    }
  }
}
