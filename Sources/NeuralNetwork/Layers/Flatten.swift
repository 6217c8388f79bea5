internal import Kernels

/// Makes every sample one row of features; memory order stays.
public struct Flatten: Layer {
  public static let className = "Flatten"
  public static let kind = "flatten"

  public let name: String?

  public init(name: String? = nil) { self.name = name }

  public func outputShape(for input: Shape) throws -> Shape { [input.count] }

  public func forward(_ pass: ForwardPass) -> Double {
    pass.output.vector.copy(from: pass.input.vector)
    return 0
  }

  public func backward(_ pass: BackwardPass) {
    pass.inputGradient?.vector.copy(from: pass.outputGradient.readOnly.vector)
  }
}
