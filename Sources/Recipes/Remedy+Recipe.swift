public import GradientHealth

extension Remedy {
  /// The keys of a recipe that do it: YAML that replaces those of the same name.
  public var snippet: String {
    switch change {
    case .layers(let layers, let place):
      "model:\n  layers:\n" + layers.map { "    - \($0.line)\n" }.joined() + "    # \(place.note)"
    case .optimizer(let optimizer): "optimizer:\n  " + optimizer.lines
    case .rollback(let limit): "health: {on_blowup: rollback, max_rollbacks: \(limit)}"
    case .standardScaling: "data:\n  scaling: standard"
    case .recordEveryStep: "history: {every_steps: 1}"
    case .earlyStopping(let patience):
      "training:\n  early_stopping: {monitor: validation_loss, patience: \(patience), restore_best: true}"
    }
  }
}

extension Remedy.Layer {
  fileprivate var line: String {
    switch self {
    case .dense(let units, let activation, let initializer, let l2):
      var keys = ["units: \(units)"]
      if let activation { keys.append("activation: \(activation.value)") }
      if let initializer { keys.append("kernel_initializer: \(initializer)") }
      if let l2 { keys.append("kernel_regularizer: {l2: \(l2)}") }
      return "dense: {\(keys.joined(separator: ", "))}"
    case .batchNormalization: return "batch_normalization: {}"
    case .activation(let activation): return "activation: {function: \(activation.value)}"
    }
  }
}

extension Remedy.Activation {
  fileprivate var value: String { negativeSlope.map { "{\(name): {negative_slope: \($0)}}" } ?? name }
}

extension Remedy.Place {
  fileprivate var note: String {
    switch self {
    case .eachHidden: "so each hidden layer"
    case .allHidden(let count): "\(count == 2 ? "two" : "\(count)") hidden layers, then the output layer"
    case .layer(let name): "`\(name)`"
    }
  }
}

extension Remedy.Optimizer {
  fileprivate var lines: String {
    let rate =
      plateauPatience.map {
        "{reduce_on_plateau: {initial_learning_rate: \(learningRate), patience: \($0)}}"
      } ?? "\(learningRate)"
    return "\(name): {learning_rate: \(rate)}" + (clipNorm.map { "\n  global_clip_norm: \($0)" } ?? "")
  }
}
