import CKernels

/// What the all-reduce learns of one tile of the gradient. A tile: a few thousand consecutive floats of one parameter.
public struct TileStatistics: Sendable {
  /// Sum of the elements.
  public var sum: Double
  /// Sum of their squares, also where a float would overflow or underflow.
  public var squareSum: Double
  /// l1 sum|w| + l2 sum w^2
  public var penalty: Double
  /// NaN if any element is; Inf of nothing.
  public var minimum: Float
  /// NaN if any element is; -Inf of nothing.
  public var maximum: Float
  /// The largest absolute value; NaN if any element is.
  public var magnitude: Float
  /// Elements equal to 0.
  public var zeros: UInt32
  /// Elements that are NaN or Inf.
  public var nonfinite: UInt32

  /// Of no elements.
  public init() {
    sum = 0
    squareSum = 0
    penalty = 0
    minimum = .infinity
    maximum = -.infinity
    magnitude = 0
    zeros = 0
    nonfinite = 0
  }
}

/// What the update learns of one tile.
public struct UpdateStatistics: Sendable {
  /// Sum of the squares of the update.
  public var updateSquareSum: Double
  /// Sum of the weights, after the update.
  public var weightSum: Double
  /// Sum of the squares of the weights, after the update.
  public var weightSquareSum: Double

  /// Of no elements.
  public init() {
    updateSquareSum = 0
    weightSum = 0
    weightSquareSum = 0
  }
}

/// Passes that end in a few numbers. The bits of sums depend on the extent of the call: cut at fixed tiles.
public enum Reductions {
  /// gradient = gradient * scale + l1 sign(w) + 2 l2 w, and its statistics, in one pass over memory.
  ///
  /// Sums inside a tile are taken in float by some dozens, then in double.
  ///
  /// - Parameters:
  ///   - gradient: read and overwritten.
  ///   - weights: w; read where l1 or l2 is not 0.
  /// - Precondition: as many weights as gradients, given where l1 or l2 is not 0; at most 2^31 elements.
  public static func finishGradient(
    _ gradient: MutableVector, scale: Float, weights: Vector?, l1: Float, l2: Float
  ) -> TileStatistics {
    if let weights {
      precondition(weights.count == gradient.count, "\(weights.count) weights, \(gradient.count) gradients")
    }
    precondition(weights != nil || (l1 == 0 && l2 == 0), "penalties without weights")
    precondition(gradient.count <= Int(Int32.max), "a tile of \(gradient.count) floats")
    var found = cairn_tile_statistics()
    cairn_finish_gradient(gradient.base, scale, weights?.base, l1, l2, gradient.count, &found)
    var statistics = TileStatistics()
    statistics.sum = found.sum
    statistics.squareSum = found.square_sum
    statistics.penalty = found.penalty
    statistics.minimum = found.minimum
    statistics.maximum = found.maximum
    statistics.magnitude = found.magnitude
    statistics.zeros = found.zeros
    statistics.nonfinite = found.nonfinite
    return statistics
  }

  /// The sum of squares, in double, in four interleaved chains.
  public static func squareSum(_ x: Vector) -> Double {
    var sums = SIMD4<Double>()
    let whole = x.count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      let values = SIMD4(x.base[index], x.base[index + 1], x.base[index + 2], x.base[index + 3])
      let wide = SIMD4<Double>(values)
      sums += wide * wide
    }
    return (whole..<x.count).reduce(sums.sum()) { $0 + Double(x.base[$1]) * Double(x.base[$1]) }
  }

  /// The number of elements that are NaN or Inf.
  public static func nonfiniteCount(_ x: Vector) -> Int { cairn_count_nonfinite(x.base, x.count) }
}
