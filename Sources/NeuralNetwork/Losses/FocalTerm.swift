internal import Glibc
internal import Kernels

/// alpha (1 - p)^gamma (-log p), the focal cross-entropy of one class of several.
struct FocalTerm {
  /// One for all classes, or one each.
  let alpha: [Float]
  let gamma: Double

  func alpha(_ number: Int) -> Double { Double(alpha.count == 1 ? alpha[0] : alpha[number]) }

  /// (1 - p)^gamma (-log p), and p times its derivative.
  ///
  /// - Parameter rest: 1 - p.
  func valueAndScaledSlope(_ p: Double, rest: Double, logarithm: Double) -> (Double, Double) {
    let factor = pow(rest, gamma)
    let inner = gamma == 0 || rest == 0 ? 0 : gamma * pow(rest, gamma - 1) * p * logarithm
    return (-factor * logarithm, inner - factor)
  }

  /// The mean loss of the best distribution for these shares of the classes: where share times slope is the same for all
  /// classes, found by bisection of that and of each probability.
  func best(_ shares: [Double]) -> Double {
    let weighted = shares.indices.filter { shares[$0] > 0 }.map { shares[$0] * alpha($0) }
    guard !weighted.isEmpty else { return .nan }
    func steepness(_ p: Double) -> Double { -valueAndScaledSlope(p, rest: 1 - p, logarithm: log(p)).1 / p }
    func probability(_ weight: Double, at slope: Double) -> Double {
      var (low, high) = (1e-12, 1.0)
      for _ in 0..<48 {
        let middle = (low + high) / 2
        if weight * steepness(middle) > slope { low = middle } else { high = middle }
      }
      return high
    }
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let sum = weighted.reduce(0.0) { $0 + probability($1, at: exp(middle)) }
      if sum > 1 { low = middle } else { high = middle }
    }
    return weighted.reduce(0.0) { sum, weight in
      let p = probability(weight, at: exp(high))
      return sum + weight * valueAndScaledSlope(p, rest: 1 - p, logarithm: log(p)).0
    }
  }

  /// The rows' losses, summed.
  ///
  /// - Parameters:
  ///   - outputs: read, `[rows, classes]`: logits, or probabilities.
  ///   - gradient: overwritten unless nil, `[rows, classes]`.
  ///   - targets: of a row and a class.
  func sum(
    _ outputs: Matrix, fromLogits: Bool, gradient: MutableMatrix?, _ targets: (_ row: Int, _ column: Int) -> Double
  ) -> Double {
    precondition(alpha.count == 1 || alpha.count == outputs.columns, "\(alpha.count) weights")
    return (0..<outputs.rows).reduce(0.0) { sum, row in
      let own = gradient.map { $0.base + row * $0.stride }
      func output(_ column: Int) -> Float { outputs[row, column] }
      func target(_ column: Int) -> Double { targets(row, column) }
      return sum
        + (fromLogits
          ? ofLogits(outputs.columns, output, target, gradient: own)
          : ofProbabilities(outputs.columns, output, target, gradient: own))
    }
  }

  /// Adds one row's loss from logits.
  ///
  /// - Parameters:
  ///   - target: of each class.
  ///   - gradient: overwritten, unless nil.
  func ofLogits(
    _ columns: Int, _ logit: (Int) -> Float, _ target: (Int) -> Double, gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var largest = logit(0)
    for column in 1..<max(columns, 1) where logit(column) > largest || logit(column).isNaN { largest = logit(column) }
    var total = 0.0
    for column in 0..<columns { total += exp(Double(logit(column) - largest)) }
    let logTotal = log(total)
    var (sum, along) = (0.0, 0.0)
    for column in 0..<columns {
      let t = target(column)
      let logarithm = Double(logit(column) - largest) - logTotal
      guard t != 0 else {
        // NaN comes out of every element.
        gradient?[column] = logarithm.isNaN ? .nan : 0
        if logarithm.isNaN { sum = .nan }
        continue
      }
      let (value, slope) = valueAndScaledSlope(exp(logarithm), rest: -expm1(logarithm), logarithm: logarithm)
      sum += alpha(column) * t * value
      along += alpha(column) * t * slope
      gradient?[column] = Float(alpha(column) * t * slope)
    }
    guard let gradient else { return sum }
    for column in 0..<columns {
      gradient[column] = Float(
        Double(gradient[column]) - exp(Double(logit(column) - largest) - logTotal) * along)
    }
    return sum
  }

  /// Adds one row's loss from probabilities, which are divided by their sum and cut to [1e-7, 1 - 1e-7].
  func ofProbabilities(
    _ columns: Int, _ output: (Int) -> Float, _ target: (Int) -> Double, gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    let (low, high) = (Double(Float(1e-7)), Double(Float(1 - 1e-7)))
    var total = 0.0
    for column in 0..<columns { total += Double(output(column)) }
    var (sum, along) = (0.0, 0.0)
    for column in 0..<columns {
      let share = Double(output(column)) / total
      let p = share < low ? low : share > high ? high : share
      let t = target(column)
      let (value, slope) = valueAndScaledSlope(p, rest: 1 - p, logarithm: log(p))
      if t != 0 { sum += alpha(column) * t * value }
      let derivative = share < low || share > high ? 0 : alpha(column) * t * slope / p
      along += derivative * share
      gradient?[column] = Float(derivative)
    }
    guard let gradient else { return sum }
    for column in 0..<columns { gradient[column] = Float((Double(gradient[column]) - along) / total) }
    return sum
  }
}
