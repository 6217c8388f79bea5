internal import Glibc
internal import HDF5Storage

/// How the numbers of one column are scaled, fitted to training rows and applied in Double.
public struct NumberScaling: Sendable, Equatable {
  public enum Method: String, Sendable, Hashable, CaseIterable {
    case none
    /// (x - mean) / standard deviation of the population.
    case standard
    /// Smallest value to 0, largest to 1.
    case minMax = "min_max"
    /// z = (x - median) / (third quartile - first quartile), then z / sqrt(1 + (z / 3)^2), which stays within -3 and 3.
    /// Where the quartiles are equal, the range's half divides.
    ///
    /// Source: David Holzmüller, Léo Grinsztajn, Ingo Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees
    /// on Tabular Data", 2024.
    case robust
    /// By ranks to a normal distribution, as scikit-learn's QuantileTransformer with 1000 quantiles.
    case quantile

    init(_ method: ScalingMethod) {
      switch method {
      case .none: self = .none
      case .standard: self = .standard
      case .minMax: self = .minMax
      }
    }

    /// Whether it is undone by a multiplication and an addition.
    public var isLinear: Bool { self != .robust && self != .quantile }
  }

  public let method: Method
  /// Subtracted; then `scale` divides.
  let center: Double
  let scale: Double
  /// Of `quantile`: values at evenly spaced probabilities from 0 to 1, ascending.
  let quantiles: [Double]

  private static let mostQuantiles = 1000
  /// Values of z do not go beyond.
  private static let clip = 3.0

  init(method: Method, center: Double = 0, scale: Double = 1, quantiles: [Double] = []) {
    self.method = method
    self.center = center
    self.scale = scale
    self.quantiles = quantiles
  }

  /// - Parameter values: at least one, none NaN or infinite.
  /// - Throws: `DatasetError` where their range is beyond Double.
  init(_ method: Method, fittedTo values: [Double], of name: String, at place: String) throws {
    switch method {
    case .none: self.init(method: method)
    case .standard:
      let mean = NumberScaling.mean(values)
      let variance = NumberScaling.mean(values.map { ($0 - mean) * ($0 - mean) })
      let isConstant = values.allSatisfy { $0 == values[0] }
      self.init(
        method: method, center: isConstant ? values[0] : mean,
        scale: isConstant || variance == 0 ? 1 : variance.squareRoot())
    case .minMax:
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      self.init(method: method, center: low, scale: high > low ? high - low : 1)
    case .robust:
      let sorted = values.sorted()
      let (first, third) = (NumberScaling.quantile(0.25, of: sorted), NumberScaling.quantile(0.75, of: sorted))
      let range = sorted[sorted.count - 1] - sorted[0]
      self.init(
        method: method, center: NumberScaling.quantile(0.5, of: sorted),
        scale: third > first ? third - first : range > 0 ? range / 2 : 1)
    case .quantile:
      let sorted = values.sorted()
      let count = min(NumberScaling.mostQuantiles, sorted.count)
      self.init(
        method: method,
        quantiles: count == 1
          ? [sorted[0]] : (0..<count).map { NumberScaling.quantile(Double($0) / Double(count - 1), of: sorted) })
    }
    guard center.isFinite, scale.isFinite else {
      throw DatasetError(
        .type, at: place, "`\(name)` cannot be scaled: its range is beyond what is computed with",
        expected: "numbers from -1e150 to 1e150", remedy: "divide the column by a constant")
    }
  }

