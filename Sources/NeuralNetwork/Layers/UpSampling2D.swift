internal import Kernels

/// Images of larger pixels: each is repeated (interpolation by the nearest).
///
/// x: `[height, width, channels]`, y: `[height size, width size, channels]`.
public struct UpSampling2D: Layer {
  public static let className = "UpSampling2D"
  public static let kind = "up_sampling2d"

  /// For rows and for columns, or one number for both.
  public let size: [Int]
  public let name: String?

  public init(size: [Int] = [2], name: String? = nil) {
    self.size = size
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [
      LayerArgument("size", .integers(size.count == 1 ? size + size : size)),
      LayerArgument("interpolation", .text("nearest")),
    ]
  }

  public var traits: LayerTraits { LayerTraits(role: .reshaping) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let shape = try inputs[0].image(for: Self.kind)
    guard (1...2).contains(size.count), size.allSatisfy({ $0 > 0 }) else {
      throw NetworkError("up_sampling2d takes a positive number, or two for rows and columns, as size, found \(size)")
    }
    return UpSampling2DOperation(shape: shape, rows: size[0], columns: size[size.count - 1])
  }
}

struct UpSampling2DOperation: Operation {
  let shape: Images.Shape
  let rows: Int
  let columns: Int
  var outputs: [Shape] { [[shape.height * rows, shape.width * columns, shape.channels]] }

  func forward(_ pass: ForwardPass) -> Double {
    Images.repeatPixels(pass.input(0), shape, rows: rows, columns: columns, into: pass.output)
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let inputGradient = pass.inputGradient(0) else { return }
    Images.repeatPixelsBackward(
      outputGradient: pass.outputGradient.readOnly, shape, rows: rows, columns: columns, into: inputGradient)
  }
}
