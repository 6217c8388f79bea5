internal import Files

/// Samples in an archive of NumPy arrays, as `numpy.savez` and `savez_compressed` write it.
///
/// Features may be numbers of any type and order, and have any shape of samples; of one extent, each number is a sample.
/// Inputs that are given by name are fields of these names; what their numbers are, says `InputKind`.
/// Whole-number targets in one column are classes 0..<count (counted over the whole array); in several they are where the
/// loss needs classes. All other targets are values.
public struct NPZSource: Sendable, Hashable {
  public var path: String
  /// Names of the inputs' arrays.
  public var inputs: InputArrays
  /// Name of the targets' array; nil for features alone.
  public var targets: String?
  public var rows: RowRange
  /// What samples are windows of; nil: each row is one.
  public var windows: SeriesWindows?
  /// Arrays that say how many positions of a row count; nil: all do.
  public var lengths: LengthArrays?
  /// Array of what each row counts for; nil: each for 1.
  public var weights: String?

  public init(path: String, features: String = "x", targets: String? = "y", rows: RowRange = RowRange()) {
    self.init(path: path, inputs: InputArrays(features), targets: targets, rows: rows)
  }

  public init(path: String, inputs: InputArrays, targets: String? = "y", rows: RowRange = RowRange()) {
    self.path = path
    self.inputs = inputs
    self.targets = targets
    self.rows = rows
  }

  /// Reads the rows into memory.
  ///
  /// - Throws: `DatasetError`.
  public func load(_ options: ReadOptions = ReadOptions()) throws -> InMemorySource {
    try withBytes(ofFile: path) { bytes in
      let archive = try ZipArchive(bytes, path: path)
      let tables = try inputs.arrays.map { try table($0, in: archive) }
      var found = InputLengths.none
      for (number, name) in try lengths?.numbered(inputs, at: path) ?? [] {
        let array = try table(name, in: archive)
        guard array.type.isInteger, array.columns == 1 else {
          throw DatasetError(
            .type, at: array.place, "these are no lengths", expected: "whole numbers, one a row",
            found: "\(array.type) \(array.shape)")
        }
        found[number] = try RowLengths(
          array.integers(), rows: tables[0].rows, shape: tables[number].sampleShape, at: array.place)
      }
      let source = try InMemorySource(
        inputs: inputs, tables: tables, targets: try targets.map { try table($0, in: archive) }, lengths: found,
        rows: rows, options: options)
      guard let weights, targets != nil else { return source }
      let array = try table(weights, in: archive)
      guard array.columns == 1, array.rows == tables[0].rows else {
        throw DatasetError(
          .shape, at: array.place, "there is not one weight for each row", expected: "[\(tables[0].rows)]",
          found: "\(array.shape)")
      }
      let range = try rows.resolved(count: array.rows, at: array.place)
      let numbers = try array.floats(range)
      try SampleWeights.check(
        numbers, firstRow: range.lowerBound, options.nonFinite, at: array.place)
      return source.weighted(by: numbers)
    }
  }

  /// The series that the rows belong to, from an array of whole numbers.
  public func groups(named name: String) throws -> RowGroups { try groups(name) }

  func groups(_ name: String) throws -> RowGroups {
    try withBytes(ofFile: path) { bytes in
      let archive = try ZipArchive(bytes, path: path)
      let (table, x) = (try table(name, in: archive), try table(inputs.first, in: archive))
      guard table.type.isInteger else {
        throw DatasetError(
          .type, at: table.place, "these are no names of series or groups", expected: "whole numbers",
          found: "\(table.type)")
      }
      guard table.columns == 1, table.rows == x.rows else {
        throw DatasetError(
          .shape, at: table.place, "there is not one name of a series or group for each row", expected: "[\(x.rows)]",
          found: "\(table.shape)")
      }
      let range = try rows.resolved(count: table.rows, at: table.place)
      return RowGroups(try table.integers()[range].lazy.map { String($0) })
    }
  }

  private func table(_ name: String, in archive: ZipArchive) throws -> NumberTable {
    guard let member = archive.members.first(where: { $0.name == name + ".npy" || $0.name == name }) else {
      let names = archive.members.map { $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name }
      throw DatasetError(
        .missingName, at: path, "there is no array `\(name)`",
        found: names.isEmpty ? "nothing" : names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : ""),
        remedy: nearestName(to: name, in: names).map { "did you mean `\($0)`?" })
    }
    let place = "\(path): \(name)"
    let stream = try archive.stream(member)
    let header = try NPYHeader(stream, at: place)
    return try NumberTable(
      stream, at: place, type: header.type, shape: header.shape, isColumnMajor: header.isColumnMajor,
      remaining: member.size - header.length
    ) {
      let stream = try archive.stream(member)
      _ = try stream.read(header.length)
      return stream
    }
  }
}
