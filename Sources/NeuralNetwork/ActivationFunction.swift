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

  /// Every function once, for tests that must not miss one.
  public static let all: [ActivationFunction] = [
    .linear, .sigmoid, .tanh, .relu, .leakyRelu(negativeSlope: 0.2), .elu, .selu, .gelu, .silu, .softplus, .softsign,
    .softmax,
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
    case .gelu: "gelu"
    case .silu: "silu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .softmax: "softmax"
    }
  }

  /// Whether the derivative needs z because y = f(z) does not determine it.
  var needsPreactivation: Bool { self == .gelu || self == .silu }

  /// y = f(y + bias).
  ///
  /// - Parameters:
  ///   - bias: read, `[columns]`; nil adds nothing.
  ///   - preactivation: overwritten with y + bias unless nil; `[rows, columns]`.
  ///   - output: read and overwritten, `[rows, columns]`.
  func apply(bias: Vector?, preactivation: MutableMatrix?, output: MutableMatrix) {
    guard let kernel else {
      Elementwise.biasActivation(.linear, parameter: 0, bias: bias, preactivation: preactivation, output: output)
      Elementwise.softmax(output.readOnly, into: output)
      return
    }
    Elementwise.biasActivation(
      kernel, parameter: parameter, bias: bias, preactivation: preactivation, output: output)
  }

  /// dL/dz from dL/dy; `gradient` is read and overwritten, `[rows, columns]`.
  ///
  /// - Parameter preactivation: z, needed where `needsPreactivation`.
  func backward(gradient: MutableMatrix, output: Matrix, preactivation: Matrix?) {
    guard let kernel else {
      Elementwise.softmaxBackward(outputGradient: gradient.readOnly, output: output, into: gradient)
      return
    }
    if kernel == .linear { return }
    Elementwise.activationBackward(
      kernel, parameter: parameter, outputGradient: gradient.readOnly, output: output, preactivation: preactivation,
      into: gradient)
  }

  /// nil for softmax, which is no elementwise function.
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
    case .softmax: nil
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
