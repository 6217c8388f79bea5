internal import Kernels

/// Zeroes each element with probability `rate` in training and scales the others by 1 / (1 - rate).
///
/// The mask follows from (key, step, layer, row of the batch, column) alone, so that it does not depend on how a batch
/// is sharded. Srivastava et al.: Dropout, 2014; inverted scaling as in Keras.
public struct Dropout: Layer {
  public static let className = "Dropout"
  public static let kind = "dropout"

  public let rate: Float
  public let name: String?

  /// - Precondition: `0 <= rate < 1`.
  public init(rate: Float, name: String? = nil) {
    precondition(rate >= 0 && rate < 1, "a dropout rate of \(rate)")
    self.rate = rate
    self.name = name
  }

  /// The mask.
  public func scratchCount(for input: Shape, rows: Int) -> Int { rows * input.count }

  public func forward(_ pass: ForwardPass) -> Double {
    guard let training = pass.training, rate > 0 else {
      pass.output.vector.copy(from: pass.input.vector)
      return 0
    }
    let mask = pass.scratch.matrix(rows: pass.input.rows, columns: pass.input.columns)
    Elementwise.dropoutMask(
      key: training.key, step: training.step, layer: UInt32(pass.layer), firstRow: training.firstRow, rate: rate,
      into: mask)
    Elementwise.multiply(pass.input.vector, mask.readOnly.vector, into: pass.output.vector)
    return 0
  }

  public func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient else { return }
    guard rate > 0 else { return inputGradient.vector.copy(from: pass.outputGradient.readOnly.vector) }
    let mask = pass.scratch.readOnly[0..<pass.input.count]
    Elementwise.multiply(pass.outputGradient.readOnly.vector, mask, into: inputGradient.vector)
  }
}
