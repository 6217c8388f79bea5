import NeuralNetwork

extension LayerCase {
  private static func sameShape(
    _ name: String, _ layer: any Layer, _ combine: @escaping @Sendable ([Double]) -> Double
  ) -> [LayerCase] {
    [([1], 2, 1), ([3, 5], 2, 7), ([17], 3, 4), ([2, 3, 2], 5, 3)].map { extents, count, rows in
      LayerCase(
        "\(name) of \(count) of \(extents)", layer, inputs: Array(repeating: Shape(extents), count: count), rows: rows
      ) { inputs in
        inputs.x.indices.map { index in combine(inputs.xs.map { $0[index] }) }
      }
    }
  }

  /// Merges of tensors of one shape, and layers that put the same floats elsewhere.
  static let shapes: [LayerCase] =
    sameShape("multiply", Multiply()) { $0.reduce(1, *) }
    + sameShape("average", Average()) { $0.reduce(0, +) / Double($0.count) }
    + sameShape("maximum", Maximum()) { $0.max() ?? 0 }
    + [
      LayerCase("reshape", Reshape(targetShape: [5, -1]), input: [2, 3, 5]) { $0.x },
      LayerCase("reshape to one axis", Reshape(targetShape: [-1]), input: [2, 3], rows: 1) { $0.x },
    ]
    + [
      ([3, 2], [2, 1], 7), ([1, 1], [2, 1], 1), ([2, 3, 4], [3, 1, 2], 2), ([2, 3, 4], [2, 1, 3], 3), ([5], [1], 2),
      ([2, 3, 4, 2], [4, 3, 2, 1], 2), ([2, 3, 4], [1, 2, 3], 2),
    ].map { (extents: [Int], dims: [Int], rows: Int) in
      LayerCase("permute \(extents) by \(dims)", Permute(dims: dims), input: Shape(extents), rows: rows) { inputs in
        let width = extents.reduce(1, *)
        return (0..<inputs.rows).flatMap { row in
          (0..<width).map { place -> Double in
            // The output's coordinates, last axis first; each counts along the axis of the input that it comes from.
            var (rest, from) = (place, 0)
            for dim in dims.reversed() {
              from += rest % extents[dim - 1] * extents[dim...].reduce(1, *)
              rest /= extents[dim - 1]
            }
            return inputs.x[row * width + from]
          }
        }
      }
    }

  /// Tables that are looked up.
  static let tables: [LayerCase] =
    [([3], 7, 4, 5), ([1], 1, 1, 1), ([2, 3], 5, 17, 2)].map { (extents: [Int], ids: Int, columns: Int, rows: Int) in
      var subject = LayerCase(
        "embedding of \(ids) ids in \(columns) columns", Embedding(inputDim: ids, outputDim: columns),
        input: Shape(extents), rows: rows
      ) { inputs in
        inputs.x.flatMap { id in
          let row = Int(id.rounded())
          return Array(inputs.weights[0][row * columns..<(row + 1) * columns])
        }
      }
      // Ids that repeat.
      subject.element = { Float(abs(Int($0 * 1000)) % ids) }
      return subject
    }
    + [([4, 3], 4, 3), ([2, 3], 5, 1), ([1, 1], 1, 2), ([2, 3, 2], 6, 2)].map {
      (extents: [Int], length: Int, rows: Int) in
      LayerCase(
        "position embedding of \(extents), \(length) positions", PositionEmbedding(sequenceLength: length),
        input: Shape(extents), rows: rows
      ) { inputs in
        let used = Array(inputs.weights[0].prefix(extents.suffix(2).reduce(1, *)))
        return (0..<inputs.x.count / used.count).flatMap { _ in used }
      }
    }
}
