internal import Glibc

/// What reaches a recurrent layer's state on the way back through time: the root mean square over rows and units of
/// dL/dh(t), as the history has it, a number a bin of times.
///
/// Where the loss is of the last state, dL/dh(t) = dL/dh(T) dh(T)/dh(T-1) ... dh(t+1)/dh(t): a product of Jacobians, which
/// shrinks or grows with each of them [Bengio, Simard, Frasconi: Learning long-term dependencies with gradient descent is
/// difficult, 1994; Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks, 2013].
public struct ThroughTime: Sendable, Hashable {
  /// Steps of a sequence.
  public let times: Int
  /// From the first times to the last.
  public let rms: [Double]
  /// First time of each bin.
  public let starts: [Int]

  /// What is left at the horizon of what there is at the last times.
  public static let share = 0.01

  /// - Precondition: a number a start.
  public init(starts: [Int], rms: [Double]) {
    precondition(starts.count == rms.count)
    self.starts = starts
    self.rms = rms
    times = ThroughTime.times(starts)
  }

  /// How many times there are, by the first of each of their equal bins: that of bin k of n is k times / n, rounded down.
  static func times(_ starts: [Int]) -> Int {
    guard let last = starts.last, starts.count > 1 else { return starts.count }
    return (last * starts.count + starts.count - 2) / (starts.count - 1)
  }

  /// At the last times; 0: nothing comes in.
  public var end: Double { rms.last ?? 0 }

  public var isFinite: Bool { rms.allSatisfy(\.isFinite) }

  /// Steps from the last time back to the latest one of a bin.
  private func distance(_ bin: Int) -> Double {
    Double(times - (bin + 1 < starts.count ? starts[bin + 1] : times))
  }

  /// Steps from the last time back beyond which the gradient never is a hundredth of what it is there; nil: there is none,
  /// or there is nothing to compare with.
  ///
  /// Between two bins it is taken to shrink by one factor a step. Where what is beyond is 0, the factor of the bins before
  /// goes on.
  public var horizon: Double? {
    guard isFinite, end > 0, let last = rms.firstIndex(where: { $0 >= ThroughTime.share * end }), last > 0 else {
      return nil
    }
    let (near, far) = (distance(last), distance(last - 1))
    let (above, below) = (rms[last] / end, rms[last - 1] / end)
    if below > 0 { return near + (far - near) * log(above / ThroughTime.share) / log(above / below) }
    guard last + 1 < rms.count, rms[last + 1] > rms[last] else { return far }
    let factor = log(rms[last + 1] / rms[last]) / (near - distance(last + 1))
    return min(far, near + log(above / ThroughTime.share) / factor)
  }

  /// The largest of earlier times against the last; Inf where one is not finite, NaN where nothing comes in.
  public var growth: Double {
    if !isFinite { return .infinity }
    return end > 0 ? (rms.max() ?? 0) / end : .nan
  }

  /// By what the gradient is multiplied a step, between the last time and the horizon; nil: there is none.
  public var factor: Double? { horizon.map { pow(ThroughTime.share, 1 / max($0, 1)) } }
}

extension ThroughTime {
  /// Enough that one batch does not decide, few enough that the weights are nearly the same: of a young run they move fast.
  public static let newestRows = 5
}

extension Trace {
  /// - Parameter number: of a series of that column.
  func throughTime(_ number: Int, rows: Range<Int>) -> ThroughTime {
    ThroughTime(starts: series[number].positions.map { Int($0) }, rms: meanSquares(series: number, rows: rows))
  }

  /// The newest rows, for what a run is like now.
  var newest: Range<Int> { max(0, places.count - ThroughTime.newestRows)..<places.count }

  /// The windows' rows; of a run too short for one, all rows.
  var stretches: [Range<Int>] {
    if windows.isEmpty { return places.isEmpty ? [] : [0..<places.count] }
    return windows.map(\.rows)
  }
}
