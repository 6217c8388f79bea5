#include "cnormalization.h"

#include <math.h>
#include <stdint.h>

#include "clones.h"

#pragma clang fp contract(fast)

CAIRN_CLONES
void cairn_column_moments(size_t rows, size_t columns, const float *x, float *mean, float *variance) {
  const float inverse_rows = 1.0f / (float)rows;
  for (size_t c = 0; c < columns; c++) mean[c] = variance[c] = 0;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) mean[c] += x[r * columns + c];
  for (size_t c = 0; c < columns; c++) mean[c] *= inverse_rows;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      const float deviation = x[r * columns + c] - mean[c];
      variance[c] += deviation * deviation;
    }
  for (size_t c = 0; c < columns; c++) variance[c] *= inverse_rows;
}

CAIRN_CLONES
void cairn_inverse_deviation(const float *variance, float epsilon, float *inverse, size_t count) {
  for (size_t i = 0; i < count; i++) inverse[i] = 1.0f / sqrtf(variance[i] + epsilon);
}

CAIRN_CLONES
void cairn_normalize_columns(size_t rows, size_t columns, const float *x, const float *mean, const float *inverse,
                             const float *gamma, const float *beta, float *y) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++)
      y[r * columns + c] = gamma[c] * ((x[r * columns + c] - mean[c]) * inverse[c]) + beta[c];
}

CAIRN_CLONES
void cairn_normalize_columns_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *mean,
                                      const float *inverse, const float *gamma, float *dgamma, float *dbeta,
                                      float *dx) {
  const float inverse_rows = 1.0f / (float)rows;
  for (size_t c = 0; c < columns; c++) dgamma[c] = dbeta[c] = 0;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      const size_t i = r * columns + c;
      dgamma[c] += dy[i] * ((x[i] - mean[c]) * inverse[c]);
      dbeta[c] += dy[i];
    }
  if (!dx) return;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      const size_t i = r * columns + c;
      const float xhat = (x[i] - mean[c]) * inverse[c];
      dx[i] = gamma[c] * inverse[c] * (dy[i] - (dbeta[c] + xhat * dgamma[c]) * inverse_rows);
    }
}

CAIRN_CLONES
void cairn_normalize_rows(size_t rows, size_t columns, const float *x, float epsilon, const float *gamma,
                          const float *beta, float *mean, float *inverse, float *y) {
#pragma clang fp reassociate(on)
  const float inverse_columns = 1.0f / (float)columns;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    float sum = 0, squares = 0;
    for (size_t c = 0; c < columns; c++) sum += row[c];
    const float m = sum * inverse_columns;
    for (size_t c = 0; c < columns; c++) squares += (row[c] - m) * (row[c] - m);
    const float s = 1.0f / sqrtf(squares * inverse_columns + epsilon);
    for (size_t c = 0; c < columns; c++) y[r * columns + c] = gamma[c] * ((row[c] - m) * s) + beta[c];
    mean[r] = m;
    inverse[r] = s;
  }
}

CAIRN_CLONES
void cairn_normalize_rows_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *mean,
                                   const float *inverse, const float *gamma, float *dgamma, float *dbeta, float *dx) {
#pragma clang fp reassociate(on)
  const float inverse_columns = 1.0f / (float)columns;
  for (size_t c = 0; c < columns; c++) dgamma[c] = dbeta[c] = 0;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns, *d = dy + r * columns;
    const float m = mean[r], s = inverse[r];
    float sum = 0, product = 0;
    for (size_t c = 0; c < columns; c++) {
      const float xhat = (row[c] - m) * s, g = d[c] * gamma[c];
      dgamma[c] += d[c] * xhat;
      dbeta[c] += d[c];
      sum += g;
      product += g * xhat;
    }
    if (!dx) continue;
    for (size_t c = 0; c < columns; c++) {
      const float xhat = (row[c] - m) * s;
      dx[r * columns + c] = s * (d[c] * gamma[c] - (sum + xhat * product) * inverse_columns);
    }
  }
}

CAIRN_CLONES
size_t cairn_count_flat(const float *y, size_t count, float centre, float reach) {
  size_t total = 0;
  while (count > 0) {  // in parts, so that the lanes may count in 32 bits
    const size_t part = count < (1u << 30) ? count : (1u << 30);
    uint32_t flat = 0;
#pragma clang loop vectorize_width(16) interleave_count(2)
    for (size_t i = 0; i < part; i++) flat += !(fabsf(y[i] - centre) <= reach);
    total += flat;
    y += part;
    count -= part;
  }
  return total;
}

CAIRN_CLONES
void cairn_mark_alive(size_t rows, size_t columns, const float *y, float *alive) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) alive[c] = y[r * columns + c] <= 0 ? alive[c] : 1;
}
