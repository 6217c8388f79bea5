internal import HDF5Storage

/// Samples in an HDF5 file: one dataset of features, one of targets, a row of each for a sample.
///
/// Features may be numbers of any type, and have any shape of samples; of one extent, each number is a sample.
/// Strings beside the features, in a dataset of their name and `_columns` (`/data/x_columns`), name the numbers of a row.
/// Whole-number targets in one column are classes 0..<count (counted over the whole file, see `WholeNumberTargets`; named by
/// the attribute `classes` of the targets, if there is one); all other targets are values.
public struct HDF5Source: Sendable, Hashable {
  public var path: String
  public var features: String
  /// Path of the targets in the file; nil for features alone.
  public var targets: String?
  public var rows: RowRange

  public init(
    path: String, features: String = "/data/x", targets: String? = "/data/y", rows: RowRange = RowRange()
  ) {
    self.path = path
    self.features = features
    self.targets = targets
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    do {
      return try read(options)
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  /// The datasets, found and looked at but not read.
  struct Opened {
    let file: HDF5File
    let x: HDF5Dataset
    let y: HDF5Dataset?
    let range: Range<Int>
    /// Columns of `x` that are the features, in order, and their names; nil: all.
    let match: ColumnMatch

    var sampleShape: [Int] {
      if let columns = match.columns { return [columns.count] }
      return x.shape.count == 1 ? [1] : Array(x.shape.dropFirst())
    }
    /// Floats of a sample.
    var columns: Int { match.columns?.count ?? x.rowCount }

    /// A second look at the features.
    ///
    /// - Parameter floats: the rows as floats, which narrow numbers are.
    func reading(at place: String, _ floats: [Float]) -> FeatureReading {
      guard x.isWiderThanFloat else {
        return FeatureReading(of: floats, columns: columns, place: place, firstRow: range.lowerBound)
      }
      return FeatureReading(
        columns: columns, names: match.names, place: place, firstRow: range.lowerBound,
        exact: x.elementClass == .integer ? 0x1p24 : 0
      ) { try x.eachDifference(range, match.places(of: $0), $1, $2) }
    }

    /// Whether the targets are class numbers.
    var hasClasses: Bool { y.map { $0.elementClass == .integer && $0.rowCount == 1 } ?? false }
  }

  func open(_ options: ReadOptions) throws -> Opened {
    let file = try HDF5File(readingAt: path)
    let x = try numbers(features, in: file)
    let y = try targets.map { try numbers($0, in: file) }
    if let y, y.shape[0] != x.shape[0] {
      throw DatasetError(
        .shape, at: place(y), "features and targets differ in rows", expected: "\(x.shape[0]) rows, as \(x.path) has",
        found: "\(y.shape[0])")
    }
    let match = try ColumnMatch(
      known: options.featureNames, found: try HDF5Source.columnNames(x), at: place(x))
    return Opened(file: file, x: x, y: y, range: try rows.resolved(count: x.shape[0], at: place(x)), match: match)
  }

  private func read(_ options: ReadOptions) throws -> InMemorySource {
    let opened = try open(options)
    let (x, range) = (opened.x, opened.range)
    try checkMemory(x, range)
    var values = opened.match.selected(try x.readRows(range), of: x.rowCount)
    let (origins, warnings) = try opened.reading(at: place(x), values).settle(&values, options.origins)
    if options.nonFinite == .refuse {
      try requireFinite(values, columns: opened.columns, firstRow: range.lowerBound, at: place(x))
    }
    var (targetValues, kind) = ([Float](), TargetKind.values)
    if let y = opened.y {
      (targetValues, kind) = try self.targets(y, range, hasClasses: opened.hasClasses, options)
    }
    try opened.file.close()
    return InMemorySource(
      features: values, sampleShape: opened.sampleShape, targets: targetValues,
      targetColumns: opened.y?.rowCount ?? 0, targetKind: kind, featureNames: opened.match.names, origins: origins,
      warnings: warnings)
  }

  func place(_ dataset: HDF5Dataset) -> String { "\(path): \(dataset.path)" }

  /// A dataset that has rows of numbers.
  private func numbers(_ name: String, in file: HDF5File) throws -> HDF5Dataset {
    let dataset = try file.root.dataset(name)
    guard dataset.elementClass == .integer || dataset.elementClass == .float else {
      throw DatasetError(
        .type, at: place(dataset), "not numbers", expected: "integers or floats", found: "\(dataset.elementClass)")
    }
    if dataset.shape.first == 0 { throw DatasetError(.noRows, at: place(dataset), "the dataset has no rows") }
    guard !dataset.shape.isEmpty && dataset.rowCount > 0 else {
      throw DatasetError(
        .shape, at: place(dataset), "no rows of numbers", expected: "shape [rows, ...]", found: "\(dataset.shape)")
    }
    return dataset
  }

  private func targets(
    _ dataset: HDF5Dataset, _ range: Range<Int>, hasClasses: Bool, _ options: ReadOptions
  ) throws -> ([Float], TargetKind) {
    if hasClasses {
      let names = try HDF5Source.classNames(dataset)
      let labels: [Int64] = try dataset.read()
      return try WholeNumberTargets(labels, names: names, role: options.targets, at: place(dataset)).targets(range)
    }
    try checkMemory(dataset, range)
    let values: [Float] = try dataset.readRows(range)
    if options.nonFinite == .refuse {
      try requireFinite(values, columns: dataset.rowCount, firstRow: range.lowerBound, at: place(dataset))
    }
    return (values, .values)
  }

  private func checkMemory(_ dataset: HDF5Dataset, _ range: Range<Int>) throws {
    try Datasets.checkMemory(
      floats: range.count * dataset.rowCount, at: place(dataset), rows: range.count, columns: dataset.rowCount)
  }

  /// Where the names of the columns stand.
  public static func namesPath(of features: String) -> String { features + "_columns" }

  /// Names of the numbers of a row, from the strings beside the dataset; empty where there are none.
  static func columnNames(_ x: HDF5Dataset) throws -> [String] {
    let path = namesPath(of: x.path)
    guard x.shape.count == 2, try x.file.root.contains(path) else { return [] }
    guard let names = try? x.file.root.dataset(path), names.elementClass == .string else { return [] }
    guard names.count == x.rowCount else {
      throw DatasetError(
        .shape, at: "\(x.file.name): \(path)", "there are not as many names as columns",
        expected: "\(x.rowCount)", found: "\(names.count)")
    }
    return try names.readStrings()
  }

  static func classNames(_ dataset: HDF5Dataset) throws -> [String] {
    try dataset.hasAttribute("classes") ? dataset.stringsAttribute("classes") : []
  }
}

extension HDF5Dataset {
  /// Whether a number may have digits that float32 has not.
  var isWiderThanFloat: Bool { elementClass == .float ? elementSize > 4 : elementSize >= 4 }

  /// Reads numbers of some columns as doubles, less an origin each: calls `body` with row (counted within `range`), place of
  /// the column in `wanted`, and difference, which of whole numbers is exact.
  func eachDifference(
    _ range: Range<Int>, _ wanted: [Int], _ origins: [Double], _ body: (Int, Int, Double) -> Void
  ) throws {
    let stored = max(1, min(chunkShape?.first ?? 1, shape[0]))
    let portion = max(1, (1 << 18) / rowCount / stored) * stored
    var first = range.lowerBound
    while first < range.upperBound {
      let rows = first..<min(range.upperBound, (first + portion) / stored * stored)
      let part = rows.isEmpty ? first..<range.upperBound : rows
      let doubles: [Double] = try readRows(part)
      // Whole numbers beyond an Int64 are doubles; HDF5 would cut them off.
      let isWhole = elementClass == .integer && doubles.allSatisfy { abs($0) < 0x1p62 }
      let integers: [Int64] = isWhole ? try readRows(part) : []
      for row in 0..<part.count {
        for (place, column) in wanted.enumerated() {
          let index = row * rowCount + column
          body(
            part.lowerBound - range.lowerBound + row, place,
            isWhole ? difference(integers[index], origins[place]) : doubles[index] - origins[place])
        }
      }
      first = part.upperBound
    }
  }
}
