internal import Kernels
internal import NeuralNetwork

/// A metric of values in another unit than outputs and targets have: of value * scale + center.
struct RescaledMetric: Metric {
  private let metric: any Metric
  /// Of each target column.
  private let scale: [Double]
  private let center: [Double]

  /// - Precondition: as many scales as centers, one or more.
  init(_ metric: any Metric, scale: [Double], center: [Double]) {
    precondition(scale.count == center.count && !scale.isEmpty)
    self.metric = metric
    self.scale = scale
    self.center = center
  }

  var name: String { metric.name }
  var targets: TargetRequirement { metric.targets }
  func sumCount(outputs: Int) -> Int { metric.sumCount(outputs: outputs) }
  func result(_ sums: [Double], outputs: Int) -> Double { metric.result(sums, outputs: outputs) }

  func add(
    outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>
  ) {
    let own = AlignedBuffer(count: outputs.count)
    let wanted = AlignedBuffer(count: targets.count)
    rescale(outputs, into: own.mutable)
    rescale(targets, into: wanted.mutable)
    metric.add(
      outputs: own.vector.matrix(rows: outputs.rows, columns: outputs.columns),
      targets: wanted.vector.matrix(rows: targets.rows, columns: targets.columns), weights: weights, to: sums)
  }

  private func rescale(_ values: Matrix, into output: MutableVector) {
    for place in 0..<values.count {
      let target = scale.count == 1 ? 0 : place % values.columns % scale.count
      output[place] = Float(Double(values.base[place]) * scale[target] + center[target])
    }
  }
}
