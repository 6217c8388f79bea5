#include "cchannels.h"

#include <math.h>
#include <string.h>

#include "clones.h"

#pragma clang fp contract(fast)

#define VECTOR_TYPES(n)                                                                 \
  typedef float floats_##n __attribute__((ext_vector_type(n), aligned(sizeof(float)))); \
  typedef double doubles_##n __attribute__((ext_vector_type(n), aligned(sizeof(double))))
VECTOR_TYPES(1);
VECTOR_TYPES(4);
VECTOR_TYPES(8);
VECTOR_TYPES(16);

/// Runs BODY(n) for n channels from c on: as many at a time as there are, in registers.
#define BY_CHANNELS(channels, BODY)       \
  do {                                    \
    size_t c = 0;                         \
    for (; c + 16 <= (channels); c += 16) \
      BODY(16);                           \
    for (; c + 8 <= (channels); c += 8)   \
      BODY(8);                            \
    for (; c + 4 <= (channels); c += 4)   \
      BODY(4);                            \
    for (; c < (channels); c++)           \
      BODY(1);                            \
  } while (0)

#define AT(pointer, row, n) (*(const floats_##n *)((pointer) + (row) * channels + c))

/// Rows of a block that is summed: some KB, and never few rows, since the doubles that each block ends with cost as much
/// as some rows do.
static inline __attribute__((always_inline)) size_t rows_of_sum(size_t channels) {
  return channels < 64 ? 2048 / channels : 32;
}

/// Rows of a block that is gone through once: so few that three operands' lines do not push each other out.
static inline __attribute__((always_inline)) size_t rows_of_pass(size_t channels) {
  return channels < 128 ? 1024 / channels : 8;
}

CAIRN_CLONES
void cairn_channel_moments(size_t rows, size_t channels, const float *x, float *mean, float *variance, double *sums) {
  double *const means = sums, *const squares = sums + channels;
  memset(sums, 0, 2 * channels * sizeof *sums);
  const size_t block = rows_of_sum(channels);
  for (size_t start = 0; start < rows; start += block) {
    const size_t count = rows - start < block ? rows - start : block;
    const float *const part = x + start * channels;
    const double before = (double)start, total = (double)(start + count);
    const double share = (double)count / total, between = before * (double)count / total;
// Four rows at a time: a sum does not wait for the one before, and is of fewer terms.
#define MOMENTS(n)                                                                     \
  {                                                                                    \
    typedef floats_##n floats;                                                         \
    typedef doubles_##n doubles;                                                       \
    floats s0 = 0, s1 = 0, s2 = 0, s3 = 0;                                             \
    size_t r = 0;                                                                      \
    for (; r + 4 <= count; r += 4) {                                                   \
      s0 += AT(part, r, n);                                                            \
      s1 += AT(part, r + 1, n);                                                        \
      s2 += AT(part, r + 2, n);                                                        \
      s3 += AT(part, r + 3, n);                                                        \
    }                                                                                  \
    for (; r < count; r++) s0 += AT(part, r, n);                                       \
    const floats centre = ((s0 + s1) + (s2 + s3)) / (float)count;                      \
    floats q0 = 0, q1 = 0, q2 = 0, q3 = 0;                                             \
    for (r = 0; r + 4 <= count; r += 4) {                                              \
      const floats d0 = AT(part, r, n) - centre, d1 = AT(part, r + 1, n) - centre;     \
      const floats d2 = AT(part, r + 2, n) - centre, d3 = AT(part, r + 3, n) - centre; \
      q0 += d0 * d0;                                                                   \
      q1 += d1 * d1;                                                                   \
      q2 += d2 * d2;                                                                   \
      q3 += d3 * d3;                                                                   \
    }                                                                                  \
    for (; r < count; r++) {                                                           \
      const floats d = AT(part, r, n) - centre;                                        \
      q0 += d * d;                                                                     \
    }                                                                                  \
    const floats spread = (q0 + q1) + (q2 + q3);                                       \
    doubles *const m = (doubles *)(means + c), *const q = (doubles *)(squares + c);    \
    const doubles apart = __builtin_convertvector(centre, doubles) - *m;               \
    *m += apart * share;                                                               \
    *q += __builtin_convertvector(spread, doubles) + apart * apart * between;          \
  }

    BY_CHANNELS(channels, MOMENTS);
  }
  for (size_t c = 0; c < channels; c++) {
    mean[c] = (float)means[c];
    variance[c] = (float)(squares[c] / (double)rows);
  }
}

CAIRN_CLONES
void cairn_normalize_channels(size_t rows, size_t channels, const float *x, const float *mean, const float *inverse,
                              const float *gamma, const float *beta, float *y) {
  const size_t block = rows_of_pass(channels);
  for (size_t start = 0; start < rows; start += block) {
    const size_t count = rows - start < block ? rows - start : block;
    const float *const in = x + start * channels;
    float *const out = y + start * channels;
#define NORMALIZE(n)                                                              \
  {                                                                               \
    typedef floats_##n floats;                                                    \
    const floats m = AT(mean, 0, n), slope = AT(gamma, 0, n) * AT(inverse, 0, n); \
    const floats shift = AT(beta, 0, n);                                          \
    for (size_t r = 0; r < count; r++)                                            \
      *(floats *)(out + r * channels + c) = (AT(in, r, n) - m) * slope + shift;   \
  }
    BY_CHANNELS(channels, NORMALIZE);
  }
}

