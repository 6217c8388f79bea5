// A file driver for libhdf5: the file lies in memory, and large arrays stay where they are.
//
// The core driver copies every array into its own memory, and H5Fget_file_image copies all of it once more. Here a writer
// lends an array: where the library hands its bytes down, the image notes where they lie. An image is then a row of
// pieces: the library's own bytes (headers, names, small arrays), and lent ones. The addresses are those that the core
// driver gives, so the file's bytes are the same.
#ifndef CAIRN_CHDF5IMAGE_H
#define CAIRN_CHDF5IMAGE_H

#include <stddef.h>

typedef struct cairn_image cairn_image;

/// An empty image; NULL: no memory. Belongs to one thread at a time.
cairn_image *cairn_image_create(void);

/// Not while a file is open on it.
void cairn_image_destroy(cairn_image *image);

/// Empties it, for the next file; its address space is kept.
void cairn_image_clear(cairn_image *image);

/// Until the next call, writes of bytes in this range are noted rather than copied, where they are large. The bytes must
/// stay as they are until the image is cleared or destroyed. NULL ends the loan of further bytes.
void cairn_image_lend(cairn_image *image, const void *bytes, size_t size);

/// Makes a file access property list (hid_t) open this image. To be called by one thread at a time, as all of HDF5.
/// Negative: HDF5's error.
int cairn_image_set_access(long long access, cairn_image *image);

/// Takes the first `size` bytes, the end of the file's addresses, as the file: what the library writes from here on, at
/// closing, is ignored. 0; -1: no memory.
int cairn_image_freeze(cairn_image *image, unsigned long long size);

size_t cairn_image_size(const cairn_image *image);

/// The piece at `offset` and after it: its bytes, and how many there are in a row, at most up to the image's end.
const void *cairn_image_piece(const cairn_image *image, size_t offset, size_t *size);

/// Whether the image holds these bytes at `offset`. Bytes that are lent to it from there are not looked at.
int cairn_image_holds(const cairn_image *image, size_t offset, const void *bytes, size_t size);

#endif
