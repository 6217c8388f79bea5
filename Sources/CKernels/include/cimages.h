// Loops over images, [samples, height, width, channels], and over channels of samples. Same rules as ckernels.h.
#ifndef CAIRN_CIMAGES_H
#define CAIRN_CIMAGES_H

#include <stddef.h>
#include <stdint.h>

/// y, overwritten: x with `top` rows and `left` columns before and 0 around it, [out_height, out_width].
void cairn_pad_images(size_t samples, size_t height, size_t width, size_t channels, size_t top, size_t left,
                      size_t out_height, size_t out_width, const float *x, float *y);

/// x, overwritten: the part of y that cairn_pad_images made of x.
void cairn_crop_images(size_t samples, size_t height, size_t width, size_t channels, size_t top, size_t left,
                       size_t out_height, size_t out_width, const float *y, float *x);

/// y: each pixel `rows` times `columns` times.
void cairn_repeat_pixels(size_t samples, size_t height, size_t width, size_t channels, size_t rows, size_t columns,
                         const float *x, float *y);

/// dx, overwritten: the sum over each pixel's copies.
void cairn_repeat_pixels_backward(size_t samples, size_t height, size_t width, size_t channels, size_t rows,
                                  size_t columns, const float *dy, float *dx);

/// One image: y = x upside down and from right to left, where asked for.
void cairn_flip_image(size_t height, size_t width, size_t channels, int32_t vertically, int32_t horizontally,
                      const float *x, float *y);

/// One image: y = x moved `down` and `right` by whole pixels, 0 where nothing comes from.
void cairn_shift_image(size_t height, size_t width, size_t channels, ptrdiff_t down, ptrdiff_t right, const float *x,
                       float *y);

/// y[s, p, c] = x[s, p, c] m[s, c]
void cairn_multiply_channels(size_t samples, size_t positions, size_t channels, const float *x, const float *m,
                             float *y);

/// y = x scale + offset. y may be x.
void cairn_rescale(const float *x, float scale, float offset, float *y, size_t count);

/// y = x + deviation n, n normal. Element (r, c) depends on (key, step, layer, first_row + r, c) alone: of the words of
/// Philox4x32-10 with counter (c / 4, first_row + r, step, layer), each two make a pair of normal numbers (Box, Muller).
void cairn_add_noise(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                     float deviation, const float *x, float *y);

#endif