CAIRN_CLONES
void cairn_normalize_channels_backward(size_t rows, size_t channels, const float *x, const float *dy, const float *mean,
                                       const float *inverse, const float *gamma, float *dgamma, float *dbeta, float *dx,
                                       double *sums) {
  double *const shifts = sums, *const slopes = sums + channels;
  memset(sums, 0, 2 * channels * sizeof *sums);
  const size_t block = rows_of_sum(channels);
  for (size_t start = 0; start < rows; start += block) {
    const size_t count = rows - start < block ? rows - start : block;
    const float *const in = x + start * channels, *const back = dy + start * channels;
#define SUMS(n)                                                            \
  {                                                                        \
    typedef floats_##n floats;                                             \
    typedef doubles_##n doubles;                                           \
    const floats m = AT(mean, 0, n);                                       \
    floats b0 = 0, b1 = 0, g0 = 0, g1 = 0;                                 \
    size_t r = 0;                                                          \
    for (; r + 2 <= count; r += 2) {                                       \
      const floats d0 = AT(back, r, n), d1 = AT(back, r + 1, n);           \
      b0 += d0;                                                            \
      b1 += d1;                                                            \
      g0 += d0 * (AT(in, r, n) - m);                                       \
      g1 += d1 * (AT(in, r + 1, n) - m);                                   \
    }                                                                      \
    for (; r < count; r++) {                                               \
      const floats d = AT(back, r, n);                                     \
      b0 += d;                                                             \
      g0 += d * (AT(in, r, n) - m);                                        \
    }                                                                      \
    *(doubles *)(shifts + c) += __builtin_convertvector(b0 + b1, doubles); \
    *(doubles *)(slopes + c) += __builtin_convertvector(g0 + g1, doubles); \
  }
    BY_CHANNELS(channels, SUMS);
  }
  for (size_t c = 0; c < channels; c++) {
    dbeta[c] = (float)shifts[c];
    dgamma[c] = (float)(slopes[c] * (double)inverse[c]);
  }
  if (!dx) return;
  const float inverse_rows = 1.0f / (float)rows;
  const size_t few = rows_of_pass(channels);
  for (size_t start = 0; start < rows; start += few) {
    const size_t count = rows - start < few ? rows - start : few;
    const float *const in = x + start * channels, *const back = dy + start * channels;
    float *const out = dx + start * channels;
#define GRADIENT(n)                                                                                         \
  {                                                                                                         \
    typedef floats_##n floats;                                                                              \
    const floats m = AT(mean, 0, n), s = AT(inverse, 0, n), slope = AT(gamma, 0, n) * s;                    \
    const floats shift = AT(dbeta, 0, n) * inverse_rows, rise = AT(dgamma, 0, n) * s * inverse_rows;        \
    for (size_t r = 0; r < count; r++)                                                                      \
      *(floats *)(out + r * channels + c) = slope * ((AT(back, r, n) - shift) - (AT(in, r, n) - m) * rise); \
  }
    BY_CHANNELS(channels, GRADIENT);
  }
}

/// sums[c] = sum over the positions of VALUE, in partial sums of 64 positions.
#define SUM_OVER_POSITIONS(sums, VALUE)                                           \
  do {                                                                            \
    enum { block = 64 };                                                          \
    memset(sums, 0, channels * sizeof *sums);                                     \
    for (size_t start = 0; start < positions; start += block) {                   \
      const size_t count = positions - start < block ? positions - start : block; \
      BY_CHANNELS(channels, VALUE);                                               \
    }                                                                             \
  } while (0)

