internal import Kernels

/// Rows and columns of 0 around images.
///
/// x: `[height, width, channels]`, y: `[top + height + bottom, left + width + right, channels]`.
public struct ZeroPadding2D: Layer {
  public static let className = "ZeroPadding2D"
  public static let kind = "zero_padding2d"

  /// One number for all sides, two numbers for rows and columns, or two pairs: top and bottom, left and right.
  public let padding: [[Int]]
  public let name: String?

  public init(padding: [[Int]] = [[1]], name: String? = nil) {
    self.padding = padding
    self.name = name
  }

  /// Before and behind the rows, before and behind the columns; nil: `padding` says something else.
  private var sides: [Int]? {
    let both = padding.count == 1 ? padding + padding : padding
    guard both.count == 2, both.allSatisfy({ (1...2).contains($0.count) }) else { return nil }
    // A pair alone is no number for all sides.
    if padding.count == 1, padding[0].count == 2 { return nil }
    let sides = both.flatMap { $0.count == 1 ? $0 + $0 : $0 }
    return sides.allSatisfy { $0 >= 0 } ? sides : nil
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("padding", .lists(sides.map { [Array($0[0..<2]), Array($0[2..<4])] } ?? padding))]
  }

  public var traits: LayerTraits { LayerTraits(role: .reshaping) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let inner = try inputs[0].image(for: Self.kind)
    guard let sides else {
      throw NetworkError(
        "zero_padding2d takes a number, [rows, columns], or [[top, bottom], [left, right]] as padding, found "
          + "\(padding.allSatisfy { $0.count == 1 } ? "\(padding.flatMap(\.self))" : "\(padding)")"
      )
    }
    let outer = Images.Shape(
      height: inner.height + sides[0] + sides[1], width: inner.width + sides[2] + sides[3], channels: inner.channels)
    return ZeroPadding2DOperation(inner: inner, outer: outer, top: sides[0], left: sides[2])
  }
}

struct ZeroPadding2DOperation: Operation {
  let inner: Images.Shape
  let outer: Images.Shape
  let top: Int
  let left: Int
  var outputs: [Shape] { [[outer.height, outer.width, outer.channels]] }

  func forward(_ pass: ForwardPass) -> Double {
    Images.pad(pass.input(0), inner, top: top, left: left, to: outer, into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Images.crop(pass.outputGradient.readOnly, inner, top: top, left: left, from: outer, into: inputGradient)
  }
}
