internal import Kernels

/// y = x scale + offset, in training and after it.
public struct Rescaling: Layer {
  public static let className = "Rescaling"
  public static let kind = "rescaling"

  public let scale: Float
  public let offset: Float
  public let name: String?

  public init(scale: Float, offset: Float = 0, name: String? = nil) {
    self.scale = scale
    self.offset = offset
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("scale", .number(Double(scale))), LayerArgument("offset", .number(Double(offset)))]
  }

  public func isCausal(for inputs: [Shape]) -> Bool { true }

  public var masking: Masking { .passes }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    RescalingOperation(scale: scale, offset: offset, outputs: inputs)
  }
}

struct RescalingOperation: Operation {
  let scale: Float
  let offset: Float
  let outputs: [Shape]

  func forward(_ pass: ForwardPass) -> Double {
    Images.rescale(pass.input(0).vector, scale: scale, offset: offset, into: pass.output.vector)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Images.rescale(pass.outputGradient.readOnly.vector, scale: scale, offset: 0, into: inputGradient.vector)
  }
}
