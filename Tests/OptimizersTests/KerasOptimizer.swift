import Foundation

/// Keras' optimizers once more: Double, one element after the other, straight from its formulas.
struct KerasOptimizer {
  enum Rule {
    case sgd(momentum: Double = 0, nesterov: Bool = false)
    case rmsprop(rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7, centered: Bool = false)
    case adagrad(initial: Double = 0.1, epsilon: Double = 1e-7)
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false)
    case nadam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7)
    case lion(beta1: Double = 0.9, beta2: Double = 0.99)
  }

  enum Clipping {
    case none
    case value(Double)
    case norm(Double)
    case global(Double)
  }

  let rule: Rule
  var clipping = Clipping.none
  var weightDecay: Double?
  var rate: @Sendable (_ iterations: Int) -> Double = { _ in 0.01 }

  private(set) var weights: [[Double]] = []
  /// In Keras' words: momentum, velocity, ...
  private(set) var slots: [String: [[Double]]] = [:]
  private(set) var iterations = 0
  /// nadam's.
  private(set) var product = 1.0
  /// Sum of |change| of each weight so far.
  private(set) var path: [[Double]] = []

  init(
    _ rule: Rule, clipping: Clipping = .none, weightDecay: Double? = nil,
    rate: @escaping @Sendable (_ iterations: Int) -> Double = { _ in 0.01 }
  ) {
    self.rule = rule
    self.clipping = clipping
    self.weightDecay = weightDecay
    self.rate = rate
  }

  mutating func start(_ weights: [[Double]]) {
    self.weights = weights
    path = weights.map { $0.map { _ in 0 } }
    var first = 0.0
    if case .adagrad(let initial, _) = rule { first = initial }
    for name in ["momentum", "velocity", "velocity_hat", "average_gradient", "accumulator"] {
      slots[name] = weights.map { $0.map { _ in name == "accumulator" ? first : 0 } }
    }
  }

  /// The gradient as the rule gets it.
  func clipped(_ gradient: [[Double]]) -> [[Double]] {
    func norm(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    switch clipping {
    case .none: return gradient
    case .value(let limit): return gradient.map { $0.map { min(max($0, -limit), limit) } }
    case .norm(let limit):
      return gradient.map { entry in
        let norm = norm(entry)
        return entry.map { $0 * limit / max(norm, limit) }
      }
    case .global(let limit):
      let norm = norm(gradient.joined())
      return gradient.map { $0.map { $0 * limit * min(1 / norm, 1 / limit) } }
    }
  }

  mutating func step(_ gradient: [[Double]]) {
    let gradient = clipped(gradient)
    let rate = rate(iterations)
    let t = Double(iterations + 1)
    var product = product
    var mu = (now: 0.0, next: 0.0)
    if case .nadam(let beta1, _, _) = rule {
      mu = (beta1 * (1 - 0.5 * pow(0.96, t)), beta1 * (1 - 0.5 * pow(0.96, t + 1)))
      product *= mu.now
    }
    for entry in weights.indices {
      for index in weights[entry].indices {
        let before = weights[entry][index]
        if let weightDecay { weights[entry][index] -= weights[entry][index] * weightDecay * rate }
        apply(gradient[entry][index], entry, index, rate: rate, t: t, mu: mu, product: product)
        path[entry][index] += abs(weights[entry][index] - before)
      }
    }
    self.product = product
    iterations += 1
  }

  private subscript(_ slot: String, _ entry: Int, _ index: Int) -> Double {
    get { slots[slot]?[entry][index] ?? .nan }
    set { slots[slot]?[entry][index] = newValue }
  }

  private mutating func apply(
    _ g: Double, _ entry: Int, _ index: Int, rate: Double, t: Double, mu: (now: Double, next: Double), product: Double
  ) {
    var m = self["momentum", entry, index]
    var v = self["velocity", entry, index]
    var change: Double
    switch rule {
    case .sgd(let momentum, let nesterov):
      m = momentum * m - rate * g
      change = nesterov ? momentum * m - rate * g : m
    case .rmsprop(let rho, let momentum, let epsilon, let centered):
      v = rho * v + (1 - rho) * g * g
      var denominator = v + epsilon
      if centered {
        self["average_gradient", entry, index] = rho * self["average_gradient", entry, index] + (1 - rho) * g
        denominator -= self["average_gradient", entry, index] * self["average_gradient", entry, index]
      }
      let increment = rate * g / denominator.squareRoot()
      m = momentum * m + increment
      change = momentum > 0 ? -m : -increment
    case .adagrad(_, let epsilon):
      self["accumulator", entry, index] += g * g
      change = -rate * g / (self["accumulator", entry, index] + epsilon).squareRoot()
    case .adam(let beta1, let beta2, let epsilon, let amsgrad):
      m += (g - m) * (1 - beta1)
      v += (g * g - v) * (1 - beta2)
      var under = v
      if amsgrad {
        under = max(self["velocity_hat", entry, index], v)
        self["velocity_hat", entry, index] = under
      }
      let alpha = rate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
      change = -m * alpha / (under.squareRoot() + epsilon)
    case .nadam(let beta1, let beta2, let epsilon):
      m += (g - m) * (1 - beta1)
      v += (g * g - v) * (1 - beta2)
      let first = mu.next * m / (1 - product * mu.next) + (1 - mu.now) * g / (1 - product)
      let second = v / (1 - pow(beta2, t))
      change = -rate * first / (second.squareRoot() + epsilon)
    case .lion(let beta1, let beta2):
      let blend = beta1 * m + (1 - beta1) * g
      change = -rate * (blend > 0 ? 1 : blend < 0 ? -1 : 0)
      m = beta2 * m + (1 - beta2) * g
    }
    self["momentum", entry, index] = m
    self["velocity", entry, index] = v
    weights[entry][index] += change
  }
}
