internal import Kernels

/// Turns each image over with probability 1/2 in training.
///
/// x: `[height, width, channels]`. Whether an image is turned follows from (key, step, layer, row of the batch) alone. Of
/// the row's random words (`Philox`, counter (0, row, step, layer)) the first decides on right and left, the second on up
/// and down: turned where the highest bit is 0.
public struct RandomFlip: Layer {
  public static let className = "RandomFlip"
  public static let kind = "random_flip"

  public enum Mode: String, Sendable, Hashable, CaseIterable {
    case horizontal
    case vertical
    case both = "horizontal_and_vertical"
  }

  public let mode: Mode
  public let name: String?

  public init(mode: Mode = .horizontal, name: String? = nil) {
    self.mode = mode
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("mode", .text(mode.rawValue))] }
  public var traits: LayerTraits { LayerTraits(role: .noise) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    RandomFlipOperation(mode: mode, shape: try inputs[0].image(for: Self.kind))
  }
}

struct RandomFlipOperation: Operation {
  let mode: RandomFlip.Mode
  let shape: Images.Shape
  var outputs: [Shape] { [[shape.height, shape.width, shape.channels]] }
  /// 1 where the image was turned: right and left, up and down.
  var kept: MemorySize { MemorySize(perRow: 2) }

  func forward(_ pass: ForwardPass) -> Double {
    guard let training = pass.training else {
      pass.output.vector.copy(from: pass.input(0).vector)
      return 0
    }
    for row in 0..<pass.rows {
      let words = training.words(layer: pass.layer, row: row)
      let sideways = mode != .vertical && words[0] >> 31 == 0
      let upwards = mode != .horizontal && words[1] >> 31 == 0
      pass.kept[2 * row] = sideways ? 1 : 0
      pass.kept[2 * row + 1] = upwards ? 1 : 0
      Images.flip(
        pass.input(0).row(row), shape, vertically: upwards, horizontally: sideways, into: pass.output.row(row))
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    for row in 0..<pass.rows {
      Images.flip(
        pass.outputGradient.readOnly.row(row), shape, vertically: pass.kept[2 * row + 1] == 1,
        horizontally: pass.kept[2 * row] == 1, into: inputGradient.row(row))
    }
  }
}
