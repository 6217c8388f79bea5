internal import GradientHealth

extension StepOutcome {
  /// Every `StepColumn` with its value in this step, each once.
  @inline(__always)
  func visit(_ body: (StepColumn, Double) -> Void) {
    body(.loss, objective)
    body(.lossMax, objective)
    body(.penalty, penalty)
    body(.learningRate, learningRate)
    body(.gradientNorm, gradientNorm)
    body(.gradientNormMax, gradientNorm)
    body(.clippedNorm, clippedNorm)
  }
}
