internal import NeuralNetwork

/// What a recipe's parts must agree on; runs on incomplete values too, so that all errors come at once.
struct Checks {
  let recipe: RecipeValue
  var issues: IssueList

  mutating func run() {
    checkRows()
    checkMonitors()
    checkSchedule()
    checkStreams()
    checkLayers()
    checkLoss()
    checkRepetition("tags")
    checkMetrics()
    checkSplit()
    checkColumns()
  }

  private mutating func add(_ value: RecipeValue, _ message: String) { issues.add(value.place, value.path, message) }

  private mutating func checkRepetition(_ key: String) {
    let values = recipe[key]?.list ?? []
    for (index, value) in values.enumerated() where values[..<index].contains(value) {
      add(value, "`\(value.text ?? "")` is given twice")
    }
  }

  /// Histories and monitors know a metric by its name.
  private mutating func checkMetrics() {
    let metrics = recipe["metrics"]?.list ?? []
    for (index, metric) in metrics.enumerated() {
      guard let name = metric.nameOfChoice,
        let other = metrics[..<index].first(where: { $0.nameOfChoice == name })
      else { continue }
      add(
        metric,
        "`\(name)` is given twice" + (other == metric ? "" : ": its figures go by that name, whatever the arguments"))
    }
  }

  private mutating func checkRows() {
    for source in [recipe["data"]?["train"], recipe["data"]?["validation"]] {
      guard let rows = source?.choice?.arguments["rows"], let from = rows["from"]?.integer, let to = rows["to"]?.integer
      else { continue }
      if to <= from { add(rows, "expected `to` beyond `from`, found from \(from) to \(to): no row is left") }
    }
  }

  /// Folds and how rows are chosen that are held back go with rows that stand for themselves.
  private mutating func checkSplit() {
    guard let validation = recipe["data"]?["validation"] else { return }
    checkFold(validation)
    let rules = ["stratify", "group"].compactMap { validation[$0] }.filter { $0.boolean != false }
    guard let rule = rules.first else { return }
    if validation["fraction"] == nil, validation["fold"] == nil {
      add(rule, "goes with `fraction` or `fold`: a source of its own is taken as it is")
    } else if rules.count > 1 {
      add(rules[1], "expected `stratify` or `group`, found both")
    } else if isSequence, validation["fold"] == nil {
      add(rule, "of texts and series the last part is held back: leave it out")
    }
  }

  private mutating func checkFold(_ validation: RecipeValue) {
    guard let fold = validation["fold"] else {
      guard let of = validation["of"], !isRefused("data.validation.fold") else { return }
      return add(of, "goes with `fold`: give it, or leave this out")
    }
    if isSequence {
      add(fold, "of texts and series the last part is held back: use `fraction`")
    } else if let count = validation["of"]?.integer {
      guard let number = fold.integer, number > count else { return }
      add(fold, "expected a fold from 1 to \(count), as `of` says, found \(number)")
    } else if !isRefused("data.validation.of") {
      add(fold, "goes with `of`, how many folds there are")
    }
  }

  /// Whether a value is missing because it was refused.
  private func isRefused(_ path: String) -> Bool { issues.found.contains { $0.path == path } }

  /// Whether samples are windows, of a text or of rows in time.
  private var isSequence: Bool {
    recipe["data"]?["train"]?.choice.map { $0.arguments["windows"] != nil || $0.name == "text" } ?? false
  }

  /// Columns are said of a csv, the weights' once.
  private mutating func checkColumns() {
    guard let data = recipe["data"], let columns = data["columns"], let train = data["train"]?.choice else { return }
    guard train.name == "csv" else {
      return add(columns, "is for csv, found `\(train.name)`: its features are numbers by position or dataset")
    }
    var weights = train.arguments["weights"].map { [$0.text ?? ""] } ?? []
    for (name, value) in columns.entries.map({ ($0.key, $0.value) }) where value.choice?.name == "weight" {
      if let other = weights.first, other != name {
        add(value, "expected one column of weights, found `\(other)` too")
      }
      weights.append(name)
    }
  }

