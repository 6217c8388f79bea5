internal import Checkpointing
internal import Files
internal import GradientHealth
internal import HDF5Storage
internal import NeuralNetwork
internal import Optimizers
internal import Recipes
internal import Reports
internal import Training

extension ReportedRun {
  /// What a run's newest checkpoint (of one that ended in a blow-up, the state there) and its log tell.
  init(reading reference: RunReference) throws {
    let (checkpoint, history, standings, _, findings) = try Diagnose.examine(reference)
    let file = checkpoint.path.split(separator: "/").last.map(String.init) ?? checkpoint.path
    self.init(name: checkpoint.progress.run, progress: checkpoint.progress, checkpoint: file, history: history)
    isHealthy = checkpoint.isHealthy
    restoredEpoch = checkpoint.restoredEpoch
    self.standings = standings
    self.findings = findings
    remedies = Diagnose.remedies(of: findings, reference).map { $0.map(\.printed) }
    layers = try checkpoint.layers().map { layer in
      Layer(
        name: layer.name, type: layer.className, outputShape: layer.outputShape, weights: layer.parameters,
        kernelSize: try checkpoint.sizes(of: layer.name).first?.count,
        sizes: Dictionary(uniqueKeysWithValues: try checkpoint.sizes(of: layer.name).map { ($0.name, $0.count) }))
    }
    network = ReportedRun.network(try checkpoint.graph() ?? [], layers)
    epochs = try checkpoint.epochs()
    validation = try checkpoint.validation()
    metricNames = try checkpoint.metricNames()
    events = try checkpoint.events()
    recipe = checkpoint.recipe
    if !recipe.isEmpty, let stored = try? RunReference.storedRecipe(checkpoint) {
      let configuration = stored.configuration
      description = configuration.description
      tags = configuration.tags
      lossName = type(of: configuration.loss).name
      if case .globalNorm(let limit) = configuration.optimizer.clipping { clippingNorm = limit }
    }
    if let directory = reference.directory {
      log = RunLog(reading: directory.eventsPath)
      lostAttempts = ReportedRun.lostAttempts(directory.path, of: checkpoint, events)
    }
  }

  /// The graph of the file, with what is known of its layers; empty where it is none.
  private static func network(_ graph: [Checkpoint.GraphNode], _ layers: [Layer]) -> [NetworkFigure.Node] {
    var numbers: [String: Int] = [:]
    var nodes: [NetworkFigure.Node] = []
    for node in graph {
      let inputs = node.inputs.compactMap { numbers[$0] }
      guard inputs.count == node.inputs.count else { return [] }
      let layer = layers.first { $0.name == node.name }
      numbers[node.name] = nodes.count
      nodes.append(
        .init(
          name: node.name, type: layer?.type ?? "input", shape: layer?.outputShape ?? node.inputShape, inputs: inputs,
          weights: layer?.weights ?? 0))
    }
    return nodes
  }

  /// The most blow-ups that are read, and the most bytes of one: a report of a large run is made soon too.
  private static let (mostBlowups, mostBytes) = (8, 64 << 20)

  /// The rows between where a rollback went back to and the blow-up before it, from the states kept there.
  private static func lostAttempts(
    _ directory: String, of checkpoint: Checkpoint, _ events: [RecordedEvent]
  ) -> [LostAttempt] {
    let rollbacks = events.filter { $0.kind == "rollback" }
    guard !rollbacks.isEmpty, let names = try? FolderListing.names(in: directory) else { return [] }
    let blowups = names.filter { $0.hasPrefix("blowup-step-") && $0.hasSuffix(".h5") }.suffix(mostBlowups)
    var attempts: [LostAttempt] = []
    for name in blowups {
      guard let trailer = try? CheckpointTrailer(screening: "\(directory)/\(name)", digest: false),
        trailer.imageLength <= mostBytes, let blowup = try? Checkpoint(verifying: "\(directory)/\(name)"),
        blowup.path != checkpoint.path, blowup.progress.run == checkpoint.progress.run,
        blowup.progress.attempt < rollbacks.count, let history = try? blowup.history()
      else { continue }
      let attempt = blowup.progress.attempt
      // A rollback's event is about the step that came next.
      let restored = rollbacks[attempt].step - 1
      let places = history.places
      let rows = places.indices.filter { places[$0].step > restored }
      let (loss, norm) = (history.column(StepColumn.loss), history.column(StepColumn.gradientNorm))
      attempts.append(
        LostAttempt(
          number: attempt, steps: rows.map { Double(places[$0].step) }, loss: rows.map { loss[$0] },
          gradientNorm: rows.map { norm[$0] }))
    }
    return attempts.sorted { $0.number < $1.number }
  }
}

extension Checkpoint {
  /// A layer's own weights and their elements: the history's statistics are of the first, or of all that are kernels.
  fileprivate func sizes(of layer: String) throws -> [(name: String, count: Int)] {
    let group = try file.root.group("model_weights").group(layer)
    return try ownWeightNames(ofLayer: layer).map { ($0, try group.dataset($0).count) }
  }
}

extension RecipeRow {
  /// What only describes a run, and stands at its head.
  private static let descriptive = ["name", "description", "tags"]

  /// Keys that the runs' recipes say differently, one value a run; a run without a recipe has none.
  static func differences(of checkpoints: [Checkpoint]) -> [RecipeRow] {
    differences(
      checkpoints.map { checkpoint in
        let recipe = checkpoint.recipe.isEmpty ? nil : try? RunReference.storedRecipe(checkpoint)
        return (recipe?.keyValues ?? []).filter { !descriptive.contains($0.keyPath) }
          .map { ($0.keyPath, RunRecipe.value($0.value)) }
      })
  }
}
