internal import ArgumentParser
internal import Files
internal import Glibc
internal import JSON
internal import Recipes
internal import Reports

struct Drill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Does to short runs of a recipe what must not harm them, and says what happened.",
    discussion: """
      The recipe is trained in a short form, once undisturbed and once for each case: processes are killed and stopped,
      checkpoints damaged, the disk filled, numbers in gradient, weights, optimizer and data spoilt. One table says what
      came of each, and what it cost. Exit code 0 if every promise was held, else 4. Nothing is left but what is asked for.

      Cases: \(DrillCase.all.map(\.name).joined(separator: ", ")).

      Example:
        cairn drill Recipes/digits.yaml
        cairn drill Recipes/digits.yaml --only kill,disk-full --output drill.html
      """)

  @Argument(help: "The recipe, a YAML file.")
  var recipe: String

  @Option(name: .customLong("set"), help: ArgumentHelp("Overrides a key of the recipe.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(help: ArgumentHelp("The cases to try; all without it.", valueName: "case,..."))
  var only: String?

  @Option(
    help:
      "Steps of each run, \(DrillPlan.fewest) or more. (default: as many as take three seconds, up to \(DrillPlan.usual))"
  )
  var steps: Int?

  @Option(help: "Threads of the runs.")
  var workers: Int?

  @Option(help: ArgumentHelp("A page to write.", valueName: "file.html"))
  var output: String?

  @OptionGroup var overwriting: OverwriteOptions

  @Flag(help: "Prints one JSON document.")
  var json = false

  @Option(help: ArgumentHelp("A folder for the runs, which stay there.", valueName: "dir"))
  var keep: String?

  @Option(help: "Decides on the moments of kills and signals. (default: another one each time)")
  var seed: UInt64?

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers): expected 1 or more") }
    if let steps, steps < DrillPlan.fewest {
      throw ValidationError(
        "--steps \(steps): expected \(DrillPlan.fewest) or more, to have room for checkpoints and faults")
    }
    _ = try chosen()
  }

  private func chosen() throws -> [DrillCase] {
    guard let only else { return DrillCase.all }
    let names = only.split(separator: ",").map(String.init)
    let known = DrillCase.all.map(\.name)
    if let name = names.first(where: { !known.contains($0) }) {
      throw ValidationError("--only: no case `\(name)`\(NearestName.hint(for: name, among: known))")
    }
    if names.isEmpty { throw ValidationError("--only: expected names of cases: \(known.joined(separator: ", "))") }
    return DrillCase.all.filter { names.contains($0.name) }
  }

  func run() throws {
    let signals = HeldSignals()
    let base = try Recipe.load(path: recipe, overrides: overrides).configuration
    if let output { try OutputFile(path: output, .html).check(inputs: [recipe], isForced: overwriting.force) }
    let seed = seed ?? UInt64.random(in: 0..<1_000_000)
    let scratch = try folder()
    defer { if keep == nil { Scratch.remove(scratch) } }

    func runs(_ plan: DrillPlan, stepsPerEpoch: Int?, in folder: String) throws -> DrillRuns {
      try DrillRuns(
        recipe: recipe,
        overrides: overrides + DrillRuns.overrides(base, plan: plan, stepsPerEpoch: stepsPerEpoch),
        workers: workers, plan: plan, scratch: folder, keeps: keep != nil, seed: seed, signals: signals)
    }
    // A few steps tell how long an epoch and a step are.
    let trial = try runs(DrillPlan(steps: DrillPlan.trial), stepsPerEpoch: nil, in: "\(scratch)/trial")
    let (seconds, stepsPerEpoch) = try trial.trainTrial()
    Scratch.remove("\(scratch)/trial")
    let plan = steps.map { DrillPlan(steps: $0) } ?? DrillPlan(secondsPerStep: seconds / Double(DrillPlan.trial))
    let all = try runs(plan, stepsPerEpoch: stepsPerEpoch, in: scratch)
    printError("drill of \(all.name): runs of \(plan.steps) steps, a checkpoint every \(plan.interval); --seed \(seed)")
    try all.trainUndisturbed()

    var results = DrillResults(runs: all, seed: seed)
    for item in try chosen() {
      printError("  \(item.name): \(item.fault)")
      let outcome = try Drill.outcome(of: item, all)
      results.add(item, outcome)
      for problem in outcome.problems { printError("    NOT HELD: \(problem)") }
    }
    if let output { try FileContents.publish(Array(results.page(recipe: recipe).html().utf8), at: output) }
    try StandardOutput.line(json ? results.json(recipe: recipe).text : results.text(width: StandardOutput.columns))
    if results.broken > 0 { throw EndOfRun(code: .verificationFailed) }
  }

  private static func outcome(of item: DrillCase, _ runs: DrillRuns) throws -> DrillOutcome {
    do {
      return try item.drill(runs)
    } catch let end as EndOfRun {
      throw end
    } catch {
      return DrillOutcome(happened: "could not be judged", problems: ["\(error)"])
    }
  }

  /// Where the runs go.
  private func folder() throws -> String {
    guard let keep else { return try Scratch.make("cairn-drill") }
    if try !FolderListing.names(in: keep).isEmpty {
      throw CommandError(
        .cannotCreate, "\(keep): is not empty; --keep wants a folder that is, or that is not there yet")
    }
    try FileContents.makeFolders(keep)
    return keep
  }
}
