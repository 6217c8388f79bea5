/// One line a layer: how its gradient, its weights and its units stand, as medians over the last rows.
public struct LayerStanding: Sendable, Hashable {
  public let name: String
  public let gradientRms: Double
  /// Its gradient's rms against that of the last dense layer; NaN for a layer that has no kernel.
  public let ratioToOutput: Double
  public let updateRatio: Double
  /// Fraction of saturated outputs and of dead units; NaN where the activation has no such state.
  public let saturated: Double
  public let dead: Double

  /// - Returns: the layers with trainable weights, in order.
  public static func all(_ history: GradientHistory, layers: [LayerProfile] = []) -> [LayerStanding] {
    let trace = Trace(history, profiles: layers)
    let rows = trace.tail
    let output = trace.chain.last.map { trace.median(.gradientRms, rows: rows, layer: $0) } ?? .nan
    return trace.layers.indices.map { layer in
      let rms = trace.median(.gradientRms, rows: rows, layer: layer)
      return LayerStanding(
        name: trace.layers[layer].name, gradientRms: rms,
        ratioToOutput: trace.layers[layer].kind == .dense ? rms / output : .nan,
        updateRatio: trace.median(.updateRatio, rows: rows, layer: layer),
        saturated: trace.median(.saturatedFraction, rows: rows, layer: layer),
        dead: trace.median(.deadFraction, rows: rows, layer: layer))
    }
  }
}
