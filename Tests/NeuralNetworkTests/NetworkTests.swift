import Foundation
import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct NetworkTests {
  private func network(
    _ layers: [any Layer], input: Shape = [4], loss: any Loss = MeanSquaredError()
  ) throws -> Network {
    try Network(input: input, layers: layers, loss: loss)
  }

  /// Names of layers without one count up by class, as in Keras.
  @Test func namesAreKeras() throws {
    let layers: [any Layer] = [
      Dense(units: 3), Dense(units: 3), BatchNormalization(), Activation(.relu), Dense(units: 3, name: "mine"),
      Dropout(rate: 0.1), LayerNormalization(), Dense(units: 2), Dropout(rate: 0.1), Flatten(), BatchNormalization(),
    ]
    #expect(
      try network(layers).places.map(\.name) == [
        "dense", "dense_1", "batch_normalization", "activation", "mine", "dropout", "layer_normalization", "dense_2",
        "dropout_1", "flatten", "batch_normalization_1",
      ])
  }

  @Test(arguments: [
    [Dense(units: 2, name: "a"), Dense(units: 2, name: "a")],
    [Dense(units: 2), Dense(units: 2, name: "dense")],
    [Dense(units: 2, name: "dense_1"), Dense(units: 2), Dense(units: 2)],
  ])
  func sameNamesAreRejected(_ layers: [Dense]) throws {
    let error = #expect(throws: NetworkError.self) { try network(layers) }
    #expect(error?.layer == layers.count - 1)
    #expect(error?.description.contains("`\(layers.last?.name ?? "dense_1")`") == true)
  }

  @Test func classNamesAreKeras() {
    let names = LayerCase.all.map { type(of: $0.layer) }.map { ($0.className, $0.kind) }
    for (className, kind) in names {
      // Keras writes `2D` and `RMS`.
      #expect(kind.replacing("_", with: "") == className.lowercased())
      #expect(className.first?.isUppercase == true)
    }
  }

  @Test func whatCannotBeBuilt() {
    #expect(throws: NetworkError.self) { try network([]) }
    #expect(throws: NetworkError.self) { try network([Dense(units: 2)], input: [4, 0]) }
    #expect(throws: NetworkError.self) { try network([Dense(units: 2)], input: []) }
    let error = #expect(throws: NetworkError.self) {
      try network([Dense(units: 2), Reshape(targetShape: [3])], input: [4])
    }
    #expect(error?.layer == 1)
    #expect(error?.description.contains("layer `reshape`: samples of shape [2]") == true, "\(error?.description ?? "")")
  }

  /// Sizes whose products with rows and layers no integer holds.
  @Test func whatNoMachineHolds() {
    let huge = 1 << 24
    func description(_ layer: any Layer, _ input: Shape) -> String {
      let error = #expect(throws: NetworkError.self) { try network([Dense(units: 1), layer], input: input) }
      #expect(error?.layer == 1)
      return error?.description ?? ""
    }
    let sampled = description(UpSampling2D(size: [huge, huge]), [8, 8, 1])
    #expect(sampled.contains("layer `up_sampling2d`") && sampled.contains("[134217728, 134217728, 1]"), "\(sampled)")
    var settings = ConvolutionSettings(axes: 2, kernelSize: [huge])
    settings.padding = .same
    let kernel = description(Conv2D(filters: 4, settings: settings), [8, 8, 1])
    #expect(kernel.contains("`kernel` of shape [16777216, 16777216, 1, 4]"), "\(kernel)")
    settings = ConvolutionSettings(axes: 2, kernelSize: [1 << 18, 1 << 18])
    settings.padding = .same
    let work = description(Conv2D(filters: 4, settings: settings), [64, 64, 1])
    #expect(work.contains("multiplications a sample"), "\(work)")
  }

  /// A vector has no second axis to be orthogonal along.
  @Test func orthogonalBiasIsRejected() {
    let error = #expect(throws: NetworkError.self) {
      try network([Dense(units: 2), Dense(units: 3, biasInitializer: .orthogonal())])
    }
    #expect(error?.layer == 1)
    #expect(error?.description.contains("`bias`") == true)
  }

  @Test func shapesRunThrough() throws {
    let network = try network(
      [Dense(units: 3), LayerNormalization(), Dropout(rate: 0.5), Flatten(), Activation(.tanh), Dense(units: 2)],
      input: [4, 5])
    let shapes: [Shape] = [[4, 3], [4, 3], [4, 3], [12], [12], [2]]
    #expect(network.places.map(\.output) == shapes)
    #expect(network.places.map(\.input) == [[4, 5]] + shapes.dropLast())
    #expect(network.outputs == 2)
    #expect(network.trainableLayers == [0, 1, 5])
  }

  @Test func multiplicationsOfASample() throws {
    let network = try network([Dense(units: 3), Flatten(), Dense(units: 2)], input: [4, 5])
    #expect(network.places.map(\.multiplications) == [4 * 5 * 3, 0, 12 * 2])
  }

  /// Entries in layer order, each on a whole cache line, apart from each other.
  @Test func layoutIsAligned() throws {
    let network = try network(
      [Dense(units: 5), BatchNormalization(), Dense(units: 17, useBias: false), BatchNormalization(), Dense(units: 1)])
    let layout = network.layout
    #expect(
      layout.trainable.map { "\($0.layerName)/\($0.spec.name)" } == [
        "dense/kernel", "dense/bias", "batch_normalization/gamma", "batch_normalization/beta", "dense_1/kernel",
        "batch_normalization_1/gamma", "batch_normalization_1/beta", "dense_2/kernel", "dense_2/bias",
      ])
    #expect(layout.trainable.map(\.spec.shape) == [[4, 5], [5], [5], [5], [5, 17], [17], [17], [17, 1], [1]])
    #expect(layout.state.map(\.layer) == [1, 1, 3, 3])
    for (entries, count) in [(layout.trainable, layout.trainableCount), (layout.state, layout.stateCount)] {
      var end = 0
      for entry in entries {
        #expect(entry.range.lowerBound == end)
        #expect(entry.range.count == entry.spec.count)
        end = AlignedBuffer.padded(entry.range.upperBound)
      }
      #expect(count == end)
    }
    #expect(layout.parameterCount == 20 + 5 + 20 + 85 + 68 + 17 + 1)
    #expect(layout.entries(ofLayer: 1).map(\.spec.name) == ["gamma", "beta", "moving_mean", "moving_variance"])
    for place in network.places {
      #expect(place.trainable.lowerBound % 16 == 0 && place.state.lowerBound % 16 == 0)
    }
  }

  /// The penalty and its slope, 0 at 0 and NaN at NaN.
  @Test func regularizer() {
    let regularizer = Regularizer(l1: 0.5, l2: 0.25)
    let values = Floats([2, -1, 0])
    let gradient = Floats([1, 1, 1])
    #expect(regularizer.penalty(of: values.vector) == 0.5 * 3 + 0.25 * 5)
    regularizer.addGradient(of: values.vector, to: gradient.mutable)
    #expect(gradient.array == [2.5, 0, 1])
    let bad = Floats([.nan])
    regularizer.addGradient(of: bad.vector, to: bad.mutable)
    #expect(bad.array[0].isNaN && regularizer.penalty(of: bad.vector).isNaN)
  }
}
