internal import Kernels

/// The inputs one after the other along an axis; they agree in all other axes.
///
/// x_i: `[rows, a, n_i, b]`, y: `[rows, a, n_0 + n_1 + ..., b]`, where the axis is the third.
public struct Concatenate: Layer {
  public static let className = "Concatenate"
  public static let kind = "concatenate"
  public static let arity = 2...Int.max

  /// As Keras counts: 0 is the batch, 1 the first axis of a sample, -1 the last.
  public let axis: Int
  public let name: String?

  public init(axis: Int = -1, name: String? = nil) {
    self.axis = axis
    self.name = name
  }

  public var arguments: [LayerArgument] {
    [LayerArgument("axis", .integer(axis))]
  }

  public var masking: Masking { .passes }
  public var traits: LayerTraits { LayerTraits(role: .merging) }

  public func isCausal(for inputs: [Shape]) -> Bool {
    inputs.haveTime && (axis == -1 || axis == inputs[0].extents.count)
  }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let first = inputs[0].extents
    let place = axis < 0 ? first.count + axis : axis - 1
    guard first.indices.contains(place) else {
      throw NetworkError(
        "concatenate has no axis \(axis) in samples of shape \(inputs[0])"
          + (axis == 0 ? ": 0 is the batch; the first axis of a sample is 1" : ""))
    }
    for (number, other) in inputs.enumerated().dropFirst() {
      var extents = other.extents
      if extents.count == first.count { extents[place] = first[place] }
      guard extents == first else {
        throw ShapeMismatch(inputs: (0, number), expected: "concatenate takes inputs that agree but for axis \(axis)")
      }
    }
    var extents = first
    extents[place] = inputs.reduce(0) { $0 + $1.extents[place] }
    let after = first[(place + 1)...].reduce(1, *)
    return ConcatenateOperation(outputs: [Shape(extents)], blocks: inputs.map { $0.extents[place] * after })
  }
}

struct ConcatenateOperation: Operation {
  let outputs: [Shape]
  /// Consecutive floats of each input between two of the next input's.
  let blocks: [Int]

  func forward(_ pass: ForwardPass) -> Double {
    let y = pass.output
    let width = blocks.reduce(0, +)
    var start = 0
    for (number, block) in blocks.enumerated() {
      let x = pass.input(number)
      for index in 0..<x.count / block {
        (y.base + index * width + start).update(from: x.base + index * block, count: block)
      }
      start += block
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    let dy = pass.outputGradient
    let width = blocks.reduce(0, +)
    var start = 0
    for (number, block) in blocks.enumerated() {
      if let dx = pass.inputGradient(number) {
        for index in 0..<dx.count / block {
          (dx.base + index * block).update(from: dy.base + index * width + start, count: block)
        }
      }
      start += block
    }
  }
}
