internal import GradientHealth

/// A network as boxes and arrows: input first, each box with its layer's name and output, those with weights coloured by
/// a figure of theirs on a logarithmic scale.
package struct NetworkFigure: Sendable {
  package struct Node: Sendable, Hashable {
    package var name: String
    package var type: String
    package var shape: [Int]
    /// Numbers of the nodes that it reads, all before it.
    package var inputs: [Int]
    package var weights: Int
    /// NaN where it is not finite; nil: there is none.
    package var value: Double?

    package init(name: String, type: String, shape: [Int], inputs: [Int], weights: Int = 0, value: Double? = nil) {
      self.name = name
      self.type = type
      self.shape = shape
      self.inputs = inputs
      self.weights = weights
      self.value = value
    }
  }

  package var id: String
  package var title: String
  package var label: String
  package var nodes: [Node]
  /// The colours' axis; nil: as the values want it.
  package var axis: Axis?

  /// - Precondition: a node reads nodes before it.
  package init(id: String, title: String, label: String, nodes: [Node], axis: Axis? = nil) {
    precondition(nodes.enumerated().allSatisfy { number, node in node.inputs.allSatisfy { $0 >= 0 && $0 < number } })
    self.id = id
    self.title = title
    self.label = label
    self.nodes = nodes
    self.axis = axis
  }

  private static let (top, bottom) = (38, 48)

  package var valueAxis: Axis {
    if let axis { return axis }
    var extent = ValueExtent()
    extent.add(nodes.compactMap(\.value))
    return extent.axis(.logarithmic)
  }

  package func svg(_ form: FigureForm = .file) -> String {
    let layout = NetworkLayout(nodes.map(\.inputs))
    let axis = valueAxis
    let top = form == .file ? 24 : 0
    let width = max(layout.width, 280)
    let height = NetworkFigure.top + layout.height + NetworkFigure.bottom
    var body: Markup = "<title>\(title)</title>"
    if form == .file {
      body += "<style>\(Markup(trusted: FigureStyle.css))</style>"
      body += "<rect class=\"ground\" width=\"\(width)\" height=\"\(height + top)\"/>"
      body += "<text class=\"title\" x=\"6\" y=\"18\">\(title)</text>"
    }
    body += "<g transform=\"translate(0 \(top))\"><text class=\"label\" x=\"8\" y=\"12\">\(label)</text>"
    body += "<g transform=\"translate(0 \(NetworkFigure.top))\">\(arrows(layout))\(boxes(layout, axis))</g>"
    if nodes.contains(where: { $0.value != nil }) {
      body += ColorBar.markup(
        axis, id: id, x: 20, y: NetworkFigure.top + layout.height + 10, length: min(width - 60, 420))
    }
    body += "</g>"
    // As large as it is drawn: a deep network shrunk to a card's width would not be read.
    let svg: Markup = """
      <svg class="figure network" role="img" aria-label="\(title)" viewBox="0 0 \(width) \(height + top)" \
      width="\(width)" height="\(height + top)" xmlns="http://www.w3.org/2000/svg">\(body)</svg>
      """
    return svg.text
  }

  // MARK: Boxes

  private func boxes(_ layout: NetworkLayout, _ axis: Axis) -> Markup {
    nodes.indices.map { number -> Markup in
      let node = nodes[number]
      let place = layout.places[number]
      let (x, y) = (layout.x(place.column), layout.y(place.row))
      var (cssClass, fill) = ("plain", Markup.empty)
      if let value = node.value {
        if value.isFinite {
          let fraction = min(max(axis.fraction(value), 0), 1)
          cssClass = fraction > 0.6 ? "onbright" : "ondark"
          fill = " fill=\"\(FigureStyle.hex(FigureStyle.viridis(fraction)))\""
        } else {
          cssClass = "plain broken"
        }
      }
      let shape = node.shape.map(String.init).joined(separator: "×")
      let room = 29 - shape.count
      let short = node.name.count > room ? node.name.prefix(max(room - 1, 6)) + "…" : node.name[...]
      return """
        <g class="\(cssClass)"><title>\(tooltip(node))</title><rect class="box" x="\(x)" y="\(y)" \
        width="\(NetworkLayout.boxWidth)" height="\(NetworkLayout.boxHeight)" rx="4"\(fill)/>\
        <text x="\(x + 8)" y="\(y + 15)">\(String(short))</text><text class="shape" \
        x="\(x + NetworkLayout.boxWidth - 7)" y="\(y + 15)" text-anchor="end">\(shape)</text></g>
        """
    }.reduce(.empty, +)
  }

  private func tooltip(_ node: Node) -> String {
    var text = "\(node.name): \(node.type), output \(node.shape.map(String.init).joined(separator: "×"))"
    if node.weights > 0 { text += ", \(counted(node.weights, "weight"))" }
    if let value = node.value { text += "; \(label): \(value.isFinite ? short(value) : "NaN or Inf")" }
    return text
  }

  // MARK: Arrows

  private func arrows(_ layout: NetworkLayout) -> Markup {
    let (width, height) = (NetworkLayout.boxWidth, NetworkLayout.boxHeight)
    var down = ""
    var heads = ""
    for step in layout.steps {
      let place = layout.places[step.from]
      let (x, y) = (layout.x(place.column) + width / 2, layout.y(place.row) + height)
      down += "M\(x) \(y)V\(layout.y(place.row + 1) - 5)"
      heads += "M\(x) \(layout.y(place.row + 1))l-4-6h8z"
    }
    var beside = ""
    var pointers = ""
    for side in layout.sides {
      let (from, to) = (layout.places[side.from], layout.places[side.to])
      let edge = layout.x(from.column) + width
      // Out of a box below its middle, into one above it: what ends and what starts at one box stays apart.
      let (start, end) = (layout.y(from.row) + height / 2 + 4, layout.y(to.row) + height / 2 - 4)
      let reach = 10 + side.lane * NetworkLayout.laneWidth
      beside += "M\(edge) \(start)h\(reach - 8)q8 0 8 8V\(end - 8)q0 8-8 8H\(edge + 5)"
      pointers += "M\(edge) \(end)l6-4v8z"
    }
    for crossing in layout.crossings {
      let (from, to) = (layout.places[crossing.from], layout.places[crossing.to])
      let (x, target) = (layout.x(from.column), layout.x(to.column))
      if crossing.to == crossing.from + 1 {
        // On at the head of the next column, by the gutter between them.
        let (bottom, gutter) = (layout.y(from.row) + height, target - 14)
        down +=
          "M\(x + width / 2) \(bottom)v3q0 5 5 5H\(gutter - 8)q8 0 8-8V-6q0-8 8-8H\(target + width / 2 - 8)q8 0 8 8V-5"
        heads += "M\(target + width / 2) 0l-4-6h8z"
      } else {
        let (start, end) = (layout.y(from.row) + height / 2, layout.y(to.row) + height / 2)
        beside += "M\(x + width) \(start)C\(x + width + 60) \(start) \(target - 60) \(end) \(target - 5) \(end)"
        pointers += "M\(target) \(end)l-6-4v8z"
      }
    }
    func group(_ cssClass: String, _ lines: String, _ heads: String) -> Markup {
      lines.isEmpty
        ? .empty
        : "<g class=\"\(cssClass)\"><path class=\"arrow\" d=\"\(lines)\"/><path class=\"head\" d=\"\(heads)\"/></g>"
    }
    return group("paths", down, heads) + group("side", beside, pointers)
  }
}
