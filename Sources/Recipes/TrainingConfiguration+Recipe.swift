internal import Datasets
internal import NeuralNetwork
internal import Optimizers
internal import Training

extension TrainingConfiguration {
  /// - Parameters:
  ///   - recipe: complete and without errors.
  ///   - paths: where a file is that the recipe calls so.
  init(_ recipe: RecipeValue, paths: (String) -> String) {
    self.init(
      name: recipe.text("name"), data: DataConfiguration(recipe.value("data"), paths: paths),
      layers: recipe.expandedLayers.layers.map(\.listed),
      loss: Grammar.losses.build(recipe.value("loss")),
      optimizer: Optimizer(recipe.value("optimizer")))
    if recipe["kernels"]?.text == "exact" { layers = layers.map { ListedLayer($0.layer.exact, reads: $0.reads) } }
    description = recipe.text("description")
    tags = recipe.list("tags").compactMap(\.text)
    seed = recipe.unsigned("seed")
    initialWeights = recipe.value("model")["initial_weights"]?.text.map(paths)
    initialization = recipe.value("model")["initialization"]?.text.flatMap { Initialization(rawValue: $0) }
    metrics = recipe.list("metrics").map { Grammar.metrics.build(named: $0).adapted(to: loss) }

    let training = recipe.value("training")
    epochs = training.integer("epochs")
    batchSize = training.integer("batch_size")
    accumulateSteps = training["accumulate_steps"]?.integer ?? 1
    shuffle = training.boolean("shuffle")
    workers = training.value("workers").integer
    shards = training.value("shards").integer
    earlyStopping = training["early_stopping"].map {
      EarlyStopping(
        monitor: $0.text("monitor"), patience: $0.integer("patience"), minDelta: $0.number("min_delta"),
        mode: $0.word("mode"), restoreBest: $0.boolean("restore_best"))
    }
    averageWeights = training["average_weights"].map { .ema($0.number("ema")) }
    checkpoints = CheckpointConfiguration(recipe.value("checkpoints"))

    let history = recipe.value("history")
    self.history.everySteps = history.integer("every_steps")
    self.history.rows = history.integer("rows")
    self.history.fullGradientsEverySteps = history.integer("full_gradients_every_steps")
    self.health = HealthConfiguration(recipe.value("health"), optimizer: optimizer)
    tensorboard = recipe.boolean("tensorboard")
  }
}

extension HealthConfiguration {
  /// - Parameter optimizer: the recipe's.
  init(_ value: RecipeValue, optimizer: Optimizer) {
    self.init()
    onBlowup = value.word("on_blowup")
    maxRollbacks = value.integer("max_rollbacks")
    maxSkips = value.integer("max_skips")
    onSpike = value.word("on_spike")
    may = value["may"].map { words in
      Set((words.list ?? []).compactMap { $0.text }.compactMap { Intervention(rawValue: $0) })
    }
    ladder = value.list("ladder").map { rung in
      var made = Rung()
      made.clip = rung["clip"].map { clip in clip.number.map { .norm($0) } ?? .automatic }
      made.learningRate = rung["learning_rate"]?.number ?? 1
      made.skipRows = rung["skip_rows"]?.boolean ?? false
      made.redraw = rung["redraw"]?.boolean ?? false
      made.optimizer = rung["optimizer"].map { Optimizer($0) }
      if let settings = rung["set"] { made.optimizer = (made.optimizer ?? optimizer).changed(by: settings) }
      made.resetMoments = rung["reset_moments"]?.boolean ?? false
      made.skipBatches = rung["skip_batches"]?.integer ?? 0
      made.goBack = rung["go_back"]?.integer ?? 0
      return made
    }
  }
}

extension CheckpointConfiguration {
  init(_ value: RecipeValue) {
    func unlessOff(_ key: String) -> Int? { value.integer(key) == 0 ? nil : value.integer(key) }
    self.init()
    everySteps = unlessOff("every_steps")
    everyEpochs = unlessOff("every_epochs")
    everySeconds = value.number("every_seconds") == 0 ? nil : value.number("every_seconds")
    keepLast = value.integer("keep_last")
    keepBest = value["keep_best"].map { KeepBest(monitor: $0.text("monitor"), count: $0.integer("count")) }
    keepEvery = unlessOff("keep_every")
    onDiskFull = value.word("on_disk_full")
  }
}

extension DataConfiguration {
  init(_ value: RecipeValue, paths: (String) -> String) {
    let columns = (value["columns"]?.entries ?? []).map { DeclaredColumn($0.key, Grammar.columns.build($0.value)) }
    func source(_ value: RecipeValue) -> DataSource {
      let source = Grammar.sources.build(value, paths: paths)
      return columns.isEmpty ? source : source.kind.declaring(columns) ?? source
    }
    var validation = Validation.none
    if let given = value["validation"] {
      validation =
        given["fraction"]?.number.map { .fraction($0) }
        ?? given["fold"]?.integer.map { .fold($0, of: given.integer("of")) } ?? .source(source(given))
    }
    let train = source(value.value("train"))
    let group = value["validation"]?["group"]?.text
    self.init(
      train: group.map { train.kind.ignoring($0) } ?? train, validation: validation, scaling: value.word("scaling"))
    splitRule =
      group.map { .groups($0) } ?? value["validation"]?["stratify"]?.boolean.map { $0 ? .stratified : .random }
    onBadRow = value.word("on_bad_row")
    skippedRows = value["skip_rows"]?.list?.compactMap(\.integer) ?? []
    classWeights = value["class_weights"].map { given in
      given.text == "balanced"
        ? .balanced
        : .named([String: Double](given.entries.map { ($0.key, $0.value.number ?? 1) }, uniquingKeysWith: { $1 }))
    }
    if value["loss_divisor"] != nil { lossDivisor = value.word("loss_divisor") }
    self.columns = columns
    bufferMegabytes = value["buffer_mb"]?.number
  }
}

extension Optimizer {
  /// - Parameter settings: of a rung's `set`.
  fileprivate func changed(by settings: RecipeValue) -> Optimizer {
    var changed = self
    if let rate = settings["optimizer.learning_rate"]?.number { changed = changed.with(learningRate: .constant(rate)) }
    if let limit = settings["optimizer.clip_value"]?.number { changed = changed.clipped(.value(limit)) }
    if let limit = settings["optimizer.clip_norm"]?.number { changed = changed.clipped(.norm(limit)) }
    if let limit = settings["optimizer.global_clip_norm"]?.number { changed = changed.clipped(.globalNorm(limit)) }
    return changed
  }
}
