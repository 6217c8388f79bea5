#include "cpooling.h"

#include <string.h>

#include "clones.h"

#pragma clang fp contract(fast)

#define INLINE static inline __attribute__((always_inline))

/// The part of a window that lies within the image, and what stands where in it.
typedef struct {
  size_t first_row, end_row, first_column, end_column;
  size_t skipped_rows, skipped_columns;  // of the window, before the image
} part;

INLINE void clip(size_t number, size_t stride, size_t before, size_t pool, size_t extent, size_t *first, size_t *end,
                 size_t *skipped) {
  const size_t start = number * stride;  // counted from the first element of padding
  *first = start > before ? start - before : 0;
  *skipped = start > before ? 0 : before - start;
  *end = start + pool - before < extent ? start + pool - before : extent;
}

INLINE void locate(const cairn_windows *w, size_t i, size_t j, part *p) {
  clip(i, w->stride_height, w->top, w->pool_height, w->height, &p->first_row, &p->end_row, &p->skipped_rows);
  clip(j, w->stride_width, w->left, w->pool_width, w->width, &p->first_column, &p->end_column, &p->skipped_columns);
}

/// Whether each element of the image is in exactly one window: then gradients are written, not added.
INLINE int tile_exactly(const cairn_windows *w) {
  return w->top == 0 && w->left == 0 && w->pool_height == w->stride_height && w->pool_width == w->stride_width &&
         w->out_height * w->stride_height == w->height && w->out_width * w->stride_width == w->width;
}

/// Runs BODY(16), BODY(4) or BODY(1) for the channels from c on, as many at a time as there are.
#define BY_CHANNELS(channels, BODY)       \
  do {                                    \
    size_t c = 0;                         \
    for (; c + 16 <= (channels); c += 16) \
      BODY(16);                           \
    for (; c + 4 <= (channels); c += 4)   \
      BODY(4);                            \
    for (; c < (channels); c++)           \
      BODY(1);                            \
  } while (0)

#define LANES(type, n) type __attribute__((ext_vector_type(n), aligned(sizeof(type))))

/// The elements of a window, row by row: `tap` is an element's number, `place` where its channels start in the image.
#define EACH_TAP(...)                                                                               \
  for (size_t h = p.first_row; h < p.end_row; h++) {                                                \
    const size_t line = (p.skipped_rows + h - p.first_row) * w->pool_width + p.skipped_columns;     \
    for (size_t v = p.first_column; v < p.end_column; v++) {                                        \
      const size_t tap = line + v - p.first_column, place = (h * w->width + v) * w->channels;       \
      (void)tap;                                                                                    \
      __VA_ARGS__;                                                                                  \
    }                                                                                               \
  }

CAIRN_CLONES
void cairn_max_pool(const cairn_windows *w, size_t samples, const float *x, float *y, uint16_t *at) {
  for (size_t s = 0; s < samples; s++, x += w->height * w->width * w->channels)
    for (size_t i = 0; i < w->out_height; i++)
      for (size_t j = 0; j < w->out_width; j++, y += w->channels) {
        part p;
        locate(w, i, j, &p);
        const size_t first = p.skipped_rows * w->pool_width + p.skipped_columns;
        const float *const start = x + (p.first_row * w->width + p.first_column) * w->channels;
// A NaN is taken, and stays: no comparison with it is true.
#define LARGEST(n)                                                        \
  {                                                                       \
    typedef LANES(float, n) floats;                                       \
    typedef LANES(int32_t, n) integers;                                   \
    floats best = *(const floats *)(start + c);                           \
    integers number = (integers)(int32_t)first;                           \
    EACH_TAP(const floats next = *(const floats *)(x + place + c);        \
             const integers taken = (next > best) | ((next != next) & (best == best)); \
             best = taken ? next : best; number = taken ? (integers)(int32_t)tap : number)       \
    *(floats *)(y + c) = best;                                            \
    typedef LANES(uint16_t, n) shorts;                                    \
    if (at) *(shorts *)(at + c) = __builtin_convertvector(number, shorts); \
  }
        BY_CHANNELS(w->channels, LARGEST);
        if (at) at += w->channels;
      }
}

INLINE void max_pool_backward(const cairn_windows *w, const float *dy, const uint16_t *at, float *dx, int adds) {
  for (size_t i = 0; i < w->out_height; i++)
    for (size_t j = 0; j < w->out_width; j++, dy += w->channels, at += w->channels) {
      part p;
      locate(w, i, j, &p);
#define GIVE_BACK(n)                                                                                      \
  {                                                                                                       \
    typedef LANES(float, n) floats;                                                                       \
    typedef LANES(int32_t, n) integers;                                                                   \
    typedef LANES(uint16_t, n) shorts;                                                                    \
    const floats gradient = *(const floats *)(dy + c);                                                    \
    const integers number = __builtin_convertvector(*(const shorts *)(at + c), integers);                 \
    EACH_TAP(floats *const to = (floats *)(dx + place + c);                                               \
             const floats given = number == (integers)(int32_t)tap ? gradient : (floats)(0.0f);           \
             *to = adds ? *to + given : given)                                                            \
  }
      BY_CHANNELS(w->channels, GIVE_BACK);
    }
}

