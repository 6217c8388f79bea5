internal import ArgumentParser
internal import Checkpointing
internal import Datasets
internal import Files
internal import GradientHealth
internal import JSON
internal import NeuralNetwork
internal import Recipes
internal import Reports
internal import Training

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a checkpoint holds: model, step, health, the history's last rows; of a recipe, its network.",
    discussion: """
      Layers are listed as they run, with repetitions and residuals written out: what each reads, the shape that it makes of
      a row, its weights, and the multiplications that a row takes. The shapes follow from the data, which a recipe's are
      read for.

      Example:
        cairn inspect Recipes/digits.yaml
        cairn inspect digits
        cairn inspect Checkpoints/digits/step-000000500.h5 --json
      """)

  @Argument(
    help: ArgumentHelp(
      "A run's directory or name, a checkpoint file, or a recipe.", valueName: "run|checkpoint|recipe"))
  var target: String

  @Option(
    name: .customLong("set"), help: ArgumentHelp("Of a recipe: overrides a key.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints one JSON document.")
  var json = false

  func run() throws {
    if DiagnoseRecipe.isRecipe(target, checkpoints: checkpoints) { return try inspectRecipe() }
    if !overrides.isEmpty {
      throw CommandError(.usage, "--set: is for a recipe; \(target) is a run or a checkpoint, or is not there")
    }
    guard Quarantine.isChild else { return try Quarantine.rerun(target) }
    Quarantine.limit(reading: [FilePath.isFolder("\(checkpoints)/\(target)") ? "\(checkpoints)/\(target)" : target])
    let reference = try RunReference(target, parent: checkpoints)
    for line in reference.rejected { printError("rejected: \(line)") }
    let checkpoint = reference.checkpoint
    let configuration = try reference.recipe(files: .none).configuration
    let table = NetworkTable(network: try NeuralNetwork.Network(configuration, for: try checkpoint.inputs()))
    try json ? printJSON(checkpoint, table) : printText(checkpoint, table)
  }

  private func inspectRecipe() throws {
    let recipe = try Recipe.load(path: target, overrides: overrides)
    let configuration = recipe.configuration
    try UntrustedFiles(of: configuration, startsAnew: false).screen()
    let data = try TrainingData.load(configuration)
    let table = try recipe.locating {
      NetworkTable(network: try NeuralNetwork.Network(configuration, for: data.train.schema.networkInputs))
    }
    guard json else {
      try StandardOutput.line(table.text)
      return try printColumns(data.table)
    }
    var document: JSONValue = [
      "format_version": 1, "path": .string(target), "run": .string(configuration.name), "inputs": table.inputs,
      "layers": table.layers, "parameters": .integer(table.network.layout.parameterCount),
      "multiplications": .integer(table.network.places.reduce(0) { $0 + $1.multiplications }),
    ]
    if let columns = data.table { document = document.adding("columns", Inspect.json(columns)) }
    try StandardOutput.line(document.text)
  }

  /// Figures of the epoch that the weights are of, by name: none if they are of a step within an epoch.
  private func figures(_ checkpoint: Checkpoint) throws -> (epoch: Int, values: [(String, Double)])? {
    let progress = checkpoint.progress
    guard
      let epoch = checkpoint.restoredEpoch ?? (progress.stepInEpoch == 0 && progress.epoch > 0 ? progress.epoch : nil),
      let row = try checkpoint.epochs().last(where: { $0.epoch == epoch })
    else { return nil }
    var values = [("loss", row.loss)]
    if let validation = try checkpoint.validation().last(where: { $0.epoch == epoch }) {
      values.append(("validation_loss", validation.loss))
      values += zip(try checkpoint.metricNames(), validation.metrics).map { ("validation_\($0)", $1) }
    }
    return (epoch, values)
  }

  private func printJSON(_ checkpoint: Checkpoint, _ table: NetworkTable) throws {
    let progress = checkpoint.progress
    var figures: JSONValue = [:]
    for (name, value) in try self.figures(checkpoint)?.values ?? [] { figures = figures.adding(name, .number(value)) }
    var document: JSONValue = [
      "format_version": 1, "path": .string(checkpoint.path), "run": .string(progress.run),
      "step": .integer(progress.step), "epoch": .integer(progress.epoch),
      "step_in_epoch": .integer(progress.stepInEpoch), "attempt": .integer(progress.attempt),
      "restored_epoch": checkpoint.restoredEpoch.map { .integer($0) } ?? .null, "figures": figures,
      "healthy": .bool(checkpoint.isHealthy), "loss": .number(progress.loss),
      "constant_loss": progress.data.constantLoss.isNaN ? .null : .number(progress.data.constantLoss),
      "optimizer": .string(progress.optimizer), "learning_rate": .number(progress.learningRate),
      "seed": .integer(Int(truncatingIfNeeded: progress.seed)), "shards": .integer(progress.shards),
      "batch_size": .integer(progress.batchSize), "accumulate_steps": .integer(progress.accumulateSteps),
      "numeric_kernels": .string(progress.numericKernels),
      "averaged_weights": .bool(checkpoint.isAveraged), "inputs": table.inputs, "layers": table.layers,
      "parameters": .integer(table.network.layout.parameterCount),
      "bytes": .integer(checkpoint.trailer.imageLength + CheckpointTrailer.size),
    ]
    if let columns = try RunNames(checkpoint).table { document = document.adding("columns", Inspect.json(columns)) }
    try StandardOutput.line(document.text)
  }

  private func printText(_ checkpoint: Checkpoint, _ table: NetworkTable) throws {
    let progress = checkpoint.progress
    try StandardOutput.line(checkpoint.path)
    try StandardOutput.line(
      "run \(progress.run), step \(progress.step), epoch \(progress.epoch) (+\(counted(progress.stepInEpoch, "step"))), "
        + "attempt \(progress.attempt), \(checkpoint.isHealthy ? "healthy" : "NOT healthy")")
    try StandardOutput.line(
      "last step's loss \(short(progress.loss)), \(progress.optimizer) at learning rate \(short(progress.learningRate)), "
        + "\(counted(progress.shards, "shard")), batches of \(progress.batchSize)"
        + (progress.accumulateSteps > 1 ? ", an update after \(progress.accumulateSteps)" : "")
        + ", seed \(progress.seed)")
    if checkpoint.isAveraged {
      try StandardOutput.line("the weights are a running average; those that training goes on from stand beside them")
    }
    if let (epoch, values) = try figures(checkpoint) {
      let label = checkpoint.restoredEpoch == nil ? "epoch \(epoch)" : "weights of the best, epoch \(epoch)"
      try StandardOutput.line("\(label): " + values.map { "\($0) \(short($1))" }.joined(separator: ", "))
    }
    if progress.data.constantLoss.isFinite {
      try StandardOutput.line("the best constant's loss \(short(progress.data.constantLoss))")
    }
    try StandardOutput.line("numeric kernels \(progress.numericKernels)")
    try StandardOutput.line("\n" + table.text)
    try printColumns(RunNames(checkpoint).table)
    try printHistory(try checkpoint.history())
    for event in try checkpoint.events() {
      try StandardOutput.line("step \(event.step): \(event.kind): \(event.message)")
    }
  }

  /// What became of the columns of a table.
  private func printColumns(_ table: TableEncoding?) throws {
    guard let table else { return }
    let rows = table.summary.map { [$0.name, $0.kind, $0.summary] }
    try StandardOutput.line("\n" + TextTable.render([["column", "kind", "what becomes of it"]] + rows))
  }

  private static func json(_ table: TableEncoding) -> JSONValue {
    .array(
      table.summary.map { ["name": .string($0.name), "kind": .string($0.kind), "summary": .string($0.summary)] })
  }

  private func printHistory(_ history: GradientHistory) throws {
    let places = history.places
    guard !places.isEmpty else { return }
    let loss = history.column(StepColumn.loss)
    let norm = history.column(StepColumn.gradientNorm)
    let rms = history.column(KernelColumn.gradientRms)
    try StandardOutput.line("\nhistory: \(counted(places.count, "row")); the last ones, with each layer's gradient rms")
    var rows = [["step", "loss", "gradient norm"] + history.layers]
    for row in max(0, places.count - 5)..<places.count {
      let layers = history.layers.indices.map { short(Double(rms[row * history.layers.count + $0]), digits: 3) }
      rows.append([String(places[row].step), short(loss[row]), short(norm[row])] + layers)
    }
    try StandardOutput.line(TextTable.render(rows))
  }
}
