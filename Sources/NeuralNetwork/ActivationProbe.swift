public import Kernels

/// Where a network's activations are looked at in training: the flat regions of saturating functions and the dead units
/// of ReLUs, each told of the layer with weights that feeds it.
public struct ActivationProbe: Sendable {
  public enum Kind: Sendable, Hashable {
    /// An output is flat where |y - centre| > reach: there the derivative is below 4 % of its largest value.
    case saturating(centre: Float, reach: Float)
    /// A unit, or a channel, is dead where no row of the batch is positive at any position.
    case rectifying
  }

  /// Number among the layers with trainable weights.
  public let layer: Int
  public let kind: Kind
  /// Outputs of a sample; of a rectifying function its units: channels, where there are positions.
  public let units: Int
  /// Where this probe's figures stand in a shard's: a count of flat outputs, or one mark a unit.
  public let range: Range<Int>
}

extension ActivationFunction {
  var probe: ActivationProbe.Kind? {
    switch self {
    case .sigmoid: .saturating(centre: 0.5, reach: 0.49)  // y (1 - y) < 0.0099
    case .tanh: .saturating(centre: 0, reach: 0.98)  // 1 - y^2 < 0.0396
    case .softsign: .saturating(centre: 0, reach: 0.8)  // (1 - |y|)^2 < 0.04
    case .hardSigmoid: .saturating(centre: 0.5, reach: 0.499_999)  // flat outside of (0, 1)
    case .relu, .relu6: .rectifying
    default: nil
    }
  }
}

extension ActivationProbe {
  /// - Parameters:
  ///   - output: of a shard, `[rows, floats a sample]`.
  ///   - figures: the shard's figures; the probe's part is overwritten.
  func look(at output: Matrix, figures: MutableVector) {
    switch kind {
    case .saturating(let centre, let reach):
      figures[range.lowerBound] = Float(ActivationProbes.flatCount(output.vector, centre: centre, reach: reach))
    case .rectifying:
      let alive = figures[range]
      alive.fill(0)
      ActivationProbes.markAlive(output.byLastAxis(units), alive: alive)
    }
  }
}

extension Network {
  /// The fraction that a probe's figures of all shards come to.
  ///
  /// - Parameter shards: each shard's figures; `rows`: of the whole batch.
  public func fraction(of probe: ActivationProbe, shards: [Vector], active: Int, rows: Int) -> Double {
    switch probe.kind {
    case .saturating:
      var flat = 0.0
      for shard in 0..<active { flat += Double(shards[shard][probe.range.lowerBound]) }
      return flat / Double(rows * probe.units)
    case .rectifying:
      var dead = 0
      for unit in probe.range {
        var shard = 0
        while shard < active, !(shards[shard][unit] > 0) { shard += 1 }
        if shard == active { dead += 1 }
      }
      return Double(dead) / Double(probe.units)
    }
  }
}