  /// - Throws: `DatasetError` where floats around the center are too far apart for what was scaled: predictions are put back
  ///   into float32.
  func requireDigits(of name: String, at place: String) throws {
    let step = Double(Float(center).ulp)
    guard method != .none, step > scale * 0x1p-11 else { return }
    throw DatasetError(
      .type, at: place,
      "the target `\(name)` is too far from 0 for its spread: in float32 its predictions would be rounded to "
        + "steps of \(Float(step))", expected: "steps below 1/2048 of its spread, \(Float(scale))",
      remedy: "subtract a constant, such as \(Float(center))")
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Between the two neighbours in proportion, as NumPy's default.
  static func quantile(_ level: Double, of sorted: [Double]) -> Double {
    let exact = level * Double(sorted.count - 1)
    // A level that is meant to be a value's own is not between two for rounding.
    let place = abs(exact - exact.rounded()) < 1e-9 * Double(sorted.count) ? exact.rounded() : exact
    let lower = Int(place)
    let (low, high) = (sorted[lower], sorted[min(lower + 1, sorted.count - 1)])
    return low + (high - low) * (place - Double(lower))
  }

  /// Writes scaled values, `stride` floats from one to the next.
  func apply(
    count: Int, into output: UnsafeMutablePointer<Float>, stride: Int, _ value: (Int) -> Double
  ) {
    switch method {
    case .none: for row in 0..<count { output[row * stride] = Float(value(row)) }
    case .standard, .minMax: for row in 0..<count { output[row * stride] = Float((value(row) - center) / scale) }
    case .robust:
      for row in 0..<count {
        let z = (value(row) - center) / scale
        let part = z / NumberScaling.clip
        // Squares of more would be infinite, and z / infinity 0.
        let isFar = abs(z) > 1e100
        output[row * stride] = Float(isFar ? copysign(NumberScaling.clip, z) : z / (1 + part * part).squareRoot())
      }
    case .quantile: for row in 0..<count { output[row * stride] = Float(normal(value(row))) }
    }
  }

  /// The normal distribution's value at the probability of `value`: between the quantiles around it in proportion; of a value
  /// that several quantiles are, the mean of their first and last. The ends are drawn in from infinity as scikit-learn does.
  private func normal(_ value: Double) -> Double {
    let last = quantiles.count - 1
    guard quantiles[last] > quantiles[0] else { return 0 }
    var probability: Double
    if value <= quantiles[0] {
      probability = 0
    } else if value >= quantiles[last] {
      probability = 1
    } else {
      let (first, after) = (place(value) { $0 < value }, place(value) { $0 <= value })
      if first < after {
        probability = Double(first + after - 1) / 2
      } else {
        let (low, high) = (quantiles[first - 1], quantiles[first])
        probability = Double(first - 1) + (value - low) / (high - low)
      }
      probability /= Double(last)
    }
    let edge = 1e-7 - 0x1p-52
    return NumberScaling.normalQuantile(min(max(probability, edge), 1 - edge))
  }

  /// How many quantiles, from the first on, are `before`.
  private func place(_ value: Double, _ before: (Double) -> Bool) -> Int {
    var (low, high) = (0, quantiles.count)
    while low < high {
      let middle = (low + high) / 2
      if before(quantiles[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The x below which a standard normal variable is with probability p; 0 < p < 1.
  ///
  /// Peter Acklam's rational approximation (2003), then one step of Halley's method with the complementary error function:
  /// exact to some units in the last place.
  static func normalQuantile(_ p: Double) -> Double {
    func ratio(_ x: Double, _ above: [Double], _ below: [Double]) -> Double {
      above.reduce(0) { $0 * x + $1 } / (below.reduce(0) { $0 * x + $1 } * x + 1)
    }
    let x: Double
    if min(p, 1 - p) < 0.02425 {
      let q = (-2 * log(min(p, 1 - p))).squareRoot()
      let tail = ratio(
        q,
        [
          -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734, 4.374664141464968,
          2.938163982698783,
        ], [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416])
      x = p < 0.5 ? tail : -tail
    } else {
      let q = p - 0.5
      x =
        q
        * ratio(
          q * q,
          [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239,
          ],
          [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01,
          ])
    }
    let error = (0.5 * erfc(-x / 2.squareRoot()) - p) * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    return x - error / (1 + x * error / 2)
  }
}

extension NumberScaling {
  /// In words.
  var summary: String {
    switch method {
    case .none: "as it is"
    case .standard, .minMax, .robust: "\(method.rawValue): (x - \(Float(center))) / \(Float(scale))"
    case .quantile: "quantile: \(Float(quantiles.first ?? 0)) to \(Float(quantiles.last ?? 0)) by ranks"
    }
  }

  var figures: [StoredValue] {
    [
      StoredValue("scaling", .texts([method.rawValue])), StoredValue("center", .doubles([center])),
      StoredValue("scale", .doubles([scale])),
    ]
  }

  var lists: [StoredValue] { method == .quantile ? [StoredValue("quantiles", .doubles(quantiles))] : [] }

  /// - Throws: `ColumnError`.
  init(restoring values: [StoredValue], of name: String) throws {
    let word = values.texts("scaling")?.first ?? ""
    let quantiles = values.doubles("quantiles") ?? []
    guard let method = Method(rawValue: word), quantiles.isEmpty == (method != .quantile),
      let center = values.doubles("center")?.first, let scale = values.doubles("scale")?.first, scale > 0,
      zip(quantiles, quantiles.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw ColumnError("`\(name)`: scaling \(word), and its figures do not fit it") }
    self.init(method: method, center: center, scale: scale, quantiles: quantiles)
  }
}
