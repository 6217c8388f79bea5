import NeuralNetwork

extension LayerCase {
  static let poolings: [LayerCase] = windows + wholes

  private struct Windows {
    let input: Shape
    let pool: [Int]
    var strides: [Int]?
    var padding: PoolingPadding = .valid
    var rows = 3

    var label: String { "\(pool) of \(input), \(strides.map { "strides \($0), " } ?? "")\(padding)" }
    func numbers(_ extents: [Int]) -> [Int] {
      extents.count == input.extents.count - 1
        ? extents : Array(repeating: extents[0], count: input.extents.count - 1)
    }
    func reduce(_ x: [Double], _ combine: @escaping ([Double]) -> Double) -> [Double] {
      Reference.pool(
        x, shape: input.extents, pool: numbers(pool), strides: numbers(strides ?? pool), same: padding == .same, combine
      )
    }
  }

  private static let windows: [LayerCase] = [
    // One row of pixels, one channel, one window, odd extents, windows apart and over each other.
    Windows(input: [4, 6, 1], pool: [2]),
    Windows(input: [5, 7, 3], pool: [2], rows: 1),
    Windows(input: [4, 4, 20], pool: [2], rows: 2),
    Windows(input: [3, 2, 5], pool: [3, 2]),
    Windows(input: [1, 6, 2], pool: [1, 3]),
    Windows(input: [7, 8, 2], pool: [2, 1], strides: [3, 4]),
    Windows(input: [6, 5, 17], pool: [3], strides: [2], rows: 2),
    Windows(input: [5, 4, 2], pool: [3], strides: [1]),
    Windows(input: [5, 7, 3], pool: [2], padding: .same),
    Windows(input: [2, 3, 4], pool: [5, 4], padding: .same),
    Windows(input: [2, 3, 2], pool: [5, 4], strides: [1], padding: .same),
    Windows(input: [6, 7, 1], pool: [2], strides: [3, 5], padding: .same),
    Windows(input: [7, 5, 4], pool: [3], strides: [2], padding: .same),
    Windows(input: [1, 1, 3], pool: [2], padding: .same),
    Windows(input: [9, 1], pool: [2]),
    Windows(input: [8, 19], pool: [4], rows: 2),
    Windows(input: [5, 3], pool: [5]),
    Windows(input: [9, 2], pool: [3], strides: [2], padding: .same),
    Windows(input: [3, 2], pool: [4], strides: [2], padding: .same, rows: 1),
    Windows(input: [10, 2], pool: [2], strides: [4]),
  ].flatMap { subject in
    let largest: any Layer
    let mean: any Layer
    if subject.input.extents.count == 3 {
      largest = MaxPooling2D(poolSize: subject.pool, strides: subject.strides, padding: subject.padding)
      mean = AveragePooling2D(poolSize: subject.pool, strides: subject.strides, padding: subject.padding)
    } else {
      largest = MaxPooling1D(poolSize: subject.pool, strides: subject.strides, padding: subject.padding)
      mean = AveragePooling1D(poolSize: subject.pool, strides: subject.strides, padding: subject.padding)
    }
    return [
      LayerCase("max pooling, \(subject.label)", largest, input: subject.input, rows: subject.rows) { inputs in
        subject.reduce(inputs.x) { $0.max() ?? .nan }
      },
      LayerCase("average pooling, \(subject.label)", mean, input: subject.input, rows: subject.rows) { inputs in
        subject.reduce(inputs.x) { $0.reduce(0, +) / Double($0.count) }
      },
    ]
  }

  private static let wholes: [LayerCase] = [[1, 1], [7, 3], [130, 2], [3, 70], [1, 1, 1], [3, 5, 2], [2, 3, 17]].flatMap
  { (extents: [Int]) in
    let pairs: (any Layer, any Layer) =
      extents.count == 3
      ? (GlobalMaxPooling2D(), GlobalAveragePooling2D()) : (GlobalMaxPooling1D(), GlobalAveragePooling1D())
    let whole = Array(extents.dropLast())
    return [
      LayerCase("global max pooling of \(extents)", pairs.0, input: Shape(extents), rows: 2) { inputs in
        Reference.pool(inputs.x, shape: extents, pool: whole, strides: whole, same: false) { $0.max() ?? .nan }
      },
      LayerCase("global average pooling of \(extents)", pairs.1, input: Shape(extents), rows: 2) { inputs in
        Reference.pool(inputs.x, shape: extents, pool: whole, strides: whole, same: false) {
          $0.reduce(0, +) / Double($0.count)
        }
      },
    ]
  }
}

extension Reference {
  /// Windows over samples of `shape` (positions, then channels), what lies in them put together by `combine`.
  static func pool(
    _ x: [Double], shape: [Int], pool: [Int], strides: [Int], same: Bool, _ combine: ([Double]) -> Double
  ) -> [Double] {
    let image = shape.count == 3 ? shape : [1] + shape
    let (pool, strides) = shape.count == 3 ? (pool, strides) : ([1] + pool, [1] + strides)
    let starts = (0..<2).map { axis -> [Int] in
      let extent = image[axis]
      if !same { return Array(stride(from: 0, through: extent - pool[axis], by: strides[axis])) }
      let count = (extent + strides[axis] - 1) / strides[axis]
      let before = max((count - 1) * strides[axis] + pool[axis] - extent, 0) / 2
      return (0..<count).map { $0 * strides[axis] - before }
    }
    var y: [Double] = []
    for sample in rows(x, image.reduce(1, *)) {
      for top in starts[0] {
        for left in starts[1] {
          for channel in 0..<image[2] {
            var found: [Double] = []
            for row in top..<top + pool[0] where (0..<image[0]).contains(row) {
              for column in left..<left + pool[1] where (0..<image[1]).contains(column) {
                found.append(sample[(row * image[1] + column) * image[2] + channel])
              }
            }
            y.append(combine(found))
          }
        }
      }
    }
    return y
  }
}
