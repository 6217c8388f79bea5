import Checkpointing
import Datasets
import Foundation
import HDF5Storage
import Kernels
import NeuralNetwork
import Recipes
import Testing
import Training

/// Weight files as Keras 1, 2 and 3 have written them: see Tests/Fixtures/keras/weights/make_weights.py.
@Suite struct KerasWeightTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/keras/weights").path

  private static func path(_ name: String) -> String { "\(folder)/\(name)" }

  private static func network(_ layers: String) throws -> Network {
    let text = """
      data: {train: {make_moons: {samples: 10}}}
      model: {layers: [\(layers)]}
      loss: sparse_categorical_crossentropy
      optimizer: {sgd: {learning_rate: 0.1}}
      training: {epochs: 1}
      """
    let configuration = try Recipe.parse(text, file: "r.yaml", folder: nil).configuration
    return try Network(input: Shape([4]), layers: configuration.layers, loss: configuration.loss)
  }

  private static func dense(_ units: Int, _ activation: String = "tanh") -> String {
    "{dense: {units: \(units), activation: \(activation)}}"
  }

  private static let whole = [
    dense(5), "{batch_normalization: {}}", dense(5), dense(5), dense(3, "softmax"),
  ].joined(separator: ", ")

  @Test(arguments: [
    "keras1.h5", "keras2.h5", "keras2-weights.h5", "keras3.h5", "keras3.weights.h5", "keras3.keras", "named.h5",
    "named.weights.h5", "nested.h5", "nested.weights.h5",
  ])
  func everyLayoutGivesTheSameNetwork(_ name: String) throws {
    let network = try KerasWeightTests.network(KerasWeightTests.whole)
    let model = Model(network, seed: 1)
    let note = try InitialWeights.read(
      KerasWeightTests.path(name), into: network, trainable: model.parameters, state: model.state)
    let hasOtherNames = name.hasPrefix("named") || name.hasPrefix("nested")
    #expect((note != nil) == hasOtherNames, "\(note ?? "no note")")
    if let note { #expect(note.contains(name) && note.contains("dense_3 from"), "\(note)") }

    let expected = try HDF5File(readingAt: KerasWeightTests.path("expected.h5")).root
    for (entries, vector) in [(network.layout.trainable, model.parameters), (network.layout.state, model.state)] {
      for entry in entries {
        let values: [Float] = try expected.dataset("weights/\(entry.layerName)/\(entry.spec.name)").read()
        let found = vector[entry.range]
        #expect(Array(UnsafeBufferPointer(start: found.base, count: found.count)) == values, "\(entry.layerName)")
      }
    }
    let samples = InMemorySource(
      features: try expected.dataset("x").read(), sampleShape: [4], targets: [], targetColumns: 0, targetKind: .values)
    let answers = try Predictor(model, workers: 1).predict(samples)
    let right: [Double] = try expected.dataset("y").read()
    #expect(answers.count == right.count)
    for (answer, right) in zip(answers, right) { #expect(abs(Double(answer) - right) < 1e-5) }
  }

  @Test func whatFitsInNeitherWayIsListedOnBothSides() throws {
    for (layers, file) in [
      ([KerasWeightTests.dense(5), KerasWeightTests.dense(7), KerasWeightTests.dense(3, "softmax")], "keras3.h5"),
      // Fewer layers, and other names: no order can be told.
      (
        [KerasWeightTests.dense(5), KerasWeightTests.dense(5), KerasWeightTests.dense(3, "softmax")], "named.weights.h5"
      ),
    ] {
      let network = try KerasWeightTests.network(layers.joined(separator: ", "))
      let model = Model(network, seed: 1)
      do {
        _ = try InitialWeights.read(
          KerasWeightTests.path(file), into: network, trainable: model.parameters, state: model.state)
        Issue.record("\(file) was taken")
      } catch let error as CheckpointError {
        let text = error.description
        #expect(error.kind == .unsuitable)
        #expect(
          text.contains(file) && text.contains("the model: dense (kernel [4, 5]") && text.contains("the file:"),
          "\(text)")
      }
    }
  }

  /// KerasHub calls the only weight of a position embedding `embeddings`.
  @Test func aSoleWeightMayHaveAnotherName() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/hub.h5"
      let table = (0..<12).map(Float.init)
      try HDF5File.publish(at: path) { file in
        let weights = try file.root.createGroup("model_weights")
        for (name, values) in [("embedding", table), ("position_embedding", table.map { -$0 })] {
          let layer = try weights.createGroup(name)
          try layer.setAttribute("weight_names", ["embeddings"])
          try layer.write(values, shape: [4, 3], to: "embeddings")
        }
      }
      let network = try KerasWeightTests.network(
        "{embedding: {input_dim: 4, output_dim: 3}}, {position_embedding: {sequence_length: 4}}")
      let model = Model(network, seed: 1)
      let note = try InitialWeights.read(path, into: network, trainable: model.parameters, state: model.state)
      #expect(note == nil)
      let found = model.parameters[try #require(network.layout.trainable.last).range]
      #expect(Array(UnsafeBufferPointer(start: found.base, count: found.count)) == table.map { -$0 })
    }
  }

  @Test func weightsThatAreNoNumbersAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/nan.h5"
      try HDF5File.publish(at: path) { file in
        let layer = try file.root.createGroup("model_weights").createGroup("dense")
        try layer.setAttribute("weight_names", ["kernel", "bias"])
        try layer.write([1, 2, .nan, 4, 5, 6, 7, 8, 9, 10, 11, 12] as [Float], shape: [4, 3], to: "kernel")
        try layer.write([0, 0, 0] as [Float], shape: [3], to: "bias")
      }
      let network = try KerasWeightTests.network(KerasWeightTests.dense(3, "softmax"))
      let model = Model(network, seed: 1)
      do {
        _ = try InitialWeights.read(path, into: network, trainable: model.parameters, state: model.state)
        Issue.record("NaN was taken")
      } catch let error as CheckpointError {
        #expect(error.description.contains("/model_weights/dense/kernel"), "\(error)")
      }
    }
  }
}
