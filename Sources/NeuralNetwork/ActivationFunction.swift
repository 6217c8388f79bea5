internal import Kernels

/// The closed list of activation functions, named as in Keras.
public enum ActivationFunction: Sendable, Hashable {
  case linear
  case sigmoid
  case tanh
  case relu
  case leakyRelu(negativeSlope: Float)
  case elu
  case selu
  /// x Phi(x), exact (with erf).
  case gelu
  /// x sigmoid(x).
  case silu
  case softplus
  case softsign
  /// Over the last axis.
  case softmax
  /// min(max(x, 0), 6).
  case relu6
  /// relu6(x + 3) / 6.
  case hardSigmoid
  /// x hardSigmoid(x).
  case hardSilu
  /// x tanh(softplus(x)).
  case mish
  case exponential
  /// The logarithm of softmax, over the last axis.
  case logSoftmax
  /// GELU with tanh for erf: Keras' `gelu` with `approximate`.
  case approximateGelu

  /// Every function once, for tests that must not miss one.
  public static let all: [ActivationFunction] = [
    .linear, .sigmoid, .tanh, .relu, .leakyRelu(negativeSlope: 0.2), .elu, .selu, .gelu, .silu, .softplus, .softsign,
    .softmax, .relu6, .hardSigmoid, .hardSilu, .mish, .exponential, .logSoftmax, .approximateGelu,
  ]

  /// Keras' name, also the recipe's.
  public var name: String {
    switch self {
    case .linear: "linear"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .relu: "relu"
    case .leakyRelu: "leaky_relu"
    case .elu: "elu"
    case .selu: "selu"
    case .gelu, .approximateGelu: "gelu"
    case .silu: "silu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .softmax: "softmax"
    case .relu6: "relu6"
    case .hardSigmoid: "hard_sigmoid"
    case .hardSilu: "hard_silu"
    case .mish: "mish"
    case .exponential: "exponential"
    case .logSoftmax: "log_softmax"
    }
  }

  /// Whether the derivative needs z because y = f(z) does not determine it.
  var needsPreactivation: Bool { kernel?.derivesFromPreactivation ?? false }

  /// y = f(y + bias).
  ///
  /// - Parameters:
  ///   - bias: read, `[columns]`; nil adds nothing.
  ///   - preactivation: overwritten with y + bias unless nil; `[rows, columns]`.
  ///   - output: read and overwritten, `[rows, columns]`.
  func apply(bias: Vector?, preactivation: MutableMatrix?, output: MutableMatrix) {
    guard let kernel else {
      Elementwise.biasActivation(.linear, parameter: 0, bias: bias, preactivation: preactivation, output: output)
      if self == .logSoftmax {
        Elementwise.logSoftmax(output.readOnly, into: output)
      } else {
        Elementwise.softmax(output.readOnly, into: output)
      }
      return
    }
    Elementwise.biasActivation(
      kernel, parameter: parameter, bias: bias, preactivation: preactivation, output: output)
  }

  /// y = f(y + bias), with what `backward` needs.
  ///
  /// - Parameter kept: overwritten, `[rows, columns]`, where `needsPreactivation`: z, of `gelu` its slope at z; nil: nobody
  ///   will ask.
  func apply(bias: Vector?, kept: MutableMatrix?, output: MutableMatrix) {
    if self == .gelu, let kept { return Elementwise.biasGelu(bias: bias, slope: kept, output: output) }
    apply(bias: bias, preactivation: kept, output: output)
  }

  /// dL/dz from dL/dy and what `apply` has kept.
  func backward(gradient: MutableMatrix, output: Matrix, kept: Matrix?) {
    guard self == .gelu, let kept else { return backward(gradient: gradient, output: output, preactivation: kept) }
    Elementwise.multiply(gradient.readOnly.vector, kept.vector, into: gradient.vector)
  }

  /// dL/dz from dL/dy; `gradient` is read and overwritten, `[rows, columns]`.
  ///
  /// - Parameter preactivation: z, needed where `needsPreactivation`.
  func backward(gradient: MutableMatrix, output: Matrix, preactivation: Matrix?) {
    guard let kernel else {
      if self == .logSoftmax {
        Elementwise.logSoftmaxBackward(outputGradient: gradient.readOnly, output: output, into: gradient)
      } else {
        Elementwise.softmaxBackward(outputGradient: gradient.readOnly, output: output, into: gradient)
      }
      return
    }
    if kernel == .linear { return }
    Elementwise.activationBackward(
      kernel, parameter: parameter, outputGradient: gradient.readOnly, output: output, preactivation: preactivation,
      into: gradient)
  }

  /// As the cells of recurrent layers want it.
  var inCell: CellActivation {
    kernel.map { CellActivation($0, parameter: parameter) } ?? (self == .logSoftmax ? .logSoftmax : .softmax)
  }

  /// nil for softmax and its logarithm, which are no elementwise functions.
  private var kernel: ActivationKernel? {
    switch self {
    case .linear: .linear
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .relu: .relu
    case .leakyRelu: .leakyRelu
    case .elu: .elu
    case .selu: .selu
    case .gelu: .gelu
    case .silu: .silu
    case .softplus: .softplus
    case .softsign: .softsign
    case .softmax, .logSoftmax: nil
    case .relu6: .relu6
    case .hardSigmoid: .hardSigmoid
    case .hardSilu: .hardSilu
    case .mish: .mish
    case .exponential: .exponential
    case .approximateGelu: .approximateGelu
    }
  }

  private var parameter: Float {
    switch self {
    case .leakyRelu(let negativeSlope): negativeSlope
    case .elu: 1
    default: 0
    }
  }
}
