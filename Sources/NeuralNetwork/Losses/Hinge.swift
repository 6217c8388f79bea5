/// max(0, 1 - t y), mean over the outputs, for targets -1 and 1; a target 0 is taken as -1.
///
/// Keras converts 0 to -1 where a batch has no targets but 0 and 1; here each target is converted by itself, so that batches
/// and shards do not matter. At a margin of exactly 1 the derivative is -t, as in TensorFlow.
public struct Hinge: Loss, OutputwiseLoss {
  public static let name = "hinge"

  public init() {}

  public var targets: TargetRequirement { .signs }

  func constants(for column: [Float]) -> ClosedRange<Float>? { column.isEmpty ? nil : -1...1 }

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let sign = target == 0 ? -1 : target
    let rest = 1 - sign * output
    return rest < 0 ? (0, 0) : (rest, rest.isNaN ? rest : -sign)
  }
}
