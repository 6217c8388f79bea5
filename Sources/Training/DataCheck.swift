internal import Datasets
internal import NeuralNetwork

/// Whether network, loss, metrics and data fit, before the first step.
enum DataCheck {
  /// - Throws: `TrainingError`: what was expected, what was found, what to do.
  static func check(_ network: Network, metrics: [any Metric], data: TrainingData) throws {
    try check(network, metrics: metrics, source: data.train, called: "training", rowNumbers: data.rowNumbers)
    guard let validation = data.validation else { return }
    try checkInputs(
      data.train.schema.networkInputs, validation.schema, called: "validation", whose: "training samples")
    guard validation.targetColumns == data.train.targetColumns else {
      throw TrainingError(
        "validation data have \(validation.targetColumns) target columns, training data \(data.train.targetColumns)")
    }
    try check(network, metrics: metrics, source: validation, called: "validation")
  }

  /// The same for one source.
  static func check(
    _ network: Network, metrics: [any Metric], source: any SampleSource, called name: String, rowNumbers: [Int32]? = nil
  ) throws {
    try check(source.schema, called: name)
    if source.schema.isWeighted { try checkWeights(network, source, called: name) }
    try checkInputs(network, source.schema, called: name)
    try IdCheck.check(network, source, called: name, rowNumbers: rowNumbers)
    try checkTargetShape(network, source, called: name)
    try check(type(of: network.loss).name, needs: network.loss.targets, network, source, name)
    try checkOutputs(network)
    for metric in metrics {
      if let problem = metric.problem(outputs: network.output.features, under: network.loss) {
        throw TrainingError(problem)
      }
      if network.loss.targets == .oneValue, metric.targets != .oneValue, network.output.features > 1 {
        throw TrainingError(
          "\(metric.name) compares one output with one target; under \(type(of: network.loss).name) there are "
            + "\(network.output.features) outputs a target: leave the metric out")
      }
      // Accuracy, precision and the like count classes too.
      if metric.targets == .probabilities, case .classes = source.targetKind { continue }
      try check(metric.name, needs: metric.targets, network, source, name)
    }
  }

  private static func check(
    _ what: String, needs requirement: TargetRequirement, _ network: Network, _ source: any SampleSource, _ name: String
  ) throws {
    // Of each position, where there are several.
    let outputs = network.output.features
    let columns = source.targetColumns / network.positions
    switch (requirement, source.targetKind) {
    case (.classes, .values):
      throw TrainingError(
        "\(what) needs integer class labels; the \(name) targets are floating-point values: store them as integers, or use a loss for values"
      )
    case (.classes, .classes) where columns != 1:
      let classes = Shape([source.targetColumns, outputs])
      throw TrainingError(
        "\(what) takes one class a sample, the \(name) data have \(columns) target columns: name one of them as target; "
          + "or, for a class at each of \(columns) positions, make outputs of shape \(classes), without flattening or pooling"
      )
    case (.classes, .classes(let count, _)):
      guard count <= outputs else {
        if let start = startOfLabels(source, outputs: outputs, name) { throw start }
        throw TrainingError(
          "labels out of range: the \(name) data have classes 0...\(count - 1), the model has \(outputs) outputs: give the last layer \(count) units"
        )
      }
    case (.oneValue, _):
      guard columns == 1 else {
        throw TrainingError(
          "\(what) takes one target column, the \(name) data have \(columns): name one of them as target")
      }
    case (.probabilities, .classes(let count, _)), (.signs, .classes(let count, _)):
      guard outputs == 1, count <= 2 else {
        if outputs == 1, let start = startOfLabels(source, outputs: 2, name) { throw start }
        throw TrainingError(
          "\(what) with \(outputs) outputs cannot use \(count) integer classes: use \(classLoss(for: network)) with \(count) units\(outputs == 1 ? "" : ", or one output a target column")"
        )
      }
    case (.probabilities, .values), (.signs, .values), (.values, _), (.counts, _):
      guard columns == outputs else {
        throw TrainingError(
          "\(what): the \(name) data have \(columns) target column\(columns == 1 ? "" : "s"), the model has \(outputs) output\(outputs == 1 ? "" : "s"): give the last layer \(columns) unit\(columns == 1 ? "" : "s")"
        )
      }
      guard requirement != .values, let range = source.targetRange else { return }
      if requirement == .counts {
        guard range.lowerBound < 0 else { return }
        throw TrainingError(
          "\(what) needs targets that are not negative; the \(name) targets span \(range.lowerBound)...\(range.upperBound)"
        )
      }
      if requirement == .signs {
        guard range.lowerBound < -1 || range.upperBound > 1 else { return }
        throw TrainingError(
          "labels out of range: \(what) needs targets 0 and 1, or -1 and 1; the \(name) targets span \(range.lowerBound)...\(range.upperBound)"
        )
      }
      guard range.lowerBound >= 0, range.upperBound <= 1 else {
        if range == -1...1 {
          throw TrainingError(
            "labels out of range: the \(name) targets go from -1 to +1, and \(what) needs 0...1: if they are the labels -1 and +1, write 0 for -1, or store them as integers, which are taken as the classes -1 and +1"
          )
        }
        throw TrainingError(
          "labels out of range: \(what) needs targets in 0...1; the \(name) targets span \(range.lowerBound)...\(range.upperBound)"
        )
      }
    }
  }
}

