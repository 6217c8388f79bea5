public import GradientHealth
public import HDF5Storage
public import NeuralNetwork

/// What a checkpoint holds besides its progress, read when it is asked for. All of it throws `CheckpointError` or
/// `HDF5Error` where something is not what it must be.
extension Checkpoint {
  /// Extents of a sample's first input.
  public func inputShape() throws -> Shape { try inputShape("input_shape") }

  /// Name and shape of each input.
  public func inputs() throws -> [NetworkInput] {
    guard try file.root.hasAttribute("inputs") else { return [NetworkInput(try inputShape())] }
    let names = try file.root.names("inputs")
    guard Set(names).count == names.count, !names.isEmpty else {
      throw CheckpointError(.damaged, "\(path): /@inputs: names that repeat, or none")
    }
    let isWhole = try file.root.attributeValues("input_is_whole", as: Int64.self)
    guard isWhole.count == names.count else {
      throw CheckpointError(.damaged, "\(path): /@input_is_whole: \(isWhole.count) of \(names.count)")
    }
    return try names.enumerated().map { number, name in
      NetworkInput(name, try inputShape("input_shape_\(number)"), isWhole: isWhole[number] == 1)
    }
  }

  private func inputShape(_ attribute: String) throws -> Shape {
    let extents = try file.root.extents(attribute)
    guard !extents.isEmpty else { throw CheckpointError(.damaged, "\(path): /@\(attribute): no extents") }
    return Shape(extents)
  }

  public func layers() throws -> [LayerSummary] {
    let weights = try file.root.group("model_weights")
    return try file.root.names("layers").map { name in
      let group = try weights.group(name)
      let names = try ownWeightNames(ofLayer: name)
      return LayerSummary(
        name: name, className: try group.stringAttribute("class_name"), outputShape: try group.extents("output_shape"),
        weights: names.map { $0.split(separator: "/").last.map(String.init) ?? $0 },
        parameters: try names.reduce(0) { $0 + (try group.dataset($1).count) })
    }
  }

  /// What was fitted to the columns of the training rows: every value of `/data` that is not of the layout itself.
  public func columns() throws -> [StoredValue] {
    let data = try file.root.group("data")
    var values: [StoredValue] = []
    for name in CheckpointLayout.columnWords {
      values.append(StoredValue(name, .word(try data.stringAttribute(name))))
    }
    values += try data.storedValues(except: CheckpointLayout.otherData)
    if let wrong = values.first(where: { !$0.isFinite }) {
      throw CheckpointError(.damaged, "\(path): /data/\(wrong.name): expected finite numbers")
    }
    return values
  }

  public func classNames() throws -> [String] {
    let data = try file.root.group("data")
    return try data.contains("class_names") ? data.strings("class_names") : []
  }

  /// Names of the columns that the run was trained on; empty where they had none.
  public func featureNames() throws -> [String] {
    let data = try file.root.group("data")
    return try data.contains("feature_names") ? data.strings("feature_names") : []
  }

  public func history() throws -> GradientHistory {
    try GradientHistory(reading: try file.root.group("history"), file: path)
  }

  public func epochs() throws -> [EpochRow] {
    let group = try file.root.group("history").group("epochs")
    let steps = try group.integers("step", in: CheckpointRange.steps)
    let epochs = try group.integers("epoch", in: CheckpointRange.counts, rows: steps.count)
    let losses: [Double] = try group.numbers("loss", shape: [steps.count])
    let noise: [Double] =
      try group.contains("gradient_noise_scale")
      ? group.numbers("gradient_noise_scale", shape: [steps.count]) : Array(repeating: .nan, count: steps.count)
    return steps.indices.map {
      EpochRow(step: Int(steps[$0]), epoch: Int(epochs[$0]), loss: losses[$0], gradientNoiseScale: noise[$0])
    }
  }

  public func metricNames() throws -> [String] {
    let group = try file.root.group("history").group("validation")
    return try group.hasAttribute("metrics") ? group.names("metrics") : []
  }

  /// One figure a metric of `metricNames` in each row.
  public func validation() throws -> [ValidationRow] {
    let group = try file.root.group("history").group("validation")
    let steps = try group.integers("step", in: CheckpointRange.steps)
    let epochs = try group.integers("epoch", in: CheckpointRange.counts, rows: steps.count)
    let losses: [Double] = try group.numbers("loss", shape: [steps.count])
    let metrics: [[Double]] = try metricNames().map { try group.numbers($0, shape: [steps.count]) }
    return steps.indices.map { row in
      ValidationRow(
        step: Int(steps[row]), epoch: Int(epochs[row]), loss: losses[row], metrics: metrics.map { $0[row] })
    }
  }

  public func events() throws -> [RecordedEvent] {
    let group = try file.root.group("events")
    let steps = try group.integers("step", in: CheckpointRange.steps)
    let kinds = try group.strings("kind", rows: steps.count)
    let messages = try group.strings("message", rows: steps.count)
    return steps.indices.map { RecordedEvent(step: Int(steps[$0]), kind: kinds[$0], message: messages[$0]) }
  }
}
