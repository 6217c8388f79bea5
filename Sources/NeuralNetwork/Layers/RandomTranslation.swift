internal import Kernels

/// Moves each image by whole pixels in training; 0 where nothing comes from.
///
/// x: `[height, width, channels]`. An image moves down by `round(height u)` and right by `round(width v)`, u and v uniform
/// between the factors' bounds. They follow from (key, step, layer, row of the batch) alone: u from the first, v from the
/// second of the row's random words (`Philox`, counter (0, row, step, layer)), in multiples of 2^-32.
///
/// Keras' layer moves by parts of pixels, too, unless its interpolation is `nearest`.
public struct RandomTranslation: Layer {
  public static let className = "RandomTranslation"
  public static let kind = "random_translation"

  /// What comes in from beyond the edges.
  public enum FillMode: String, Sendable, Hashable, CaseIterable {
    /// 0.
    case constant
  }

  /// Shares of the height and of the width: the lowest and the highest, or one number for both ways.
  public let heightFactor: [Double]
  public let widthFactor: [Double]
  public let fillMode: FillMode
  public let name: String?

  public init(
    heightFactor: [Double], widthFactor: [Double], fillMode: FillMode = .constant, name: String? = nil
  ) {
    self.heightFactor = heightFactor
    self.widthFactor = widthFactor
    self.fillMode = fillMode
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("height_factor", .numbers(RandomTranslation.bounds(heightFactor) ?? heightFactor)),
      LayerArgument("width_factor", .numbers(RandomTranslation.bounds(widthFactor) ?? widthFactor)),
      LayerArgument("fill_mode", .text(fillMode.rawValue)), LayerArgument("interpolation", .text("nearest")),
    ]
  }

  public var traits: LayerTraits { LayerTraits(role: .noise) }

  private static func bounds(_ factor: [Double]) -> [Double]? {
    let bounds = factor.count == 1 ? [-abs(factor[0]), abs(factor[0])] : factor
    guard bounds.count == 2, bounds[0] <= bounds[1], bounds.allSatisfy({ abs($0) <= 1 }) else { return nil }
    return bounds
  }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let shape = try inputs[0].image(for: Self.kind)
    func checked(_ factor: [Double], _ argument: String) throws -> [Double] {
      guard let bounds = RandomTranslation.bounds(factor) else {
        throw NetworkError(
          "random_translation takes one share or [lowest, highest] as \(argument), from -1 to 1, found \(factor)")
      }
      return bounds
    }
    return RandomTranslationOperation(
      shape: shape, down: try checked(heightFactor, "height_factor"), right: try checked(widthFactor, "width_factor"))
  }
}

struct RandomTranslationOperation: Operation {
  let shape: Images.Shape
  private let down: Draw
  private let right: Draw
  var outputs: [Shape] { [[shape.height, shape.width, shape.channels]] }
  /// How far each image was moved down and right.
  var kept: MemorySize { MemorySize(perRow: 2) }

  /// Whole pixels between two bounds.
  private struct Draw {
    let start: Double
    let span: Double

    init(_ bounds: [Double], of extent: Int) {
      start = bounds[0] * Double(extent)
      span = (bounds[1] - bounds[0]) * Double(extent)
    }

    func pixels(_ word: UInt32) -> Int { Int((start + span * (Double(word) * 0x1p-32)).rounded()) }
  }

  init(shape: Images.Shape, down: [Double], right: [Double]) {
    self.shape = shape
    self.down = Draw(down, of: shape.height)
    self.right = Draw(right, of: shape.width)
  }

  func forward(_ pass: ForwardPass) -> Double {
    guard let training = pass.training else {
      pass.output.vector.copy(from: pass.input(0).vector)
      return 0
    }
    for row in 0..<pass.rows {
      let words = training.words(layer: pass.layer, row: row)
      let (down, right) = (down.pixels(words[0]), right.pixels(words[1]))
      pass.kept[2 * row] = Float(down)
      pass.kept[2 * row + 1] = Float(right)
      Images.shift(pass.input(0).row(row), shape, down: down, right: right, into: pass.output.row(row))
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    for row in 0..<pass.rows {
      Images.shift(
        pass.outputGradient.readOnly.row(row), shape, down: -Int(pass.kept[2 * row]),
        right: -Int(pass.kept[2 * row + 1]), into: inputGradient.row(row))
    }
  }
}
