internal import CKernels

/// The history of a run's gradients in bounded memory.
///
/// The newest `capacity` rows stand at full resolution. Older ones are merged pairwise again and again: each level
/// holds at most `olderCapacity` rows, of twice as many steps as the level before. Means are merged to means, extremes
/// to extremes, so no spike is averaged away; NaN and Inf stay.
///
/// A pure value: the rows of a checkpoint, put back with `init(restoring:)`, go on exactly as if never written, since a
/// row's level follows from the steps it stands for.
public struct GradientHistory: Sendable {
  /// Which step a row is about; of a merged row, the last one.
  public struct RowPlace: Sendable, Hashable {
    public var step: Int64
    public var epoch: Int64
    public var attempt: Int64
    /// History rows merged into this one: 1, 2, 4, ...
    public var rows: Int64

    public init(step: Int64, epoch: Int64, attempt: Int64, rows: Int64 = 1) {
      self.step = step
      self.epoch = epoch
      self.attempt = attempt
      self.rows = rows
    }
  }

  /// The kernels that rows have figures of, in order: a layer with one is called by its name, each of several
  /// `<layer>/<weight>`.
  public let layers: [String]
  /// The layers' columns along an axis.
  public let series: [HistorySeries]
  public let capacity: Int
  public let olderCapacity: Int
  /// levels[k] holds rows of 2^k steps, oldest first.
  private var levels: [HistoryLevel] = []
  // The rows of all levels; each level's stand together.
  private var rowPlaces: [RowPlace] = []
  private var steps: [Double] = []
  /// Column by column within a row: a rule then has its values side by side.
  private var statistics: [Float] = []

  private static let stepColumns = StepColumn.allCases.count
  private static let stepRules = StepColumn.allCases.map(\.facts.merge)
  private static let kernelRules = KernelColumn.allCases.map(\.facts.merge)
  /// How the values of a row are merged.
  private let runs: [cairn_merge_run]

  public init(layers: [String], series: [HistorySeries] = [], capacity: Int = 4096, olderCapacity: Int = 512) {
    self.layers = layers
    self.series = series
    self.capacity = max(2, capacity)
    self.olderCapacity = max(2, olderCapacity)
    kernelWidth = layers.count * KernelColumn.allCases.count
    rowWidth = series.reduce(kernelWidth) { $0 + $1.positions.count }
    let kernelRuns = GradientHistory.kernelRules.map { cairn_merge_run($0, count: layers.count) }
    runs = kernelRuns + series.map { cairn_merge_run($0.column.facts.merge, count: $0.positions.count) }
    addLevel()
  }

  public var count: Int { levels.reduce(0) { $0 + $1.count } }

  /// Floats of a row: the first of `KernelColumn.allCases` of every kernel, then the second, ...; then those of each of
  /// `series`.
  public let rowWidth: Int
  /// Those of the kernels among them.
  private let kernelWidth: Int

  /// Adds the newest row. Allocates nothing but the first row of each new level.
  ///
  /// - Parameters:
  ///   - steps: one value a `StepColumn`.
  ///   - figures: `rowWidth` values.
  public mutating func append(
    _ place: RowPlace, steps newSteps: UnsafeBufferPointer<Double>, figures: UnsafeBufferPointer<Float>
  ) {
    precondition(newSteps.count == GradientHistory.stepColumns && figures.count == rowWidth)
    makeRoom()
    let row = levels[0].reserve()
    rowPlaces[row] = place
    steps.withUnsafeMutableBufferPointer { steps in
      for at in 0..<newSteps.count { steps[row * newSteps.count + at] = newSteps[at] }
    }
    statistics.withUnsafeMutableBufferPointer { statistics in
      for at in 0..<figures.count { statistics[row * figures.count + at] = figures[at] }
    }
  }

  /// Merges the oldest two rows of every full level up to the first that is not full.
  private mutating func makeRoom() {
    var level = 0
    while level < levels.count, levels[level].isFull { level += 1 }
    if level == levels.count { addLevel() }
    while level > 0 {
      let target = levels[level].reserve()
      level -= 1
      merge(levels[level].place(0), levels[level].place(1), into: target)
      levels[level].dropFirst(2)
    }
  }

