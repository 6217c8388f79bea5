// What does not depend on the instruction set, or forwards to the one in use.
#include "include/cattention.h"

#include "table.h"

size_t cairn_attention_kept_count(const cairn_attention *g) { return g->heads * g->queries * 2; }

size_t cairn_attention_scratch_count(const cairn_attention *g) {
  return cairn_kernels_in_use()->attention_scratch_count(g);
}

void cairn_attend(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout, const float *q,
                  const float *k, const float *v, float *out, float *kept, float *figures, float *scratch) {
  cairn_kernels_in_use()->attend(g, mask, dropout, q, k, v, out, kept, figures, scratch);
}

void cairn_attend_back(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout,
                       const float *q, const float *k, const float *v, const float *out, const float *kept,
                       const float *dout, float *dq, float *dk, float *dv, float *scratch) {
  cairn_kernels_in_use()->attend_back(g, mask, dropout, q, k, v, out, kept, dout, dq, dk, dv, scratch);
}
