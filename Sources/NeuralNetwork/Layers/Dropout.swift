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

  public var arguments: [LayerArgument] {
    [LayerArgument("rate", .number(Double(rate)))]
  }

  public var traits: LayerTraits { LayerTraits(role: .noise, dropped: rate) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { true }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    DropoutOperation(rate: rate, shape: inputs[0])
  }
}

struct DropoutOperation: Operation {
  let rate: Float
  let shape: Shape
  var outputs: [Shape] { [shape] }
  var inPlace: InPlace { [.output, .gradient] }
  /// The mask.
  var kept: MemorySize { MemorySize(perRow: shape.count) }

  func forward(_ pass: ForwardPass) -> Double {
    let x = pass.input(0)
    guard let training = pass.training, rate > 0 else {
      pass.output.vector.copyUnlessSame(x.vector)
      return 0
    }
    let mask = pass.kept.matrix(rows: x.rows, columns: x.columns)
    Elementwise.dropoutMask(
      key: training.key, step: training.step, layer: UInt32(pass.layer), firstRow: training.firstRow, rate: rate,
      into: mask)
    Elementwise.multiply(x.vector, mask.readOnly.vector, into: pass.output.vector)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    let gradient = pass.outputGradient.readOnly.vector
    guard rate > 0 else { return inputGradient.vector.copyUnlessSame(gradient) }
    Elementwise.multiply(gradient, pass.kept.readOnly, into: inputGradient.vector)
  }
}
