internal import Checkpointing
internal import Datasets
internal import GradientHealth
internal import Glibc
internal import NeuralNetwork
internal import Optimizers

/// What trains, but hardly as it was meant: said at a run's start, in plain sentences. None stops it.
extension Trainer {
  /// What of the recipe and the data looks like a mistake; empty: nothing.
  public func warnings() -> [String] {
    outputWarnings + labelWarnings + targetWarnings + rateWarnings + rowWarnings + normalizationWarnings
      + maskWarnings
  }

  /// Whether padding counts from some layer on (Keras warns of the same layers).
  private var maskWarnings: [String] {
    model.network.losingMasks.map {
      "layer `\($0)` has no use for the mask of what it reads: behind it padding counts like all else; put what leaves padding "
        + "out (a recurrent layer, attention, global_average_pooling1d, a loss at each position) before it, or a layer "
        + "that passes masks on in its place"
    }
  }

  private var lossName: String { type(of: configuration.loss).name }

  /// The function that the last layer's output goes through; nil: none is known.
  private var lastActivation: ActivationFunction? { configuration.layers.last?.layer.traits.activation }

  /// Whether the last layer gives what the loss takes.
  private var outputWarnings: [String] {
    guard let activation = lastActivation else { return [] }
    if configuration.loss is Poisson, ![.exponential, .softplus, .relu, .sigmoid, .softmax].contains(activation) {
      return [
        "\(lossName) takes the logarithm of the outputs; the last layer's activation is \(activation.name), whose outputs may "
          + "be negative: use exponential or softplus"
      ]
    }
    guard let wanted = configuration.loss.fusedActivation, activation != wanted else { return [] }
    return [
      "\(lossName) takes probabilities; the last layer's activation is \(activation.name), whose outputs "
        + (activation == .sigmoid ? "do not add up to 1 over the classes" : "are no probabilities")
        + ": use \(wanted.name), or linear with from_logits: true"
    ]
  }

  /// Whether there is something to tell apart, and as many outputs as there are classes.
  private var labelWarnings: [String] {
    guard case .classes(let count, let names) = data.train.targetKind else { return [] }
    var warnings: [String] = []
    if let range = data.train.targetRange, range.lowerBound == range.upperBound, range.lowerBound.isFinite {
      let number = Int(range.lowerBound)
      let name = names.indices.contains(number) ? " (`\(names[number])`)" : ""
      warnings.append("all training labels are class \(number)\(name): there is nothing to tell apart")
    }
    var classes = max(count, names.count)
    if let validation = data.validation, case .classes(let more, _) = validation.targetKind {
      classes = max(classes, more)
    }
    let outputs = model.network.output.features
    if configuration.loss.targets == .classes, outputs > classes {
      warnings.append(
        "the last layer has \(outputs) units and the labels are classes 0...\(classes - 1): \(outputs - classes) "
          + "\(outputs - classes == 1 ? "unit stands" : "units stand") for no class; give it \(classes)")
    }
    return warnings
  }

  /// Whether the outputs can come to where the targets are.
  private var targetWarnings: [String] {
    guard case .values = configuration.loss.targets, let range = data.train.targetRange else { return [] }
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    guard low.isFinite, high.isFinite else { return [] }
    func number(_ value: Double) -> String { "\(Float(value))" }
    if low == high { return ["all training targets are \(number(low)): there is nothing to learn"] }
    let reach: (Double, Double)? =
      switch lastActivation {
      case .sigmoid, .hardSigmoid, .softmax: (0, 1)
      case .tanh, .softsign: (-1, 1)
      case .relu, .softplus, .exponential: (0, .infinity)
      case .relu6: (0, 6)
      case .logSoftmax: (-.infinity, 0)
      default: nil
      }
    if let reach, let lastActivation, low < reach.0 - 1e-6 || high > reach.1 + 1e-6 {
      return [
        "the last layer's activation is \(lastActivation.name), whose outputs lie in \(number(reach.0))..."
          + (reach.1.isFinite ? number(reach.1) : "") + "; the training targets span \(number(low))...\(number(high)): "
          + "use linear, or scale the targets"
      ]
    }
    let (mean, deviation) = (progress.data.targetMean, progress.data.targetDeviation)
    let size = max(abs(mean), deviation)
    guard size > 1000 || size < 0.001 else { return [] }
    let unit = pow(10, log10(size).rounded())
    return [
      "the training targets have mean \(number(mean)) and deviation \(number(deviation)); a fresh network's outputs are "
        + "of the size of 1, and it may never come to the targets, or blow up on the way: "
        + (size > 1 ? "divide them by \(number(unit))" : "multiply them by \(number(1 / unit))")
        + ", or subtract their mean and divide by their deviation"
    ]
  }

  /// Adaptive optimizers move each weight by about the rate; the others by the rate times the gradient.
  private var rateWarnings: [String] {
    let optimizer = configuration.optimizer
    let schedule = optimizer.learningRate
    let rate = max(schedule.rate(iterations: 0), schedule.rate(iterations: schedule.warmupSteps))
    let isAdaptive = optimizer.name != "sgd"
    guard rate >= (isAdaptive ? 1 : 100) else { return [] }
    return [
      "a learning rate of \(rate) is very large for \(optimizer.name)"
        + (isAdaptive ? ", which moves each weight by about as much a step" : "")
        + ": \(isAdaptive ? "0.001" : "0.01") is usual"
    ]
  }

  private var rowWarnings: [String] {
    guard data.train.count < 2 else { return [] }
    return ["there is one training row: nothing general can be learnt from it"]
  }

  /// Normalized over one row alone, every value is its own mean.
  private var normalizationWarnings: [String] {
    let parts = progress.shards * configuration.accumulateSteps
    let rows = min(configuration.updateRows, data.train.count)
    guard rows < 2 * parts,
      let place = model.network.places.first(where: { $0.layer is BatchNormalization && $0.input.extents.count == 1 })
    else { return [] }
    let cut =
      configuration.accumulateSteps > 1 ? "\(configuration.accumulateSteps) batches, each " : ""
    return [
      "layer `\(place.name)` normalizes by single rows, and gives the same for each: a step of \(counted(rows, "row")) is cut into "
        + "\(cut)\(counted(progress.shards, "shard")); use fewer shards, or a larger batch_size"
    ]
  }
}
