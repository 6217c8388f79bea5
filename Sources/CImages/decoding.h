// What the files of this target share.
#ifndef CAIRN_CIMAGES_DECODING_H
#define CAIRN_CIMAGES_DECODING_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cimages.h"

/// Pixels as a decoder leaves them: 1 or 3 channels; belongs to whoever has it, to be freed.
typedef struct {
  uint8_t *pixels;
  int32_t width;
  int32_t height;
  int32_t channels;
} cairn_pixels;

__attribute__((format(printf, 3, 4)))
static inline cairn_image_status cairn_image_fail(
    char *message, cairn_image_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, CAIRN_IMAGE_MESSAGE, format, arguments);
  va_end(arguments);
  return status;
}

/// Whether an image of these extents may be decoded at all.
static inline cairn_image_status cairn_image_check_extents(int64_t width, int64_t height, char *message) {
  if (width < 1 || height < 1)
    return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "an image of %lld x %lld pixels", (long long)width, (long long)height);
  if (width > CAIRN_IMAGE_SIDE || height > CAIRN_IMAGE_SIDE || width * height > CAIRN_IMAGE_PIXELS)
    return cairn_image_fail(
        message, CAIRN_IMAGE_BROKEN, "%lld x %lld pixels are more than are read: at most %d, and %d to a side",
        (long long)width, (long long)height, CAIRN_IMAGE_PIXELS, CAIRN_IMAGE_SIDE);
  return CAIRN_IMAGE_GOOD;
}

cairn_image_status cairn_png_head(const uint8_t *bytes, size_t size, cairn_image_head *head, char *message);
cairn_image_status cairn_jpeg_head(const uint8_t *bytes, size_t size, cairn_image_head *head, char *message);

/// - channels: 1 or 3, what is wanted.
/// - image: overwritten where the status is good.
cairn_image_status cairn_png_decode(
    const uint8_t *bytes, size_t size, int32_t channels, cairn_pixels *image, char *message);
cairn_image_status cairn_jpeg_decode(
    const uint8_t *bytes, size_t size, int32_t channels, cairn_pixels *image, char *message);

/// The luma of ITU-R BT.601, rounded: (19595 R + 38470 G + 7471 B + 32768) / 65536.
static inline uint8_t cairn_luma(uint32_t red, uint32_t green, uint32_t blue) {
  return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

#endif
