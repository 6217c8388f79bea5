internal import Glibc

/// How values go to places along an axis.
package enum AxisScale: Sendable, Hashable {
  case linear
  case logarithmic
  /// Linear about 0 up to `threshold`, logarithmic beyond it on both sides: asinh(value / threshold).
  case symmetric(threshold: Double)

  func position(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .logarithmic: log10(value)
    case .symmetric(let threshold): asinh(value / threshold)
    }
  }
}

/// What a figure asks of its vertical axis.
package enum AxisChoice: Sendable, Hashable {
  /// Linear, unless the values spread over too many powers of ten for that.
  case automatic
  /// Logarithmic where anything is above 0. What is not is drawn at the lower end.
  case logarithmic
  case linear
  /// From 0 to at most 1, as far up as the values go.
  case fraction
}

/// One axis: its scale, and the values at its two ends.
package struct Axis: Sendable, Hashable {
  package let scale: AxisScale
  package let lower: Double
  package let upper: Double
  private let start: Double
  private let span: Double

  /// - Precondition: `lower < upper`, finite; both above 0 on a logarithmic scale.
  package init(scale: AxisScale, lower: Double, upper: Double) {
    self.scale = scale
    self.lower = lower
    self.upper = upper
    start = scale.position(lower)
    span = scale.position(upper) - start
  }

  /// Where a value stands: 0 at the lower end, 1 at the upper one. On a logarithmic scale 0 and less stand at 0.
  package func fraction(_ value: Double) -> Double {
    if scale == .logarithmic && value <= 0 { return 0 }
    return (scale.position(value) - start) / span
  }

  /// An axis that has `value` in the middle.
  fileprivate func around(_ value: Double) -> Axis {
    value == 0 ? self : Axis(scale: .linear, lower: value - abs(value) * 0.1, upper: value + abs(value) * 0.1)
  }

  /// An axis of steps, from `first` to `last`.
  package static func steps(_ first: Double, _ last: Double) -> Axis {
    Axis(scale: .linear, lower: first, upper: max(last, first + 1))
  }
}

/// What is known of the values that an axis has to hold; NaN and Inf are left out.
package struct ValueExtent: Sendable, Hashable {
  package private(set) var smallest = Double.infinity
  package private(set) var largest = -Double.infinity
  package private(set) var smallestPositive = Double.infinity
  /// Some of the magnitudes, for their median.
  private var sample: [Double] = []

  package init() {}

  package var isEmpty: Bool { smallest > largest }

  package mutating func add(_ values: [Double]) {
    let stride = max(1, values.count / 500)
    for (index, value) in values.enumerated() where value.isFinite {
      if value < smallest { smallest = value }
      if value > largest { largest = value }
      if value > 0 && value < smallestPositive { smallestPositive = value }
      if index % stride == 0 { sample.append(abs(value)) }
    }
  }

  package var medianMagnitude: Double {
    sample.isEmpty ? 0 : sample.sorted()[sample.count / 2]
  }

  /// The axis that shows all of it.
  package func axis(_ choice: AxisChoice) -> Axis {
    if choice == .fraction {
      return Axis(scale: .linear, lower: 0, upper: isEmpty || largest > 0.5 ? 1 : max(0.05, largest * 1.1))
    }
    if isEmpty { return Axis(scale: .linear, lower: 0, upper: 1) }
    let magnitude = max(abs(smallest), abs(largest))
    switch choice {
    case .logarithmic where largest > 0: return logarithmic
    case .automatic where smallest >= 0 && largest > 100 * smallestPositive: return logarithmic
    case .automatic where magnitude > ValueExtent.wideRatio * medianMagnitude && magnitude > 0:
      let threshold = max(medianMagnitude, magnitude * 1e-12)
      return padded(Axis(scale: .symmetric(threshold: threshold), lower: smallest, upper: largest))
    default:
      // The difference of two doubles may be beyond the largest one.
      if !(largest - smallest).isFinite {
        return Axis(scale: .symmetric(threshold: 1), lower: smallest, upper: largest)
      }
      return linear
    }
  }

  /// Signed values whose largest is this many times the usual one are no longer seen on a linear axis.
  private static let wideRatio = 1e4

  private var linear: Axis {
    let magnitude = max(abs(smallest), abs(largest))
    // At least wide enough for ticks that differ.
    let pad = max((largest - smallest) * 0.05, magnitude * 1e-6, Double.leastNormalMagnitude)
    if smallest == largest {
      // One value, in the middle between 0 and its double.
      if magnitude == 0 || magnitude > 1e300 { return Axis(scale: .linear, lower: -1, upper: 1).around(smallest) }
      return Axis(scale: .linear, lower: min(0, 2 * smallest), upper: max(0, 2 * largest))
    }
    let lower = smallest >= 0 && smallest < largest * 0.2 ? 0 : smallest - pad
    return Axis(scale: .linear, lower: lower, upper: largest + pad)
  }

  private var logarithmic: Axis {
    let (low, high) = (log10(smallestPositive), log10(largest))
    let pad = max((high - low) * 0.05, 0.05)
    let lower = max(pow(10, low - pad), Double.leastNonzeroMagnitude)
    return Axis(
      scale: .logarithmic, lower: lower, upper: min(max(pow(10, high + pad), 2 * lower), Double.greatestFiniteMagnitude)
    )
  }

  private func padded(_ axis: Axis) -> Axis {
    let (lower, upper) = (axis.lower * (axis.lower < 0 ? 1.5 : 1), axis.upper * (axis.upper > 0 ? 1.5 : 1))
    guard lower < upper, lower.isFinite, upper.isFinite else { return axis }
    return Axis(scale: axis.scale, lower: lower, upper: upper)
  }
}
