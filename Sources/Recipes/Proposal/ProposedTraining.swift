/// How a proposed recipe trains.
struct ProposedTraining {
  let rows: Int
  let target: ProposedTarget

  /// Share of the rows that is held back; nil: none. Of few rows of values those that are held back are missed more than
  /// stopping early gains.
  var fraction: Double? {
    if isFew { return nil }
    return rows < 1000 ? 0.15 : 0.1
  }

  private var isFew: Bool { target.task == .values && rows < 5000 }

  var trainingRows: Int { max(1, rows - Int((Double(rows) * (fraction ?? 0)).rounded())) }

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
  var weightDecay: Double {
    if isFew { return 1 }
    return rows < 10_000 ? 0.3 : 0.02
  }

  private var rate: Double { isFew ? 0.004 : 0.002 }

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
    let decay =
      "The rate rises over a twentieth of the steps, and falls to 0 as a cosine. Decay of the weights of \(weightDecay): "
      + (rows < 10_000 ? "much, as \(rows) rows can be learnt by heart." : "little, as rows abound.")
    let length =
      "Batches of \(batch) make \(max(1, trainingRows / batch)) steps an epoch. "
      + (fraction == nil
        ? "No row is held back, so training does not stop before its end: of so few rows each is needed."
        : "Training ends when validation_loss has not fallen for \(patience) epochs, with the weights of the best one.")
    let stopping =
      fraction == nil
      ? []
      : ["  early_stopping: {monitor: validation_loss, patience: \(patience), restore_best: true}"]
    let checkpoints =
      fraction == nil ? "{every_epochs: 50}" : "{every_epochs: 10, keep_best: {monitor: validation_loss}}"
    return ProposalText.comment(why) + [
      "loss: \(loss)", "metrics: \(metrics)", "",
    ] + ProposalText.comment(decay) + [
      "optimizer:", "  adamw:",
      "    learning_rate:",
      "      cosine_decay: {initial_learning_rate: 0, warmup_target: \(rate), warmup_steps: \(warmup), decay_steps: \(max(1, steps - warmup))}",
      "    beta_2: 0.95", "    weight_decay: \(weightDecay)", "    exclude_from_weight_decay: [bias]", "",
    ] + ProposalText.comment(length) + [
      "training:",
      "  epochs: \(epochs)", "  batch_size: \(batch)",
    ] + stopping + ["", "checkpoints: \(checkpoints)"]
  }
}
