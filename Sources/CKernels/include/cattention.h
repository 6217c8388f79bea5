// Scaled dot-product attention of several heads. Same rules as ckernels.h.
#ifndef CAIRN_CATTENTION_H
#define CAIRN_CATTENTION_H

#include <stddef.h>
#include <stdint.h>

/// One sample's attention. Of head h: q [queries, key_dim], k [keys, key_dim], v [keys, value_dim], out [queries, value_dim]
/// begin at h times their width, and positions stand `..._step` floats apart:
///
///   p[i, j] = exp(scale q_i . k_j - largest of i) / sum of i     over the keys j that count for query i, else 0
///   out_i = sum over j of p[i, j] v_j
///
/// A key counts if `key_counts` says so and, where `causal`, if j <= i. No key counts for a query that does not count
/// itself. A query that no key counts for takes all alike, p = 1 / keys, or, where `drops_lost`, none, out = 0.
///
/// Vaswani et al.: Attention is all you need, 2017; computed strip by strip as in Dao et al.: FlashAttention, 2022.
typedef struct {
  size_t heads, queries, keys, key_dim, value_dim;
  size_t query_step, key_step, value_step, out_step;
  float scale;
  int32_t causal, drops_lost;
} cairn_attention;

/// Which positions of a sample count: where the float is not 0; NULL: all.
typedef struct {
  const float *query_counts, *key_counts;
} cairn_attention_mask;

/// Weights that are zeroed: p[i, j] of head h where the random word of (key, step, layer, row) and of the counter
/// (h queries + i) (keys, rounded up to CAIRN_PANEL) + j is below rate 2^32; the others grow by 1 / (1 - rate). rate 0: none.
typedef struct {
  uint64_t key;
  uint32_t step, layer, row;
  float rate;
} cairn_attention_dropout;

/// Floats that `cairn_attend` leaves for `cairn_attend_back`, and that both clobber.
size_t cairn_attention_kept_count(const cairn_attention *g);
size_t cairn_attention_scratch_count(const cairn_attention *g);

/// out; overwritten. kept: [heads][queries][2], largest score and 1 / sum (0: no key counts).
/// figures: [2][heads], overwritten unless NULL: the largest score among queries and keys that count (-Inf: there are none),
/// and the mean entropy of p, in nats, over the queries that a key counts for (0: there are none).
void cairn_attend(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout, const float *q,
                  const float *k, const float *v, float *out, float *kept, float *figures, float *scratch);

/// dq, dk, dv of the layouts of q, k, v; overwritten. `out` and `kept` as `cairn_attend` has left them.
void cairn_attend_back(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout,
                       const float *q, const float *k, const float *v, const float *out, const float *kept,
                       const float *dout, float *dq, float *dk, float *dv, float *scratch);

#endif
