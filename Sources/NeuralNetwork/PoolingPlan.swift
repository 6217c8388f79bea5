internal import Kernels

/// What a pooling window does at the edges.
public enum PoolingPadding: String, Sendable, Hashable, CaseIterable {
  /// Windows lie within the input: floor((n - pool) / stride) + 1 of them.
  case valid
  /// ceil(n / stride) windows; what of them lies outside counts for nothing.
  case same
}

/// The arguments that pooling layers share: one extent for each axis that is pooled, or one for all of them.
public struct PoolingPlan: Sendable, Hashable {
  public let poolSize: [Int]
  public let strides: [Int]
  public let padding: PoolingPadding

  /// - Parameter strides: nil: windows that stand side by side.
  public init(poolSize: [Int], strides: [Int]?, padding: PoolingPadding) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
  }

  /// Keras takes no list of one for several axes.
  func arguments(axes: Int) -> [LayerArgument] {
    func all(_ given: [Int]) -> [Int] { given.count == 1 ? Array(repeating: given[0], count: axes) : given }
    return [
      LayerArgument("pool_size", .integers(all(poolSize))), LayerArgument("strides", .integers(all(strides))),
      LayerArgument("padding", .text(padding.rawValue)),
    ]
  }

  /// The windows over samples of `shape`, which has `axes` axes and the channels, and the output's shape.
  ///
  /// TensorFlow's rule for `same`: of the padding that is needed, the smaller half stands before the input.
  func windows(over shape: Shape, axes: Int, of kind: String) throws -> (windows: PoolingWindows, output: Shape) {
    guard shape.extents.count == axes + 1 else { throw Self.wrongAxes(shape, axes: axes, kind) }
    let pools = try Self.extents(poolSize, axes: axes, "pool_size", kind)
    let strides = try Self.extents(strides, axes: axes, "strides", kind)
    var outputs: [Int] = []
    var before: [Int] = []
    for axis in 0..<axes {
      let (extent, pool, stride) = (shape.extents[axis], pools[axis], strides[axis])
      switch padding {
      case .valid:
        guard pool <= extent else {
          throw NetworkError(
            "\(kind) has windows of \(Shape(pools)), which samples of shape \(shape) are too small for; take a smaller "
              + "pool_size, or padding: same")
        }
        outputs.append((extent - pool) / stride + 1)
        before.append(0)
      case .same:
        let count = (extent + stride - 1) / stride
        outputs.append(count)
        before.append(max((count - 1) * stride + pool - extent, 0) / 2)
      }
    }
    guard pools.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) <= PoolingWindows.mostElements else {
      throw NetworkError(
        "\(kind) has windows of \(Shape(pools)), more than \(PoolingWindows.mostElements) positions; to pool all of a "
          + "sample, take global_\(kind)")
    }
    func extent(_ extents: [Int], _ missing: Int) -> PoolingWindows.Extent {
      PoolingWindows.Extent(height: axes == 2 ? extents[0] : missing, width: extents[axes - 1])
    }
    let windows = PoolingWindows(
      channels: shape.features, input: extent(shape.extents, 1), output: extent(outputs, 1), pool: extent(pools, 1),
      stride: extent(strides, 1), before: extent(before, 0))
    return (windows, Shape(outputs + [shape.features]))
  }

  private static func extents(_ given: [Int], axes: Int, _ argument: String, _ kind: String) throws -> [Int] {
    if given.count == 1 { return Array(repeating: given[0], count: axes) }
    guard given.count == axes else {
      throw NetworkError("\(kind) takes 1\(axes == 1 ? "" : " or \(axes)") extents as \(argument), found \(given)")
    }
    return given
  }

  static func wrongAxes(_ shape: Shape, axes: Int, _ kind: String) -> NetworkError {
    NetworkError(
      "\(kind) takes samples of shape [\(axes == 1 ? "time" : "height, width"), channels], found \(shape)"
        + (shape.extents.count == axes ? "; a reshape to \(Shape(shape.extents + [1])) makes them of one channel" : ""))
  }
}
