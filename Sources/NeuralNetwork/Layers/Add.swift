internal import Kernels

/// y = x_0 + x_1 + ..., element by element, in the order of the inputs. All have one shape.
public struct Add: Layer {
  public static let className = "Add"
  public static let kind = "add"
  public static let arity = 2...Int.max

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public var traits: LayerTraits { LayerTraits(role: .merging) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    try ShapeMismatch.requireSame(inputs, "add")
    return AddOperation(shape: inputs[0], inputs: inputs.count)
  }
}

struct AddOperation: Operation {
  let shape: Shape
  let inputs: Int
  var outputs: [Shape] { [shape] }

  var inPlace: InPlace { [.output, .gradient] }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output.vector
    y.copyUnlessSame(pass.input(0).vector)
    for number in 1..<inputs { Elementwise.add(pass.input(number).vector, to: y) }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let dy = pass.outputGradient.readOnly.vector
    // What may be dy's own memory comes last: it is dy already.
    for number in (0..<inputs).reversed() { pass.inputGradient(number)?.vector.copyUnlessSame(dy) }
  }
}
