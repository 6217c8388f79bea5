/// One curve of a figure.
package struct FigureSeries: Sendable {
  package var name: String
  package var color: FigureColor
  /// 0: a whole line; 1, 2, 3: dashed ones, for a second, third, fourth run.
  package var dash: Int
  /// Training steps; where one is smaller than the one before, a new curve begins.
  package var steps: [Double]
  /// NaN and Inf are gaps, with a mark at the edge.
  package var values: [Double]
  /// What the largest value was in a row that stands for several steps.
  package var peaks: [Double]?
  /// Whether the axis of values need not show all of it: what a discarded attempt rose to.
  package var isOutlying = false
  /// Series with the same key have the same steps; nil: nobody else has these.
  package var key: String?

  /// - Precondition: one value, and one peak, a step.
  package init(
    _ name: String, color: FigureColor, dash: Int = 0, steps: [Double], values: [Double], peaks: [Double]? = nil,
    key: String? = nil
  ) {
    precondition(steps.count == values.count && (peaks ?? values).count == values.count)
    self.name = name
    self.color = color
    self.dash = dash
    self.steps = steps
    self.values = values
    self.peaks = peaks
    self.key = key
  }
}

/// Colours that people with any kind of colour vision tell apart, on light and on dark ground.
package enum FigureColor: Sendable, Hashable {
  /// One of a few things without an order.
  case category(Int)
  /// A layer's place: from the input (0) to the output, along a ramp.
  case depth(Int, of: Int)
  /// What stays in the background.
  case muted

  /// Class of the style sheet.
  package var cssClass: String {
    switch self {
    case .category(let number): "c\(number % FigureStyle.categories.count)"
    case .depth(let number, let count) where count <= FigureStyle.categories.count: "c\(number)"
    case .depth(let number, let count): "r\(number * (FigureStyle.rampColors - 1) / max(count - 1, 1))"
    case .muted: "muted"
    }
  }
}

/// Something that happened at a step, on every figure of the run.
package struct FigureMark: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case blowup, rollback, finding, note
  }

  package var step: Double
  package var kind: Kind
  /// By which the list of sentences is looked up.
  package var number: Int
  package var sentence: String
  /// Of a rollback: the step that it went back from; `step` is the one that it went back to.
  package var from: Double?

  package init(step: Double, kind: Kind, number: Int, sentence: String, from: Double? = nil) {
    self.step = step
    self.from = from
    self.kind = kind
    self.number = number
    self.sentence = sentence
  }
}

/// A horizontal line at a value that means something, such as the clipping limit.
package struct FigureRule: Sendable, Hashable {
  package var value: Double
  package var label: String

  package init(value: Double, label: String) {
    self.value = value
    self.label = label
  }
}

/// Extent in units of about a pixel.
package struct FigureSize: Sendable, Hashable {
  package var width: Int
  package var height: Int

  package init(width: Int = 520, height: Int = 260) {
    self.width = width
    self.height = height
  }
}

/// Where an SVG is to stand.
package enum FigureForm: Sendable, Hashable {
  /// A file of its own: with title, legend and style sheet.
  case file
  /// In a page that has `FigureStyle.css` and writes title and legend itself.
  case page
  /// In a page with the report's script: with its values, rows beyond `rows` merged to smallest, mean and largest.
  case script(rows: Int)
}
