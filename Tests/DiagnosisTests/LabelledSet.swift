import Testing

/// A model whose gradients' health is known.
struct LabelledModel: Sendable, CustomTestStringConvertible {
  enum Label: String, Sendable {
    /// Does not train because its gradients vanish: `vanishing` at critical.
    case sick
    /// Vanishing at first: a warning that names the epoch of recovery.
    case recovering
    /// A notice at most.
    case weak
    /// Neither `vanishing` nor `exploding`.
    case healthy
    /// Ends non-finite: `exploding` at critical.
    case exploding
  }

  let name: String
  let label: Label
  let recipe: String

  var testDescription: String { "\(name) (\(label.rawValue))" }

  /// Equal hidden layers and one output, on moons or, as `regression`, on make_regression.
  init(
    _ label: Label, _ layers: Int, _ activation: String, units: Int = 10, _ initializer: String, _ optimizer: String,
    batchNormalization: Bool = false, regression: Bool = false
  ) {
    self.label = label
    name = "\(layers) x \(units) \(activation), \(initializer), \(optimizer)\(batchNormalization ? ", bn" : "")"
    let hidden =
      batchNormalization
      ? """
          - dense: {units: \(units), kernel_initializer: \(initializer)}
          - batch_normalization: {}
          - activation: {function: \(activation)}
      """ : "    - dense: {units: \(units), activation: \(activation), kernel_initializer: \(initializer)}"
    let output = regression ? "linear" : "sigmoid"
    let data =
      regression
      ? "make_regression: {samples: 1500, features: 15, noise: 0.2, random_state: 42}"
      : "make_moons: {samples: 3000, noise: 0.25, random_state: 1234}"
    recipe = """
      name: labelled
      data:
        train:
          \(data)
      model:
        layers:
      \(Array(repeating: hidden, count: layers).joined(separator: "\n"))
          - dense: {units: 1, activation: \(output), kernel_initializer: \(regression ? "glorot_uniform" : initializer)}
      loss: \(regression ? "mean_squared_error" : "binary_crossentropy")
      optimizer: {\(optimizer)}
      training: {epochs: 30, batch_size: 32, workers: 1, shards: 1}
      checkpoints: {every_epochs: 0, every_seconds: 0, keep_last: 1}
      health: {on_blowup: halt}
      """
  }

  private static let uniform = "{random_uniform: {minval: -1, maxval: 1}}"
  private static let tiny = "{random_normal: {mean: 0, stddev: 0.01}}"
  private static let adam = "adam: {learning_rate: 0.001}"
  private static let rmsprop = "rmsprop: {learning_rate: 0.001}"
  private static let sgd = "sgd: {learning_rate: 0.1}"

  static let all: [LabelledModel] = [
    LabelledModel(.sick, 12, "sigmoid", "glorot_uniform", adam),
    LabelledModel(.sick, 20, "sigmoid", "glorot_uniform", adam),
    LabelledModel(.sick, 8, "tanh", tiny, sgd),
    LabelledModel(.sick, 6, "sigmoid", "glorot_uniform", sgd),
    LabelledModel(.sick, 8, "sigmoid", units: 64, "glorot_normal", sgd),
    LabelledModel(.sick, 3, "relu", units: 16, "zeros", sgd),
    LabelledModel(.sick, 10, "relu", units: 16, tiny, sgd),
    LabelledModel(.sick, 15, "sigmoid", "glorot_uniform", adam, regression: true),
    LabelledModel(.recovering, 6, "sigmoid", uniform, rmsprop),
    LabelledModel(.recovering, 8, "sigmoid", uniform, adam),
    LabelledModel(.weak, 3, "sigmoid", uniform, rmsprop),
    LabelledModel(.weak, 3, "sigmoid", "glorot_normal", rmsprop),
    LabelledModel(.weak, 4, "sigmoid", "glorot_uniform", "adam: {learning_rate: 0.003}"),
    LabelledModel(.healthy, 6, "relu", units: 32, "he_normal", adam),
    LabelledModel(.healthy, 20, "relu", units: 32, "he_normal", adam),
    LabelledModel(.healthy, 4, "tanh", units: 16, "glorot_uniform", adam),
    LabelledModel(.healthy, 20, "tanh", "glorot_uniform", "sgd: {learning_rate: 0.01}"),
    LabelledModel(.healthy, 8, "gelu", units: 24, "he_normal", sgd),
    LabelledModel(.healthy, 1, "sigmoid", "glorot_uniform", adam),
    LabelledModel(.healthy, 2, "sigmoid", "glorot_uniform", sgd),
    LabelledModel(.healthy, 2, "sigmoid", units: 64, "glorot_uniform", adam),
    LabelledModel(.healthy, 6, "relu", units: 32, "he_normal", adam, batchNormalization: true),
    LabelledModel(.healthy, 20, "tanh", "glorot_uniform", adam, batchNormalization: true),
    LabelledModel(.healthy, 2, "sigmoid", "glorot_uniform", adam, batchNormalization: true),
    LabelledModel(.healthy, 3, "relu", units: 32, "he_normal", "adam: {learning_rate: 0.003}", regression: true),
    LabelledModel(
      .exploding, 1, "relu", units: 35, "{random_uniform: {minval: 4, maxval: 5}}", "sgd: {}", regression: true),
    LabelledModel(.exploding, 4, "relu", units: 32, "he_normal", "sgd: {learning_rate: 5.0}"),
  ]
}
