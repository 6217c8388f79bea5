import Kernels
import Testing

@testable import NeuralNetwork

/// Random graphs: branches, tensors with several readers, merges; each computed once more in Double.
private struct RandomGraph: CustomTestStringConvertible, Sendable {
  let number: Int
  let list: [ListedLayer]
  let loss: any Loss
  var testDescription: String {
    "graph \(number): "
      + list.map { "\($0.layer.name ?? "")(\(($0.inputs ?? []).joined(separator: ", ")))" }.joined(separator: " ")
  }

  static let inputs = [5, 3]
  static let rows = 4

  init(_ number: Int) {
    self.number = number
    var random = RandomStream(seed: 77, stream: UInt64(number) + 1)
    func draw(_ below: Int) -> Int { min(Int(random.uniform() * Double(below)), below - 1) }
    let functions: [ActivationFunction] = [.tanh, .sigmoid, .gelu, .silu, .softplus, .linear, .softmax]
    var list: [ListedLayer] = []
    var widths = ["x": 5, "z": 3]
    var unread: [String] = ["x"]  // x is always read; z where it happens
    var known = ["x", "z"]
    func add(_ layer: any Layer, _ inputs: [String], _ width: Int) {
      let name = layer.name ?? ""
      list.append(ListedLayer(layer, inputs: inputs))
      widths[name] = width
      unread.removeAll { inputs.contains($0) }
      unread.append(name)
      known.append(name)
    }
    for index in 0..<3 + draw(7) {
      let name = "n\(index)"
      // Often the newest, sometimes any: that makes branches and several readers.
      let source = draw(3) > 0 ? known[known.count - 1] : known[draw(known.count)]
      let width = widths[source] ?? 0
      switch draw(6) {
      case 0, 1:
        let units = 2 + draw(4)
        let penalty = draw(4) == 0 ? Regularizer(l1: 0.01, l2: 0.03) : nil
        add(
          Dense(units: units, activation: functions[draw(7)], activityRegularizer: penalty, name: name), [source], units
        )
      case 2: add(Activation(functions[draw(6)], name: name), [source], width)
      case 3: add(LayerNormalization(epsilon: 0.1, name: name), [source], width)
      case 4:
        let others = known.filter { widths[$0] == width }
        add(Add(name: name), [source, others[draw(others.count)]] + (draw(3) == 0 ? [source] : []), width)
      default:
        let other = known[draw(known.count)]
        add(Concatenate(name: name), [source, other], width + (widths[other] ?? 0))
      }
    }
    if unread.count > 1 { add(Concatenate(name: "join"), unread, unread.reduce(0) { $0 + (widths[$1] ?? 0) }) }
    let isClassifier = draw(2) == 0
    add(Dense(units: 3, activation: isClassifier ? .softmax : .tanh, name: "out"), [known[known.count - 1]], 3)
    self.list = list
    loss = isClassifier ? CategoricalCrossentropy() : MeanSquaredError()
  }

  func network() throws -> Network {
    try Network(inputs: RandomGraph.inputs.map { [$0] }, graph: Graph(list, inputs: ["x", "z"]), loss: loss)
  }

  /// The objective summed over the rows, from the weights by layer.
  func objective(_ xs: [[Double]], _ targets: [Double], _ weights: [String: [[Double]]]) -> Double {
    var values = ["x": xs[0], "z": xs[1]]
    var penalty = 0.0
    for entry in list {
      let read = (entry.inputs ?? []).map { values[$0] ?? [] }
      let name = entry.layer.name ?? ""
      let columns = read[0].count / RandomGraph.rows
      switch entry.layer {
      case let dense as Dense:
        let own = weights[name] ?? []
        let z = Reference.affine(read[0], kernel: own[0], bias: own[1], inputs: columns, units: dense.units)
        // The loss of the last softmax is that of its logits.
        let y =
          dense.activation == .softmax && name == "out"
          ? z : Reference.activate(dense.activation, z, columns: dense.units)
        penalty += Reference.penalty(dense.activityRegularizer, y)
        values[name] = y
      case let activation as Activation:
        values[name] = Reference.activate(activation.function, read[0], columns: columns)
      case is LayerNormalization:
        let own = weights[name] ?? []
        values[name] = Reference.layerNormalization(read[0], gamma: own[0], beta: own[1], epsilon: Double(Float(0.1)))
      case is Add: values[name] = read[0].indices.map { index in read.reduce(0) { $0 + $1[index] } }
      default: values[name] = Reference.concatenate(read, blocks: read.map { $0.count / RandomGraph.rows })
      }
    }
    let output = values["out"] ?? []
    let loss = Reference.sum(output, targets, outputColumns: 3, targetColumns: 3) { y, t in
      if self.loss is MeanSquaredError { return Reference.mean(y, t) { ($0 - $1) * ($0 - $1) } }
      return Reference.categoricalCrossentropy(logits: y, t)
    }
    return loss + penalty
  }
}

/// A network at work on fixed rows.
private struct Run {
  let network: Network
  let parameters: Floats
  let gradient: Floats
  let loss: ShardLoss
  let inputs: [[Float]]
  let targets: [Float]

