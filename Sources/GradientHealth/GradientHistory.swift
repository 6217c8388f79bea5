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

  /// Names of the layers with trainable weights, in order.
  public let layers: [String]
  public let capacity: Int
  public let olderCapacity: Int
  /// levels[k] holds rows of 2^k steps, oldest first.
  private var levels: [Level] = []
  // The rows of all levels; each level's stand together.
  private var rowPlaces: [RowPlace] = []
  private var steps: [Double] = []
  /// Column by column within a row: a rule then has its values side by side.
  private var statistics: [Float] = []

  private static let stepColumns = StepColumn.allCases.count
  private static let layerColumns = LayerColumn.allCases.count
  private static let stepRules = StepColumn.allCases.map(\.merge)
  private static let layerRules = LayerColumn.allCases.map(\.merge)
  /// How the values of a row are merged.
  private let layerRuns: [cairn_merge_run]

  public init(layers: [String], capacity: Int = 4096, olderCapacity: Int = 512) {
    self.layers = layers
    self.capacity = max(2, capacity)
    self.olderCapacity = max(2, olderCapacity)
    layerWidth = layers.count * GradientHistory.layerColumns
    layerRuns = GradientHistory.layerRules.map { cairn_merge_run(rule: $0.number, count: Int32(layers.count)) }
    addLevel()
  }

  public var count: Int { levels.reduce(0) { $0 + $1.count } }

  /// Floats that `append` wants: the first of `LayerColumn.allCases` of every layer, then the second, ...
  public let layerWidth: Int

  /// Adds the newest row. Allocates nothing but the first row of each new level.
  ///
  /// - Parameters:
  ///   - steps: one value a `StepColumn`.
  ///   - layers: `layerWidth` values.
  public mutating func append(
    _ place: RowPlace, steps newSteps: UnsafeBufferPointer<Double>, layers newLayers: UnsafeBufferPointer<Float>
  ) {
    precondition(newSteps.count == GradientHistory.stepColumns && newLayers.count == layerWidth)
    makeRoom()
    let row = levels[0].reserve()
    rowPlaces[row] = place
    steps.withUnsafeMutableBufferPointer { steps in
      for at in 0..<newSteps.count { steps[row * newSteps.count + at] = newSteps[at] }
    }
    statistics.withUnsafeMutableBufferPointer { statistics in
      for at in 0..<newLayers.count { statistics[row * newLayers.count + at] = newLayers[at] }
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
    let level = Level(first: rowPlaces.count, capacity: levels.isEmpty ? capacity : olderCapacity)
    levels.append(level)
    rowPlaces += repeatElement(RowPlace(step: 0, epoch: 0, attempt: 0), count: level.capacity)
    steps += repeatElement(0, count: level.capacity * GradientHistory.stepColumns)
    statistics += repeatElement(0, count: level.capacity * layerWidth)
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
    let (layerWidth, runs) = (layerWidth, layerRuns)
    statistics.withUnsafeMutableBufferPointer { statistics in
      guard let rows = statistics.baseAddress else { return }
      cairn_merge_rows(
        rows + first * layerWidth, rows + second * layerWidth, runs, runs.count, rows + target * layerWidth)
    }
  }

  // MARK: Reading, oldest row first

  /// Numbers of the rows in the arrays.
  private var rowNumbers: [Int] {
    levels.reversed().flatMap { level in (0..<level.count).map { level.place($0) } }
  }

  public var places: [RowPlace] { rowNumbers.map { rowPlaces[$0] } }

  public func column(_ column: StepColumn) -> [Double] {
    rowNumbers.map { steps[$0 * GradientHistory.stepColumns + column.rawValue] }
  }

  /// Row-major `[count, layers]`.
  public func column(_ column: LayerColumn) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count * layers.count)
    for row in rowNumbers {
      let start = row * layerWidth + column.rawValue * layers.count
      values += statistics[start..<start + layers.count]
    }
    return values
  }

  /// The layers' figures of the newest rows, merged into one: `layerWidth` values, in `append`'s order.
  ///
  /// - Parameter rows: how many rows; at most 512 are looked at, and none that was merged before. 0: the result is empty.
  public func newest(_ rows: Int) -> [Float] {
    let level = levels[0]
    let count = min(rows, 512, level.count)
    guard count > 0 else { return [] }
    func start(_ number: Int) -> Int { level.place(level.count - count + number) * layerWidth }
    var merged = statistics[start(0)..<start(0) + layerWidth].map(Double.init)
    for number in 1..<count {
      let row = start(number)
      for (column, rule) in GradientHistory.layerRules.enumerated() {
        for at in column * layers.count..<(column + 1) * layers.count {
          merged[at] = rule.merge(merged[at], Int64(number), Double(statistics[row + at]), 1)
        }
      }
    }
    return merged.map(Float.init)
  }

  /// Becomes equal to `other`, in memory of its own: what is overwritten soon after is not allocated anew each time.
  public mutating func copy(_ other: GradientHistory) {
    guard rowPlaces.count == other.rowPlaces.count, layers == other.layers, capacity == other.capacity,
      olderCapacity == other.olderCapacity
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
    layers: [String], capacity: Int, olderCapacity: Int, places: [RowPlace], steps: [StepColumn: [Double]],
    statistics: [LayerColumn: [Float]]
  ) {
    self.init(layers: layers, capacity: capacity, olderCapacity: olderCapacity)
    for column in StepColumn.allCases where steps[column]?.count != places.count { return nil }
    for column in LayerColumn.allCases where statistics[column]?.count != places.count * layers.count { return nil }
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
      for column in LayerColumn.allCases {
        for layer in layers.indices {
          self.statistics[target * layerWidth + column.rawValue * layers.count + layer] =
            statistics[column]?[row * layers.count + layer] ?? .nan
        }
      }
    }
  }

  /// A ring of rows: where they stand in the arrays.
  private struct Level: Sendable {
    let first: Int
    let capacity: Int
    private(set) var count = 0
    private var start = 0

    init(first: Int, capacity: Int) {
      self.first = first
      self.capacity = capacity
    }

    var isFull: Bool { count == capacity }

    /// Where the row number `row`, counted from the oldest, stands.
    func place(_ row: Int) -> Int { first + wrapped(start + row) }

    private func wrapped(_ at: Int) -> Int { at < capacity ? at : at - capacity }

    /// Makes room for one row at the end and returns where it stands.
    mutating func reserve() -> Int {
      count += 1
      return place(count - 1)
    }

    mutating func dropFirst(_ rows: Int) {
      start = wrapped(start + rows)
      count -= rows
    }
  }
}

extension MergeRule {
  /// The rule's number in C.
  fileprivate var number: Int32 {
    switch self {
    case .mean: Int32(CAIRN_MERGE_MEAN)
    case .rootMeanSquare: Int32(CAIRN_MERGE_ROOT_MEAN_SQUARE)
    case .minimum: Int32(CAIRN_MERGE_MINIMUM)
    case .maximum: Int32(CAIRN_MERGE_MAXIMUM)
    case .sum: Int32(CAIRN_MERGE_SUM)
    }
  }
}
