import Foundation
import Kernels
import Testing

extension ActivationKernel {
  static let parameter: Float = 0.3

  func value(_ z: Double) -> Double {
    let parameter = Double(ActivationKernel.parameter)
    switch self {
    case .linear: return z
    case .sigmoid: return KernelsTests.sigmoid(z)
    case .tanh: return Foundation.tanh(z)
    case .relu: return z < 0 ? 0 : z
    case .leakyRelu: return z < 0 ? parameter * z : z
    case .elu: return z > 0 ? z : parameter * expm1(z)
    case .selu: return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * expm1(z))
    case .gelu: return z * 0.5 * erfc(-z / 2.0.squareRoot())
    case .silu: return z * KernelsTests.sigmoid(z)
    case .softplus: return KernelsTests.softplus(z)
    case .softsign: return z / (1 + abs(z))
    case .relu6: return min(max(z, 0), 6)
    case .hardSigmoid: return min(max(z + 3, 0), 6) / 6
    case .hardSilu: return z * min(max(z + 3, 0), 6) / 6
    case .mish: return z * Foundation.tanh(KernelsTests.softplus(z))
    case .exponential: return exp(z)
    case .approximateGelu: return z * KernelsTests.sigmoid(ActivationKernel.twiceInner(z))
    }
  }

  func slope(_ z: Double) -> Double {
    let parameter = Double(ActivationKernel.parameter)
    switch self {
    case .linear: return 1
    case .sigmoid: return KernelsTests.sigmoid(z) * KernelsTests.sigmoid(-z)
    case .tanh: return 1 - Foundation.tanh(z) * Foundation.tanh(z)
    case .relu: return z > 0 ? 1 : 0
    case .leakyRelu: return z > 0 ? 1 : parameter
    case .elu: return z > 0 ? 1 : parameter * exp(z)
    case .selu: return 1.0507009873554805 * (z >= 0 ? 1 : 1.6732632423543772 * exp(z))
    case .gelu: return 0.5 * erfc(-z / 2.0.squareRoot()) + z * exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    case .silu: return KernelsTests.sigmoid(z) * (1 + z * KernelsTests.sigmoid(-z))
    case .softplus: return KernelsTests.sigmoid(z)
    case .softsign: return 1 / ((1 + abs(z)) * (1 + abs(z)))
    case .relu6: return z > 0 && z < 6 ? 1 : 0
    case .hardSigmoid: return abs(z) < 3 ? 1.0 / 6 : 0
    case .hardSilu: return abs(z) < 3 ? z / 3 + 0.5 : z > 0 ? 1 : 0
    case .mish:
      let gate = Foundation.tanh(KernelsTests.softplus(z))
      return gate + z * KernelsTests.sigmoid(z) * (1 - gate * gate)
    case .exponential: return exp(z)
    case .approximateGelu:
      let s = KernelsTests.sigmoid(ActivationKernel.twiceInner(z))
      let inner = 2 * (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * z * z)
      return s + z * s * KernelsTests.sigmoid(-ActivationKernel.twiceInner(z)) * inner
    }
  }

  /// (1 + tanh u) / 2 is the sigmoid of 2 u.
  private static func twiceInner(_ z: Double) -> Double {
    2 * (2 / Double.pi).squareRoot() * (z + 0.044715 * z * z * z)
  }
}

@Suite struct ActivationTests {
  @Test(arguments: ActivationKernel.allCases)
  func agreesWithDouble(_ kernel: ActivationKernel) {
    for (rows, columns) in [
      (1, 1), (5, 3), (70, 3), (37, 10), (33, 31), (7, 15), (4, 16), (9, 37), (2, 129), (0, 5), (5, 0),
    ] {
      let count = rows * columns
      let input = draws(count, stream: 2, scale: 3)
      let bias = Floats(draws(columns, stream: 3))
      let z = Floats(count: count) { _ in .nan }
      let y = Floats(input)
      Elementwise.biasActivation(
        kernel, parameter: ActivationKernel.parameter, bias: bias.vector, preactivation: z.mutableMatrix(rows, columns),
        output: y.mutableMatrix(rows, columns))
      let expectedZ = (0..<count).map { input[$0] + bias.array[$0 % columns] }
      #expect(z.array == expectedZ)
      let expected = expectedZ.map { kernel.value(Double($0)) }
      // GELU's left tail is right to some 1e-7, not to all its digits, and what is hard is so beside -3.
      let isRightOnTheWhole = [.gelu, .approximateGelu, .hardSigmoid, .hardSilu].contains(kernel)
      #expect(firstDifference(y.array, expected, tolerance: 2e-6, floor: isRightOnTheWhole ? 0.05 : 1e-30) == nil)
      #expect(y.isIntact && z.isIntact && bias.isIntact)

      let withoutKeeping = Floats(input)
      Elementwise.biasActivation(
        kernel, parameter: ActivationKernel.parameter, bias: bias.vector, preactivation: nil,
        output: withoutKeeping.mutableMatrix(rows, columns))
      #expect(withoutKeeping.bits == y.bits)
      let withoutBias = Floats(expectedZ)
      Elementwise.biasActivation(
        kernel, parameter: ActivationKernel.parameter, bias: nil, preactivation: nil,
        output: withoutBias.mutableMatrix(rows, columns))
      #expect(withoutBias.bits == y.bits)
    }
  }

