import CKernels

/// A convolution of each channel on its own.
///
/// x: `[images, rows, columns, channels]`, kernel: `[kernel rows, kernel columns, channels, multiplier]`, y: `[images, output
/// rows, output columns, channels * multiplier]`, where filter c * multiplier + m reads channel c. What the functions write is
/// overwritten.
public struct DepthwiseConvolution: Sendable {
  public let rows: Convolution.Axis
  public let columns: Convolution.Axis
  public let channels: Int
  public let multiplier: Int
  /// Floats that every function clobbers.
  public let scratchCount: Int
  private let geometry: cairn_convolution

  public init(rows: Convolution.Axis, columns: Convolution.Axis, channels: Int, multiplier: Int) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.multiplier = multiplier
    var geometry = cairn_convolution(
      rows: rows.input, columns: columns.input, channels: channels, out_rows: rows.output, out_columns: columns.output,
      filters: channels * multiplier, kernel_rows: rows.kernel, kernel_columns: columns.kernel,
      stride_rows: rows.stride, stride_columns: columns.stride, dilation_rows: rows.dilation,
      dilation_columns: columns.dilation, top: rows.before, left: columns.before, groups: 1)
    scratchCount = cairn_depthwise_scratch_count(&geometry)
    self.geometry = geometry
  }

  /// Floats of one image.
  public var inputCount: Int { rows.input * columns.input * channels }
  public var outputCount: Int { rows.output * columns.output * channels * multiplier }
  public var kernelCount: Int { rows.kernel * columns.kernel * channels * multiplier }

  /// y = x * kernel.
  public func forward(images: Int, _ x: Vector, kernel: Vector, into y: MutableVector, scratch: MutableVector) {
    check(images, x.count, kernel.count, y.count, scratch)
    withUnsafePointer(to: geometry) { cairn_depthwise($0, images, x.base, kernel.base, y.base, scratch.base) }
  }

  /// dL/dx from dL/dy.
  public func back(images: Int, _ dy: Vector, kernel: Vector, into dx: MutableVector, scratch: MutableVector) {
    check(images, dx.count, kernel.count, dy.count, scratch)
    withUnsafePointer(to: geometry) { cairn_depthwise_back($0, images, dy.base, kernel.base, dx.base, scratch.base) }
  }

  /// dL/dkernel, summed over the images in their order.
  public func kernelGradient(
    images: Int, _ x: Vector, outputGradient dy: Vector, into gradient: MutableVector, scratch: MutableVector
  ) {
    check(images, x.count, gradient.count, dy.count, scratch)
    withUnsafePointer(to: geometry) {
      cairn_depthwise_kernel($0, images, x.base, dy.base, gradient.base, scratch.base)
    }
  }

  private func check(_ images: Int, _ x: Int, _ kernel: Int, _ y: Int, _ scratch: MutableVector) {
    precondition(x == images * inputCount && y == images * outputCount && kernel == kernelCount)
    precondition(scratch.count >= scratchCount, "\(scratch.count) floats of scratch")
  }
}
