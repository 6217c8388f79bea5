/// What rollbacks have changed so far, and what is remembered of them.
public struct RemedyState: Sendable, Hashable {
  /// What is in effect besides the recipe's own settings.
  public struct Effect: Sendable, Hashable {
    /// Limit of the whole gradient's norm; 0: none by remedy.
    public var clip = 0.0
    public var learningRateFactor = 1.0
    /// The rung of the ladder whose optimizer is in effect; -1: the recipe's is.
    public var optimizerRung = -1
    /// Whether the weights are drawn anew when training starts from `restoredStep`.
    public var redraws = false

    public init() {}
  }

  public var rollbacks = 0
  /// Where the last rollback went back to; -1: there was none.
  public var restoredStep = -1
  public var effect = Effect()
  /// Updates left out in a row.
  public var skips = 0
  /// Rows of the training data that are not trained on, ascending.
  public var skippedRows: [Int32] = []
  /// The same by their numbers in the source, which people know.
  public var skippedSourceRows: [Int] = []
  /// The remedy in effect has yet to prove itself; nil: none has to.
  public var probation: Probation?

  public init() {}
}

/// The search for a remedy after a blow-up: each is tried from the same good state until one reaches the goal.
public struct Probation: Sendable, Hashable {
  /// Where every trial starts from.
  public var goodStep: Int
  /// The step that blew up, or at whose end the run was found to have lost what it had learnt.
  public var blownStep: Int
  /// Mean data loss of a window of steps that the remedy has to reach, after step `judgedAfter`.
  public var goal: Double
  public var judgedAfter: Int
  /// The last step of the trial at hand.
  public var deadline: Int
  /// The rungs that can be tried, as numbers of the ladder, and what the trials so far came to: the last window's mean
  /// loss, infinite after another blow-up. The trial at hand is the one after them.
  public var rungs: [Int]
  public var results: [Double] = []
  /// The mean of the last window of the trial at hand; infinite: none is complete.
  public var figure = Double.infinity
  /// Whether `rungs[chosen]` is tried a second time, as the best of those that all missed the goal.
  public var isSettled = false
  /// What was in effect before the blow-up.
  public var before: RemedyState.Effect
  /// Whether the run had learnt nothing yet.
  public var isEarly: Bool

  public init(
    goodStep: Int, blownStep: Int, goal: Double, judgedAfter: Int, deadline: Int, rungs: [Int],
    before: RemedyState.Effect, isEarly: Bool
  ) {
    self.goodStep = goodStep
    self.blownStep = blownStep
    self.goal = goal
    self.judgedAfter = judgedAfter
    self.deadline = deadline
    self.rungs = rungs
    self.before = before
    self.isEarly = isEarly
  }
}

/// The data loss by windows of steps: what trials are judged by, and what tells that a run has lost what it had learnt.
public struct LossWindows: Sendable, Hashable {
  /// Fewer updates than this, and nothing is lost by starting over.
  public static let fewSteps = 100
  /// The longest trial; a run of more updates is not started over.
  public static let manySteps = 2000

  /// Over the steps of the window at hand.
  public var sum = 0.0
  public var count = 0
  /// Means of complete windows: of the first and the last one, and the lowest; infinite: there is none yet.
  public var first = Double.infinity
  public var last = Double.infinity
  public var best = Double.infinity
  /// The step after which the newest window ended whose mean was near the lowest.
  public var goodStep = 0
  /// Windows at the end that were no better than a constant.
  public var lost = 0

  public init() {}
}
