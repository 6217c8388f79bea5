internal import Glibc

/// `numpy.random.RandomState`, bit for bit: the Mersenne Twister MT19937 and NumPy's legacy ways to draw from it.
///
/// Swift never fuses a multiplication and an addition by itself, which would change the last bit of `gauss`;
/// `log` and `sqrt` are glibc's, as NumPy's are.
///
/// Source: Makoto Matsumoto and Takuji Nishimura, "Mersenne Twister", 1998; NumPy's `randomkit`, now
/// `numpy/random/src/legacy` and `mt19937`.
public struct NumPyRandomState: Sendable {
  private static let size = 624
  private static let shift = 397

  private var key: [UInt32]
  private var position = NumPyRandomState.size
  /// Gaussian numbers come in pairs; the second waits here. Part of the state.
  private var cachedGauss: Double?

  /// `RandomState(seed)`.
  public init(seed: UInt32) {
    key = NumPyRandomState.initialKey(seed)
  }

  /// `RandomState([...])`.
  ///
  /// - Precondition: `seeds` is not empty.
  public init(seeds: [UInt32]) {
    precondition(!seeds.isEmpty, "a list of no seeds")
    let size = NumPyRandomState.size
    key = NumPyRandomState.initialKey(19_650_218)
    var i = 1
    var j = 0
    for _ in 0..<max(size, seeds.count) {
      key[i] = (key[i] ^ ((key[i - 1] ^ key[i - 1] >> 30) &* 1_664_525)) &+ seeds[j] &+ UInt32(j)
      i += 1
      j += 1
      if i == size { (key[0], i) = (key[size - 1], 1) }
      if j == seeds.count { j = 0 }
    }
    for _ in 1..<size {
      key[i] = (key[i] ^ ((key[i - 1] ^ key[i - 1] >> 30) &* 1_566_083_941)) &- UInt32(i)
      i += 1
      if i == size { (key[0], i) = (key[size - 1], 1) }
    }
    key[0] = 0x8000_0000
  }

  private static func initialKey(_ seed: UInt32) -> [UInt32] {
    var key = [UInt32](repeating: seed, count: size)
    for i in 1..<size { key[i] = 1_812_433_253 &* (key[i - 1] ^ key[i - 1] >> 30) &+ UInt32(i) }
    return key
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if position == NumPyRandomState.size {
      regenerate()
      position = 0
    }
    var word = key[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  private mutating func regenerate() {
    let (size, shift) = (NumPyRandomState.size, NumPyRandomState.shift)
    for i in 0..<size {
      let word = key[i] & 0x8000_0000 | key[(i + 1) % size] & 0x7FFF_FFFF
      key[i] = key[(i + shift) % size] ^ word >> 1 ^ (word & 1 == 0 ? 0 : 0x9908_B0DF)
    }
  }

  /// `random_sample()`: [0, 1) with 53 bits.
  public mutating func randomSample() -> Double {
    let high = Double(nextWord() >> 5)
    let low = Double(nextWord() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /// `uniform(low, high)`.
  public mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
    low + (high - low) * randomSample()
  }

  /// `standard_normal()`: Marsaglia's polar method.
  public mutating func gauss() -> Double {
    if let cached = cachedGauss {
      cachedGauss = nil
      return cached
    }
    while true {
      let x1 = 2 * randomSample() - 1
      let x2 = 2 * randomSample() - 1
      let square = x1 * x1 + x2 * x2
      if square >= 1 || square == 0 { continue }
      let factor = sqrt(-2 * log(square) / square)
      cachedGauss = factor * x1
      return factor * x2
    }
  }

  /// `normal(mean, deviation)`.
  public mutating func normal(mean: Double = 0, deviation: Double = 1) -> Double {
    mean + deviation * gauss()
  }

  /// A whole number in `0...maximum`, by masking and rejecting. A `maximum` of 0 draws nothing.
  public mutating func interval(_ maximum: UInt64) -> UInt64 {
    if maximum == 0 { return 0 }
    let mask = UInt64.max >> UInt64(maximum.leadingZeroBitCount)
    while true {
      var word = UInt64(nextWord())
      if maximum > 0xFFFF_FFFF { word = word << 32 | UInt64(nextWord()) }
      word &= mask
      if word <= maximum { return word }
    }
  }

  /// `randint(low, high)`: a whole number in `low..<high`.
  ///
  /// - Precondition: `low < high`.
  public mutating func randint(_ low: Int, _ high: Int) -> Int {
    precondition(low < high, "randint(\(low), \(high))")
    return low &+ Int(truncatingIfNeeded: interval(UInt64(truncatingIfNeeded: high &- low) - 1))
  }

  /// `shuffle(array)`.
  public mutating func shuffle<Element>(_ array: inout [Element]) {
    for last in stride(from: array.count - 1, through: 1, by: -1) {
      array.swapAt(last, Int(interval(UInt64(last))))
    }
  }

  /// `permutation(count)`.
  public mutating func permutation(_ count: Int) -> [Int] {
    var numbers = Array(0..<count)
    shuffle(&numbers)
    return numbers
  }
}
