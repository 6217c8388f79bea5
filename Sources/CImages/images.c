// A file's bytes to pixels of the wanted size.
#pragma STDC FP_CONTRACT OFF

#include "decoding.h"

cairn_image_kind cairn_image_kind_of(const uint8_t *bytes, size_t size) {
  static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  if (size >= 8 && memcmp(bytes, png, 8) == 0) return CAIRN_IMAGE_PNG;
  if (size >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF) return CAIRN_IMAGE_JPEG;
  return CAIRN_IMAGE_OTHER;
}

static cairn_image_status unknown(size_t size, char *message) {
  if (size == 0) return cairn_image_fail(message, CAIRN_IMAGE_UNKNOWN, "the file is empty");
  return cairn_image_fail(message, CAIRN_IMAGE_UNKNOWN, "this is neither a PNG nor a JPEG file");
}

cairn_image_status cairn_image_read_head(const uint8_t *bytes, size_t size, cairn_image_head *head, char *message) {
  switch (cairn_image_kind_of(bytes, size)) {
    case CAIRN_IMAGE_PNG: return cairn_png_head(bytes, size, head, message);
    case CAIRN_IMAGE_JPEG: return cairn_jpeg_head(bytes, size, head, message);
    case CAIRN_IMAGE_OTHER: break;
  }
  return unknown(size, message);
}

static int resize(const cairn_pixels *image, const cairn_image_form *form, uint8_t *pixels) {
  double width = image->width, height = image->height;
  double box[4] = {0, 0, width, height};
  if (form->fit != CAIRN_IMAGE_PAD) {
    if (form->fit == CAIRN_IMAGE_CROP) {
      // Compared in whole numbers: equal proportions crop nothing.
      int64_t across = (int64_t)image->width * form->height, down = (int64_t)image->height * form->width;
      double part = across > down ? height * form->width / form->height : width * form->height / form->width;
      if (across > down) {
        box[0] = (width - part) / 2;
        box[2] = box[0] + part;
      } else if (across < down) {
        box[1] = (height - part) / 2;
        box[3] = box[1] + part;
      }
    }
    return cairn_image_resize(
        image->pixels, image->width, image->height, image->channels, box, pixels, form->width, form->height);
  }
  int64_t across = (int64_t)image->width * form->height, down = (int64_t)image->height * form->width;
  int32_t inner_width = form->width, inner_height = form->height;
  // The shorter side, rounded to the nearest pixel, at least one.
  if (across > down) inner_height = (int32_t)((2 * down + image->width) / (2 * (int64_t)image->width));
  if (across < down) inner_width = (int32_t)((2 * across + image->height) / (2 * (int64_t)image->height));
  if (inner_width < 1) inner_width = 1;
  if (inner_height < 1) inner_height = 1;
  size_t channels = (size_t)image->channels;
  size_t outer = (size_t)form->width * channels, inner = (size_t)inner_width * channels;
  if (inner_width == form->width && inner_height == form->height)
    return cairn_image_resize(
        image->pixels, image->width, image->height, image->channels, box, pixels, form->width, form->height);
  uint8_t *part = malloc(inner * (size_t)inner_height);
  if (part == NULL) return -1;
  int status = cairn_image_resize(
      image->pixels, image->width, image->height, image->channels, box, part, inner_width, inner_height);
  memset(pixels, 0, outer * (size_t)form->height);
  size_t left = (size_t)((form->width - inner_width) / 2), top = (size_t)((form->height - inner_height) / 2);
  for (int32_t row = 0; row < inner_height && status == 0; row++)
    memcpy(pixels + (top + (size_t)row) * outer + left * channels, part + (size_t)row * inner, inner);
  free(part);
  return status;
}

cairn_image_status cairn_image_decode(
    const uint8_t *bytes, size_t size, const cairn_image_form *form, uint8_t *pixels, char *message) {
  cairn_pixels image;
  cairn_image_status status;
  switch (cairn_image_kind_of(bytes, size)) {
    case CAIRN_IMAGE_PNG: status = cairn_png_decode(bytes, size, form->channels, &image, message); break;
    case CAIRN_IMAGE_JPEG: status = cairn_jpeg_decode(bytes, size, form->channels, &image, message); break;
    default: return unknown(size, message);
  }
  if (status != CAIRN_IMAGE_GOOD) return status;
  if (resize(&image, form, pixels) != 0)
    status = cairn_image_fail(message, CAIRN_IMAGE_NO_MEMORY, "no memory to resize the image");
  free(image.pixels);
  return status;
}
