#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Philox 4x32-10: 128 random bits as a function of a counter and a key, without state.
///
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011.
public struct Philox: Sendable {
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let p = UInt64(0xd251_1f53) * UInt64(c.x)
      let q = UInt64(0xcd9e_8d57) * UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: q >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: q),
        UInt32(truncatingIfNeeded: p >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: p))
      k = SIMD2(k.x &+ 0x9e37_79b9, k.y &+ 0xbb67_ae85)
    }
    return c
  }
}

/// A stream of draws: draw number i is a function of (seed, stream, i) alone.
///
/// Philox with counter (i / 4, stream) and a key made of the seed, but not the seed itself, so that no stream shares
/// words with a dropout mask of that key.
public struct RandomStream: RandomWords, Sendable {
  private let key: SIMD2<UInt32>
  private let stream: SIMD2<UInt32>
  private var words = SIMD4<UInt32>()
  /// 32-bit words drawn so far.
  public private(set) var index: UInt64 = 0

  public init(seed: UInt64, stream: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32) ^ 0x7374_7265)
    self.stream = SIMD2(UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
  }

  /// 32 random bits.
  public mutating func next() -> UInt32 {
    let lane = Int(index % 4)
    if lane == 0 {
      let block = index / 4
      words = Philox.block(
        counter: SIMD4(
          UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), stream.x, stream.y), key: key)
    }
    index += 1
    return words[lane]
  }

  /// 64 random bits; the first word drawn is the lower half.
  public mutating func nextUInt64() -> UInt64 {
    let low = next()
    return UInt64(next()) << 32 | UInt64(low)
  }

  /// Uniform in [0, 1), a multiple of 2^-53. Two words.
  public mutating func uniform() -> Double { Double(nextUInt64() >> 11) * 0x1p-53 }

  /// Standard normal. Four words: one of Box and Muller's pair, so that no draw depends on the one before.
  ///
  /// Source: G. Box, M. Muller, "A note on the generation of random normal deviates", 1958.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}

/// Something that gives random words of 32 bits, one after the other.
///
/// There are two: `RandomStream`, and what `BatchOrder` draws an epoch's order from. Initial weights follow from one,
/// orders from the other, and so do the bytes of checkpoints: neither can be taken for the other.
public protocol RandomWords {
  mutating func next() -> UInt32
}

extension RandomWords {
  /// Uniform in 0..<n, without bias. One word, seldom more.
  ///
  /// - Precondition: n > 0.
  /// Source: D. Lemire, "Fast random integer generation in an interval", 2019.
  @inlinable
  public mutating func below(_ n: UInt32) -> UInt32 {
    precondition(n > 0, "no number is below 0")
    var product = UInt64(next()) * UInt64(n)
    if UInt32(truncatingIfNeeded: product) < n {
      let threshold = (0 &- n) % n
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next()) * UInt64(n) }
    }
    return UInt32(product >> 32)
  }
}
