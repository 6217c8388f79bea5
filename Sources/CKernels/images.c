#include "cimages.h"

#include <string.h>

#include "clones.h"

#pragma clang fp contract(fast)

void cairn_pad_images(size_t samples, size_t height, size_t width, size_t channels, size_t top, size_t left,
                      size_t out_height, size_t out_width, const float *x, float *y) {
  const size_t line = width * channels, out_line = out_width * channels;
  const size_t before = left * channels, behind = out_line - line - before;
  for (size_t s = 0; s < samples; s++) {
    memset(y, 0, top * out_line * sizeof *y);
    y += top * out_line;
    for (size_t h = 0; h < height; h++, x += line, y += out_line) {
      memset(y, 0, before * sizeof *y);
      memcpy(y + before, x, line * sizeof *y);
      memset(y + before + line, 0, behind * sizeof *y);
    }
    const size_t below = out_height - top - height;
    memset(y, 0, below * out_line * sizeof *y);
    y += below * out_line;
  }
}

void cairn_crop_images(size_t samples, size_t height, size_t width, size_t channels, size_t top, size_t left,
                       size_t out_height, size_t out_width, const float *y, float *x) {
  const size_t line = width * channels, out_line = out_width * channels;
  for (size_t s = 0; s < samples; s++, y += out_height * out_line)
    for (size_t h = 0; h < height; h++, x += line)
      memcpy(x, y + (top + h) * out_line + left * channels, line * sizeof *x);
}

void cairn_repeat_pixels(size_t samples, size_t height, size_t width, size_t channels, size_t rows, size_t columns,
                         const float *x, float *y) {
  const size_t line = width * columns * channels;
  for (size_t h = 0; h < samples * height; h++) {
    float *const first = y;
    for (size_t w = 0; w < width; w++, x += channels)
      for (size_t k = 0; k < columns; k++, y += channels) memcpy(y, x, channels * sizeof *y);
    for (size_t k = 1; k < rows; k++, y += line) memcpy(y, first, line * sizeof *y);
  }
}

CAIRN_CLONES
void cairn_repeat_pixels_backward(size_t samples, size_t height, size_t width, size_t channels, size_t rows,
                                  size_t columns, const float *dy, float *dx) {
  const size_t line = width * columns * channels;
  for (size_t h = 0; h < samples * height; h++, dy += rows * line)
    for (size_t w = 0; w < width; w++, dx += channels) {
      const float *const corner = dy + w * columns * channels;
      memcpy(dx, corner, channels * sizeof *dx);
      for (size_t i = 0; i < rows; i++)
        for (size_t j = i == 0; j < columns; j++) {
          const float *const copy = corner + i * line + j * channels;
          for (size_t c = 0; c < channels; c++) dx[c] += copy[c];
        }
    }
}

void cairn_flip_image(size_t height, size_t width, size_t channels, int32_t vertically, int32_t horizontally,
                      const float *x, float *y) {
  const size_t line = width * channels;
  for (size_t h = 0; h < height; h++, y += line) {
    const float *const from = x + (vertically ? height - 1 - h : h) * line;
    if (!horizontally) {
      memcpy(y, from, line * sizeof *y);
    } else if (channels == 1) {
      for (size_t w = 0; w < width; w++) y[w] = from[width - 1 - w];
    } else {
      for (size_t w = 0; w < width; w++)
        memcpy(y + w * channels, from + (width - 1 - w) * channels, channels * sizeof *y);
    }
  }
}

void cairn_shift_image(size_t height, size_t width, size_t channels, ptrdiff_t down, ptrdiff_t right, const float *x,
                       float *y) {
  const size_t line = width * channels, aside = (size_t)(right < 0 ? -right : right);
  const size_t empty = (aside < width ? aside : width) * channels, full = line - empty;
  for (size_t h = 0; h < height; h++, y += line) {
    const ptrdiff_t from = (ptrdiff_t)h - down;
    if (from < 0 || from >= (ptrdiff_t)height) {
      memset(y, 0, line * sizeof *y);
      continue;
    }
    const float *const source = x + (size_t)from * line;
    memset(right < 0 ? y + full : y, 0, empty * sizeof *y);
    if (right < 0)
      memcpy(y, source + empty, full * sizeof *y);
    else
      memcpy(y + empty, source, full * sizeof *y);
  }
}

CAIRN_CLONES
void cairn_multiply_channels(size_t samples, size_t positions, size_t channels, const float *x, const float *m,
                             float *y) {
  for (size_t s = 0; s < samples; s++, m += channels)
    for (size_t p = 0; p < positions; p++, x += channels, y += channels)
      for (size_t c = 0; c < channels; c++) y[c] = x[c] * m[c];
}

CAIRN_CLONES
void cairn_rescale(const float *x, float scale, float offset, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] * scale + offset;
}
