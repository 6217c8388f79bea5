internal import Kernels

/// Samples that are held in memory, as floats.
public struct InMemorySource: SampleSource {
  public let count: Int
  public let schema: SampleSchema
  public let sampleShape: [Int]
  public let targetColumns: Int
  public let targetKind: TargetKind
  public let fingerprint: String
  /// `[count, featureColumns]`, row-major.
  public let features: [Float]
  /// `[count, targetColumns]`, row-major.
  public let targets: [Float]
  /// Names of the columns where the source has them, else empty.
  public let featureNames: [String]
  public let origins: FeatureOrigins
  public let warnings: [String]

  /// Floats in one sample.
  public let featureColumns: Int

  /// - Parameters:
  ///   - features: `[count, product of sampleShape]`, row-major.
  ///   - targets: `[count, targetColumns]`, row-major.
  /// - Precondition: both hold the same number of whole rows, at least one, and classes are whole numbers in one column.
  public init(
    features: [Float], sampleShape: [Int], targets: [Float], targetColumns: Int, targetKind: TargetKind,
    featureNames: [String] = [], origins: FeatureOrigins = .none, warnings: [String] = []
  ) {
    let columns = sampleShape.reduce(1, *)
    precondition(columns > 0 && !features.isEmpty && features.count % columns == 0, "\(features.count) / \(columns)")
    count = features.count / columns
    featureColumns = columns
    schema = SampleSchema(sampleShape: sampleShape, targetColumns: targetColumns, targetKind: targetKind)
    precondition(count <= Int(Int32.max), "row numbers are Int32")
    precondition(targets.count == count * targetColumns, "\(targets.count) targets for \(count) rows")
    precondition(featureNames.isEmpty || featureNames.count == columns)
    if case .classes = targetKind { precondition(targetColumns == 1, "classes stand in one column") }
    self.sampleShape = sampleShape
    self.targetColumns = targetColumns
    self.targetKind = targetKind
    self.features = features
    self.targets = targets
    self.featureNames = featureNames
    self.origins = origins
    self.warnings = warnings

    var hash = Fingerprint()
    hash.add(sampleShape.count)
    for extent in sampleShape { hash.add(extent) }
    hash.add(targetColumns)
    hash.add(targetKind)
    hash.add(features)
    hash.add(targets)
    hash.add(origins)
    fingerprint = hash.hexadecimal
  }

  public func gather(_ rows: UnsafeBufferPointer<Int32>, into batch: Batch) {
    copyRows(rows, of: features, columns: featureColumns, to: batch.input(0))
    if targetColumns > 0 { copyRows(rows, of: targets, columns: targetColumns, to: batch.target(0)) }
  }

  private func copyRows(
    _ rows: UnsafeBufferPointer<Int32>, of values: [Float], columns: Int, to output: MutableMatrix
  ) {
    precondition(output.rows == rows.count && output.columns == columns, "\(rows.count) x \(columns)")
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      var destination = output.base
      for row in rows {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        let source = base + Int(row) * columns
        if columns < 16 {  // a call of memmove takes longer than the copy
          for column in 0..<columns { destination[column] = source[column] }
        } else {
          destination.update(from: source, count: columns)
        }
        destination += output.stride
      }
    }
  }

  public var targetRange: ClosedRange<Float>? {
    guard let low = targets.min(), let high = targets.max(), low <= high else { return nil }
    return low...high
  }

  /// A source of these rows alone, in the order given. Classes stay as they are, also those without a row.
  ///
  /// - Precondition: at least one row, each within `0..<count`.
  public func selecting(_ rows: [Int32]) -> InMemorySource {
    InMemorySource(
      features: selected(rows, of: features, columns: featureColumns), sampleShape: sampleShape,
      targets: selected(rows, of: targets, columns: targetColumns), targetColumns: targetColumns,
      targetKind: targetKind, featureNames: featureNames, origins: origins, warnings: warnings)
  }

  private func selected(_ rows: [Int32], of values: [Float], columns: Int) -> [Float] {
    guard columns > 0 else { return [] }
    return [Float](unsafeUninitializedCapacity: rows.count * columns) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      rows.withUnsafeBufferPointer {
        let output = MutableMatrix(base: base, rows: rows.count, columns: columns)
        copyRows($0, of: values, columns: columns, to: output)
      }
      initialized = rows.count * columns
    }
  }

  /// Rows without NaN and Inf, in order.
  public var finiteRows: [Int32] {
    (0..<count).filter { row in
      features[row * featureColumns..<(row + 1) * featureColumns].allSatisfy(\.isFinite)
        && targets[row * targetColumns..<(row + 1) * targetColumns].allSatisfy(\.isFinite)
    }.map { Int32($0) }
  }

  /// The same samples with other class numbers.
  func replacing(targets: [Float], _ kind: TargetKind) -> InMemorySource {
    InMemorySource(
      features: features, sampleShape: sampleShape, targets: targets, targetColumns: targetColumns, targetKind: kind,
      featureNames: featureNames, origins: origins, warnings: warnings)
  }

  /// The same samples with other features: of the same shape where there are as many columns.
  func replacing(features: [Float], columns: Int) -> InMemorySource {
    let isAlike = columns == featureColumns
    return InMemorySource(
      features: features, sampleShape: isAlike ? sampleShape : [columns], targets: targets,
      targetColumns: targetColumns, targetKind: targetKind, featureNames: isAlike ? featureNames : [], origins: origins,
      warnings: warnings)
  }
}
