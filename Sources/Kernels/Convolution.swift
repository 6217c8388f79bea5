import CKernels

/// A convolution over images of given extents, channels last, and the way in which it is computed.
///
/// x: `[images, rows, columns, channels]`, kernel: `[kernel rows, kernel columns, channels / groups, filters]`, y:
/// `[images, output rows, output columns, filters]`. A signal over time is an image of one row. What the functions write is
/// overwritten; an element of y or dx depends on its own image alone.
public struct Convolution: Sendable {
  /// Along one axis: from extents, stride, dilation and padding to what is computed.
  public struct Axis: Sendable, Hashable {
    public let input: Int
    public let output: Int
    public let kernel: Int
    public let stride: Int
    public let dilation: Int
    /// Zeros before the first input.
    public let before: Int

    /// - Precondition: all but `before` are at least 1.
    public init(input: Int, output: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0) {
      precondition(min(input, output, kernel, min(stride, dilation)) > 0 && before >= 0, "a convolution without extent")
      self.input = input
      self.output = output
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
      self.before = before
    }
  }

  /// What minimal filtering is called in the name of a run's numeric kernels.
  public static let minimalMethod = "winograd4x4"

  public let rows: Axis
  public let columns: Axis
  public let channels: Int
  public let filters: Int
  public let groups: Int
  /// Whether Winograd's minimal filtering is used: decided by the shapes, never by timing.
  public let isMinimal: Bool
  /// Floats of a packed kernel.
  public let packedCount: Int
  /// Floats that every function clobbers.
  public let scratchCount: Int

  private let geometry: cairn_convolution
  private var way: Int32 { isMinimal ? 1 : 0 }

  /// - Parameters:
  ///   - groups: of channels, which have filters of their own.
  ///   - exact: direct sums, also where minimal filtering is faster.
  /// - Precondition: `groups` divides channels and filters.
  public init(rows: Axis, columns: Axis, channels: Int, filters: Int, groups: Int = 1, exact: Bool = false) {
    precondition(channels % groups == 0 && filters % groups == 0, "\(groups) groups of \(channels) and \(filters)")
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.filters = filters
    self.groups = groups
    var geometry = cairn_convolution(
      rows: rows.input, columns: columns.input, channels: channels, out_rows: rows.output, out_columns: columns.output,
      filters: filters, kernel_rows: rows.kernel, kernel_columns: columns.kernel, stride_rows: rows.stride,
      stride_columns: columns.stride, dilation_rows: rows.dilation, dilation_columns: columns.dilation,
      top: rows.before, left: columns.before, groups: groups)
    isMinimal = !exact && cairn_convolution_suits_winograd(&geometry) != 0
    packedCount = cairn_convolution_packed_count(&geometry, isMinimal ? 1 : 0)
    scratchCount = cairn_convolution_scratch_count(&geometry, isMinimal ? 1 : 0)
    self.geometry = geometry
  }

  /// Floats of one image.
  public var inputCount: Int { rows.input * columns.input * channels }
  public var outputCount: Int { rows.output * columns.output * filters }
  public var kernelCount: Int { rows.kernel * columns.kernel * (channels / groups) * filters }

  /// Images to hand over at once, so that what follows finds the outputs in a cache and blocks are full.
  public var imagesAtOnce: Int {
    let tiles = (rows.output + 3) / 4 * ((columns.output + 3) / 4)
    return isMinimal ? max(1, 64 / tiles) : max(1, (1 << 15) / outputCount)
  }

  public enum Direction: Int32, Sendable {
    case forward = 0
    case back = 1
  }

  /// The kernel as `forward` and `back` want it, `packedCount` floats.
  public func pack(_ kernel: Vector, for direction: Direction, into packed: MutableVector) {
    precondition(kernel.count == kernelCount && packed.count >= packedCount)
    withUnsafePointer(to: geometry) {
      cairn_pack_convolution($0, way, direction.rawValue, kernel.base, packed.base)
    }
  }

  /// y = x * kernel.
  public func forward(images: Int, _ x: Vector, packed: Vector, into y: MutableVector, scratch: MutableVector) {
    precondition(x.count == images * inputCount && y.count == images * outputCount && scratch.count >= scratchCount)
    withUnsafePointer(to: geometry) {
      cairn_convolve($0, way, images, x.base, packed.base, y.base, scratch.base)
    }
  }

  /// dL/dx from dL/dy.
  public func back(images: Int, _ dy: Vector, packed: Vector, into dx: MutableVector, scratch: MutableVector) {
    precondition(dx.count == images * inputCount && dy.count == images * outputCount && scratch.count >= scratchCount)
    withUnsafePointer(to: geometry) {
      cairn_convolve_back($0, way, images, dy.base, packed.base, dx.base, scratch.base)
    }
  }

  /// dL/dkernel, summed over the images in their order.
  public func kernelGradient(
    images: Int, _ x: Vector, outputGradient dy: Vector, into gradient: MutableVector, scratch: MutableVector
  ) {
    precondition(x.count == images * inputCount && dy.count == images * outputCount && scratch.count >= scratchCount)
    precondition(gradient.count == kernelCount)
    withUnsafePointer(to: geometry) {
      cairn_convolve_kernel($0, way, images, x.base, dy.base, gradient.base, scratch.base)
    }
  }
}
