/// A setting that runs are compared by in a table.
public struct RecipeHyperparameter: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case boolean(Bool)
    case number(Double)
    case text(String)
  }

  public let name: String
  public let value: Value
}

extension Recipe {
  /// What distinguishes runs, under the same names and with the same types for every recipe, whatever its layers and its
  /// optimizer: a table of runs has these columns.
  public var hyperparameters: [RecipeHyperparameter] {
    let layers = values.expandedLayers.layers.compactMap(\.value.choice)
    func joined(_ key: String) -> String {
      layers.compactMap { $0.arguments[key]?.words }.joined(separator: " ")
    }
    let optimizer = values.value("optimizer")
    let (optimizerName, arguments) = optimizer.chosen
    let rate = arguments.value("learning_rate")
    let start =
      rate.number ?? rate.choice?.arguments["warmup_target"]?.number
      ?? rate.choice?.arguments["initial_learning_rate"]?.number
      ?? rate.choice?.arguments["values"]?.list?.first?.number ?? .nan
    let clipping = ["clip_value", "clip_norm", "global_clip_norm"].first { optimizer[$0] != nil }
    let training = values.value("training")
    let dropout = layers.compactMap { $0.arguments["rate"]?.number }.max()

    var made: [RecipeHyperparameter] = []
    func add(_ name: String, _ value: RecipeHyperparameter.Value) { made.append(.init(name: name, value: value)) }
    add("seed", .number(Double(values.unsigned("seed"))))
    add("data", .text(values.value("data").value("train").choice?.name ?? ""))
    add("scaling", .text(values.value("data").text("scaling")))
    add("layers", .text(layers.map(\.name).joined(separator: " ")))
    add("units", .text(layers.compactMap { $0.arguments["units"]?.words }.joined(separator: "-")))
    add("activations", .text(joined("activation")))
    add("kernel_initializers", .text(joined("kernel_initializer")))
    add("kernel_regularizers", .text(joined("kernel_regularizer")))
    add("dropout", .number(dropout ?? 0))
    add("loss", .text(values.value("loss").words))
    add("optimizer", .text(optimizerName))
    add("learning_rate", .number(start))
    add("learning_rate_schedule", .text(rate.choice?.name ?? "constant"))
    add("momentum", .number(arguments["momentum"]?.number ?? 0))
    add("weight_decay", .number(arguments["weight_decay"]?.number ?? 0))
    add("clipping", .text(clipping ?? "none"))
    add("clip_limit", .number(clipping.map(optimizer.number) ?? 0))
    add("batch_size", .number(Double(training.integer("batch_size"))))
    add("epochs", .number(Double(training.integer("epochs"))))
    add("shuffle", .boolean(training.boolean("shuffle")))
    add("early_stopping", .boolean(training["early_stopping"] != nil))
    return made
  }
}

extension RecipeValue {
  /// On one line for people: `he_normal`, `random_uniform(minval: -1.0, maxval: 1.0)`.
  fileprivate var words: String {
    if let text { return text }
    if let short, list == nil { return short }
    if let choice {
      return
        "\(choice.name)(\(choice.arguments.entries.map { "\($0.key): \($0.value.words)" }.joined(separator: ", ")))"
    }
    if let list { return list.map(\.words).joined(separator: " ") }
    return entries.map { "\($0.key): \($0.value.words)" }.joined(separator: ", ")
  }
}
