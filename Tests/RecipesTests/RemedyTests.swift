import GradientHealth
import Recipes
import Testing

/// How remedies are spelled.
@Suite struct RemedyTests {
  @Test(arguments: [
    (
      Remedy.Change.layers(
        [.dense(units: 8), .batchNormalization, .activation(.init("leaky_relu"))], at: .eachHidden),
      "model:\n  layers:\n    - dense: {units: 8}\n    - batch_normalization: {}\n"
        + "    - activation: {function: {leaky_relu: {negative_slope: 0.2}}}\n    # so each hidden layer"
    ),
    (
      .layers(
        [.dense(units: 8, activation: .init("relu"), initializer: "he_normal", l2: 0.01)], at: .layer("dense_1")),
      "model:\n  layers:\n    - dense: {units: 8, activation: relu, kernel_initializer: he_normal, "
        + "kernel_regularizer: {l2: 0.01}}\n    # `dense_1`"
    ),
    (
      .layers([.dense(units: 4), .dense(units: 4)], at: .allHidden(2)),
      "model:\n  layers:\n    - dense: {units: 4}\n    - dense: {units: 4}\n"
        + "    # two hidden layers, then the output layer"
    ),
    (
      .optimizer(.init("sgd", learningRate: 0.01, clipNorm: 1)),
      "optimizer:\n  sgd: {learning_rate: 0.01}\n  global_clip_norm: 1.0"
    ),
    (
      .optimizer(.init("adam", learningRate: 0.001, plateauPatience: 5)),
      "optimizer:\n  adam: {learning_rate: {reduce_on_plateau: {initial_learning_rate: 0.001, patience: 5}}}"
    ),
    (.rollback(limit: 5), "health: {on_blowup: rollback, max_rollbacks: 5}"),
    (.standardScaling, "data:\n  scaling: standard"), (.recordEveryStep, "history: {every_steps: 1}"),
    (
      .earlyStopping(patience: 10),
      "training:\n  early_stopping: {monitor: validation_loss, patience: 10, restore_best: true}"
    ),
  ])
  func aChangeIsYAML(_ change: Remedy.Change, _ snippet: String) {
    #expect(Remedy("", change).snippet == snippet)
  }
}
