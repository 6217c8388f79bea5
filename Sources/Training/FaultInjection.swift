internal import Checkpointing
internal import DataParallel
internal import GradientHealth
internal import Kernels
internal import NeuralNetwork
internal import Optimizers

/// A fault put into a run on purpose, to prove that it is recovered from. A test aid.
public struct FaultInjection: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// An element of a layer's gradient becomes NaN or Inf, in one shard.
    case nanGradient = "nan-gradient"
    case infGradient = "inf-gradient"
    /// A layer's gradient is a thousand times what it should be, but finite, in one shard.
    case spikeGradient = "spike-gradient"
    /// A weight becomes NaN before the step.
    case nanWeight = "nan-weight"
    /// An element of the optimizer's first slot becomes NaN before the step.
    case nanOptimizer = "nan-optimizer"
    /// The highest exponent bit of a weight flips before the step.
    case bitFlip = "bit-flip"
    /// A feature of a shard's first row becomes NaN.
    case nanInput = "nan-input"
    /// As nan-gradient, but gone when the step is run again.
    case transientNaN = "transient-nan"
    /// The features of the batch's first row are a million times what they should be, here and wherever that row comes
    /// again.
    case poisonRow = "poison-row"
    /// The recipe's learning rate is ten thousand times what it should be, in this step and all that come after it,
    /// whatever is tried.
    case rateJump = "rate-jump"

    /// Whether it stays once it is there: on later attempts, too, until a remedy takes it away.
    var lasts: Bool { self == .poisonRow || self == .rateJump }
  }

  /// What `rate-jump` multiplies the rate by, and `poison-row` the features.
  static let (rateFactor, featureFactor) = (1e4, Float(1e6))

  public let kind: Kind
  /// The update that is hit, from 1; on the first attempt only, unless the fault lasts.
  public let step: Int
  /// nil: the first layer with weights.
  public let layer: String?
  /// The shard that is hit, where it is one's gradient or input.
  public let shard: Int
  /// The process whose weights or optimizer are hit; nil: every process's.
  public let process: Int?

  /// `KIND@STEP[:LAYER][,shard=N][,process=N]`; nil if that is not what the text is.
  public init?(_ text: String) {
    var words = text.split(separator: ",", omittingEmptySubsequences: false)
    var (shard, process): (Int, Int?) = (0, nil)
    while words.count > 1 {
      let pair = words.removeLast().split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let number = Int(pair[1]), number >= 0 else { return nil }
      switch pair[0] {
      case "shard": shard = number
      case "process": process = number
      default: return nil
      }
    }
    self.shard = shard
    self.process = process
    let parts = (words.first ?? "").split(separator: "@", maxSplits: 1)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
    let place = parts[1].split(separator: ":", maxSplits: 1)
    guard let number = place.first, let step = Int(number), step > 0 else { return nil }
    self.kind = kind
    self.step = step
    layer = place.count > 1 ? String(place[1]) : nil
  }

  public var description: String {
    "\(kind.rawValue)@\(step)" + (layer.map { ":\($0)" } ?? "") + (shard > 0 ? ",shard=\(shard)" : "")
      + (process.map { ",process=\($0)" } ?? "")
  }
}

extension FaultInjection {
  /// Where it strikes: its layer's first weight.
  private func entry(in layout: ParameterLayout) -> ParameterLayout.Entry? {
    layout.trainable.first { $0.layerName == layer } ?? layout.trainable.first
  }

  /// Spoils the gradient of its shard.
  func spoil(_ gradient: MutableVector, layout: ParameterLayout) {
    guard let entry = entry(in: layout) else { return }
    switch kind {
    case .nanGradient, .transientNaN: gradient[entry.range.lowerBound] = .nan
    case .infGradient: gradient[entry.range.lowerBound] = .infinity
    case .spikeGradient: Elementwise.scale(gradient[entry.range], by: 1000)
    case .nanWeight, .nanOptimizer, .bitFlip, .nanInput, .poisonRow, .rateJump: break  // not of the gradient
    }
  }

  /// Spoils weights or slots before the step.
  func spoil(_ model: Model, _ optimizer: OptimizerState) {
    guard let entry = entry(in: model.network.layout) else { return }
    let place = entry.range.lowerBound
    switch kind {
    case .nanWeight: model.parameters[place] = .nan
    case .bitFlip: model.parameters[place] = Float(bitPattern: model.parameters[place].bitPattern ^ 0x4000_0000)
    case .nanOptimizer: if !optimizer.slotNames.isEmpty { optimizer.slot(0)[place] = .nan }
    case .nanGradient, .infGradient, .spikeGradient, .nanInput, .transientNaN, .poisonRow, .rateJump:
      break  // put in by the step itself, or by the trainer
    }
  }
}

/// Puts a fault into the step that it is meant for, once; one that lasts from there on.
struct FaultInjector {
  var fault: FaultInjection?
  private var isSpent = false

  init() {}

  /// Before a step.
  ///
  /// - Parameters:
  ///   - number: the update that comes.
  ///   - rows: of its batch.
  ///   - process: this process's number.
  mutating func inject(
    into step: TrainingStep, number: Int, rows: UnsafeBufferPointer<Int32>, attempt: Int, process: Int
  ) {
    step.shards.fault = nil
    guard let fault, attempt == 0, number == fault.step, !isSpent else { return }
    isSpent = true
    if fault.kind == .poisonRow { step.shards.poisonedRow = rows.first }
    if fault.kind.lasts { return }
    step.shards.fault = fault
    if fault.process ?? process == process { fault.spoil(step.shards.model, step.update.state) }
  }
}

extension Trainer {
  /// Before a step: the fault, where it is meant for this one.
  ///
  /// - Parameter batch: rows of the step at hand.
  func putInFault(rows batch: UnsafeBufferPointer<Int32>) {
    guard let fault else { return }
    let number = progress.step + 1
    faults.inject(
      into: step, number: number, rows: batch, attempt: progress.attempt, process: processes?.rank ?? 0)
    // A remedy that brings an optimizer of its own brings its rate, too.
    guard fault.kind == .rateJump, optimizerRung < 0 else { return }
    let rule = progress.remedies.effect.applied(to: configuration.optimizer, ladder: configuration.health.ladder)
    step.update.optimizer = number >= fault.step ? rule.slowed(by: FaultInjection.rateFactor) : rule
  }
}
