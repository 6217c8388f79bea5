/// What detectors may know of a run besides its history and layers.
public struct DiagnosisContext: Sendable, Hashable {
  /// Something that happened in the run, as its checkpoint records it.
  public struct Event: Sendable, Hashable {
    public var step: Int
    public var kind: String
    public var message: String

    public init(step: Int, kind: String, message: String) {
      self.step = step
      self.kind = kind
      self.message = message
    }
  }

  public var events: [Event] = []
  /// Whether the history is that of a checkpoint made at a blow-up, whose own events do not tell of it yet.
  public var standsOnBlowup = false
  /// Whether the run was given up as diverged; `events` then tells what of.
  public var hasDiverged = false
  /// Keras' name; nil: not known.
  public var optimizer: String?
  /// What is in force already, by the recipe or by a rollback: gradients are clipped, features scaled, large weights
  /// penalised, and a blow-up is answered by going back to a checkpoint.
  public var clipsGradients = false
  public var scalesFeatures = false
  public var penalisesWeights = false
  public var rollsBack = false
  /// Rows of a whole batch.
  public var batchSize = 32
  public var spikes = SpikeThresholds()

  public init() {}
}

/// All detectors over one history.
public enum Diagnosis {
  /// What is the matter with a run; nothing: it is healthy, or too short to tell.
  ///
  /// - Parameters:
  ///   - layers: profiles by name, in any order; of a layer without one only the name is known.
  /// - Returns: the gravest first; of one level in the order of `Finding.Name`.
  public static func examine(
    _ history: GradientHistory, layers: [LayerProfile] = [], context: DiagnosisContext = DiagnosisContext()
  ) -> [Finding] {
    let trace = Trace(history, profiles: layers)
    var findings = NonFinite.findings(trace, context)
    let exploding = Exploding.findings(trace, context)
    findings += exploding
    // After an explosion the early gradients say little of what was wrong before it.
    if !exploding.contains(where: { $0.level == .critical }) { findings += Vanishing.findings(trace, context) }
    findings += Saturated.findings(trace, context)
    findings += DeadUnits.findings(trace, context)
    findings += Frozen.findings(trace, context)
    if !findings.contains(where: { $0.level == .critical }) { findings += Plateau.findings(trace, context) }
    findings += SpikeFindings.findings(trace, context)
    findings = Ending.added(to: findings, trace, context)
    let order = Finding.Name.allCases
    return findings.enumerated().sorted { left, right in
      if left.element.level != right.element.level { return left.element.level > right.element.level }
      let (first, second) = (order.firstIndex(of: left.element.name), order.firstIndex(of: right.element.name))
      if first != second { return (first ?? 0) < (second ?? 0) }
      return left.offset < right.offset
    }.map(\.element)
  }
}

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
