internal import ArgumentParser
internal import Datasets
internal import Files
internal import GradientHealth
internal import Glibc
internal import JSON
internal import Recipes
internal import Reports
internal import Training

/// `cairn diagnose RECIPE`: a look before the run.
struct DiagnoseRecipe {
  let path: String
  let options: Options
  let json: Bool
  /// Where the recipe is written with a remedy, and which.
  let write: String?
  let remedy: Int

  /// Options that mean something for a recipe alone.
  struct Options: ParsableArguments {
    @Option(
      name: .customLong("set"), help: ArgumentHelp("Of a recipe: overrides a key.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(help: "Of a recipe: steps of the learning-rate range test; default: 60 to 200, by the network's size.")
    var steps: Int?

    @Option(help: ArgumentHelp("Of a recipe: a page to write, with the range test's figure.", valueName: "file.html"))
    var output: String?

    @OptionGroup var overwriting: OverwriteOptions

    func validate() throws {
      if let steps, !(20...100_000).contains(steps) { throw ValidationError("--steps \(steps): expected 20 to 100000") }
    }

    /// - Throws: `CommandError` (usage) where one is given for what is no recipe.
    func refuse(for target: String, writes: Bool) throws {
      let given = [
        overrides.isEmpty ? nil : "--set", steps == nil ? nil : "--steps", output == nil ? nil : "--output",
        overwriting.force && !writes ? "--force" : nil,
      ].compactMap(\.self)
      guard let first = given.first else { return }
      throw CommandError(.usage, "\(first): is for a recipe; \(target) is a run or a checkpoint, or is not there")
    }
  }

  /// Whether a target names a recipe: it is called .yaml or .yml, or is a regular file of text that is not called .h5. A
  /// run's directory of that name goes before.
  static func isRecipe(_ target: String, checkpoints: String) -> Bool {
    if FilePath.isFolder(target) || FilePath.isFolder("\(checkpoints)/\(target)") { return false }
    let name = target.lowercased()
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return true }
    guard !name.hasSuffix(".h5"), UntrustedFiles.isRegular(target),
      let file = fopen(target, "rb")
    else { return false }
    defer { fclose(file) }
    var start = [UInt8](repeating: 0, count: 4096)
    start.removeLast(start.count - fread(&start, 1, start.count, file))
    return !start.isEmpty && !start.contains(0) && start[0] != 0x89
  }

  func run() throws {
    let recipe = try Recipe.load(path: path, overrides: options.overrides)
    let configuration = recipe.configuration
    if let output = options.output {
      try OutputFile(path: output, .html).check(
        inputs: [path] + files(configuration), isForced: options.overwriting.force)
    }
    let heading = ProposedRemedy.heading(of: configuration.name)
    if let write {
      try OutputFile(path: write, .yaml, heading: heading).check(
        inputs: [path] + files(configuration), isForced: options.overwriting.force)
    }
    try UntrustedFiles(of: configuration, startsAnew: true).screen()
    let data = try TrainingData.load(configuration)
    let preview = try recipe.locating { try RunPreview(configuration, data: data, steps: options.steps) }
    let remedies = ProposedRemedy.all(of: preview.findings, for: recipe)
    if let output = options.output {
      let page = PreviewPage(
        preview, recipe: recipe.resolved(.checkpoint), warnings: data.warnings,
        remedies: remedies.map { $0.map(\.printed) })
      try FileContents.publish(Array(page.html().utf8), at: output)
    }
    try json ? printJSON(preview, data.warnings, remedies) : printText(preview, data.warnings, remedies)
    if let write { try ProposedRemedy.write(remedy, of: remedies, to: write, heading: heading) }
  }

  private func files(_ configuration: TrainingConfiguration) -> [String] {
    var files = configuration.data.train.paths
    if case .source(let source) = configuration.data.validation { files += source.paths }
    return files + (configuration.initialWeights.map { [$0] } ?? [])
  }

