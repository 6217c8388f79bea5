internal import Kernels

/// The same floats in the same order, as samples of another shape.
public struct Reshape: Layer {
  public static let className = "Reshape"
  public static let kind = "reshape"

  /// Extents of a sample; one may be -1: what is left.
  public let targetShape: [Int]
  public let name: String?

  public init(targetShape: [Int], name: String? = nil) {
    self.targetShape = targetShape
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("target_shape", .integers(targetShape))] }

  public var traits: LayerTraits { LayerTraits(role: .reshaping) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let count = inputs[0].count
    guard targetShape.allSatisfy({ $0 > 0 || $0 == -1 }), targetShape.count(where: { $0 == -1 }) <= 1 else {
      throw NetworkError("reshape to \(Shape(targetShape)): expected extents of 1 or more, of which one may be -1")
    }
    // Beyond the sample's own floats no product of extents is of interest.
    let known = targetShape.reduce(1) { $1 == -1 || $0 > count ? $0 : $0 * min($1, count + 1) }
    let isOpen = targetShape.contains(-1)
    guard isOpen ? count % known == 0 && known <= count : known == count else {
      throw NetworkError("samples of shape \(inputs[0]) hold \(count) numbers, which do not fill \(Shape(targetShape))")
    }
    return FlattenOperation(outputs: [Shape(targetShape.map { $0 == -1 ? count / known : $0 })])
  }
}