CAIRN_CLONES
void cairn_normalize_groups(size_t positions, size_t channels, size_t groups, const float *x, float epsilon,
                            const float *gamma, const float *beta, float *mean, float *inverse, float *y,
                            float *scratch) {
  const size_t width = channels / groups;
  const float inverse_count = 1.0f / ((float)width * (float)positions);
  float *const sums = scratch, *const means = scratch + channels;
#define VALUES(n)                                                  \
  {                                                                \
    typedef floats_##n floats;                                     \
    floats sum = 0;                                                \
    for (size_t r = 0; r < count; r++) sum += AT(x, start + r, n); \
    *(floats *)(sums + c) += sum;                                  \
  }
  SUM_OVER_POSITIONS(sums, VALUES);
  for (size_t g = 0; g < groups; g++) {
    double total = 0;
    for (size_t k = 0; k < width; k++) total += (double)sums[g * width + k];
    mean[g] = (float)total * inverse_count;
    for (size_t k = 0; k < width; k++) means[g * width + k] = mean[g];
  }
#define DEVIATIONS(n)                           \
  {                                             \
    typedef floats_##n floats;                  \
    const floats m = AT(means, 0, n);           \
    floats sum = 0;                             \
    for (size_t r = 0; r < count; r++) {        \
      const floats d = AT(x, start + r, n) - m; \
      sum += d * d;                             \
    }                                           \
    *(floats *)(sums + c) += sum;               \
  }
  SUM_OVER_POSITIONS(sums, DEVIATIONS);
  for (size_t g = 0; g < groups; g++) {
    double total = 0;
    for (size_t k = 0; k < width; k++) total += (double)sums[g * width + k];
    inverse[g] = 1.0f / sqrtf((float)total * inverse_count + epsilon);
    for (size_t k = 0; k < width; k++) sums[g * width + k] = inverse[g];
  }
  for (size_t p = 0; p < positions; p++)
    for (size_t c = 0; c < channels; c++) {
      const size_t i = p * channels + c;
      y[i] = gamma[c] * ((x[i] - means[c]) * sums[c]) + beta[c];
    }
}

CAIRN_CLONES
void cairn_normalize_groups_backward(size_t positions, size_t channels, size_t groups, const float *x, const float *dy,
                                     const float *mean, const float *inverse, const float *gamma, float *dgamma,
                                     float *dbeta, float *dx, float *scratch) {
  const size_t width = channels / groups;
  const float inverse_count = 1.0f / ((float)width * (float)positions);
  float *const shifts = scratch, *const slopes = scratch + channels;
  float *const means = scratch + 2 * channels, *const inverses = scratch + 3 * channels;
  for (size_t c = 0; c < channels; c++) {
    means[c] = mean[c / width];
    inverses[c] = inverse[c / width];
  }
#define GRADIENTS(n)                                                \
  {                                                                 \
    typedef floats_##n floats;                                      \
    floats sum = 0;                                                 \
    for (size_t r = 0; r < count; r++) sum += AT(dy, start + r, n); \
    *(floats *)(shifts + c) += sum;                                 \
  }
  SUM_OVER_POSITIONS(shifts, GRADIENTS);
#define PRODUCTS(n)                                                  \
  {                                                                  \
    typedef floats_##n floats;                                       \
    const floats m = AT(means, 0, n), s = AT(inverses, 0, n);        \
    floats sum = 0;                                                  \
    for (size_t r = 0; r < count; r++)                               \
      sum += AT(dy, start + r, n) * ((AT(x, start + r, n) - m) * s); \
    *(floats *)(slopes + c) += sum;                                  \
  }
  SUM_OVER_POSITIONS(slopes, PRODUCTS);
  for (size_t c = 0; c < channels; c++) {
    dgamma[c] += slopes[c];
    dbeta[c] += shifts[c];
  }
  if (!dx) return;
  for (size_t g = 0; g < groups; g++) {
    double shift = 0, slope = 0;
    for (size_t c = g * width; c < (g + 1) * width; c++) {
      shift += (double)gamma[c] * (double)shifts[c];
      slope += (double)gamma[c] * (double)slopes[c];
    }
    for (size_t c = g * width; c < (g + 1) * width; c++) {
      shifts[c] = (float)shift * inverse_count;
      slopes[c] = (float)slope * inverse_count;
    }
  }
  for (size_t p = 0; p < positions; p++)
    for (size_t c = 0; c < channels; c++) {
      const size_t i = p * channels + c;
      const float xhat = (x[i] - means[c]) * inverses[c];
      dx[i] = inverses[c] * (gamma[c] * dy[i] - (shifts[c] + xhat * slopes[c]));
    }
}

CAIRN_CLONES
void cairn_normalize_rms(size_t rows, size_t columns, const float *x, float epsilon, const float *scale, float *inverse,
                         float *y) {
#pragma clang fp reassociate(on)
  const float inverse_columns = 1.0f / (float)columns;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    float squares = 0;
    for (size_t c = 0; c < columns; c++) squares += row[c] * row[c];
    const float s = 1.0f / sqrtf(squares * inverse_columns + epsilon);
    for (size_t c = 0; c < columns; c++) y[r * columns + c] = scale[c] * (row[c] * s);
    inverse[r] = s;
  }
}

CAIRN_CLONES
void cairn_normalize_rms_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *inverse,
                                  const float *scale, float *dscale, float *dx) {
#pragma clang fp reassociate(on)
  const float inverse_columns = 1.0f / (float)columns;
  for (size_t c = 0; c < columns; c++) dscale[c] = 0;
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * columns, *d = dy + r * columns;
    const float s = inverse[r];
    float product = 0;
    for (size_t c = 0; c < columns; c++) {
      const float xhat = row[c] * s;
      dscale[c] += d[c] * xhat;
      product += d[c] * scale[c] * xhat;
    }
    if (!dx) continue;
    for (size_t c = 0; c < columns; c++)
      dx[r * columns + c] = s * (d[c] * scale[c] - row[c] * s * (product * inverse_columns));
  }
}
