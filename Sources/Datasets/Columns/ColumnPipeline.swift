public import HDF5Storage

/// What is done to features when rows are loaded: steps, each fitted to the training rows as those before have made them.
public struct ColumnPipeline: Sendable {
  public let steps: [any ColumnStep]

  /// Leaves features as they are.
  public static let none = ColumnPipeline([])

  /// Kinds of steps, in the order in which they are applied.
  static let kinds: [any ColumnStep.Type] = [Scaling.self]

  /// - Precondition: each step takes as many columns as the one before makes.
  public init(_ steps: [any ColumnStep]) {
    for (step, next) in zip(steps, steps.dropFirst()) {
      precondition(step.outputColumns == next.columns, "\(step.outputColumns) columns for \(next.columns)")
    }
    self.steps = steps
  }

  /// Fits rules to the rows of a source.
  public init(_ rules: [any ColumnRule], fittedTo source: InMemorySource) throws {
    var fitted = ColumnPipeline.none
    var rows = source
    for (number, rule) in rules.enumerated() {
      let step = try rule.fitted(to: rows)
      fitted = ColumnPipeline(fitted.steps + [step])
      if number + 1 < rules.count { rows = ColumnPipeline([step]).applied(to: rows) }
    }
    self = fitted
  }

  /// Fits rules to rows that are read by chunks.
  ///
  /// - Throws: `DatasetError`.
  public init(_ rules: [any ColumnRule], fittedTo rows: StreamedRows, selection: [Int32]?) throws {
    self = try rules.reduce(.none) { fitted, rule in
      ColumnPipeline(fitted.steps + [try rule.fitted(to: rows, selection: selection, after: fitted)])
    }
  }

  /// As a checkpoint holds it.
  ///
  /// - Throws: `ColumnError`.
  public init(restoring values: [StoredValue]) throws {
    let steps = try ColumnPipeline.kinds.compactMap { try $0.restored(from: values) }
    for (step, next) in zip(steps, steps.dropFirst()) where step.outputColumns != next.columns {
      throw ColumnError("one step makes \(step.outputColumns) columns, the next takes \(next.columns)")
    }
    self.init(steps)
  }

  /// Columns of the features that it was fitted to; nil: of any.
  public var columns: Int? { steps.first?.columns }

  /// Columns that it makes of so many.
  public func outputColumns(of columns: Int) -> Int { steps.last?.outputColumns ?? columns }

  /// What a checkpoint holds of it. A pipeline without scaling says so.
  public var stored: [StoredValue] {
    let stored = steps.flatMap(\.stored)
    return stored.word(Scaling.storedName) == nil ? Scaling.none.stored + stored : stored
  }

  /// The source with the steps applied to its features.
  ///
  /// - Precondition: fitted to as many features.
  public func applied(to source: InMemorySource) -> InMemorySource {
    if steps.isEmpty { return source }
    let features = applied(to: source.features, columns: source.featureColumns)
    return source.replacing(features: features, columns: outputColumns(of: source.featureColumns))
  }

  /// Whole rows, row-major, with the steps applied.
  public func applied(to features: [Float], columns: Int) -> [Float] {
    var features = features
    let rows = features.count / columns
    for step in steps {
      precondition(features.count == rows * step.columns, "fitted to \(step.columns) features")
      if step.outputColumns == step.columns {
        features.withUnsafeMutableBufferPointer {
          guard let base = $0.baseAddress else { return }
          step.apply(rows: rows, input: base, output: base)
        }
      } else {
        features = [Float](unsafeUninitializedCapacity: rows * step.outputColumns) { output, count in
          count = rows * step.outputColumns
          features.withUnsafeBufferPointer {
            guard let input = $0.baseAddress, let base = output.baseAddress else { return }
            step.apply(rows: rows, input: input, output: base)
          }
        }
      }
    }
    return features
  }

  /// Applies the steps to rows that `read` fills, straight into `output` where no step changes their width.
  ///
  /// - Parameters:
  ///   - columns: of the rows that are read.
  ///   - output: overwritten, `[rows, outputColumns(of: columns)]`.
  func read(
    rows: Int, columns: Int, into output: UnsafeMutablePointer<Float>,
    by read: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    precondition(self.columns ?? columns == columns, "fitted to \(self.columns ?? 0) features")
    guard steps.allSatisfy({ $0.outputColumns == $0.columns }) else {
      let values = try [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
        if let base = buffer.baseAddress { try read(base) }
        count = rows * columns
      }
      let made = applied(to: values, columns: columns)
      return made.withUnsafeBufferPointer {
        if let base = $0.baseAddress { output.update(from: base, count: made.count) }
      }
    }
    try read(output)
    for step in steps { step.apply(rows: rows, input: output, output: output) }
  }

  func add(to hash: inout Fingerprint) {
    if steps.isEmpty { Scaling.none.add(to: &hash) }
    for step in steps { step.add(to: &hash) }
  }
}