  private mutating func addLevel() {
    let level = HistoryLevel(first: rowPlaces.count, capacity: levels.isEmpty ? capacity : olderCapacity)
    levels.append(level)
    rowPlaces += repeatElement(RowPlace(step: 0, epoch: 0, attempt: 0), count: level.capacity)
    steps += repeatElement(0, count: level.capacity * GradientHistory.stepColumns)
    statistics += repeatElement(0, count: level.capacity * rowWidth)
  }

  /// Makes `target` a row that stands for two neighbours of one level.
  private mutating func merge(_ first: Int, _ second: Int, into target: Int) {
    rowPlaces[target] = rowPlaces[second]
    rowPlaces[target].rows += rowPlaces[first].rows
    let width = GradientHistory.stepColumns
    steps.withUnsafeMutableBufferPointer { steps in
      for (at, rule) in GradientHistory.stepRules.enumerated() {
        steps[target * width + at] = rule.merge(steps[first * width + at], steps[second * width + at])
      }
    }
    let (rowWidth, runs) = (rowWidth, runs)
    statistics.withUnsafeMutableBufferPointer { statistics in
      guard let rows = statistics.baseAddress else { return }
      cairn_merge_rows(rows + first * rowWidth, rows + second * rowWidth, runs, runs.count, rows + target * rowWidth)
    }
  }

  // MARK: Reading, oldest row first

  /// Numbers of the rows in the arrays.
  private var rowNumbers: [Int] {
    levels.reversed().flatMap { level in (0..<level.count).map { level.place($0) } }
  }

  public var places: [RowPlace] { rowNumbers.map { rowPlaces[$0] } }

  public func column(_ column: StepColumn) -> [Double] {
    GradientHistory.gather(
      rowNumbers, from: steps, width: GradientHistory.stepColumns, columns: column.rawValue..<column.rawValue + 1)
  }

  /// Row-major `[count, layers]`.
  public func column(_ column: KernelColumn) -> [Float] { figures(kernelRange(column)) }

  /// Of a number of `series`: row-major `[count, positions]`.
  public func column(series number: Int) -> [Float] { figures(seriesRange(number)) }

  /// Where a column's values stand within a row.
  private func kernelRange(_ column: KernelColumn) -> Range<Int> {
    column.rawValue * layers.count..<(column.rawValue + 1) * layers.count
  }

  private func seriesRange(_ number: Int) -> Range<Int> {
    let start = series[..<number].reduce(kernelWidth) { $0 + $1.positions.count }
    return start..<start + series[number].positions.count
  }

  private func figures(_ range: Range<Int>) -> [Float] {
    GradientHistory.gather(rowNumbers, from: statistics, width: rowWidth, columns: range)
  }

  /// Columns of rows, row by row. Every checkpoint asks for all of them: in a short run this was half of the time that it
  /// takes to write one.
  private static func gather<Figure>(
    _ rows: [Int], from figures: [Figure], width: Int, columns: Range<Int>
  ) -> [Figure] {
    [Figure](unsafeUninitializedCapacity: rows.count * columns.count) { values, filled in
      figures.withUnsafeBufferPointer { figures in
        for row in rows {
          let start = row * width
          for column in columns {
            values.initializeElement(at: filled, to: figures[start + column])
            filled += 1
          }
        }
      }
    }
  }

  /// A figure of the newest row, or of one so many rows before it, of those that have not been merged; nil: there is none.
  func value(_ column: KernelColumn, layer: Int, back: Int) -> Double? {
    newest(back: back).map { Double(statistics[$0 * rowWidth + column.rawValue * layers.count + layer]) }
  }

  func value(_ column: StepColumn, back: Int) -> Double? {
    newest(back: back).map { steps[$0 * GradientHistory.stepColumns + column.rawValue] }
  }

  private func newest(back: Int) -> Int? {
    guard let level = levels.first, back < level.count else { return nil }
    return level.place(level.count - 1 - back)
  }