  /// Monitors name figures that the run has.
  private mutating func checkMonitors() {
    let hasValidation = recipe["data"]?["validation"] != nil
    let metrics = recipe["metrics"]?.list?.compactMap(\.nameOfChoice) ?? []
    let figures = ["loss", "validation_loss"] + metrics.map { "validation_" + $0 }
    if let plateau = schedule, plateau.name == "reduce_on_plateau", !hasValidation {
      add(plateau.arguments, "needs validation data, but the recipe has no `data.validation`")
    }
    let holders = [
      recipe["training"]?["early_stopping"], recipe["checkpoints"]?["keep_best"],
      schedule?.name == "reduce_on_plateau" ? schedule?.arguments : nil,
    ]
    for monitor in holders.compactMap({ $0?["monitor"] }) {
      guard let name = monitor.text else { continue }
      if !figures.contains(name) {
        // A metric that was refused elsewhere is reported there.
        guard recipe["metrics"] != nil else { continue }
        add(monitor, "unknown figure `\(name)`" + hint(forFigure: name, among: figures))
      } else if name != "loss", !hasValidation, schedule?.arguments.path != parent(of: monitor) {
        add(monitor, "monitors `\(name)`, but the recipe has no `data.validation`")
      }
    }
  }

  /// A metric's figure that is missing only because the recipe does not ask for the metric.
  private func hint(forFigure name: String, among figures: [String]) -> String {
    for prefix in ["validation_", "val_"] where name.hasPrefix(prefix) {
      let given = String(name.dropFirst(prefix.count))
      let possible = Grammar.metrics.names.filter { !figures.contains("validation_" + $0) }
      let metric = Grammar.metrics.aliases[given] ?? (given == "acc" ? "accuracy" : given)
      guard possible.contains(metric) else { continue }
      let spelling = metric == given && prefix == "validation_" ? "" : ", and monitor `validation_\(metric)`"
      return "; add `\(metric)` to `metrics`\(spelling)"
    }
    return NearestName.hint(for: name, among: figures)
  }

  private func parent(of value: RecipeValue) -> String {
    value.path.split(separator: ".").dropLast().joined(separator: ".")
  }

  private var schedule: (name: String, arguments: RecipeValue)? {
    recipe["optimizer"]?.choice?.arguments["learning_rate"]?.choice
  }

  private mutating func checkSchedule() {
    if let schedule, schedule.name == "piecewise_constant_decay" {
      let (boundaries, values) = (schedule.arguments["boundaries"], schedule.arguments["values"])
      if let boundaries, let pieces = boundaries.list, let values, let rates = values.list {
        if rates.count != pieces.count + 1 {
          add(
            values,
            "expected \(pieces.count + 1) values for \(pieces.count) boundaries (one more), found \(rates.count)")
        }
        if zip(pieces, pieces.dropFirst()).contains(where: { ($0.integer ?? 0) >= ($1.integer ?? 0) }) {
          add(boundaries, "expected rising boundaries")
        }
      }
    }
    checkWarmup()
    if let arguments = recipe["optimizer"]?.choice?.arguments, arguments["weight_decay"] == nil,
      let excluded = arguments["exclude_from_weight_decay"]
    {
      add(excluded, "leaves weights out of a decay that there is not: give `weight_decay`, too")
    }
    guard let sgd = recipe["optimizer"]?["sgd"], sgd["nesterov"]?.boolean == true, sgd["momentum"]?.number == 0
    else { return }
    add(sgd, "`nesterov` needs a `momentum` > 0")
  }

  /// A target has steps to reach it in; rates that stay at their start do not start at 0.
  private mutating func checkWarmup() {
    guard let schedule else { return }
    let target = schedule.arguments["warmup_target"]
    // Keras' CosineDecay starts at a target without steps.
    if let target, target.number != nil, schedule.name != "cosine_decay",
      schedule.arguments["warmup_steps"]?.integer ?? 0 == 0
    {
      add(target, "needs `warmup_steps`, over which the rate rises to it")
    }
    guard ["exponential_decay", "reduce_on_plateau", "constant"].contains(schedule.name),
      let start = target ?? schedule.arguments["initial_learning_rate"], start.number == 0
    else { return }
    add(start, "expected a number > 0, found 0: the rate would be 0 for the whole run")
  }

