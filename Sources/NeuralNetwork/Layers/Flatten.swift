internal import Kernels

/// Makes every sample one row of features; memory order stays.
public struct Flatten: Layer {
  public static let className = "Flatten"
  public static let kind = "flatten"

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public var traits: LayerTraits { LayerTraits(role: .reshaping) }

  public func operation(for inputs: [Shape]) throws -> any Operation { FlattenOperation(outputs: [[inputs[0].count]]) }
}

struct FlattenOperation: Operation {
  let outputs: [Shape]

  var inPlace: InPlace { [.view, .gradient] }

  func forward(_ pass: ForwardPass) -> Double {
    pass.output.vector.copyUnlessSame(pass.input(0).vector)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    pass.inputGradient(0)?.vector.copyUnlessSame(pass.outputGradient.readOnly.vector)
  }
}
