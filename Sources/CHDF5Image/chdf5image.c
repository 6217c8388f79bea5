#define _GNU_SOURCE
#include "chdf5image.h"

#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// What is smaller goes through the library's own buffer (the sieve, 64 KB), which is not where the array lies.
enum { SMALLEST_LOAN = 64 << 10 };
static const size_t FIRST_CAPACITY = (size_t)16 << 20;

typedef struct {
  size_t address;
  size_t size;
  const char *bytes;
} loan;

struct cairn_image {
  // Address space as large as the file; where loans lie it is never touched, and costs no memory.
  char *own;
  size_t capacity;
  size_t size;
  bool frozen;
  // By address; they do not overlap.
  loan *loans;
  size_t loan_count;
  size_t loan_capacity;
  const char *lent;
  size_t lent_size;
};

cairn_image *cairn_image_create(void) { return calloc(1, sizeof(cairn_image)); }

void cairn_image_destroy(cairn_image *image) {
  if (!image) return;
  if (image->own) munmap(image->own, image->capacity);
  free(image->loans);
  free(image);
}

void cairn_image_clear(cairn_image *image) {
  // Given back rather than overwritten: what is read again is zero, wherever it was touched.
  if (image->own) madvise(image->own, image->capacity, MADV_DONTNEED);
  image->size = 0;
  image->frozen = false;
  image->loan_count = 0;
  image->lent = NULL;
  image->lent_size = 0;
}

void cairn_image_lend(cairn_image *image, const void *bytes, size_t size) {
  image->lent = bytes;
  image->lent_size = bytes ? size : 0;
}

static bool reserve(cairn_image *image, size_t size) {
  if (size <= image->capacity) return true;
  size_t capacity = image->capacity ? image->capacity : FIRST_CAPACITY;
  while (capacity < size) {
    if (capacity > SIZE_MAX / 2) return false;
    capacity *= 2;
  }
  void *own = image->own
                  ? mremap(image->own, image->capacity, capacity, MREMAP_MAYMOVE)
                  : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (own == MAP_FAILED) return false;
  // The library's bytes are scattered between the loans: small pages, or each would cost two megabytes.
  madvise(own, capacity, MADV_NOHUGEPAGE);
  image->own = own;
  image->capacity = capacity;
  return true;
}

