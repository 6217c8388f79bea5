import Testing

@testable import Sweeps

struct SobolTests {
  /// Of scipy.stats.qmc.Sobol(d=6, scramble=False, bits=32), times 2^32.
  @Test func pointsAreThoseOfJoeAndKuo() {
    let expected: [[UInt32]] = [
      [0, 2_147_483_648, 3_221_225_472, 1_073_741_824, 1_610_612_736, 3_758_096_384, 2_684_354_560, 536_870_912],
      [0, 2_147_483_648, 1_073_741_824, 3_221_225_472, 1_610_612_736, 3_758_096_384, 536_870_912, 2_684_354_560],
      [0, 2_147_483_648, 1_073_741_824, 3_221_225_472, 2_684_354_560, 536_870_912, 3_758_096_384, 1_610_612_736],
      [0, 2_147_483_648, 1_073_741_824, 3_221_225_472, 3_758_096_384, 1_610_612_736, 2_684_354_560, 536_870_912],
      [0, 2_147_483_648, 3_221_225_472, 1_073_741_824, 1_610_612_736, 3_758_096_384, 2_684_354_560, 536_870_912],
      [0, 2_147_483_648, 3_221_225_472, 1_073_741_824, 536_870_912, 2_684_354_560, 3_758_096_384, 1_610_612_736],
    ]
    for (dimension, points) in expected.enumerated() {
      #expect((0..<8).map { SobolDraws.point($0, dimension: dimension) } == points)
    }
  }

  @Test func everyDimensionFillsEveryPart() {
    for dimension in 0..<SobolDraws.maximalKeys {
      let parts = Set((0..<256).map { SobolDraws.point($0, dimension: dimension) >> 24 })
      #expect(parts.count == 256)
    }
  }
}
