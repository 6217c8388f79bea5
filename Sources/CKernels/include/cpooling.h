// Loops of pooling layers. x: [samples, height, width, channels], y: [samples, out_height, out_width, channels]. Same
// rules as ckernels.h.
#ifndef CAIRN_CPOOLING_H
#define CAIRN_CPOOLING_H

#include <stddef.h>
#include <stdint.h>

/// Windows over images. Window (i, j) starts at row i * stride_height - top and column j * stride_width - left; what
/// lies outside the image is left out. Each window meets the image; a window has at most 65,536 elements a channel.
typedef struct {
  size_t height, width, channels;
  size_t out_height, out_width;
  size_t pool_height, pool_width;
  size_t stride_height, stride_width;
  size_t top, left;
} cairn_windows;

/// y: the largest of each window, NaN if it holds one; at (NULL: not wanted), as y: its number in the window, row by row,
/// the first of equals.
void cairn_max_pool(const cairn_windows *windows, size_t samples, const float *x, float *y, uint16_t *at);

/// dx, overwritten: each dy added where its window's largest stood.
void cairn_max_pool_backward(const cairn_windows *windows, size_t samples, const float *dy, const uint16_t *at,
                             float *dx);

/// y: the mean of each window's elements within the image.
void cairn_average_pool(const cairn_windows *windows, size_t samples, const float *x, float *y);

/// dx, overwritten: each dy, divided by the number of its window's elements, added to all of them.
void cairn_average_pool_backward(const cairn_windows *windows, size_t samples, const float *dy, float *dx);

/// y: [samples, channels], the largest over the positions of x: [samples, positions, channels]; at (NULL: not wanted):
/// its position, the first of equals.
void cairn_global_max_pool(size_t samples, size_t positions, size_t channels, const float *x, float *y, uint32_t *at);

void cairn_global_max_pool_backward(size_t samples, size_t positions, size_t channels, const float *dy,
                                    const uint32_t *at, float *dx);

/// y: [samples, channels], the mean over the positions, in partial sums of 64 positions.
void cairn_global_average_pool(size_t samples, size_t positions, size_t channels, const float *x, float *y);

void cairn_global_average_pool_backward(size_t samples, size_t positions, size_t channels, const float *dy, float *dx);

#endif
