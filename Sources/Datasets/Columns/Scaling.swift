public import HDF5Storage

/// Brings features to a common size: `(x - offset) / scale`, per feature. Fitted on training rows, applied to all.
public struct Scaling: Sendable, Equatable {
  public let method: ScalingMethod
  /// Subtracted from each feature; empty for `none`.
  public let offset: [Float]
  /// Divides each feature; 1 where the feature is constant; empty for `none`.
  public let scale: [Float]

  /// Leaves features as they are.
  public static let none = Scaling(method: .none, offset: [], scale: [])

  /// A scaling as it was stored.
  ///
  /// - Precondition: as many offsets as scales; none for `none`.
  public init(method: ScalingMethod, offset: [Float], scale: [Float]) {
    precondition(offset.count == scale.count && (method != .none || offset.isEmpty))
    self.method = method
    self.offset = offset
    self.scale = scale
  }

  /// Fits to `rows` of a source (all if nil). Sums are taken in Double.
  ///
  /// - Precondition: at least one row.
  public init(_ method: ScalingMethod, fittedTo source: InMemorySource, rows: [Int32]? = nil) {
    let columns = source.featureColumns
    let rows = rows ?? (0..<Int32(source.count)).map { $0 }
    precondition(!rows.isEmpty, "no rows to fit to")
    if method == .none {
      self.init(method: .none, offset: [], scale: [])
      return
    }
    var low = [Float](repeating: .infinity, count: columns)
    var high = [Float](repeating: -.infinity, count: columns)
    var mean = [Double](repeating: 0, count: columns)
    var variance = mean
    if let padding = source.padding {
      self.init(method, padding, source.features, columns: columns, rows: rows)
      return
    }
    source.features.withUnsafeBufferPointer { features in
      for row in rows {
        for column in 0..<columns {
          let value = features[Int(row) * columns + column]
          low[column] = min(low[column], value)
          high[column] = max(high[column], value)
          mean[column] += Double(value)
        }
      }
      for column in 0..<columns { mean[column] /= Double(rows.count) }
      for row in rows {
        for column in 0..<columns {
          let difference = Double(features[Int(row) * columns + column]) - mean[column]
          variance[column] += difference * difference
        }
      }
    }
    self.init(method, low: low, high: high, mean: mean, variance: variance.map { $0 / Double(rows.count) })
  }

  /// Fits to what is no padding.
  private init(_ method: ScalingMethod, _ padding: [Bool], _ features: [Float], columns: Int, rows: [Int32]) {
    // Nothing is known of a position that no row reaches: it stays as it is.
    var (low, high) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
    var (mean, variance) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
    for column in 0..<columns {
      let values = rows.lazy.map { Int($0) * columns + column }.filter { !padding[$0] }.map { features[$0] }
      guard let smallest = values.min(), let largest = values.max() else { continue }
      (low[column], high[column]) = (smallest, largest)
      let count = Double(values.count)
      mean[column] = values.reduce(0) { $0 + Double($1) } / count
      variance[column] = values.reduce(0) { $0 + (Double($1) - mean[column]) * (Double($1) - mean[column]) } / count
    }
    self.init(method, low: low, high: high, mean: mean, variance: variance)
  }

  /// From figures of each feature: smallest, largest, mean, variance of the population.
  init(_ method: ScalingMethod, low: [Float], high: [Float], mean: [Double], variance: [Double]) {
    let columns = low.count
    let spread = (0..<columns).map { column in
      method == .minMax ? high[column] - low[column] : Float(variance[column].squareRoot())
    }
    self.init(
      method: method,
      // The rounded mean of a constant is not always the constant: take the value itself, and it becomes 0.
      offset: (0..<columns).map { method == .minMax || low[$0] == high[$0] ? low[$0] : Float(mean[$0]) },
      scale: (0..<columns).map { low[$0] == high[$0] || !spread[$0].isNormal ? 1 : spread[$0] })
  }
}

/// The simplest step. In a checkpoint: the attribute `scaling`, the method's word; `scaling_offset`, `scaling_scale`.
extension Scaling: ColumnStep {
  static let storedName = "scaling"

  public static func restored(from values: [StoredValue]) throws -> Scaling? {
    let (offset, scale) = (values.floats("scaling_offset") ?? [], values.floats("scaling_scale") ?? [])
    let word = values.word(storedName) ?? ScalingMethod.none.rawValue
    guard let method = ScalingMethod(rawValue: word), offset.count == scale.count, (method == .none) == offset.isEmpty
    else { throw ColumnError("scaling \(word), but figures for \(offset.count) and \(scale.count) features") }
    return method == .none ? nil : Scaling(method: method, offset: offset, scale: scale)
  }

  public var columns: Int { offset.count }

  public var stored: [StoredValue] {
    let word = StoredValue(Scaling.storedName, .word(method.rawValue))
    if offset.isEmpty { return [word] }
    return [word, StoredValue("scaling_offset", .floats(offset)), StoredValue("scaling_scale", .floats(scale))]
  }

  public func apply(rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    let columns = offset.count
    offset.withUnsafeBufferPointer { offset in
      scale.withUnsafeBufferPointer { scale in
        for start in stride(from: 0, to: rows * columns, by: max(1, columns)) {
          for column in 0..<columns {
            output[start + column] = (input[start + column] - offset[column]) / scale[column]
          }
        }
      }
    }
  }

  public func add(to hash: inout Fingerprint) {
    hash.add(method.rawValue)
    hash.add(offset)
    hash.add(scale)
  }
}
