public import Kernels

/// A metric of probabilities where the network's outputs are their logits (`from_logits: true`): sigmoid or softmax stands
/// between.
public struct OfLogits: Metric {
  public let metric: any Metric
  /// What makes probabilities of the outputs.
  public let activation: ActivationFunction

  public init(_ metric: any Metric, _ activation: ActivationFunction) {
    self.metric = metric
    self.activation = activation
  }

  public var name: String { metric.name }
  public var targets: TargetRequirement { metric.targets }
  public func problem(outputs: Int, under loss: any Loss) -> String? { metric.problem(outputs: outputs, under: loss) }
  public func sumCount(outputs: Int) -> Int { metric.sumCount(outputs: outputs) }
  public func sumCount(outputs: Int, rows: Int) -> Int { metric.sumCount(outputs: outputs, rows: rows) }
  public func join(_ block: UnsafeBufferPointer<Double>, to total: inout [Double]) { metric.join(block, to: &total) }
  public func result(_ sums: [Double], outputs: Int) -> Double { metric.result(sums, outputs: outputs) }

  public func add(outputs: Matrix, targets: Matrix, weights: Vector?, to sums: UnsafeMutableBufferPointer<Double>) {
    let probabilities = AlignedBuffer(count: outputs.count)
    probabilities.mutable.copy(from: outputs.vector)
    let matrix = probabilities.mutable.matrix(rows: outputs.rows, columns: outputs.columns)
    activation.apply(bias: nil, preactivation: nil, output: matrix)
    metric.add(outputs: matrix.readOnly, targets: targets, weights: weights, to: sums)
  }
}

extension Metric {
  /// The metric of probabilities, whichever the loss makes of the network's outputs.
  func ofProbabilities(under loss: any Loss) -> any Metric {
    guard let loss = loss as? any ClassLoss, loss.fromLogits else { return self }
    return OfLogits(self, type(of: loss).classActivation)
  }
}
