internal import Glibc
internal import HDF5Storage
internal import Kernels

/// The rows of an HDF5 file, read as floats where and when they are asked for, whatever they are stored as.
final class HDF5Rows: RowReader {
  let source: HDF5Source
  let opened: HDF5Source.Opened
  let options: ReadOptions
  let origins: FeatureOrigins
  let schema: SampleSchema
  let targetRange: ClosedRange<Float>?
  let sample: Fingerprint
  private let meaning: WholeNumberTargets.Meaning
  private let classes: [Float]?
  private let stamp: FileStamp

  /// Floats read under one hold of the library's lock: some milliseconds, so that a checkpoint need not wait for long.
  private static let portion = 1 << 20

  /// - Throws: `DatasetError`, `HDF5Error`.
  init(_ source: HDF5Source, _ options: ReadOptions) throws {
    self.source = source
    self.options = options
    opened = try source.open(options)
    stamp = FileStamp(path: source.path)
    origins = .none
    meaning = .itself
    classes = nil
    schema = HDF5Rows.schema(source, opened, categories: [:], .values)
    targetRange = nil
    sample = Fingerprint()
  }

  /// The same rows with what was found in them.
  ///
  /// - Parameter classes: the class for each number that `meaning` gives; nil: itself.
  init(
    _ rows: HDF5Rows, categories: [Int: SampleSchema.Kind], kind: TargetKind, targetRange: ClosedRange<Float>?,
    sample: Fingerprint, origins: FeatureOrigins,
    targets meaning: WholeNumberTargets.Meaning, classes: [Float]?
  ) {
    (source, opened, options, stamp) = (rows.source, rows.opened, rows.options, rows.stamp)
    schema = HDF5Rows.schema(rows.source, rows.opened, categories: categories, kind)
    self.targetRange = targetRange
    self.sample = sample
    self.origins = origins
    self.meaning = meaning
    self.classes = classes
  }

  /// - Parameter categories: kinds of the inputs that are categories, by number.
  private static func schema(
    _ source: HDF5Source, _ opened: HDF5Source.Opened, categories: [Int: SampleSchema.Kind], _ kind: TargetKind
  ) -> SampleSchema {
    let fields = source.inputs.inputs.enumerated().map { number, input in
      SampleSchema.Field(input.name, shape: opened.shape(ofInput: number), kind: categories[number] ?? .values)
    }
    return SampleSchema(inputs: fields, targetShape: opened.targetShape, targetKind: kind)
  }

  var count: Int { opened.range.count }
  var columns: Int { opened.match.columns?.count ?? opened.x.rowCount }
  var targetColumns: Int { opened.y?.rowCount ?? 0 }
  /// Bytes of all rows as a source in memory holds them.
  var bytes: Int {
    let inputs = opened.inputs.indices.reduce(0) { sum, number in
      let isWhole = number > 0 || opened.match.columns == nil
      let size = isWhole && opened.kind(ofInput: number) == .values ? opened.inputs[number].storage.size : 4
      return sum + size * opened.columns(ofInput: number)
    }
    let target = opened.y.map { $0.rowCount == 1 ? 4 : $0.rowCount * $0.storage.size } ?? 0
    return count * (inputs + target)
  }

  var firstRow: Int { opened.range.lowerBound }
  var featureNames: [String] { opened.match.names }
  var place: String { source.place(opened.x) }
  var storedChunkRows: Int {
    opened.inputs.map { max(1, min($0.chunkShape?.first ?? 1, $0.shape[0])) }.max() ?? 1
  }

