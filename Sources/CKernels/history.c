#include "chistory.h"

#include <math.h>

#include "clones.h"

#pragma STDC FP_CONTRACT OFF

// Runs are short: one vector at a time, so that a handful of layers fills it.
#define EACH(VALUE)                                                                  \
  _Pragma("clang loop vectorize_width(4) interleave_count(1)") for (size_t i = 0; i < count; i++) { \
    const double a = first[i], b = second[i];                                        \
    merged[i] = (float)(VALUE);                                                      \
  }                                                                                  \
  break

CAIRN_CLONES
void cairn_merge_rows(const float *restrict first, const float *restrict second, const cairn_merge_run *runs,
                      size_t run_count, float *restrict merged) {
  for (size_t run = 0; run < run_count; run++) {
    const size_t count = (size_t)runs[run].count;
    switch (runs[run].rule) {
      case CAIRN_MERGE_MEAN: EACH((a + b) / 2);
      case CAIRN_MERGE_ROOT_MEAN_SQUARE: EACH(__builtin_elementwise_sqrt((a * a + b * b) / 2));
      case CAIRN_MERGE_MINIMUM: EACH(a != a || b != b ? NAN : (b < a ? b : a));
      case CAIRN_MERGE_MAXIMUM: EACH(a != a || b != b ? NAN : (b >= a ? b : a));
      case CAIRN_MERGE_SUM: EACH(a + b);
      case CAIRN_MERGE_LAST: EACH(((void)a, b));
    }
    first += count;
    second += count;
    merged += count;
  }
}