  @Test(arguments: ActivationKernel.allCases)
  func backwardAgreesWithDouble(_ kernel: ActivationKernel) {
    for count in lengths {
      let z = Floats(draws(count, stream: 4, scale: 2))
      let y = Floats(z.array)
      Elementwise.biasActivation(
        kernel, parameter: ActivationKernel.parameter, bias: nil, preactivation: nil, output: y.mutableMatrix(1, count))
      let dy = Floats(draws(count, stream: 5))
      let dz = Floats(count: count) { _ in .nan }
      Elementwise.activationBackward(
        kernel, parameter: ActivationKernel.parameter, outputGradient: dy.matrix(1, count), output: y.matrix(1, count),
        preactivation: z.matrix(1, count), into: dz.mutableMatrix(1, count))
      let expected = zip(dy.array, z.array).map { Double($0) * kernel.slope(Double($1)) }
      // From y alone, 1 - y^2 and the like cancel: absolute errors of some 1e-7.
      #expect(firstDifference(dz.array, expected, tolerance: 1e-6, floor: 1) == nil)

      let inPlace = Floats(dy.array)
      Elementwise.activationBackward(
        kernel, parameter: ActivationKernel.parameter, outputGradient: inPlace.matrix(1, count),
        output: y.matrix(1, count), preactivation: z.matrix(1, count), into: inPlace.mutableMatrix(1, count))
      #expect(inPlace.bits == dz.bits)
      #expect(dz.isIntact && inPlace.isIntact && y.isIntact)
    }
  }

  /// GELU with its slope: the bits of both apart.
  @Test func geluWithItsSlope() {
    for (rows, columns) in [(1, 1), (5, 3), (37, 10), (9, 37), (2, 129), (0, 5), (5, 0)] {
      let count = rows * columns
      let input = draws(count, stream: 2, scale: 3)
      for bias in [Floats(draws(columns, stream: 3)), nil] {
        let (y, slope) = (Floats(input), Floats(count: count) { _ in .nan })
        Elementwise.biasGelu(
          bias: bias?.vector, slope: slope.mutableMatrix(rows, columns), output: y.mutableMatrix(rows, columns))
        let (expected, z) = (Floats(input), Floats(count: count) { _ in .nan })
        Elementwise.biasActivation(
          .gelu, parameter: 0, bias: bias?.vector, preactivation: z.mutableMatrix(rows, columns),
          output: expected.mutableMatrix(rows, columns))
        let dz = Floats(count: count) { _ in 1 }
        Elementwise.activationBackward(
          .gelu, parameter: 0, outputGradient: dz.matrix(1, count), output: expected.matrix(1, count),
          preactivation: z.matrix(1, count), into: dz.mutableMatrix(1, count))
        #expect(y.bits == expected.bits && slope.bits == dz.bits)
        #expect(y.isIntact && slope.isIntact)
      }
    }
  }

  @Test func slopesAtZeroAreTensorFlows() {
    let y = Floats([0, -0.0])
    let dy = Floats([1, 1])
    let dz = Floats([.nan, .nan])
    for (kernel, slope) in [(ActivationKernel.relu, Float(0)), (.leakyRelu, ActivationKernel.parameter)] {
      Elementwise.activationBackward(
        kernel, parameter: ActivationKernel.parameter, outputGradient: dy.matrix(1, 2), output: y.matrix(1, 2),
        preactivation: nil, into: dz.mutableMatrix(1, 2))
      #expect(dz.array == [slope, slope])
    }
  }