  /// The kernels' figures of the newest rows, merged into one: the first of `KernelColumn.allCases` of every kernel, then
  /// the second, ...
  ///
  /// - Parameter rows: how many rows; at most 512 are looked at, and none that was merged before. 0: the result is empty.
  public func newest(_ rows: Int) -> [Float] {
    let level = levels[0]
    let count = min(rows, 512, level.count)
    guard count > 0 else { return [] }
    func start(_ number: Int) -> Int { level.place(level.count - count + number) * rowWidth }
    var merged = statistics[start(0)..<start(0) + kernelWidth].map(Double.init)
    for number in 1..<count {
      let row = start(number)
      for (column, rule) in GradientHistory.kernelRules.enumerated() {
        for at in column * layers.count..<(column + 1) * layers.count {
          merged[at] = rule.merge(merged[at], Double(number), Double(statistics[row + at]), 1)
        }
      }
    }
    return merged.map(Float.init)
  }

  /// The figures along axes of the newest rows, merged into one as `newest` does: those of each of `series` in turn.
  public func newestSeries(_ rows: Int) -> [Float] {
    let level = levels[0]
    let count = min(rows, 512, level.count)
    guard count > 0, !series.isEmpty else { return [] }
    func start(_ number: Int) -> Int { level.place(level.count - count + number) * rowWidth + kernelWidth }
    let rules = series.flatMap { Array(repeating: $0.column.facts.merge, count: $0.positions.count) }
    var merged = statistics[start(0)..<start(0) + rules.count].map(Double.init)
    for number in 1..<count {
      let row = start(number)
      for at in merged.indices {
        merged[at] = rules[at].merge(merged[at], Double(number), Double(statistics[row + at]), 1)
      }
    }
    return merged.map(Float.init)
  }

  /// Becomes equal to `other`, in memory of its own: what is overwritten soon after is not allocated again each time.
  public mutating func copy(_ other: GradientHistory) {
    guard rowPlaces.count == other.rowPlaces.count, layers == other.layers, series == other.series,
      capacity == other.capacity, olderCapacity == other.olderCapacity
    else {
      self = other
      return
    }
    levels = other.levels
    func copy<Value>(_ values: inout [Value], _ source: [Value]) {
      values.withUnsafeMutableBufferPointer { values in
        source.withUnsafeBufferPointer { _ = values.update(fromContentsOf: $0) }
      }
    }
    copy(&rowPlaces, other.rowPlaces)
    copy(&steps, other.steps)
    copy(&statistics, other.statistics)
  }

  /// Puts back rows that were read with `places` and `column`.
  ///
  /// - Returns: nil if the columns do not fit the rows, or a row stands for no power of two of steps.
  public init?(
    layers: [String], series: [HistorySeries] = [], capacity: Int, olderCapacity: Int, places: [RowPlace],
    steps: [StepColumn: [Double]], statistics: [KernelColumn: [Float]], seriesFigures: [[Float]] = []
  ) {
    self.init(layers: layers, series: series, capacity: capacity, olderCapacity: olderCapacity)
    for column in StepColumn.allCases where steps[column]?.count != places.count { return nil }
    guard seriesFigures.count == series.count else { return nil }
    var columns = KernelColumn.allCases.map { (range: kernelRange($0), values: statistics[$0] ?? []) }
    columns += series.indices.map { (seriesRange($0), seriesFigures[$0]) }
    for (range, values) in columns where values.count != places.count * range.count { return nil }
    for (row, place) in places.enumerated() {
      guard place.rows > 0, place.rows & (place.rows - 1) == 0 else { return nil }
      let level = place.rows.trailingZeroBitCount
      while levels.count <= level { addLevel() }
      guard !levels[level].isFull else { return nil }
      let target = levels[level].reserve()
      rowPlaces[target] = place
      for column in StepColumn.allCases {
        self.steps[target * GradientHistory.stepColumns + column.rawValue] = steps[column]?[row] ?? .nan
      }
      for (range, values) in columns {
        for (at, place) in range.enumerated() {
          self.statistics[target * rowWidth + place] = values[row * range.count + at]
        }
      }
    }
  }
}

extension cairn_merge_run {
  fileprivate init(_ rule: MergeRule, count: Int) {
    let number =
      switch rule {
      case .mean: CAIRN_MERGE_MEAN
      case .rootMeanSquare: CAIRN_MERGE_ROOT_MEAN_SQUARE
      case .minimum: CAIRN_MERGE_MINIMUM
      case .maximum: CAIRN_MERGE_MAXIMUM
      case .sum: CAIRN_MERGE_SUM
      case .last: CAIRN_MERGE_LAST
      }
    self.init(rule: Int32(number), count: Int32(count))
  }
}
