public import Kernels

/// A figure that is reported but not trained on.
///
/// A metric is a sum over rows held in a few doubles: blocks of rows are summed apart, on any worker, and added up in
/// block order, so that the result does not depend on the number of workers.
public protocol Metric: Sendable {
  /// The recipe's name and the name in history and events.
  var name: String { get }

  var targets: TargetRequirement { get }

  /// Why it says nothing about a network of so many outputs a position that is trained by `loss`, and what to do; nil: it
  /// does, as far as can be told without the data.
  func problem(outputs: Int, under loss: any Loss) -> String?

  /// The metric that a recipe with this loss means.
  func adapted(to loss: any Loss) -> any Metric

  /// Doubles the sums take, for a network of `outputs` outputs a position.
  func sumCount(outputs: Int) -> Int

  /// Doubles that a block of at most so many rows takes: the sums', but where a metric ranks rows and holds them.
  func sumCount(outputs: Int, rows: Int) -> Int

  /// Adds the rows to `sums`; each position of a sample is a row.
  ///
  /// - Parameters:
  ///   - outputs: the network's output after its last activation, `[rows, outputs]`.
  ///   - targets: `[rows, outputs]`, or `[rows, 1]` class numbers.
  ///   - weights: what each row counts for, `[rows]`; nil: each for 1.
  ///   - sums: accumulated.
  func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>)

  /// Joins the sums of a block to those of the blocks before it, which begin as `sumCount(outputs:)` zeros: adds them.
  func join(_ block: UnsafeBufferPointer<Double>, to total: inout [Double])

  /// The figure from the sums over all rows.
  func result(_ sums: [Double], outputs: Int) -> Double
}

extension Metric {
  public var targets: TargetRequirement { .values }
  public func problem(outputs: Int, under loss: any Loss) -> String? { nil }
  public func adapted(to loss: any Loss) -> any Metric { self }
  public func sumCount(outputs: Int, rows: Int) -> Int { sumCount(outputs: outputs) }

  public func join(_ block: UnsafeBufferPointer<Double>, to total: inout [Double]) {
    for index in total.indices { total[index] += block[index] }
  }

  /// What there is to say where a metric is of one class a row, and each output is a yes or no of its own.
  func labelsProblem(outputs: Int, under loss: any Loss) -> String? {
    guard outputs > 1, let loss = loss as? any ClassLoss, type(of: loss).classActivation == .sigmoid else { return nil }
    return
      "\(name) is of one class a row; under \(type(of: loss).name) each of the \(outputs) outputs is a yes or no of its "
      + "own: leave it out"
  }
}

/// The class of a row by its targets: a class number, or the largest of one column a class.
func trueClass(_ targets: Vector) -> Int { targets.count == 1 ? Int(targets[0]) : largest(targets) }

extension Vector? {
  /// What a row counts for.
  @inline(__always)
  func weight(_ row: Int) -> Double { self.map { Double($0[row]) } ?? 1 }
}
