internal import Datasets
internal import Kernels
public import NeuralNetwork

/// What is left of a member of an ensemble when its rows have been predicted: the measure of its loss.
public struct EnsembleMember: Sendable {
  /// Its own on its rows, penalties included.
  public let loss: Double
  public let metrics: [Double]
  /// Rows that it was scored on, and the place of each among the ensemble's; nil: all of them.
  public let rows: Int
  public let places: [Int32]?
  /// `[rows, columns]`, row-major, in the unit of their file.
  public let targets: [Float]
  /// `[rows]`; empty: each counts for 1.
  public let weights: [Float]
  private let network: Network
  private let unit: OutputUnit
  private let scaled: [Float]
  /// What sums over the rows are divided by.
  let divisor: Double
  private let penalty: Double

  init(
    _ predictor: Predictor, _ source: any SampleSource, metrics: [any Metric], places: [Int32]?, after last: Self?
  ) throws {
    let figures = try predictor.figures(source, metrics: metrics)
    (loss, self.metrics, penalty) = (figures.loss, figures.metrics, figures.penalty)
    let found = try predictor.scaledTargets(of: source)
    rows = source.count
    self.places = places
    divisor = found.divisor
    network = predictor.model.network
    unit = OutputUnit(network, predictor.targetScaling)
    // As a rule members have the same targets: held once.
    scaled = last?.scaled == found.targets ? last?.scaled ?? [] : found.targets
    weights = last?.weights == found.weights ? last?.weights ?? [] : found.weights
    guard let scaling = predictor.targetScaling else {
      targets = scaled
      return
    }
    let own = scaling.undo(scaled, columns: source.targetColumns)
    targets = last?.targets == own ? last?.targets ?? [] : own
  }

  /// The sum of the ensemble's losses on this member's rows, as this member would count them, its penalties included.
  fileprivate func lossSum(of ensemble: EnsembleOutputs) -> Double {
    var sum = penalty * divisor
    eachBlock(of: ensemble, targets: scaled) { outputs, targets, weights in
      sum += network.lossSum(unlinked: outputs, targets: targets, weights: weights)
    }
    return sum
  }

  /// - Parameter body: is given the ensemble's outputs before the last activation for some rows.
  private func eachBlock(
    of ensemble: EnsembleOutputs, targets: [Float], _ body: (Matrix, Matrix, Vector?) -> Void
  ) {
    let width = targets.count / max(1, rows)
    let most = min(256, rows)
    let own = AlignedBuffer(count: most * ensemble.columns)
    let wanted = AlignedBuffer(count: most * width)
    let counted = AlignedBuffer(count: most)
    for first in stride(from: 0, to: rows, by: most) {
      let block = first..<min(first + most, rows)
      for (place, row) in block.enumerated() {
        let start = (places.map { Int($0[row]) } ?? row) * ensemble.columns
        let outputs = unit.outputs(
          Array(ensemble.mean[start..<start + ensemble.columns]),
          complements: ensemble.complements.isEmpty
            ? [] : Array(ensemble.complements[start..<start + ensemble.columns]))
        for column in 0..<ensemble.columns { own.mutable[place * ensemble.columns + column] = outputs[column] }
        for column in 0..<width { wanted.mutable[place * width + column] = targets[row * width + column] }
        if !weights.isEmpty { counted.mutable[place] = weights[row] }
      }
      body(
        own.vector[0..<block.count * ensemble.columns].matrix(rows: block.count, columns: ensemble.columns),
        wanted.vector[0..<block.count * width].matrix(rows: block.count, columns: width),
        weights.isEmpty ? nil : counted.vector[0..<block.count])
    }
  }
}

extension EnsembleOutputs {
  /// The loss of the means: as each member counts it - by its loss, its scaling of the targets, with its penalties - on its
  /// own rows, and the mean of that.
  ///
  /// - Parameter passes: members whose rows together are all rows.
  public func loss(_ passes: [[EnsembleMember]]) -> Double {
    let losses = passes.map { members in
      let sums = members.map { (sum: $0.lossSum(of: self), divisor: $0.divisor) }
      return sums.reduce(0) { $0 + $1.sum } / sums.reduce(0) { $0 + $1.divisor }
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  /// Metrics of the means, in the unit of the targets' file.
  ///
  /// - Parameters:
  ///   - targets: `[rows, columns]`, row-major, in that unit.
  ///   - weights: `[rows]`; empty: each counts for 1.
  ///   - network: the one that the metrics are meant for: of its form outputs are given to them.
  public func metrics(
    _ metrics: [any Metric], targets: [Float], weights: [Float], for network: Network
  ) -> [Double] {
    let unit = OutputUnit(network, nil)
    let takesLogits = unit.activation != nil && !network.isLinked
    let width = targets.count / max(1, rows)
    let most = min(256, rows)
    let own = AlignedBuffer(count: most * columns)
    let wanted = AlignedBuffer(count: most * width)
    let counted = AlignedBuffer(count: most)
    let features = network.output.features
    var totals = metrics.map { Array(repeating: 0.0, count: $0.sumCount(outputs: features)) }
    for first in stride(from: 0, to: rows, by: most) {
      let block = first..<min(first + most, rows)
      let places = block.lowerBound * columns..<block.upperBound * columns
      let outputs =
        takesLogits
        ? unit.outputs(Array(mean[places]), complements: complements.isEmpty ? [] : Array(complements[places]))
        : mean[places].map { Float($0) }
      for (place, output) in outputs.enumerated() { own.mutable[place] = output }
      for place in 0..<block.count * width { wanted.mutable[place] = targets[first * width + place] }
      if !weights.isEmpty { for place in 0..<block.count { counted.mutable[place] = weights[first + place] } }
      for (number, metric) in metrics.enumerated() {
        let count = metric.sumCount(outputs: features, rows: most * network.positions)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { sums in
          sums.initialize(repeating: 0)
          metric.add(
            outputs: network.byPosition(own.vector[0..<outputs.count].matrix(rows: block.count, columns: columns)),
            targets: network.byPosition(
              wanted.vector[0..<block.count * width].matrix(rows: block.count, columns: width)),
            weights: weights.isEmpty ? nil : counted.vector[0..<block.count], to: sums)
          metric.join(UnsafeBufferPointer(sums), to: &totals[number])
        }
      }
    }
    return zip(metrics, totals).map { $0.result($1, outputs: features) }
  }
}
