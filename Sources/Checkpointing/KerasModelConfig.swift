public import JSON
public import NeuralNetwork

/// `model_config` of a whole-model Keras HDF5 file: what `keras.models.load_model(file, compile=False)` builds from.
///
/// A chain is Keras' Sequential, any other graph its Functional model.
public enum KerasModelConfig {
  public static func json(of network: Network, name: String) -> JSONValue {
    network.graph.isChain && network.inputs.count == 1 && network.places.allSatisfy { call(of: $0) == nil }
      ? sequential(network, name: name) : functional(network, name: name)
  }

  private static func sequential(_ network: Network, name: String) -> JSONValue {
    let layers = network.places.map { layer($0) }
    let input = inputLayer(network, 0)
    return ["class_name": "Sequential", "config": ["name": .string(name), "layers": .array([input] + layers)]]
  }

  private static func functional(_ network: Network, name: String) -> JSONValue {
    let inputs = network.inputs.indices.map { number -> JSONValue in
      inputLayer(network, number).adding("name", .string(inputName(network, number))).adding(
        "inbound_nodes", .array([]))
    }
    let layers = network.places.map { place -> JSONValue in
      let read = place.inputs.map { tensor($0, network) }
      let call = call(of: place)
      // A layer that merges is called with one list.
      let arguments = call?.inputs.map { read[$0] } ?? (read.count == 1 ? read : [JSONValue.array(read)])
      let keywords = (call?.keywords ?? []).reduce([:] as JSONValue) { $0.adding($1) }
      return layer(place).adding("name", .string(place.name))
        .adding("inbound_nodes", .array([["args": .array(arguments), "kwargs": keywords]]))
    }
    let heads = network.inputs.indices.map { history(inputName(network, $0)) }
    return [
      "class_name": "Functional",
      "config": [
        "name": .string(name), "trainable": true, "layers": .array(inputs + layers),
        "input_layers": heads.count == 1 ? heads[0] : .array(heads),
        "output_layers": history(network.places.last?.name ?? ""),
      ],
    ]
  }

  private static func call(of place: Network.Place) -> LayerCall? { place.layer.call(inputs: place.inputs.count) }

  private static func layer(_ place: Network.Place) -> JSONValue {
    let type = type(of: place.layer)
    let made: JSONValue = [
      "class_name": .string(type.className), "config": config(of: place.layer, called: place.name),
    ]
    guard let package = type.package else { return made }
    return made.adding("module", .string("\(package).layers"))
      .adding("registered_name", .string("\(package)>\(type.className)"))
  }

  private static func inputLayer(_ network: Network, _ number: Int) -> JSONValue {
    [
      "class_name": "InputLayer",
      "config": [
        "batch_shape": batch(network.inputs[number]), "dtype": .string(inputType(network, number)),
        "name": .string(inputName(network, number)),
      ],
    ]
  }

  /// Integers where they are looked up in a table.
  private static func inputType(_ network: Network, _ number: Int) -> String {
    network.lookups[number] == nil ? "float32" : "int32"
  }

  /// The data's names where they have some.
  private static func inputName(_ network: Network, _ number: Int) -> String {
    if network.hasNamedInputs { return network.namedInputs[number].name }
    var name = number == 0 ? "input" : "input_\(number)"
    while network.places.contains(where: { $0.name == name }) { name += "_" }
    return name
  }

  private static func tensor(_ value: Graph.Value, _ network: Network) -> JSONValue {
    let (name, shape, type) =
      switch value {
      case .input(let number): (inputName(network, number), network.inputs[number], inputType(network, number))
      case .output(let node, _): (network.places[node].name, network.places[node].output, "float32")
      }
    return [
      "class_name": "__keras_tensor__",
      "config": ["shape": batch(shape), "dtype": .string(type), "keras_history": history(name)],
    ]
  }

  /// Layer, number of its call, number of the call's output.
  private static func history(_ name: String) -> JSONValue { .array([.string(name), .integer(0), .integer(0)]) }

  private static func batch(_ shape: Shape) -> JSONValue { .array([.null] + shape.extents.map { .integer($0) }) }

  private static func config(of layer: any Layer, called name: String) -> JSONValue {
    layer.arguments.reduce(["name": .string(name)]) { $0.adding($1) }
  }

  /// A layer within another: Keras wants to know where its class is.
  fileprivate static func nested(_ layer: any Layer) -> JSONValue {
    let type = type(of: layer)
    return [
      "module": "keras.layers", "class_name": .string(type.className),
      "config": config(of: layer, called: layer.name ?? type.kind), "registered_name": .null,
    ]
  }

  fileprivate static func activation(_ function: ActivationFunction) -> JSONValue {
    switch function {
    case .leakyRelu(let slope):
      [
        "module": "keras.layers", "class_name": "LeakyReLU", "config": ["negative_slope": .number(Double(slope))],
        "registered_name": .null,
      ]
    // No name of Keras' stands for it: this is how Keras writes the operation behind `keras.ops.gelu`.
    case .approximateGelu:
      [
        "module": "keras.src.ops.nn", "class_name": "Gelu", "config": ["approximate": true], "registered_name": "Gelu",
      ]
    default: .string(function.name)
    }
  }
}

extension JSONValue {
  /// The map with an argument more, unless that is Keras' default.
  fileprivate func adding(_ argument: LayerArgument) -> JSONValue {
    switch argument.value {
    case .integer(let value): return adding(argument.name, .integer(value))
    case .number(let value): return adding(argument.name, .number(value))
    case .boolean(let value): return adding(argument.name, .bool(value))
    case .text(let value): return adding(argument.name, .string(value))
    case .integers(let values): return adding(argument.name, .array(values.map { .integer($0) }))
    case .lists(let lists):
      return adding(argument.name, .array(lists.map { .array($0.map { .integer($0) }) }))
    case .numbers(let values): return adding(argument.name, .array(values.map { .number($0) }))
    case .activation(let function): return adding(argument.name, KerasModelConfig.activation(function))
    case .layer(let inner): return adding(argument.name, KerasModelConfig.nested(inner))
    case .regularizer(let regularizer):
      guard let regularizer else { return self }
      let values: JSONValue = ["l1": .number(Double(regularizer.l1)), "l2": .number(Double(regularizer.l2))]
      return adding(argument.name, ["class_name": "L1L2", "config": values])
    }
  }
}

extension Network {
  /// Numbers of the places in the order of Keras' `model.layers`, in which it reads weights: by distance to the output,
  /// the farthest first; of equals the one that a walk from the output, inputs in their order, comes to first. A chain's
  /// is its own.
  var kerasOrder: [Int] {
    if graph.isChain { return Array(places.indices) }
    var depths = Array(repeating: 0, count: places.count)
    for number in places.indices.reversed() {
      for case .output(let source, _) in places[number].inputs {
        depths[source] = max(depths[source], depths[number] + 1)
      }
    }
    var met: [Int: Int] = [:]
    var stack = [places.count - 1]
    while let number = stack.popLast() {
      if met[number] != nil { continue }
      met[number] = met.count
      for case .output(let source, _) in places[number].inputs.reversed() { stack.append(source) }
    }
    return places.indices.sorted { (-depths[$0], met[$0] ?? 0) < (-depths[$1], met[$1] ?? 0) }
  }
}