  private func printText(_ preview: RunPreview, _ warnings: [String], _ remedies: [[ProposedRemedy]]) throws {
    var parts = [
      "\(preview.run), before the run: \(path)\n" + PreviewText.facts(preview),
      PreviewText.layers(preview), PreviewText.range(preview), PreviewText.estimate(preview),
    ]
    let said = preview.notes + (warnings + preview.warnings).map { "warning: \($0)" }
    if !said.isEmpty { parts.append(said.joined(separator: "\n")) }
    parts.append(
      preview.findings.isEmpty
        ? "Nothing found." : DiagnosisText.findings(preview.findings, remedies: remedies.map { $0.map(\.printed) }))
    try StandardOutput.line(parts.joined(separator: "\n\n"))
  }

  private func printJSON(_ preview: RunPreview, _ warnings: [String], _ remedies: [[ProposedRemedy]]) throws {
    func figure(_ value: Double?) -> JSONValue {
      guard let value, value.isFinite else { return .null }
      return .number(value)
    }
    let (look, range, estimate) = (preview.look, preview.range, preview.estimate)
    var data: JSONValue = [
      "rows": .integer(preview.summary.trainRows), "validation_rows": .integer(preview.summary.validationRows),
    ]
    for (name, path) in DataFigures.named { data = data.adding(name, figure(preview.data[keyPath: path])) }
    let standings = look.standings
    let layers = look.outputs.map { output -> JSONValue in
      let standing = standings.first { $0.name == output.layer || $0.name.hasPrefix("\(output.layer)/") }
      return [
        "name": .string(output.layer), "output_mean": figure(output.mean), "output_deviation": figure(output.deviation),
        "output_rms": figure(output.rms), "output_nonfinite": .integer(output.nonfinite),
        "gradient_rms": figure(standing?.gradientRms), "ratio_to_output": figure(standing?.ratioToOutput),
        "update_ratio": figure(standing?.updateRatio), "saturated_fraction": figure(standing?.saturated),
        "dead_fraction": figure(standing?.dead),
      ]
    }
    let points = zip(range.points, range.averages).map { point, average -> JSONValue in
      ["rate": .number(point.rate), "loss": figure(point.loss), "average": figure(average)]
    }
    let document: JSONValue = [
      "recipe": .string(path), "run": .string(preview.run), "data": data,
      "first_batch": [
        "rows": .integer(look.rows), "loss": figure(look.loss), "loss_after_step": figure(look.lossAfterStep),
        "gradient_norm": figure(look.gradientNorm), "learning_rate": figure(look.learningRate),
        "loss_to_constant": figure(look.loss / preview.data.constantLoss),
      ],
      "layers": .array(layers),
      "range_test": [
        "steps": .integer(preview.testSteps), "first_loss": figure(range.firstLoss),
        "has_fallen": .bool(range.hasFallen),
        "suggested_rate": figure(range.suggested), "steepest_rate": figure(range.steepest),
        "largest_stable_rate": figure(range.largestStable), "blow_up_rate": figure(range.blowUp),
        "recipe_rate": figure(preview.rate), "optimizer": .string(preview.optimizer), "points": .array(points),
      ],
      "estimate": [
        "steps": .integer(estimate.steps), "seconds_per_step": figure(estimate.secondsPerStep),
        "seconds": figure(estimate.seconds), "workers": .integer(estimate.workers), "shards": .integer(estimate.shards),
        "memory_bytes": [
          "weights": .integer(estimate.weights), "gradient": .integer(estimate.gradient),
          "optimizer": .integer(estimate.slots), "best_weights": .integer(estimate.best),
          "snapshot": .integer(estimate.snapshot), "activations": .integer(estimate.activations),
          "data": .integer(estimate.data), "all": .integer(estimate.memory),
        ],
        "checkpoint_bytes": .integer(estimate.checkpoint), "checkpoints_kept": .integer(estimate.checkpointsKept),
      ],
      "notes": .array(preview.notes.map { .string($0) }),
      "warnings": .array((warnings + preview.warnings).map { .string($0) }),
      "findings": .array(zip(preview.findings, remedies).map { Diagnose.document(of: $0, $1) }),
    ]
    try StandardOutput.line(document.text)
  }
}
