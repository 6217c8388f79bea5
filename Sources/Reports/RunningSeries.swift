internal import GradientHealth
internal import JSON

/// A layer's column along an axis as the running series has it: of a long axis, pairs of numbers are one.
struct RunningSeries: Sendable, Hashable {
  let column: SeriesColumn
  let layer: String
  let positions: [Int]

  private static let most = 32

  var name: String { "\(column.facts.name)" }

  init(_ series: HistorySeries) {
    column = series.column
    layer = series.layer
    let every = RunningSeries.every(series)
    positions = stride(from: 0, to: series.positions.count, by: every).map { Int(series.positions[$0]) }
  }

  private static func every(_ series: HistorySeries) -> Int {
    series.column == .throughTime ? (series.positions.count + most - 1) / most : 1
  }

  /// The numbers of `series`, joined by the column's rule where several are one.
  static func joined(_ numbers: ArraySlice<Float>, of series: HistorySeries) -> [Double] {
    let every = every(series)
    let rule = series.column.facts.running
    return stride(from: numbers.startIndex, to: numbers.endIndex, by: every).map { start in
      var value = Double(numbers[start])
      for at in start + 1..<max(start + 1, min(start + every, numbers.endIndex)) {
        value = rule.merge(value, Double(at - start), Double(numbers[at]), 1)
      }
      return value
    }
  }

  // MARK: In rows.jsonl and for pages

  var json: JSONValue {
    ["figure": .string(name), "layer": .string(layer), "positions": .array(positions.map { .integer($0) })]
  }

  /// nil: it is not one that this program knows.
  init?(_ text: JSONText) {
    let members = text.members
    guard let figure = members.first(where: { $0.key == "figure" })?.value.string,
      let column = SeriesColumn.allCases.first(where: { "\($0.facts.name)" == figure }),
      let layer = members.first(where: { $0.key == "layer" })?.value.string,
      let positions = members.first(where: { $0.key == "positions" })?.value.numbers.compactMap(Int.init(exactly:)),
      !positions.isEmpty
    else { return nil }
    self.column = column
    self.layer = layer
    self.positions = positions
  }
}
