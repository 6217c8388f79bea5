internal import Kernels

/// A convolution of one or two axes. Weight 0 is the kernel, 1 the bias.
struct ConvolutionOperation: Operation {
  let outputs: [Shape]
  let parameters: [ParameterSpec]
  let scratch: MemorySize
  let multiplications: Int
  var kept: MemorySize { ending.kept }
  var backwardReads: BackwardReads { ending.backwardReads.union(.inputs) }
  var activation: ActivationFunction? { ending.function }
  var method: String? { convolution.isMinimal ? Convolution.minimalMethod : nil }
  private let convolution: Convolution
  private let ending: ConvolutionEnding

  /// - Throws: `NetworkError` where shapes do not fit.
  init(_ settings: ConvolutionSettings, filters: Int, groups: Int, input: Shape, kind: String) throws {
    let axes = try settings.axes(over: input, of: kind)
    guard input.features % groups == 0, filters % groups == 0 else {
      throw NetworkError(
        "\(kind): \(groups) groups must divide the \(input.features) channels of the input and the \(filters) filters")
    }
    convolution = Convolution(
      rows: axes.rows, columns: axes.columns, channels: input.features, filters: filters, groups: groups,
      exact: settings.isExact)
    let extents = settings.kernelSize.count == 1 ? [axes.columns.output] : [axes.rows.output, axes.columns.output]
    let output = Shape(extents + [filters])
    outputs = [output]
    ending = ConvolutionEnding(settings, output: output)
    parameters = settings.parameters(
      kernel: settings.kernelSize + [input.features / groups, filters], filters: filters)
    scratch = MemorySize(fixed: convolution.packedPart + ending.scratchCount + convolution.scratchCount)
    multiplications = output.count * settings.kernelSize.reduce(1, *) * (input.features / groups)
  }

  func forward(_ pass: ForwardPass) -> Double {
    let (packed, rest) = convolution.parts(of: pass.scratch)
    let (x, y) = (pass.input(0).vector, pass.output.vector)
    convolution.pack(pass.parameter(0), for: .forward, into: packed)
    for first in stride(from: 0, to: pass.rows, by: convolution.imagesAtOnce) {
      let images = first..<min(first + convolution.imagesAtOnce, pass.rows)
      convolution.forward(
        images: images.count, x.samples(images, of: convolution.inputCount), packed: packed.readOnly,
        into: y.samples(images, of: convolution.outputCount), scratch: rest)
      ending.apply(to: images, pass)
    }
    return ending.penalty(pass)
  }

  func backward(_ pass: BackwardPass) {
    let (packed, rest) = convolution.parts(of: pass.scratch)
    let dz = ending.gradient(pass, scratch: rest)
    convolution.kernelGradient(
      images: pass.rows, pass.input(0).vector, outputGradient: dz, into: pass.parameterGradient(0), scratch: rest)
    guard let dx = pass.inputGradient(0)?.vector else { return }
    convolution.pack(pass.parameter(0), for: .back, into: packed)
    convolution.back(images: pass.rows, dz, packed: packed.readOnly, into: dx, scratch: rest)
  }
}

extension Convolution {
  /// Floats of an operation's scratch that hold the packed kernel.
  var packedPart: Int { AlignedBuffer.padded(packedCount) }

  func parts(of scratch: MutableVector) -> (packed: MutableVector, rest: MutableVector) {
    (scratch[0..<packedPart], scratch[packedPart..<scratch.count])
  }
}

extension Vector {
  /// The floats of some samples of `count` floats each.
  func samples(_ samples: Range<Int>, of count: Int) -> Vector {
    self[samples.lowerBound * count..<samples.upperBound * count]
  }
}

extension MutableVector {
  /// The same, to be written.
  func samples(_ samples: Range<Int>, of count: Int) -> MutableVector {
    self[samples.lowerBound * count..<samples.upperBound * count]
  }
}
