internal import JSON
internal import Sweeps

extension SweepFigures {
  /// Learning curves, and the places of the members whose curves are drawn, in the order of their lines' numbers.
  static func curves(_ state: SweepState, _ limits: SweepLimits) -> (SweepFigure?, [Int]) {
    let all = state.members.indices.filter { index in state.curve(index).contains { $0.value.isFinite } }
    if all.isEmpty { return (nil, []) }
    let shown = chosen(all, state, most: limits.curves)
    let isWhole = shown.count == all.count
    let bands = isWhole ? [] : quantiles(all.map(state.curve))

    var extent = ValueExtent()
    var epochs = 1
    for index in isWhole ? all : shown {
      let curve = state.curve(index)
      extent.add(curve.map(\.value))
      epochs = max(epochs, curve.last?.epoch ?? 0)
    }
    for band in bands {
      extent.add(band.values)
      epochs = max(epochs, band.epoch)
    }
    let plot = SweepPlot(axis: extent.axis(.automatic))
    let steps = Axis.steps(0, Double(epochs))

    func path(_ index: Int) -> String {
      var path = PathText()
      var isDrawing = false
      let curve = state.curve(index)
      for (number, point) in curve.enumerated() {
        guard point.value.isFinite else {
          isDrawing = false
          continue
        }
        let (x, y) = (plot.x(steps.fraction(Double(point.epoch))), plot.y(point.value))
        let isAlone = number + 1 == curve.count || !curve[number + 1].value.isFinite
        if isDrawing { path.line(x, y) } else if isAlone { path.dot(x, y) } else { path.move(x, y) }
        isDrawing = true
      }
      return path.text
    }

    let best = state.best.flatMap { state.drawNumbers[$0.draw.id] }.map { Set(state.places(ofDraw: $0)) } ?? []
    var (others, live, leaders) = ("", "", "")
    for (number, index) in shown.enumerated() {
      let line = "<path class=\"l\" data-i=\"\(number)\" d=\"\(path(index))\"/>"
      if best.contains(index) {
        leaders += line
      } else if state.running[index] != nil {
        live += line
      } else {
        others += line
      }
    }
    var content = Markup.empty
    var legend: [Markup] = []
    if !bands.isEmpty {
      for (low, high) in [(0, 4), (1, 3)] {
        var path = PathText()
        for (number, band) in bands.enumerated() {
          let (x, y) = (plot.x(steps.fraction(Double(band.epoch))), plot.y(band.values[high]))
          if number == 0 { path.move(x, y) } else { path.line(x, y) }
        }
        for band in bands.reversed() { path.line(plot.x(steps.fraction(Double(band.epoch))), plot.y(band.values[low])) }
        path.close()
        content += Markup(trusted: "<g class=\"c2\"><path class=\"e\" d=\"\(path.text)\"/></g>")
      }
    }
    content += Markup(trusted: "<g class=\"all muted\">\(others)</g><g class=\"live c0\">\(live)</g>")
    if !bands.isEmpty {
      var path = PathText()
      for (number, band) in bands.enumerated() {
        let (x, y) = (plot.x(steps.fraction(Double(band.epoch))), plot.y(band.values[2]))
        if number == 0 { path.move(x, y) } else { path.line(x, y) }
      }
      content += Markup(trusted: "<g class=\"live c2 d1\"><path class=\"l\" d=\"\(path.text)\"/></g>")
      legend.append(SweepFigure.key("live c2 d1", "median of all; bands: middle 50 and 80 %"))
    }
    if !leaders.isEmpty {
      content += Markup(trusted: "<g class=\"best c1\">\(leaders)</g>")
      let members = state.outline.repetition.count > 1 ? ", its members" : ""
      legend.insert(SweepFigure.key("best c1", "\(state.best?.draw.id.description ?? ""), the best\(members)"), at: 0)
    }
    if !live.isEmpty { legend.append(SweepFigure.key("live c0", "running")) }
    legend.append(SweepFigure.key("muted", "others"))
    var caption = "Every member's \(state.outline.objective.monitor) after its epochs."
    if !isWhole {
      caption =
        "After each epoch. Of \(all.count) members the \(shown.count) of the best draws are drawn; the bands are of all that "
        + "have come so far."
    }
    let figure = SweepFigure(
      id: "curves", title: "Learning curves", caption: caption, width: SweepPlot.width, height: SweepPlot.height,
      kind: "lines",
      body: plot.ground(
        label: state.outline.objective.monitor, below: "epoch",
        ticks: steps.stepTicks(about: 7).map { (steps.fraction($0.value), $0.label) }) + plot.plot("curves", content),
      legend: SweepFigure.legend(legend))
    return (figure, shown)
  }

