// Resampling as Pillow does it, in whole numbers: the same pixels on every machine.
//
// Source: Pillow, `src/libImaging/Resample.c` (HPND licence): the algorithm and its constants.
#pragma STDC FP_CONTRACT OFF

#include <math.h>

#include "decoding.h"

// 8 bits of a pixel, 2 for sums beyond it.
#define PRECISION (32 - 8 - 2)

/// For each output position: where its inputs begin, how many they are, and their weights.
typedef struct {
  int32_t size;
  int32_t most;
  int32_t *bounds;
  int32_t *weights;
} windows;

static void destroy(windows *w) {
  free(w->bounds);
  free(w->weights);
}

static int create(windows *w, int32_t input, double first, double last, int32_t output) {
  double scale = (last - first) / output;
  double stretch = scale < 1 ? 1 : scale;
  double shrink = 1 / stretch;
  w->size = output;
  w->most = (int32_t)ceil(stretch) * 2 + 1;
  w->bounds = malloc(sizeof(int32_t) * 2 * (size_t)output);
  w->weights = calloc((size_t)output * (size_t)w->most, sizeof(int32_t));
  double *real = malloc(sizeof(double) * (size_t)w->most);
  if (w->bounds == NULL || w->weights == NULL || real == NULL) {
    free(real);
    destroy(w);
    return -1;
  }
  for (int32_t position = 0; position < output; position++) {
    double center = first + (position + 0.5) * scale;
    int32_t low = (int32_t)(center - stretch + 0.5), high = (int32_t)(center + stretch + 0.5);
    if (low < 0) low = 0;
    if (high > input) high = input;
    double sum = 0;
    for (int32_t index = 0; index < high - low; index++) {
      double distance = fabs((index + low - center + 0.5) * shrink);
      real[index] = distance < 1 ? 1 - distance : 0;
      sum += real[index];
    }
    int32_t *weights = w->weights + (size_t)position * w->most;
    for (int32_t index = 0; index < high - low; index++) {
      if (sum != 0) real[index] /= sum;
      weights[index] = (int32_t)(0.5 + real[index] * (1 << PRECISION));
    }
    w->bounds[2 * position] = low;
    w->bounds[2 * position + 1] = high - low;
  }
  free(real);
  return 0;
}

static uint8_t clipped(int32_t sum) {
  int32_t value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

/// Rows `first`... of the input, each made as wide as the windows are many.
static void horizontally(
    const uint8_t *input, int32_t width, int32_t channels, const windows *w, uint8_t *output, int32_t first,
    int32_t rows) {
  for (int32_t row = 0; row < rows; row++) {
    const uint8_t *in = input + (size_t)(first + row) * width * channels;
    uint8_t *out = output + (size_t)row * w->size * channels;
    for (int32_t position = 0; position < w->size; position++) {
      const uint8_t *from = in + (size_t)w->bounds[2 * position] * channels;
      const int32_t *weights = w->weights + (size_t)position * w->most;
      int32_t count = w->bounds[2 * position + 1];
      if (channels == 3) {
        int32_t red = 1 << (PRECISION - 1), green = red, blue = red;
        for (int32_t index = 0; index < count; index++) {
          red += from[3 * index] * weights[index];
          green += from[3 * index + 1] * weights[index];
          blue += from[3 * index + 2] * weights[index];
        }
        out[3 * position] = clipped(red), out[3 * position + 1] = clipped(green), out[3 * position + 2] = clipped(blue);
      } else {
        int32_t sum = 1 << (PRECISION - 1);
        for (int32_t index = 0; index < count; index++) sum += from[index] * weights[index];
        out[position] = clipped(sum);
      }
    }
  }
}

/// - offset: the input's first row, in the numbers of the windows.
/// - sums: overwritten, as many as a row has bytes.
static void vertically(
    const uint8_t *input, size_t bytes, const windows *w, uint8_t *output, int32_t offset, int32_t *sums) {
  for (int32_t position = 0; position < w->size; position++) {
    const int32_t *weights = w->weights + (size_t)position * w->most;
    for (size_t index = 0; index < bytes; index++) sums[index] = 1 << (PRECISION - 1);
    for (int32_t row = 0; row < w->bounds[2 * position + 1]; row++) {
      const uint8_t *in = input + (size_t)(w->bounds[2 * position] - offset + row) * bytes;
      int32_t weight = weights[row];
      for (size_t index = 0; index < bytes; index++) sums[index] += in[index] * weight;
    }
    uint8_t *out = output + (size_t)position * bytes;
    for (size_t index = 0; index < bytes; index++) out[index] = clipped(sums[index]);
  }
}

int cairn_image_resize(
    const uint8_t *input, int32_t width, int32_t height, int32_t channels, const double box[4], uint8_t *output,
    int32_t output_width, int32_t output_height) {
  int is_wider = output_width != width || box[0] != 0 || box[2] != width;
  int is_taller = output_height != height || box[1] != 0 || box[3] != height;
  size_t bytes = (size_t)output_width * (size_t)channels;
  if (!is_wider && !is_taller) {
    memcpy(output, input, bytes * (size_t)height);
    return 0;
  }
  windows down;
  if (create(&down, height, box[1], box[3], output_height) != 0) return -1;
  // The rows that the second pass needs.
  int32_t last = 2 * (output_height - 1);
  int32_t first = is_taller ? down.bounds[0] : 0;
  int32_t rows = is_taller ? down.bounds[last] + down.bounds[last + 1] - first : height;
  uint8_t *middle = NULL;
  const uint8_t *source = input + (size_t)first * width * channels;
  int status = 0;
  if (is_wider) {
    windows across;
    if (create(&across, width, box[0], box[2], output_width) != 0) {
      destroy(&down);
      return -1;
    }
    uint8_t *target = is_taller ? middle = malloc(bytes * (size_t)rows) : output;
    if (target == NULL) status = -1;
    else horizontally(input, width, channels, &across, target, first, rows);
    source = target;
    destroy(&across);
  }
  if (status == 0 && is_taller) {
    int32_t *sums = malloc(sizeof(int32_t) * bytes);
    if (sums == NULL) status = -1;
    else vertically(source, bytes, &down, output, first, sums);
    free(sums);
  }
  free(middle);
  destroy(&down);
  return status;
}
