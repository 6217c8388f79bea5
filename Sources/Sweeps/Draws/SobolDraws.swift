internal import Kernels

/// Points of a Sobol sequence, which fill the space more evenly than random ones; shifted by the seed, a key for itself.
///
/// Point n does not depend on how many there are. Source: Sobol 1967; Antonov, Saleev: An economic method of computing
/// LPtau-sequences, 1979; the digital shift: Cranley, Patterson 1976, in base 2.
public struct SobolDraws: DrawRule {
  private let variations: [Variation]
  private let shifts: [UInt32]
  public let count: Int
  public var isEndless: Bool { true }

  public static var maximalKeys: Int { SobolDirections.table.count }

  /// - Precondition: no more variations than `maximalKeys`, fewer than 2^32 draws.
  public init(_ variations: [Variation], count: Int, seed: UInt64) {
    self.variations = variations
    self.count = count
    shifts = variations.map { variation in
      var random = RandomStream(seed: seed ^ KeyHash.of(variation.key), stream: 0)
      return random.next()
    }
  }

  public func settings(of number: Int) -> [Setting] {
    variations.indices.map { dimension in
      let word = SobolDraws.point(number - 1, dimension: dimension) ^ shifts[dimension]
      return Setting(
        key: variations[dimension].key, value: variations[dimension].range.value(at: Double(word) * 0x1p-32))
    }
  }

  /// Coordinate of a point, times 2^32.
  static func point(_ index: Int, dimension: Int) -> UInt32 {
    let directions = SobolDraws.directions[dimension]
    let gray = index ^ index >> 1
    return (0..<32).reduce(0) { gray >> $1 & 1 == 1 ? $0 ^ directions[$1] : $0 }
  }

  private static let directions: [[UInt32]] = SobolDirections.table.map { polynomial, first in
    let degree = 31 - polynomial.leadingZeroBitCount
    // The first dimension's polynomial is 1: van der Corput's sequence.
    guard degree > 0 else { return (0..<32).map { 1 << (31 - $0) } }
    var numbers = first.enumerated().map { $1 << (31 - UInt32($0)) }
    for bit in degree..<32 {
      var next = numbers[bit - degree] ^ numbers[bit - degree] >> UInt32(degree)
      for other in 1..<degree where polynomial >> UInt32(degree - other) & 1 == 1 { next ^= numbers[bit - other] }
      numbers.append(next)
    }
    return numbers
  }
}
