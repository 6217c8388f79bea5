import Kernels
import Testing

@testable import NeuralNetwork

/// Layers that change images in training only.
@Suite struct AugmentationTests {
  private static let shape: Shape = [6, 5, 2]
  private static let layers: [any Layer] = [
    GaussianNoise(stddev: 1), SpatialDropout2D(rate: 0.5), RandomFlip(mode: .both),
    RandomTranslation(heightFactor: [0.4], widthFactor: [0.4]),
  ]

  /// What the layer makes of the rows from `first` on.
  private func output(_ layer: any Layer, _ x: [Float], first: Int, rows: Int, trains: Bool) throws -> [Float] {
    let network = try Network(input: Self.shape, layers: [layer, Flatten()], loss: MeanSquaredError())
    let nothing = Floats(repeating: 0, count: 16)
    let workspace = Workspace(
      network: network, rows: rows, targetColumns: network.outputs, training: true, separate: true)
    let count = Self.shape.count
    workspace.input(rows: rows).vector.copy(from: Array(x[first * count..<(first + rows) * count]))
    guard trains else {
      return network.predict(parameters: nothing.vector, state: nothing.vector, workspace: workspace, rows: rows)
        .vector.array
    }
    workspace.targets(rows: rows).vector.fill(0)
    _ = network.computeGradient(
      parameters: nothing.vector, state: nothing.vector, workspace: workspace, rows: rows,
      training: TrainingPass(key: 99, step: 3, firstRow: UInt32(first)), gradient: nothing.mutable,
      statistics: nothing.mutable)
    return workspace.output(rows: rows).readOnly.vector.array
  }

  @Test func inferenceLeavesImagesAlone() throws {
    let x = draws(4 * Self.shape.count, stream: 70)
    for layer in Self.layers {
      #expect(try output(layer, x, first: 0, rows: 4, trains: false) == x, "\(type(of: layer).kind)")
    }
  }

  /// What is drawn for a row does not depend on how the batch is cut.
  @Test func shardsDrawWhatTheBatchDraws() throws {
    let x = draws(7 * Self.shape.count, stream: 71)
    for layer in Self.layers {
      let whole = try output(layer, x, first: 0, rows: 7, trains: true)
      let parts = try [(0, 3), (3, 1), (4, 3)].flatMap { try output(layer, x, first: $0.0, rows: $0.1, trains: true) }
      #expect(whole == parts, "\(type(of: layer).kind)")
      #expect(whole != x, "\(type(of: layer).kind)")
    }
  }

  @Test func noiseIsNormal() {
    let (rows, columns) = (100, 1001)
    let x = Floats(repeating: 0, count: rows * columns)
    let y = Floats(repeating: .nan, count: rows * columns)
    Images.addNoise(
      key: 7, step: 1, layer: 2, firstRow: 3, deviation: 1, to: x.matrix(rows, columns),
      into: y.mutableMatrix(rows, columns))
    let values = doubles(y.array)
    let moments = (1...4).map { power in
      values.reduce(0) { sum, value in sum + (0..<power).reduce(1) { product, _ in product * value } }
        / Double(values.count)
    }
    // Some three standard deviations of each mean.
    #expect(abs(moments[0]) < 0.01 && abs(moments[1] - 1) < 0.0135 && abs(moments[2]) < 0.037)
    #expect(abs(moments[3] - 3) < 0.095 && y.isIntact)
    let inner = values.filter { abs($0) < 1 }.count
    #expect(abs(Double(inner) / Double(values.count) - 0.6827) < 0.0045)
  }

  @Test func whatDoesNotFit() {
    func message(_ layer: any Layer, _ shape: Shape = [6, 5, 2]) -> String? {
      #expect(throws: NetworkError.self) { try layer.operation(for: [shape]) }?.description
    }
    #expect(message(ZeroPadding2D(padding: [[1], [2], [3]]))?.contains("[[top, bottom], [left, right]]") == true)
    #expect(message(ZeroPadding2D(padding: [[1, 2]]))?.contains("found [[1, 2]]") == true)
    #expect(message(UpSampling2D(size: [1, 2, 3]))?.contains("found [1, 2, 3]") == true)
    #expect(message(UpSampling2D(), [4, 5])?.contains("[height, width, channels]") == true)
    #expect(message(RandomFlip(), [4])?.contains("random_flip") == true)
    #expect(
      message(RandomTranslation(heightFactor: [0.3, 0.1], widthFactor: [0]))?.contains("height_factor") == true)
    #expect(message(SpatialDropout1D(rate: 0.5))?.contains("[time, channels], found [6, 5, 2]") == true)
    #expect(message(GroupNormalization(groups: 4), [3, 6])?.contains("-1 or 1, 2, 3, 6") == true)
  }
}
