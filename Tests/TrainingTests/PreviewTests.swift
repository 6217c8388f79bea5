import Checkpointing
import Files
import Foundation
import GradientHealth
import Recipes
import Testing
import Training

/// A look before the run, and what it must leave alone.
struct PreviewTests {
  private static let recipes = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Recipes").path

  private func trainer(_ name: String, overrides: [String] = [], directory: String? = nil) throws -> Trainer {
    let recipe = try Recipe.load(path: "\(Self.recipes)/\(name).yaml", overrides: overrides)
    return try Trainer(
      recipe.configuration, data: try TrainingData.load(recipe.configuration), directory: directory)
  }

  private func preview(_ name: String, overrides: [String] = [], steps: Int? = nil) throws -> RunPreview {
    let configuration = try Recipe.load(path: "\(Self.recipes)/\(name).yaml", overrides: overrides).configuration
    return try RunPreview(configuration, data: try TrainingData.load(configuration), steps: steps)
  }

  @Test(
    arguments: try FileManager.default.contentsOfDirectory(atPath: PreviewTests.recipes).filter {
      $0.hasSuffix(".yaml")
    })
  func ofTheRepositorysRecipesOneIsCritical(_ name: String) throws {
    let findings = try trainer(String(name.dropLast(5))).findingsBeforeRun()
    let critical = findings.filter { $0.level == .critical }.map(\.name)
    #expect(critical == (name == "regression-exploding.yaml" ? [.exploding] : []), "\(findings)")
  }

  /// Dropout, batch statistics and Adam's slots are where a trace of the look would show.
  @Test(arguments: ["digits-branches", "letter"])
  func lookingChangesNoBitOfTheRun(_ name: String) throws {
    try withTemporaryFolder { folder in
      // The letters by chunks.
      let overrides =
        ["training.epochs=\(name == "letter" ? 1 : 2)", "training.shards=2", "checkpoints.every_steps=40"]
        + (name == "letter" ? ["data.buffer_mb=1.2"] : [])
      for looks in [false, true] {
        let directory = "\(folder)/\(looks)"
        try FileContents.makeFolders(directory)
        let trainer = try trainer(name, overrides: overrides, directory: directory)
        if looks { #expect(try trainer.findingsBeforeRun().isEmpty) }
        _ = try trainer.run()
      }
      let names = try FolderListing.names(in: "\(folder)/false").filter { $0.hasPrefix("step-") }
      #expect(names.count > 2)
      for name in names {
        #expect(try FileContents.read("\(folder)/false/\(name)") == (try FileContents.read("\(folder)/true/\(name)")))
      }
    }
  }

  @Test(arguments: ["digits", "regression-glorot"])
  func theSameFiguresOnAnyNumberOfWorkers(_ name: String) throws {
    let one = try preview(name, overrides: ["training.workers=1"], steps: 60)
    let three = try preview(name, overrides: ["training.workers=3"], steps: 60)
    #expect(one.range == three.range && one.findings == three.findings && one.range.points.count > 20)
    #expect(one.look.loss == three.look.loss && one.look.lossAfterStep == three.look.lossAfterStep)
    #expect(one.look.outputs == three.look.outputs && one.look.standings.count == three.look.standings.count)
    #expect(one.estimate.workers == 1 && three.estimate.workers == 3)
  }

  @Test func theFirstBatchIsTheRunsFirst() throws {
    let trainer = try trainer("moons-relu", overrides: ["training.epochs=1", "training.shards=1"])
    let preview = try preview("moons-relu", overrides: ["training.shards=1"])
    var first: StepReport?
    _ = try trainer.run { event in
      if case .step(let report) = event, first == nil { first = report }
    }
    let step = try #require(first)
    #expect(abs(preview.look.loss - step.loss) < 1e-6 && preview.look.rows == 32)
    #expect(abs(preview.look.gradientNorm - step.gradientNorm) < 1e-6 * step.gradientNorm)
    #expect(preview.look.learningRate == step.learningRate && preview.rate == step.learningRate)
    #expect(preview.data.constantLoss == trainer.progress.data.constantLoss)
  }

  @Test func theSuggestedRateTrains() throws {
    for (name, optimizer) in [("moons-relu", "rmsprop"), ("moons-adam", "adam"), ("regression-glorot", "sgd")] {
      let preview = try preview(name)
      let rate = try #require(preview.range.suggested)
      let trainer = try trainer(
        name,
        overrides: ["optimizer.\(optimizer).learning_rate=\(rate)", "training.epochs=10", "health.on_blowup=halt"])
      let result = try trainer.run()
      #expect(result.ending == .finished)
      #expect(trainer.progress.loss < 0.7 * preview.data.constantLoss, "\(name) at \(rate): \(trainer.progress.loss)")
    }
  }

  @Test func whatItWillTakeOnDisk() throws {
    try withTemporaryFolder { folder in
      let overrides = ["training.epochs=3", "checkpoints.every_epochs=1", "checkpoints.keep_last=2"]
      let preview = try preview("letter", overrides: overrides)
      let trainer = try trainer("letter", overrides: overrides, directory: folder)
      _ = try trainer.run()
      let sizes = try FolderListing.names(in: folder).filter { $0.hasPrefix("step-") }.map {
        FileContents.size("\(folder)/\($0)")
      }
      #expect(
        (2...preview.estimate.checkpointsKept).contains(sizes.count) && preview.estimate.steps == trainer.progress.step)
      let largest = Double(sizes.max() ?? 0)
      #expect(
        Double(preview.estimate.checkpoint) > 0.8 * largest && Double(preview.estimate.checkpoint) < 1.25 * largest)
    }
  }
}
