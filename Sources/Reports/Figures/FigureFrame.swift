/// The plot's rectangle within a figure, its axis of steps, and what all figures over steps have in common.
struct FigureFrame {
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  let steps: Axis

  /// Figures are drawn in tenths of their unit within the plot.
  static let fine = 10

  /// Between the lines of marks at one step.
  static let aside = 3.0

  func x(_ step: Double) -> Double { Double(left) + steps.fraction(step) * Double(width) }

  /// Ticks of the steps below the plot, and its grid lines.
  func stepAxis(label: String, gridlines: Bool = true) -> Markup {
    var grid = ""
    var out = Markup.empty
    let bottom = top + height
    for tick in steps.scale == .linear ? steps.stepTicks(about: 7) : steps.ticks(about: 7) {
      let fraction = steps.fraction(tick.value)
      guard fraction >= -1e-9, fraction <= 1 + 1e-9 else { continue }
      let place = FigureFrame.text(x(tick.value))
      grid += "M\(place) \(top)v\(height)"
      let anchor = fraction > 0.97 ? "end" : fraction < 0.02 ? "start" : "middle"
      out += "<text x=\"\(place)\" y=\"\(bottom + 15)\" text-anchor=\"\(anchor)\">\(tick.label)</text>"
    }
    out += "<text x=\"\(left + width)\" y=\"\(bottom + 31)\" text-anchor=\"end\">\(label)</text>"
    return gridlines
      ? "<path class=\"grid\" d=\"\(grid)\"/>" + "<g class=\"xticks\">\(out)</g>" : "<g class=\"xticks\">\(out)</g>"
  }

  /// Vertical lines with their numbers above where there is room, the sentence as a tooltip. A kind of which there are
  /// more than `limit` hides nothing: short ticks above the plot, on one path.
  func marks(_ marks: [FigureMark], limit: Int = 25) -> Markup {
    var out = Markup.empty
    let inside = marks.filter { (0...1).contains(steps.fraction($0.step)) }.sorted { $0.step < $1.step }
    let counts = Dictionary(grouping: inside, by: \.kind).mapValues(\.count)
    for kind in FigureMark.Kind.allCases where counts[kind, default: 0] > limit {
      out += crowd(inside.filter { $0.kind == kind }, kind)
    }
    let single = inside.filter { counts[$0.kind, default: 0] <= limit }
    // Lines that would lie on each other stand side by side, and numbers that would run into each other share a place.
    var (lastLine, group) = (-Double.infinity, (place: -Double.infinity, first: 0))
    var labels = [[Int]](repeating: [], count: single.count)
    var places: [Double] = []
    for (at, mark) in single.enumerated() {
      let place = max(x(mark.step), lastLine + FigureFrame.aside)
      places.append(place)
      lastLine = place
      if place - group.place >= 14 { group = (place, at) }
      labels[group.first].append(mark.number)
    }
    for (at, mark) in single.enumerated() {
      let text = FigureFrame.text(places[at])
      let label = FigureFrame.label(labels[at])
      out +=
        """
        <g class="\(mark.kind.rawValue)" data-step="\(FigureFrame.text(mark.step))" data-number="\(mark.number)"><title>\
        \(mark.number): \(mark.sentence.replacing("`", with: ""))</title><path class="mark" \
        d="M\(text) \(top)v\(height)"/><text class="marknumber" x="\(text)" y="\(top - 4)"\
        \(label.isEmpty ? " display=\"none\"" as Markup : .empty)>\(label)</text></g>
        """
    }
    return "<g class=\"marks\">\(out)</g>"
  }

  /// `1, 2`; of many the ends.
  private static func label(_ numbers: [Int]) -> String {
    let sorted = numbers.sorted()
    guard sorted.count > 3, let first = sorted.first, let last = sorted.last else {
      return sorted.map(String.init).joined(separator: ", ")
    }
    return "\(first)…\(last)"
  }

  private func crowd(_ marks: [FigureMark], _ kind: FigureMark.Kind) -> Markup {
    let columns = Set(marks.map { Int(x($0.step).rounded()) }).sorted()
    let path = columns.map { "M\($0) \(top - 6)v5" }.joined()
    let every = max(1, marks.count / 1000)
    let places = stride(from: 0, to: marks.count, by: every).map { marks[$0].step }
    return """
      <g class="\(kind.rawValue) crowd" data-list="\(SeriesData.steps(places, rows: places.count))"><title>\(marks.count) \
      of this kind</title><path class="mark" d="\(path)"/></g>
      """
  }

  var outline: Markup { "<rect class=\"frame\" x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\"/>" }

  /// A number with at most one decimal.
  static func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }
}
