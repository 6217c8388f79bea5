import Checkpointing
import HDF5Storage
import KerasReference
import Testing
import Training

/// Runs that Keras has computed in float64, repeated step by step.
@Suite struct TrajectoryTests {
  static let finite = (KerasReference.paths("article") + KerasReference.paths("choices"))
    .filter { !$0.hasSuffix("/regression-exploding.h5") }

  @Test func noFixtureIsMissing() {
    #expect(KerasReference.paths("article").count == 7)
    #expect(KerasReference.paths("choices").count == 47)
  }

  @Test(arguments: finite) func everyStepIsKeras(_ path: String) throws {
    let reference = try KerasReference(path)
    try withTemporaryFolder { folder in
      let account = try train(
        reference.recipe, overrides: ["training.shards=1", "checkpoints.every_epochs=1000"], folder: reference.folder,
        directory: folder)
      #expect(account.result.ending == .finished)
      let checkpoint = try Checkpoint(verifying: try #require(account.result.checkpoint))
      for deviation in try reference.deviations(of: checkpoint.file.root) {
        #expect(deviation.error <= reference.tolerance, "\(reference.name): \(deviation)")
      }
    }
  }

  @Test func theExplodingRunBlowsUpNoLaterThanKeras() throws {
    let reference = try KerasReference(
      try #require(KerasReference.paths("article").first { $0.hasSuffix("/regression-exploding.h5") }))
    let expected = try #require(reference.firstBlowup)
    let account = try train(
      reference.recipe, overrides: ["training.shards=1", "health.on_blowup=halt"], folder: reference.folder)
    let blowup = try #require(account.blowups.first)
    #expect(account.result.ending == .diverged)
    #expect(blowup.step <= expected)
    #expect(blowup.step == account.steps.count + 1 || account.blowups.count > 1)
    // The float64 run overflows later than the float32 one; until then they agree.
    for (step, loss) in zip(account.steps, reference.loss).prefix(blowup.step - 1) {
      #expect(abs(step.loss - loss) <= reference.tolerance * abs(loss), "step \(step.step)")
    }
  }
}
