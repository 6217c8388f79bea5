import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct PoolingTests {
  private func windows(_ extent: Int, pool: Int, stride: Int) -> PoolingWindows {
    PoolingWindows(
      channels: 1, input: .init(height: 1, width: extent),
      output: .init(height: 1, width: (extent - pool) / stride + 1), pool: .init(height: 1, width: pool),
      stride: .init(height: 1, width: stride), before: .init(height: 0, width: 0))
  }

  /// TensorFlow's choice.
  @Test func gradientOfEqualsGoesToTheFirst() {
    let x = Floats([2, 2, 1, 3, 3, 3, 0, 0])
    let (y, places) = (Floats(repeating: .nan, count: 4), Floats(repeating: .nan, count: 2))
    let plan = windows(8, pool: 2, stride: 2)
    Pooling.maximum(x.matrix(1, 8), plan, into: y.mutableMatrix(1, 4), places: places.mutable)
    #expect(y.array == [2, 3, 3, 0])
    let dx = Floats(repeating: .nan, count: 8)
    Pooling.maximumBackward(
      outputGradient: Floats([1, 2, 3, 4]).matrix(1, 4), plan, places: places.vector, into: dx.mutableMatrix(1, 8))
    #expect(dx.array == [1, 0, 0, 2, 3, 0, 4, 0])
    #expect(places.isIntact && dx.isIntact)
  }

  /// An element that is the largest of two windows gets both gradients.
  @Test func windowsOverEachOtherAdd() {
    let x = Floats([1, 5, 2, 4])
    let (y, places) = (Floats(repeating: .nan, count: 3), Floats(repeating: .nan, count: 2))
    let plan = windows(4, pool: 2, stride: 1)
    Pooling.maximum(x.matrix(1, 4), plan, into: y.mutableMatrix(1, 3), places: places.mutable)
    let dx = Floats(repeating: .nan, count: 4)
    Pooling.maximumBackward(
      outputGradient: Floats([1, 2, 4]).matrix(1, 3), plan, places: places.vector, into: dx.mutableMatrix(1, 4))
    #expect(y.array == [5, 5, 4] && dx.array == [0, 3, 0, 4])
  }

  @Test(arguments: [1, 3, 4, 16, 21], 0..<4)
  func nanComesThrough(_ channels: Int, _ place: Int) throws {
    for layer in [MaxPooling1D(), AveragePooling1D(), GlobalMaxPooling1D(), GlobalAveragePooling1D()] as [any Layer] {
      let network = try Network(input: [4, channels], layers: [layer, Flatten()], loss: MeanSquaredError())
      let workspace = Workspace(network: network, rows: 1, targetColumns: network.outputs, training: false)
      var x = draws(4 * channels, stream: 60)
      x[place * channels + channels - 1] = .nan
      workspace.input(rows: 1).vector.copy(from: x)
      let nothing = Floats(repeating: 0, count: 16)
      let y = network.predict(parameters: nothing.vector, state: nothing.vector, workspace: workspace, rows: 1)
      let wrong = y.vector.array.enumerated().filter { $0.element.isNaN }.map(\.offset)
      let windows = network.outputs / channels
      #expect(wrong == [(windows == 1 ? 0 : place / 2) * channels + channels - 1], "\(type(of: layer).kind)")
    }
  }

  @Test func whatDoesNotFit() {
    func message(_ layer: any Layer, _ shape: Shape) -> String? {
      #expect(throws: NetworkError.self) { try layer.operation(for: [shape]) }?.description
    }
    #expect(message(MaxPooling2D(), [8, 8])?.contains("[8, 8, 1]") == true)
    #expect(message(MaxPooling2D(), [8])?.contains("[height, width, channels], found [8]") == true)
    #expect(message(AveragePooling1D(poolSize: [9]), [8, 3])?.contains("padding: same") == true)
    #expect(message(MaxPooling2D(poolSize: [1, 2, 3]), [8, 8, 3])?.contains("pool_size, found [1, 2, 3]") == true)
    #expect(
      message(AveragePooling2D(poolSize: [300]), [300, 300, 1])?.contains("global_average_pooling2d") == true)
    #expect(message(GlobalAveragePooling2D(), [8, 3])?.contains("found [8, 3]") == true)
  }
}
