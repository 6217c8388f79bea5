/// How the figures along an axis of a layer stand: gradients through time as of the newest rows, gates and heads as medians
/// over the last fifth of the history.
public struct SequenceStanding: Sendable, Hashable {
  public let layer: String
  public let column: SeriesColumn
  /// A number a position.
  public let values: [Double]
  /// Of gradients through time.
  public let throughTime: ThroughTime?
  /// Whether each time has a loss of its own, so that how far a gradient goes back is not to be seen.
  public let hidesReach: Bool

  public static func all(_ history: GradientHistory, layers: [LayerProfile] = []) -> [SequenceStanding] {
    let trace = Trace(history, profiles: layers)
    guard !trace.places.isEmpty else { return [] }
    let all = trace.series.indices.map { number -> SequenceStanding in
      let series = trace.series[number]
      if series.column == .throughTime {
        let profile = trace.throughTime(number, rows: trace.newest)
        return SequenceStanding(
          layer: series.layer, column: series.column, values: profile.rms, throughTime: profile,
          hidesReach: trace.profile(of: series.layer)?.recurrence?.answersAtEnd == false)
      }
      return SequenceStanding(
        layer: series.layer, column: series.column,
        values: series.positions.indices.map { trace.median(series: number, position: $0, rows: trace.tail) },
        throughTime: nil, hidesReach: false)
    }
    return SeriesColumn.allCases.flatMap { column in all.filter { $0.column == column } }
  }
}
