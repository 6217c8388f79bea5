internal import Kernels

/// Gamma and beta of a normalization, each of which may be left out; then 1 and 0 stand in scratch for it.
///
/// Of the weights that there are, gamma is the first. In scratch, from `scratchStart` on: the stand-in for gamma, the one
/// for beta (in backward: for its gradient), the one for gamma's gradient.
struct NormalizationWeights: Sendable {
  let features: Int
  let scales: Bool
  let centers: Bool
  /// Floats of scratch before these.
  var scratchStart = 0

  var scratchCount: Int { scales && centers ? 0 : 3 * features }

  var specs: [ParameterSpec] {
    (scales ? [ParameterSpec("gamma", shape: [features], initializer: .ones)] : [])
      + (centers ? [ParameterSpec("beta", shape: [features], initializer: .zeros)] : [])
  }

  /// What a layer says of them in Keras' words: nothing where there are both, as before there was a choice.
  static func arguments(center: Bool, scale: Bool) -> [LayerArgument] {
    (center ? [] : [LayerArgument("center", .boolean(false))])
      + (scale ? [] : [LayerArgument("scale", .boolean(false))])
  }

  private var beta: Int { scales ? 1 : 0 }

  private func standIn(_ number: Int, _ scratch: MutableVector) -> MutableVector {
    let start = scratchStart + number * features
    return scratch[start..<start + features]
  }

  private func filled(_ number: Int, with value: Float, _ scratch: MutableVector) -> Vector {
    let vector = standIn(number, scratch)
    vector.fill(value)
    return vector.readOnly
  }

  func gamma(_ pass: ForwardPass) -> Vector { scales ? pass.parameter(0) : filled(0, with: 1, pass.scratch) }
  func beta(_ pass: ForwardPass) -> Vector { centers ? pass.parameter(beta) : filled(1, with: 0, pass.scratch) }

  func gamma(_ pass: BackwardPass) -> Vector { scales ? pass.parameter(0) : filled(0, with: 1, pass.scratch) }
  func gammaGradient(_ pass: BackwardPass) -> MutableVector {
    scales ? pass.parameterGradient(0) : standIn(2, pass.scratch)
  }
  func betaGradient(_ pass: BackwardPass) -> MutableVector {
    centers ? pass.parameterGradient(beta) : standIn(1, pass.scratch)
  }
}
