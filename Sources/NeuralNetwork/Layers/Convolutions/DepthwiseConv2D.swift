internal import Kernels

/// A convolution of each channel on its own, with `depthMultiplier` filters each: y = f(x * W + b).
///
/// x: `[height, width, channels]`, W (`kernel`): `[kernel height, kernel width, channels, depth_multiplier]`, b (`bias`):
/// `[channels * depth_multiplier]`, y: `[height', width', channels * depth_multiplier]`; output c * depth_multiplier + m
/// reads channel c. Keras' layer of that name.
public struct DepthwiseConv2D: Layer {
  public static let className = "DepthwiseConv2D"
  public static let kind = "depthwise_conv2d"

  public let depthMultiplier: Int
  public let settings: ConvolutionSettings
  public let name: String?

  /// - Precondition: `depthMultiplier` is at least 1.
  public init(depthMultiplier: Int = 1, settings: ConvolutionSettings, name: String? = nil) {
    precondition(depthMultiplier > 0, "a depth multiplier of \(depthMultiplier)")
    self.depthMultiplier = depthMultiplier
    self.settings = settings
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("depth_multiplier", .integer(depthMultiplier))] + settings.arguments(kernel: "depthwise")
  }

  public var traits: LayerTraits { settings.traits(units: nil) }

  public var splitActivation: SplitActivation? {
    settings.splitActivation(
      DepthwiseConv2D(depthMultiplier: depthMultiplier, settings: settings.linear, name: name))
  }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try DepthwiseConvolutionOperation(self, input: inputs[0])
  }
}

/// Weight 0 is the kernel, 1 the bias.
struct DepthwiseConvolutionOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let scratch: MemorySize
  let multiplications: Int
  var kept: MemorySize { ending.kept }
  var backwardReads: BackwardReads { ending.backwardReads.union(.inputs) }
  var activation: ActivationFunction? { ending.function }
  private let convolution: DepthwiseConvolution
  private let ending: ConvolutionEnding

  init(_ layer: DepthwiseConv2D, input: Shape) throws {
    let settings = layer.settings
    let axes = try settings.axes(over: input, of: DepthwiseConv2D.kind)
    convolution = DepthwiseConvolution(
      rows: axes.rows, columns: axes.columns, channels: input.features, multiplier: layer.depthMultiplier)
    let filters = input.features * layer.depthMultiplier
    let output: Shape = [axes.rows.output, axes.columns.output, filters]
    outputs = [output]
    ending = ConvolutionEnding(settings, output: output)
    parameters = settings.parameters(
      kernel: settings.kernelSize + [input.features, layer.depthMultiplier], filters: filters)
    scratch = MemorySize(fixed: ending.scratchCount + convolution.scratchCount)
    multiplications = output.count * settings.kernelSize.reduce(1, *)
  }

  func forward(_ pass: ForwardPass) -> Double {
    convolution.forward(
      images: pass.rows, pass.input(0).vector, kernel: pass.parameter(0), into: pass.output.vector,
      scratch: pass.scratch)
    ending.apply(to: 0..<pass.rows, pass)
    return ending.penalty(pass)
  }

  func backward(_ pass: BackwardPass) {
    let dz = ending.gradient(pass, scratch: pass.scratch)
    convolution.kernelGradient(
      images: pass.rows, pass.input(0).vector, outputGradient: dz, into: pass.parameterGradient(0),
      scratch: pass.scratch)
    guard let dx = pass.inputGradient(0)?.vector else { return }
    convolution.back(images: pass.rows, dz, kernel: pass.parameter(0), into: dx, scratch: pass.scratch)
  }
}
