internal import Sweeps

/// The places of a varied key's values along an axis: numbers, or the values of a list one after another.
package struct SweepAxis: Sendable {
  package let key: String
  /// For people.
  package let label: String
  /// nil: `choices` have places instead.
  package let numbers: Axis?
  package let choices: [String]
  private let places: [String: Int]
  private let labels: [String]

  /// - Parameter values: that draws have, in YAML.
  package init(_ key: SweepOutline.Key, label: String, values: [String]) {
    self.key = key.name
    self.label = label
    var choices = key.choices ?? []
    let found = key.choices == nil ? values.compactMap { Double($0) } : []
    if key.choices == nil, found.count == values.count, !found.isEmpty {
      var extent = ValueExtent()
      extent.add(found.filter(\.isFinite))
      numbers = SweepAxis.axis(extent, isLogarithmic: key.isLogarithmic && extent.smallest > 0)
      (self.choices, places, labels) = ([], [:], [])
      return
    }
    // What another program has told may be in no list.
    var known = Set(choices)
    for value in values where known.insert(value).inserted { choices.append(value) }
    numbers = nil
    self.choices = choices
    labels = SweepOutline.labels(choices)
    places = Dictionary(choices.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// From the smallest to the largest value, with a little room.
  private static func axis(_ extent: ValueExtent, isLogarithmic: Bool) -> Axis {
    let (lower, upper) = (extent.smallest, extent.largest)
    if extent.isEmpty || lower == upper { return extent.axis(.linear) }
    if isLogarithmic {
      let room = (upper / lower).squareRoot().squareRoot().squareRoot().squareRoot()
      return Axis(scale: .logarithmic, lower: lower / room, upper: upper * room)
    }
    let room = (upper - lower) * 0.04
    return room.isFinite && room > 0
      ? Axis(scale: .linear, lower: lower - room, upper: upper + room) : extent.axis(.linear)
  }

  /// 0 to 1; nil: the value has no place.
  package func fraction(_ value: String?) -> Double? {
    guard let value else { return nil }
    if let numbers {
      guard let number = Double(value), number.isFinite else { return nil }
      return numbers.fraction(number)
    }
    return places[value].map { (Double($0) + 0.5) / Double(choices.count) }
  }

  /// About `count` places with their names.
  package func ticks(about count: Int) -> [(fraction: Double, label: String)] {
    if let numbers {
      return numbers.ticks(about: count).map { (numbers.fraction($0.value), $0.label) }.filter {
        (0...1).contains($0.0)
      }
    }
    let every = max(1, (choices.count + count - 1) / max(count, 1))
    return choices.indices.filter { $0 % every == 0 }.map { index in
      ((Double(index) + 0.5) / Double(choices.count), labels[index])
    }
  }
}

/// The draws that have an objective, best first, as figures draw them.
struct RankedDraws {
  struct Row {
    let row: Standings.Row
    /// By axis; nil: the value has no place there.
    let places: [Double?]
    let value: Double
    let deviation: Double?
  }

  let axes: [SweepAxis]
  let rows: [Row]
  let lowerIsBetter: Bool
  let monitor: String
  /// Of the objective; with room for the standard deviations, where they are few enough to be drawn.
  let values: Axis
  let wide: Axis
  /// Draws whose standard deviations can be told apart.
  static let mostWhiskers = 400

  init(_ state: SweepState) {
    let outline = state.outline
    (lowerIsBetter, monitor) = (outline.objective.lowerIsBetter, outline.objective.monitor)
    let ranked = state.standings.rows.filter { $0.rank != nil && $0.mean.isFinite }
    // What is the same in all draws has no axis.
    let keys = outline.varying
    let settings = ranked.map { row in
      let table = Dictionary(row.draw.settings.map { ($0.key, $0.value) }) { first, _ in first }
      return keys.map { table[$0.key.name] }
    }
    let axes = keys.enumerated().map { number, key in
      SweepAxis(key.key, label: key.short, values: settings.compactMap { $0[number] })
    }
    self.axes = axes
    rows = zip(ranked, settings).map { row, values in
      Row(
        row: row, places: zip(axes, values).map { $0.fraction($1) }, value: row.mean,
        deviation: row.deviation.flatMap { $0.isFinite ? $0 : nil })
    }
    var extent = ValueExtent()
    extent.add(rows.map(\.value))
    values = extent.axis(.automatic)
    if rows.count <= RankedDraws.mostWhiskers {
      extent.add(rows.flatMap { row in row.deviation.map { [row.value - $0, row.value + $0] } ?? [] })
    }
    wide = extent.axis(.automatic)
  }

  /// A place between the smallest (0) and the largest (1) of some numbers.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.indices.last else { return .nan }
    let place = share * Double(last)
    let low = Int(place)
    let (a, b) = (sorted[low], sorted[min(low + 1, last)])
    return a == b ? a : a + (b - a) * (place - Double(low))
  }
}
