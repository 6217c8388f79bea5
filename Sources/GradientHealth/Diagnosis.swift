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
    // After an explosion the early gradients say little of what was wrong before it; where the run went on, its end does.
    let exploded = exploding.contains { $0.level == .critical }
    if !exploded || !findings.contains(where: { $0.name == .nonFinite }) {
      findings += Vanishing.findings(trace, context).filter { !exploded || $0.level == .critical }
    }
    findings += ExplodingThroughTime.findings(trace, context)
    findings += VanishingThroughTime.findings(trace, context)
    findings += Saturated.findings(trace, context)
    findings += GatesSaturated.findings(trace, context)
    findings += DeadUnits.findings(trace, context)
    findings += AttentionCollapse.findings(trace, context)
    findings += LogitsGrowing.findings(trace, context)
    findings += Frozen.findings(trace, context)
    findings += ConstantTarget.findings(trace, context)
    findings += Unscaled.findings(trace, context)
    findings += Dominated.findings(trace, context)
    findings += Slow.findings(trace, context)
    findings += NoBetterThanConstant.findings(trace, context, others: findings)
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
