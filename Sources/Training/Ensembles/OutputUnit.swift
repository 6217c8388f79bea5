internal import Datasets
internal import Glibc
internal import Kernels
internal import NeuralNetwork

/// What an ensemble averages of a network's outputs: probabilities where they are logits, and values in the unit that targets
/// have in their file.
struct OutputUnit: Sendable {
  let activation: ActivationFunction?
  /// Along the last axis.
  let features: Int
  let scaling: TargetScaling?

  /// - Parameter scaling: what targets were trained as; nil: as they are.
  init(_ network: Network, _ scaling: TargetScaling?) {
    activation = network.probabilityActivation
    features = max(1, network.output.features)
    self.scaling = scaling
  }

  /// Whether each output is the probability of a yes, so that its complement is kept as well.
  var hasComplements: Bool { activation == .sigmoid }

  /// One row.
  ///
  /// - Parameters:
  ///   - outputs: without the activation.
  ///   - complements: overwritten with 1 - probability where there are `hasComplements`.
  func average(
    _ outputs: UnsafeBufferPointer<Float>, into values: UnsafeMutableBufferPointer<Double>,
    complements: UnsafeMutableBufferPointer<Double>
  ) {
    if activation == .softmax {
      for start in stride(from: 0, to: outputs.count, by: features) {
        let own = start..<start + features
        let largest = own.reduce(-Double.infinity) { max($0, Double(outputs[$1])) }
        var sum = 0.0
        for place in own {
          values[place] = exp(Double(outputs[place]) - largest)
          sum += values[place]
        }
        for place in own { values[place] /= sum }
      }
    } else if activation == .sigmoid {
      for (place, output) in outputs.enumerated() {
        values[place] = 1 / (1 + exp(-Double(output)))
        complements[place] = 1 / (1 + exp(Double(output)))
      }
    } else {
      for (place, output) in outputs.enumerated() {
        guard let scaling else {
          values[place] = Double(output)
          continue
        }
        let target = scaling.center.count == 1 ? 0 : place % scaling.center.count
        values[place] = Double(output) * scaling.scale[target] + scaling.center[target]
      }
    }
  }

  /// Outputs without the activation that make these averages: their own loss is that of the averages.
  func outputs(_ values: [Double], complements: [Double]) -> [Float] {
    if activation == .softmax { return values.map { Float(OutputUnit.logarithm($0)) } }
    if activation == .sigmoid {
      return zip(values, complements).map { Float(OutputUnit.logarithm($0) - OutputUnit.logarithm($1)) }
    }
    guard let scaling else { return values.map { Float($0) } }
    return values.enumerated().map { place, value in
      let target = scaling.center.count == 1 ? 0 : place % scaling.center.count
      return Float((value - scaling.center[target]) / scaling.scale[target])
    }
  }

  /// Of a probability; one that has underflowed is the smallest there is. NaN stays NaN.
  private static func logarithm(_ value: Double) -> Double { log(value < 1e-300 ? 1e-300 : value) }
}
