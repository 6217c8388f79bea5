/// What detectors may know of a run besides its history and layers.
public struct DiagnosisContext: Sendable, Hashable {
  /// Something that happened in the run, as its checkpoint records it.
  public struct Event: Sendable, Hashable {
    public var step: Int
    public var kind: String
    public var message: String

    public init(step: Int, kind: String, message: String) {
      self.step = step
      self.kind = kind
      self.message = message
    }
  }

  public var events: [Event] = []
  /// Whether the history is that of a checkpoint made at a blow-up, whose own events do not tell of it yet.
  public var standsOnBlowup = false
  /// Whether the run ended as diverged; `events` then tells why.
  public var hasDiverged = false
  /// Keras' name; nil: not known.
  public var optimizer: String?
  /// Whether features are scaled already.
  public var scalesFeatures = false
  /// The largest share of outputs that a dropout layer zeroes, and the largest factor of an L2 penalty.
  public var largestDropout = 0.0
  public var largestPenalty = 0.0
  /// Rows of a whole batch.
  public var batchSize = 32
  public var spikes = SpikeThresholds()
  public var data = DataFigures()
  /// Rows of the training data, by their numbers there, that recovery has left out since their gradients stood out.
  public var suspectRows: [Int] = []
  /// What recovery has put into effect besides: a limit of the gradient's norm (0: none), a factor of the learning rate,
  /// weights that were drawn anew with initializers that suit, another optimizer.
  public var recoveredClip = 0.0
  public var recoveredRateFactor = 1.0
  public var recoveredRedraw = false
  public var recoveredOptimizer: String?

  public init() {}
}
