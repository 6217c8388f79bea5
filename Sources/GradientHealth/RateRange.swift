internal import Glibc

/// A learning-rate range test: the loss while the rate rises from step to step, and what follows from it.
///
/// [Smith: Cyclical learning rates for training neural networks, 2017, section 3.3; the rate of steepest descent is fast.ai's
/// choice.] Each batch's loss is compared with what the same batch has at the first weights, so that a hard row or a small
/// batch is not taken for a rise: the curve is the ratio of both, summed over neighbouring steps with weights that fall to
/// both sides; losses of a blow-up are cut at twice the first.
///
/// - The loss has *fallen* where the curve comes below 1 by 2 % and by three standard errors.
/// - *Largest stable rate*: the last one behind the curve's lowest place at which it has not risen again by a tenth of the
///   fall (or two standard errors).
/// - *Steepest*: the rate at which the curve falls fastest over the logarithm of the rate, once a tenth of the fall is done.
/// - *Suggested*: the lower of the steepest and a tenth of the largest stable rate.
public struct RateRange: Sendable, Hashable {
  public struct Point: Sendable, Hashable {
    public let rate: Double
    /// Of the batch after the update at that rate, penalties left out.
    public let loss: Double
    /// Of the same batch at the first weights.
    public let atFirst: Double

    public init(rate: Double, loss: Double, atFirst: Double) {
      self.rate = rate
      self.loss = loss
      self.atFirst = atFirst
    }
  }

  /// In the order of the rates; of the last the loss may be NaN or Inf.
  public let points: [Point]
  /// The mean of the batches' losses at the first weights; NaN: there are none.
  public let firstLoss: Double
  /// The curve times `firstLoss`, one value a point.
  public let averages: [Double]
  /// The rate at which the test was given up, as the loss had risen beyond measure; nil: none was too large.
  public let blowUp: Double?
  public let hasFallen: Bool
  /// nil: the loss does not stand at any rate.
  public let largestStable: Double?
  /// nil: the loss has not fallen.
  public let steepest: Double?
  public let suggested: Double?

  /// Collects points until the loss has risen beyond measure.
  public struct Recorder: Sendable {
    public private(set) var points: [Point] = []
    public private(set) var hasBlownUp = false
    private var loss = 0.0
    private var atFirst = 0.0
    private var smallest = Double.infinity

    public init() {}

    /// Gives up where the loss is not finite, or its running mean over that at the first weights lies above 2 and above four
    /// times the smallest there was.
    ///
    /// - Returns: whether the test goes on.
    public mutating func add(rate: Double, loss newLoss: Double, atFirst newFirst: Double) -> Bool {
      points.append(Point(rate: rate, loss: newLoss, atFirst: newFirst))
      (loss, atFirst) = (0.7 * loss + 0.3 * newLoss, 0.7 * atFirst + 0.3 * newFirst)
      let ratio = atFirst > 0 ? loss / atFirst : loss > 0 ? .infinity : 1
      smallest = min(smallest, ratio)
      hasBlownUp = !newLoss.isFinite || ratio > max(4 * smallest, 2)
      return !hasBlownUp
    }

    public var range: RateRange { RateRange(points, hasBlownUp: hasBlownUp) }
  }

  /// - Parameter hasBlownUp: at the last point.
  public init(_ points: [Point], hasBlownUp: Bool) {
    self.points = points
    blowUp = hasBlownUp ? points.last?.rate : nil
    let firsts = points.map(\.atFirst)
    let level = firsts.isEmpty ? Double.nan : firsts.reduce(0, +) / Double(firsts.count)
    firstLoss = level
    let width = max(2, points.count / 25)
    let weights = (-width...width).map { Double(width + 1 - abs($0)) }
    let losses = points.map { point in
      let most = 2 * max(point.atFirst, level)
      return point.loss < most ? point.loss : most
    }
    let curve = RateRange.ratios(losses, firsts, weights: weights)
    averages = curve.map { $0 * level }

    let least = curve.indices.min { curve[$0] < curve[$1] } ?? 0
    let noise = RateRange.noise(zip(losses, firsts).map { ($0 - $1) / level }, before: max(least, 8))
    let error = noise * weights.reduce(0) { $0 + $1 * $1 }.squareRoot() / weights.reduce(0, +)
    let fall = curve.isEmpty ? 0 : 1 - curve[least]
    let enough = points.count >= 8 && level > 0
    let hasFallen = enough && fall > max(0.02, 3 * error)
    self.hasFallen = hasFallen
    let limit = hasFallen ? 1 - fall + max(0.1 * fall, 2 * error) : 1 + max(0.05, 3 * error)
    let start = hasFallen ? least : 0
    let risen = curve.indices.dropFirst(start).first { curve[$0] > limit } ?? curve.endIndex
    let stable = enough && risen > start ? points[risen - 1].rate : nil
    largestStable = stable
    guard hasFallen, let stable else {
      (steepest, suggested) = (nil, nil)
      return
    }
    let begun = curve[...least].lastIndex { $0 > 1 - 0.1 * fall } ?? 0
    let steepest = points[RateRange.steepest(curve, in: begun...least, width: width)].rate
    self.steepest = steepest
    suggested = RateRange.rounded(min(steepest, stable / 10))
  }

  /// Robust standard deviation of one value about its neighbour.
  private static func noise(_ values: [Double], before end: Int) -> Double {
    let values = values.prefix(end)
    let median = Trace.median(zip(values, values.dropFirst()).map { abs($1 - $0) })
    return median.isFinite ? median / 0.6745 / 2.0.squareRoot() : 0
  }

  /// Weighted sums over the neighbours of both, one over the other.
  private static func ratios(_ losses: [Double], _ firsts: [Double], weights: [Double]) -> [Double] {
    let width = weights.count / 2
    return losses.indices.map { center in
      var (loss, first) = (0.0, 0.0)
      for index in max(0, center - width)...min(losses.count - 1, center + width) {
        let weight = weights[index - center + width]
        loss += weight * losses[index]
        first += weight * firsts[index]
      }
      return first > 0 ? loss / first : 1
    }
  }

  private static func steepest(_ values: [Double], in range: ClosedRange<Int>, width: Int) -> Int {
    var best = (slope: Double.infinity, index: range.upperBound)
    for index in range {
      let (low, high) = (max(range.lowerBound, index - width), min(range.upperBound, index + width))
      guard high > low else { continue }
      let slope = (values[high] - values[low]) / Double(high - low)
      if slope < best.slope { best = (slope, index) }
    }
    return best.index
  }

  /// To two significant digits.
  static func rounded(_ rate: Double) -> Double {
    guard rate > 0, rate.isFinite else { return rate }
    let exponent = floor(log10(rate)) - 1
    return exponent < 0
      ? (rate * pow(10, -exponent)).rounded() / pow(10, -exponent)
      : (rate / pow(10, exponent)).rounded() * pow(10, exponent)
  }
}
