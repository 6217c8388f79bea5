internal import Datasets

/// The batch of the step at hand, and what its random numbers come from.
struct StepBatch {
  /// Row numbers of the training data.
  var rows = UnsafeBufferPointer<Int32>(start: nil, count: 0)
  /// Key of the attempt's dropout masks.
  var key: UInt64 = 0
  /// Updates applied before this one.
  var iteration = 0
  /// Shards that hold rows: the first ones.
  var active = 0
  /// Whether activations are looked at, for the history.
  var isProbed = false
  /// Whether the shards tell the squares of their gradients, for the noise scale.
  var measuresNoise = false

  /// What the loss of a position that counts is multiplied by, where a mask leaves some out: rows by positions that count.
  var positionWeight: Double?

  /// What the sums of loss and gradient over the batch are divided by.
  var divisor = Divisor(0)
}
