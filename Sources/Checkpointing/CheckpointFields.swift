internal import HDF5Storage

/// What a number in a checkpoint may be. A digest says that a file is as it was written, and not by whom: what is read is
/// checked here before it becomes an index, a count or a factor.
enum CheckpointRange {
  /// Updates, rows: their sums and neighbours are whole numbers too.
  static let steps = 0...1 << 53
  /// Epochs, attempts, rollbacks, epochs waited.
  static let counts = 0...Int(Int32.max)
  static let flag = 0...1
  /// As a recipe may have them.
  static let shards = 1...1024
  static let batchSize = 1...Int(Int32.max)
  static let historyRows = 2...1 << 24
  static let olderHistoryRows = 2...1 << 16
  /// Steps that one row of the history stands for.
  static let mergedRows = 1...1 << 40
  /// Places along the axis of a series.
  static let positions = 1...4096
  /// Extents of a sample or of a layer's output: their product fits too.
  static let extent = 1...Int(Int32.max)
  static let rank = 8
  /// Running scalars of an optimizer, numbers of a monitor.
  static let state = 0...64
  /// Rungs of a ladder, and their number.
  static let rungs = 0...1000
  /// Layers of a model, metrics.
  static let names = 0...100_000
}

/// The only doors by which attributes of a checkpoint are read: each asks what the value may be.
extension HDF5Object {
  /// - Throws: `CheckpointError` `damaged` where it is no whole number of the range; `HDF5Error` where it is none at all.
  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    let value = Int(try attribute(name, as: Int64.self))
    guard range.contains(value) else {
      throw refused(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", "\(value)")
    }
    return value
  }

  func number(_ name: String, _ requirement: NumberRequirement = .any) throws -> Double {
    let value: Double = try attribute(name)
    guard requirement.allows(value) else { throw refused(name, requirement.rawValue, "\(value)") }
    return value
  }

  func numbers(
    _ name: String, count: ClosedRange<Int> = CheckpointRange.state, _ requirement: NumberRequirement = .any
  ) throws -> [Double] {
    let values: [Double] = try attributeValues(name)
    guard count.contains(values.count) else {
      throw refused(name, "\(count.lowerBound) to \(count.upperBound) numbers", "\(values.count)")
    }
    if let bad = values.first(where: { !requirement.allows($0) }) {
      throw refused(name, requirement.rawValue, "\(bad)")
    }
    return values
  }

  /// Whole numbers that count something, as many as a series may have.
  func positions(_ name: String) throws -> [Int64] {
    let values: [Int64] = try attributeValues(name)
    guard CheckpointRange.positions.contains(values.count) else {
      throw refused(name, "up to \(CheckpointRange.positions.upperBound) numbers", "\(values.count)")
    }
    if let bad = values.first(where: { !CheckpointRange.counts.contains(Int($0)) }) {
      throw refused(name, "whole numbers from 0 to \(CheckpointRange.counts.upperBound)", "\(bad)")
    }
    return values
  }

  /// Extents whose product is an `Int32` too.
  func extents(_ name: String) throws -> [Int] {
    let values: [Int64] = try attributeValues(name)
    var product = 1
    for value in values {
      let (next, overflow) = product.multipliedReportingOverflow(by: Int(value))
      guard CheckpointRange.extent.contains(Int(value)), !overflow, CheckpointRange.extent.contains(next) else {
        throw refused(name, "extents of at least 1 with a product up to \(Int32.max)", "\(values)")
      }
      product = next
    }
    guard values.count <= CheckpointRange.rank else {
      throw refused(name, "at most \(CheckpointRange.rank) extents", "\(values.count)")
    }
    return values.map { Int($0) }
  }

  /// Different names, none of them empty.
  func names(_ name: String) throws -> [String] {
    let names = try stringsAttribute(name)
    guard CheckpointRange.names.contains(names.count), Set(names).count == names.count, !names.contains("") else {
      throw refused(name, "up to \(CheckpointRange.names.upperBound) different names", "\(names.count) names")
    }
    return names
  }

  private func refused(_ name: String, _ expected: String, _ found: String) -> CheckpointError {
    CheckpointError(.damaged, "\(file.name): \(path)@\(name): expected \(expected), found \(found)")
  }
}

/// What a floating-point number of a checkpoint must be.
enum NumberRequirement: String {
  case any = "a number"
  case finite = "a finite number"
  case notNegative = "a finite number from 0 on"
  case positive = "a finite number above 0"
  case fraction = "a number from 0 to 1, or NaN"

  func allows(_ value: Double) -> Bool {
    switch self {
    case .any: true
    case .finite: value.isFinite
    case .notNegative: value.isFinite && value >= 0
    case .positive: value.isFinite && value > 0
    case .fraction: value.isNaN || (value >= 0 && value <= 1)
    }
  }
}

/// The same for datasets.
extension HDF5Group {
  /// Whole numbers of one column.
  ///
  /// - Parameter rows: how many there must be; nil: any number.
  func integers(_ name: String, in range: ClosedRange<Int>, rows: Int? = nil) throws -> [Int64] {
    let dataset = try dataset(name)
    try expect(dataset, [rows ?? dataset.count])
    let values: [Int64] = try dataset.read()
    if let bad = values.first(where: { !range.contains(Int($0)) }) {
      throw CheckpointError(
        .damaged,
        "\(file.name): \(dataset.path): expected whole numbers from \(range.lowerBound) to \(range.upperBound), "
          + "found \(bad)")
    }
    return values
  }

  /// Numbers of one column, or of one row a step and one column a layer.
  func numbers<Element: HDF5Element & BinaryFloatingPoint>(
    _ name: String, shape: [Int], _ requirement: NumberRequirement = .any
  ) throws -> [Element] {
    let dataset = try dataset(name)
    try expect(dataset, shape)
    let values: [Element] = try dataset.read()
    if let bad = values.first(where: { !requirement.allows(Double($0)) }) {
      throw CheckpointError(.damaged, "\(file.name): \(dataset.path): expected \(requirement.rawValue), found \(bad)")
    }
    return values
  }

  /// Strings of one column.
  func strings(_ name: String, rows: Int? = nil) throws -> [String] {
    let dataset = try dataset(name)
    try expect(dataset, [rows ?? dataset.count])
    return try dataset.readStrings()
  }

  private func expect(_ dataset: HDF5Dataset, _ shape: [Int]) throws {
    guard dataset.shape == shape else {
      throw CheckpointError(
        .damaged, "\(file.name): \(dataset.path): expected shape \(shape), found \(dataset.shape)")
    }
  }
}
