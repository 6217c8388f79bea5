/// max(0, 1 - t y)^2, mean over the outputs, for targets -1 and 1; a target 0 is taken as -1, as `Hinge` does.
public struct SquaredHinge: Loss, OutputwiseLoss {
  public static let name = "squared_hinge"

  public init() {}

  public var targets: TargetRequirement { .signs }

  func constants(for column: [Float]) -> ClosedRange<Float>? { column.isEmpty ? nil : -1...1 }

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let sign = target == 0 ? -1 : target
    let rest = 1 - sign * output
    return rest < 0 ? (0, 0) : (rest * rest, -2 * sign * rest)
  }
}
