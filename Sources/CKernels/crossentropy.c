#include "ccrossentropy.h"

#include <math.h>

#include "ckernels.h"

#pragma clang fp contract(fast)

// log1p(exp(-|z|)) is added last: max(z, 0) - z t is exact for t of 0 and 1, so that small losses keep their digits.
double cairn_sigmoid_crossentropy(size_t count, const float *z, const float *t, float smoothing, float scale,
                                  float *gradient) {
  enum { block = 64 };
  const float kept = 1 - smoothing, spread = smoothing / 2;
  float rest[block];
  double sum = 0;
  for (size_t start = 0; start < count; start += block) {
    const size_t n = count - start < block ? count - start : block;
    for (size_t i = 0; i < n; i++) rest[i] = -fabsf(z[start + i]);
    cairn_log1p_exp(rest, rest, n);
    for (size_t i = 0; i < n; i++) {
      const float logit = z[start + i], positive = logit < 0 ? 0 : logit;
      sum += (double)(positive - logit * (kept * t[start + i] + spread)) + (double)rest[i];
    }
  }
  if (gradient) {
    cairn_sigmoid(z, gradient, count);
    for (size_t i = 0; i < count; i++) gradient[i] = scale * (gradient[i] - (kept * t[i] + spread));
  }
  return sum;
}

// log sum exp(z) of one row and, unless NULL, exp(z - largest) / sum in p.
static double log_sum_exp(size_t columns, const float *z, float *p) {
  enum { block = 256 };
  float scratch[block];
  float largest = z[0];
  for (size_t c = 1; c < columns; c++) largest = z[c] > largest || isnan(z[c]) ? z[c] : largest;
  if (!isfinite(largest)) {
    // All -Inf, or an Inf or NaN among them: no distribution. Say so in every element.
    for (size_t c = 0; p && c < columns; c++) p[c] = NAN;
    return NAN;
  }
  double sum = 0;
  for (size_t start = 0; start < columns; start += block) {
    const size_t n = columns - start < block ? columns - start : block;
    float *e = p ? p + start : scratch;
    for (size_t c = 0; c < n; c++) e[c] = z[start + c] - largest;
    cairn_exp(e, e, n);
    for (size_t c = 0; c < n; c++) sum += (double)e[c];
  }
  if (p) cairn_scale(p, (float)(1 / sum), columns);
  return (double)largest + log(sum);
}

double cairn_softmax_crossentropy(size_t rows, size_t columns, const float *z, const float *t, const float *classes,
                                  float smoothing, float *gradient) {
  const float kept = 1 - smoothing, spread = smoothing / (float)columns;
  double sum = 0;
  for (size_t r = 0; r < rows; r++) {
    const float *row = z + r * columns;
    float *p = gradient ? gradient + r * columns : NULL;
    const double lse = log_sum_exp(columns, row, p);
    if (classes) {
      const size_t k = (size_t)classes[r];
      sum += (double)kept * (lse - (double)row[k]);
      if (p) p[k] -= kept;
      if (smoothing == 0) continue;
      for (size_t c = 0; c < columns; c++) {
        sum += (double)spread * (lse - (double)row[c]);
        if (p) p[c] -= spread;
      }
      continue;
    }
    const float *target = t + r * columns;
    for (size_t c = 0; c < columns; c++) {
      const float share = kept * target[c] + spread;
      if (share != 0) sum += (double)share * (lse - (double)row[c]);
      if (p) p[c] -= share;
    }
  }
  return sum;
}
