internal import CKernels

/// Loops of normalizations over many rows of few channels: x, dy, dx, y: `[rows, channels]`, or
/// `[rows * positions, channels]`.
public enum ChannelNormalization {
  /// Floats of scratch that the batch's loops want.
  public static func scratchCount(channels: Int) -> Int { 4 * channels }

  /// Mean and biased variance of each channel; overwritten, `[channels]`. Sums are of blocks, each about its own mean, so
  /// that a hundred thousand rows cost no digits.
  ///
  /// - Parameter scratch: clobbered, `scratchCount` floats, 8-byte aligned.
  public static func moments(of x: Matrix, mean: MutableVector, variance: MutableVector, scratch: MutableVector) {
    precondition(mean.count == x.columns && variance.count == x.columns)
    cairn_channel_moments(x.rows, x.columns, x.packed, mean.base, variance.base, sums(scratch, x.columns))
  }

  /// y = gamma (x - mean) inverse + beta with one mean, inverse, gamma, beta a channel.
  public static func normalize(
    _ x: Matrix, mean: Vector, inverse: Vector, gamma: Vector, beta: Vector, into y: MutableMatrix
  ) {
    precondition(y.rows == x.rows && y.columns == x.columns && gamma.count == x.columns && beta.count == x.columns)
    cairn_normalize_channels(x.rows, x.columns, x.packed, mean.base, inverse.base, gamma.base, beta.base, y.packed)
  }

  /// Overwrites the gradients of gamma, beta (`[channels]`) and, unless nil, of x.
  ///
  /// - Parameter scratch: clobbered, `scratchCount` floats, 8-byte aligned.
  public static func normalizeBackward(
    _ x: Matrix, outputGradient dy: Matrix, mean: Vector, inverse: Vector, gamma: Vector,
    gammaGradient: MutableVector, betaGradient: MutableVector, inputGradient: MutableMatrix?, scratch: MutableVector
  ) {
    precondition(dy.rows == x.rows && dy.columns == x.columns && gamma.count == x.columns)
    cairn_normalize_channels_backward(
      x.rows, x.columns, x.packed, dy.packed, mean.base, inverse.base, gamma.base, gammaGradient.base,
      betaGradient.base, inputGradient?.packed, sums(scratch, x.columns))
  }

  private static func sums(_ scratch: MutableVector, _ channels: Int) -> UnsafeMutablePointer<Double> {
    precondition(scratch.count >= scratchCount(channels: channels))
    return UnsafeMutableRawPointer(scratch.base).assumingMemoryBound(to: Double.self)
  }

  // MARK: Groups of channels over all positions of a sample. x: [samples, positions channels]

  /// y = gamma (x - mean) inverse + beta, where each sample's group has its own mean and inverse deviation.
  ///
  /// - Parameters:
  ///   - mean, inverse: overwritten, `[samples, groups]`.
  ///   - scratch: clobbered, `scratchCount` floats.
  public static func normalizeGroups(
    _ x: Matrix, groups: Int, epsilon: Float, gamma: Vector, beta: Vector, mean: MutableVector,
    inverse: MutableVector, into y: MutableMatrix, scratch: MutableVector
  ) {
    let channels = gamma.count
    precondition(x.columns % channels == 0 && channels % groups == 0 && y.count == x.count)
    precondition(mean.count >= x.rows * groups && inverse.count >= x.rows * groups)
    for sample in 0..<x.rows {
      cairn_normalize_groups(
        x.columns / channels, channels, groups, x.row(sample).base, epsilon, gamma.base, beta.base,
        mean.base + sample * groups, inverse.base + sample * groups, y.row(sample).base, scratch.base)
    }
  }

  /// Overwrites the gradients of gamma, beta (`[channels]`) and, unless nil, of x.
  ///
  /// - Parameter scratch: clobbered, `scratchCount` floats.
  public static func normalizeGroupsBackward(
    _ x: Matrix, outputGradient dy: Matrix, groups: Int, mean: Vector, inverse: Vector, gamma: Vector,
    gammaGradient: MutableVector, betaGradient: MutableVector, inputGradient: MutableMatrix?, scratch: MutableVector
  ) {
    let channels = gamma.count
    precondition(dy.count == x.count && x.columns % channels == 0 && channels % groups == 0)
    precondition(scratch.count >= scratchCount(channels: channels))
    gammaGradient.fill(0)
    betaGradient.fill(0)
    for sample in 0..<x.rows {
      cairn_normalize_groups_backward(
        x.columns / channels, channels, groups, x.row(sample).base, dy.row(sample).base, mean.base + sample * groups,
        inverse.base + sample * groups, gamma.base, gammaGradient.base, betaGradient.base,
        inputGradient?.row(sample).base, scratch.base)
    }
  }

  // MARK: Root mean squares of rows

  /// y = scale x inverse, inverse = 1 / sqrt(mean of the row's squares + epsilon) (overwritten, `[rows]`).
  public static func normalizeRMS(
    _ x: Matrix, epsilon: Float, scale: Vector, inverse: MutableVector, into y: MutableMatrix
  ) {
    precondition(y.rows == x.rows && y.columns == x.columns && scale.count == x.columns && inverse.count >= x.rows)
    cairn_normalize_rms(x.rows, x.columns, x.packed, epsilon, scale.base, inverse.base, y.packed)
  }

  /// Overwrites the gradients of scale (`[columns]`) and, unless nil, of x.
  public static func normalizeRMSBackward(
    _ x: Matrix, outputGradient dy: Matrix, inverse: Vector, scale: Vector, scaleGradient: MutableVector,
    inputGradient: MutableMatrix?
  ) {
    precondition(dy.rows == x.rows && dy.columns == x.columns && scale.count == x.columns)
    cairn_normalize_rms_backward(
      x.rows, x.columns, x.packed, dy.packed, inverse.base, scale.base, scaleGradient.base, inputGradient?.packed)
  }
}
