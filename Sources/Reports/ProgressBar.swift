internal import Glibc

/// The live line of a run, as a value: what is known of it, without any terminal.
struct ProgressBar {
  var epoch = 0
  var epochs = 0
  var step = 0
  var steps = 0
  /// A mean over about the last fifty steps; NaN: of none yet.
  var loss = Double.nan
  var gradientNorm = Double.nan
  var learningRate = Double.nan
  var rowsPerSecond = 0.0
  var secondsLeft = Double.nan

  /// One line of at most `width` columns. Where it is narrow whole fields give way, the time left last.
  func line(width: Int) -> String {
    var shown = Field.allCases
    for field in [nil] + Field.givingWay.map(Optional.some) {
      if let field { shown.removeAll { $0 == field } }
      // The two bars stand for each other.
      let line = shown.filter { $0 != .smallBar || !shown.contains(.bar) }.map(text).joined(separator: "  ")
      if line.count <= width { return line }
    }
    return String(repeating: ".", count: max(0, min(3, width)))
  }

  private enum Field: CaseIterable {
    case bar, smallBar, epoch, step, loss, gradientNorm, learningRate, speed, left

    static let givingWay: [Field] = [
      .gradientNorm, .speed, .bar, .learningRate, .step, .smallBar, .loss, .epoch, .left,
    ]
  }

  private func text(_ field: Field) -> String {
    switch field {
    case .bar: bar(20)
    case .smallBar: bar(10)
    case .epoch: "epoch \(epoch)/\(epochs)"
    case .step: "step \(step)/\(steps)"
    case .loss: "loss \(short(loss)) (smoothed)"
    case .gradientNorm: "|g| \(short(gradientNorm))"
    case .learningRate: "lr \(short(learningRate))"
    case .speed: "\(Int(min(rowsPerSecond, 1e15))) rows/s"
    case .left: "\(ProgressDisplay.duration(secondsLeft)) left"
    }
  }

  private func bar(_ length: Int) -> String {
    let filled = min(length, step * length / max(steps, 1))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: length - filled)
  }
}

/// A mean in which older values count less and less, from the first value on.
struct SmoothedValue {
  private var sum = 0.0
  private var weight = 0.0
  private static let share = 1.0 / 50

  /// NaN: of no value yet.
  var value: Double { weight > 0 ? sum / weight : .nan }

  /// Takes a value on; one that is not finite would stay forever and is left out.
  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    sum += SmoothedValue.share * (value - sum)
    weight += SmoothedValue.share * (1 - weight)
  }
}