CAIRN_CLONES
void cairn_max_pool_backward(const cairn_windows *w, size_t samples, const float *dy, const uint16_t *at, float *dx) {
  const size_t in = w->height * w->width * w->channels, out = w->out_height * w->out_width * w->channels;
  const int exactly = tile_exactly(w);
  for (size_t s = 0; s < samples; s++, dx += in, dy += out, at += out) {
    if (exactly) {
      max_pool_backward(w, dy, at, dx, 0);
    } else {
      memset(dx, 0, in * sizeof *dx);
      max_pool_backward(w, dy, at, dx, 1);
    }
  }
}

CAIRN_CLONES
void cairn_average_pool(const cairn_windows *w, size_t samples, const float *x, float *y) {
  for (size_t s = 0; s < samples; s++, x += w->height * w->width * w->channels)
    for (size_t i = 0; i < w->out_height; i++)
      for (size_t j = 0; j < w->out_width; j++, y += w->channels) {
        part p;
        locate(w, i, j, &p);
        const float count = (float)((p.end_row - p.first_row) * (p.end_column - p.first_column));
#define AVERAGE(n)                                                  \
  {                                                                 \
    typedef LANES(float, n) floats;                                 \
    floats sum = (floats)(0.0f);                                    \
    EACH_TAP(sum += *(const floats *)(x + place + c))               \
    *(floats *)(y + c) = sum / count;                               \
  }
        BY_CHANNELS(w->channels, AVERAGE);
      }
}

INLINE void average_pool_backward(const cairn_windows *w, const float *dy, float *dx, int adds) {
  for (size_t i = 0; i < w->out_height; i++)
    for (size_t j = 0; j < w->out_width; j++, dy += w->channels) {
      part p;
      locate(w, i, j, &p);
      const float count = (float)((p.end_row - p.first_row) * (p.end_column - p.first_column));
#define SPREAD(n)                                                     \
  {                                                                   \
    typedef LANES(float, n) floats;                                   \
    const floats share = *(const floats *)(dy + c) / count;           \
    EACH_TAP(floats *const to = (floats *)(dx + place + c);           \
             *to = adds ? *to + share : share)                        \
  }
      BY_CHANNELS(w->channels, SPREAD);
    }
}

CAIRN_CLONES
void cairn_average_pool_backward(const cairn_windows *w, size_t samples, const float *dy, float *dx) {
  const size_t in = w->height * w->width * w->channels, out = w->out_height * w->out_width * w->channels;
  const int exactly = tile_exactly(w);
  for (size_t s = 0; s < samples; s++, dx += in, dy += out) {
    if (exactly) {
      average_pool_backward(w, dy, dx, 0);
    } else {
      memset(dx, 0, in * sizeof *dx);
      average_pool_backward(w, dy, dx, 1);
    }
  }
}

// Whole images: some channels at a time, whose figures stay in the first-level cache.
enum { together = 64 };

CAIRN_CLONES
void cairn_global_max_pool(size_t samples, size_t positions, size_t channels, const float *x, float *y, uint32_t *at) {
  for (size_t s = 0; s < samples; s++, x += positions * channels, y += channels) {
    for (size_t start = 0; start < channels; start += together) {
      const size_t n = channels - start < together ? channels - start : together;
      float best[together];
      uint32_t number[together];
      for (size_t c = 0; c < n; c++) {
        best[c] = x[start + c];
        number[c] = 0;
      }
      for (size_t p = 1; p < positions; p++)
        for (size_t c = 0; c < n; c++) {
          const float next = x[p * channels + start + c];
          const int taken = (next > best[c]) | ((next != next) & (best[c] == best[c]));
          best[c] = taken ? next : best[c];
          number[c] = taken ? (uint32_t)p : number[c];
        }
      memcpy(y + start, best, n * sizeof *y);
      if (at) memcpy(at + start, number, n * sizeof *at);
    }
    if (at) at += channels;
  }
}

CAIRN_CLONES
void cairn_global_max_pool_backward(size_t samples, size_t positions, size_t channels, const float *dy,
                                    const uint32_t *at, float *dx) {
  for (size_t s = 0; s < samples; s++, dx += positions * channels, dy += channels, at += channels) {
    memset(dx, 0, positions * channels * sizeof *dx);
    for (size_t c = 0; c < channels; c++) dx[at[c] * channels + c] = dy[c];
  }
}

CAIRN_CLONES
void cairn_global_average_pool(size_t samples, size_t positions, size_t channels, const float *x, float *y) {
  enum { block = 64 };
  const float count = (float)positions;
  for (size_t s = 0; s < samples; s++, x += positions * channels, y += channels)
    for (size_t start = 0; start < channels; start += together) {
      const size_t n = channels - start < together ? channels - start : together;
      float total[together] = {0};
      for (size_t first = 0; first < positions; first += block) {
        const size_t end = positions - first < block ? positions : first + block;
        float sum[together] = {0};
        for (size_t p = first; p < end; p++)
          for (size_t c = 0; c < n; c++) sum[c] += x[p * channels + start + c];
        for (size_t c = 0; c < n; c++) total[c] += sum[c];
      }
      for (size_t c = 0; c < n; c++) y[start + c] = total[c] / count;
    }
}

CAIRN_CLONES
void cairn_global_average_pool_backward(size_t samples, size_t positions, size_t channels, const float *dy, float *dx) {
  const float count = (float)positions;
  for (size_t s = 0; s < samples; s++, dx += positions * channels, dy += channels)
    for (size_t p = 0; p < positions; p++)
      for (size_t c = 0; c < channels; c++) dx[p * channels + c] = dy[c] / count;
}
