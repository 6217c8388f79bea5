/// An update rule: clipping, then a chain of gradient transforms.
///
/// The named optimizers are chains of a few transforms each; formulas and defaults are Keras 3's.
public struct Optimizer: Sendable {
  /// Keras' name, also the recipe's.
  public let name: String
  public let learningRate: LearningRateSchedule
  public let clipping: GradientClipping
  public let transforms: [any GradientTransform]
  /// Multiplies every rate of the schedule.
  public let rateFactor: Double
  /// The chain's last link where weights decay; it is in `transforms`, too.
  private let decay: DecayWeights?
  /// The chain in one pass, where it is Adam's.
  let fused: FusedAdam?

  /// - Parameter weightDecay: decoupled decay, appended to the chain; nil: none.
  public init(
    name: String, learningRate: LearningRateSchedule, clipping: GradientClipping = .none, weightDecay: Double? = nil,
    transforms: [any GradientTransform], rateFactor: Double = 1
  ) {
    self.init(
      name: name, learningRate: learningRate, clipping: clipping, transforms: transforms,
      decay: weightDecay.map { DecayWeights($0) }, rateFactor: rateFactor, fusing: true)
  }

  private init(
    name: String, learningRate: LearningRateSchedule, clipping: GradientClipping, transforms: [any GradientTransform],
    decay: DecayWeights?, rateFactor: Double, fusing: Bool
  ) {
    self.name = name
    self.rateFactor = rateFactor
    self.learningRate = learningRate
    self.clipping = clipping
    self.decay = decay
    self.transforms = transforms + (decay.map { [$0] } ?? [])
    fused = clipping.isByValue || !fusing ? nil : FusedAdam(self.transforms)
  }

  private func with(
    clipping: GradientClipping, decay: DecayWeights?, rateFactor: Double? = nil, fusing: Bool = true
  ) -> Optimizer {
    Optimizer(
      name: name, learningRate: learningRate, clipping: clipping,
      transforms: self.decay == nil ? transforms : transforms.dropLast(), decay: decay,
      rateFactor: rateFactor ?? self.rateFactor, fusing: fusing)
  }

  /// The same rule with other clipping.
  public func clipped(_ clipping: GradientClipping) -> Optimizer { with(clipping: clipping, decay: decay) }

  /// The same rule with another rate.
  public func with(learningRate: LearningRateSchedule) -> Optimizer {
    Optimizer(
      name: name, learningRate: learningRate, clipping: clipping,
      transforms: decay == nil ? transforms : transforms.dropLast(), decay: decay, rateFactor: rateFactor, fusing: true)
  }

  /// The same rule, every rate multiplied by `factor`.
  public func slowed(by factor: Double) -> Optimizer {
    with(clipping: clipping, decay: decay, rateFactor: rateFactor * factor)
  }

  /// The same rule, where weights do not decay whose name contains one of `words`: `["bias", "gamma", "beta"]` leaves out
  /// biases and normalization. Keras' `exclude_from_weight_decay(var_names:)`.
  public func excludingFromWeightDecay(_ words: [String]) -> Optimizer {
    with(clipping: clipping, decay: decay.map { DecayWeights($0.decay, excluding: words) })
  }

  /// The same rule with a pass for each transform, which a chain in one pass must equal bit by bit.
  var unfused: Optimizer { with(clipping: clipping, decay: decay, fusing: false) }

  /// w -= rate g, or with momentum (Nesterov's, if asked).
  public static func sgd(
    learningRate: LearningRateSchedule = .constant(0.01), momentum: Double = 0, nesterov: Bool = false,
    clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    let trace: [any GradientTransform] = momentum > 0 ? [Trace(mu: momentum, nesterov: nesterov)] : []
    return Optimizer(
      name: "sgd", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByLearningRate()] + trace)
  }

  public static func rmsprop(
    learningRate: LearningRateSchedule = .constant(0.001), rho: Double = 0.9, momentum: Double = 0,
    epsilon: Double = 1e-7, centered: Bool = false, clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    let trace: [any GradientTransform] = momentum > 0 ? [Trace(mu: momentum)] : []
    return Optimizer(
      name: "rmsprop", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByRMS(rho: rho, epsilon: epsilon, centered: centered), ScaleByLearningRate()] + trace)
  }

  public static func adagrad(
    learningRate: LearningRateSchedule = .constant(0.001), initialAccumulator: Double = 0.1, epsilon: Double = 1e-7,
    clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    Optimizer(
      name: "adagrad", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByAdagrad(initialAccumulator: initialAccumulator, epsilon: epsilon), ScaleByLearningRate()])
  }

  public static func adam(
    learningRate: LearningRateSchedule = .constant(0.001), beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool = false, clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    Optimizer(
      name: "adam", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByAdam(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad), ScaleByLearningRate()])
  }

  public static func adamW(
    learningRate: LearningRateSchedule = .constant(0.001), weightDecay: Double = 0.004, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false, clipping: GradientClipping = .none
  ) -> Optimizer {
    Optimizer(
      name: "adamw", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByAdam(beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad), ScaleByLearningRate()])
  }

  public static func nadam(
    learningRate: LearningRateSchedule = .constant(0.001), beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    Optimizer(
      name: "nadam", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByNadam(beta1: beta1, beta2: beta2, epsilon: epsilon), ScaleByLearningRate()])
  }

  public static func lion(
    learningRate: LearningRateSchedule = .constant(0.001), beta1: Double = 0.9, beta2: Double = 0.99,
    clipping: GradientClipping = .none, weightDecay: Double? = nil
  ) -> Optimizer {
    Optimizer(
      name: "lion", learningRate: learningRate, clipping: clipping, weightDecay: weightDecay,
      transforms: [ScaleByLion(beta1: beta1, beta2: beta2), ScaleByLearningRate()])
  }
}
