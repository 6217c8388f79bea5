import Optimizers
import Testing

@Suite struct ClippingTests {
  private static let modes: [GradientClipping] = [.none, .value(1), .norm(1), .globalNorm(1)]

  private func gradient(_ value: (Int, Int) -> Float) -> [[Float]] {
    Bench.sizes.enumerated().map { entry, count in (0..<count).map { value(entry, $0) } }
  }

  @Test(arguments: modes)
  func zeroStaysZero(_ clipping: GradientClipping) {
    let bench = Bench(.sgd(clipping: clipping))
    let before = bits(bench.weights)
    let norm = bench.step(gradient { _, _ in 0 })
    #expect(bits(bench.weights) == before)
    #expect(clipping.isByValue ? norm.isNaN && bench.clippedSquareSum == 0 : norm == 0)
  }

  /// At the limit itself nothing is cut: the same bits as without.
  @Test func atTheLimit() {
    let gradient = gradient { entry, index in entry == 0 && index == 3 ? 3 : entry == 1 && index == 8 ? -4 : 0 }
    for clipping in [GradientClipping.value(4), .norm(4), .globalNorm(5)] {
      let bench = Bench(.sgd(clipping: clipping))
      let plain = Bench(.sgd())
      #expect(plain.step(gradient) == 5)
      bench.step(gradient)
      #expect(bits(bench.weights) == bits(plain.weights), "\(clipping)")
    }
  }

  @Test func eachModeCutsItsOwn() {
    // Norms 6, 8, 0; of the whole 10.
    let gradient = gradient { entry, index in entry == 0 && index == 3 ? 6 : entry == 1 && index == 8 ? -8 : 0 }
    let expected: [(GradientClipping, Float, Float)] = [
      (.value(7), 6, -7), (.norm(7), 6, -7), (.norm(3), 3, -3), (.globalNorm(5), 3, -4),
    ]
    for (clipping, first, second) in expected {
      let bench = Bench(.sgd(learningRate: .constant(1), clipping: clipping))
      let before = bench.weights
      let norm = bench.step(gradient)
      #expect(abs(before[0][3] - bench.weights[0][3] - first) < 1e-5, "\(clipping)")
      #expect(abs(before[1][8] - bench.weights[1][8] - second) < 1e-5, "\(clipping)")
      if !clipping.isByValue {
        #expect(abs(norm - Double(first * first + second * second).squareRoot()) < 1e-6, "\(clipping)")
      }
      #expect(bits(before)[2] == bits(bench.weights)[2])
    }
  }

  /// Norms whose squares no float holds.
  @Test func hugeNorms() {
    let huge = gradient { _, _ in 1e30 }
    for clipping in [GradientClipping.norm(1), .globalNorm(1)] {
      let bench = Bench(.sgd(learningRate: .constant(1), clipping: clipping))
      let norm = bench.step(huge)
      #expect(bench.weights.joined().allSatisfy { $0.isFinite })
      #expect(norm > 0.99 && norm < 1.8)
    }
  }

  /// A NaN is not made harmless on the way.
  @Test(arguments: modes)
  func notANumberStays(_ clipping: GradientClipping) {
    let bench = Bench(.sgd(clipping: clipping))
    bench.step(gradient { entry, index in entry == 1 && index == 1029 ? .nan : 0.5 })
    #expect(bench.weights[1][1029].isNaN)
  }
}
