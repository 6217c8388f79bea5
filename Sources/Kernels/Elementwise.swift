import CKernels

/// Activation functions by the number the C kernels know them by.
public enum ActivationKernel: Int32, CaseIterable, Sendable {
  /// z
  case linear
  /// 1 / (1 + exp(-z))
  case sigmoid
  case tanh
  /// max(z, 0)
  case relu
  /// z < 0 ? parameter z : z
  case leakyRelu
  /// z > 0 ? z : parameter (exp(z) - 1)
  case elu
  /// 1.0507009873554805 (z > 0 ? z : 1.6732632423543772 (exp(z) - 1))
  case selu
  /// z (1 + erf(z / sqrt 2)) / 2, the exact form
  case gelu
  /// z sigmoid(z)
  case silu
  /// log(1 + exp(z))
  case softplus
  /// z / (1 + |z|)
  case softsign
  /// min(max(z, 0), 6)
  case relu6
  /// relu6(z + 3) / 6
  case hardSigmoid
  /// z hardSigmoid(z)
  case hardSilu
  /// z tanh(softplus(z))
  case mish
  /// exp(z)
  case exponential
  /// z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2
  case approximateGelu

  /// Whether the derivative needs z: y alone does not determine it.
  public var derivesFromPreactivation: Bool {
    switch self {
    case .gelu, .silu, .hardSilu, .mish, .approximateGelu: true
    default: false
    }
  }
}

/// Functions of each element, or of each row; on the calling thread, without allocation. NaN comes out as NaN, and a
/// gradient's Inf stays non-finite.
public enum Elementwise {
  // MARK: Activations

  /// z = output + bias; output = f(z).
  ///
  /// - Parameters:
  ///   - parameter: of `leakyRelu` and `elu`; else ignored.
  ///   - bias: [columns], added to each row.
  ///   - preactivation: [rows, columns], overwritten with z.
  ///   - output: [rows, columns], read and overwritten.
  public static func biasActivation(
    _ kernel: ActivationKernel, parameter: Float, bias: Vector?, preactivation: MutableMatrix?, output: MutableMatrix
  ) {
    if let bias { precondition(bias.count == output.columns, "a bias of \(bias.count) on \(output.columns) columns") }
    if let preactivation { requireSameShape(preactivation.readOnly, output.readOnly) }
    cairn_bias_activation(
      kernel.rawValue, parameter, output.rows, output.columns, bias?.base, preactivation?.packed, output.packed)
  }

  /// output = gelu(output + bias), and gelu' there, which costs little more while it is at hand.
  ///
  /// - Parameters:
  ///   - slope: [rows, columns], overwritten; the bits that `activationBackward` finds.
  ///   - output: [rows, columns], read and overwritten; the bits of `biasActivation`.
  public static func biasGelu(bias: Vector?, slope: MutableMatrix, output: MutableMatrix) {
    if let bias { precondition(bias.count == output.columns, "a bias of \(bias.count) on \(output.columns) columns") }
    requireSameShape(slope.readOnly, output.readOnly)
    cairn_bias_gelu(output.rows, output.columns, bias?.base, slope.packed, output.packed)
  }

  /// gradient = outputGradient * f'(z), overwritten; it may be the memory of `outputGradient`.
  ///
  /// f' at z = 0 is 0 for `relu`, the slope for `leakyRelu` and the scale for `selu`, as in TensorFlow.
  ///
  /// - Parameters:
  ///   - output: f(z).
  ///   - preactivation: z; read where `derivesFromPreactivation` only.
  /// - Precondition: one shape; z is given where `derivesFromPreactivation`.
  public static func activationBackward(
    _ kernel: ActivationKernel, parameter: Float, outputGradient: Matrix, output: Matrix, preactivation: Matrix?,
    into gradient: MutableMatrix
  ) {
    requireSameShape(outputGradient, gradient.readOnly)
    requireSameShape(output, gradient.readOnly)
    if let preactivation { requireSameShape(preactivation, gradient.readOnly) }
    precondition(preactivation != nil || !kernel.derivesFromPreactivation, "\(kernel) derives from the preactivation")
    cairn_activation_backward(
      kernel.rawValue, parameter, gradient.count, outputGradient.packed, output.packed, preactivation?.packed,
      gradient.packed)
  }

  /// y = softmax of each row of x, overwritten; y may be x's memory.
  public static func softmax(_ x: Matrix, into y: MutableMatrix) {
    requireSameShape(x, y.readOnly)
    cairn_softmax_rows(x.rows, x.columns, x.packed, y.packed)
  }

