import HDF5Storage
import Testing

/// Blow-ups through the built program: faults put in on purpose, and a model that blows up by itself.
struct RecoveryTests {
  private static let recipe = """
    name: run
    seed: 3
    data: {train: {make_moons: {samples: 600, noise: 0.2, random_state: 3}}}
    model:
      layers:
        - dense: {units: 12, activation: tanh, name: first}
        - batch_normalization: {}
        - dropout: {rate: 0.1}
        - dense: {units: 256, activation: relu}
        - dense: {units: 256, activation: relu, name: large}
        - dense: {units: 1, activation: sigmoid, name: last}
    loss: binary_crossentropy
    optimizer: {adam: {learning_rate: 0.01}}
    training: {epochs: 4, batch_size: 30, shards: 4}
    checkpoints: {every_steps: 7, every_epochs: 0, keep_last: 20}
    """

  /// Where the 20 steps of an epoch and the checkpoints every 7 make a difference: the first step, mid-epoch, the last
  /// of an epoch, and the one right after a checkpoint.
  static let steps = [1, 10, 20, 22]

  @Test(arguments: ["nan-gradient", "inf-gradient", "nan-weight", "nan-optimizer", "bit-flip"], steps)
  func aFaultIsRecoveredFromAndNamed(kind: String, step: Int) throws {
    let place = try Workplace()
    try place.write(RecoveryTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "train", "run.yaml", "--inject", "\(kind)@\(step):last", "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("step \(step) (epoch \((step - 1) / 20 + 1)) blew up"), "\(outcome.errors)")
    #expect(outcome.errors.contains("of layer `last`"), "\(outcome.errors)")
    // While there are too few steps to tell whether something grew, to the start.
    let start = step <= 10 ? 0 : (step - 1) / 7 * 7
    #expect(outcome.errors.contains("went back from step \(step) to step \(start) "), "\(outcome.errors)")
    #expect(place.list("Checkpoints/run").contains { $0.hasPrefix("blowup-step-") })
    let verified = try Command.run("verify", "run", in: place.folder)
    #expect(verified.code == 0, "\(verified.output)")
    let newest = try HDF5File(readingAt: place.path(try #require(place.checkpoints("run").last))).root
    #expect(try newest.attribute("step") == 80 as Int64)
    #expect(try newest.attribute("attempt") == 1 as Int64)
    #expect(try newest.dataset("/events/kind").readStrings() == ["blowup", "rollback", "recovered"])
  }

  /// A kernel whose gradient is summed from factors: no shard's own is there until a fault asks for it.
  @Test(arguments: ["nan-gradient", "inf-gradient"]) func aFaultInALargeKernelToo(kind: String) throws {
    let place = try Workplace()
    try place.write(RecoveryTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "train", "run.yaml", "--inject", "\(kind)@10:large,shard=2", "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("the gradient of layer `large`, shard 2"), "\(outcome.errors)")
  }

  @Test(arguments: steps) func aTransientFaultIsRunAgain(step: Int) throws {
    let place = try Workplace()
    try place.write(RecoveryTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "train", "run.yaml", "--inject", "transient-nan@\(step):last", "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0 && outcome.errors.contains("when run again"), "\(outcome.errors)")
    let undisturbed = try Command.run("train", "run.yaml", "--name", "undisturbed", in: place.folder)
    #expect(undisturbed.code == 0)
    let weights = try ["run", "undisturbed"].map { name -> [Float] in
      let file = try HDF5File(readingAt: place.path(try #require(place.checkpoints(name).last)))
      return try file.root.dataset("/model_weights/first/kernel").read()
    }
    #expect(weights[0] == weights[1])
  }

  @Test func aNaNInTheInputIsADataError() throws {
    let place = try Workplace()
    try place.write(RecoveryTests.recipe, to: "run.yaml")
    let outcome = try Command.run("train", "run.yaml", "--inject", "nan-input@10", in: place.folder)
    #expect(outcome.code == 65 && outcome.errors.contains("column 0"), "\(outcome.errors)")
    let skipping = try Command.run(
      "train", "run.yaml", "--overwrite", "--inject", "nan-input@10", "--set", "data.on_bad_row=skip", in: place.folder)
    #expect(skipping.code == 0 && skipping.errors.contains("left out"), "\(skipping.errors)")
  }

  @Test func aRunThatRolledBackHasTheSameBytesOnAnyWorkersAndInterrupted() throws {
    let place = try Workplace()
    try place.write(RecoveryTests.recipe, to: "run.yaml")
    for workers in ["1", "3", "8"] {
      let outcome = try Command.run(
        "train", "run.yaml", "--name", "run", "--checkpoints", "on-\(workers)", "--workers", workers, "--inject",
        "nan-gradient@33:first", "--progress", "none", in: place.folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let final = "run/step-000000080.h5"
    let bytes = try place.bytes("on-1/\(final)")
    #expect(try place.bytes("on-3/\(final)") == bytes)
    #expect(try place.bytes("on-8/\(final)") == bytes)
  }

  @Test func aBlowupThatNothingHelpsSpendsTheBudget() throws {
    let place = try Workplace()
    try place.write(
      """
      name: hopeless
      data: {train: {make_moons: {samples: 300, noise: 0.2, random_state: 3}}}
      model:
        layers:
          - dense: {units: 8, activation: relu, kernel_initializer: {constant: {value: 1.0e+30}}}
          - dense: {units: 1}
      loss: mean_squared_error
      optimizer: {sgd: {learning_rate: 0.1}}
      training: {epochs: 3}
      health: {max_rollbacks: 4, may: [clip, learning_rate]}
      """, to: "hopeless.yaml")
    let outcome = try Command.run("train", "hopeless.yaml", "--progress", "plain", in: place.folder)
    #expect(outcome.code == 3, "\(outcome.errors)")
    let rollbacks = outcome.errors.split(separator: "\n").filter { $0.contains("went back") }
    #expect(rollbacks.count == 4)
    #expect(Set(rollbacks.map { $0.split(separator: ":").last ?? "" }).count == 4, "no remedy twice")
    #expect(try Command.run("verify", "hopeless", in: place.folder).code == 0)
  }

  @Test func theExplodingRegressionFinishesByItself() throws {
    let place = try Workplace()
    let outcome = try Command.run(
      "train", repository("Recipes/regression-exploding.yaml"), "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rollbacks = outcome.errors.split(separator: "\n").filter { $0.contains("went back") }
    #expect(!rollbacks.isEmpty && rollbacks.count <= 10)
    let evaluation = try Command.run("evaluate", "regression-exploding", "--json", in: place.folder).json()
    let loss = try #require(evaluation["loss"] as? Double)
    #expect(loss < 100)  // the variance of the targets is 30,776; healthy ones end between 0.1 and 60
  }

  /// The rate jumps after 150 steps; see `TrainingTests.RecoveryTests`.
  private static let jump = """
    name: jump
    seed: 3
    data: {train: {make_regression: {samples: 640, features: 5, informative: 3, noise: 0.1, random_state: 3}}}
    model: {layers: [{dense: {units: 8, activation: relu}}, {dense: {units: 8, activation: relu}}, {dense: {units: 1}}]}
    loss: mean_squared_error
    optimizer: {sgd: {learning_rate: {piecewise_constant_decay: {boundaries: [150], values: [1.0e-5, 1000]}}}}
    training: {epochs: 10, batch_size: 32, workers: 1, shards: 1}
    """

  /// Whatever ended a run: its log tells, its diagnosis names it, and where weights or gradients were not finite there is
  /// a file of it.
  @Test(arguments: ["warn", "skip", "rollback"], ["halt", "skip", "rollback"])
  func whatEndedARunIsDiagnosed(onSpike: String, onBlowup: String) throws {
    let place = try Workplace()
    try place.write(Self.jump, to: "jump.yaml")
    let outcome = try Command.run(
      "train", "jump.yaml", "--set", "health.on_spike=\(onSpike)", "--set", "health.on_blowup=\(onBlowup)", "--set",
      "health.max_rollbacks=1", "--progress", "none", in: place.folder)
    let log = String(decoding: try place.bytes("Checkpoints/jump/events.jsonl"), as: UTF8.self)
    func has(_ kind: String) -> Bool { log.contains("\"event\": \"\(kind)\"") }
    let hasFile = place.list("Checkpoints/jump").contains { $0.hasPrefix("blowup-step-") }
    #expect(has("blowup") == hasFile)
    #expect(hasFile || onSpike != "warn")
    #expect(outcome.code == 3 || has("rollback"), "\(outcome.errors)")
    #expect((outcome.code == 3) == has("halted"))
    let diagnosis = try Command.run("diagnose", "jump", "--json", in: place.folder).json()
    let levels = try #require(diagnosis["findings"] as? [[String: Any]]).map { $0["level"] as? String }
    #expect(outcome.code == 3 ? levels.contains("critical") : !levels.isEmpty, "\(log)")
    #expect(try Command.run("verify", "jump", in: place.folder).code == 0)
  }
}
