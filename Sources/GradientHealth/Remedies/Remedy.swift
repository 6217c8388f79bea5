/// One thing to do about a finding: changes of the run's settings that belong together.
///
/// Values, no text of a recipe: what a recipe becomes by them, and whether they change anything in it, is `Recipes`'
/// matter.
public struct Remedy: Sendable, Hashable {
  /// One change, with what it is good for.
  public struct Step: Sendable, Hashable {
    public let text: String
    public let edit: Edit

    public init(_ text: String, _ edit: Edit) {
      self.text = text
      self.edit = edit
    }
  }

  /// In the order in which they are made.
  public let steps: [Step]

  public init(_ steps: [Step]) { self.steps = steps }

  public init(_ text: String, _ edit: Edit) { steps = [Step(text, edit)] }

  /// What to do, and why that should help.
  public var text: String { steps.map(\.text).joined(separator: " ") }

  /// What to change. Names are Keras'; rates and norms are as in a recipe.
  public enum Edit: Sendable, Hashable {
    /// Every rate that the optimizer or its schedule names, times this.
    case learningRate(times: Double)
    /// This rate from the first step to the last.
    case constantLearningRate(Double)
    /// The rate falls when the validation's loss has not improved for so many epochs.
    case reduceOnPlateau(patience: Int)
    /// Another optimizer, its other arguments at their defaults; clipping stays.
    case optimizer(String, learningRate: Double)
    /// Limit of the whole gradient's norm, in the place of other limits; nil: none.
    case clip(Double?)
    /// Initializers that suit the activations, biases that start at 0, in a layer by its name; nil: in all.
    case suitedInitializers(in: String?)
    /// Another function in the hidden layers, or in one, with initializers that suit.
    case activation(String, in: String?)
    /// Batch normalization before the activation of every hidden layer.
    case batchNormalization
    /// Hidden layers that keep their input's shape go into `residual`, two to a block; of networks with so many of them.
    case shortcuts(from: Int)
    /// No more hidden layers than this.
    case hiddenLayers(Int)
    /// The output layer starts from the targets' mean, with a kernel of their size.
    case outputScale(mean: Double, deviation: Double)
    /// Every penalty on weights and activations, times this.
    case penalties(times: Double)
    case dropout(atMost: Double)
    /// Recurrent layers without gates, or the one of this name, become ones of this kind, as wide as they were.
    case recurrentLayer(String, in: String?)
    /// LSTM's forget gate starts open, in a layer by its name; nil: in all.
    case forgetBias(in: String?)
    /// How recurrent kernels start, in a layer by its name; nil: in all.
    case recurrentInitializer(String, in: String?)
    /// Times that a gradient goes back at most.
    case truncation(Int)
    /// The rate rises over so many steps at first.
    case warmup(steps: Int)
    case standardScaling
    /// Rows of the training data that are left out.
    case skipRows([Int])
    /// A blow-up is answered by going back to a checkpoint.
    case rollback
    /// Training ends when the validation's loss has not improved for so many epochs, with the best weights.
    case earlyStopping(patience: Int)
    case epochs(times: Double)
  }
}
