#include "cimages.h"
#include "clones.h"

#pragma clang fp contract(fast)

#define INLINE static inline __attribute__((always_inline))

/// log(u) for 2^-24 <= u <= 1: S. Moshier, Cephes, logf.
INLINE float log_of_share(float u) {
  union {
    float value;
    int32_t bits;
  } parts = {u};
  // u = 2^power m, sqrt(1/2) <= m < sqrt(2).
  const int32_t power = (parts.bits - 0x3f3504f3) >> 23;
  parts.bits -= power << 23;
  const float x = parts.value - 1.0f, z = x * x;
  float p = 7.0376836292e-2f;
  p = p * x - 1.1514610310e-1f;
  p = p * x + 1.1676998740e-1f;
  p = p * x - 1.2420140846e-1f;
  p = p * x + 1.4249322787e-1f;
  p = p * x - 1.6668057665e-1f;
  p = p * x + 2.0000714765e-1f;
  p = p * x - 2.4999993993e-1f;
  p = p * x + 3.3333331174e-1f;
  return (p * z * x - 0.5f * z) + x + (float)power * 0.693147181f;
}

/// cos and sin of 2 pi t, 0 <= t < 1: Cephes' polynomials on the eighth around the nearest quarter.
INLINE void turn(float t, float *cosine, float *sine) {
  const float quarter = __builtin_elementwise_floor(t * 4 + 0.5f), a = (t - quarter * 0.25f) * 6.28318531f, z = a * a;
  const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * a + a;
  const float c = ((2.4433157e-5f * z - 1.3887316e-3f) * z + 4.1666646e-2f) * z * z - 0.5f * z + 1.0f;
  const int32_t number = (int32_t)quarter & 3;
  const float first = number & 1 ? s : c, second = number & 1 ? c : s;
  *cosine = number == 1 || number == 2 ? -first : first;
  *sine = number >= 2 ? -second : second;
}

// Blocks at a time. The rounds of all of them are done together, which is what vector units are for.
enum { together = 64 };

CAIRN_CLONES
void cairn_add_noise(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                     float deviation, const float *x, float *y) {
  const float unit = 5.9604645e-8f;  // 2^-24
  for (size_t row = 0; row < rows; row++, x += columns, y += columns)
    for (size_t start = 0; start < columns; start += 4 * together) {
      uint32_t a[together], b[together], c[together], d[together];
      for (uint32_t i = 0; i < together; i++) {
        a[i] = (uint32_t)(start / 4) + i;
        b[i] = first_row + (uint32_t)row;
        c[i] = step;
        d[i] = layer;
      }
      uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
      for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u)
        for (uint32_t i = 0; i < together; i++) {
          const uint64_t p = (uint64_t)a[i] * 0xd2511f53u, q = (uint64_t)c[i] * 0xcd9e8d57u;
          a[i] = (uint32_t)(q >> 32) ^ b[i] ^ key0;
          b[i] = (uint32_t)q;
          c[i] = (uint32_t)(p >> 32) ^ d[i] ^ key1;
          d[i] = (uint32_t)p;
        }
      float noise[4 * together];
      for (uint32_t i = 0; i < together; i++) {
        const float r0 = __builtin_elementwise_sqrt(-2 * log_of_share((float)((a[i] >> 8) + 1) * unit));
        const float r1 = __builtin_elementwise_sqrt(-2 * log_of_share((float)((c[i] >> 8) + 1) * unit));
        float cos0, sin0, cos1, sin1;
        turn((float)(b[i] >> 8) * unit, &cos0, &sin0);
        turn((float)(d[i] >> 8) * unit, &cos1, &sin1);
        noise[4 * i] = r0 * cos0;
        noise[4 * i + 1] = r0 * sin0;
        noise[4 * i + 2] = r1 * cos1;
        noise[4 * i + 3] = r1 * sin1;
      }
      const size_t n = columns - start < 4 * together ? columns - start : 4 * together;
      for (size_t i = 0; i < n; i++) y[start + i] = x[start + i] + deviation * noise[i];
    }
}
