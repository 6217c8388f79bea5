internal import Glibc

/// What in a run's history, data and settings explains that it does not train: each cause with the change that removes
/// it, the graver first. What is not to be seen is not named.
///
/// A remedy that is printed first removes all of them, since one alone is seldom enough: features that saturate the
/// first layer and a rate that is too small for the rest.
struct Causes {
  let trace: Trace
  let context: DiagnosisContext
  let loss: LossCourse
  let hidden: [LayerProfile]

  init(_ trace: Trace, _ context: DiagnosisContext) {
    self.trace = trace
    self.context = context
    loss = LossCourse(trace, context)
    hidden = trace.chain.dropLast().map { trace.layers[$0] }
  }

  var all: [Remedy.Step] {
    // Where the output starts is said last: initializers that suit would undo it.
    if !recovered.isEmpty, loss.isUseful { return recovered + [targets].compactMap(\.self) }
    // What drowns the data, or stretches it, makes losses that look like those of a wrong rate.
    let graver = [rows, penalty, dropout, clipping, inputs].compactMap(\.self)
    let rate = graver.isEmpty && targets == nil ? rate : rateBesides
    return graver + [activation, weights, rate, targets].compactMap(\.self)
  }

  /// What recovery has tried and kept: from the first step on it spares the blow-up.
  var recovered: [Remedy.Step] {
    var steps = [rows].compactMap(\.self)
    if context.recoveredRedraw { steps.append(Causes.suited) }
    if let optimizer = context.recoveredOptimizer {
      steps.append(.init("Use the optimizer with which recovery went on.", .optimizer(optimizer, learningRate: 0.01)))
    }
    if context.recoveredClip > 0 {
      steps.append(.init("Clip the gradient to the norm with which recovery went on.", .clip(context.recoveredClip)))
    }
    if context.recoveredRateFactor < 1, let held = rateBeforeBlowup {
      steps.append(
        .init("Hold the learning rate where the run was well, before it blew up.", .constantLearningRate(held)))
    } else if context.recoveredRateFactor < 1 {
      steps.append(
        .init(
          "Lower the learning rate to that with which recovery went on.",
          .learningRate(times: context.recoveredRateFactor)))
    }
    return steps
  }

  /// The usual rate before a blow-up in mid-run, where what recovery made of it would be too small from the start; nil:
  /// it came at the start.
  private var rateBeforeBlowup: Double? {
    guard let step = context.events.first(where: { $0.kind == "blowup" })?.step, step > 2 * Trace.windowSteps else {
      return nil
    }
    let rates = zip(trace.places, trace.values(.learningRate)).filter { $0.0.step < Int64(step) && $0.1 > 0 }.map(\.1)
    return rates.isEmpty ? nil : Trace.median(rates)
  }

  // MARK: Data

  /// Rows that recovery has found out of proportion.
  var rows: Remedy.Step? {
    guard !context.suspectRows.isEmpty else { return nil }
    let count = counted(context.suspectRows.count, "row")
    return .init(
      "Leave out the \(count) of the training data whose gradients are out of proportion, or mend them in the data.",
      .skipRows(context.suspectRows))
  }

  /// Far from 0, or so large that the first updates are of the targets' size.
  var targets: Remedy.Step? {
    let (mean, deviation) = (context.data.targetMean, context.data.targetDeviation)
    guard Unscaled.hasLargeTargets(context.data), !ConstantTarget.isConstant(context.data) else { return nil }
    guard abs(mean) > 5 * deviation || deviation > Causes.largeTargets else { return nil }
    return .init(
      "Start the output layer at the targets' mean (\(Words.number(mean))) and size (\(Words.number(deviation))), with "
        + "an optimizer whose steps do not depend on them; or scale the targets in the data.",
      .outputScale(mean: mean, deviation: deviation))
  }

  static let largeTargets = 1000.0

  var inputs: Remedy.Step? {
    guard Unscaled.hasOddFeatures(context.data), !context.scalesFeatures else { return nil }
    return Causes.scaling
  }

  static let scaling = Remedy.Step("Scale the input features to mean 0 and deviation 1.", .standardScaling)

  // MARK: Settings that are worth more than the data

  var penalty: Remedy.Step? {
    guard Dominated.isJudged(trace, loss), Dominated.largePenalty(trace, loss) != nil else { return nil }
    let usual = 1e-5
    let factor = context.largestPenalty > 0 ? min(0.01, usual / context.largestPenalty) : 0.001
    return .init("Make the penalties \(Words.number(1 / factor)) times smaller.", .penalties(times: factor))
  }

  var dropout: Remedy.Step? {
    guard Dominated.isJudged(trace, loss), context.largestDropout >= Dominated.dropout else { return nil }
    return .init("Drop no more than a fifth of a layer's outputs.", .dropout(atMost: 0.2))
  }

