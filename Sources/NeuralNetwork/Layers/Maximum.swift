internal import Kernels

/// y = the largest of x_0, x_1, ..., element by element. All have one shape.
///
/// Of equals the first has the gradient, as in TensorFlow.
public struct Maximum: Layer {
  public static let className = "Maximum"
  public static let kind = "maximum"
  public static let arity = 2...Int.max

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public var traits: LayerTraits { LayerTraits(role: .merging) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try ShapeMismatch.requireSame(inputs, "maximum")
    return MaximumOperation(shape: inputs[0], inputs: inputs.count)
  }
}

struct MaximumOperation: Operation {
  let shape: Shape
  let inputs: Int
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { [.inputs, .output] }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    y.copy(from: pass.input(0).vector)
    for number in 1..<inputs { Merging.maximum(pass.input(number).vector, into: y) }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    // What an input has taken is gone for those after it.
    let rest = pass.outputGradient.vector
    for number in 0..<inputs {
      Merging.takeGradient(
        pass.input(number).vector, of: pass.output.vector, from: rest, into: pass.inputGradient(number)?.vector)
    }
  }
}