  /// - Throws: `DatasetError`: `nonFinite` where the policy refuses such values; `damagedFile` where the file has been
  ///   written to since it was opened.
  func read(_ rows: Range<Int>, into block: RowBlock, isUrgent: () -> Bool) throws {
    do {
      for (number, x) in opened.inputs.enumerated() {
        try read(x, rows, into: block.floats(ofInput: number), input: number, isUrgent)
      }
      guard let y = opened.y else { return }
      let targets = block.targets
      try read(y, rows, into: targets, input: nil, isUrgent)
      if meaning == .itself, classes == nil { return }
      for index in 0..<rows.count * targetColumns { targets[index] = target(targets[index]) }
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  /// What a number of the file is to the run.
  private func target(_ stored: Float) -> Float {
    let number = meaning.target(stored)
    return number.isFinite ? classes?[Int(number)] ?? number : number
  }

  func targetClasses() throws -> [Int32]? {
    guard let y = opened.y, y.rowCount == 1, case .classes = schema.targetKind else { return nil }
    do {
      let numbers: [Float] = try y.readRows(opened.range)
      return numbers.map { Int32(target($0)) }
    } catch let error as HDF5Error {
      throw DatasetError(error)
    }
  }

  private func read(
    _ dataset: HDF5Dataset, _ rows: Range<Int>, into floats: UnsafeMutablePointer<Float>, input: Int?,
    _ isUrgent: () -> Bool
  ) throws {
    let chosen = input == 0 ? opened.match.columns : nil
    guard FileStamp(path: source.path).agrees(with: stamp) else {
      throw DatasetError(
        .damagedFile, at: source.path, "the file has been written to while it was being read",
        remedy: "leave it alone, or give the run a copy")
    }
    let columns = chosen?.count ?? dataset.rowCount
    let stored = max(1, min(dataset.chunkShape?.first ?? 1, dataset.shape[0]))
    let portion = max(1, HDF5Rows.portion / dataset.rowCount / stored) * stored
    let first = opened.range.lowerBound
    var row = rows.lowerBound
    while row < rows.upperBound {
      // Portions end where stored chunks do: each of those is unpacked once.
      let end = min(rows.upperBound, (first + row + portion) / stored * stored - first)
      let next = end > row ? end : rows.upperBound
      let part = floats + (row - rows.lowerBound) * columns
      try HDF5Library.runInBackground(isUrgent) {
        if chosen != nil {
          let all = opened.match.selected(try dataset.readRows(first + row..<first + next), of: dataset.rowCount)
          all.withUnsafeBufferPointer { if let base = $0.baseAddress { part.update(from: base, count: all.count) } }
        } else {
          try dataset.read(
            into: UnsafeMutableBufferPointer(start: part, count: (next - row) * columns),
            rows: first + row..<first + next)
        }
        if let input { try measure(first + row..<first + next, input, into: part) }
      }
      if options.nonFinite == .refuse {
        try check(part, (next - row) * columns, columns, firstRow: first + row, dataset)
      }
      row = next
    }
  }

  /// An input of some rows of the file once more, from its origins.
  private func measure(_ rows: Range<Int>, _ input: Int, into floats: UnsafeMutablePointer<Float>) throws {
    if origins.isEmpty || opened.kind(ofInput: input) != .values { return }
    let origins = origins.part(opened.valueRange(ofInput: input))
    if origins.isEmpty { return }
    let columns = opened.columns(ofInput: input)
    let wanted = origins.columns
    let places = input == 0 ? opened.match.places(of: wanted) : wanted
    try opened.inputs[input].eachDifference(rows, places, wanted.map { origins.origin[$0] }) {
      row, place, difference in
      floats[row * columns + wanted[place]] = Float(difference / origins.unit[wanted[place]])
    }
  }

  private func check(
    _ values: UnsafeMutablePointer<Float>, _ count: Int, _ columns: Int, firstRow: Int, _ dataset: HDF5Dataset
  ) throws {
    guard Reductions.nonfiniteCount(Vector(base: values, count: count)) > 0 else { return }
    for index in 0..<count where !values[index].isFinite {
      throw nonFiniteValue(
        values[index], row: firstRow + index / columns, column: index % columns, at: source.place(dataset))
    }
  }
}
