import Checkpointing
import Foundation
import HDF5Storage
import Kernels
import NeuralNetwork
import Testing
import Training

/// Weights of attention, and of a layer that is tied to a table, from files that Keras has written: see
/// Tests/Fixtures/keras/weights/make_attention.py.
@Suite struct AttentionWeightTests {
  private static func path(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/keras/weights/\(name)").path
  }

  private func network(tied: Bool) throws -> Network {
    try Network(
      input: [4],
      layers: [
        Embedding(inputDim: 5, outputDim: 6), MultiHeadAttention(numHeads: 2, keyDim: 3, valueDim: 4),
        Dense(units: 5, tiedTo: tied ? "embedding" : nil),
      ], loss: SparseCategoricalCrossentropy(fromLogits: true))
  }

  @Test(arguments: ["attention.h5", "attention.weights.h5", "attention-named.h5"], [false, true])
  func everyLayoutGivesTheSameWeights(_ name: String, _ tied: Bool) throws {
    let network = try network(tied: tied)
    #expect(network.layout.trainable.count == (tied ? 10 : 11))
    let model = Model(network, seed: 1)
    let note = try InitialWeights.read(
      AttentionWeightTests.path(name), into: network, trainable: model.parameters, state: model.state)
    #expect((note != nil) == (name == "attention-named.h5"), "\(note ?? "")")
    let expected = try HDF5File(readingAt: AttentionWeightTests.path("attention.h5")).root.group("model_weights")
    for entry in network.layout.trainable {
      let values: [Float] = try expected.dataset("\(entry.layerName)/\(entry.layerName)/\(entry.spec.name)").read()
      let found = model.parameters[entry.range]
      #expect(
        Array(UnsafeBufferPointer(start: found.base, count: found.count)) == values,
        "\(entry.layerName)/\(entry.spec.name)")
    }
  }

  /// Another table than the layer's is not taken for it.
  @Test func aKernelOfOtherExtentsIsRefused() throws {
    let network = try Network(
      input: [4],
      layers: [
        Embedding(inputDim: 5, outputDim: 6, name: "t"),
        MultiHeadAttention(numHeads: 2, keyDim: 3, valueDim: 4, name: "a"),
        Dense(units: 5, name: "d"), Dense(units: 6, name: "e"), Dense(units: 5, tiedTo: "t", name: "f"),
      ], loss: SparseCategoricalCrossentropy(fromLogits: true))
    let model = Model(network, seed: 1)
    #expect(throws: CheckpointError.self) {
      try InitialWeights.read(
        AttentionWeightTests.path("attention.h5"), into: network, trainable: model.parameters, state: model.state)
    }
  }
}
