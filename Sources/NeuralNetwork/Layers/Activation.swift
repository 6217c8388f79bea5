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

  public func forward(_ pass: ForwardPass) -> Double {
    let x = pass.flatInput
    let y = pass.output.vector.matrix(rows: x.rows, columns: x.columns)
    y.vector.copy(from: x.vector)
    function.apply(bias: nil, preactivation: nil, output: y)
    return 0
  }

  public func backward(_ pass: BackwardPass) {
    let x = pass.flatInput
    let gradient = pass.outputGradient.vector.matrix(rows: x.rows, columns: x.columns)
    guard let inputGradient = pass.inputGradient else { return }
    function.backward(
      gradient: gradient, output: pass.output.vector.matrix(rows: x.rows, columns: x.columns), preactivation: x)
    inputGradient.vector.copy(from: gradient.readOnly.vector)
  }
}
