import Kernels
import NeuralNetwork
import Testing

/// A layer under the gradient check, with its forward pass once more in Double.
struct LayerCase: Sendable, CustomTestStringConvertible {
  /// What the reference needs to know: input and trainable weights in the layer's order of entries.
  struct Inputs {
    /// By input.
    var xs: [[Double]]
    var weights: [[Double]]
    let features: Int
    let rows: Int
    /// By input; nil: all positions count.
    var masks: [[Float]?] = []

    var x: [Double] { xs[0] }
  }

  let testDescription: String
  let layer: any Layer
  let inputs: [Shape]
  let rows: Int
  /// Number of the layer in its network.
  let number: Int
  let reference: @Sendable (Inputs) -> [Double]
  /// On the output, as part of the objective.
  let activityRegularizer: Regularizer?
  /// Of the output.
  var tolerance = 1e-5
  /// Elements of the inputs from the numbers that are drawn for them; nil: these.
  var element: (@Sendable (Float) -> Float)?
  /// Weights that change nothing: their gradient is 0 but for rounding.
  var idle: Set<String> = []
  /// By input, `[rows, positions]`, 1 where a position counts; nil: all do. Empty: no input has a mask.
  var masks: [[Float]?] = []

  init(
    _ description: String, _ layer: any Layer, input: Shape, rows: Int = 7, number: Int = 0,
    activityRegularizer: Regularizer? = nil, reference: @escaping @Sendable (Inputs) -> [Double]
  ) {
    self.init(
      description, layer, inputs: [input], rows: rows, number: number, activityRegularizer: activityRegularizer,
      reference: reference)
  }

  init(
    _ description: String, _ layer: any Layer, inputs: [Shape], rows: Int = 7, number: Int = 0,
    activityRegularizer: Regularizer? = nil, reference: @escaping @Sendable (Inputs) -> [Double]
  ) {
    testDescription = description
    self.layer = layer
    self.inputs = inputs
    self.rows = rows
    self.number = number
    self.activityRegularizer = activityRegularizer
    self.reference = reference
  }

  static let training = TrainingPass(key: 0x0123_4567_89ab_cdef, step: 11, firstRow: 5)
}

extension LayerCase {
  /// Every type of layer: `RegistryTests` compares with the sources.
  static let all: [LayerCase] =
    denses + activations + normalizations + others + merges
    + poolings + convolutions
    + shapes + tables + attentions
    + images + masked + recurrences

  private static func dense(_ description: String, _ layer: Dense, input: Shape, rows: Int = 7) -> LayerCase {
    LayerCase(
      "dense, " + description, layer, input: input, rows: rows, activityRegularizer: layer.activityRegularizer
    ) { inputs in
      let z = Reference.affine(
        inputs.x, kernel: inputs.weights[0], bias: inputs.weights.count > 1 ? inputs.weights[1] : nil,
        inputs: inputs.features, units: layer.units)
      return Reference.activate(layer.activation, z, columns: layer.units)
    }
  }

  private static let denses: [LayerCase] =
    ActivationFunction.all.flatMap { function in
      [
        dense(function.name, Dense(units: 5, activation: function), input: [6]),
        dense("\(function.name), no bias", Dense(units: 3, activation: function, useBias: false), input: [4]),
        dense("\(function.name), samples of two axes", Dense(units: 3, activation: function), input: [4, 5]),
        dense(
          "\(function.name), activity penalty",
          Dense(units: 4, activation: function, activityRegularizer: Regularizer(l1: 0.3, l2: 0.2)), input: [5]),
      ]
    } + [
      dense("whole cache lines", Dense(units: 16, activation: .tanh), input: [16], rows: 4),
      dense("past cache lines", Dense(units: 17, activation: .gelu), input: [18], rows: 17),
      dense("one row, one unit", Dense(units: 1), input: [1], rows: 1),
      dense(
        "penalties on the weights, which are not the layer's to add",
        Dense(
          units: 5, activation: .elu, kernelRegularizer: Regularizer(l1: 1, l2: 1), biasRegularizer: Regularizer(l2: 1)),
        input: [6]),
    ]

  private static let activations: [LayerCase] = ActivationFunction.all.flatMap { function in
    [[19], [3, 5]].map { extents in
      LayerCase("activation, \(function.name) of \(extents)", Activation(function), input: Shape(extents)) {
        Reference.activate(function, $0.x, columns: $0.features)
      }
    }
  }

  private static let others: [LayerCase] =
    [Float(0), 0.1, 0.5, 0.9].flatMap { rate in
      [[6], [3, 7]].map { extents in
        LayerCase("dropout of \(rate) on \(extents)", Dropout(rate: rate), input: Shape(extents), number: 3) { inputs in
          let mask = Reference.dropoutMask(
            rate: rate, training: training, layer: 3, rows: inputs.rows, columns: inputs.x.count / inputs.rows)
          return zip(inputs.x, mask).map { $0 * $1 }
        }
      }
    } + [
      LayerCase("flatten", Flatten(), input: [2, 3, 5]) { $0.x },
      LayerCase("flatten of one axis", Flatten(), input: [17]) { $0.x },
    ]

  private static let merges: [LayerCase] =
    [2, 3, 5].map { count in
      LayerCase("add of \(count)", Add(), inputs: Array(repeating: [3, 5], count: count)) { inputs in
        inputs.x.indices.map { index in inputs.xs.reduce(0) { $0 + $1[index] } }
      }
    } + [
      LayerCase("concatenate along the last axis", Concatenate(), inputs: [[4], [1], [17]]) {
        Reference.concatenate($0.xs, blocks: [4, 1, 17])
      },
      LayerCase("concatenate, last of two axes", Concatenate(axis: 2), inputs: [[3, 2], [3, 5]]) {
        Reference.concatenate($0.xs, blocks: [2, 5])
      },
      LayerCase("concatenate along the first axis", Concatenate(axis: 1), inputs: [[3, 4], [1, 4]]) {
        Reference.concatenate($0.xs, blocks: [12, 4])
      },
      LayerCase("concatenate along the middle axis", Concatenate(axis: -2), inputs: [[2, 3, 4], [2, 1, 4]]) {
        Reference.concatenate($0.xs, blocks: [12, 4])
      },
    ]
}
