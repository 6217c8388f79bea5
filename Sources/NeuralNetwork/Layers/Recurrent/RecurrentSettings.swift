/// What recurrent layers have in common, with Keras' names and defaults.
public struct RecurrentSettings: Sendable {
  public let units: Int
  /// Of the candidate, and of the state where it is shown.
  public var activation: ActivationFunction = .tanh
  /// Of the gates. A simple layer has none.
  public var recurrentActivation: ActivationFunction = .sigmoid
  public var useBias = true
  public var kernelInitializer: Initializer = .glorotUniform
  public var recurrentInitializer: Initializer = .orthogonal()
  public var biasInitializer: Initializer = .zeros
  public var kernelRegularizer: Regularizer?
  public var recurrentRegularizer: Regularizer?
  public var biasRegularizer: Regularizer?
  public var activityRegularizer: Regularizer?
  /// Whether the output is the state after every step; else after the last.
  public var returnSequences = false
  /// From the last time to the first; the output is in the order of the steps, too.
  public var goBackwards = false
  /// Whether a batch begins with the state that the one before ended with, row by row.
  public var isStateful = false
  /// The share of inputs that are zeroed in training, one mask a row for all steps.
  public var dropout: Float = 0
  /// The same of the state as the products with the recurrent kernel see it.
  public var recurrentDropout: Float = 0
  /// The gradient goes back through at most so many steps: it is cut before each multiple. 0: through all.
  public var truncate = 0

  /// - Precondition: `units > 0`.
  public init(units: Int) {
    precondition(units > 0, "a recurrent layer of \(units) units")
    self.units = units
  }

  /// What Keras' classes of cells with gates take; without `gated` of the simple one.
  ///
  /// `stateful` is not among them: Keras wants to know the size of every batch then.
  func arguments(gated: Bool, _ own: [LayerArgument] = []) -> [LayerArgument] {
    [
      LayerArgument("return_sequences", .boolean(returnSequences)),
      LayerArgument("go_backwards", .boolean(goBackwards)),
      LayerArgument("units", .integer(units)), LayerArgument("activation", .activation(activation)),
    ] + (gated ? [LayerArgument("recurrent_activation", .activation(recurrentActivation))] : []) + [
      LayerArgument("use_bias", .boolean(useBias))
    ] + own + [
      LayerArgument("kernel_regularizer", .regularizer(kernelRegularizer)),
      LayerArgument("recurrent_regularizer", .regularizer(recurrentRegularizer)),
      LayerArgument("bias_regularizer", .regularizer(biasRegularizer)),
      LayerArgument("activity_regularizer", .regularizer(activityRegularizer)),
      LayerArgument("dropout", .number(Double(dropout))),
      LayerArgument("recurrent_dropout", .number(Double(recurrentDropout))),
    ]
  }
}

/// A layer that takes a sequence step by step and keeps a state.
///
/// x: `[time, features]`; output: `[time, units]`, or `[units]` without `returnSequences`. A step that a mask leaves out
/// keeps the state, and puts out what the step before did, zeros before the first.
public protocol RecurrentLayer: Layer {
  var settings: RecurrentSettings { get }
  /// The same layer under other settings and another name: what `Bidirectional` makes its two of.
  func with(_ settings: RecurrentSettings, name: String?) -> Self
  var form: RecurrentForm { get }
}

/// What a layer does at one step.
public struct RecurrentForm: Sendable {
  let cell: any RecurrentCell
}

extension RecurrentLayer {
  public var traits: LayerTraits {
    var traits = LayerTraits(
      role: .kernel, units: settings.units, activation: settings.activation, initializer: settings.kernelInitializer,
      regularizer: settings.kernelRegularizer)
    traits.recurrent = RecurrentTraits(
      isGated: !form.cell.recurrentGates.isEmpty, startsOpen: form.cell.startsOpen,
      returnsSequences: settings.returnSequences, truncation: settings.truncate > 0 ? settings.truncate : nil)
    return traits
  }

  public func isCausal(for inputs: [Shape]) -> Bool { settings.returnSequences && !settings.goBackwards }

  public var masking: Masking { settings.returnSequences ? .passes : .ends }

  public func operation(for inputs: [Shape]) throws -> any Operation {
    RecurrentOperation(RecurrentPlan(form.cell, settings, input: try Self.sequence(inputs[0])))
  }

  /// - Throws: `NetworkError` unless samples are sequences.
  static func sequence(_ input: Shape) throws -> Shape {
    guard input.extents.count == 2 else {
      throw NetworkError("\(kind) takes samples [time, features], found \(input)")
    }
    return input
  }
}
