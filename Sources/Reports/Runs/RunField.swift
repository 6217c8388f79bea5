/// A column of the run table, by the name that `--where`, `--sort` and `--columns` use.
public struct RunField: Sendable {
  public enum Kind: Sendable { case number, text, list }

  public let name: String
  public let kind: Kind
  let value: @Sendable (RunRecord) -> RunValue?

  private init(_ name: String, _ kind: Kind, _ value: @escaping @Sendable (RunRecord) -> RunValue?) {
    self.name = name
    self.kind = kind
    self.value = value
  }

  private static func integer(_ name: String, _ value: @escaping @Sendable (RunRecord) -> Int?) -> RunField {
    RunField(name, .number) { value($0).map { .integer($0) } }
  }

  private static func number(_ name: String, _ value: @escaping @Sendable (RunRecord) -> Double?) -> RunField {
    RunField(name, .number) { value($0).map { .number($0) } }
  }

  private static func text(_ name: String, _ value: @escaping @Sendable (RunRecord) -> String?) -> RunField {
    RunField(name, .text) { value($0).map { .text($0) } }
  }

  /// What every run may have, besides its figures and the keys of its recipe.
  public static let all: [RunField] = [
    text("name") { $0.name },
    text("state") { $0.state.rawValue },
    text("ending") { $0.ending },
    text("ending_message") { $0.endingMessage },
    integer("step") { $0.step },
    integer("epoch") { $0.epoch },
    integer("epochs") { $0.epochs },
    integer("restored_epoch") { $0.restoredEpoch },
    integer("rollbacks") { $0.rollbacks },
    RunField("findings", .list) { .list($0.findings) },
    number("duration") { $0.duration },
    text("started") { $0.started },
    text("updated") { $0.updated },
    text("host") { $0.host },
    integer("process") { $0.process },
    integer("workers") { $0.workers },
    integer("shards") { $0.shards },
    integer("batch_size") { $0.batchSize },
    integer("parameters") { $0.parameters },
    integer("layers") { $0.layers },
    integer("train_rows") { $0.trainRows },
    integer("validation_rows") { $0.validationRows },
    integer("steps_per_epoch") { $0.stepsPerEpoch },
    text("optimizer") { $0.optimizer },
    number("learning_rate") { $0.learningRate },
    text("loss_function") { $0.lossFunction },
    number("constant_loss") { $0.constantLoss },
    text("seed") { $0.seed },
    RunField("tags", .list) { .list($0.tags) },
    text("description") { $0.description },
    text("checkpoint") { $0.checkpoint },
    text("version") { $0.version },
    text("path") { $0.path },
  ]

  /// Other words for a field.
  static let synonyms = ["tag": "tags", "finding": "findings", "batch": "batch_size"]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// - Parameter name: a field, `loss`, `best_loss`, `validation_<metric>`, ..., or a key of the recipe, which has a dot.
  public static func named(_ name: String) -> RunField {
    if let field = byName[synonyms[name] ?? name] { return field }
    if isRecipeKey(name) { return RunField(name, .text) { $0.recipe?[name] } }
    if name.hasPrefix("best_") {
      let figure = String(name.dropFirst(5))
      return number(name) { run in run.figures.first { $0.name == figure }?.best }
    }
    return number(name) { run in run.figures.first { $0.name == name }?.last }
  }

  /// Whether a name is that of a recipe's key: only they have dots, or are one of the keys at the top that hold values.
  public static func isRecipeKey(_ name: String) -> Bool { name.contains(".") }

  /// Every name that the runs have something under.
  public static func names(in runs: [RunRecord]) -> [String] {
    var names = all.map(\.name)
    for figure in figures(in: runs) { names += [figure, "best_\(figure)"] }
    var keys = Set<String>()
    for run in runs { if let recipe = run.recipe { keys.formUnion(recipe.keys) } }
    return names + keys.filter(isRecipeKey).sorted()
  }

  /// Names of the runs' figures: losses first, then metrics, each in the order in which runs bring them.
  static func figures(in runs: [RunRecord]) -> [String] {
    var names: [String] = []
    for run in runs {
      for figure in run.figures where !names.contains(figure.name) { names.append(figure.name) }
    }
    return names.filter(isLoss) + names.filter { !isLoss($0) }
  }

  /// Whether a figure is what training minimizes, not a metric.
  package static func isLoss(_ figure: String) -> Bool { figure == "loss" || figure == "validation_loss" }
}
