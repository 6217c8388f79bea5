import Foundation
import Glibc
import HDF5Storage
import Testing

/// Runs that end before their time.
@Suite struct StoppingTests {
  /// Hours of work, if nobody asks it to stop.
  static let endless = """
    name: endless
    data:
      train:
        make_moons: {samples: 2000, noise: 0.2, random_state: 1}
    model:
      layers:
        - dense: {units: 32, activation: tanh}
        - dense: {units: 1, activation: sigmoid}
    loss: binary_crossentropy
    optimizer:
      adam: {}
    training: {epochs: 1000000, batch_size: 32, shards: 2}
    checkpoints: {every_epochs: 50, keep_last: 2}
    """

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func asksAreHeardAfterTheStep(_ signal: Int32) throws {
    let place = try Workplace()
    try place.write(StoppingTests.endless, to: "endless.yaml")
    let run = try Command(Command.cairn, ["train", "endless.yaml", "--progress", "plain"], in: place.folder)
    let started = run.wait(until: { !place.checkpoints("endless").dropFirst().isEmpty })
    #expect(started)
    run.send(signal: signal)
    let outcome = try run.wait(limit: 120)
    #expect(outcome.code == 128 + signal, "\(outcome.errors)")

    let inspection = try Command.run("inspect", "endless", "--json", in: place.folder)
    #expect(inspection.code == 0 && inspection.errors.isEmpty, "\(inspection.errors)")
    let document = try inspection.json()
    #expect(document["healthy"] as? Bool == true)
    let step = try #require(document["step"] as? Int)
    #expect(place.checkpoints("endless").last?.hasSuffix("\(step).h5") == true)
    #expect(step > 0 && !place.list("Checkpoints/endless").contains { $0.contains(".tmp.") })
    // The newest of them is the state at the end, not one from before the signal.
    let root = try HDF5File(readingAt: place.path(try #require(place.checkpoints("endless").last))).root
    #expect(try root.attribute("step") == Int64(step))
    #expect(try root.dataset("/history/step").read(as: Int64.self).last == Int64(step))
  }

  @Test func aBlowupEndsTheRunWithFiniteWeights() throws {
    let place = try Workplace()
    let outcome = try Command.run(
      "train", repository("Recipes/regression-exploding.yaml"), "--set", "health.on_blowup=halt", "--progress", "plain",
      in: place.folder)
    #expect(outcome.code == 3, "\(outcome.errors)")
    #expect(outcome.errors.contains("blew up") && outcome.errors.contains("diverged"), "\(outcome.errors)")
    let files = place.list("Checkpoints/regression-exploding")
    let blowup = try #require(files.first { $0.hasPrefix("blowup-step-") })
    #expect(blowup.hasSuffix(".h5"))
    let inspected = try Command.run(
      "inspect", "Checkpoints/regression-exploding/\(blowup)", "--json", in: place.folder
    ).json()
    #expect(inspected["healthy"] as? Bool == false)

    let newest = try #require(place.checkpoints("regression-exploding").last)
    let root = try HDF5File(readingAt: place.path(newest)).root
    #expect(try root.attribute("healthy") == 1 as Int64)
    for weight in ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"] {
      let values: [Float] = try root.dataset("/model_weights/\(weight)").read()
      #expect(!values.isEmpty && values.allSatisfy(\.isFinite), "\(weight)")
    }
    // What the weights were saved from: the gradient that was not applied.
    let gone = try HDF5File(readingAt: place.path("Checkpoints/regression-exploding/\(blowup)")).root
    let gradient: [Float] = try gone.dataset("/gradients/dense/kernel").read()
    let loss: Double = try gone.attribute("loss")
    #expect(!loss.isFinite || gradient.contains { !$0.isFinite })
    let log = try String(
      contentsOfFile: place.path("Checkpoints/regression-exploding/events.jsonl"), encoding: .utf8)
    #expect(log.contains("blowup"))
  }
}