extension DataCheck {
  /// Whether a network can take samples of these targets and weights at all: none may be passed over.
  static func check(_ schema: SampleSchema, called name: String) throws {
    func require(_ fields: [SampleSchema.Field], _ what: String) throws {
      guard fields.count > 1 else { return }
      throw TrainingError(
        "\(name) samples have \(fields.count) \(what)s (\(fields.map(\.name).joined(separator: ", "))); the model takes one"
      )
    }
    try require(schema.targets, "target")
  }

  /// What weights of samples do not go with.
  private static func checkWeights(_ network: Network, _ source: any SampleSource, called name: String) throws {
    func refuse(_ what: String) -> TrainingError {
      TrainingError(
        "the \(name) samples have weights, and \(what): leave the weights out (`weights`, `class_weights`), or the other"
      )
    }
    if (source as? InMemorySource)?.weights.allSatisfy({ $0 == 0 }) ?? false {
      throw TrainingError("every row of the \(name) data has weight 0: there is nothing to take a mean of")
    }
    if network.positions > 1 { throw refuse("the network has an output for each of \(network.positions) positions") }
    if !network.maskInputs.isEmpty { throw refuse("a mask leaves positions out of the loss") }
    if let place = network.places.first(where: { $0.layer.hasActivityPenalty }) {
      throw refuse("`\(place.name)` has an activity penalty, which counts every row alike")
    }
  }

  /// Whether the samples have the inputs that the network takes: of its shapes, and of its names where it has several.
  static func checkInputs(_ network: Network, _ schema: SampleSchema, called name: String) throws {
    try checkInputs(network.namedInputs, schema, called: name, whose: "the model takes")
  }

  /// - Parameters:
  ///   - wanted: in their order, by which columns are scaled as well.
  ///   - whose: what wants them.
  static func checkInputs(
    _ wanted: [NetworkInput], _ schema: SampleSchema, called name: String, whose: String
  ) throws {
    let found = schema.networkInputs
    if wanted.count == 1, found.count == 1 {
      guard found[0].shape == wanted[0].shape else {
        throw TrainingError(
          "\(name) samples have shape \(found[0].shape)\(whose.hasSuffix("takes") ? ";" : ",") \(whose) \(wanted[0].shape)"
        )
      }
      return
    }
    func list(_ inputs: [NetworkInput]) -> String { inputs.map { "\($0.name) \($0.shape)" }.joined(separator: ", ") }
    guard zip(wanted, found).allSatisfy({ $0.name == $1.name && $0.shape == $1.shape }), wanted.count == found.count
    else {
      let isOrder = Set(wanted.map { "\($0.name)\($0.shape)" }) == Set(found.map { "\($0.name)\($0.shape)" })
      throw TrainingError(
        "\(name) samples have the inputs \(list(found))\(whose.hasSuffix("takes") ? ";" : ",") \(whose) \(list(wanted))"
          + (isOrder ? ": name them in this order" : ""))
    }
  }

  /// Whether there is a target for each position of the output, where it has several axes.
  private static func checkTargetShape(_ network: Network, _ source: any SampleSource, called name: String) throws {
    let output = network.output.extents
    guard output.count > 1, let target = source.schema.targets.first else { return }
    let positions = Array(output.dropLast())
    var fitting = [output]
    if network.loss.targets.takesOneColumn { fitting = [positions, positions + [1]] }
    if network.output.features == 1 { fitting.append(positions) }
    guard fitting.contains(target.shape) else {
      let hint =
        target.shape.allSatisfy { $0 == 1 }
        ? "if there is one target a sample, add a flatten layer, or a pooling one, before the last dense one"
        : output.dropLast() == target.shape.dropLast() && target.shape.count == output.count
          ? "the last layer's units or filters must be \(target.shape[target.shape.count - 1])"
          : target.shape == positions
            ? "for a class number at each position take sparse_categorical_crossentropy"
            : "let every layer keep the positions of the targets (`padding: same`), or reshape"
      throw TrainingError(
        "the model's output has shape \(network.output), so its targets have shape \(Shape(fitting[0])); the \(name) targets have "
          + "\(Shape(target.shape)): \(hint)")
    }
  }

  /// Whether there are as many outputs as the loss's arguments say.
  private static func checkOutputs(_ network: Network) throws {
    guard let (count, reason) = (network.loss as? any OutputCountingLoss)?.requiredOutputs else { return }
    guard count != network.output.features else { return }
    throw TrainingError(
      "\(type(of: network.loss).name): \(reason), the last layer has \(network.output.features) "
        + "unit\(network.output.features == 1 ? "" : "s"): make them as many")
  }

  /// The loss for class numbers that stands in for the network's.
  private static func classLoss(for network: Network) -> String {
    switch network.loss {
    case is BinaryFocalCrossentropy, is CategoricalFocalCrossentropy: SparseCategoricalFocalCrossentropy.name
    default: SparseCategoricalCrossentropy.name
    }
  }

  /// What to say where labels would fit if they began at 0; nil: they would not.
  private static func startOfLabels(_ source: any SampleSource, outputs: Int, _ name: String) -> TrainingError? {
    guard let range = source.targetRange, range.lowerBound >= 1,
      range.upperBound - range.lowerBound < Float(outputs)
    else { return nil }
    let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
    return TrainingError(
      "labels start at \(low): the \(name) data have classes \(low)...\(high), and classes are counted from 0: subtract \(low) from each"
    )
  }
}
