import Foundation
import HDF5Storage
import KerasReference
import Testing

/// The article's models, trained by the program from the references' own recipes: what Keras computed, step by step.
///
/// Every other choice of the recipes is compared in TrainingTests.
@Suite struct TrajectoryTests {
  static let article = KerasReference.paths("article")

  /// Runs the reference's recipe, in the folder that its paths start from.
  static func train(_ reference: KerasReference, in place: Workplace) throws -> Command.Outcome {
    try place.write(reference.recipe, to: "\(reference.name).yaml")
    return try Command.run(
      "train", place.path("\(reference.name).yaml"), "--shards", "1", "--checkpoints", place.path("Checkpoints"),
      in: reference.folder)
  }

  @Test(arguments: article.filter { !$0.hasSuffix("exploding.h5") }) func repeatsKeras(_ path: String) throws {
    let reference = try KerasReference(path)
    let place = try Workplace()
    let outcome = try TrajectoryTests.train(reference, in: place)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let checkpoint = try #require(place.checkpoints(reference.name).last)
    for deviation in try reference.deviations(of: HDF5File(readingAt: place.path(checkpoint)).root) {
      #expect(deviation.error <= reference.tolerance, "\(reference.name): \(deviation)")
    }
  }

  @Test func reportsTheExplosion() throws {
    let reference = try KerasReference(try #require(TrajectoryTests.article.first { $0.hasSuffix("exploding.h5") }))
    let place = try Workplace()
    let outcome = try TrajectoryTests.train(reference, in: place)
    #expect(outcome.code == 0 && outcome.errors.contains("went back"), "\(outcome.errors)")
    #expect(outcome.errors.contains("blew up"), "\(outcome.errors)")
    let blowup = try #require(place.list("Checkpoints/\(reference.name)").first { $0.hasPrefix("blowup-step-") })
    let step = try #require(Int(blowup.dropFirst("blowup-step-".count).prefix(9)))
    #expect(step <= (try #require(reference.firstBlowup)))
  }

  /// A comparison that accepts everything would accept Keras' run of another model, and a weight that is a little off.
  @Test func othersRunsAreNotAccepted() throws {
    let paths = TrajectoryTests.article
    let (sigmoid, relu) = (
      try KerasReference(try #require(paths.first { $0.hasSuffix("moons-sigmoid.h5") })),
      try KerasReference(try #require(paths.first { $0.hasSuffix("moons-relu.h5") }))
    )
    let place = try Workplace()
    #expect(try TrajectoryTests.train(sigmoid, in: place).code == 0)
    let checkpoint = try #require(place.checkpoints(sigmoid.name).last)
    let root = try HDF5File(readingAt: place.path(checkpoint)).root
    for deviation in try relu.deviations(of: root) { #expect(deviation.error > relu.tolerance, "\(deviation)") }

    let slower = try Command.run(
      "train", place.path("moons-sigmoid.yaml"), "--shards", "1", "--checkpoints", place.path("Checkpoints"), "--name",
      "slower", "--set", "optimizer.rmsprop.learning_rate=0.00099", in: sigmoid.folder)
    #expect(slower.code == 0)
    let other = try HDF5File(readingAt: place.path(try #require(place.checkpoints("slower").last))).root
    let weights = try #require(try sigmoid.deviations(of: other).first { $0.what == "weights" })
    #expect(weights.error > sigmoid.tolerance, "\(weights)")
  }
}
