public import Kernels

/// How a weight starts, with Keras 3's definitions and defaults.
public enum Initializer: Sendable, Hashable {
  case zeros
  case ones
  case constant(Double)
  case randomUniform(minval: Double = -0.05, maxval: Double = 0.05)
  case randomNormal(mean: Double = 0, stddev: Double = 0.05)
  /// A normal distribution cut at two standard deviations.
  case truncatedNormal(mean: Double = 0, stddev: Double = 0.05)
  /// U(-a, a), a = sqrt(6 / (fanIn + fanOut)). Glorot, Bengio: Understanding the difficulty of training deep
  /// feedforward neural networks, 2010, equation 16.
  case glorotUniform
  case glorotNormal
  /// He et al.: Delving deep into rectifiers, 2015, equation 10.
  case heUniform
  case heNormal
  /// LeCun et al.: Efficient backprop, 1998.
  case lecunUniform
  case lecunNormal
  /// Saxe et al.: Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014.
  case orthogonal(gain: Double = 1)
  /// Of four equal parts, the gates i f g o of an LSTM's bias, the second is 1; the others start as said.
  indirect case forgetGateOnes(others: Initializer)

  /// Standard deviation of the standard normal distribution after cutting it at two standard deviations.
  private static let truncatedDeviation = 0.87962566103423978

  /// What a weight sums over, and what reads one of its inputs.
  public struct Fans: Sendable, Hashable {
    public let `in`: Int
    public let out: Int

    public init(in: Int, out: Int) {
      self.in = `in`
      self.out = out
    }
  }

  /// Of a weight of extents `shape`: Keras' `compute_fans`.
  ///
  /// `[in, out]`; `[extents of the kernel ..., in, out]`, each times the positions of the kernel; of a vector both are its
  /// length.
  static func fans(_ shape: [Int]) -> Fans {
    guard shape.count > 1 else { return Fans(in: shape.first ?? 1, out: shape.first ?? 1) }
    let positions = shape.dropLast(2).reduce(1, *)
    return Fans(in: positions * shape[shape.count - 2], out: positions * shape[shape.count - 1])
  }

  /// Overwrites `weight`, of extents `shape`, with draws of `random`.
  ///
  /// "Normal" variance scaling is a truncated normal whose deviation after the cut is the one wanted, as in Keras.
  ///
  /// - Parameter fans: nil: those of the shape.
  func fill(_ weight: MutableVector, shape: [Int], fans: Fans? = nil, random: inout RandomStream) {
    let fans = fans ?? Initializer.fans(shape)
    let (fanIn, fanOut) = (Double(fans.in), Double(fans.out))
    switch self {
    case .zeros: weight.fill(0)
    case .ones: weight.fill(1)
    case .constant(let value): weight.fill(Float(value))
    case .randomUniform(let minval, let maxval): uniform(weight, minval, maxval, &random)
    case .randomNormal(let mean, let stddev):
      for index in 0..<weight.count { weight[index] = Float(mean + stddev * random.normal()) }
    case .truncatedNormal(let mean, let stddev): truncated(weight, mean, stddev, &random)
    case .glorotUniform: scaledUniform(weight, 2 / (fanIn + fanOut), &random)
    case .glorotNormal: scaledNormal(weight, 2 / (fanIn + fanOut), &random)
    case .heUniform: scaledUniform(weight, 2 / fanIn, &random)
    case .heNormal: scaledNormal(weight, 2 / fanIn, &random)
    case .lecunUniform: scaledUniform(weight, 1 / fanIn, &random)
    case .lecunNormal: scaledNormal(weight, 1 / fanIn, &random)
    case .forgetGateOnes(let others):
      // As Keras calls the initializer: once for i, once for g and o together.
      let units = weight.count / 4
      others.fill(weight[0..<units], shape: [units], random: &random)
      weight[units..<2 * units].fill(1)
      others.fill(weight[2 * units..<4 * units], shape: [2 * units], random: &random)
    case .orthogonal(let gain):
      // All axes but the last as one, as in Keras.
      let columns = shape.last ?? 1
      orthogonal(weight, rows: weight.count / max(columns, 1), columns: columns, gain: gain, &random)
    }
  }

  /// The same, for weights that are drawn anew.
  public func draw(_ weight: MutableVector, shape: [Int], fans: Fans? = nil, random: inout RandomStream) {
    fill(weight, shape: shape, fans: fans, random: &random)
  }

  private func uniform(_ weight: MutableVector, _ low: Double, _ high: Double, _ random: inout RandomStream) {
    for index in 0..<weight.count { weight[index] = Float(low + (high - low) * random.uniform()) }
  }

  private func scaledUniform(_ weight: MutableVector, _ variance: Double, _ random: inout RandomStream) {
    let limit = (3 * variance).squareRoot()
    uniform(weight, -limit, limit, &random)
  }

  private func truncated(
    _ weight: MutableVector, _ mean: Double, _ stddev: Double, _ random: inout RandomStream
  ) {
    for index in 0..<weight.count {
      var draw = random.normal()
      while abs(draw) > 2 { draw = random.normal() }
      weight[index] = Float(mean + stddev * draw)
    }
  }

  private func scaledNormal(_ weight: MutableVector, _ variance: Double, _ random: inout RandomStream) {
    truncated(weight, 0, variance.squareRoot() / Initializer.truncatedDeviation, &random)
  }

  /// Gram-Schmidt over the longer axis' normal vectors: the shorter axis' vectors come out orthonormal.
  private func orthogonal(
    _ weight: MutableVector, rows: Int, columns: Int, gain: Double, _ random: inout RandomStream
  ) {
    let basis = GramSchmidt.basis(of: min(rows, columns), length: max(rows, columns)) { random.normal() }
    for row in 0..<rows {
      for column in 0..<columns {
        let value = rows >= columns ? basis[column][row] : basis[row][column]
        weight[row * columns + column] = Float(gain * value)
      }
    }
  }
}
