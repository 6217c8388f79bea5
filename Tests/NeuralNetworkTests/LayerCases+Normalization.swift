import NeuralNetwork

extension LayerCase {
  static let normalizations: [LayerCase] = plain + withPositions + withoutWeights + groups + rms

  private static let epsilon = Double(Float(0.01))

  private static let plain: [LayerCase] = [[1], [5], [16], [19], [2, 3]].flatMap { extents in
    [
      LayerCase(
        "batch normalization of \(extents)", BatchNormalization(epsilon: 0.01), input: Shape(extents), rows: 9
      ) {
        Reference.batchNormalization($0.x, gamma: $0.weights[0], beta: $0.weights[1], epsilon: epsilon)
      },
      LayerCase("layer normalization of \(extents)", LayerNormalization(epsilon: 0.01), input: Shape(extents)) {
        Reference.layerNormalization($0.x, gamma: $0.weights[0], beta: $0.weights[1], epsilon: epsilon)
      },
    ]
  }

  /// Images and signals: blocks of 16, 8, 4 and 1 channels, rows that are no multiple of what is taken together, and, with
  /// 300 rows of 70 channels, several blocks.
  private static let withPositions: [LayerCase] =
    [([3, 5, 1], 2), ([2, 2, 29], 3), ([7, 6], 1), ([1, 1, 4], 5), ([3, 35], 25), ([50, 33], 1)].map {
      (extents: [Int], rows: Int) in
      LayerCase(
        "batch normalization of \(extents)", BatchNormalization(epsilon: 0.01), input: Shape(extents), rows: rows
      ) {
        Reference.batchNormalization($0.x, gamma: $0.weights[0], beta: $0.weights[1], epsilon: epsilon)
      }
    }

  private static let withoutWeights: [LayerCase] = [[4], [2, 3], [2, 3, 4]].flatMap { extents in
    [(true, false), (false, true), (false, false)].flatMap { (center: Bool, scale: Bool) -> [LayerCase] in
      let features = extents.last ?? 1
      @Sendable func gamma(_ inputs: Inputs) -> [Double] {
        scale ? inputs.weights[0] : Array(repeating: 1, count: features)
      }
      @Sendable func beta(_ inputs: Inputs) -> [Double] {
        center ? inputs.weights[scale ? 1 : 0] : Array(repeating: 0, count: features)
      }
      let what = "of \(extents), center \(center), scale \(scale)"
      return [
        LayerCase(
          "batch normalization \(what)", BatchNormalization(epsilon: 0.01, center: center, scale: scale),
          input: Shape(extents), rows: 6
        ) { Reference.batchNormalization($0.x, gamma: gamma($0), beta: beta($0), epsilon: epsilon) },
        LayerCase(
          "layer normalization \(what)", LayerNormalization(epsilon: 0.01, center: center, scale: scale),
          input: Shape(extents)
        ) { Reference.layerNormalization($0.x, gamma: gamma($0), beta: beta($0), epsilon: epsilon) },
        LayerCase(
          "group normalization \(what)", GroupNormalization(groups: 1, epsilon: 0.01, center: center, scale: scale),
          input: Shape(extents), rows: 3
        ) {
          Reference.groupNormalization(
            $0.x, sample: extents.reduce(1, *), groups: 1, gamma: gamma($0), beta: beta($0), epsilon: epsilon)
        },
      ]
    }
  }

  private static let groups: [LayerCase] =
    [
      ([6], 3), ([1, 4], 2), ([3, 2, 8], 4), ([5, 3], -1), ([3, 5, 1], 1), ([2, 5, 22], 2), ([70, 4], 2), ([7], 1),
    ].map {
      (extents: [Int], groups: Int) in
      LayerCase(
        "group normalization of \(extents), \(groups) groups", GroupNormalization(groups: groups, epsilon: 0.01),
        input: Shape(extents), rows: 2
      ) {
        Reference.groupNormalization(
          $0.x, sample: extents.reduce(1, *), groups: groups == -1 ? $0.features : groups, gamma: $0.weights[0],
          beta: $0.weights[1], epsilon: epsilon)
      }
    }

  private static let rms: [LayerCase] = [([1], 4), ([5], 1), ([19], 3), ([2, 3], 7), ([2, 3, 16], 2)].map {
    (extents: [Int], rows: Int) in
    LayerCase("rms normalization of \(extents)", RMSNormalization(epsilon: 0.01), input: Shape(extents), rows: rows) {
      inputs in
      Reference.rows(inputs.x, inputs.features).flatMap { row in
        let square = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
        return row.indices.map { inputs.weights[0][$0] * row[$0] / (square + epsilon).squareRoot() }
      }
    }
  }
}

extension Reference {
  /// - Parameter sample: floats of one.
  static func groupNormalization(
    _ x: [Double], sample: Int, groups: Int, gamma: [Double], beta: [Double], epsilon: Double
  ) -> [Double] {
    let channels = gamma.count
    let width = channels / groups
    return rows(x, sample).flatMap { values in
      let figures = (0..<groups).map { group in
        moments(values.indices.filter { $0 % channels / width == group }.map { values[$0] })
      }
      return values.indices.map { index -> Double in
        let channel = index % channels
        let (mean, variance) = figures[channel / width]
        return gamma[channel] * (values[index] - mean) / (variance + epsilon).squareRoot() + beta[channel]
      }
    }
  }
}
