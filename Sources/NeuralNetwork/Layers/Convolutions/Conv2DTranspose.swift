internal import Kernels

/// The transpose of a convolution: what its way back makes of a gradient, y = f(x *^T W + b).
///
/// x: `[height, width, channels]`, W (`kernel`): `[kernel height, kernel width, filters, channels]`, b (`bias`):
/// `[filters]`, y: `[height', width', filters]`, where height' is height * stride, without padding max(kernel - stride, 0)
/// more. Keras' layer of that name.
public struct Conv2DTranspose: Layer {
  public static let className = "Conv2DTranspose"
  public static let kind = "conv2d_transpose"

  public let filters: Int
  public let settings: ConvolutionSettings
  public let name: String?

  /// - Precondition: `filters` is at least 1; no dilation.
  public init(filters: Int, settings: ConvolutionSettings, name: String? = nil) {
    precondition(filters > 0, "\(filters) filters")
    self.filters = filters
    self.settings = settings
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("filters", .integer(filters))] + settings.arguments(dilates: false)
  }

  public var traits: LayerTraits { settings.traits(units: filters) }

  public var splitActivation: SplitActivation? {
    settings.splitActivation(Conv2DTranspose(filters: filters, settings: settings.linear, name: name))
  }

  public var exact: any Layer { Conv2DTranspose(filters: filters, settings: settings.exact, name: name) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try TransposedConvolutionOperation(self, input: inputs[0])
  }
}

/// Weight 0 is the kernel, 1 the bias.
struct TransposedConvolutionOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let scratch: MemorySize
  let multiplications: Int
  var kept: MemorySize { ending.kept }
  var backwardReads: BackwardReads { ending.backwardReads.union(.inputs) }
  var activation: ActivationFunction? { ending.function }
  var method: String? { convolution.isMinimal ? Convolution.minimalMethod : nil }
  /// From this layer's outputs to its inputs.
  private let convolution: Convolution
  private let ending: ConvolutionEnding

  init(_ layer: Conv2DTranspose, input: Shape) throws {
    let settings = layer.settings
    guard input.extents.count == 3 else {
      throw NetworkError(
        "\(Conv2DTranspose.kind) takes samples of 3 axes, [height, width, channels]; found \(input): add a reshape layer "
          + "before it")
    }
    guard settings.kernelSize.count == 2, settings.strides.count == 2 else {
      throw NetworkError(
        "\(Conv2DTranspose.kind) takes extents for 2 axes; found kernel_size \(settings.kernelSize), strides "
          + "\(settings.strides)")
    }
    let axes = (0..<2).map { axis in
      let (extent, kernel, stride) = (input.extents[axis], settings.kernelSize[axis], settings.strides[axis])
      let beyond = max(kernel - stride, 0)
      return Convolution.Axis(
        input: extent * stride + (settings.padding == .valid ? beyond : 0), output: extent, kernel: kernel,
        stride: stride, before: settings.padding == .valid ? 0 : beyond / 2)
    }
    convolution = Convolution(
      rows: axes[0], columns: axes[1], channels: layer.filters, filters: input.features, exact: settings.isExact)
    let output: Shape = [axes[0].input, axes[1].input, layer.filters]
    outputs = [output]
    ending = ConvolutionEnding(settings, output: output)
    parameters = settings.parameters(
      kernel: settings.kernelSize + [layer.filters, input.features], filters: layer.filters)
    scratch = MemorySize(fixed: convolution.packedPart + ending.scratchCount + convolution.scratchCount)
    multiplications = input.count * settings.kernelSize.reduce(1, *) * layer.filters
  }

  func forward(_ pass: ForwardPass) -> Double {
    let (packed, rest) = convolution.parts(of: pass.scratch)
    convolution.pack(pass.parameter(0), for: .back, into: packed)
    convolution.back(
      images: pass.rows, pass.input(0).vector, packed: packed.readOnly, into: pass.output.vector, scratch: rest)
    ending.apply(to: 0..<pass.rows, pass)
    return ending.penalty(pass)
  }

  func backward(_ pass: BackwardPass) {
    let (packed, rest) = convolution.parts(of: pass.scratch)
    let dz = ending.gradient(pass, scratch: rest)
    convolution.kernelGradient(
      images: pass.rows, dz, outputGradient: pass.input(0).vector, into: pass.parameterGradient(0), scratch: rest)
    guard let dx = pass.inputGradient(0)?.vector else { return }
    convolution.pack(pass.parameter(0), for: .forward, into: packed)
    convolution.forward(images: pass.rows, dz, packed: packed.readOnly, into: dx, scratch: rest)
  }
}
