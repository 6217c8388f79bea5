internal import Kernels

/// The axes of a sample in another order: axis i of the output is axis `dims[i]` of the input, counted from 1.
public struct Permute: Layer {
  public static let className = "Permute"
  public static let kind = "permute"

  public let dims: [Int]
  public let name: String?

  public init(dims: [Int], name: String? = nil) {
    self.dims = dims
    self.name = name
  }

  public var arguments: [LayerArgument] { [LayerArgument("dims", .integers(dims))] }

  public var traits: LayerTraits { LayerTraits(role: .reshaping) }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    let axes = inputs[0].extents.count
    guard dims.sorted() == Array(1...max(axes, 1)) else {
      throw NetworkError(
        "permute takes each axis of samples of shape \(inputs[0]) once, from 1 to \(axes); found dims \(Shape(dims))")
    }
    return PermuteOperation(input: inputs[0], dims: dims.map { $0 - 1 })
  }
}

struct PermuteOperation: Operation {
  let outputs: [Shape]
  /// Where each block of the output stands in a sample of the input.
  private let starts: [Int]
  /// Consecutive floats of the last axes that stay where they are.
  private let block: Int

  init(input: Shape, dims: [Int]) {
    let extents = input.extents
    outputs = [Shape(dims.map { extents[$0] })]
    var strides = Array(repeating: 1, count: extents.count)
    for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
    var moved = dims
    var block = 1
    while let last = moved.last, last == moved.count - 1 {
      block *= extents[last]
      moved.removeLast()
    }
    var starts = [0]
    for axis in moved { starts = starts.flatMap { start in (0..<extents[axis]).map { start + $0 * strides[axis] } } }
    self.starts = starts
    self.block = block
  }

  func forward(_ pass: ForwardPass) -> Double {
    let (x, y) = (pass.input(0), pass.output)
    starts.withUnsafeBufferPointer { starts in
      for row in 0..<x.rows {
        let (from, to) = (x.base + row * x.columns, y.base + row * x.columns)
        for (number, start) in starts.enumerated() {
          (to + number * block).update(from: from + start, count: block)
        }
      }
    }
    return 0
  }

  func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradient(0) else { return }
    let dy = pass.outputGradient
    starts.withUnsafeBufferPointer { starts in
      for row in 0..<dx.rows {
        let (from, to) = (dy.base + row * dx.columns, dx.base + row * dx.columns)
        for (number, start) in starts.enumerated() {
          (to + start).update(from: from + number * block, count: block)
        }
      }
    }
  }
}
