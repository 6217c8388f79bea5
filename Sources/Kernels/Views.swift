// Views: trivial (pointer and extents), row-major, without ownership. Sendable because a step hands them between
// workers; which worker may touch which view in which phase is stated where the view is handed out.

/// Read-only view of `count` consecutive floats.
public struct Vector: @unchecked Sendable {
  public let base: UnsafePointer<Float>
  public let count: Int

  public init(base: UnsafePointer<Float>, count: Int) {
    self.base = base
    self.count = count
  }

  public subscript(_ index: Int) -> Float {
    assert(index >= 0 && index < count)
    return base[index]
  }

  public subscript(_ range: Range<Int>) -> Vector {
    assert(range.lowerBound >= 0 && range.upperBound <= count)
    return Vector(base: base + range.lowerBound, count: range.count)
  }

  /// The same floats as `rows` rows of `columns`.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    assert(rows * columns <= count)
    return Matrix(base: base, rows: rows, columns: columns)
  }

  public var array: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// View of `count` consecutive floats that may be written.
public struct MutableVector: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  public init(base: UnsafeMutablePointer<Float>, count: Int) {
    self.base = base
    self.count = count
  }

  public subscript(_ index: Int) -> Float {
    get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  public subscript(_ range: Range<Int>) -> MutableVector {
    assert(range.lowerBound >= 0 && range.upperBound <= count)
    return MutableVector(base: base + range.lowerBound, count: range.count)
  }

  public func matrix(rows: Int, columns: Int) -> MutableMatrix {
    assert(rows * columns <= count)
    return MutableMatrix(base: base, rows: rows, columns: columns)
  }

  public var readOnly: Vector { Vector(base: base, count: count) }

  /// Writes `value` everywhere, also over NaN.
  public func fill(_ value: Float) { base.update(repeating: value, count: count) }

  /// - Precondition: `source.count == count`; the memory does not overlap.
  public func copy(from source: Vector) {
    precondition(source.count == count, "copying \(source.count) floats over \(count)")
    base.update(from: source.base, count: count)
  }

  public func copy(from source: [Float]) {
    source.withUnsafeBufferPointer { floats in
      precondition(floats.count == count, "copying \(floats.count) floats over \(count)")
      if let start = floats.baseAddress { base.update(from: start, count: count) }
    }
  }
}

/// Read-only row-major matrix; element (r, c) stands at `r * stride + c`.
public struct Matrix: @unchecked Sendable {
  public let base: UnsafePointer<Float>
  public let rows: Int
  public let columns: Int
  /// Floats from one row to the next.
  public let stride: Int

  /// - Parameter stride: nil: rows stand one after the other.
  public init(base: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// Whether rows stand one after the other.
  public var isPacked: Bool { stride == columns || rows <= 1 }

  /// `base` of a matrix whose rows stand one after the other, for what knows no stride.
  var packed: UnsafePointer<Float> {
    precondition(isPacked, "rows of \(columns) floats, \(stride) apart")
    return base
  }

  /// Some columns of all rows, as a view: a head, a gate.
  public func columns(_ range: Range<Int>) -> Matrix {
    assert(range.lowerBound >= 0 && range.upperBound <= columns)
    return Matrix(base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Some rows, as a view: a window.
  public func rows(_ range: Range<Int>) -> Matrix {
    assert(range.lowerBound >= 0 && range.upperBound <= rows)
    return Matrix(base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  public var count: Int { rows * columns }

  public subscript(_ row: Int, _ column: Int) -> Float {
    assert(row >= 0 && row < rows && column >= 0 && column < columns)
    return base[row * stride + column]
  }

  public func row(_ index: Int) -> Vector {
    assert(index >= 0 && index < rows)
    return Vector(base: base + index * stride, count: columns)
  }

  /// The first `rows` rows.
  public func prefix(rows: Int) -> Matrix {
    assert(rows <= self.rows)
    return Matrix(base: base, rows: rows, columns: columns, stride: stride)
  }

  /// All elements in memory order.
  ///
  /// - Precondition: `isPacked`.
  public var vector: Vector { Vector(base: packed, count: count) }
}

/// Row-major matrix that may be written.
public struct MutableMatrix: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  public let rows: Int
  public let columns: Int
  /// Floats from one row to the next.
  public let stride: Int

  /// - Parameter stride: nil: rows stand one after the other.
  public init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// Whether rows stand one after the other.
  public var isPacked: Bool { stride == columns || rows <= 1 }

  /// `base` of a matrix whose rows stand one after the other, for what knows no stride.
  var packed: UnsafeMutablePointer<Float> {
    precondition(isPacked, "rows of \(columns) floats, \(stride) apart")
    return base
  }

  /// Some columns of all rows, as a view: a head, a gate.
  public func columns(_ range: Range<Int>) -> MutableMatrix {
    assert(range.lowerBound >= 0 && range.upperBound <= columns)
    return MutableMatrix(base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Some rows, as a view: a window.
  public func rows(_ range: Range<Int>) -> MutableMatrix {
    assert(range.lowerBound >= 0 && range.upperBound <= rows)
    return MutableMatrix(base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  public var count: Int { rows * columns }

  public subscript(_ row: Int, _ column: Int) -> Float {
    get {
      assert(row >= 0 && row < rows && column >= 0 && column < columns)
      return base[row * stride + column]
    }
    nonmutating set {
      assert(row >= 0 && row < rows && column >= 0 && column < columns)
      base[row * stride + column] = newValue
    }
  }

  public func row(_ index: Int) -> MutableVector {
    assert(index >= 0 && index < rows)
    return MutableVector(base: base + index * stride, count: columns)
  }

  public func prefix(rows: Int) -> MutableMatrix {
    assert(rows <= self.rows)
    return MutableMatrix(base: base, rows: rows, columns: columns, stride: stride)
  }

  /// All elements in memory order.
  ///
  /// - Precondition: `isPacked`.
  public var vector: MutableVector { MutableVector(base: packed, count: count) }
  public var readOnly: Matrix { Matrix(base: base, rows: rows, columns: columns, stride: stride) }
}
