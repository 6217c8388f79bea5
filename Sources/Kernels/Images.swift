internal import CKernels

/// Loops over images, `[height, width, channels]` a sample, and over the channels of samples.
public enum Images {
  public struct Shape: Sendable, Hashable {
    public let height: Int
    public let width: Int
    public let channels: Int

    public init(height: Int, width: Int, channels: Int) {
      self.height = height
      self.width = width
      self.channels = channels
    }

    public var count: Int { height * width * channels }
  }

  /// y: x with `top` rows and `left` columns of 0 before it and what `outer` has left behind it; overwritten.
  public static func pad(
    _ x: Matrix, _ inner: Shape, top: Int, left: Int, to outer: Shape, into y: MutableMatrix
  ) {
    require(x, y.readOnly, inner, top, left, outer)
    cairn_pad_images(
      x.rows, inner.height, inner.width, inner.channels, top, left, outer.height, outer.width, x.packed, y.packed)
  }

  /// The way back: the part of y that x was; overwritten.
  public static func crop(
    _ y: Matrix, _ inner: Shape, top: Int, left: Int, from outer: Shape, into x: MutableMatrix
  ) {
    require(x.readOnly, y, inner, top, left, outer)
    cairn_crop_images(
      x.rows, inner.height, inner.width, inner.channels, top, left, outer.height, outer.width, y.packed, x.packed)
  }

  private static func require(_ x: Matrix, _ y: Matrix, _ inner: Shape, _ top: Int, _ left: Int, _ outer: Shape) {
    precondition(x.rows == y.rows && x.columns == inner.count && y.columns == outer.count)
    precondition(
      top >= 0 && left >= 0 && top + inner.height <= outer.height && left + inner.width <= outer.width
        && inner.channels == outer.channels)
  }

  /// y: each pixel in `rows` rows and `columns` columns, overwritten.
  public static func repeatPixels(_ x: Matrix, _ shape: Shape, rows: Int, columns: Int, into y: MutableMatrix) {
    precondition(x.rows == y.rows && x.columns == shape.count && y.columns == x.columns * rows * columns)
    cairn_repeat_pixels(x.rows, shape.height, shape.width, shape.channels, rows, columns, x.packed, y.packed)
  }

  /// The sum over each pixel's copies, row by row; overwritten.
  public static func repeatPixelsBackward(
    outputGradient dy: Matrix, _ shape: Shape, rows: Int, columns: Int, into dx: MutableMatrix
  ) {
    precondition(dx.rows == dy.rows && dx.columns == shape.count && dy.columns == dx.columns * rows * columns)
    cairn_repeat_pixels_backward(
      dx.rows, shape.height, shape.width, shape.channels, rows, columns, dy.packed, dx.packed)
  }

  /// One image: y = x turned over, overwritten.
  public static func flip(_ x: Vector, _ shape: Shape, vertically: Bool, horizontally: Bool, into y: MutableVector) {
    precondition(x.count == shape.count && y.count == shape.count)
    cairn_flip_image(
      shape.height, shape.width, shape.channels, vertically ? 1 : 0, horizontally ? 1 : 0, x.base, y.base)
  }

  /// One image: y = x moved by whole pixels, 0 where nothing comes from; overwritten.
  public static func shift(_ x: Vector, _ shape: Shape, down: Int, right: Int, into y: MutableVector) {
    precondition(x.count == shape.count && y.count == shape.count)
    cairn_shift_image(shape.height, shape.width, shape.channels, down, right, x.base, y.base)
  }

  /// y = x m, where m has one factor for each channel of a sample, `[samples, channels]`; overwritten.
  public static func multiplyChannels(_ x: Matrix, _ m: Matrix, into y: MutableMatrix) {
    precondition(x.rows == y.rows && x.columns == y.columns && m.rows == x.rows && x.columns % m.columns == 0)
    cairn_multiply_channels(x.rows, x.columns / m.columns, m.columns, x.packed, m.packed, y.packed)
  }

  /// y = x scale + offset, overwritten.
  public static func rescale(_ x: Vector, scale: Float, offset: Float, into y: MutableVector) {
    precondition(x.count == y.count)
    cairn_rescale(x.base, scale, offset, y.base, x.count)
  }

  /// y = x + deviation n with standard normal n, overwritten.
  ///
  /// Element (r, c) depends on (key, step, layer, firstRow + r, c) alone, not on how a batch is cut: of the four words of
  /// `Philox.block(counter: (c / 4, firstRow + r, step, layer), key: halves of key, the lower first)` the first two make the
  /// cosine and the sine of Box and Muller's pair, the last two another.
  public static func addNoise(
    key: UInt64, step: UInt32, layer: UInt32, firstRow: UInt32, deviation: Float, to x: Matrix, into y: MutableMatrix
  ) {
    precondition(x.rows == y.rows && x.columns == y.columns)
    cairn_add_noise(key, step, layer, firstRow, x.rows, x.columns, deviation, x.packed, y.packed)
  }
}
