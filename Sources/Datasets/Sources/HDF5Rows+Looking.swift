internal import HDF5Storage

/// What is looked at of an HDF5 file that is read by chunks, when it is opened.
extension HDF5Rows {
  /// Targets are read at the start where a row has no more.
  private static let fewTargets = 16

  /// The rows with what was found in them.
  static func looked(at rows: HDF5Rows) throws -> HDF5Rows {
    var sample = Fingerprint()
    for number in [rows.schema.sampleShape.count] + rows.schema.sampleShape { sample.add(number) }
    for number in [rows.targetColumns, rows.opened.range.lowerBound, rows.count, rows.opened.x.shape[0]] {
      sample.add(number)
    }
    let (kind, range, meaning, classes) = try scanTargets(rows, &sample)
    sample.add(kind)
    try sampleFeatures(rows, &sample)
    let origins = try origins(rows)
    sample.add(origins)
    return HDF5Rows(
      rows, kind: kind, targetRange: range, sample: sample, origins: origins, targets: meaning, classes: classes)
  }

  /// Where features are measured from: fitted in a pass over the rows, if that is asked for and their type has more digits
  /// than float32.
  private static func origins(_ rows: HDF5Rows) throws -> FeatureOrigins {
    let (opened, x, range) = (rows.opened, rows.opened.x, rows.opened.range)
    let place = rows.source.place(x)
    switch rows.options.origins {
    case .asWritten: return .none
    case .given(let origins):
      guard origins.isEmpty || origins.origin.count == rows.columns else {
        throw DatasetError(
          .shape, at: place, "the run was trained on other features", expected: "\(origins.origin.count) of them",
          found: "\(rows.columns)")
      }
      return origins
    case .digits, .fitted:
      guard x.isWiderThanFloat else { return .none }
      var bounds = FloatBounds(columns: rows.columns)
      let portion = max(1, (1 << 20) / x.rowCount / rows.storedChunkRows) * rows.storedChunkRows
      for first in stride(from: range.lowerBound, to: range.upperBound, by: portion) {
        let part: [Float] = try x.readRows(first..<min(first + portion, range.upperBound))
        opened.match.selected(part, of: x.rowCount).withUnsafeBufferPointer { bounds.add($0) }
      }
      let reading = opened.reading(at: place, .floats([]))
      return FeatureReading.origins(
        try reading.ranges(of: reading.suspects(bounds)), columns: rows.columns,
        digitsAlone: rows.options.origins == .digits)
    }
  }

  /// Looks at the targets of the whole file, as a source in memory does, and hashes them as the run numbers them.
  ///
  /// - Returns: what they are, the smallest and the largest, what a number in the file means, and the run's class for it.
  private static func scanTargets(
    _ rows: HDF5Rows, _ hash: inout Fingerprint
  ) throws -> (TargetKind, ClosedRange<Float>?, WholeNumberTargets.Meaning, classes: [Float]?) {
    guard let y = rows.opened.y, y.rowCount <= fewTargets else { return (.values, nil, .itself, nil) }
    let place = rows.source.place(y)
    let portion = 1 << 18
    if rows.opened.hasClasses {
      let names = try HDF5Source.classNames(y)
      var found = WholeNumberTargets.WholeNumberRange()
      for first in stride(from: 0, to: y.shape[0], by: portion) {
        let labels: [Int64] = try y.readRows(first..<min(first + portion, y.shape[0]))
        for label in labels { found.add(Double(label)) }
      }
      let (own, meaning) = try found.targets(names: names, role: rows.options.targets, at: place)
      let (kind, classes) = try numbering(rows, y, own, meaning)
      func target(_ label: Int64) -> Float {
        let number = meaning.target(Float(label))
        return classes?[Int(number)] ?? number
      }
      var (low, high) = (Float.infinity, -Float.infinity)
      for first in stride(from: 0, to: y.shape[0], by: portion) {
        let labels: [Int64] = try y.readRows(first..<min(first + portion, y.shape[0]))
        for label in labels {
          let target = target(label)
          (low, high) = (min(low, target), max(high, target))
          hash.add(UInt64(bitPattern: classes == nil ? label : Int64(target)))
        }
      }
      return (kind, low...high, meaning, classes)
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
    return (.values, low <= high ? low...high : nil, .itself, nil)
  }

  /// The run's classes for those of the file; nil: their own.
  ///
  /// - Throws: `DatasetError` `labels` where a row has a class that the run does not know.
  private static func numbering(
    _ rows: HDF5Rows, _ y: HDF5Dataset, _ own: TargetKind, _ meaning: WholeNumberTargets.Meaning
  ) throws -> (TargetKind, [Float]?) {
    guard let known = rows.options.classNames, case .classes(let count, let names) = own else { return (own, nil) }
    let place = rows.source.place(y)
    let classes = KnownClasses(known)
    let mapping = try classes.numbers(of: names, count: count, areText: false, at: place)
    if classes.agree(with: names, mapping) { return (own, nil) }
    var used = [Bool](repeating: false, count: count)
    let range = rows.opened.range
    for first in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 18) {
      let labels: [Int64] = try y.readRows(first..<min(first + 1 << 18, range.upperBound))
      for (row, label) in labels.enumerated() {
        let number = Int(meaning.target(Float(label)))
        if used[number] { continue }
        used[number] = true
        guard mapping[number] == nil else { continue }
        throw classes.unknown(names.isEmpty ? "\(label)" : names[number], at: "\(place), row \(first + row)")
      }
    }
    try classes.requireClear(mapping, found: names, used: used, at: place)
    return (.classes(count: known.count, names: known), mapping.map { Float($0 ?? 0) })
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
