import Kernels
import Testing

@Suite struct DistributionTests {
  private func distribution(_ values: [Float], buckets: Int = 4) -> Distribution {
    let buffer = AlignedBuffer(count: max(values.count, 1))
    for (place, value) in values.enumerated() { buffer.mutable[place] = value }
    return Distribution(of: buffer.vector[0..<values.count], buckets: buckets)
  }

  @Test func bucketsAreOfEqualWidth() {
    let made = distribution([0, 1, 2, 3, 4, 4, 0.5, -0])
    #expect(made.counts == [3, 1, 1, 3] && made.minimum == 0 && made.maximum == 4)
    #expect(made.sum == 14.5 && made.squareSum == 46.25)
  }

  @Test func everyValueIsCountedOnce() {
    var random = RandomStream(seed: 1, stream: 1)
    let values = (0..<10_000).map { _ in Float(random.normal()) }
    let made = distribution(values, buckets: 30)
    #expect(made.counts.reduce(0, +) == 10_000)
    let (low, high) = (Double(made.minimum), Double(made.maximum))
    for (number, count) in made.counts.enumerated() {
      let from = low + (high - low) * Double(number) / 30
      let to = low + (high - low) * Double(number + 1) / 30
      // An edge may round to either side.
      #expect(abs(values.count { Double($0) >= from && Double($0) < to } - count) <= 1)
    }
  }

  @Test func whatIsNotFiniteIsLeftOut() {
    let made = distribution([.nan, 1, .infinity, 3, -.infinity])
    #expect(made.counts == [1, 0, 0, 1] && made.minimum == 1 && made.maximum == 3 && made.sum == 4)
  }

  @Test func constantsAndNothing() {
    #expect(distribution([2, 2, 2]).counts == [0, 0, 0, 3])
    #expect(distribution([]).counts == [0, 0, 0, 0] && distribution([.nan]).maximum == 0)
    // The range overflows a float.
    #expect(distribution([-3e38, 0, 3e38], buckets: 2).counts == [1, 2])
  }
}
