internal import Kernels

/// Zeros around what is convolved.
public enum ConvolutionPadding: String, Sendable, Hashable, CaseIterable {
  /// None.
  case valid
  /// As many as give extent / stride outputs, rounded up; of an odd number one more behind.
  case same
  /// Before alone, so that an output sees nothing that comes later; over time only.
  case causal
}

/// The arguments that convolutions have in common.
public struct ConvolutionSettings: Sendable {
  /// That the kernel moves along.
  private let axisCount: Int
  /// Extents of the kernel, of each axis that it moves along.
  public var kernelSize: [Int]
  public var strides: [Int]
  public var padding = ConvolutionPadding.valid
  public var dilationRate: [Int]
  public var activation = ActivationFunction.linear
  public var useBias = true
  public var kernelInitializer = Initializer.glorotUniform
  public var biasInitializer = Initializer.zeros
  public var kernelRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var activityRegularizer: Regularizer?
  /// Whether direct sums are used throughout.
  public var isExact = false

  /// - Parameters:
  ///   - axes: that the kernel moves along, 1 or 2; an extent given once is that of all.
  public init(axes: Int, kernelSize: [Int], strides: [Int] = [1], dilationRate: [Int] = [1]) {
    func all(_ extents: [Int]) -> [Int] { extents.count == 1 ? Array(repeating: extents[0], count: axes) : extents }
    axisCount = axes
    self.kernelSize = all(kernelSize)
    self.strides = all(strides)
    self.dilationRate = all(dilationRate)
  }

  /// The same without activation and activity penalty.
  var linear: ConvolutionSettings {
    var settings = self
    settings.activation = .linear
    settings.activityRegularizer = nil
    return settings
  }

  var exact: ConvolutionSettings {
    var settings = self
    settings.isExact = true
    return settings
  }

  func splitActivation(_ rest: any Layer) -> SplitActivation {
    SplitActivation(activation, regularizer: activityRegularizer, rest: rest)
  }

  func traits(units: Int?) -> LayerTraits {
    LayerTraits(
      role: .kernel, units: units, activation: activation, initializer: kernelInitializer,
      regularizer: kernelRegularizer)
  }

  /// Keras' arguments, but for those of one layer alone.
  ///
  /// - Parameter kernel: what Keras calls the kernel's arguments after.
  func arguments(dilates: Bool = true, kernel: String = "kernel") -> [LayerArgument] {
    [
      LayerArgument("kernel_size", .integers(kernelSize)), LayerArgument("strides", .integers(strides)),
      LayerArgument("padding", .text(padding.rawValue)),
    ] + (dilates ? [LayerArgument("dilation_rate", .integers(dilationRate))] : []) + [
      LayerArgument("activation", .activation(activation)), LayerArgument("use_bias", .boolean(useBias)),
      LayerArgument("\(kernel)_regularizer", .regularizer(kernelRegularizer)),
      LayerArgument("bias_regularizer", .regularizer(biasRegularizer)),
      LayerArgument("activity_regularizer", .regularizer(activityRegularizer)),
    ]
  }

  /// The weights, in Keras' order.
  func parameters(kernel shape: [Int], filters: Int) -> [ParameterSpec] {
    let kernel = ParameterSpec(
      "kernel", shape: shape, initializer: kernelInitializer, regularizer: kernelRegularizer)
    let bias = ParameterSpec(
      "bias", shape: [filters], initializer: biasInitializer, regularizer: biasRegularizer)
    return useBias ? [kernel, bias] : [kernel]
  }
}

extension ConvolutionSettings {
  /// The axes of an input, height and width, where a signal over time is one row, and its channels.
  ///
  /// - Throws: `NetworkError`.
  func axes(over input: Shape, of kind: String) throws -> (rows: Convolution.Axis, columns: Convolution.Axis) {
    let axes = axisCount
    guard input.extents.count == axes + 1 else {
      throw NetworkError(
        "\(kind) takes samples of \(axes + 1) axes, \(axes == 1 ? "[time, channels]" : "[height, width, channels]"); "
          + "found \(input): add a reshape layer before it")
    }
    guard kernelSize.count == axes, strides.count == axes, dilationRate.count == axes else {
      throw NetworkError(
        "\(kind) takes extents for \(axes) ax\(axes == 1 ? "is" : "es"); found kernel_size \(kernelSize), strides "
          + "\(strides), dilation_rate \(dilationRate)")
    }
    guard strides.allSatisfy({ $0 == 1 }) || dilationRate.allSatisfy({ $0 == 1 }) else {
      throw NetworkError("\(kind) takes strides or a dilation_rate above 1, not both, as Keras")
    }
    let made = try (0..<axes).map { try axis($0, extent: input.extents[$0], of: kind, input) }
    let one = Convolution.Axis(input: 1, output: 1, kernel: 1)
    return axes == 1 ? (one, made[0]) : (made[0], made[1])
  }

  private func axis(_ number: Int, extent: Int, of kind: String, _ input: Shape) throws -> Convolution.Axis {
    let (kernel, stride, dilation) = (kernelSize[number], strides[number], dilationRate[number])
    let reach = (kernel - 1) * dilation + 1
    switch padding {
    case .same:
      let output = (extent + stride - 1) / stride
      let zeros = max(0, (output - 1) * stride + reach - extent)
      return Convolution.Axis(
        input: extent, output: output, kernel: kernel, stride: stride, dilation: dilation, before: zeros / 2)
    case .causal:
      return Convolution.Axis(
        input: extent, output: (extent - 1) / stride + 1, kernel: kernel, stride: stride, dilation: dilation,
        before: reach - 1)
    case .valid:
      guard reach <= extent else {
        throw NetworkError(
          "\(kind): a kernel that reaches over \(reach) does not fit into samples of shape \(input) without padding; "
            + "take a smaller kernel_size, or `padding: same`")
      }
      return Convolution.Axis(
        input: extent, output: (extent - reach) / stride + 1, kernel: kernel, stride: stride, dilation: dilation)
    }
  }
}
