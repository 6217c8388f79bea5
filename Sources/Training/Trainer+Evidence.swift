internal import Checkpointing
internal import DataParallel
internal import Datasets
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// What is looked at after a blow-up, at the good state: rows, and the weights that training starts from.
extension Trainer {
  /// As a row's gradient writes every weight.
  private var mostSuspects: Int { min(4096, max(64, 2_000_000_000 / max(model.parameters.count, 1))) }

  /// Whether a row's gradient is its own: statistics of a batch of one row are no figure of that row, and a row that goes on
  /// from another one cannot be left out.
  private var rowsStandAlone: Bool {
    model.network.layout.stateCount == 0 && model.network.carriedWidth == 0 && data.train.plan == nil
  }

  /// Rows that are looked at one by one: all of a small set, else those of the last batches.
  func suspectRows() -> [Int32] {
    let most = mostSuspects
    if data.train.plan == nil, data.train.count <= most { return (0..<Int32(data.train.count)).map { $0 } }
    return Array(rows.recent.suffix(most))
  }

  /// - Parameter skipped: rows that are left out already.
  func examine(_ suspects: [Int32], isEarly: Bool, skipped: [Int32]) throws -> RecoveryTrials.Evidence {
    var evidence = RecoveryTrials.Evidence()
    if rowsStandAlone {
      let known = Set(skipped)
      let rows = suspects.filter { !known.contains($0) }
      evidence.rows = RowFigures.outOfProportion(RowFigures(step, rows: rows).norms, of: data.train.count).map {
        rows[$0]
      }
      evidence.rows = try agreed(evidence.rows)
    }
    evidence.weightsDoNotSuit =
      isEarly && progress.step == 0
      && WeightRedraw(model.network, data: progress.data, loss: configuration.loss).isNeeded(trainedModel)
    return evidence
  }

  /// The rows of the batch at hand whose gradients stand out, in words; empty: none does, or it is not looked at.
  ///
  /// At the weights at hand: after the update, where it was applied.
  func outstandingRows() throws -> String {
    let batch = Array(step.batch.rows)
    guard rowsStandAlone, batch.count > 2, batch.count <= mostSuspects
    else { return "" }
    let norms = RowFigures(step, rows: batch).norms
    let usual = norms.map { $0.isFinite ? $0 : .infinity }.sorted()[batch.count / 2]
    let found = norms.indices.filter { !(norms[$0] <= 10 * usual) }.sorted { norms[$0] > norms[$1] }.prefix(3)
    let rows = try agreed(found.map { batch[$0] }).map { row in data.rowNumbers.map { $0[Int(row)] } ?? row }
    if rows.isEmpty { return "; no row's gradient stands out" }
    let numbers = rows.map { "\($0)" }.joined(separator: ", ")
    return "; the gradient of \(rows.count == 1 ? "row" : "rows") \(numbers) of the training data is "
      + "more than 10 times that of the batch's other rows"
  }

  /// The first process's choice.
  private func agreed(_ rows: [Int32]) throws -> [Int32] {
    guard let processes else { return rows }
    let bytes = try processes.broadcast(rows.flatMap { row in withUnsafeBytes(of: row) { Array($0) } })
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
  }
}

/// The gradient of single rows at the weights at hand. Allocates freely; leaves no trace in the step.
struct RowFigures {
  /// L2 norm of the gradient of each row's loss, in the order of the rows.
  let norms: [Double]

  /// - Parameter rows: row numbers of the training data, which have been prepared.
  init(_ step: TrainingStep, rows: [Int32]) {
    let shards = step.shards
    // The sum over the shards stands in the first one's gradient.
    let gradient = shards.gradients.total
    let kept = (0..<gradient.count).map { gradient[$0] }
    let fault = shards.fault
    shards.fault = nil  // a fault put in on purpose is no row's doing
    defer {
      for index in kept.indices { gradient[index] = kept[index] }
      shards.fault = fault
    }
    norms = rows.withUnsafeBufferPointer { rows in
      rows.indices.map { place in
        let batch = shards.batch(
          rows: UnsafeBufferPointer(rebasing: rows[place...place]), key: step.batch.key,
          iteration: step.update.state.iterations, isProbed: false)
        return shards.gradientNorm(of: batch)
      }
    }
  }

  /// The numbers of those whose norm is a hundred times the 98th percentile, or not finite; none if they are more than
  /// one in a hundred rows of the data, as then it is not theirs.
  static func outOfProportion(_ norms: [Double], of rows: Int) -> [Int] {
    guard norms.count >= 8 else { return [] }
    let sorted = norms.map { $0.isFinite ? $0 : .infinity }.sorted()
    let usual = sorted[Int(0.98 * Double(sorted.count - 1))]
    guard usual.isFinite else { return [] }
    let found = norms.indices.filter { !(norms[$0] <= 100 * usual) }
    return found.count <= max(1, rows / 100) ? found : []
  }
}