// The first loan that ends after `address`.
static size_t loan_after(const cairn_image *image, size_t address) {
  size_t low = 0, high = image->loan_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (image->loans[middle].address + image->loans[middle].size > address) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

static bool touches_loan(const cairn_image *image, size_t address, size_t size) {
  size_t next = loan_after(image, address);
  return next < image->loan_count && image->loans[next].address < address + size;
}

static bool note_loan(cairn_image *image, size_t address, size_t size, const char *bytes) {
  if (image->loan_count == image->loan_capacity) {
    size_t capacity = image->loan_capacity ? 2 * image->loan_capacity : 64;
    loan *loans = realloc(image->loans, capacity * sizeof(loan));
    if (!loans) return false;
    image->loans = loans;
    image->loan_capacity = capacity;
  }
  size_t place = loan_after(image, address);
  memmove(&image->loans[place + 1], &image->loans[place], (image->loan_count - place) * sizeof(loan));
  image->loans[place] = (loan){address, size, bytes};
  image->loan_count++;
  return true;
}

int cairn_image_freeze(cairn_image *image, unsigned long long size) {
  if (size > SIZE_MAX || !reserve(image, (size_t)size)) return -1;
  image->size = (size_t)size;
  image->frozen = true;
  return 0;
}

size_t cairn_image_size(const cairn_image *image) { return image->size; }

const void *cairn_image_piece(const cairn_image *image, size_t offset, size_t *size) {
  size_t next = loan_after(image, offset);
  size_t end = image->size;
  if (next < image->loan_count) {
    const loan *found = &image->loans[next];
    if (found->address <= offset) {
      size_t there = found->address + found->size;
      *size = (there < end ? there : end) - offset;
      return found->bytes + (offset - found->address);
    }
    if (found->address < end) end = found->address;
  }
  *size = end - offset;
  return image->own + offset;
}

int cairn_image_holds(const cairn_image *image, size_t offset, const void *bytes, size_t size) {
  if (offset > image->size || size > image->size - offset) return 0;
  const char *expected = bytes;
  while (size > 0) {
    size_t count;
    const char *piece = cairn_image_piece(image, offset, &count);
    if (count > size) count = size;
    if (piece != expected && memcmp(piece, expected, count) != 0) return 0;
    offset += count;
    expected += count;
    size -= count;
  }
  return 1;
}

// The driver. The library works on addresses; `eoa` is the end of those it has given out.

typedef struct {
  H5FD_t base;  // first: the library's own fields
  cairn_image *image;
  haddr_t eoa;
} image_file;

typedef struct {
  cairn_image *image;
} image_access;

static const haddr_t HIGHEST_ADDRESS = ((haddr_t)1 << 62) - 1;

static H5FD_t *open_image(const char *name, unsigned flags, hid_t access, haddr_t highest) {
  (void)name;
  (void)highest;
  const image_access *info = H5Pget_driver_info(access);
  if (!info || !info->image) return NULL;
  image_file *file = calloc(1, sizeof(image_file));
  if (!file) return NULL;
  if (flags & H5F_ACC_TRUNC) cairn_image_clear(info->image);
  file->image = info->image;
  return &file->base;
}

static herr_t close_image(H5FD_t *file) {
  free(file);
  return 0;
}

static int compare_images(const H5FD_t *first, const H5FD_t *second) {
  uintptr_t a = (uintptr_t)((const image_file *)first)->image, b = (uintptr_t)((const image_file *)second)->image;
  return a < b ? -1 : a > b;
}

// As the core driver has them: they decide on the layout of the file.
static herr_t query_image(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  if (flags) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  }
  return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const image_file *)file)->eoa;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((image_file *)file)->eoa = address;
  return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const image_file *)file)->image->size;
}

static herr_t read_image(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer) {
  (void)type;
  (void)transfer;
  const cairn_image *image = ((image_file *)file)->image;
  char *target = buffer;
  // Beyond its end a file in memory holds zeros.
  while (size > 0 && address < image->size) {
    size_t count;
    const void *piece = cairn_image_piece(image, (size_t)address, &count);
    if (count > size) count = size;
    memcpy(target, piece, count);
    target += count;
    address += count;
    size -= count;
  }
  memset(target, 0, size);
  return 0;
}

static herr_t write_image(
    H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, const void *buffer) {
  (void)type;
  (void)transfer;
  cairn_image *image = ((image_file *)file)->image;
  if (image->frozen) return 0;
  if (address > HIGHEST_ADDRESS || size > HIGHEST_ADDRESS - address) return -1;
  size_t place = (size_t)address;
  // Bytes that are not ours are not written to.
  if (touches_loan(image, place, size) || !reserve(image, place + size)) return -1;
  const char *bytes = buffer;
  bool lent = image->lent && size >= SMALLEST_LOAN && bytes >= image->lent &&
              bytes + size <= image->lent + image->lent_size;
  if (lent) {
    if (!note_loan(image, place, size, bytes)) return -1;
  } else {
    memcpy(image->own + place, bytes, size);
  }
  if (place + size > image->size) image->size = place + size;
  return 0;
}

static const H5FD_class_t image_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)640,
#endif
    .name = "cairn_image",
    .maxaddr = ((haddr_t)1 << 62) - 1,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(image_access),
    .open = open_image,
    .close = close_image,
    .cmp = compare_images,
    .query = query_image,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_image,
    .write = write_image,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

int cairn_image_set_access(long long access, cairn_image *image) {
  static hid_t driver = -1;
  if (driver < 0) driver = H5FDregister(&image_class);
  if (driver < 0) return -1;
  image_access info = {image};
  return H5Pset_driver((hid_t)access, driver, &info);
}
