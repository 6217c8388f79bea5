internal import Kernels

/// Adds normal numbers of mean 0 in training.
///
/// They follow from (key, step, layer, row of the batch, column) alone, as dropout's masks do.
public struct GaussianNoise: Layer {
  public static let className = "GaussianNoise"
  public static let kind = "gaussian_noise"

  public let stddev: Float
  public let name: String?

  /// - Precondition: `stddev >= 0`.
  public init(stddev: Float, name: String? = nil) {
    precondition(stddev >= 0, "a standard deviation of \(stddev)")
    self.stddev = stddev
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("stddev", .number(Double(stddev)))] }
  public var traits: LayerTraits { LayerTraits(role: .noise) }
  public var masking: Masking { .passes }

  public func isCausal(for inputs: [Shape]) -> Bool { true }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    GaussianNoiseOperation(stddev: stddev, outputs: inputs)
  }
}

struct GaussianNoiseOperation: Operation {
  let stddev: Float
  let outputs: [Shape]

  func forward(_ pass: ForwardPass) -> Double {
    guard let training = pass.training, stddev > 0 else {
      pass.output.vector.copy(from: pass.input(0).vector)
      return 0
    }
    Images.addNoise(
      key: training.key, step: training.step, layer: UInt32(pass.layer), firstRow: training.firstRow,
      deviation: stddev, to: pass.input(0), into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    pass.inputGradient(0)?.vector.copy(from: pass.outputGradient.readOnly.vector)
  }
}
