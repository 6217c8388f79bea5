import Testing

/// `train --steps`, and faults that last.
struct ShortRunTests {
  private static let recipe = """
    name: run
    seed: 4
    data:
      train: {make_regression: {samples: 300, features: 6, informative: 4, noise: 0.2, random_state: 42}}
      scaling: standard
    model: {layers: [{dense: {units: 8, activation: relu}}, {dropout: {rate: 0.1}}, {dense: {units: 1}}]}
    loss: mean_squared_error
    optimizer: {sgd: {learning_rate: 0.001, momentum: 0.9}}
    training: {epochs: 8, batch_size: 16, shards: 4, early_stopping: {monitor: loss, patience: 9, restore_best: true}}
    checkpoints: {every_steps: 7}
    tensorboard: false
    """

  /// 19 steps an epoch: within one, and at its edge.
  @Test(arguments: [30, 38]) func aRunThatEndsAfterSomeStepsCanBeGoneOnWith(steps: Int) throws {
    let place = try Workplace()
    try place.write(ShortRunTests.recipe, to: "run.yaml")
    let whole = try Command.run("train", "run.yaml", "--checkpoints", "whole", in: place.folder)
    #expect(whole.code == 0, "\(whole.errors)")
    let short = try Command.run("train", "run.yaml", "--steps", "\(steps)", in: place.folder)
    #expect(short.code == 0 && short.output.contains("finished: \(steps) steps"), "\(short.output) \(short.errors)")
    let again = try Command.run("train", "run.yaml", "--resume", "--steps", "\(steps)", in: place.folder)
    #expect(again.code == 0)
    #expect(place.checkpoints("run").last == "Checkpoints/run/step-0000000\(steps).h5")
    let rest = try Command.run("train", "run.yaml", "--resume", in: place.folder)
    #expect(rest.code == 0 && rest.output.contains("finished: 152 steps"), "\(rest.output) \(rest.errors)")
    #expect(try place.bytes("Checkpoints/run/step-000000152.h5") == place.bytes("whole/run/step-000000152.h5"))
  }

  @Test func aPoisonedRowIsLeftOut() throws {
    let place = try Workplace()
    try place.write(ShortRunTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "train", "run.yaml", "--inject", "poison-row@30", "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0 && outcome.errors.contains("of the training data is left out"), "\(outcome.errors)")
  }

  @Test func aRateThatIsTooHighStaysSoUntilItIsLowered() throws {
    let place = try Workplace()
    try place.write(ShortRunTests.recipe, to: "run.yaml")
    let outcome = try Command.run(
      "train", "run.yaml", "--inject", "rate-jump@1", "--set", "health.ladder=[{clip: 1}, {learning_rate: 0.0001}]",
      "--progress", "plain", in: place.folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("the learning rate is 0.0001 times the recipe's"), "\(outcome.errors)")
  }

  @Test(arguments: ["--steps=0", "--pause=-1", "--pause=60001"]) func whatIsOutOfRangeIsRefused(option: String) throws {
    let place = try Workplace()
    try place.write(ShortRunTests.recipe, to: "run.yaml")
    let outcome = try Command.run("train", "run.yaml", option, in: place.folder)
    #expect(outcome.code == 64 && outcome.errors.contains(option.prefix { $0 != "=" }), "\(outcome.errors)")
  }
}
