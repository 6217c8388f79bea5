/// How a source is read: what is asked of its values, and what is known of them before.
public struct ReadOptions: Sendable, Equatable {
  /// What is done about values that are NaN, infinite or missing.
  public var nonFinite: NonFinitePolicy
  /// Whether targets need not be there; which a reader leaves out where they stand apart.
  public var featuresAlone: Bool
  /// What the loss makes of targets; nil: what the file says of them.
  public var targets: TargetRole?
  /// The training run's classes by number; empty: they have no names; nil: there is no such run.
  public var classNames: [String]?
  /// The training run's features by column; empty: they have no names; nil: there is no such run.
  public var featureNames: [String]?
  /// Floats of a sample of the training run; nil: there is no such run.
  public var featureCount: Int?
  /// The training run's target columns by name; nil: there is no such run, or they have none.
  public var targetNames: [String]?
  /// What is done about features that float32 does not hold well.
  public var origins: OriginRule
  /// What was fitted to the columns of the training run; nil: there is no such run, or it is of no table.
  public var table: TableEncoding?

  public init(
    nonFinite: NonFinitePolicy = .refuse, featuresAlone: Bool = false, targets: TargetRole? = nil,
    classNames: [String]? = nil, featureNames: [String]? = nil, featureCount: Int? = nil, targetNames: [String]? = nil,
    origins: OriginRule = .asWritten
  ) {
    self.nonFinite = nonFinite
    self.featuresAlone = featuresAlone
    self.targets = targets
    self.classNames = classNames
    self.featureNames = featureNames
    self.featureCount = featureCount
    self.targetNames = targetNames
    self.origins = origins
  }
}

/// What a loss makes of targets.
public enum TargetRole: Sendable, Equatable {
  /// Numbers of classes.
  case classes
  /// Numbers from 0 to 1, or classes 0 and 1.
  case probabilities
  /// Numbers of any size.
  case values
}
