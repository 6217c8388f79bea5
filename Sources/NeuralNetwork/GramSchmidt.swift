/// Orthonormal vectors from drawn ones, each freed of all before it, twice. [Giraud et al., 2005: twice is enough]
///
/// Every sum goes over the elements in their order, whatever is computed at the same time.
enum GramSchmidt {
  /// - Parameters:
  ///   - count: at most `length`.
  ///   - draw: one element after the other, vector by vector. A vector of which nothing is left is drawn anew.
  static func basis(of count: Int, length: Int, draw: () -> Double) -> [[Double]] {
    var basis: [[Double]] = []
    while basis.count < count {
      // Some at once through those that stand fast; then one after the other through each other.
      let first = basis.count
      let group = min(8, count - first)
      var together = [SIMD8<Double>](repeating: .zero, count: length)
      for member in 0..<group { for index in 0..<length { together[index][member] = draw() } }
      for vector in basis { free(&together, of: vector) }
      for member in 0..<group {
        var candidate = together.map { $0[member] }
        free(&candidate, of: basis[first...])
        free(&candidate, of: basis[...])
        let norm = candidate.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if norm > 1e-8 { basis.append(candidate.map { $0 / norm }) }
      }
    }
    return basis
  }

  /// candidates -= (candidates . vector) vector, of eight at once.
  private static func free(_ candidates: inout [SIMD8<Double>], of vector: [Double]) {
    candidates.withUnsafeMutableBufferPointer { candidates in
      vector.withUnsafeBufferPointer { vector in
        var dots = SIMD8<Double>()
        for index in vector.indices { dots += candidates[index] * vector[index] }
        for index in vector.indices { candidates[index] -= dots * vector[index] }
      }
    }
  }

  /// The same of one, through several vectors: each element is freed of one while the next product is summed.
  private static func free(_ candidate: inout [Double], of vectors: ArraySlice<[Double]>) {
    var before: [Double]?
    var factor = 0.0
    candidate.withUnsafeMutableBufferPointer { candidate in
      for vector in vectors {
        var dot = 0.0
        vector.withUnsafeBufferPointer { vector in
          if let before {
            before.withUnsafeBufferPointer { before in
              for index in vector.indices {
                let rest = candidate[index] - factor * before[index]
                candidate[index] = rest
                dot += rest * vector[index]
              }
            }
          } else {
            for index in vector.indices { dot += candidate[index] * vector[index] }
          }
        }
        (before, factor) = (vector, dot)
      }
      guard let before else { return }
      for index in before.indices { candidate[index] -= factor * before[index] }
    }
  }
}
