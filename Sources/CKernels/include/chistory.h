#ifndef CAIRN_CHISTORY_H
#define CAIRN_CHISTORY_H

#include <stddef.h>
#include <stdint.h>

/// How two values that stand for equally many steps become one.
enum {
  CAIRN_MERGE_MEAN,
  CAIRN_MERGE_ROOT_MEAN_SQUARE,
  CAIRN_MERGE_MINIMUM,
  CAIRN_MERGE_MAXIMUM,
  CAIRN_MERGE_SUM,
  CAIRN_MERGE_LAST,
};

/// Neighbouring values with one rule.
typedef struct {
  int32_t rule;
  int32_t count;
} cairn_merge_run;

/// merged[i] = first[i] and second[i] by their rule, computed in double; NaN stays NaN. The runs cover the row in order.
void cairn_merge_rows(const float *first, const float *second, const cairn_merge_run *runs, size_t run_count,
                      float *merged);

/// The square roots of both, at once and without a branch for negative numbers: NaN.
static inline void cairn_square_roots(double *x, double *y) {
  typedef double pair __attribute__((ext_vector_type(2)));
  const pair roots = __builtin_elementwise_sqrt((pair){*x, *y});
  *x = roots.x;
  *y = roots.y;
}

#endif
