internal import Glibc

/// What a cross-entropy comes to where nothing but the shares of the classes is known.
enum ClassShares {
  /// -sum_k s_k log(s_k / sum_j s_j), in nats; a share of 0 adds nothing.
  static func entropy(_ shares: [Double]) -> Double {
    let sum = shares.reduce(0, +)
    return shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1 / sum) : $0 }
  }
}
