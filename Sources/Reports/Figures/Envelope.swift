/// A series gathered into columns of the picture: of all that falls into one, the smallest, the mean and the largest.
/// However many steps a column stands for, no spike is lost.
package struct Envelope: Sendable {
  package struct Column: Sendable, Hashable {
    /// Number of the column, from the left.
    package var number: Int
    package var low: Double
    package var mean: Double
    package var high: Double
  }

  package enum Gap: Sendable, Hashable { case nan, above, below }

  /// Unbroken stretches: columns without any step in them are bridged, columns with only NaN or Inf break.
  package private(set) var stretches: [[Column]] = []
  /// Columns in which something was NaN or Inf, in order.
  package private(set) var gaps: [(number: Int, gap: Gap)] = []

  /// - Parameters:
  ///   - axis: the axis of steps; what lies outside of it is left out.
  ///   - columns: how many there are.
  package init(_ series: FigureSeries, axis: Axis, columns: Int) {
    var open: [Column] = []
    var current: Column?
    var total = 0.0
    var count = 0
    var lastStep = -Double.infinity

    func closeColumn() {
      if var column = current {
        column.mean = min(max(total / Double(count), column.low), column.high)
        open.append(column)
      }
      current = nil
      (total, count) = (0, 0)
    }
    func closeStretch() {
      closeColumn()
      if !open.isEmpty { stretches.append(open) }
      open = []
    }

    for (index, step) in series.steps.enumerated() {
      let number = Int((axis.fraction(step) * Double(columns - 1)).rounded())
      guard number >= 0, number < columns else { continue }
      if step < lastStep { closeStretch() }
      lastStep = step
      let value = series.values[index]
      let peak = series.peaks?[index] ?? value
      if !value.isFinite || !peak.isFinite {
        let bad = value.isFinite ? peak : value
        let gap: Gap = bad.isNaN ? .nan : bad > 0 ? .above : .below
        if gaps.last?.number != number || gaps.last?.gap != gap { gaps.append((number, gap)) }
      }
      guard value.isFinite else {
        // Beside finite values the column is drawn; alone it is a gap.
        if current?.number != number { closeStretch() }
        continue
      }
      if current?.number != number {
        closeColumn()
        current = Column(number: number, low: value, mean: value, high: value)
      }
      let high = peak.isFinite ? max(value, peak) : value
      if var column = current {
        column.low = min(column.low, value)
        column.high = max(column.high, high)
        current = column
      }
      total += value
      count += 1
    }
    closeStretch()
  }
}
