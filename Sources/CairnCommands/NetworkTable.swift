internal import JSON
internal import NeuralNetwork
internal import Reports

/// A network's graph as a table, written out in full: what each layer reads and makes, its weights, and the multiplications
/// that a row takes in a forward pass.
struct NetworkTable {
  let network: NeuralNetwork.Network

  private func name(_ value: Graph.Value) -> String {
    switch value {
    case .input(let number): network.hasNamedInputs ? network.namedInputs[number].name : "input"
    case .output(let node, _): network.places[node].name
    }
  }

  private func weights(_ layer: Int) -> Int {
    network.layout.entries(ofLayer: layer).reduce(0) { $0 + $1.spec.count }
  }

  var text: String {
    var rows = [["layer", "type", "inputs", "output shape", "weights", "multiplications"]]
    for (number, shape) in network.inputs.enumerated() {
      rows.append([name(.input(number)), "(data)", "", "\(shape)", "", ""])
    }
    for (number, place) in network.places.enumerated() {
      rows.append([
        place.name, type(of: place.layer).className, place.inputs.map(name).joined(separator: ", "), "\(place.output)",
        String(weights(number)), String(place.multiplications),
      ])
    }
    rows.append([
      "", "", "", "", String(network.layout.parameterCount),
      String(network.places.reduce(0) { $0 + $1.multiplications }),
    ])
    return TextTable.render(rows)
  }

  var inputs: JSONValue {
    .array(
      network.inputs.enumerated().map { number, shape in
        ["name": .string(name(.input(number))), "shape": .array(shape.extents.map { .integer($0) })]
      })
  }

  var layers: JSONValue {
    .array(
      network.places.enumerated().map { number, place in
        [
          "name": .string(place.name), "type": .string(type(of: place.layer).className),
          "inputs": .array(place.inputs.map { .string(name($0)) }),
          "output_shape": .array(place.output.extents.map { .integer($0) }), "parameters": .integer(weights(number)),
          "multiplications": .integer(place.multiplications),
        ]
      })
  }
}
