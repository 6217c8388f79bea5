internal import HDF5Storage

/// Samples in an HDF5 file: one dataset of features, one of targets, a row of each for a sample.
///
/// Features may be numbers of any type, and have any shape of samples; of one extent, each number is a sample.
/// Whole-number targets in one column are classes 0..<count (counted over the whole file; named by the attribute
/// `classes` of the targets, if there is one); all other targets are values.
public struct HDF5Source: Sendable, Equatable {
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

    var sampleShape: [Int] { x.shape.count == 1 ? [1] : Array(x.shape.dropFirst()) }
    /// Whether the targets are class numbers.
    var hasClasses: Bool { y.map { $0.elementClass == .integer && $0.rowCount == 1 } ?? false }
  }

  func open() throws -> Opened {
    let file = try HDF5File(readingAt: path)
    let x = try numbers(features, in: file)
    let y = try targets.map { try numbers($0, in: file) }
    if let y, y.shape[0] != x.shape[0] {
      throw DatasetError(
        .shape, at: place(y), "features and targets differ in rows", expected: "\(x.shape[0]) rows, as \(x.path) has",
        found: "\(y.shape[0])")
    }
    return Opened(file: file, x: x, y: y, range: try rows.resolved(count: x.shape[0], at: place(x)))
  }

  private func read(_ options: ReadOptions) throws -> InMemorySource {
    let opened = try open()
    let values = try floats(opened.x, opened.range, options.nonFinite)
    var (targetValues, kind) = ([Float](), TargetKind.values)
    if let y = opened.y {
      (targetValues, kind) = try self.targets(y, opened.range, hasClasses: opened.hasClasses, options.nonFinite)
    }
    try opened.file.close()
    return InMemorySource(
      features: values, sampleShape: opened.sampleShape, targets: targetValues,
      targetColumns: opened.y?.rowCount ?? 0, targetKind: kind)
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

  private func floats(_ dataset: HDF5Dataset, _ range: Range<Int>, _ policy: NonFinitePolicy) throws -> [Float] {
    try checkMemory(
      floats: range.count * dataset.rowCount, at: place(dataset), rows: range.count, columns: dataset.rowCount)
    let values: [Float] = try dataset.readRows(range)
    if policy == .refuse {
      try requireFinite(values, columns: dataset.rowCount, firstRow: range.lowerBound, at: place(dataset))
    }
    return values
  }

  private func targets(
    _ dataset: HDF5Dataset, _ range: Range<Int>, hasClasses: Bool, _ policy: NonFinitePolicy
  ) throws -> ([Float], TargetKind) {
    guard hasClasses else { return (try floats(dataset, range, policy), .values) }
    let labels: [Int64] = try dataset.read()
    let names = try HDF5Source.classNames(dataset)
    let count = try classCount(labels, names: names, at: place(dataset))
    return (labels[range].map { Float($0) }, .classes(count: count, names: names))
  }

  static func classNames(_ dataset: HDF5Dataset) throws -> [String] {
    try dataset.hasAttribute("classes") ? dataset.stringsAttribute("classes") : []
  }
}

/// Classes that these labels speak of: one more than the largest, or as many as there are names.
///
/// - Parameter firstRow: number of the first label's row, for errors.
/// - Throws: `DatasetError` `labels`.
func classCount(_ labels: [Int64], names: [String], firstRow: Int = 0, at place: String) throws -> Int {
  let largest = labels.max() ?? 0
  let limit = names.isEmpty ? Int64(1 << 24) : Int64(names.count)
  for (row, label) in labels.enumerated() where label < 0 || label >= limit {
    throw DatasetError(
      .labels, at: place, "row \(firstRow + row) is no class number", expected: "0 to \(limit - 1)", found: "\(label)",
      remedy: "whole numbers are classes; store values as floating-point numbers")
  }
  return max(Int(largest) + 1, names.count)
}