  init(_ network: Network, separate: Bool) {
    self.network = network
    let rows = RandomGraph.rows
    parameters = Floats(repeating: 0, count: network.layout.trainableCount)
    // By name, so that the same layer has the same weights wherever it stands.
    for entry in network.layout.trainable {
      let stream = "\(entry.layerName)/\(entry.spec.name)".utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
      parameters.mutable[entry.range].copy(from: draws(entry.range.count, stream: stream, scale: 0.6))
    }
    gradient = Floats(repeating: .nan, count: network.layout.trainableCount)
    inputs = network.inputs.enumerated().map { draws(rows * $0.element.count, stream: 90 + UInt64($0.offset)) }
    targets = Reference.rows(doubles(draws(rows * 3, stream: 92, in: 0.1...1)), 3).flatMap { row in
      row.map { Float($0 / row.reduce(0, +)) }
    }
    let workspace = Workspace(network: network, rows: rows, targetColumns: 3, training: true, separate: separate)
    for (number, values) in inputs.enumerated() { workspace.input(number, rows: rows).vector.copy(from: values) }
    workspace.targets(rows: rows).vector.copy(from: targets)
    let none = Floats([])
    loss = network.computeGradient(
      parameters: parameters.vector, state: none.vector, workspace: workspace, rows: rows,
      training: LayerCase.training, gradient: gradient.mutable, statistics: none.mutable)
  }

  /// By layer and weight.
  var gradients: [String: [UInt32]] {
    var result: [String: [UInt32]] = [:]
    for entry in network.layout.trainable {
      result["\(entry.layerName)/\(entry.spec.name)"] = gradient.vector[entry.range].array.map(\.bitPattern)
    }
    return result
  }
}

@Suite struct GraphGradientTests {
  @Test(arguments: (0..<240).map(RandomGraph.init))
  private func gradientIsThatOfTheFormula(_ subject: RandomGraph) throws {
    let network = try subject.network()
    let run = Run(network, separate: true)
    var weights: [String: [[Double]]] = [:]
    for entry in network.layout.trainable {
      weights[entry.layerName, default: []].append(doubles(run.parameters.vector[entry.range].array))
    }
    let (xs, targets) = (run.inputs.map(doubles), doubles(run.targets))
    let expected = subject.objective(xs, targets, weights)
    #expect(abs(run.loss.loss + run.loss.penalty - expected) <= 2e-5 * max(abs(expected), 1))
    var number: [String: Int] = [:]
    for entry in network.layout.trainable {
      let index = number[entry.layerName, default: 0]
      number[entry.layerName] = index + 1
      let own = weights[entry.layerName] ?? []
      let exact = differences(at: own[index]) { moved in
        var all = weights
        all[entry.layerName]?[index] = moved
        return subject.objective(xs, targets, all)
      }
      // Gradients of a few thousandths of the others' size are compared with the typical one.
      let scale = max(exact.map(abs).max() ?? 0, 0.02)
      let found = run.gradient.vector[entry.range].array
      for (value, wanted) in zip(found, exact) {
        #expect(abs(Double(value) - wanted) <= 3e-4 * scale, "\(entry.layerName)/\(entry.spec.name)")
      }
    }
  }

  /// Memory shared as the plan has it gives the bits of memory that nobody shares.
  @Test func sharedMemoryChangesNothing() throws {
    for number in 0..<240 {
      let network = try RandomGraph(number).network()
      #expect(Run(network, separate: false).gradients == Run(network, separate: true).gradients)
    }
  }

  /// The order in which independent branches are listed: not a bit, of gradients, layout and fresh weights.
  @Test func orderOfBranchesChangesNothing() throws {
    let stem = ListedLayer(Dense(units: 6, activation: .tanh, name: "stem"), inputs: ["x"])
    let left = [
      ListedLayer(Dense(units: 4, activation: .relu, name: "left"), inputs: ["stem"]),
      ListedLayer(Dropout(rate: 0.5, name: "left_dropout"), inputs: ["left"]),
    ]
    let right = [
      ListedLayer(Dense(units: 4, activation: .gelu, name: "right"), inputs: ["stem"]),
      ListedLayer(Dropout(rate: 0.5, name: "right_dropout"), inputs: ["right"]),
      ListedLayer(Dense(units: 4, name: "right_2"), inputs: ["right_dropout"]),
    ]
    let end = [
      ListedLayer(Add(name: "merge"), inputs: ["left_dropout", "right_2", "left"]),
      ListedLayer(Concatenate(name: "all"), inputs: ["merge", "z"]),
      ListedLayer(Dense(units: 3, name: "out"), inputs: ["all"]),
    ]
    let orders = [
      left + right, right + left, [right[0], left[0], right[1], left[1], right[2]],
      [left[0], right[0], right[1], right[2], left[1]],
    ]
    let networks = try orders.map {
      try Network(inputs: [[5], [3]], graph: Graph([stem] + $0 + end, inputs: ["x", "z"]), loss: MeanSquaredError())
    }
    let first = Run(networks[0], separate: false)
    #expect(!first.gradients.values.contains { $0.contains(Float.nan.bitPattern) })
    func fresh(_ network: Network) -> [Float] {
      let (weights, state) = (Floats(repeating: 0, count: network.layout.trainableCount), Floats([]))
      network.initialize(trainable: weights.mutable, state: state.mutable, seed: 9)
      return weights.array
    }
    for network in networks.dropFirst() {
      #expect(network.places.map(\.name) == networks[0].places.map(\.name))
      #expect(Run(network, separate: false).gradients == first.gradients)
      #expect(fresh(network) == fresh(networks[0]))
    }
  }
}
