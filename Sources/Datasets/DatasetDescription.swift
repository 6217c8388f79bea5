internal import Kernels

/// What a dataset holds, in figures.
public struct DatasetDescription: Sendable, Equatable {
  public struct Column: Sendable, Equatable {
    /// Empty where the source has no names.
    public let name: String
    /// Over the finite values; NaN if there are none.
    public let minimum: Double
    public let maximum: Double
    public let mean: Double
    /// Of the population.
    public let standardDeviation: Double
    /// Values that are NaN or infinite: missing ones, as readers keep them.
    public let missing: Int

    public var isConstant: Bool { missing == 0 && minimum == maximum }
  }

  public let rows: Int
  /// Of the first input.
  public let sampleShape: [Int]
  /// Inputs that have names; empty: there is one without.
  public let inputs: [SampleSchema.Field]
  /// One for each float of a sample, one input after another.
  public let features: [Column]
  /// One for each target column.
  public let targets: [Column]
  /// Rows of each class; empty for values.
  public let classCounts: [Int]
  /// Empty where classes have no names.
  public let classNames: [String]

  /// Numbers of the features that say nothing, being the same in all rows.
  public var constantFeatures: [Int] { features.indices.filter { features[$0].isConstant } }

  /// Groups of classes that look alike: the same letters in two spellings of Unicode, in another case, or with blanks at
  /// their ends.
  public var lookAlikes: [[Int]] {
    let groups = Dictionary(grouping: classNames.indices) { number in
      // Swift's `String` compares letters, not bytes.
      classNames[number].lowercased().trimmingBlanks
    }
    return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Goes through the source once, in portions.
  ///
  /// - Parameter source: read with `NonFinitePolicy.keep`, to count what is missing.
  /// - Throws: `DatasetError` where the source is read by chunks and cannot be read.
  public init(of source: any SampleSource) throws {
    let schema = source.schema
    let widths = schema.inputs.map(\.columns)
    let (width, targetWidth) = (widths.reduce(0, +), source.targetColumns)
    var figures = [Figures](repeating: Figures(), count: width + targetWidth)
    var counts: [Int] = []
    if case .classes(let count, _) = source.targetKind { counts = [Int](repeating: 0, count: count) }
    source.begin(source.plan?.inOrder ?? [], at: 0)
    let portion = min(source.count, max(1, (1 << 20) / width))
    let features = AlignedBuffer(count: portion * width)
    let targets = AlignedBuffer(count: portion * targetWidth)
    let weights = AlignedBuffer(count: schema.isWeighted ? portion : 0)
    let views = BatchViews(source.schema, workers: 1)
    for first in stride(from: 0, to: source.count, by: portion) {
      let rows = (first..<min(first + portion, source.count)).map { Int32($0) }
      try source.prepare(first..<first + rows.count)
      let x = MutableMatrix(base: features.mutable.base, rows: rows.count, columns: width)
      func input(_ number: Int) -> MutableMatrix {
        let start = widths[..<number].reduce(0, +)
        return MutableMatrix(base: x.base + start, rows: rows.count, columns: widths[number], stride: width)
      }
      let y = MutableMatrix(base: targets.mutable.base, rows: rows.count, columns: targetWidth)
      let batch = views.batch(
        worker: 0, rows: rows.count, inputs: input, targets: { _ in y },
        weights: schema.isWeighted ? weights.mutable[0..<rows.count] : nil)
      withExtendedLifetime(views) { rows.withUnsafeBufferPointer { source.gather($0, into: batch) } }
      for column in 0..<width { figures[column].add(x.base + column, rows.count, stride: width) }
      for column in 0..<targetWidth { figures[width + column].add(y.base + column, rows.count, stride: targetWidth) }
      if !counts.isEmpty {
        for place in 0..<y.count where y.base[place].isFinite { counts[Int(y.base[place])] += 1 }
      }
    }
    let names = schema.hasNamedInputs ? DatasetDescription.columnNames(schema.inputs) : source.featureNames
    rows = source.count
    sampleShape = source.sampleShape
    inputs = schema.hasNamedInputs ? schema.inputs : []
    let origins = source.origins
    // Origins are those of the quantities alone; of windows, of each of their rows.
    var places = [Int?](repeating: nil, count: width)
    var place = 0
    let areWindows = origins.origin.count < schema.valueColumns
    for (number, field) in schema.inputs.enumerated() where field.kind == .values && !origins.isEmpty {
      let start = widths[..<number].reduce(0, +)
      let own = areWindows ? field.columns / field.shape[0] : field.columns
      for column in 0..<field.columns { places[start + column] = place + column % own }
      place += own
    }
    self.features = (0..<width).map { column in
      figures[column].column(
        DatasetDescription.name(of: column, names, width: width), rows: source.count,
        origin: places[column].map { origins.origin[$0] } ?? 0,
        unit: places[column].map { origins.unit[$0] } ?? 1)
    }
    self.targets = (width..<width + targetWidth).map { figures[$0].column("", rows: source.count) }
    classCounts = counts
    if case .classes(_, let found) = source.targetKind { classNames = found } else { classNames = [] }
  }

  /// Of windows, with the row within the window.
  private static func name(of column: Int, _ names: [String], width: Int) -> String {
    if names.isEmpty { return "" }
    return names.count == width ? names[column] : "\(names[column % names.count])[\(column / names.count)]"
  }

  /// `ports` of a single column, `ports.0`, `ports.1`, ... of several.
  private static func columnNames(_ inputs: [SampleSchema.Field]) -> [String] {
    inputs.flatMap { field in
      field.columns == 1 ? [field.name] : (0..<field.columns).map { "\(field.name).\($0)" }
    }
  }

  /// Figures of one column, portion by portion.
  private struct Figures {
    private var low = Float.infinity
    private var high = -Float.infinity
    private var mean = 0.0
    private var squares = 0.0
    private var count = 0

    /// Mean and squares are combined as in `ColumnFigures`; values that are not finite are left out.
    mutating func add(_ values: UnsafePointer<Float>, _ rows: Int, stride: Int) {
      var (sum, added) = (0.0, 0)
      for row in 0..<rows where values[row * stride].isFinite {
        let value = values[row * stride]
        (low, high, sum, added) = (min(low, value), max(high, value), sum + Double(value), added + 1)
      }
      if added == 0 { return }
      let portionMean = sum / Double(added)
      var differences = 0.0
      for row in 0..<rows where values[row * stride].isFinite {
        let difference = Double(values[row * stride]) - portionMean
        differences += difference * difference
      }
      let share = Double(added) / Double(count + added)
      let step = portionMean - mean
      squares += differences + step * step * Double(count) * share
      mean += step * share
      count += added
    }

    /// - Parameters:
    ///   - origin, unit: where the floats are measured from, and in what.
    func column(_ name: String, rows: Int, origin: Double = 0, unit: Double = 1) -> Column {
      let deviation = (squares / Double(count)).squareRoot()
      return Column(
        name: name, minimum: count == 0 ? .nan : origin + Double(low) * unit,
        maximum: count == 0 ? .nan : origin + Double(high) * unit, mean: count == 0 ? .nan : origin + mean * unit,
        standardDeviation: count == 0 ? .nan : deviation * unit, missing: rows - count)
    }
  }
}
