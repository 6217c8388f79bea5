internal import ArgumentParser
internal import Checkpointing
internal import Files
internal import GradientHealth
internal import JSON
internal import Recipes
internal import Reports
internal import Training

struct Diagnose: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Per-layer verdict on a run's gradients, with causes and remedies; of a recipe, a look before the run.",
    discussion: """
      Reads the newest checkpoint of a run, finished or not, or any checkpoint file, that of a blow-up too. The exit
      code is 0 whatever is found. Remedies are shown as what they change in the run's recipe; --write writes the whole
      recipe with one of them.

      Findings: \(Finding.Name.allCases.map(\.rawValue).joined(separator: ", ")).

      Of a recipe it looks at the data and the first batch (outputs, gradients, dead and saturated units by layer, the loss
      against a constant's), tries rising learning rates, suggests one, and estimates time, memory and disk. Nothing is
      trained for good, and nothing is written but --output.

      Example:
        cairn diagnose moons-sigmoid
        cairn diagnose moons-sigmoid --write fixed.yaml --remedy 2
        cairn diagnose Checkpoints/regression-exploding/blowup-step-000000005.h5 --json
        cairn diagnose Recipes/moons-sigmoid.yaml --set optimizer.rmsprop.learning_rate=0.1 --output look.html
      """)

  @Argument(
    help: ArgumentHelp(
      "A run's directory or name, a checkpoint file, or a recipe.", valueName: "run|checkpoint|recipe"))
  var target: String

  @OptionGroup var ofRecipe: DiagnoseRecipe.Options

  @Option(help: "The folder that holds the runs.")
  var checkpoints: String = RunDirectory.defaultParent

  @Flag(help: "Prints one JSON document.")
  var json = false

  @Option(help: ArgumentHelp("Writes the run's recipe with a remedy.", valueName: "file.yaml"))
  var write: String?

  @Option(help: ArgumentHelp("With --write: which one, by its number. Default: 1.", valueName: "number"))
  var remedy: Int?

  func validate() throws {
    if write == nil, remedy != nil { throw ValidationError("--remedy: say where to write the recipe with --write") }
  }

  func run() throws {
    if DiagnoseRecipe.isRecipe(target, checkpoints: checkpoints) {
      return try DiagnoseRecipe(path: target, options: ofRecipe, json: json, write: write, remedy: remedy ?? 1).run()
    }
    try ofRecipe.refuse(for: target, writes: write != nil)
    guard Quarantine.isChild else { return try Quarantine.rerun(target) }
    Quarantine.limit(reading: [FilePath.isFolder("\(checkpoints)/\(target)") ? "\(checkpoints)/\(target)" : target])
    let reference = try RunReference(target, parent: checkpoints)
    for line in reference.rejected { printError("rejected: \(line)") }
    let (checkpoint, history, layers, sequences, findings) = try Diagnose.examine(reference)
    let remedies = Diagnose.remedies(of: findings, reference)
    try json
      ? printJSON(checkpoint, layers, sequences, findings, remedies)
      : printText(checkpoint, history, layers, sequences, findings, remedies)
    guard let write else { return }
    let inputs = reference.files(try? reference.recipe(files: .none).configuration)
    let heading = ProposedRemedy.heading(of: checkpoint.progress.run)
    try OutputFile(path: write, .yaml, heading: heading)
      .check(inputs: inputs, of: reference.directory, isForced: ofRecipe.overwriting.force)
    try ProposedRemedy.write(remedy ?? 1, of: remedies, to: write, heading: heading)
  }

  /// What is the matter with a run, or with one of its checkpoints: from the newest state there is, and, of a run, from
  /// what its log tells of the time since.
  static func examine(
    _ reference: RunReference
  ) throws -> (
    checkpoint: Checkpoint, history: GradientHistory, layers: [LayerStanding], sequences: [SequenceStanding],
    findings: [Finding]
  ) {
    let checkpoint = newest(reference)
    let history = try checkpoint.history()
    var (profiles, context) = try circumstances(checkpoint)
    if reference.isRun, let directory = reference.directory {
      let log = RunLog(reading: directory.eventsPath)
      context.hasDiverged = log.ending == "diverged"
      for event in log.troubles where event.step > checkpoint.progress.step {
        let event = DiagnosisContext.Event(step: event.step, kind: event.kind, message: event.message)
        if !context.events.contains(event) { context.events.append(event) }
      }
    }
    return (
      checkpoint, history, LayerStanding.all(history, layers: profiles),
      SequenceStanding.all(history, layers: profiles),
      Diagnosis.examine(history, layers: profiles, context: context)
    )
  }

  /// The findings on a run as text; empty if there are none or it cannot be read.
  static func text(_ directory: RunDirectory) -> String {
    guard let reference = try? RunReference(directory.path), let found = try? examine(reference).findings,
      !found.isEmpty
    else { return "" }
    return DiagnosisText.findings(found, remedies: remedies(of: found, reference).map { $0.map(\.printed) })
  }

  /// The reference's checkpoint, or the state at a blow-up that came after it: of a run that ended so, the checkpoints
  /// before it show nothing yet.
  static func newest(_ reference: RunReference) -> Checkpoint {
    let checkpoint = reference.checkpoint
    guard let directory = reference.directory?.path, reference.isRun
    else { return checkpoint }
    if checkpoint.progress.isFinished { return checkpoint }
    let names = (try? FolderListing.names(in: directory)) ?? []
    var latest = checkpoint
    for name in names where name.hasPrefix("blowup-step-") && name.hasSuffix(".h5") {
      guard let blowup = try? Checkpoint(verifying: "\(directory)/\(name)") else { continue }
      let (ours, other) = (latest.progress, blowup.progress)
      if (other.attempt, other.step) >= (ours.attempt, ours.step) { latest = blowup }
    }
    return latest
  }

  /// What the checkpoint says of the run besides its history.
  private static func circumstances(_ checkpoint: Checkpoint) throws -> ([LayerProfile], DiagnosisContext) {
    let table = try checkpoint.layers()
    var profiles = table.map { layer in
      let kind: LayerProfile.Kind =
        layer.weights.contains("kernel")
        ? .dense : layer.weights.contains("gamma") || layer.weights.contains("scale") ? .normalization : .other
      return LayerProfile(name: layer.name, kind: kind, units: layer.outputShape.last)
    }
    var context = DiagnosisContext()
    context.optimizer = checkpoint.progress.optimizer
    context.batchSize = checkpoint.progress.updateRows
    // A run that was started by a Swift program has no recipe.
    if !checkpoint.recipe.isEmpty, let recipe = try? RunReference.storedRecipe(checkpoint) {
      context = DiagnosisContext(recipe.configuration, remedies: checkpoint.progress.remedies)
      let inputs = try (checkpoint.graph() ?? []).filter { $0.className == "InputLayer" }.map(\.name)
      profiles =
        LayerProfile.profiles(
          of: recipe.configuration, names: table.map(\.name), inputs: inputs.count > 1 ? inputs : []) ?? profiles
    }
    context.data = checkpoint.progress.data
    context.standsOnBlowup = !checkpoint.isHealthy
    context.events = try checkpoint.events().map { .init(step: $0.step, kind: $0.kind, message: $0.message) }
    return (profiles, context)
  }

  private func printJSON(
    _ checkpoint: Checkpoint, _ layers: [LayerStanding], _ sequences: [SequenceStanding], _ findings: [Finding],
    _ remedies: [[ProposedRemedy]]
  ) throws {
    func figure(_ value: Double) -> JSONValue { value.isNaN ? .null : .number(value) }
    let document: JSONValue = [
      "run": .string(checkpoint.progress.run), "step": .integer(checkpoint.progress.step),
      "checkpoint": .string(checkpoint.path), "healthy": .bool(checkpoint.isHealthy),
      "layers": .array(
        layers.map { layer in
          [
            "name": .string(layer.name), "gradient_rms": figure(layer.gradientRms),
            "ratio_to_output": figure(layer.ratioToOutput), "update_ratio": figure(layer.updateRatio),
            "saturated_fraction": figure(layer.saturated), "dead_fraction": figure(layer.dead),
          ]
        }),
      "sequences": .array(
        sequences.map { standing in
          let document: JSONValue = [
            "layer": .string(standing.layer), "figure": .string("\(standing.column.facts.name)"),
            "values": .array(standing.values.map(figure)),
          ]
          guard let profile = standing.throughTime else { return document }
          return document.adding("times", .integer(profile.times))
            .adding("horizon", standing.hidesReach ? .null : profile.horizon.map { .number($0) } ?? .null)
        }),
      "findings": .array(zip(findings, remedies).map { finding, remedies in Diagnose.document(of: finding, remedies) }),
    ]
    try StandardOutput.line(document.text)
  }

  static func document(of finding: Finding, _ remedies: [ProposedRemedy]) -> JSONValue {
    var figures: JSONValue = [:]
    for figure in finding.figures { figures = figures.adding(figure.name, .number(figure.value)) }
    return [
      "name": .string(finding.name.rawValue), "level": .string(finding.level.name),
      "layer": finding.layer.map { .string($0) } ?? .null, "message": .string(finding.message),
      "cause": .string(finding.cause), "figures": figures,
      "remedies": .array(remedies.map(\.document)),
    ]
  }

  private func printText(
    _ checkpoint: Checkpoint, _ history: GradientHistory, _ layers: [LayerStanding], _ sequences: [SequenceStanding],
    _ findings: [Finding], _ remedies: [[ProposedRemedy]]
  ) throws {
    let progress = checkpoint.progress
    try StandardOutput.line("\(progress.run), step \(progress.step), epoch \(progress.epoch): \(checkpoint.path)")
    guard let last = history.places.last else { return try StandardOutput.line("The checkpoint holds no history.") }
    try StandardOutput.line("medians over the last fifth of the history, which ends at step \(last.step)\n")
    try StandardOutput.line(DiagnosisText.table(layers) + "\n")
    if !sequences.isEmpty { try StandardOutput.line(DiagnosisText.sequences(sequences) + "\n") }
    guard !findings.isEmpty else { return try StandardOutput.line("Nothing found.") }
    try StandardOutput.line(DiagnosisText.findings(findings, remedies: remedies.map { $0.map(\.printed) }))
    guard write == nil, remedies.contains(where: { $0.contains { $0.mended != nil } }) else { return }
    try StandardOutput.line(
      "\ncairn diagnose \(target) --write fixed.yaml writes the recipe with remedy 1; --remedy 2 with 2.")
  }
}
