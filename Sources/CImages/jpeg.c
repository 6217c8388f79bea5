// JPEG by libjpeg-turbo, turned as Exif says. Colour profiles are passed over.
#include <turbojpeg.h>

#include "decoding.h"

// A block of 64 values takes at least a bit, and the largest sampling factors make 16 pixels of a value.
#define PIXELS_PER_BYTE (8 * 64 * 16)

static uint32_t word(const uint8_t *bytes, int is_big, int count) {
  uint32_t value = 0;
  for (int index = 0; index < count; index++) value = value << 8 | bytes[is_big ? index : count - 1 - index];
  return value;
}

/// The orientation in an Exif segment's TIFF part; 1 where there is none, or what is there makes no sense.
static int32_t exif_orientation(const uint8_t *tiff, size_t size) {
  if (size < 8) return 1;
  int is_big = tiff[0] == 'M' && tiff[1] == 'M';
  if (!is_big && !(tiff[0] == 'I' && tiff[1] == 'I')) return 1;
  if (word(tiff + 2, is_big, 2) != 42) return 1;
  size_t directory = word(tiff + 4, is_big, 4);
  if (directory > size || size - directory < 2) return 1;
  size_t entries = word(tiff + directory, is_big, 2);
  for (size_t index = 0; index < entries; index++) {
    size_t place = directory + 2 + 12 * index;
    if (place > size || size - place < 12) return 1;
    const uint8_t *entry = tiff + place;
    // Tag, type (3: 16 bits), count, value.
    if (word(entry, is_big, 2) != 0x0112) continue;
    uint32_t value = word(entry + 8, is_big, 2);
    return word(entry + 2, is_big, 2) == 3 && value >= 1 && value <= 8 ? (int32_t)value : 1;
  }
  return 1;
}

cairn_image_status cairn_jpeg_head(const uint8_t *bytes, size_t size, cairn_image_head *head, char *message) {
  int32_t orientation = 1;
  size_t place = 2;
  while (1) {
    // Markers: FF, any number of FF, a code; most are followed by a length that counts itself.
    while (place < size && bytes[place] != 0xFF) place++;
    while (place < size && bytes[place] == 0xFF) place++;
    if (place >= size || size - place < 3) break;
    uint8_t code = bytes[place++];
    if (code == 0x00 || code == 0x01 || (code >= 0xD0 && code <= 0xD8)) continue;
    if (code == 0xD9 || code == 0xDA)
      return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the JPEG file has no frame before its pixels");
    size_t length = word(bytes + place, 1, 2);
    if (length < 2) return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the JPEG file has a segment of %zu bytes", length);
    int is_frame = code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
    if (length > size - place) {
      // A frame's extents stand in its first bytes.
      if (!is_frame || size - place < 7) break;
    }
    if (is_frame) {
      if (length < 8)
        return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the JPEG file has a frame of %zu bytes", length);
      if (size - place < 7) break;
      int64_t height = word(bytes + place + 3, 1, 2), width = word(bytes + place + 5, 1, 2);
      cairn_image_status status = cairn_image_check_extents(width, height, message);
      if (status != CAIRN_IMAGE_GOOD) return status;
      int is_turned = orientation >= 5;
      *head = (cairn_image_head){
          CAIRN_IMAGE_JPEG, (int32_t)(is_turned ? height : width), (int32_t)(is_turned ? width : height), orientation};
      return CAIRN_IMAGE_GOOD;
    }
    if (code == 0xE1 && length >= 8 && memcmp(bytes + place + 2, "Exif\0\0", 6) == 0)
      orientation = exif_orientation(bytes + place + 8, length - 8);
    place += length;
  }
  return cairn_image_fail(message, CAIRN_IMAGE_SHORT, "the JPEG file ends within its head");
}

/// Where the pixel of row and column of an image as it is to be seen stands in the image as it is stored.
static void turn(const cairn_pixels *stored, int32_t orientation, cairn_pixels *seen) {
  for (int32_t row = 0; row < seen->height; row++) {
    for (int32_t column = 0; column < seen->width; column++) {
      int32_t y = orientation >= 5 ? column : row, x = orientation >= 5 ? row : column;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) y = stored->height - 1 - y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) x = stored->width - 1 - x;
      size_t channels = (size_t)stored->channels;
      const uint8_t *from = stored->pixels + ((size_t)y * stored->width + x) * channels;
      uint8_t *to = seen->pixels + ((size_t)row * seen->width + column) * channels;
      for (size_t channel = 0; channel < channels; channel++) to[channel] = from[channel];
    }
  }
}

/// Whether what the library warns of leaves the pixels as they are.
static int is_harmless(const char *warning) { return strstr(warning, "extraneous bytes") != NULL; }

static cairn_image_status failed(tjhandle handle, char *message) {
  const char *reason = tjGetErrorStr2(handle);
  if (strstr(reason, "emory") != NULL)
    return cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to decode the JPEG file");
  return cairn_image_fail(message, CAIRN_IMAGE_BROKEN, "the JPEG file is broken: %s", reason);
}

static cairn_image_status decode(
    tjhandle handle, const uint8_t *bytes, size_t size, int32_t channels, int32_t orientation, cairn_pixels *image,
    char *message) {
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(handle, bytes, size, &width, &height, &subsampling, &colours) != 0)
    return failed(handle, message);
  cairn_image_status status = cairn_image_check_extents(width, height, message);
  if (status != CAIRN_IMAGE_GOOD) return status;
  if ((uint64_t)width * (uint64_t)height / PIXELS_PER_BYTE > size)
    return cairn_image_fail(
        message, CAIRN_IMAGE_BROKEN, "the JPEG file has %zu bytes, too few for %d x %d pixels", size, width, height);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK)
    return cairn_image_fail(
        message, CAIRN_IMAGE_BROKEN, "the JPEG file is for print, in CMYK, which is not read: convert it to RGB");
  size_t length = (size_t)width * (size_t)height * (size_t)channels;
  uint8_t *pixels = malloc(length);
  if (pixels == NULL) return cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to decode the JPEG file");
  int format = channels == 1 ? TJPF_GRAY : TJPF_RGB;
  int code = tjDecompress2(
      handle, bytes, size, pixels, width, 0, height, format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
  if (code != 0 && !(tjGetErrorCode(handle) == TJERR_WARNING && is_harmless(tjGetErrorStr2(handle)))) {
    free(pixels);
    return failed(handle, message);
  }
  *image = (cairn_pixels){pixels, width, height, channels};
  if (orientation == 1) return CAIRN_IMAGE_GOOD;
  cairn_pixels seen = {malloc(length), orientation >= 5 ? height : width, orientation >= 5 ? width : height, channels};
  if (seen.pixels == NULL) {
    free(pixels);
    return cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to turn the JPEG file");
  }
  turn(image, orientation, &seen);
  free(pixels);
  *image = seen;
  return CAIRN_IMAGE_GOOD;
}

cairn_image_status cairn_jpeg_decode(
    const uint8_t *bytes, size_t size, int32_t channels, cairn_pixels *image, char *message) {
  cairn_image_head head;
  cairn_image_status status = cairn_jpeg_head(bytes, size, &head, message);
  if (status != CAIRN_IMAGE_GOOD) return status;
  tjhandle handle = tjInitDecompress();
  if (handle == NULL) return cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to decode the JPEG file");
  status = decode(handle, bytes, size, channels, head.orientation, image, message);
  tjDestroy(handle);
  return status;
}
