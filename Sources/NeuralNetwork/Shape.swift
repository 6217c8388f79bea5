/// Extents of one sample, outermost first: `[64]` for a row of 64 features, `[28, 28, 1]` for an image.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public let extents: [Int]

  public init(_ extents: [Int]) { self.extents = extents }
  public init(arrayLiteral elements: Int...) { extents = elements }

  /// Floats a sample takes.
  public var count: Int { extents.reduce(1, *) }
  /// Extent of the last axis: what Dense and the normalizations work along.
  public var features: Int { extents.last ?? 1 }
  public var description: String { "[\(extents.map(String.init).joined(separator: ", "))]" }
}

/// Inputs of a layer that merges whose shapes do not go together. A network makes a `NetworkError` of it that names them.
struct ShapeMismatch: Error {
  /// The two numbers among the layer's inputs.
  let inputs: (Int, Int)
  /// What the layer takes.
  let expected: String

  /// - Throws: `ShapeMismatch` where the inputs have not all one shape.
  static func requireSame(_ shapes: [Shape], _ what: String) throws {
    guard let other = shapes.firstIndex(where: { $0 != shapes[0] }) else { return }
    throw ShapeMismatch(inputs: (0, other), expected: "\(what) takes inputs of one shape")
  }
}

/// A network that cannot be built.
public struct NetworkError: Error, CustomStringConvertible, Sendable {
  /// Number of the layer in the network, if it is about one.
  public let layer: Int?
  public let description: String

  public init(layer: Int? = nil, _ description: String) {
    self.layer = layer
    self.description = description
  }
}
