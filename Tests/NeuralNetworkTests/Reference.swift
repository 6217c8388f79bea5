import Foundation
import Kernels
import NeuralNetwork

/// Layers and losses once more, in Double and in the plainest form, written from their formulas.
enum Reference {
  static func activate(_ function: ActivationFunction, _ z: [Double], columns: Int) -> [Double] {
    switch function {
    case .linear: z
    case .sigmoid: z.map { 1 / (1 + exp(-$0)) }
    case .tanh: z.map { Foundation.tanh($0) }
    case .relu: z.map { max($0, 0) }
    case .leakyRelu(let slope): z.map { $0 > 0 ? $0 : Double(slope) * $0 }
    case .elu: z.map { $0 > 0 ? $0 : exp($0) - 1 }
    case .selu: z.map { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) }
    case .gelu: z.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
    case .silu: z.map { $0 / (1 + exp(-$0)) }
    case .softplus: z.map { max($0, 0) + log1p(exp(-abs($0))) }
    case .softsign: z.map { $0 / (1 + abs($0)) }
    case .softmax: rows(z, columns).flatMap(softmax)
    case .relu6: z.map { min(max($0, 0), 6) }
    case .hardSigmoid: z.map { min(max($0 + 3, 0), 6) / 6 }
    case .hardSilu: z.map { $0 * min(max($0 + 3, 0), 6) / 6 }
    case .mish: z.map { $0 * Foundation.tanh(log1p(exp($0))) }
    case .exponential: z.map { exp($0) }
    case .logSoftmax: rows(z, columns).flatMap { logSoftmax($0) }
    case .approximateGelu:
      z.map { 0.5 * $0 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
    }
  }

  static func softmax(_ z: [Double]) -> [Double] {
    let largest = z.max() ?? 0
    let powers = z.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// x W + b.
  static func affine(_ x: [Double], kernel: [Double], bias: [Double]?, inputs: Int, units: Int) -> [Double] {
    var y: [Double] = []
    for row in 0..<x.count / inputs {
      for unit in 0..<units {
        var sum = bias?[unit] ?? 0
        for index in 0..<inputs { sum += x[row * inputs + index] * kernel[index * units + unit] }
        y.append(sum)
      }
    }
    return y
  }

  /// Mean and biased variance.
  static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  static func batchNormalization(
    _ x: [Double], gamma: [Double], beta: [Double], epsilon: Double
  ) -> [Double] {
    let features = gamma.count
    var y = x
    for feature in 0..<features {
      let places = stride(from: feature, to: x.count, by: features)
      let (mean, variance) = moments(places.map { x[$0] })
      for place in places {
        y[place] = gamma[feature] * (x[place] - mean) / (variance + epsilon).squareRoot() + beta[feature]
      }
    }
    return y
  }

  static func layerNormalization(
    _ x: [Double], gamma: [Double], beta: [Double], epsilon: Double
  ) -> [Double] {
    rows(x, gamma.count).flatMap { row in
      let (mean, variance) = moments(row)
      return row.indices.map { gamma[$0] * (row[$0] - mean) / (variance + epsilon).squareRoot() + beta[$0] }
    }
  }

  /// The factors of dropout, from the documented rule.
  static func dropoutMask(
    rate: Float, training: TrainingPass, layer: Int, rows: Int, columns: Int
  ) -> [Double] {
    let key = SIMD2(
      UInt32(truncatingIfNeeded: training.key), UInt32(truncatingIfNeeded: training.key >> 32))
    return (0..<rows).flatMap { row in
      (0..<columns).map { column in
        let words = Philox.block(
          counter: SIMD4(UInt32(column / 4), training.firstRow + UInt32(row), training.step, UInt32(layer)), key: key)
        return Double(words[column % 4]) < Double(rate) * 0x1p32 ? 0 : 1 / (1 - Double(rate))
      }
    }
  }

  /// `blocks[i]` elements of input i, then as many of the next as it has, over and over.
  static func concatenate(_ xs: [[Double]], blocks: [Int]) -> [Double] {
    (0..<xs[0].count / blocks[0]).flatMap { index in
      zip(xs, blocks).flatMap { x, block in x[index * block..<(index + 1) * block] }
    }
  }

  static func penalty(_ regularizer: Regularizer?, _ values: [Double]) -> Double {
    guard let regularizer else { return 0 }
    return values.reduce(0) { $0 + Double(regularizer.l1) * abs($1) + Double(regularizer.l2) * $1 * $1 }
  }

  static func rows(_ values: [Double], _ columns: Int) -> [[Double]] {
    stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }
}

// MARK: Losses: sums over rows of the loss of one row

extension Reference {
  static func sum(
    _ outputs: [Double], _ targets: [Double], outputColumns: Int, targetColumns: Int,
    _ row: ([Double], [Double]) -> Double
  ) -> Double {
    zip(rows(outputs, outputColumns), rows(targets, targetColumns)).reduce(0) { $0 + row($1.0, $1.1) }
  }

