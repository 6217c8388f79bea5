/// How a vector's values are spread: buckets of equal width from the smallest to the largest.
public struct Distribution: Sendable, Hashable {
  /// 0 if there are no finite values.
  public let minimum: Float
  public let maximum: Float
  public let sum: Double
  public let squareSum: Double
  /// Values in each bucket, the right edge of the last one included.
  public let counts: [Int]

  /// Two passes over the values; those that are not finite are left out.
  ///
  /// - Precondition: `buckets > 0`.
  public init(of values: Vector, buckets: Int = 30) {
    precondition(buckets > 0)
    var (minimum, maximum) = (Float.infinity, -Float.infinity)
    var (sum, squareSum) = (0.0, 0.0)
    for place in 0..<values.count {
      let value = values.base[place]
      guard value.isFinite else { continue }
      if value < minimum { minimum = value }
      if value > maximum { maximum = value }
      sum += Double(value)
      squareSum += Double(value) * Double(value)
    }
    var counts = [Int](repeating: 0, count: buckets)
    if minimum <= maximum {
      let scale = Double(buckets) / (Double(maximum) - Double(minimum))
      counts.withUnsafeMutableBufferPointer { counts in
        for place in 0..<values.count {
          let value = values.base[place]
          guard value.isFinite else { continue }
          // All the same: the scale is infinite, and 0 times it is NaN.
          let bucket = (Double(value) - Double(minimum)) * scale
          counts[bucket < Double(buckets) ? Int(bucket) : buckets - 1] += 1
        }
      }
    }
    self.minimum = minimum <= maximum ? minimum : 0
    self.maximum = minimum <= maximum ? maximum : 0
    self.sum = sum
    self.squareSum = squareSum
    self.counts = counts
  }
}
