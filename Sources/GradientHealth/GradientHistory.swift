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
  private var levels: [Level]

  private static let stepColumns = StepColumn.allCases.count
  private static let layerColumns = LayerColumn.allCases.count
  private static let stepRules = StepColumn.allCases.map(\.merge)
  private static let layerRules = LayerColumn.allCases.map(\.merge)

  public init(layers: [String], capacity: Int = 4096, olderCapacity: Int = 512) {
    self.layers = layers
    self.capacity = max(2, capacity)
    self.olderCapacity = max(2, olderCapacity)
    levels = [Level(capacity: max(2, capacity), width: layers.count * GradientHistory.layerColumns)]
  }

  public var count: Int { levels.reduce(0) { $0 + $1.count } }

  /// Floats that `append` wants: `LayerColumn.allCases` of the first layer, then of the second, ...
  public var layerWidth: Int { layers.count * GradientHistory.layerColumns }

  /// Adds the newest row. Allocates nothing but the first row of each new level.
  ///
  /// - Parameters:
  ///   - steps: one value a `StepColumn`.
  ///   - layers: `layerWidth` values.
  public mutating func append(
    _ place: RowPlace, steps: UnsafeBufferPointer<Double>, layers: UnsafeBufferPointer<Float>
  ) {
    precondition(steps.count == GradientHistory.stepColumns && layers.count == layerWidth)
    makeRoom(level: 0)
    levels[0].push(place, steps: steps, layers: layers)
  }

  private mutating func makeRoom(level: Int) {
    guard levels[level].isFull else { return }
    if level + 1 == levels.count { levels.append(Level(capacity: olderCapacity, width: layerWidth)) }
    makeRoom(level: level + 1)
    let full = levels[level]
    levels[level + 1].takeMerged(full, full.physical(0), full.physical(1))
    levels[level].dropFirst(2)
  }

  // MARK: Reading, oldest row first

  public var places: [RowPlace] {
    levels.reversed().flatMap { level in (0..<level.count).map { level.places[level.physical($0)] } }
  }

  public func column(_ column: StepColumn) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { values, filled in
      for level in levels.reversed() {
        level.steps.withUnsafeBufferPointer { steps in
          for row in 0..<level.count {
            values.initializeElement(
              at: filled, to: steps[level.physical(row) * GradientHistory.stepColumns + column.rawValue])
            filled += 1
          }
        }
      }
    }
  }

  /// Row-major `[count, layers]`.
  public func column(_ column: LayerColumn) -> [Float] {
    let width = layerWidth
    return [Float](unsafeUninitializedCapacity: count * layers.count) { values, filled in
      for level in levels.reversed() {
        level.layers.withUnsafeBufferPointer { statistics in
          for row in 0..<level.count {
            let start = level.physical(row) * width + column.rawValue
            for place in stride(from: start, to: start + width, by: GradientHistory.layerColumns) {
              values.initializeElement(at: filled, to: statistics[place])
              filled += 1
            }
          }
        }
      }
    }
  }

  /// The layers' figures of the newest rows, merged into one: `layerWidth` values, in `append`'s order.
  ///
  /// - Parameter rows: how many rows; at most 512 are looked at, and none that was merged before. 0: the result is empty.
  public func newest(_ rows: Int) -> [Float] {
    let count = min(rows, 512, levels[0].count)
    guard count > 0 else { return [] }
    return levels[0].merged(levels[0].count - count..<levels[0].count)
  }

  /// Puts back rows that were read with `places` and `column`.
  ///
  /// - Returns: nil if the columns do not fit the rows, or a row stands for no power of two of steps.
  public init?(
    layers: [String], capacity: Int, olderCapacity: Int, places: [RowPlace], steps: [StepColumn: [Double]],
    statistics: [LayerColumn: [Float]]
  ) {
    self.init(layers: layers, capacity: capacity, olderCapacity: olderCapacity)
    let width = layerWidth
    for column in StepColumn.allCases where steps[column]?.count != places.count { return nil }
    for column in LayerColumn.allCases where statistics[column]?.count != places.count * layers.count { return nil }
    for (row, place) in places.enumerated() {
      guard place.rows > 0, place.rows & (place.rows - 1) == 0 else { return nil }
      let level = place.rows.trailingZeroBitCount
      while levels.count <= level { levels.append(Level(capacity: self.olderCapacity, width: width)) }
      guard !levels[level].isFull else { return nil }
      let target = levels[level].reserve(place)
      for column in StepColumn.allCases {
        levels[level].steps[target * GradientHistory.stepColumns + column.rawValue] = steps[column]?[row] ?? .nan
      }
      for column in LayerColumn.allCases {
        for layer in layers.indices {
          levels[level].layers[target * width + layer * GradientHistory.layerColumns + column.rawValue] =
            statistics[column]?[row * layers.count + layer] ?? .nan
        }
      }
    }
  }

  /// A ring of rows.
  private struct Level: Sendable {
    var places: [RowPlace]
    var steps: [Double]
    var layers: [Float]
    private(set) var count = 0
    private var start = 0
    private let width: Int

    init(capacity: Int, width: Int) {
      places = Array(repeating: RowPlace(step: 0, epoch: 0, attempt: 0), count: capacity)
      steps = Array(repeating: 0, count: capacity * GradientHistory.stepColumns)
      layers = Array(repeating: 0, count: capacity * width)
      self.width = width
    }

    var isFull: Bool { count == places.count }

    /// Where the row number `row`, counted from the oldest, stands.
    func physical(_ row: Int) -> Int { (start + row) % places.count }

    /// Makes room for one row at the end and returns where it stands.
    mutating func reserve(_ place: RowPlace) -> Int {
      let target = physical(count)
      places[target] = place
      count += 1
      return target
    }

    mutating func push(
      _ place: RowPlace, steps newSteps: UnsafeBufferPointer<Double>, layers newLayers: UnsafeBufferPointer<Float>
    ) {
      let target = reserve(place)
      steps.withUnsafeMutableBufferPointer { steps in
        for at in 0..<newSteps.count { steps[target * newSteps.count + at] = newSteps[at] }
      }
      layers.withUnsafeMutableBufferPointer { layers in
        for at in 0..<newLayers.count { layers[target * width + at] = newLayers[at] }
      }
    }

    /// Adds one row that stands for two of the level before.
    mutating func takeMerged(_ other: Level, _ first: Int, _ second: Int) {
      var place = other.places[second]
      place.rows += other.places[first].rows
      let target = reserve(place)
      let stepColumns = GradientHistory.stepColumns
      steps.withUnsafeMutableBufferPointer { steps in
        other.steps.withUnsafeBufferPointer { old in
          for (at, rule) in GradientHistory.stepRules.enumerated() {
            steps[target * stepColumns + at] = rule.merge(old[first * stepColumns + at], old[second * stepColumns + at])
          }
        }
      }
      let layerColumns = GradientHistory.layerColumns
      layers.withUnsafeMutableBufferPointer { layers in
        other.layers.withUnsafeBufferPointer { old in
          // Column by column, a loop for each rule: choosing it for every value took half of a merge's time.
          @inline(__always) func merge(_ column: Int, _ rule: (Double, Double) -> Double) {
            var at = column
            while at < width {
              layers[target * width + at] = Float(
                rule(Double(old[first * width + at]), Double(old[second * width + at])))
              at += layerColumns
            }
          }
          let rules = GradientHistory.layerRules
          for column in 0..<layerColumns {
            switch rules[column] {
            case .mean: merge(column) { MergeRule.mean.merge($0, $1) }
            case .rootMeanSquare: merge(column) { MergeRule.rootMeanSquare.merge($0, $1) }
            case .minimum: merge(column) { MergeRule.minimum.merge($0, $1) }
            case .maximum: merge(column) { MergeRule.maximum.merge($0, $1) }
            case .sum: merge(column) { MergeRule.sum.merge($0, $1) }
            }
          }
        }
      }
    }

    /// The layers' figures of some rows as one row's.
    func merged(_ rows: Range<Int>) -> [Float] {
      let first = physical(rows.lowerBound)
      var merged = layers[first * width..<(first + 1) * width].map(Double.init)
      let layerColumns = GradientHistory.layerColumns
      for (number, row) in rows.dropFirst().enumerated() {
        let at = physical(row) * width
        for (column, rule) in GradientHistory.layerRules.enumerated() {
          for place in stride(from: column, to: width, by: layerColumns) {
            merged[place] = rule.merge(merged[place], Int64(number) + 1, Double(layers[at + place]), 1)
          }
        }
      }
      return merged.map(Float.init)
    }

    mutating func dropFirst(_ rows: Int) {
      start = physical(rows)
      count -= rows
    }
  }
}
