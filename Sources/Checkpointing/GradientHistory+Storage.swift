internal import GradientHealth
internal import HDF5Storage

/// `/history` of a checkpoint, by the table of its columns.
extension GradientHistory {
  /// Writes rows and columns into the group that is to hold them.
  func write(to group: HDF5Group) throws {
    let places = places
    if !layers.isEmpty { try group.setAttribute("layers", layers) }
    try group.setAttribute("capacity", Int64(capacity))
    try group.setAttribute("older_capacity", Int64(olderCapacity))
    try group.write(places.map(\.step), shape: [places.count], to: "step")
    try group.write(places.map(\.epoch), shape: [places.count], to: "epoch")
    try group.write(places.map(\.attempt), shape: [places.count], to: "attempt")
    try group.write(places.map(\.rows), shape: [places.count], to: "rows")
    for column in StepColumn.allCases {
      try group.write(self.column(column), shape: [places.count], to: column.facts.path)
    }
    for column in KernelColumn.allCases {
      try group.write(self.column(column), shape: [places.count, layers.count], to: column.facts.path)
    }
    for (number, one) in series.enumerated() {
      try group.write(column(series: number), shape: [places.count, one.positions.count], to: one.path)
      if let axis = one.axis { try group.dataset(one.path).setAttribute(axis, one.positions) }
    }
    for column in SeriesColumn.allCases {
      let named = series.filter { $0.column == column }.map(\.layer)
      if !named.isEmpty { try group.group(column.facts.path).setAttribute("layers", named) }
    }
  }

  /// Reads what `write` has written.
  ///
  /// - Parameter file: the checkpoint's name, for errors.
  /// - Throws: `CheckpointError`, `HDF5Error`.
  init(reading group: HDF5Group, file: String) throws {
    let layers = try group.hasAttribute("layers") ? group.names("layers") : []
    let capacity = try group.integer("capacity", in: CheckpointRange.historyRows)
    let olderCapacity = try group.integer("older_capacity", in: CheckpointRange.olderHistoryRows)
    let steps = try group.integers("step", in: CheckpointRange.steps)
    let epochs = try group.integers("epoch", in: CheckpointRange.counts, rows: steps.count)
    let attempts = try group.integers("attempt", in: CheckpointRange.counts, rows: steps.count)
    let rows = try group.integers("rows", in: CheckpointRange.mergedRows, rows: steps.count)
    let places = steps.indices.map {
      RowPlace(step: steps[$0], epoch: epochs[$0], attempt: attempts[$0], rows: rows[$0])
    }
    var stepColumns: [StepColumn: [Double]] = [:]
    for column in StepColumn.allCases {
      stepColumns[column] = try group.numbers(column.facts.path, shape: [steps.count])
    }
    var kernelColumns: [KernelColumn: [Float]] = [:]
    for column in KernelColumn.allCases {
      kernelColumns[column] = try group.numbers(
        column.facts.path, shape: [steps.count, layers.count], column.facts.isFraction ? .fraction : .any)
    }
    let series = try GradientHistory.series(in: group)
    let figures: [[Float]] = try series.map {
      try group.numbers($0.path, shape: [steps.count, $0.positions.count])
    }
    guard
      let history = GradientHistory(
        layers: layers, series: series, capacity: capacity, olderCapacity: olderCapacity, places: places,
        steps: stepColumns, statistics: kernelColumns, seriesFigures: figures)
    else { throw CheckpointError(.damaged, "\(file): the columns of /history do not fit together") }
    self = history
  }

  private static func series(in group: HDF5Group) throws -> [HistorySeries] {
    var series: [HistorySeries] = []
    for column in SeriesColumn.allCases {
      guard case .series(let axis) = column.facts.scope, try group.contains(column.facts.path) else { continue }
      let members = try group.group(column.facts.path)
      for layer in try members.names("layers") {
        series.append(HistorySeries(column, layer: layer, positions: try members.dataset(layer).positions(axis)))
      }
    }
    return series
  }
}

extension HistorySeries {
  /// The dataset below `/history`.
  var path: String { "\(column.facts.path)/\(layer)" }

  var axis: String? {
    if case .series(let axis) = column.facts.scope { return axis }
    return nil
  }
}
