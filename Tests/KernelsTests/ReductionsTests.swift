import Kernels
import Testing

@Suite struct ReductionsTests {
  /// The statistics of `gradient` in Double, one element after the other.
  private func expected(_ gradient: [Float], weights: [Float], l1: Float, l2: Float) -> TileStatistics {
    var statistics = TileStatistics()
    for element in gradient {
      statistics.sum += Double(element)
      statistics.squareSum += Double(element) * Double(element)
      statistics.zeros += element == 0 ? 1 : 0
      statistics.nonfinite += element.isFinite ? 0 : 1
      // `min` and `max` of the standard library pass NaN on only from one side.
      statistics.minimum = element.isNaN || element < statistics.minimum ? element : statistics.minimum
      statistics.maximum = element.isNaN || element > statistics.maximum ? element : statistics.maximum
      statistics.magnitude = element.isNaN || abs(element) > statistics.magnitude ? abs(element) : statistics.magnitude
    }
    if gradient.contains(where: \.isNaN) {
      (statistics.minimum, statistics.maximum, statistics.magnitude) = (.nan, .nan, .nan)
    }
    if l1 != 0 || l2 != 0 {
      for weight in weights {
        statistics.penalty += Double(l1) * Double(abs(weight)) + Double(l2) * Double(weight) * Double(weight)
      }
    }
    return statistics
  }

  private func check(
    _ gradient: [Float], scale: Float = 1, weights: [Float]? = nil, l1: Float = 0, l2: Float = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let g = Floats(gradient)
    let w = Floats(weights ?? [])
    let found = Reductions.finishGradient(
      g.mutable, scale: scale, weights: weights == nil ? nil : w.vector, l1: l1, l2: l2)
    let wanted = gradient.indices.map { index in
      let weight = Double(weights?[index] ?? 0)
      let sign = weight > 0 ? 1 : (weight < 0 ? -1 : weight)
      return Double(gradient[index]) * Double(scale) + Double(l1) * sign + 2 * Double(l2) * weight
    }
    let size = Double(gradient.filter(\.isFinite).map(abs).max() ?? 0)
    for (actual, value) in zip(g.array, wanted) {
      #expect(close(Double(actual), value, 1e-6, scale: size + 1e-45), sourceLocation: sourceLocation)
    }
    let reference = expected(g.array, weights: weights ?? [], l1: l1, l2: l2)
    let absoluteSum = g.array.map { Double(abs($0)) }.reduce(0, +)
    #expect(close(found.sum, reference.sum, 3e-6, scale: absoluteSum), sourceLocation: sourceLocation)
    #expect(close(found.squareSum, reference.squareSum, 3e-6), sourceLocation: sourceLocation)
    #expect(close(found.penalty, reference.penalty, 3e-6), sourceLocation: sourceLocation)
    #expect(close(Double(found.minimum), Double(reference.minimum), 0), sourceLocation: sourceLocation)
    #expect(close(Double(found.maximum), Double(reference.maximum), 0), sourceLocation: sourceLocation)
    #expect(close(Double(found.magnitude), Double(reference.magnitude), 0), sourceLocation: sourceLocation)
    #expect(found.zeros == reference.zeros, sourceLocation: sourceLocation)
    #expect(found.nonfinite == reference.nonfinite, sourceLocation: sourceLocation)
    #expect(Reductions.nonfiniteCount(g.vector) == Int(reference.nonfinite), sourceLocation: sourceLocation)
    #expect(g.isIntact && w.isIntact, sourceLocation: sourceLocation)
  }

  @Test(arguments: lengths)
  func finishGradient(_ count: Int) {
    let gradient = draws(count, stream: 10)
    let weights = draws(count, stream: 11)
    check(gradient)
    check(gradient, scale: 1 / 64)
    check(gradient.map(abs))
    check(gradient.map { -abs($0) })
    check(gradient.enumerated().map { $0.offset % 3 == 0 ? 0 : $0.element })
    check([Float](repeating: 0, count: count))
    check([Float](repeating: -0.0, count: count))
    check(gradient, scale: 0.5, weights: weights, l1: 0.01, l2: 0.02)
    check(gradient, scale: 0.5, weights: weights.enumerated().map { $0.offset % 2 == 0 ? 0 : $0.element }, l1: 0.01)
    check(gradient, scale: 0.5, weights: weights, l2: 0.02)
    check(gradient, weights: weights)
  }

  @Test(arguments: lengths)
  func finishGradientBeyondTheSquaresOfFloats(_ count: Int) {
    let gradient = draws(count, stream: 12)
    check(gradient.map { $0 * 1e30 })
    check(gradient.map { $0 * 1e-30 })
    check(gradient.map { $0 * 1e-30 * 1e-12 })
    check(gradient, weights: gradient.map { $0 * 1e30 }, l1: 0.01, l2: 1e-30)
    var mixed = gradient.map { $0 * 1e-30 }
    for index in stride(from: 0, to: count, by: 5) { mixed[index] = 0 }
    check(mixed)
  }

  @Test(arguments: lengths.filter { $0 > 0 })
  func finishGradientCountsAndShowsWhatIsNotFinite(_ count: Int) {
    for value in [Float.nan, .infinity, -.infinity] {
      for position in [0, count / 2, count - 1] {
        var gradient = draws(count, stream: 13)
        gradient[position] = value
        check(gradient)
        check(gradient.map { $0 * 1e30 })
        check(gradient, scale: 0.5, weights: draws(count, stream: 14), l1: 0.01, l2: 0.01)
      }
    }
    check([Float](repeating: .nan, count: count))
    var both = draws(count, stream: 15)
    both[0] = .infinity
    both[count - 1] = -.infinity
    check(both)
  }

  @Test func weightsThatAreNotFiniteReachTheGradient() {
    let g = Floats(draws(20, stream: 16))
    var weights = draws(20, stream: 17)
    weights[3] = .nan
    weights[19] = .infinity
    let w = Floats(weights)
    let found = Reductions.finishGradient(g.mutable, scale: 1, weights: w.vector, l1: 0, l2: 0.1)
    #expect(found.nonfinite == 2)
    #expect(found.penalty.isNaN)
  }

  @Test func columnSums() {
    for (rows, columns) in [(1, 1), (7, 3), (8, 16), (17, 33), (64, 10), (0, 4), (3, 0)] {
      let x = Floats(draws(rows * columns, stream: 18))
      let start = draws(columns, stream: 19)
      let sums = Floats(start)
      Elementwise.addColumnSums(of: x.matrix(rows, columns), to: sums.mutable)
      let expected = (0..<columns).map { column in
        (0..<rows).reduce(Double(start[column])) { $0 + Double(x.array[$1 * columns + column]) }
      }
      #expect(firstDifference(sums.array, expected, tolerance: 1e-6, floor: 10) == nil)
      #expect(sums.isIntact)
    }
  }
}
