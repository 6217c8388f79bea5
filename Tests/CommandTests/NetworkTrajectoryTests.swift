import Foundation
import HDF5Storage
import KerasReference
import Testing

/// Networks beyond dense chains, trained by the program from the references' own recipes: what Keras computed, step by step.
@Suite struct NetworkTrajectoryTests {
  static let paths = KerasReference.paths("networks")

  @Test func noFixtureIsMissing() { #expect(NetworkTrajectoryTests.paths.count == 10) }

  /// At step 19 of `resnet` an input of the third activation, a relu, is 2.4e-7: whether it is above 0 is a matter of the
  /// weights' rounding, and its whole gradient with it. (From the run's own weights Keras computes the run's gradient.) Until
  /// then every step is compared, and what comes of the run within a percent.
  private static let steps = ["resnet": 18]

  @Test(arguments: paths) func repeatsKeras(_ path: String) throws {
    let reference = try KerasReference(path)
    let place = try Workplace()
    let outcome = try TrajectoryTests.train(reference, in: place)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let checkpoint = try #require(place.checkpoints(reference.name).last)
    let steps = NetworkTrajectoryTests.steps[reference.name]
    let root = try HDF5File(readingAt: place.path(checkpoint)).root
    for deviation in try reference.deviations(of: root, steps: steps ?? .max) {
      let limit = steps != nil && deviation.what == "weights" ? 1e-2 : 1e-4
      #expect(deviation.error <= limit, "\(reference.name): \(deviation)")
    }
    let predicted = try Command.run(
      "predict", place.path(checkpoint), "--data", path, "--output", place.path("p.h5"), in: place.folder)
    #expect(predicted.code == 0, "\(predicted.errors)")
    let found: [Double] = try HDF5File(readingAt: place.path("p.h5")).root.dataset("predictions").read()
    let deviation = try #require(try reference.outputDeviation(of: found))
    #expect(deviation.error <= (steps == nil ? 1e-4 : 1e-2), "\(reference.name): \(deviation)")
  }

  /// Another network's outputs are not accepted, nor is a run with another rate.
  @Test func othersAreNotAccepted() throws {
    let reference = try KerasReference(try #require(NetworkTrajectoryTests.paths.first { $0.hasSuffix("inputs.h5") }))
    let place = try Workplace()
    try place.write(reference.recipe, to: "inputs.yaml")
    let outcome = try Command.run(
      "train", place.path("inputs.yaml"), "--set", "optimizer.adam.learning_rate=0.0099", "--checkpoints",
      place.path("Checkpoints"), in: reference.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let checkpoint = try #require(place.checkpoints("inputs").last)
    let deviations = try reference.deviations(of: HDF5File(readingAt: place.path(checkpoint)).root)
    #expect(deviations.contains { $0.error > 1e-4 })
    let zeros = try #require(try reference.outputDeviation(of: Array(repeating: 0, count: 600)))
    #expect(zeros.error > 1e-4)
    let few = try #require(try reference.outputDeviation(of: [0]))
    #expect(few.error > 1e-4)
  }
}