  /// All, or those that run and those of the best draws.
  private static func chosen(_ all: [Int], _ state: SweepState, most: Int) -> [Int] {
    if all.count <= most { return all }
    let there = Set(all)
    var chosen: [Int] = []
    let numbers = state.drawNumbers
    for row in state.standings.rows where row.rank != nil && chosen.count < most * 3 / 4 {
      guard let draw = numbers[row.draw.id] else { continue }
      chosen += state.places(ofDraw: draw).filter(there.contains)
    }
    let known = Set(chosen)
    chosen += state.running.keys.sorted().filter { there.contains($0) && !known.contains($0) }
    // Worst first, so that the best lie on top.
    return Array(chosen.prefix(most).reversed())
  }

  /// Quantiles (10, 25, 50, 75, 90 hundredths) of all curves at up to 64 epochs; a curve counts as far as it goes.
  static func quantiles(_ curves: [[MemberRecord.Point]]) -> [(epoch: Int, values: [Double])] {
    let last = curves.compactMap { $0.last?.epoch }.max() ?? 0
    let first = curves.compactMap { $0.first?.epoch }.min() ?? 0
    if last < first { return [] }
    let count = min(64, last - first + 1)
    var places = [Int](repeating: 0, count: curves.count)
    return (0..<count).compactMap { number in
      let epoch = first + (count > 1 ? (last - first) * number / (count - 1) : 0)
      var values: [Double] = []
      values.reserveCapacity(curves.count)
      for (index, curve) in curves.enumerated() {
        guard let end = curve.last, end.epoch >= epoch, curve[0].epoch <= epoch else { continue }
        var place = places[index]
        while curve[place].epoch < epoch { place += 1 }
        places[index] = place
        let above = curve[place]
        var value = above.value
        if above.epoch > epoch, place > 0 {
          let below = curve[place - 1]
          value = below.value + (value - below.value) * Double(epoch - below.epoch) / Double(above.epoch - below.epoch)
        }
        if value.isFinite { values.append(value) }
      }
      // Of a few the ends say nothing of all.
      guard values.count >= 5 else { return nil }
      values.sort()
      return (epoch, [0.1, 0.25, 0.5, 0.75, 0.9].map { RankedDraws.quantile(values, $0) })
    }
  }

  /// Names and values that the script shows of lines and points.
  static func data(_ state: SweepState, _ ranked: RankedDraws, members: [Int], _ limits: SweepLimits) -> String {
    let keys = state.outline.varying
    func values(_ draw: Draw) -> JSONValue {
      let table = Dictionary(draw.settings.map { ($0.key, $0.value) }) { first, _ in first }
      return .array(keys.map { .string(table[$0.key.name].map { SweepOutline.shortValue($0, to: 40) } ?? "–") })
    }
    let draws = ranked.rows.prefix(max(limits.draws, limits.points)).map { row -> JSONValue in
      [.string(row.row.draw.id.description), .string(SweepState.figure(row.row)), values(row.row.draw)]
    }
    let curves = members.map { index -> JSONValue in
      let value = state.running[index]?.value ?? state.records[index]?.objective ?? .nan
      let text = state.states[index].rawValue + (value.isNaN ? "" : ", \(short(value))")
      return [
        .string(state.members[index].name), .string(text),
        values(state.outline.draws[index / state.outline.repetition.count]),
      ]
    }
    let document: JSONValue = [
      "objective": .string(state.outline.objective.monitor),
      "keys": .array(keys.map { .string($0.short) }), "draws": .array(draws), "curves": .array(curves),
    ]
    // Within a page's script element.
    return document.text.replacing("<", with: "\\u003c")
  }
}
