import Foundation
import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct InitializerTests {
  /// Bit for bit what one vector after the other comes to: weights that were drawn stay what they are.
  @Test(arguments: [(1, 1), (5, 7), (8, 8), (9, 20), (21, 21), (40, 64)])
  func orthonormalVectorsOneByOne(_ count: Int, _ length: Int) {
    func stream() -> RandomStream { RandomStream(seed: 3, stream: 4) }
    var random = stream()
    var basis: [[Double]] = []
    while basis.count < count {
      var candidate = (0..<length).map { _ in random.normal() }
      for _ in 0..<2 {
        for vector in basis {
          let dot = zip(candidate, vector).reduce(0) { $0 + $1.0 * $1.1 }
          for index in 0..<length { candidate[index] -= dot * vector[index] }
        }
      }
      let norm = candidate.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if norm > 1e-8 { basis.append(candidate.map { $0 / norm }) }
    }
    random = stream()
    let found = GramSchmidt.basis(of: count, length: length) { random.normal() }
    #expect(found.map { $0.map(\.bitPattern) } == basis.map { $0.map(\.bitPattern) })
  }

  private static let rows = 300
  private static let columns = 200

  private func fill(_ initializer: Initializer, shape: [Int], seed: UInt64 = 1) -> [Float] {
    let weight = Floats(repeating: .nan, count: shape.reduce(1, *))
    var random = RandomStream(seed: seed, stream: 1)
    initializer.fill(weight.mutable, shape: shape, random: &random)
    #expect(weight.isIntact)
    return weight.array
  }

  /// Mean, deviation and the limits of the support, where there are.
  private static let distributions: [(Initializer, mean: Double, deviation: Double, support: ClosedRange<Double>)] = {
    func uniform(_ limit: Double) -> (Double, ClosedRange<Double>) { (limit / 3.0.squareRoot(), -limit...limit) }
    // A normal cut at two standard deviations has .8796 of its deviation.
    let cut = 0.87962566103423978
    func scaled(_ variance: Double) -> (Double, ClosedRange<Double>) {
      let limit = 2 * variance.squareRoot() / cut
      return (variance.squareRoot(), -limit...limit)
    }
    let (inputs, outputs) = (Double(rows), Double(columns))
    let glorot = uniform((6 / (inputs + outputs)).squareRoot())
    let he = uniform((6 / inputs).squareRoot())
    let lecun = uniform((3 / inputs).squareRoot())
    let glorotNormal = scaled(2 / (inputs + outputs))
    let heNormal = scaled(2 / inputs)
    let lecunNormal = scaled(1 / inputs)
    return [
      (.randomUniform(), 0, 0.1 / 12.0.squareRoot(), -0.05...0.05),
      (.randomUniform(minval: 1, maxval: 3), 2, 2 / 12.0.squareRoot(), 1...3),
      (.randomNormal(), 0, 0.05, -1...1),
      (.randomNormal(mean: 3, stddev: 2), 3, 2, -10...16),
      (.truncatedNormal(), 0, 0.05 * cut, -0.1...0.1),
      (.truncatedNormal(mean: 1, stddev: 0.5), 1, 0.5 * cut, 0...2),
      (.glorotUniform, 0, glorot.0, glorot.1),
      (.heUniform, 0, he.0, he.1),
      (.lecunUniform, 0, lecun.0, lecun.1),
      (.glorotNormal, 0, glorotNormal.0, glorotNormal.1),
      (.heNormal, 0, heNormal.0, heNormal.1),
      (.lecunNormal, 0, lecunNormal.0, lecunNormal.1),
    ]
  }()

  @Test(arguments: 0..<distributions.count)
  func momentsAndLimits(_ index: Int) {
    let (initializer, mean, deviation, support) = InitializerTests.distributions[index]
    let values = fill(initializer, shape: [InitializerTests.rows, InitializerTests.columns]).map(Double.init)
    let found = Reference.moments(values)
    // Five standard errors.
    let error = deviation / Double(values.count).squareRoot()
    #expect(abs(found.mean - mean) < 5 * error, "\(initializer): mean \(found.mean)")
    #expect(abs(found.variance.squareRoot() / deviation - 1) < 0.02, "\(initializer): \(found.variance.squareRoot())")
    let slack = 1e-6 * max(abs(support.lowerBound), abs(support.upperBound))
    #expect(values.allSatisfy { $0 >= support.lowerBound - slack && $0 <= support.upperBound + slack })
    if support.upperBound - support.lowerBound < 6 * deviation {
      // The draws reach the ends of their support.
      let width = support.upperBound - support.lowerBound
      #expect((values.max() ?? 0) > support.upperBound - 0.01 * width)
      #expect((values.min() ?? 0) < support.lowerBound + 0.01 * width)
    }
  }

  @Test(arguments: [[40, 25], [25, 40], [30, 30], [1, 9], [9, 1]], [1.0, 2.5])
  func orthogonal(_ shape: [Int], gain: Double) {
    let (rows, columns) = (shape[0], shape[1])
    let weight = doubles(fill(.orthogonal(gain: gain), shape: shape))
    let vectors: [[Double]] =
      rows >= columns
      ? (0..<columns).map { column in (0..<rows).map { weight[$0 * columns + column] } }
      : Reference.rows(weight, columns)
    for (i, a) in vectors.enumerated() {
      for (j, b) in vectors.enumerated() {
        let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(dot - (i == j ? gain * gain : 0)) < 1e-5, "\(i) with \(j)")
      }
    }
  }

  @Test func constants() {
    #expect(fill(.zeros, shape: [17]).allSatisfy { $0 == 0 })
    #expect(fill(.ones, shape: [17]).allSatisfy { $0 == 1 })
    #expect(fill(.constant(0.25), shape: [17]).allSatisfy { $0 == 0.25 })
  }

  /// A vector's two fans are both its length.
  @Test func fansOfAVector() {
    let values = fill(.glorotUniform, shape: [6000])
    let limit = Float((6 / 12000.0).squareRoot())
    #expect(values.allSatisfy { abs($0) <= limit })
    #expect((values.max() ?? 0) > 0.99 * limit)
  }

  /// Keras' compute_fans, by hand: 3 * 3 positions, 16 channels in, 32 out.
  @Test func fansOfAKernelOfPositions() {
    let expected: [(shape: [Int], inputs: Int, outputs: Int)] = [
      ([3, 3, 16, 32], 144, 288), ([5, 2, 7], 10, 35), ([20, 30], 20, 30), ([6], 6, 6), ([], 1, 1),
    ]
    for (shape, inputs, outputs) in expected {
      let fans = Initializer.fans(shape)
      #expect(fans.in == inputs && fans.out == outputs, "\(shape)")
    }
    let values = fill(.glorotUniform, shape: [3, 3, 16, 32])
    let limit = Float((6 / 432.0).squareRoot())
    #expect(values.allSatisfy { abs($0) <= limit })
    #expect((values.max() ?? 0) > 0.99 * limit)
  }

  private func network() throws -> Network {
    try Network(
      input: [20],
      layers: [
        Dense(units: 30, kernelInitializer: .heNormal), BatchNormalization(), Dense(units: 7), LayerNormalization(),
        Dense(units: 5, kernelInitializer: .orthogonal()),
      ], loss: MeanSquaredError())
  }

  private func initialize(_ network: Network, seed: UInt64) -> (trainable: Floats, state: Floats) {
    let trainable = Floats(repeating: .nan, count: network.layout.trainableCount)
    let state = Floats(repeating: .nan, count: network.layout.stateCount)
    network.initialize(trainable: trainable.mutable, state: state.mutable, seed: seed)
    return (trainable, state)
  }

  @Test func sameSeedSameWeights() throws {
    let network = try network()
    let first = initialize(network, seed: 42)
    let second = initialize(network, seed: 42)
    let other = initialize(network, seed: 43)
    #expect(first.trainable.array == second.trainable.array && first.state.array == second.state.array)
    for entry in network.layout.trainable where entry.spec.name == "kernel" {
      let values = first.trainable.vector[entry.range].array
      let others = other.trainable.vector[entry.range].array
      #expect(zip(values, others).filter(==).isEmpty)
    }
  }

  /// No two weights start from the same draws.
  @Test func weightsDiffer() throws {
    let network = try Network(
      input: [8], layers: [Dense(units: 8), Dense(units: 8), Dense(units: 8)], loss: MeanSquaredError())
    let weights = initialize(network, seed: 1).trainable
    let kernels = network.layout.trainable.filter { $0.spec.name == "kernel" }.map { weights.vector[$0.range].array }
    #expect(Set(kernels.joined()).count == 3 * 64)
  }

  @Test func biasesShiftsAndPaddingAreZero() throws {
    let network = try network()
    let (trainable, state) = initialize(network, seed: 5)
    var used = Set<Int>()
    for entry in network.layout.trainable {
      used.formUnion(entry.range)
      let values = trainable.vector[entry.range].array
      switch entry.spec.name {
      case "bias", "beta": #expect(values.allSatisfy { $0 == 0 })
      case "gamma": #expect(values.allSatisfy { $0 == 1 })
      default: #expect(values.allSatisfy { $0 != 0 })
      }
    }
    #expect((0..<trainable.count).allSatisfy { used.contains($0) || trainable.array[$0] == 0 })
    #expect(state.vector[network.layout.state[0].range].array.allSatisfy { $0 == 0 })
    #expect(state.vector[network.layout.state[1].range].array.allSatisfy { $0 == 1 })
  }
}