  /// gradient = output * (outputGradient - sum_j outputGradient_j output_j) of each row, overwritten; it may be
  /// `outputGradient`'s memory.
  public static func softmaxBackward(outputGradient: Matrix, output: Matrix, into gradient: MutableMatrix) {
    requireSameShape(outputGradient, gradient.readOnly)
    requireSameShape(output, gradient.readOnly)
    cairn_softmax_rows_backward(gradient.rows, gradient.columns, outputGradient.packed, output.packed, gradient.packed)
  }

  /// y = x - log sum exp(x) of each row, overwritten; y may be x's memory.
  public static func logSoftmax(_ x: Matrix, into y: MutableMatrix) {
    requireSameShape(x, y.readOnly)
    cairn_log_softmax_rows(x.rows, x.columns, x.packed, y.packed)
  }

  /// gradient = outputGradient - exp(output) sum_j outputGradient_j of each row, overwritten; it may be
  /// `outputGradient`'s memory.
  public static func logSoftmaxBackward(outputGradient: Matrix, output: Matrix, into gradient: MutableMatrix) {
    requireSameShape(outputGradient, gradient.readOnly)
    requireSameShape(output, gradient.readOnly)
    cairn_log_softmax_rows_backward(
      gradient.rows, gradient.columns, outputGradient.packed, output.packed, gradient.packed)
  }

  // MARK: Functions of vectors; y is overwritten, and may be x's memory

  /// y = exp(x)
  public static func exp(_ x: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    cairn_exp(x.base, y.base, y.count)
  }

  /// y = tanh(x)
  public static func tanh(_ x: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    cairn_tanh(x.base, y.base, y.count)
  }

  /// y = 1 / (1 + exp(-x))
  public static func sigmoid(_ x: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    cairn_sigmoid(x.base, y.base, y.count)
  }

  /// y = erf(x)
  public static func erf(_ x: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    cairn_erf(x.base, y.base, y.count)
  }

  /// y = log(1 + exp(x))
  public static func softplus(_ x: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    cairn_log1p_exp(x.base, y.base, y.count)
  }

  // MARK: Arithmetic

  /// y += x
  public static func add(_ x: Vector, to y: MutableVector) {
    requireSameCount(x, y)
    cairn_add(x.base, y.base, y.count)
  }

  /// y = s y. A factor of 0 keeps NaN.
  public static func scale(_ y: MutableVector, by s: Float) { cairn_scale(y.base, s, y.count) }

  /// y += s x
  public static func add(_ x: Vector, scaledBy s: Float, to y: MutableVector) {
    requireSameCount(x, y)
    cairn_add_scaled(x.base, s, y.base, y.count)
  }

  /// y = x m, element by element, overwritten; y may be the memory of either.
  public static func multiply(_ x: Vector, _ m: Vector, into y: MutableVector) {
    requireSameCount(x, y)
    requireSameCount(m, y)
    cairn_multiply(x.base, m.base, y.base, y.count)
  }

  /// sums[c] += sum over rows of x[r, c]. The bits depend on the number of rows.
  public static func addColumnSums(of x: Matrix, to sums: MutableVector) {
    precondition(sums.count == x.columns, "sums of \(x.columns) columns into \(sums.count)")
    cairn_add_column_sums(x.rows, x.columns, x.packed, sums.base)
  }

  // MARK: Dropout

  /// mask = 0 with probability `rate`, else 1 / (1 - rate); overwritten.
  ///
  /// Element (r, c) depends on (key, step, layer, firstRow + r, c) alone, not on how a batch is cut: word c mod 4 of
  /// `Philox.block(counter: (c / 4, firstRow + r, step, layer), key: halves of key, the lower first)` is compared with
  /// rate * 2^32.
  ///
  /// - Precondition: 0 <= rate < 1.
  public static func dropoutMask(
    key: UInt64, step: UInt32, layer: UInt32, firstRow: UInt32, rate: Float, into mask: MutableMatrix
  ) {
    precondition(rate >= 0 && rate < 1, "a dropout rate of \(rate)")
    cairn_dropout_mask(key, step, layer, firstRow, mask.rows, mask.columns, rate, mask.packed)
  }

  private static func requireSameShape(_ a: Matrix, _ b: Matrix) {
    precondition(
      a.rows == b.rows && a.columns == b.columns, "[\(a.rows), \(a.columns)] with [\(b.rows), \(b.columns)]")
  }

  private static func requireSameCount(_ x: Vector, _ y: MutableVector) {
    precondition(x.count == y.count, "\(x.count) floats with \(y.count)")
  }
}
