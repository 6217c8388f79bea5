/// One thing to do about a finding.
public struct Remedy: Sendable, Hashable {
  /// What to do, and why that should help.
  public let text: String
  public let change: Change

  public init(_ text: String, _ change: Change) {
    self.text = text
    self.change = change
  }

  /// What to change in a run's settings. How a recipe spells it is `Recipes`' matter.
  public enum Change: Sendable, Hashable {
    /// Layers as they should be in that place.
    case layers([Layer], at: Place)
    case optimizer(Optimizer)
    /// A blow-up is answered by going back to a checkpoint, so many times.
    case rollback(limit: Int)
    /// Features with mean 0 and deviation 1.
    case standardScaling
    case recordEveryStep
    /// Training ends when the validation's loss has not improved for so many epochs, with the best weights.
    case earlyStopping(patience: Int)
  }

  /// Names are Keras'.
  public enum Layer: Sendable, Hashable {
    case dense(units: Int, activation: Activation? = nil, initializer: String? = nil, l2: Float? = nil)
    case batchNormalization
    case activation(Activation)
  }

  public struct Activation: Sendable, Hashable {
    public let name: String
    /// Of one that takes it.
    public let negativeSlope: Float?

    public init(_ name: String, negativeSlope: Float? = nil) {
      self.name = name
      self.negativeSlope = negativeSlope ?? (name == "leaky_relu" ? 0.2 : nil)
    }
  }

  /// Which layers of the network are meant.
  public enum Place: Sendable, Hashable {
    case eachHidden
    /// So many hidden layers in all.
    case allHidden(Int)
    case layer(String)
  }

  public struct Optimizer: Sendable, Hashable {
    public let name: String
    public let learningRate: Float
    /// The rate falls when the validation's loss has not improved for so many epochs; nil: it stays.
    public let plateauPatience: Int?
    /// Limit of the whole gradient's norm.
    public let clipNorm: Float?

    public init(_ name: String, learningRate: Float, plateauPatience: Int? = nil, clipNorm: Float? = nil) {
      self.name = name
      self.learningRate = learningRate
      self.plateauPatience = plateauPatience
      self.clipNorm = clipNorm
    }
  }
}
