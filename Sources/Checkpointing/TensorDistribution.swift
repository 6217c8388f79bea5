public import Kernels
internal import NeuralNetwork

/// How a weight's values, or those of its last gradient, are spread at a checkpoint.
public struct TensorDistribution: Sendable, Hashable {
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    case weight
    /// Summed over the shards, before clipping.
    case gradient
  }

  public let layer: String
  /// `kernel`, `bias`, ...
  public let weight: String
  public let quantity: Quantity
  public let distribution: Distribution
}

extension TrainingSnapshot {
  /// The distributions of all trainable weights and, once there has been a step, of their gradients.
  public func distributions() -> [TensorDistribution] {
    let (weights, gradients) = (parameters.readOnly, gradient.readOnly)
    return network.layout.trainable.flatMap { entry in
      TensorDistribution.Quantity.allCases.compactMap { quantity in
        if quantity == .gradient && progress.step == 0 { return nil }
        let values = quantity == .weight ? weights : gradients
        return TensorDistribution(
          layer: entry.layerName, weight: entry.spec.name, quantity: quantity,
          distribution: Distribution(of: values[entry.range]))
      }
    }
  }
}
