internal import Kernels

/// y = x_0 x_1 ..., element by element. All have one shape.
public struct Multiply: Layer {
  public static let className = "Multiply"
  public static let kind = "multiply"
  public static let arity = 2...Int.max

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public var traits: LayerTraits { LayerTraits(role: .merging) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try ShapeMismatch.requireSame(inputs, "multiply")
    return MultiplyOperation(shape: inputs[0], inputs: inputs.count)
  }
}

struct MultiplyOperation: Operation {
  let shape: Shape
  let inputs: Int
  var outputs: [Shape] { [shape] }
  var backwardReads: BackwardReads { .inputs }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    y.copy(from: pass.input(0).vector)
    for number in 1..<inputs { Elementwise.multiply(y.readOnly, pass.input(number).vector, into: y) }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    for number in 0..<inputs {
      guard let dx = pass.inputGradient(number)?.vector else { continue }
      dx.copy(from: pass.outputGradient.readOnly.vector)
      for other in 0..<inputs where other != number {
        Elementwise.multiply(dx.readOnly, pass.input(other).vector, into: dx)
      }
    }
  }
}
