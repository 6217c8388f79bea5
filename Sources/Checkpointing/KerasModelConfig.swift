public import JSON
public import NeuralNetwork

/// `model_config` of a whole-model Keras HDF5 file: what `keras.models.load_model(file, compile=False)` builds from.
public enum KerasModelConfig {
  /// - Throws: `CheckpointError` for a layer that Keras has no class for.
  public static func json(of network: Network, name: String) throws -> JSONValue {
    let shape = JSONValue.array([.null] + network.input.extents.map { .integer($0) })
    let input: JSONValue = [
      "class_name": "InputLayer",
      "config": ["batch_shape": shape, "dtype": "float32", "name": .string(inputName(network))],
    ]
    let layers = try network.places.map { place -> JSONValue in
      ["class_name": .string(type(of: place.layer).className), "config": try config(of: place)]
    }
    return ["class_name": "Sequential", "config": ["name": .string(name), "layers": .array([input] + layers)]]
  }

  private static func inputName(_ network: Network) -> String {
    var name = "input"
    while network.places.contains(where: { $0.name == name }) { name += "_" }
    return name
  }

  private static func config(of place: Network.Place) throws -> JSONValue {
    let name: JSONValue = ["name": .string(place.name)]
    switch place.layer {
    case let dense as Dense:
      var config =
        name
        .adding("units", .integer(dense.units))
        .adding("activation", activation(dense.activation))
        .adding("use_bias", .bool(dense.useBias))
      let regularizers = [
        ("kernel_regularizer", dense.kernelRegularizer), ("bias_regularizer", dense.biasRegularizer),
        ("activity_regularizer", dense.activityRegularizer),
      ]
      for (key, regularizer) in regularizers {
        guard let regularizer else { continue }
        let values: JSONValue = [
          "l1": .number(Double(regularizer.l1)), "l2": .number(Double(regularizer.l2)),
        ]
        config = config.adding(key, ["class_name": "L1L2", "config": values])
      }
      return config
    case let activation as Activation: return name.adding("activation", self.activation(activation.function))
    case let dropout as Dropout: return name.adding("rate", .number(Double(dropout.rate)))
    case let normalization as BatchNormalization:
      return
        name
        .adding("momentum", .number(Double(normalization.momentum)))
        .adding("epsilon", .number(Double(normalization.epsilon)))
    case let normalization as LayerNormalization:
      return name.adding("epsilon", .number(Double(normalization.epsilon)))
    case is Flatten: return name
    default:
      throw CheckpointError(
        .unsuitable, "layer `\(place.name)` has no Keras class; teach KerasModelConfig its configuration")
    }
  }

  private static func activation(_ function: ActivationFunction) -> JSONValue {
    guard case .leakyRelu(let slope) = function else { return .string(function.name) }
    return [
      "module": "keras.layers", "class_name": "LeakyReLU", "config": ["negative_slope": .number(Double(slope))],
      "registered_name": .null,
    ]
  }
}