  static func mean(_ y: [Double], _ t: [Double], _ element: (Double, Double) -> Double) -> Double {
    zip(y, t).reduce(0) { $0 + element($1.0, $1.1) } / Double(y.count)
  }

  /// The limits are those of Keras in float32: 1 - 1e-7 is not a float.
  static func cut(_ p: Double) -> Double { min(max(p, Double(Float(1e-7))), Double(Float(1 - 1e-7))) }

  static func binaryCrossentropy(_ p: [Double], _ t: [Double]) -> Double {
    mean(p, t) { p, t in -t * log(cut(p)) - (1 - t) * log(1 - cut(p)) }
  }

  /// -t log s(z) - (1 - t) log(1 - s(z)), where log s(z) = -log(1 + exp(-z)) and 1 - s(z) = s(-z).
  static func binaryCrossentropy(logits: [Double], _ t: [Double]) -> Double {
    func logOnePlusExp(_ x: Double) -> Double { x > 30 ? x + exp(-x) : log1p(exp(x)) }
    return mean(logits, t) { z, t in t * logOnePlusExp(-z) + (1 - t) * logOnePlusExp(z) }
  }

  static func categoricalCrossentropy(_ p: [Double], _ t: [Double]) -> Double {
    let total = p.reduce(0, +)
    return -zip(p, t).reduce(0) { $0 + $1.1 * log(cut($1.0 / total)) }
  }

  static func logSoftmax(_ z: [Double]) -> [Double] {
    let largest = z.max() ?? 0
    let sum = log(z.reduce(0) { $0 + exp($1 - largest) })
    return z.map { $0 - largest - sum }
  }

  static func categoricalCrossentropy(logits: [Double], _ t: [Double]) -> Double {
    -zip(logSoftmax(logits), t).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Each target drawn towards an even distribution.
  static func smoothed(_ t: [Double], by smoothing: Float, over count: Int) -> [Double] {
    t.map { (1 - Double(smoothing)) * $0 + Double(smoothing) / Double(count) }
  }

  static func oneHot(_ number: Double, _ count: Int) -> [Double] { (0..<count).map { Double($0) == number ? 1 : 0 } }

  /// Keras' order of steps: p is cut in the cross-entropy, not in p_t.
  static func binaryFocal(
    _ p: [Double], _ t: [Double], gamma: Double, alpha: Double? = nil, cuts: Bool = true
  ) -> Double {
    mean(p, t) { p, t in
      let inner = cuts ? cut(p) : p
      let entropy = -t * log(inner) - (1 - t) * log(1 - inner)
      let weight = alpha.map { t * $0 + (1 - t) * (1 - $0) } ?? 1
      return weight * pow(1 - (t * p + (1 - t) * (1 - p)), gamma) * entropy
    }
  }

  static func categoricalFocal(_ p: [Double], _ t: [Double], gamma: Double, alpha: [Double], cuts: Bool = true)
    -> Double
  {
    let total = p.reduce(0, +)
    return p.indices.reduce(0) { sum, k in
      let share = cuts ? cut(p[k] / total) : p[k]
      return sum - (alpha.count == 1 ? alpha[0] : alpha[k]) * t[k] * pow(1 - share, gamma) * log(share)
    }
  }

  static func sparseCategoricalCrossentropy(_ p: [Double], _ t: [Double]) -> Double {
    let shares = p.map(cut)
    return -log(shares[Int(t[0])] / shares.reduce(0, +))
  }
}