  /// Far out in the left tail the results are small, not garbage.
  @Test func geluKeepsItsTail() {
    for z in stride(from: Float(-12), through: -2, by: 0.0625) {
      let y = Floats([z])
      Elementwise.biasActivation(.gelu, parameter: 0, bias: nil, preactivation: nil, output: y.mutableMatrix(1, 1))
      let expected = ActivationKernel.gelu.value(Double(z))
      #expect(close(Double(y.array[0]), expected, 2e-2, scale: abs(expected) + 1e-14), "gelu(\(z)) = \(y.array[0])")
    }
  }

  @Test func softmaxAgreesWithDouble() {
    for (rows, columns) in [(1, 1), (3, 2), (4, 10), (5, 16), (6, 17), (2, 100), (0, 3), (3, 0)] {
      let x = Floats(draws(rows * columns, stream: 6, scale: 20))
      let y = Floats(count: rows * columns) { _ in .nan }
      Elementwise.softmax(x.matrix(rows, columns), into: y.mutableMatrix(rows, columns))
      let dy = Floats(draws(rows * columns, stream: 7))
      let dz = Floats(dy.array)
      Elementwise.softmaxBackward(
        outputGradient: dz.matrix(rows, columns), output: y.matrix(rows, columns), into: dz.mutableMatrix(rows, columns)
      )
      for row in 0..<rows {
        let range = (row * columns)..<((row + 1) * columns)
        let largest = x.array[range].map(Double.init).max() ?? 0
        let exponentials = x.array[range].map { exp(Double($0) - largest) }
        let total = exponentials.reduce(0, +)
        let expected = exponentials.map { $0 / total }
        // Differences from the largest are rounded at a size of some 60.
        #expect(firstDifference(Array(y.array[range]), expected, tolerance: 5e-6) == nil)
        let dot = zip(dy.array[range], expected).map { Double($0) * $1 }.reduce(0, +)
        let expectedGradient = zip(dy.array[range], expected).map { $1 * (Double($0) - dot) }
        #expect(firstDifference(Array(dz.array[range]), expectedGradient, tolerance: 1e-6, floor: 1) == nil)
      }
      #expect(y.isIntact && dz.isIntact)
    }
  }

  @Test func logSoftmaxAgreesWithDouble() {
    for (rows, columns) in [(1, 1), (3, 2), (4, 10), (5, 16), (6, 17), (2, 100), (0, 3), (3, 0)] {
      let x = Floats(draws(rows * columns, stream: 6, scale: 20))
      let y = Floats(count: rows * columns) { _ in .nan }
      Elementwise.logSoftmax(x.matrix(rows, columns), into: y.mutableMatrix(rows, columns))
      let dy = Floats(draws(rows * columns, stream: 7))
      let dz = Floats(dy.array)
      Elementwise.logSoftmaxBackward(
        outputGradient: dz.matrix(rows, columns), output: y.matrix(rows, columns), into: dz.mutableMatrix(rows, columns)
      )
      for row in 0..<rows {
        let range = (row * columns)..<((row + 1) * columns)
        let largest = x.array[range].map(Double.init).max() ?? 0
        let sum = largest + log(x.array[range].reduce(0) { $0 + exp(Double($1) - largest) })
        let expected = x.array[range].map { Double($0) - sum }
        #expect(firstDifference(Array(y.array[range]), expected, tolerance: 1e-6, floor: 10) == nil)
        let total = dy.array[range].reduce(0) { $0 + Double($1) }
        let expectedGradient = zip(dy.array[range], expected).map { Double($0) - exp($1) * total }
        #expect(firstDifference(Array(dz.array[range]), expectedGradient, tolerance: 5e-6, floor: 1) == nil)
      }
      #expect(y.isIntact && dz.isIntact)
    }
    // Where softmax is 0 its logarithm is not.
    let x = Floats([0, -1000, -200])
    Elementwise.logSoftmax(x.matrix(1, 3), into: x.mutableMatrix(1, 3))
    #expect(x.array == [0, -1000, -200])
  }

  @Test func softmaxOfHugeAndOfFarApartValues() {
    let x = Floats([1e30, 1e30, -1e30, 3e38, -3e38, 0, -200, 0, -1000])
    Elementwise.softmax(x.matrix(3, 3), into: x.mutableMatrix(3, 3))
    #expect(x.array == [0.5, 0.5, 0, 1, 0, 0, 0, 1, 0])
  }
}
