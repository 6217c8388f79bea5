internal import CKernels

/// Windows over images `[height, width, channels]`, one for each position of the output.
///
/// Window (i, j) starts at row i stride.height - top, column j stride.width - left; what lies outside the image is left
/// out. A signal over time is an image of one row.
public struct PoolingWindows: Sendable, Hashable {
  /// The most elements a channel that a window may have.
  public static let mostElements = 1 << 16

  public struct Extent: Sendable, Hashable {
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    var count: Int { height * width }
  }

  public let channels: Int
  public let input: Extent
  public let output: Extent
  public let pool: Extent
  public let stride: Extent
  /// Rows and columns of padding before the image.
  public let before: Extent

  /// - Precondition: each window meets the image, and has at most `mostElements`.
  public init(channels: Int, input: Extent, output: Extent, pool: Extent, stride: Extent, before: Extent) {
    precondition(pool.count <= PoolingWindows.mostElements, "a window of \(pool.count) elements")
    precondition(before.height < pool.height && before.width < pool.width, "a window of padding alone")
    precondition(
      (output.height - 1) * stride.height < input.height + before.height
        && (output.width - 1) * stride.width < input.width + before.width, "a window behind the image")
    self.channels = channels
    self.input = input
    self.output = output
    self.pool = pool
    self.stride = stride
    self.before = before
  }

  var inputCount: Int { input.count * channels }
  var outputCount: Int { output.count * channels }
  /// Floats that hold the places of the largest elements of a sample.
  public var placesCount: Int { (outputCount + 1) / 2 }

  fileprivate var kernel: cairn_windows {
    cairn_windows(
      height: input.height, width: input.width, channels: channels, out_height: output.height, out_width: output.width,
      pool_height: pool.height, pool_width: pool.width, stride_height: stride.height, stride_width: stride.width,
      top: before.height, left: before.width)
  }
}

/// Loops of the pooling layers, sample by sample. x: `[samples, height, width, channels]`; NaN comes through.
public enum Pooling {
  /// y: the largest of each window; `places`, unless nil: where it stands, the first of equals, as `maximumBackward`
  /// wants it. Both overwritten.
  public static func maximum(_ x: Matrix, _ windows: PoolingWindows, into y: MutableMatrix, places: MutableVector?) {
    requireShapes(x, y.readOnly, windows)
    if let places { precondition(places.count >= x.rows * windows.placesCount) }
    var kernel = windows.kernel
    cairn_max_pool(&kernel, x.rows, x.packed, y.packed, places.map { $0.base.reinterpreted(as: UInt16.self) })
  }

  /// Each window's dy added to the place of its largest element; overwritten.
  public static func maximumBackward(
    outputGradient dy: Matrix, _ windows: PoolingWindows, places: Vector, into dx: MutableMatrix
  ) {
    requireShapes(dx.readOnly, dy, windows)
    var kernel = windows.kernel
    cairn_max_pool_backward(
      &kernel, dy.rows, dy.packed, UnsafeRawPointer(places.base).assumingMemoryBound(to: UInt16.self), dx.packed)
  }

  /// y: the mean of each window's elements within the image, overwritten.
  public static func average(_ x: Matrix, _ windows: PoolingWindows, into y: MutableMatrix) {
    requireShapes(x, y.readOnly, windows)
    var kernel = windows.kernel
    cairn_average_pool(&kernel, x.rows, x.packed, y.packed)
  }

  public static func averageBackward(outputGradient dy: Matrix, _ windows: PoolingWindows, into dx: MutableMatrix) {
    requireShapes(dx.readOnly, dy, windows)
    var kernel = windows.kernel
    cairn_average_pool_backward(&kernel, dy.rows, dy.packed, dx.packed)
  }

  // MARK: All positions. x: [samples, positions channels], y: [samples, channels]

  /// y: the largest over the positions; `places`, unless nil: where it stands, `[samples, channels]`. Overwritten.
  public static func globalMaximum(_ x: Matrix, into y: MutableMatrix, places: MutableVector?) {
    if let places { precondition(places.count >= y.count) }
    cairn_global_max_pool(
      x.rows, positions(x, y.readOnly), y.columns, x.packed, y.packed,
      places.map { $0.base.reinterpreted(as: UInt32.self) })
  }

  public static func globalMaximumBackward(outputGradient dy: Matrix, places: Vector, into dx: MutableMatrix) {
    cairn_global_max_pool_backward(
      dy.rows, positions(dx.readOnly, dy), dy.columns, dy.packed,
      UnsafeRawPointer(places.base).assumingMemoryBound(to: UInt32.self), dx.packed)
  }

  /// y: the mean over the positions, overwritten.
  public static func globalAverage(_ x: Matrix, into y: MutableMatrix) {
    cairn_global_average_pool(x.rows, positions(x, y.readOnly), y.columns, x.packed, y.packed)
  }

  public static func globalAverageBackward(outputGradient dy: Matrix, into dx: MutableMatrix) {
    cairn_global_average_pool_backward(dy.rows, positions(dx.readOnly, dy), dy.columns, dy.packed, dx.packed)
  }

  private static func positions(_ x: Matrix, _ y: Matrix) -> Int {
    precondition(
      x.rows == y.rows && x.columns > 0 && x.columns % y.columns == 0, "\(x.columns) floats over \(y.columns) channels")
    return x.columns / y.columns
  }

  private static func requireShapes(_ x: Matrix, _ y: Matrix, _ windows: PoolingWindows) {
    precondition(
      x.rows == y.rows && x.columns == windows.inputCount && y.columns == windows.outputCount,
      "[\(x.rows), \(x.columns)] to [\(y.rows), \(y.columns)]")
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same memory for numbers that are kept among floats: a workspace has floats alone, and nobody reads these as such.
  fileprivate func reinterpreted<Number: FixedWidthInteger>(as type: Number.Type) -> UnsafeMutablePointer<Number> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: type)
  }
}
