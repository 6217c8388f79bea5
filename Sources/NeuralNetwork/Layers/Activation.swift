internal import Kernels

/// y = f(x), as a layer of its own.
public struct Activation: Layer {
  public static let className = "Activation"
  public static let kind = "activation"

  public let function: ActivationFunction
  public let name: String?

  public init(_ function: ActivationFunction, name: String? = nil) {
    self.function = function
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("activation", .activation(function))]
  }

  public var traits: LayerTraits { LayerTraits(role: .activation, activation: function) }
  public var masking: Masking { .passes }
  public var splitActivation: SplitActivation? { SplitActivation(function, rest: nil) }

  public func isCausal(for inputs: [Shape]) -> Bool { inputs.haveTime }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    ActivationOperation(function: function, shape: inputs[0])
  }
}

struct ActivationOperation: Operation {
  let function: ActivationFunction
  let shape: Shape
  var outputs: [Shape] { [shape] }
  var activation: ActivationFunction? { function }
  var backwardReads: BackwardReads { function.needsPreactivation ? [.inputs, .output] : .output }

  var inPlace: InPlace { function.needsPreactivation ? .gradient : [.output, .gradient] }

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output(features: shape.features)
    y.vector.copyUnlessSame(pass.input(0).vector)
    function.apply(bias: nil, preactivation: nil, output: y)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    let gradient = pass.outputGradient(features: shape.features)
    function.backward(
      gradient: gradient, output: pass.output(features: shape.features),
      preactivation: function.needsPreactivation ? pass.input(0, features: shape.features) : nil)
    inputGradient.vector.copyUnlessSame(gradient.readOnly.vector)
  }
}
