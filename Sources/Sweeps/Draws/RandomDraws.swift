internal import Kernels

/// Independent random values: of (seed, draw, key) alone.
public struct RandomDraws: DrawRule {
  private let variations: [Variation]
  private let seed: UInt64
  public let count: Int
  public var isEndless: Bool { true }

  public init(_ variations: [Variation], count: Int, seed: UInt64) {
    self.variations = variations
    self.seed = seed
    self.count = count
  }

  public func settings(of number: Int) -> [Setting] {
    variations.map { variation in
      var random = RandomStream(seed: seed ^ KeyHash.of(variation.key), stream: UInt64(number))
      return Setting(key: variation.key, value: variation.range.value(at: random.uniform()))
    }
  }
}

/// FNV-1a, 64 bits: the values of a key do not change when other keys come and go.
/// Source: Fowler, Noll, Vo; RFC 9923.
enum KeyHash {
  static func of(_ key: String) -> UInt64 {
    key.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
