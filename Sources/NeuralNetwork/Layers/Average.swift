internal import Kernels

/// y = (x_0 + x_1 + ... + x_n-1) / n, element by element, in the order of the inputs. All have one shape.
public struct Average: Layer {
  public static let className = "Average"
  public static let kind = "average"
  public static let arity = 2...Int.max

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public var traits: LayerTraits { LayerTraits(role: .merging) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try ShapeMismatch.requireSame(inputs, "average")
    return AverageOperation(shape: inputs[0], inputs: inputs.count)
  }
}

struct AverageOperation: Operation {
  let shape: Shape
  let inputs: Int
  var outputs: [Shape] { [shape] }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    y.copy(from: pass.input(0).vector)
    for number in 1..<inputs { Elementwise.add(pass.input(number).vector, to: y) }
    Elementwise.scale(y, by: 1 / Float(inputs))
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let dy = pass.outputGradient.vector
    Elementwise.scale(dy, by: 1 / Float(inputs))
    for number in 0..<inputs { pass.inputGradient(number)?.vector.copy(from: dy.readOnly) }
  }
}
