internal import Glibc
internal import Kernels

/// What a cross-entropy comes to where nothing but the shares of the classes is known.
enum ClassShares {
  /// -sum_k s_k log(s_k / sum_j s_j), in nats; a share of 0 adds nothing.
  static func entropy(_ shares: [Double]) -> Double {
    let sum = shares.reduce(0, +)
    return shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1 / sum) : $0 }
  }

  /// The mean of each column.
  static func means(of targets: Matrix) -> [Double] {
    (0..<targets.columns).map { column in
      (0..<targets.rows).reduce(0.0) { $0 + Double(targets[$1, column]) } / Double(targets.rows)
    }
  }

  /// The share of each class, from 0 to the largest number in the first column.
  static func counted(_ targets: Matrix) -> [Double] {
    var counts: [Float: Int] = [:]
    for row in 0..<targets.rows { counts[targets[row, 0], default: 0] += 1 }
    guard let largest = counts.keys.filter({ $0 >= 0 }).max(), largest < Float(1 << 24) else { return [] }
    var shares = [Double](repeating: 0, count: Int(largest) + 1)
    for (number, count) in counts where number >= 0 { shares[Int(number)] = Double(count) / Double(targets.rows) }
    return shares
  }

  /// Each share drawn towards that of an even distribution.
  static func smoothed(_ shares: [Double], by smoothing: Float) -> [Double] {
    let smoothing = Double(smoothing)
    return shares.map { (1 - smoothing) * $0 + smoothing / Double(shares.count) }
  }
}
