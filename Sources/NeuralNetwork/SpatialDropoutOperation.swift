internal import Kernels

/// Dropout with one factor for all positions of a channel.
struct SpatialDropoutOperation: Operation {
  let rate: Float
  let shape: Shape
  var outputs: [Shape] { [shape] }
  /// The factor of each channel.
  var kept: MemorySize { MemorySize(perRow: shape.features) }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0)
    guard let training = pass.training, rate > 0 else {
      pass.output.vector.copy(from: x.vector)
      return 0
    }
    let mask = pass.kept.matrix(rows: x.rows, columns: shape.features)
    Elementwise.dropoutMask(
      key: training.key, step: training.step, layer: UInt32(pass.layer), firstRow: training.firstRow, rate: rate,
      into: mask)
    Images.multiplyChannels(x, mask.readOnly, into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    let gradient = pass.outputGradient.readOnly
    guard rate > 0 else { return inputGradient.vector.copy(from: gradient.vector) }
    Images.multiplyChannels(
      gradient, pass.kept.readOnly.matrix(rows: gradient.rows, columns: shape.features), into: inputGradient)
  }
}
