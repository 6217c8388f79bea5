public import Kernels

/// A figure that is reported but not trained on.
///
/// A metric is a sum over rows held in a few doubles: blocks of rows are summed apart, on any worker, and added up in
/// block order, so that the result does not depend on the number of workers.
public protocol Metric: Sendable {
  /// The recipe's name and the name in history and events.
  var name: String { get }

  var targets: TargetRequirement { get }

  /// Doubles the sums take, for a network of `outputs` outputs a position.
  func sumCount(outputs: Int) -> Int

  /// Adds the rows to `sums`; each position of a sample is a row.
  ///
  /// - Parameters:
  ///   - outputs: the network's output after its last activation, `[rows, outputs]`.
  ///   - targets: `[rows, outputs]`, or `[rows, 1]` class numbers.
  ///   - weights: what each row counts for, `[rows]`; nil: each for 1.
  ///   - sums: accumulated.
  func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>)

  /// The figure from the sums over all rows.
  func result(_ sums: [Double], outputs: Int) -> Double
}

extension Metric {
  public var targets: TargetRequirement { .values }
}

extension Vector? {
  /// What a row counts for.
  @inline(__always)
  func weight(_ row: Int) -> Double { self.map { Double($0[row]) } ?? 1 }
}
