import CKernels

/// Scaled dot-product attention of several heads over samples of given extents.
///
/// q: `[queries, heads * key width]`, k: `[keys, heads * key width]`, v: `[keys, heads * value width]`, out: `[queries, heads *
/// value width]`, each of one sample, heads side by side; rows may stand apart:
///
///     out_i = sum over j of p[i, j] v_j,  p[i, :] = softmax of q_i . k_j / sqrt(key width) over the keys that count
///
/// No matrix of queries by keys is kept: backward weighs a strip of queries anew. What the functions write is overwritten.
///
/// Vaswani et al.: Attention is all you need, 2017; Dao et al.: FlashAttention, 2022.
public struct Attention: Sendable {
  public let heads: Int
  public let queries: Int
  public let keys: Int
  /// Of one head.
  public let keyWidth: Int
  public let valueWidth: Int
  /// Floats that `forward` leaves for `backward`, and that both clobber.
  public let keptCount: Int
  public let scratchCount: Int
  private let geometry: cairn_attention

  /// Which positions of a sample count, where not all do: where the float is not 0. No key counts for a query that does not.
  public struct Mask {
    public var queries: Vector?
    public var keys: Vector?

    public init(queries: Vector? = nil, keys: Vector? = nil) {
      self.queries = queries
      self.keys = keys
    }

    fileprivate var counts: cairn_attention_mask {
      cairn_attention_mask(query_counts: queries?.base, key_counts: keys?.base)
    }
  }

  /// Weights that are zeroed, each with probability `rate`, while the others grow by 1 / (1 - rate): a function of the other
  /// numbers and the weight's place in its sample alone.
  public struct Dropout: Sendable {
    public let rate: Float
    fileprivate let words: cairn_attention_dropout

    /// - Parameter row: number of the sample.
    public init(rate: Float, key: UInt64, step: UInt32, layer: UInt32, row: UInt32) {
      self.rate = rate
      words = cairn_attention_dropout(key: key, step: step, layer: layer, row: row, rate: rate)
    }

    public static let none = Dropout(rate: 0, key: 0, step: 0, layer: 0, row: 0)
  }

  /// - Parameters:
  ///   - causal: a query sees keys up to its own number.
  ///   - dropsLost: a query that no key counts for gives zeros; else the mean of all values.
  /// - Precondition: all extents are at least 1.
  public init(
    heads: Int, queries: Int, keys: Int, keyWidth: Int, valueWidth: Int, causal: Bool = false, dropsLost: Bool = false
  ) {
    precondition(min(heads, queries, keys, min(keyWidth, valueWidth)) > 0, "attention without extent")
    self.heads = heads
    self.queries = queries
    self.keys = keys
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
    var geometry = cairn_attention(
      heads: heads, queries: queries, keys: keys, key_dim: keyWidth, value_dim: valueWidth, query_step: 0, key_step: 0,
      value_step: 0, out_step: 0, scale: Float(1 / Double(keyWidth).squareRoot()), causal: causal ? 1 : 0,
      drops_lost: dropsLost ? 1 : 0)
    keptCount = cairn_attention_kept_count(&geometry)
    scratchCount = cairn_attention_scratch_count(&geometry)
    self.geometry = geometry
  }

  private func geometry(_ q: Matrix, _ k: Matrix, _ v: Matrix, _ out: Matrix) -> cairn_attention {
    precondition(q.rows == queries && k.rows == keys && v.rows == keys && out.rows == queries)
    precondition(q.columns == heads * keyWidth && k.columns == heads * keyWidth)
    precondition(v.columns == heads * valueWidth && out.columns == heads * valueWidth)
    var geometry = geometry
    geometry.query_step = q.stride
    geometry.key_step = k.stride
    geometry.value_step = v.stride
    geometry.out_step = out.stride
    return geometry
  }

  private func check(_ mask: Mask, kept: Int, scratch: Int) {
    precondition(mask.queries?.count ?? queries == queries && mask.keys?.count ?? keys == keys)
    precondition(kept >= keptCount && scratch >= scratchCount)
  }

  /// - Parameter figures: overwritten unless nil, `[2, heads]`: each head's largest score among queries and keys that count
  ///   (-Inf: there are none), and the mean entropy of its weights, in nats, over the queries that a key counts for.
  public func forward(
    _ q: Matrix, _ k: Matrix, _ v: Matrix, mask: Mask = Mask(), dropout: Dropout = .none, into out: MutableMatrix,
    kept: MutableVector, figures: MutableVector? = nil, scratch: MutableVector
  ) {
    var geometry = geometry(q, k, v, out.readOnly)
    check(mask, kept: kept.count, scratch: scratch.count)
    precondition(figures?.count ?? 2 * heads == 2 * heads)
    cairn_attend(
      &geometry, mask.counts, dropout.words, q.base, k.base, v.base, out.base, kept.base, figures?.base, scratch.base)
  }

  /// dL/dq, dL/dk, dL/dv from dL/dout; each with the stride of what it is the gradient of.
  ///
  /// - Parameters:
  ///   - out, kept: as `forward` has left them.
  public func backward(
    _ q: Matrix, _ k: Matrix, _ v: Matrix, mask: Mask = Mask(), dropout: Dropout = .none, out: Matrix, kept: Vector,
    outputGradient: Matrix, queryGradient: MutableMatrix, keyGradient: MutableMatrix, valueGradient: MutableMatrix,
    scratch: MutableVector
  ) {
    var geometry = geometry(q, k, v, out)
    check(mask, kept: kept.count, scratch: scratch.count)
    precondition(outputGradient.rows == queries && outputGradient.stride == out.stride)
    precondition(queryGradient.stride == q.stride && keyGradient.stride == k.stride)
    precondition(valueGradient.stride == v.stride && queryGradient.rows == queries)
    precondition(keyGradient.rows == keys && valueGradient.rows == keys)
    cairn_attend_back(
      &geometry, mask.counts, dropout.words, q.base, k.base, v.base, out.base, kept.base, outputGradient.base,
      queryGradient.base, keyGradient.base, valueGradient.base, scratch.base)
  }
}