  /// Layers that go on from batch to batch want the rows in their order.
  private mutating func checkStreams() {
    func isStateful(_ value: RecipeValue) -> Bool {
      value["stateful"]?.boolean == true || value.entries.contains { isStateful($0.value) }
    }
    guard let shuffle = recipe["training"]?["shuffle"], shuffle.boolean == true,
      let layer = recipe.expandedLayers.layers.map(\.value).first(where: isStateful), let kind = layer.choice?.name
    else { return }
    add(
      shuffle,
      "expected false, as `\(kind)` is `stateful`: row i of a batch goes on from row i of the batch before; found true")
  }

  private mutating func checkLayers() {
    let expansion = recipe.expandedLayers
    for issue in expansion.issues { add(issue.value, issue.message) }
    var seen: Set<Int> = []
    for layer in expansion.layers {
      // Once, however many copies there are.
      guard layer.written.map({ seen.insert($0).inserted }) ?? false, let arguments = layer.value.choice?.arguments
      else { continue }
      if let tied = arguments["tied_to"]?.text, let regularizer = arguments["kernel_regularizer"] {
        add(
          regularizer,
          "a layer that is tied has no kernel of its own: put the penalty on `\(tied)` as its `embeddings_regularizer`")
      }
      for entry in arguments.entries where entry.key.hasSuffix("initializer") {
        guard let uniform = entry.value["random_uniform"], let low = uniform["minval"]?.number,
          let high = uniform["maxval"]?.number, low > high
        else { continue }
        add(uniform, "expected minval <= maxval, found \(low) > \(high)")
      }
    }
    let layers = expansion.layers
    guard expansion.issues.isEmpty, let first = layers.first,
      layers.allSatisfy({ Grammar.layers.canBuild($0.value) })
    else { return }
    do {
      let names = recipe.inputNames
      let graph = try Graph(layers.map(\.listed), inputs: names.count > 1 ? names : [])
      for unread in graph.unreadInputs {
        guard let features = recipe["data"]?["train"]?.choice?.arguments["features"]?[unread] else { continue }
        let near = NearestName.nearest(to: unread, among: layers.map(\.name))
        add(
          features,
          "no layer reads the input `\(unread)`; make it the current one with `input: {name: \(unread)}` or name it in a "
            + "layer's `inputs`" + (near.map { " (is `\($0)` meant to be it?)" } ?? ""))
      }
    } catch let error as NetworkError {
      add(error.layer.map { layers[$0].value } ?? first.value, error.description)
    } catch {
      add(first.value, "\(error)")
    }
  }

  /// Losses and last layers that cannot be meant for each other.
  private mutating func checkLoss() {
    let layers = recipe.expandedLayers.layers.map(\.value)
    guard !layers.isEmpty, let loss = recipe["loss"], let chosen = loss.choice else { return }
    var units: Int?
    var activation: String?
    for layer in layers {
      guard Grammar.layers.canBuild(layer) else {
        (units, activation) = (nil, nil)
        continue
      }
      let traits = Grammar.layers.build(layer).traits
      switch traits.role {
      case .kernel: (units, activation) = (traits.units, traits.activation?.name)
      case .activation: activation = traits.activation?.name
      case .noise: break
      case .reshaping: units = nil
      case .normalization, .merging, .other: activation = nil
      }
    }
    if units == 1, activation == "softmax" {
      add(layers[layers.count - 1], "softmax over 1 unit is always 1; use sigmoid, or more units")
    }
    guard chosen.name.hasSuffix("crossentropy") else { return }
    let isBinary = chosen.name.hasPrefix("binary")
    if !isBinary, units == 1 {
      add(
        loss,
        "needs one unit a class in the last layer, found 1; for two classes in one unit use "
          + (chosen.name.contains("focal") ? "binary_focal_crossentropy" : "binary_crossentropy"))
    }
    if isBinary, activation == "softmax", units != 1 {
      add(loss, "cannot follow softmax; use sigmoid, or a categorical crossentropy")
    }
    let matching = isBinary ? "sigmoid" : "softmax"
    if chosen.arguments["from_logits"]?.boolean == true, let activation,
      activation == "sigmoid" || activation == "softmax"
    {
      add(loss, "`from_logits` contradicts the last activation, \(activation): leave out one of them")
    } else if chosen.arguments["from_logits"]?.boolean == false, activation == "linear" {
      add(loss, "needs probabilities, but the last activation is linear; use \(matching), or `from_logits: true`")
    }
  }
}
