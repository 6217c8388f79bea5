/// How a proposed recipe trains.
struct ProposedTraining {
  let rows: Int
  let target: ProposedTarget

  /// Share of the rows that is held back.
  var fraction: Double { rows < 1000 ? 0.15 : 0.1 }

  var trainingRows: Int { max(1, rows - Int((Double(rows) * fraction).rounded())) }

  var batch: Int {
    switch rows {
    case ..<1000: 32
    case ..<5000: 64
    case ..<20000: 128
    default: 256
    }
  }

  var epochs: Int {
    switch rows {
    case ..<2000: 150
    case ..<20000: 60
    default: 40
    }
  }

  /// More of it where rows are few, and the network could learn each by heart.
  var weightDecay: Double { rows < 10_000 ? 0.3 : 0.02 }

  var steps: Int { max(1, epochs * ((trainingRows + batch - 1) / batch)) }

  var loss: String {
    target.task == .classes ? "{sparse_categorical_crossentropy: {label_smoothing: 0.05}}" : "mean_squared_error"
  }

  var metrics: String {
    target.task == .classes ? "[accuracy]" : "[root_mean_squared_error, mean_absolute_error]"
  }

  func lines() -> [String] {
    let warmup = max(1, steps / 20)
    return [
      "loss: \(loss)", "metrics: \(metrics)", "", "optimizer:", "  adamw:",
      "    learning_rate:",
      "      cosine_decay: {initial_learning_rate: 0, warmup_target: 0.002, warmup_steps: \(warmup), decay_steps: \(max(1, steps - warmup))}",
      "    beta_2: 0.95", "    weight_decay: \(weightDecay)", "    exclude_from_weight_decay: [bias]", "", "training:",
      "  epochs: \(epochs)", "  batch_size: \(batch)",
      "  early_stopping: {monitor: validation_loss, patience: \(max(10, epochs / 4)), restore_best: true}", "",
      "checkpoints: {every_epochs: 10, keep_best: {monitor: validation_loss}}",
    ]
  }
}
