public import Datasets
public import NeuralNetwork

extension SampleSchema {
  /// What a network is told of each input, in order.
  public var networkInputs: [NetworkInput] {
    inputs.map { NetworkInput($0.name, Shape($0.shape), isWhole: $0.kind != .values) }
  }
}

extension [NetworkInput] {
  /// Floats of a sample's quantities, as `ColumnPipeline` counts columns.
  var valueColumns: Int {
    if count == 1, self[0].name == NetworkInput.sole { return self[0].shape.count }
    return filter { !$0.isWhole }.reduce(0) { $0 + $1.shape.count }
  }

  /// The same of one position, where the first axis is time.
  var positionColumns: Int {
    let inputs = count == 1 && self[0].name == NetworkInput.sole ? self : filter { !$0.isWhole }
    return inputs.reduce(0) { $0 + $1.shape.count / Swift.max(1, $1.shape.extents.first ?? 1) }
  }
}

extension Network {
  /// The network of a configuration for samples with these inputs, bound by name.
  ///
  /// - Throws: `NetworkError`.
  public init(_ configuration: TrainingConfiguration, for inputs: [NetworkInput]) throws {
    try self.init(inputs: inputs, layers: configuration.layers, loss: configuration.loss)
  }

  /// Of each input of a schema, the number of the network's input that it is; one input alone is bound whatever it is called.
  ///
  /// - Precondition: `DataCheck` has found that they fit.
  func binding(of schema: SampleSchema) -> [Int] {
    if inputs.count == 1 { return [0] }
    return schema.inputs.map { field in
      guard let number = namedInputs.firstIndex(where: { $0.name == field.name }) else {
        preconditionFailure("the network has no input `\(field.name)`")
      }
      return number
    }
  }
}
