import JSON
import NeuralNetwork
import Testing

@testable import Checkpointing

/// `model_config` of what is no chain. Keras itself opens such files in Tests/keras.
@Suite struct KerasFunctionalTests {
  private static let network: Network? = try? Network(
    input: [3],
    layers: [
      ListedLayer(Dense(units: 4, name: "stem")), ListedLayer(Dense(units: 2, name: "left")),
      ListedLayer(Dense(units: 2, name: "right"), inputs: ["stem"]), ListedLayer(Dense(units: 2, name: "more")),
      ListedLayer(Add(name: "sum"), inputs: ["left", "more"]), ListedLayer(Dense(units: 1, name: "out")),
    ], loss: MeanSquaredError())

  @Test func nodesNameWhatTheyRead() throws {
    let text = KerasModelConfig.json(of: try #require(KerasFunctionalTests.network), name: "run").text
    #expect(text.contains(#""class_name":"Functional""#) || text.contains(#""class_name": "Functional""#))
    let compact = text.filter { $0 != " " }
    func tensor(_ name: String, _ units: Int) -> String {
      #"{"class_name":"__keras_tensor__","config":{"shape":[null,\#(units)],"dtype":"float32","keras_history":["\#(name)",0,0]}}"#
    }
    #expect(compact.contains(#""inbound_nodes":[{"args":[\#(tensor("input", 3))],"kwargs":{}}]"#))
    #expect(
      compact.contains(#""inbound_nodes":[{"args":[[\#(tensor("left", 2)),\#(tensor("more", 2))]],"kwargs":{}}]"#))
    #expect(compact.contains(#""input_layers":["input",0,0],"output_layers":["out",0,0]"#))
  }

  /// Keras reads weights in the order of `model.layers`: the farthest from the output first.
  @Test func layersStandInKerasOrder() throws {
    let network = try #require(KerasFunctionalTests.network)
    #expect(network.places.map(\.name) == ["stem", "left", "right", "more", "sum", "out"])
    #expect(network.kerasOrder.map { network.places[$0].name } == ["stem", "right", "left", "more", "sum", "out"])
  }

  /// Several inputs have the data's names; numbers that are looked up are integers.
  @Test func inputsHaveTheDatasNames() throws {
    let network = try Network(
      inputs: [NetworkInput("numeric", [2]), NetworkInput("ports", [3])],
      layers: [
        ListedLayer(Reshape(targetShape: [3, 1]), inputs: ["ports"]), ListedLayer(Embedding(inputDim: 4, outputDim: 2)),
        ListedLayer(Flatten()), ListedLayer(Concatenate(), inputs: ["numeric", "flatten"]),
        ListedLayer(Dense(units: 1)),
      ], loss: MeanSquaredError())
    let text = KerasModelConfig.json(of: network, name: "run").text.filter { $0 != " " }
    #expect(text.contains(#""batch_shape":[null,2],"dtype":"float32","name":"numeric""#), "\(text)")
    #expect(text.contains(#""batch_shape":[null,3],"dtype":"int32","name":"ports""#))
    #expect(text.contains(#""input_layers":[["numeric",0,0],["ports",0,0]]"#))
    #expect(text.contains(#""target_shape":[3,1]"#))
  }

  /// A class that Keras itself has not says where it is from.
  @Test func aClassOfAnotherPackageIsNamed() throws {
    let network = try Network(
      input: [4, 2], layers: [PositionEmbedding(sequenceLength: 5), Dense(units: 1)], loss: MeanSquaredError())
    let text = KerasModelConfig.json(of: network, name: "run").text.filter { $0 != " " }
    #expect(text.contains(#""module":"keras_hub.layers","registered_name":"keras_hub>PositionEmbedding""#), "\(text)")
  }

  @Test func aChainStaysSequential() throws {
    let chain = try Network(input: [3], layers: [Dense(units: 4), Dense(units: 1)], loss: MeanSquaredError())
    #expect(KerasModelConfig.json(of: chain, name: "run").text.contains("Sequential"))
    #expect(chain.kerasOrder == [0, 1])
  }
}
