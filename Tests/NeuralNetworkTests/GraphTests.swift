import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct GraphTests {
  private func names(_ graph: Graph) -> [String] { graph.nodes.map(\.name) }

  @Test func aListIsAChain() throws {
    let graph = try Graph.chain([Dense(units: 3), Dropout(rate: 0.1), Dense(units: 2)])
    #expect(graph.isChain)
    #expect(names(graph) == ["dense", "dropout", "dense_1"])
    #expect(graph.nodes.map(\.inputs) == [[.input(0)], [.output(node: 0)], [.output(node: 1)]])
    #expect(graph.output == .output(node: 2))
  }

  /// What a node reads stands before it, first input first, whatever the order of the list.
  @Test func branchesHaveOneOrder() throws {
    let a = ListedLayer(Dense(units: 3, name: "a"), inputs: ["stem"])
    let b = ListedLayer(Dense(units: 3, name: "b"), inputs: ["stem"])
    let b2 = ListedLayer(Activation(.tanh, name: "b2"), inputs: ["b"])
    let stem = ListedLayer(Dense(units: 4, name: "stem"))
    let merge = ListedLayer(Add(name: "merge"), inputs: ["a", "b2"])
    for list in [[stem, a, b, b2, merge], [stem, b, a, b2, merge], [stem, b, b2, a, merge]] {
      let graph = try Graph(list)
      #expect(names(graph) == ["stem", "a", "b", "b2", "merge"])
      #expect(!graph.isChain)
      #expect(graph.nodes[4].inputs == [.output(node: 1), .output(node: 3)])
      #expect(graph.nodes.map { list[$0.listed].layer.name } == names(graph))
    }
    #expect(
      try names(Graph([stem, a, b, b2, ListedLayer(Add(name: "merge"), inputs: ["b2", "a"])])) == [
        "stem", "b", "b2", "a", "merge",
      ])
  }

  @Test func theNetworksInputsHaveNames() throws {
    let graph = try Graph(
      [
        ListedLayer(Dense(units: 2, name: "left"), inputs: ["numeric"]),
        ListedLayer(Dense(units: 2, name: "right"), inputs: ["ports"]), ListedLayer(Add(), inputs: ["left", "right"]),
      ], inputs: ["numeric", "ports"])
    #expect(graph.nodes.map(\.inputs) == [[.input(0)], [.input(1)], [.output(node: 0), .output(node: 1)]])
    let network = try Network(inputs: [[3], [5]], graph: graph, loss: MeanSquaredError())
    #expect(network.layout.trainable.map(\.spec.shape) == [[3, 2], [2], [5, 2], [2]])
  }

  @Test(arguments: [
    ([ListedLayer(Dense(units: 2), inputs: ["dnse"])], 0, "`dnse`"),
    ([ListedLayer(Dense(units: 2, name: "a"), inputs: ["a"])], 0, "its own output"),
    ([ListedLayer(Dense(units: 2), inputs: ["dense_1"]), ListedLayer(Dense(units: 2))], 0, "further down"),
    ([ListedLayer(Dense(units: 2)), ListedLayer(Add())], 1, "1 input, but takes 2 or more"),
    ([ListedLayer(Dense(units: 2)), ListedLayer(Dense(units: 2), inputs: ["dense", "dense"])], 1, "takes 1"),
    (
      [ListedLayer(Dense(units: 2)), ListedLayer(Dense(units: 2)), ListedLayer(Dense(units: 1), inputs: ["dense"])], 1,
      "nothing reads the output of layer `dense_1`"
    ),
    ([ListedLayer(Dense(units: 2, name: "x"))], 0, "input of the network"),
  ])
  func wrongListsAreNamed(_ list: [ListedLayer], _ layer: Int, _ words: String) {
    let error = #expect(throws: NetworkError.self) { try Graph(list, inputs: ["x"]) }
    #expect(error?.layer == layer)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func shapesOfAMergeMustAgree() {
    func network(_ merge: any Layer, _ units: Int) throws -> Network {
      let list = [
        ListedLayer(Dense(units: 2, name: "a")), ListedLayer(Dense(units: units, name: "b"), inputs: ["a"]),
        ListedLayer(merge, inputs: ["a", "b"]), ListedLayer(Dense(units: 1)),
      ]
      return try Network(input: [4], layers: list, loss: MeanSquaredError())
    }
    let error = #expect(throws: NetworkError.self) { try network(Add(), 3) }
    #expect(error?.layer == 2)
    #expect(error?.description.contains("found `a` [2] and `b` [3]") == true)
    #expect(throws: NetworkError.self) { try network(Concatenate(axis: 0), 3) }
    #expect(throws: NetworkError.self) { try network(Concatenate(axis: 2), 3) }
    #expect(throws: Never.self) { try network(Concatenate(axis: 1), 3) }
  }

  /// Only what has several readers gets a split, before them, with an output for each in their order.
  @Test func splitsStandBeforeReaders() throws {
    let graph = try Graph([
      ListedLayer(Dense(units: 2, name: "a")), ListedLayer(Dense(units: 2, name: "b")),
      ListedLayer(Dense(units: 2, name: "c"), inputs: ["a"]), ListedLayer(Add(), inputs: ["b", "c", "a"]),
    ]).insertingSplits()
    #expect(graph.nodes.map { type(of: $0.layer).kind } == ["dense", "split", "dense", "dense", "add"])
    #expect(graph.nodes[1].inputs == [.output(node: 0)])
    #expect(graph.nodes[2].inputs == [.output(node: 1, number: 0)])
    #expect(graph.nodes[3].inputs == [.output(node: 1, number: 1)])
    #expect(graph.nodes[4].inputs == [.output(node: 2), .output(node: 3), .output(node: 1, number: 2)])
    let chain = try Graph.chain([Dense(units: 2), Dense(units: 1)])
    #expect(chain.insertingSplits().nodes.count == 2)
  }

  @Test func theLastActivationIsSplitOff() throws {
    let fused = try Graph.chain([Dense(units: 2, activation: .softmax)]).splittingLastActivation(.softmax)
    #expect(fused.split?.function == .softmax)
    #expect(fused.graph.nodes[0].layer.traits.activation == .linear)
    let alone = try Graph.chain([Dense(units: 2), Activation(.softmax)]).splittingLastActivation(.softmax)
    #expect(alone.graph.nodes.count == 1 && alone.split != nil)
    let other = try Graph.chain([Dense(units: 2), Activation(.tanh)]).splittingLastActivation(.softmax)
    #expect(other.graph.nodes.count == 2 && other.split == nil)
    // Nothing would be left.
    let only = try Graph.chain([Activation(.softmax)]).splittingLastActivation(.softmax)
    #expect(only.graph.nodes.count == 1 && only.split == nil)
  }
}
