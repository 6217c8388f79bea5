// PNG by libspng: 16 bits are cut to their high byte, palettes are looked up, what is transparent is laid on black. Gamma,
// colour profiles and other chunks are passed over.
#include <spng.h>

#include "decoding.h"

// Deflate never does better than this: sizes that cannot be true are refused before memory is asked for.
#define LARGEST_RATIO 1032

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

cairn_image_status cairn_png_head(const uint8_t *bytes, size_t size, cairn_image_head *head, char *message) {
  // Signature, then IHDR: length, name, width, height.
  if (size < 33) return cairn_image_fail(message, CAIRN_IMAGE_SHORT, "the PNG file ends within its head");
  if (memcmp(bytes + 12, "IHDR", 4) != 0)
    return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the PNG file does not begin with IHDR");
  int64_t width = big_endian(bytes + 16), height = big_endian(bytes + 20);
  cairn_image_status status = cairn_image_check_extents(width, height, message);
  if (status != CAIRN_IMAGE_GOOD) return status;
  *head = (cairn_image_head){CAIRN_IMAGE_PNG, (int32_t)width, (int32_t)height, 1};
  return CAIRN_IMAGE_GOOD;
}

static cairn_image_status failed(int code, char *message) {
  if (code == SPNG_EMEM || code == SPNG_EOVERFLOW)
    return cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to decode the PNG file");
  return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the PNG file is broken: %s", spng_strerror(code));
}

// A pixel on black: colour times opacity, rounded.
static uint8_t on_black(uint32_t value, uint32_t alpha) { return (uint8_t)((value * alpha + 127) / 255); }

/// From so many bytes a pixel (1: gray, 3: colours, 4: colours and opacity) to what is wanted, in place.
static void convert(uint8_t *pixels, size_t count, int from, int to) {
  if (from == 4) {
    for (size_t index = 0; index < count; index++) {
      const uint8_t *in = pixels + 4 * index;
      uint8_t red = on_black(in[0], in[3]), green = on_black(in[1], in[3]), blue = on_black(in[2], in[3]);
      if (to == 1) {
        pixels[index] = cairn_luma(red, green, blue);
      } else {
        uint8_t *out = pixels + 3 * index;
        out[0] = red, out[1] = green, out[2] = blue;
      }
    }
  } else if (from == 3 && to == 1) {
    for (size_t index = 0; index < count; index++) {
      const uint8_t *in = pixels + 3 * index;
      pixels[index] = cairn_luma(in[0], in[1], in[2]);
    }
  } else if (from == 1 && to == 3) {
    // From behind: each is read before it is written over.
    for (size_t index = count; index-- > 0;) {
      uint8_t value = pixels[index];
      pixels[3 * index] = pixels[3 * index + 1] = pixels[3 * index + 2] = value;
    }
  }
}

static cairn_image_status decode(
    spng_ctx *context, const uint8_t *bytes, size_t size, int32_t channels, cairn_pixels *image, char *message) {
  int code = spng_set_image_limits(context, CAIRN_IMAGE_SIDE, CAIRN_IMAGE_SIDE);
  // No single chunk, and not all that are kept, may take more than 8 MB.
  if (code == 0) code = spng_set_chunk_limits(context, 8 << 20, 8 << 20);
  if (code == 0) code = spng_set_png_buffer(context, bytes, size);
  struct spng_ihdr ihdr;
  if (code == 0) code = spng_get_ihdr(context, &ihdr);
  if (code != 0) return failed(code, message);
  cairn_image_status status = cairn_image_check_extents(ihdr.width, ihdr.height, message);
  if (status != CAIRN_IMAGE_GOOD) return status;

  static const int samples[] = {1, 0, 3, 1, 2, 0, 4};
  uint64_t bits = (uint64_t)ihdr.width * (uint64_t)(samples[ihdr.color_type % 7] * ihdr.bit_depth);
  uint64_t packed = (bits + 7) / 8 * ihdr.height;
  if (packed / LARGEST_RATIO > size)
    return cairn_image_fail(
        message, CAIRN_IMAGE_BROKEN, "the PNG file has %zu bytes, too few for %u x %u pixels", size, ihdr.width,
        ihdr.height);

  struct spng_trns trns;
  int transparent = (ihdr.color_type & SPNG_COLOR_TYPE_GRAYSCALE_ALPHA) != 0;
  if (!transparent) {
    code = spng_get_trns(context, &trns);
    if (code == 0) transparent = 1;
    else if (code != SPNG_ECHUNKAVAIL) return failed(code, message);
  }
  int from = 3, format = SPNG_FMT_RGB8, flags = 0;
  if (transparent) {
    from = 4, format = SPNG_FMT_RGBA8, flags = SPNG_DECODE_TRNS;
  } else if (ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE && ihdr.bit_depth <= 8) {
    from = 1, format = SPNG_FMT_G8;
  }
  size_t count = (size_t)ihdr.width * ihdr.height, length = 0;
  code = spng_decoded_image_size(context, format, &length);
  if (code != 0) return failed(code, message);
  if (length != count * (size_t)from)
    return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the PNG file is broken: %zu bytes of pixels", length);
  size_t most = count * (size_t)(from > channels ? from : channels);
  uint8_t *pixels = malloc(most);
  if (pixels == NULL) return failed(SPNG_EMEM, message);
  code = spng_decode_image(context, pixels, length, format, flags);
  if (code != 0) {
    free(pixels);
    return failed(code, message);
  }
  // What is gray in sixteen bits comes as three equal channels.
  convert(pixels, count, from, channels);
  *image = (cairn_pixels){pixels, (int32_t)ihdr.width, (int32_t)ihdr.height, channels};
  return CAIRN_IMAGE_GOOD;
}

cairn_image_status cairn_png_decode(
    const uint8_t *bytes, size_t size, int32_t channels, cairn_pixels *image, char *message) {
  spng_ctx *context = spng_ctx_new(0);
  if (context == NULL) return failed(SPNG_EMEM, message);
  cairn_image_status status = decode(context, bytes, size, channels, image, message);
  spng_ctx_free(context);
  return status;
}
