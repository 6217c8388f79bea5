package import Checkpointing
package import GradientHealth

/// Every series of a run as one table: a row for each row of the history, and for each validation and end of an epoch
/// whose step has none.
package struct HistoryTable: Sendable {
  package struct Column: Sendable, Hashable {
    /// `loss`, `gradient_rms`.
    package let quantity: String
    /// nil: of the step as a whole.
    package let layer: String?
    fileprivate let source: Source

    /// The heading: `gradient_rms.dense`.
    package var name: String { layer.map { "\(quantity).\($0)" } ?? quantity }
  }

  fileprivate enum Source: Sendable, Hashable {
    case step, epoch, attempt, rows
    case stepColumn(StepColumn)
    case layerColumn(KernelColumn, Int)
    case seriesColumn(Int, position: Int)
    case epochLoss, noiseScale, validationLoss
    case metric(Int)
  }

  /// Which rows of the checkpoint's series a row of the table is.
  private struct Row {
    var step: Int64
    var history: Int?
    var epoch: Int?
    var validation: Int?
  }

  package let columns: [Column]
  private let rows: [Row]
  private let places: [GradientHistory.RowPlace]
  private let steps: [StepColumn: [Double]]
  private let layers: [KernelColumn: [Float]]
  private let width: Int
  private let series: [[Float]]
  private let epochs: [EpochRow]
  private let validation: [ValidationRow]

  /// All columns, those of the layers last, quantity by quantity.
  package init(
    _ history: GradientHistory, epochs: [EpochRow], validation: [ValidationRow], metricNames: [String]
  ) {
    places = history.places
    steps = Dictionary(uniqueKeysWithValues: StepColumn.allCases.map { ($0, history.column($0)) })
    layers = Dictionary(uniqueKeysWithValues: KernelColumn.allCases.map { ($0, history.column($0)) })
    width = history.layers.count
    series = history.series.indices.map { history.column(series: $0) }
    self.epochs = epochs
    self.validation = validation
    var columns = [
      Column(quantity: "step", layer: nil, source: .step), Column(quantity: "epoch", layer: nil, source: .epoch),
      Column(quantity: "attempt", layer: nil, source: .attempt), Column(quantity: "rows", layer: nil, source: .rows),
    ]
    columns += StepColumn.allCases.map { Column(quantity: "\($0.facts.name)", layer: nil, source: .stepColumn($0)) }
    columns.append(Column(quantity: "epoch_loss", layer: nil, source: .epochLoss))
    columns.append(Column(quantity: "gradient_noise_scale", layer: nil, source: .noiseScale))
    columns.append(Column(quantity: "validation_loss", layer: nil, source: .validationLoss))
    columns += metricNames.enumerated().map {
      Column(quantity: "validation_\($1)", layer: nil, source: .metric($0))
    }
    for column in KernelColumn.allCases {
      columns += history.layers.enumerated().map {
        Column(quantity: "\(column.facts.name)", layer: $1, source: .layerColumn(column, $0))
      }
    }
    // Each place on the axis is a column: `through_time.lstm[12]`.
    for (number, one) in history.series.enumerated() {
      columns += one.positions.enumerated().map { at, place in
        Column(
          quantity: "\(one.column.facts.name)", layer: "\(one.layer)[\(place)]",
          source: .seriesColumn(number, position: at))
      }
    }
    self.columns = columns
    rows = HistoryTable.rows(places, epochs, validation)
  }

  package var rowCount: Int { rows.count }

  private static func rows(
    _ places: [GradientHistory.RowPlace], _ epochs: [EpochRow], _ validation: [ValidationRow]
  ) -> [Row] {
    var extra: [Int64: Row] = [:]
    for (at, row) in epochs.enumerated() { extra[Int64(row.step), default: Row(step: Int64(row.step))].epoch = at }
    for (at, row) in validation.enumerated() {
      extra[Int64(row.step), default: Row(step: Int64(row.step))].validation = at
    }
    var waiting = extra.values.sorted { $0.step < $1.step }[...]
    var rows: [Row] = []
    for (at, place) in places.enumerated() {
      while let next = waiting.first, next.step < place.step {
        rows.append(next)
        waiting.removeFirst()
      }
      var row = Row(step: place.step, history: at)
      // Of several rows of one step (updates that were left out) the last one was followed by the validation.
      if let next = waiting.first, next.step == place.step,
        at + 1 == places.count || places[at + 1].step != place.step
      {
        (row.epoch, row.validation) = (next.epoch, next.validation)
        waiting.removeFirst()
      }
      rows.append(row)
    }
    return rows + waiting
  }

  /// A cell as text; nil: there is nothing at this step. NaN and Inf are `nan`, `inf` and `-inf`.
  package func text(_ column: Column, row: Int) -> String? {
    let row = rows[row]
    switch column.source {
    case .step: return String(row.step)
    case .epoch:
      // The history counts epochs from 0, the others those that are done.
      if let at = row.history { return String(places[at].epoch) }
      return (row.validation.map { validation[$0].epoch } ?? row.epoch.map { epochs[$0].epoch }).map { String($0 - 1) }
    case .attempt: return row.history.map { String(places[$0].attempt) }
    case .rows: return row.history.map { String(places[$0].rows) } ?? "0"
    case .stepColumn(let column):
      guard let at = row.history, let values = steps[column] else { return nil }
      return "\(values[at])"
    case .layerColumn(let column, let layer):
      guard let at = row.history, let values = layers[column] else { return nil }
      return "\(values[at * width + layer])"
    case .seriesColumn(let number, let position):
      guard let at = row.history else { return nil }
      return "\(series[number][at * (series[number].count / max(places.count, 1)) + position])"
    case .epochLoss: return row.epoch.map { "\(epochs[$0].loss)" }
    case .noiseScale:
      return row.epoch.flatMap { epochs[$0].gradientNoiseScale.isNaN ? nil : "\(epochs[$0].gradientNoiseScale)" }
    case .validationLoss: return row.validation.map { "\(validation[$0].loss)" }
    case .metric(let metric): return row.validation.map { "\(validation[$0].metrics[metric])" }
    }
  }
}
