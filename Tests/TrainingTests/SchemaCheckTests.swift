import Datasets
import NeuralNetwork
import Testing

@testable import Training

@Suite struct SchemaCheckTests {
  private let x = SampleSchema.Field("x", shape: [2])
  private let y = SampleSchema.Field("y", shape: [1])

  private func problem(_ schema: SampleSchema) -> String? {
    do {
      try DataCheck.check(schema, called: "training")
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// What a network cannot take is refused, not passed over.
  @Test func targetsThatNobodyTakesAreRefused() {
    #expect(problem(SampleSchema(inputs: [x], targets: [y])) == nil)
    #expect(problem(SampleSchema(inputs: [x], targets: [])) == nil)
    #expect(
      problem(SampleSchema(inputs: [x], targets: [y, .init("z", shape: [3])]))
        == "training samples have 2 targets (y, z); the model takes one")
    #expect(problem(SampleSchema(inputs: [x], targets: [y], isWeighted: true)) == nil)
  }

  /// Inputs are bound by name, whatever their order; one alone whatever it is called.
  @Test func inputsAreBoundByName() throws {
    let ports = SampleSchema.Field("ports", shape: [1], kind: .categories(count: 3))
    let network = try Network(
      inputs: SampleSchema(inputs: [x, ports], targets: [y]).networkInputs,
      layers: [
        ListedLayer(Embedding(inputDim: 3, outputDim: 2), inputs: ["ports"]), ListedLayer(Flatten()),
        ListedLayer(Concatenate(), inputs: ["flatten", "x"]), ListedLayer(Dense(units: 1)),
      ], loss: MeanSquaredError())
    #expect(network.binding(of: SampleSchema(inputs: [ports, x], targets: [y])) == [1, 0])
    #expect(network.lookups.map { $0?.name } == [nil, "embedding"])
    func problem(_ inputs: [SampleSchema.Field]) -> String? {
      do {
        try DataCheck.checkInputs(network, SampleSchema(inputs: inputs, targets: []), called: "given")
        return nil
      } catch { return "\(error)" }
    }
    #expect(problem([x, ports]) == nil)
    #expect(problem([ports, x])?.hasSuffix("the model takes x [2], ports [1]: name them in this order") == true)
    #expect(problem([x])?.contains("the inputs x [2]; the model takes x [2], ports [1]") == true)
    #expect(problem([ports, x, .init("z", shape: [1])])?.contains("z [1]") == true)
    #expect(problem([.init("ports", shape: [4]), x])?.contains("inputs ports [4], x [2]; the model takes") == true)
    let single = try Network(
      inputs: [NetworkInput("a", [2])], layers: [ListedLayer(Dense(units: 1))], loss: MeanSquaredError())
    #expect(single.binding(of: SampleSchema(inputs: [x], targets: [y])) == [0])
    #expect(throws: NetworkError.self) {
      try Network(
        inputs: [NetworkInput("a", [2]), NetworkInput("b", [2])], layers: [ListedLayer(Dense(units: 1))],
        loss: MeanSquaredError())
    }
  }
}
