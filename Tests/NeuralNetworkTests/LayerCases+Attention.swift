import Foundation
import Kernels
import NeuralNetwork

extension LayerCase {
  /// - Parameter counts: of a position's mask, from the numbers of the input, the row and the position; nil: no masks.
  private static func attention(
    _ description: String, _ layer: MultiHeadAttention, query: Shape, value: Shape? = nil, rows: Int = 2,
    counts: (@Sendable (Int, Int, Int) -> Bool)? = nil
  ) -> LayerCase {
    let shapes = [query] + (value.map { [$0] } ?? [])
    var subject = LayerCase(
      "attention, " + description, layer, inputs: shapes, rows: rows, number: 2
    ) { inputs in
      Reference.attention(layer, inputs, query: query, value: value ?? query, counts: counts, training: training)
    }
    // It adds the same to all scores of a query.
    subject.idle = ["key/bias"]
    if let counts {
      subject.masks = shapes.enumerated().map { number, shape in
        (0..<rows).flatMap { row in (0..<shape.extents[0]).map { counts(number, row, $0) ? 1 : 0 } }
      }
    }
    return subject
  }

  private static func short(_ time: Int, causal: Bool, masked: Bool) -> LayerCase {
    let name = "\(time) positions" + (causal ? ", causal" : "") + (masked ? ", masked" : "")
    let layer = MultiHeadAttention(numHeads: 2, keyDim: 3, causal: causal)
    guard masked else { return attention(name, layer, query: [time, 5]) }
    return attention(name, layer, query: [time, 5]) { _, row, position in (position + row) % 3 != 0 }
  }

  static let attentions: [LayerCase] =
    (1...12).flatMap { time -> [LayerCase] in
      [
        short(time, causal: false, masked: false), short(time, causal: false, masked: true),
        short(time, causal: true, masked: false), short(time, causal: true, masked: true),
      ]
    } + attentionShapes

  private static let attentionShapes: [LayerCase] =
    [
      attention(
        "past a strip and registers", MultiHeadAttention(numHeads: 1, keyDim: 17, valueDim: 2, causal: true),
        query: [37, 3], rows: 1),
      attention(
        "no biases, wide values", MultiHeadAttention(numHeads: 3, keyDim: 2, valueDim: 5, useBias: false),
        query: [4, 6]),
      attention("cross", MultiHeadAttention(numHeads: 2, keyDim: 3, valueDim: 4), query: [3, 5], value: [7, 2]),
      attention(
        "cross, causal, more keys", MultiHeadAttention(numHeads: 2, keyDim: 3, causal: true), query: [3, 5],
        value: [7, 2]),
      attention(
        "cross, causal, more queries", MultiHeadAttention(numHeads: 1, keyDim: 3, causal: true, useBias: false),
        query: [7, 2], value: [3, 5]),
      attention(
        "cross, padding left of queries and right of keys", MultiHeadAttention(numHeads: 2, keyDim: 3, valueDim: 4),
        query: [6, 5], value: [7, 2]
      ) { input, row, position in input == 0 ? position > row : position < 5 - 2 * row },
      attention("padding on the left, causal", MultiHeadAttention(numHeads: 2, keyDim: 2, causal: true), query: [9, 3])
      {
        _, row, position in position > 3 * row
      },
      attention("a row of padding alone", MultiHeadAttention(numHeads: 1, keyDim: 2), query: [4, 3]) { _, row, _ in
        row > 0
      },
      attention("dropout", MultiHeadAttention(numHeads: 2, keyDim: 3, dropout: 0.4), query: [5, 4]),
      attention(
        "dropout, causal, masked", MultiHeadAttention(numHeads: 2, keyDim: 3, dropout: 0.2, causal: true),
        query: [35, 2],
        rows: 1
      ) { _, _, position in position % 5 != 1 },
    ]
}

extension Reference {
  /// From the formula, row by row and head by head.
  static func attention(
    _ layer: MultiHeadAttention, _ inputs: LayerCase.Inputs, query: Shape, value: Shape,
    counts: ((Int, Int, Int) -> Bool)?, training: TrainingPass
  ) -> [Double] {
    let (queries, keys, heads) = (query.extents[0], value.extents[0], layer.numHeads)
    let isCross = inputs.xs.count > 1
    let step = layer.useBias ? 2 : 1
    func product(_ x: [Double], _ number: Int, _ features: Int, _ width: Int) -> [Double] {
      affine(
        x, kernel: inputs.weights[number * step], bias: layer.useBias ? inputs.weights[number * step + 1] : nil,
        inputs: features, units: width)
    }
    let (keyWidth, valueWidth) = (heads * layer.keyDim, heads * layer.valueDim)
    let given = inputs.xs[isCross ? 1 : 0]
    let q = rows(product(inputs.x, 0, query.features, keyWidth), queries * keyWidth)
    let k = rows(product(given, 1, value.features, keyWidth), keys * keyWidth)
    let v = rows(product(given, 2, value.features, valueWidth), keys * valueWidth)
    let room = (keys + 31) / 32 * 32
    let factors = rows(
      dropoutMask(
        rate: layer.dropout, training: training, layer: 2, rows: inputs.rows, columns: heads * queries * room),
      heads * queries * room)
    var contexts: [Double] = []
    for row in 0..<inputs.rows {
      for i in 0..<queries {
        for head in 0..<heads {
          let sees = (0..<keys).map { j in
            !(layer.causal && j > i) && (counts.map { $0(0, row, i) && $0(isCross ? 1 : 0, row, j) } ?? true)
          }
          let scores = (0..<keys).map { j in
            (0..<layer.keyDim).reduce(0) { sum, d in
              sum + q[row][i * keyWidth + head * layer.keyDim + d] * k[row][j * keyWidth + head * layer.keyDim + d]
            } / Double(layer.keyDim).squareRoot()
          }
          let largest = zip(scores, sees).reduce(-Double.infinity) { $1.1 ? max($0, $1.0) : $0 }
          var weights = zip(scores, sees).map { $1 ? exp($0 - largest) : 0 }
          let sum = weights.reduce(0, +)
          if sees.contains(true) {
            weights = weights.enumerated().map { $1 / sum * factors[row][(head * queries + i) * room + $0] }
          } else {
            weights = weights.map { _ in layer.dropout > 0 ? 0 : 1 / Double(keys) }
          }
          contexts += (0..<layer.valueDim).map { d in
            (0..<keys).reduce(0) { $0 + weights[$1] * v[row][$1 * valueWidth + head * layer.valueDim + d] }
          }
        }
      }
    }
    return product(contexts, 3, valueWidth, query.features)
  }
}
