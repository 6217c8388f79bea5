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
    let categories = try scanCategories(rows)
    if rows.source.inputs.areNamed {
      let named = HDF5Rows(
        rows, categories: categories, kind: .values, targetRange: nil, sample: sample, origins: .none,
        targets: .itself, classes: nil)
      sample.add(named: named.schema.inputs)
    }
    let (kind, range, meaning, classes) = try scanTargets(rows, &sample)
    sample.add(kind)
    try sampleFeatures(rows, &sample)
    let origins = try origins(rows)
    sample.add(origins)
    return HDF5Rows(
      rows, categories: categories, kind: kind, targetRange: range, sample: sample, origins: origins, targets: meaning,
      classes: classes)
  }

  /// What the inputs are that are categories, by number.
  private static func scanCategories(_ rows: HDF5Rows) throws -> [Int: SampleSchema.Kind] {
    var kinds: [Int: SampleSchema.Kind] = [:]
    for (number, x) in rows.opened.inputs.enumerated() where rows.opened.kind(ofInput: number) == .categories {
      var found = CategoryRange()
      try x.eachPortion { _, numbers in
        try found.add(numbers, columns: x.rowCount, at: rows.source.place(x))
      }
      kinds[number] = found.kind
    }
    return kinds
  }

  /// Where features are measured from: fitted in a pass over the rows, if that is asked for and their type has more digits
  /// than float32.
  private static func origins(_ rows: HDF5Rows) throws -> FeatureOrigins {
    let opened = rows.opened
    switch rows.options.origins {
    case .asWritten: return .none
    case .given(let origins):
      try rows.options.requireOrigins(columns: opened.valueColumns, at: rows.source.place(opened.x))
      return origins
    case .digits, .fitted:
      let parts = try opened.inputs.indices.filter { opened.kind(ofInput: $0) == .values }.map {
        (try origins(rows, ofInput: $0), opened.columns(ofInput: $0))
      }
      return FeatureOrigins(joining: parts)
    }
  }

  /// The same of one input.
  private static func origins(_ rows: HDF5Rows, ofInput number: Int) throws -> FeatureOrigins {
    let (opened, x, range) = (rows.opened, rows.opened.inputs[number], rows.opened.range)
    guard x.isWiderThanFloat else { return .none }
    let columns = opened.columns(ofInput: number)
    var bounds = FloatBounds(columns: columns)
    let portion = max(1, (1 << 20) / x.rowCount / rows.storedChunkRows) * rows.storedChunkRows
    for first in stride(from: range.lowerBound, to: range.upperBound, by: portion) {
      let part: [Float] = try x.readRows(first..<min(first + portion, range.upperBound))
      (number == 0 ? opened.match.selected(part, of: x.rowCount) : part).withUnsafeBufferPointer { bounds.add($0) }
    }
    let reading = opened.reading(ofInput: number, at: rows.source.place(x), .floats([]))
    return FeatureReading.origins(
      try reading.ranges(of: reading.suspects(bounds)), columns: columns,
      digitsAlone: rows.options.origins == .digits)
  }

  /// Looks at the targets of the whole file, as a source in memory does, and hashes them as the run numbers them.
  ///
  /// - Returns: what they are, the smallest and the largest, what a number in the file means, and the run's class for it.
  private static func scanTargets(
    _ rows: HDF5Rows, _ hash: inout Fingerprint
  ) throws -> (TargetKind, ClosedRange<Float>?, WholeNumberTargets.Meaning, classes: [Float]?) {
    guard let y = rows.opened.y, y.rowCount <= fewTargets || rows.opened.hasClasses else {
      return (.values, nil, .itself, nil)
    }
    let place = rows.source.place(y)
    let portion = max(1, (1 << 18) / y.rowCount)
    if rows.opened.hasClasses {
      let names = try HDF5Source.classNames(y)
      var found = WholeNumberTargets.WholeNumberRange(columns: y.rowCount)
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
    // The hash depends on the portions.
    let few = 1 << 18
    for first in stride(from: rows.opened.range.lowerBound, to: rows.opened.range.upperBound, by: few) {
      let values: [Float] = try y.readRows(first..<min(first + few, rows.opened.range.upperBound))
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
    let dataset = rows.source.place(y)
    let classes = KnownClasses(known)
    let mapping = try classes.numbers(of: names, count: count, areText: false, at: dataset)
    if classes.agree(with: names, mapping) { return (own, nil) }
    var used = [Bool](repeating: false, count: count)
    let range = rows.opened.range
    let portion = max(1, (1 << 18) / y.rowCount)
    for first in stride(from: range.lowerBound, to: range.upperBound, by: portion) {
      let labels: [Int64] = try y.readRows(first..<min(first + portion, range.upperBound))
      for (place, label) in labels.enumerated() {
        let number = Int(meaning.target(Float(label)))
        if used[number] { continue }
        used[number] = true
        guard mapping[number] == nil else { continue }
        throw classes.unknown(
          names.isEmpty ? "\(label)" : names[number], at: "\(dataset), row \(first + place / y.rowCount)")
      }
    }
    try classes.requireClear(mapping, found: names, used: used, at: dataset)
    return (.classes(count: known.count, names: known), mapping.map { Float($0 ?? 0) })
  }

  private static func sampleFeatures(_ rows: HDF5Rows, _ hash: inout Fingerprint) throws {
    let places = 64
    for (number, x) in rows.opened.inputs.enumerated() {
      let length = min(max(1, (16 << 10) / (rows.opened.columns(ofInput: number) * 4)), rows.count)
      for place in 0..<places {
        let first = rows.opened.range.lowerBound + (rows.count - length) * place / (places - 1)
        let part: [Float] = try x.readRows(first..<first + length)
        hash.add(number == 0 ? rows.opened.match.selected(part, of: x.rowCount) : part)
      }
    }
  }
}
