internal import Glibc

/// (1 - p_t)^gamma times the binary cross-entropy, mean over the outputs, where p_t = t p + (1 - t) (1 - p): rows that are
/// right already count little.
///
/// With `applyClassBalancing` also times alpha t + (1 - alpha) (1 - t). From probabilities, they are cut to [1e-7, 1 - 1e-7]
/// in the cross-entropy alone, as in Keras. From logits nothing is cut: Keras takes their sigmoid and cuts it, by which rows
/// that are very wrong (|z| > 16) lose the cross-entropy's gradient.
///
/// Lin, Goyal, Girshick, He, Dollár: Focal loss for dense object detection, 2017.
public struct BinaryFocalCrossentropy: ClassLoss, OutputwiseLoss {
  public static let name = "binary_focal_crossentropy"
  public static let classActivation = ActivationFunction.sigmoid

  public let applyClassBalancing: Bool
  public let alpha: Float
  public let gamma: Float
  public let fromLogits: Bool
  public let labelSmoothing: Float

  public init(
    applyClassBalancing: Bool = false, alpha: Float = 0.25, gamma: Float = 2, fromLogits: Bool = false,
    labelSmoothing: Float = 0
  ) {
    self.applyClassBalancing = applyClassBalancing
    self.alpha = alpha
    self.gamma = gamma
    self.fromLogits = fromLogits
    self.labelSmoothing = labelSmoothing
  }

  public var targets: TargetRequirement { .probabilities }
  public var fromLogitsTwin: any Loss { twin(fromLogits: true) }

  private func twin(fromLogits: Bool) -> BinaryFocalCrossentropy {
    BinaryFocalCrossentropy(
      applyClassBalancing: applyClassBalancing, alpha: alpha, gamma: gamma, fromLogits: fromLogits,
      labelSmoothing: labelSmoothing)
  }

  /// Probabilities, or the logits of all that are not cut.
  func constants(for column: [Float]) -> ClosedRange<Float>? {
    column.isEmpty ? nil : fromLogits ? -20...20 : 0...1
  }

  func valueAndDerivative(_ output: Float, _ target: Float) -> (Float, Float) {
    let t = (1 - Double(labelSmoothing)) * Double(target) + Double(labelSmoothing) / 2
    let weight = applyClassBalancing ? t * Double(alpha) + (1 - t) * (1 - Double(alpha)) : 1
    let (value, derivative) =
      fromLogits ? ofLogit(Double(output), t) : ofProbability(Double(output), t)
    return (Float(weight * value), Float(weight * derivative))
  }

  private func ofProbability(_ p: Double, _ t: Double) -> (Double, Double) {
    let (low, high) = (Double(Float(1e-7)), Double(Float(1 - 1e-7)))
    let cut = p < low ? low : p > high ? high : p
    let entropy = -t * log(cut) - (1 - t) * log(1 - cut)
    let slope = p < low || p > high ? 0 : (1 - t) / (1 - cut) - t / cut
    return focused(t * (1 - p) + (1 - t) * p, by: 1 - 2 * t, entropy, slope)
  }

  private func ofLogit(_ z: Double, _ t: Double) -> (Double, Double) {
    // Of the smaller of p and 1 - p no digit is lost.
    let e = exp(-abs(z))
    let (p, q) = z < 0 ? (e / (1 + e), 1 / (1 + e)) : (1 / (1 + e), e / (1 + e))
    let entropy = max(z, 0) - z * t + log1p(e)
    return focused(t * q + (1 - t) * p, by: (1 - 2 * t) * p * q, entropy, t == 1 ? -q : p - t)
  }

  /// u^gamma times the cross-entropy, and its derivative.
  ///
  /// - Parameters:
  ///   - u: 1 - p_t.
  ///   - uSlope: its derivative.
  private func focused(_ u: Double, by uSlope: Double, _ entropy: Double, _ slope: Double) -> (Double, Double) {
    let factor = pow(u, Double(gamma))
    let factorSlope = gamma == 0 || u == 0 ? 0 : Double(gamma) * pow(u, Double(gamma) - 1) * uSlope
    return (factor * entropy, factor * slope + factorSlope * entropy)
  }
}
