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

  /// Epochs without a better one after which training ends.
  var patience: Int { max(10, epochs / 4) }

  var steps: Int { max(1, epochs * ((trainingRows + batch - 1) / batch)) }

  var loss: String {
    target.task == .classes ? "{sparse_categorical_crossentropy: {label_smoothing: 0.05}}" : "mean_squared_error"
  }

  var metrics: String {
    target.task == .classes ? "[accuracy]" : "[root_mean_squared_error, mean_absolute_error]"
  }

  func lines() -> [String] {
    let warmup = max(1, steps / 20)
    let why =
      target.task == .classes
      ? "Probabilities of classes; targets are drawn a little towards an even distribution, so that none gets too sure."
      : "Squares of errors, of targets that are scaled; metrics and predictions are in the unit of the file."
    let rate =
      "The rate rises over a twentieth of the steps, and falls to 0 as a cosine. Decay of the weights of \(weightDecay): "
      + (rows < 10_000 ? "much, as \(rows) rows can be learnt by heart." : "little, as rows abound.")
    let length =
      "Batches of \(batch) make \(max(1, trainingRows / batch)) steps an epoch. Training ends when validation_loss has not fallen for "
      + "\(patience) epochs, with the weights of the best one."
    return ProposalText.comment(why) + [
      "loss: \(loss)", "metrics: \(metrics)", "",
    ] + ProposalText.comment(rate) + [
      "optimizer:", "  adamw:",
      "    learning_rate:",
      "      cosine_decay: {initial_learning_rate: 0, warmup_target: 0.002, warmup_steps: \(warmup), decay_steps: \(max(1, steps - warmup))}",
      "    beta_2: 0.95", "    weight_decay: \(weightDecay)", "    exclude_from_weight_decay: [bias]", "",
    ] + ProposalText.comment(length) + [
      "training:",
      "  epochs: \(epochs)", "  batch_size: \(batch)",
      "  early_stopping: {monitor: validation_loss, patience: \(patience), restore_best: true}", "",
      "checkpoints: {every_epochs: 10, keep_best: {monitor: validation_loss}}",
    ]
  }
}
