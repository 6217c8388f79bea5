/// What a detector has found out about a run.
public struct Finding: Sendable, Hashable {
  public enum Name: String, Sendable, Hashable, CaseIterable {
    case vanishing
    case vanishingThroughTime = "vanishing_through_time"
    case explodingThroughTime = "exploding_through_time"
    case exploding
    case nonFinite = "non_finite"
    case saturated
    case gatesSaturated = "gates_saturated"
    case deadUnits = "dead_units"
    case attentionCollapse = "attention_collapse"
    case logitsGrowing = "logits_growing"
    case frozen
    case noBetterThanConstant = "no_better_than_constant"
    case slow
    case constantTarget = "constant_target"
    case targetsUnscaled = "targets_unscaled"
    case inputsUnscaled = "inputs_unscaled"
    case penaltyDominates = "penalty_dominates"
    case dropoutDominates = "dropout_dominates"
    case clippingAlways = "clipping_always"
    case plateau, spike
    // Before the first step only.
    case firstLoss = "first_loss"
    case rateTooLarge = "rate_too_large"
    case rateTooSmall = "rate_too_small"
    case noRate = "no_rate"
  }

  public enum Level: Int, Sendable, Hashable, Comparable {
    /// Worth knowing.
    case notice
    /// It costs, or has cost, much.
    case warning
    /// The run does not train because of it.
    case critical

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    public var name: String {
      switch self {
      case .notice: "notice"
      case .warning: "warning"
      case .critical: "critical"
      }
    }
  }

  /// A number that led to the finding.
  public struct Figure: Sendable, Hashable {
    public let name: String
    public let value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  public let name: Name
  public let level: Level
  /// The layer it is about; nil: the run as a whole.
  public let layer: String?
  public let figures: [Figure]
  /// What is the matter, in one plain sentence.
  public let message: String
  /// Why that is likely so.
  public let cause: String
  /// What to do about it, the likeliest help first.
  public let remedies: [Remedy]

  public init(
    _ name: Name, _ level: Level, layer: String? = nil, figures: [Figure] = [], message: String, cause: String,
    remedies: [Remedy] = []
  ) {
    self.name = name
    self.level = level
    self.layer = layer
    self.figures = figures
    self.message = message
    self.cause = cause
    self.remedies = remedies
  }
}
