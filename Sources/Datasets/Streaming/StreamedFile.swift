internal import HDF5Storage

/// An HDF5 file that is not to be read whole: looked at once, it gives sources that read it by chunks.
public final class StreamedFile: Sendable {
  let source: HDF5Source
  let rows: HDF5Rows
  let targetKind: TargetKind
  let targetRange: ClosedRange<Float>?
  private let sample: Fingerprint

  /// Targets are read at the start where a row has no more.
  private static let fewTargets = 16
  private static let enoughInOrder = 128_000_000

  /// A large HDF5 source; nil: it fits, or is of another kind.
  ///
  /// - Parameter bytes: what there is room for.
  /// - Throws: `DatasetError`.
  public convenience init?(_ source: DataSource, largerThan bytes: Int, options: ReadOptions) throws {
    guard case .hdf5(let path, let features, let targets, let range) = source else { return nil }
    do {
      let file = HDF5Source(path: path, features: features, targets: options.featuresAlone ? nil : targets, rows: range)
      let rows = try HDF5Rows(file, options)
      guard rows.bytes > bytes else { return nil }
      try self.init(rows)
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  private init(_ rows: HDF5Rows) throws {
    source = rows.source
    var sample = Fingerprint()
    for number in [rows.opened.sampleShape.count] + rows.opened.sampleShape { sample.add(number) }
    for number in [rows.targetColumns, rows.opened.range.lowerBound, rows.count, rows.opened.x.shape[0]] {
      sample.add(number)
    }
    let (kind, range, values) = try StreamedFile.scanTargets(rows, &sample)
    (targetKind, targetRange) = (kind, range)
    self.rows = HDF5Rows(rows, targets: values)
    sample.add(targetKind)
    try StreamedFile.sampleFeatures(rows, &sample)
    self.sample = sample
  }

  public var count: Int { rows.count }
  /// Floats of a sample.
  public var columns: Int { rows.columns }
  public var sampleShape: [Int] { rows.opened.sampleShape }
  public var featureNames: [String] { rows.opened.match.names }
  /// Bytes of a row in memory.
  public var rowBytes: Int { (rows.columns + rows.targetColumns) * 4 }

  /// Rows read as they are needed.
  ///
  /// - Parameters:
  ///   - selection: numbers of rows, ascending; nil: all.
  ///   - bytes: memory for them, for the window at hand and the next one.
  ///   - batch: rows that are prepared at once.
  ///   - isShuffled: whether an order depends on chunks and windows.
  /// - Throws: `DatasetError` where a stored chunk is larger than a window.
  public func source(
    _ selection: [Int32]?, scaling: Scaling, bytes: Int, batch: Int, isShuffled: Bool
  ) throws -> StreamedSource {
    // Where no order depends on the windows, a few chunks ahead are enough.
    let enough = max(StreamedFile.enoughInOrder, 2 * rows.storedChunkRows * rowBytes)
    return try StreamedSource(
      self, selection: selection, scaling: scaling, windowBytes: (isShuffled ? bytes : min(bytes, enough)) / 2,
      batch: batch, isShuffled: isShuffled)
  }

  /// Rows that fit, read when they are first needed and kept.
  public func kept(_ selection: [Int32], scaling: Scaling) -> KeptRows {
    KeptRows(self, selection: selection, scaling: scaling)
  }

  func fingerprint(selection: [Int32]?, scaling: Scaling, plan: [Int]) -> String {
    var hash = sample
    if let selection { hash.add(selection) }
    hash.add(scaling.method.rawValue)
    hash.add(scaling.offset)
    hash.add(scaling.scale)
    for number in plan { hash.add(number) }
    return "sampled:" + hash.hexadecimal
  }

  /// Counts the classes over the whole file, as a source in memory does, and hashes the targets as the run numbers them.
  private static func scanTargets(
    _ rows: HDF5Rows, _ hash: inout Fingerprint
  ) throws -> (TargetKind, ClosedRange<Float>?, [Float]?) {
    guard let y = rows.opened.y, y.rowCount <= fewTargets else { return (.values, nil, nil) }
    let place = rows.source.place(y)
    let portion = 1 << 18
    if rows.opened.hasClasses {
      let names = try HDF5Source.classNames(y)
      var classes = names.count
      for first in stride(from: 0, to: y.shape[0], by: portion) {
        let labels: [Int64] = try y.readRows(first..<min(first + portion, y.shape[0]))
        classes = max(classes, try classCount(labels, names: names, firstRow: first, at: place))
      }
      let (kind, numbers) = try numbering(rows, y, count: classes, names)
      for first in stride(from: 0, to: y.shape[0], by: portion) {
        let labels: [Int64] = try y.readRows(first..<min(first + portion, y.shape[0]))
        for label in labels {
          hash.add(UInt64(bitPattern: numbers.map { Int64($0[Int(label)] ?? -1) } ?? label))
        }
      }
      if case .classes(let count, _) = kind { classes = count }
      return (kind, 0...Float(max(classes - 1, 0)), numbers?.map { Float($0 ?? 0) })
    }
    var (low, high) = (Float.infinity, -Float.infinity)
    for first in stride(from: rows.opened.range.lowerBound, to: rows.opened.range.upperBound, by: portion) {
      let values: [Float] = try y.readRows(first..<min(first + portion, rows.opened.range.upperBound))
      if rows.options.nonFinite == .refuse {
        try requireFinite(values, columns: y.rowCount, firstRow: first, at: place)
      }
      for value in values { (low, high) = (min(low, value), max(high, value)) }
      hash.add(values)
    }
    return (.values, low <= high ? low...high : nil, nil)
  }

  /// Numbers of the file's classes in the training run; nil: their own.
  ///
  /// - Throws: `DatasetError` `labels` where a row has a class that the run does not know.
  private static func numbering(
    _ rows: HDF5Rows, _ y: HDF5Dataset, count: Int, _ names: [String]
  ) throws -> (TargetKind, [Int?]?) {
    let own = TargetKind.classes(count: count, names: names)
    guard let known = rows.options.classNames else { return (own, nil) }
    let place = rows.source.place(y)
    let classes = KnownClasses(known)
    let mapping = try classes.numbers(of: names, count: count, areText: false, at: place)
    if classes.agree(with: names, mapping) { return (own, nil) }
    var used = [Bool](repeating: false, count: count)
    let range = rows.opened.range
    for first in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 18) {
      let labels: [Int64] = try y.readRows(first..<min(first + 1 << 18, range.upperBound))
      for (row, label) in labels.enumerated() where !used[Int(label)] {
        used[Int(label)] = true
        guard mapping[Int(label)] == nil else { continue }
        let name = names.isEmpty ? "\(label)" : names[Int(label)]
        throw classes.unknown(name, at: "\(place), row \(first + row)")
      }
    }
    try classes.requireClear(mapping, found: names, used: used, at: place)
    return (.classes(count: known.count, names: known), mapping)
  }

  private static func sampleFeatures(_ rows: HDF5Rows, _ hash: inout Fingerprint) throws {
    let places = 64
    let length = min(max(1, (16 << 10) / (rows.columns * 4)), rows.count)
    for place in 0..<places {
      let first = rows.opened.range.lowerBound + (rows.count - length) * place / (places - 1)
      let x = rows.opened.x
      hash.add(rows.opened.match.selected(try x.readRows(first..<first + length), of: x.rowCount))
    }
  }
}
