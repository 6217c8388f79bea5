/// How high loss and gradient norm have stood for a while: what rows show to a model that knows little of them.
public struct SpikeReference: Sendable, Hashable {
  /// NaN: not known.
  public var loss: Double
  public var gradientNorm: Double

  public init(loss: Double = .nan, gradientNorm: Double = .nan) {
    self.loss = loss
    self.gradientNorm = gradientNorm
  }

  /// Of all rows of a history; of none, nothing is known.
  public init(_ history: GradientHistory) {
    var levels = Levels()
    for (loss, norm) in zip(history.column(StepColumn.loss), history.column(StepColumn.gradientNorm)) {
      levels.add(loss: loss, gradientNorm: norm)
    }
    self = levels.reference
  }

  /// Finds the reference row by row.
  struct Levels {
    private var loss = Level()
    private var gradientNorm = Level()

    mutating func add(loss value: Double, gradientNorm norm: Double) {
      loss.add(value)
      gradientNorm.add(norm)
    }

    var reference: SpikeReference { SpikeReference(loss: loss.value, gradientNorm: gradientNorm.value) }
  }

  /// The highest median of sixteen values in a row: a single spike does not move it, a level that lasts does.
  private struct Level {
    private static let length = 16
    private var highest = Double.nan
    private var block: [Double] = []

    mutating func add(_ value: Double) {
      guard value.isFinite else { return }
      block.append(abs(value))
      guard block.count == Level.length else { return }
      let median = Trace.median(block)
      highest = highest.isNaN ? median : max(highest, median)
      block.removeAll(keepingCapacity: true)
    }

    /// As long as no block is whole, that of the values so far.
    var value: Double { highest.isNaN ? Trace.median(block) : highest }
  }
}