  var clipping: Remedy.Step? {
    guard Dominated.isJudged(trace, loss), Dominated.tightClipping(trace, context) != nil else { return nil }
    return .init("Do not clip the gradient: the limit is far below its usual norm.", .clip(nil))
  }

  // MARK: The network

  /// A chain of sigmoids: each passes back a quarter at most.
  var activation: Remedy.Step? {
    let sigmoids = hidden.filter { $0.activation == "sigmoid" }.count
    guard sigmoids >= 3, 2 * sigmoids > hidden.count else { return nil }
    return .init(
      "Use ReLU in the hidden layers, which passes gradients on whole, with He's initializer, which suits it.",
      .activation("relu", in: nil))
  }

  /// Weights or biases of another size than keeps signals as they are, or layers that are flat from the first steps on.
  var weights: Remedy.Step? {
    guard !hidden.isEmpty, startsAmiss else { return nil }
    return Causes.suited
  }

  static let suited = Remedy.Step(
    "Use the initializers that suit the activations: they keep the size of signals and gradients from layer to layer.",
    .suitedInitializers(in: nil))

  /// Whether the very first rows show it.
  private var startsAmiss: Bool {
    let opening = 0..<min(Trace.windowRows, trace.places.count)
    let first = 0..<min(1, trace.places.count)
    let gains = trace.chain.dropLast().compactMap { layer -> Double? in
      guard let units = trace.layers[layer].units else { return nil }
      return trace.median(.weightRms, rows: first, layer: layer) * Double(units).squareRoot()
    }.filter(\.isFinite)
    if !gains.isEmpty, !(0.4...2.5).contains(Trace.median(gains)) { return true }
    return trace.layers.indices.contains { layer in
      trace.median(.saturatedFraction, rows: opening, layer: layer) >= Saturated.share
        || trace.median(.deadFraction, rows: opening, layer: layer) > 0.6
    }
  }

  static let batchNormalization = Remedy.Step(
    "Normalise between layers: each batch's signals are brought back to one size.", .batchNormalization)

  // MARK: The learning rate

  /// Share of a kernel that a good first update changes, and what a rate is raised to: later updates are smaller.
  static let goodUpdate = 0.01
  static let boldUpdate = 0.03

  /// The largest share of a kernel that one of the first updates changed: 0 where nothing moved, NaN: not known.
  var firstUpdate: Double {
    let rows = 0..<min(Trace.windowRows, trace.places.count)
    let moves = trace.kernels.compactMap { layer -> Double? in
      guard trace.median(.weightRms, rows: 0..<min(1, trace.places.count), layer: layer) > 0 else { return nil }
      return trace.median(.updateRatio, rows: rows, layer: layer)
    }.filter(\.isFinite)
    return moves.max() ?? .nan
  }

  var rate: Remedy.Step? {
    switch Evidence.rate(trace, context) {
    case .tooLarge, .thrownOff: lowerRate
    case .tooSmall: higherRate
    case .broughtToNothing: steadyRate
    case nil: nil
    }
  }

  /// Beside a graver cause only what the first updates say of an optimizer whose steps do not carry the gradient's size:
  /// the others' may be those of the penalty, or of the limit.
  private var rateBesides: Remedy.Step? {
    guard ["adam", "adamw", "nadam", "rmsprop", "lion"].contains(context.optimizer ?? "") else { return nil }
    if firstUpdate > 30 * Causes.goodUpdate { return lowerRate }
    return firstUpdate < Causes.goodUpdate / 100 ? higherRate : nil
  }

  /// As far down as the first updates say; a schedule that rose is held where the run was well.
  var lowerRate: Remedy.Step {
    let rates = trace.values(.learningRate).filter { $0.isFinite && $0 > 0 }
    if let first = rates.first, let last = rates.last, last > 3 * first {
      let healthy = Trace.median(Array(rates.prefix(max(1, rates.count / 2))))
      return .init("Hold the learning rate where the run was well.", .constantLearningRate(healthy))
    }
    let measured = Causes.goodUpdate / firstUpdate
    let factor = measured.isFinite ? min(0.1, max(1e-5, measured)) : 0.1
    return .init("Lower the learning rate.", .learningRate(times: factor))
  }

  /// As far up as the first updates say.
  var higherRate: Remedy.Step {
    let measured = Causes.boldUpdate / firstUpdate
    let factor = measured.isFinite ? min(1e6, max(5, measured)) : 10
    return .init("Raise the learning rate.", .learningRate(times: factor))
  }

  var steadyRate: Remedy.Step {
    let highest = trace.values(.learningRate).filter(\.isFinite).max() ?? 0.001
    // At its highest it may have been too large.
    let measured = firstUpdate > 30 * Causes.goodUpdate ? Causes.goodUpdate / firstUpdate : 1
    return .init(
      "Keep the learning rate up: the schedule brings it to nothing.", .constantLearningRate(highest * measured))
  }
}
