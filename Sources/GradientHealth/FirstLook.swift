/// What the first batch shows of a network before its first step: values in, findings out (`BeforeRun`).
public struct FirstLook: Sendable {
  /// What a layer gives for the batch, over all rows and units.
  public struct Output: Sendable, Hashable {
    public var layer: String
    /// Of the finite ones; NaN where there are none.
    public var mean = Double.nan
    public var deviation = Double.nan
    /// NaN and Inf among them.
    public var nonfinite = 0

    public init(layer: String) { self.layer = layer }

    /// Root of the mean square.
    public var rms: Double { (mean * mean + deviation * deviation).squareRoot() }
  }

  /// Rows that were looked at.
  public var rows = 0
  /// Loss of the batch, penalties left out: at the first weights, and once more after one step of the recipe's own
  /// optimizer. The latter is NaN where the step's loss or gradient is not finite.
  public var loss = Double.nan
  public var lossAfterStep = Double.nan
  /// L2 norm of the whole gradient.
  public var gradientNorm = Double.nan
  /// The rate of the first step.
  public var learningRate = Double.nan
  /// Every layer's, in the graph's order.
  public var outputs: [Output] = []
  /// One row: the first step's.
  public var history: GradientHistory
  /// What is known of the layers besides.
  public var profiles: [LayerProfile]

  public init(history: GradientHistory, profiles: [LayerProfile]) {
    self.history = history
    self.profiles = profiles
  }

  /// One line a layer with weights: gradient, update, saturation, dead units.
  public var standings: [LayerStanding] { LayerStanding.all(history, layers: profiles) }
}
