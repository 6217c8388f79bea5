import NeuralNetwork

/// Layers that read masks, over positions of which some do not count.
extension LayerCase {
  static let masked: [LayerCase] = [masks, masks.map { _ in 0 }].flatMap { marks -> [LayerCase] in
    let counted = marks.contains(1)
    var average = LayerCase(
      "global average pooling, masked\(counted ? "" : " wholly")", GlobalAveragePooling1D(), input: [4, 3], rows: 3
    ) { inputs in
      (0..<3).flatMap { row -> [Double] in
        let places = (0..<4).filter { marks[row * 4 + $0] != 0 }
        return (0..<3).map { feature in
          let sum = places.reduce(0) { $0 + inputs.x[(row * 4 + $1) * 3 + feature] }
          return places.isEmpty ? 0 : sum / Double(places.count)
        }
      }
    }
    var normalization = LayerCase(
      "batch normalization, masked", BatchNormalization(epsilon: 0.01), input: [4, 3], rows: 3
    ) { inputs in
      let counted = (0..<12).filter { marks[$0] != 0 }
      var y = inputs.x
      for feature in 0..<3 {
        let values = counted.map { inputs.x[$0 * 3 + feature] }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        for place in 0..<12 {
          let normalized = (y[place * 3 + feature] - mean) / (variance + Double(Float(0.01))).squareRoot()
          y[place * 3 + feature] = inputs.weights[0][feature] * normalized + inputs.weights[1][feature]
        }
      }
      return y
    }
    average.masks = [marks]
    normalization.masks = [marks]
    return counted ? [average, normalization] : [average]
  }

  private static let masks: [Float] = [1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1]
}
