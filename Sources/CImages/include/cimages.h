// PNG and JPEG files as 8-bit pixels of one size: red, green, blue, or gray, row after row from the top, channels last.
//
// Bytes (NULL where there are none) come from anywhere: every extent is checked before memory is asked for, and nothing is read or written beyond what
// the caller names. All functions may be called by several threads at once.
#ifndef CAIRN_CIMAGES_H
#define CAIRN_CIMAGES_H

#include <stddef.h>
#include <stdint.h>

/// Pixels of the largest image that is decoded, and the longest side.
#define CAIRN_IMAGE_PIXELS (1 << 26)
#define CAIRN_IMAGE_SIDE 65535

/// What is told about a failure, at most, with the closing zero.
#define CAIRN_IMAGE_MESSAGE 256

typedef enum {
  CAIRN_IMAGE_OTHER = 0,
  CAIRN_IMAGE_PNG = 1,
  CAIRN_IMAGE_JPEG = 2,
} cairn_image_kind;

typedef enum {
  CAIRN_IMAGE_GOOD = 0,
  /// Neither PNG nor JPEG.
  CAIRN_IMAGE_UNKNOWN = 1,
  /// Broken, or of a kind that is not read.
  CAIRN_IMAGE_BROKEN = 2,
  /// The bytes end too early: more of them may help, where they are a file's beginning.
  CAIRN_IMAGE_SHORT = 3,
  CAIRN_IMAGE_NO_MEMORY = 4,
} cairn_image_status;

/// How an image gets its size.
typedef enum {
  /// Both sides by themselves.
  CAIRN_IMAGE_STRETCH = 0,
  /// The largest part around the middle that has the wanted proportions.
  CAIRN_IMAGE_CROP = 1,
  /// All of it, in the middle, with black beside or above and below it.
  CAIRN_IMAGE_PAD = 2,
} cairn_image_fit;

/// What a file's head says.
typedef struct {
  cairn_image_kind kind;
  /// As it is to be seen: after the turn that Exif asks for.
  int32_t width;
  int32_t height;
  /// Exif's: 1 as it stands, ... 8; 1 where nothing is said.
  int32_t orientation;
} cairn_image_head;

/// What is wanted.
typedef struct {
  int32_t width;
  int32_t height;
  /// 1: gray; 3: red, green, blue.
  int32_t channels;
  cairn_image_fit fit;
} cairn_image_form;

/// Told by the first bytes: 8 are enough.
cairn_image_kind cairn_image_kind_of(const uint8_t *bytes, size_t size);

/// Reads the head alone.
///
/// - message: overwritten where the status is not good, `CAIRN_IMAGE_MESSAGE` bytes.
cairn_image_status cairn_image_read_head(
    const uint8_t *bytes, size_t size, cairn_image_head *head, char *message);

/// Decodes a whole file.
///
/// - pixels: overwritten, height * width * channels bytes; whatever the status.
/// - message: as above.
cairn_image_status cairn_image_decode(
    const uint8_t *bytes, size_t size, const cairn_image_form *form, uint8_t *pixels, char *message);

/// Resamples a part of an image: triangle filter, its support widened by the factor by which the image shrinks. The integers
/// are those of Pillow 11's `resize(size, Image.BILINEAR, box)`: horizontally first, each pass rounded to 8 bits, weights of
/// 22 bits. (Pillow rounds the box to float32 first, which moves some pixels by 1.)
///
/// - box: left, top, right, bottom; within the image, not empty.
/// - output: overwritten, output_height * output_width * channels bytes.
/// Returns 0; -1: no memory.
int cairn_image_resize(
    const uint8_t *input, int32_t width, int32_t height, int32_t channels, const double box[4], uint8_t *output,
    int32_t output_width, int32_t output_height);

#endif
