// Decodes mutated images: for scripts/fuzz-images, which builds it with sanitizers.
//
// usage: fuzz-images COUNT SEED FILE...
// Every image is a file of the list with bits turned, bytes replaced, pieces cut out, doubled or moved, extents made huge or
// chunks made wrong; its checksums are mended in half of the PNG files, so that decoders look further. One that takes longer
// than 10 seconds, or reads or writes beyond its bytes, ends the program.
#define _GNU_SOURCE
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "decoding.h"

static uint64_t state;

static uint32_t draw(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static size_t below(size_t count) { return count == 0 ? 0 : draw() % count; }

typedef struct {
  uint8_t *bytes;
  size_t size;
} file;

static file read_file(const char *path) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) {
    perror(path);
    exit(2);
  }
  fseek(stream, 0, SEEK_END);
  file made = {NULL, (size_t)ftell(stream)};
  rewind(stream);
  made.bytes = malloc(made.size);
  if (fread(made.bytes, 1, made.size, stream) != made.size) exit(2);
  fclose(stream);
  return made;
}

static void store(uint8_t *bytes, uint32_t value) {
  for (int index = 0; index < 4; index++) bytes[index] = (uint8_t)(value >> (24 - 8 * index));
}

static uint32_t load(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/// Makes the checksums of a PNG file's chunks right.
static void mend(uint8_t *bytes, size_t size) {
  if (cairn_image_kind_of(bytes, size) != CAIRN_IMAGE_PNG) return;
  size_t place = 8;
  while (size - place >= 12) {
    size_t length = load(bytes + place);
    if (length > size - place - 12) return;
    store(bytes + place + 8 + length, (uint32_t)crc32(0, bytes + place + 4, (uInt)(length + 4)));
    place += length + 12;
  }
}

static const uint32_t extents[] = {0, 1, 255, 65535, 65536, 8191, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 100000};

static size_t mutate(uint8_t *bytes, size_t size, size_t capacity) {
  for (size_t round = 1 + below(3); round-- > 0 && size > 0;) {
    switch (below(8)) {
      case 0: size -= below(size); break;
      case 1:
        for (size_t count = 1 + below(8); count-- > 0;) bytes[below(size)] ^= (uint8_t)(1 << below(8));
        break;
      case 2:
        for (size_t count = 1 + below(8); count-- > 0;) bytes[below(size)] = (uint8_t)draw();
        break;
      case 3: {
        size_t from = below(size), length = below(size - from) % 300, to = below(size);
        if (size + length > capacity) break;
        uint8_t piece[300];
        memcpy(piece, bytes + from, length);
        memmove(bytes + to + length, bytes + to, size - to);
        memcpy(bytes + to, piece, length);
        size += length;
        break;
      }
      case 4: {
        size_t from = below(size), length = below(size - from) % 300;
        memmove(bytes + from, bytes + from + length, size - from - length);
        size -= length;
        break;
      }
      case 5:  // extents, and what follows them: depth, colours, interlacing
        if (size > 29 && bytes[0] == 0x89) {
          store(bytes + 16 + 4 * below(2), extents[below(sizeof extents / sizeof *extents)]);
          if (below(2)) bytes[24 + below(5)] = (uint8_t)below(20);
        }
        break;
      case 6:  // lengths of chunks and segments
        for (size_t place = below(size); place + 12 < size; place++) {
          if (bytes[0] == 0x89 && memcmp(bytes + place + 4, "IDAT", 4) == 0) {
            store(bytes + place, extents[below(sizeof extents / sizeof *extents)]);
            break;
          }
          if (bytes[0] == 0xFF && bytes[place] == 0xFF && bytes[place + 1] >= 0xC0 && bytes[place + 1] != 0xFF) {
            bytes[place + 2 + below(8)] = (uint8_t)draw();
            break;
          }
        }
        break;
      default: memset(bytes + below(size), (int)draw(), 1); break;
    }
  }
  return size;
}

int main(int count, char **words) {
  if (count < 4) return 2;
  long images = atol(words[1]);
  state = strtoull(words[2], NULL, 10);
  int files = count - 3;
  file *seeds = malloc(sizeof(file) * (size_t)files);
  for (int index = 0; index < files; index++) seeds[index] = read_file(words[3 + index]);
  long good = 0;
  double slowest = 0;
  for (long number = 0; number < images; number++) {
    const file *seed = &seeds[below((size_t)files)];
    size_t capacity = seed->size + 1000;
    uint8_t *scratch = malloc(capacity);
    memcpy(scratch, seed->bytes, seed->size);
    size_t size = mutate(scratch, seed->size, capacity);
    if (below(2)) mend(scratch, size);
    // Exactly as many bytes as there are: one more is seen.
    uint8_t *bytes = malloc(size);
    memcpy(bytes, scratch, size);
    free(scratch);
    cairn_image_form form = {
        (int32_t)(1 + below(40)), (int32_t)(1 + below(40)), below(2) ? 3 : 1, (cairn_image_fit)below(3)};
    uint8_t *pixels = malloc((size_t)form.width * (size_t)form.height * (size_t)form.channels);
    char message[CAIRN_IMAGE_MESSAGE] = "";
    cairn_image_head head;
    alarm(10);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    cairn_image_read_head(bytes, size, &head, message);
    cairn_image_status status = cairn_image_decode(bytes, size, &form, pixels, message);
    clock_gettime(CLOCK_MONOTONIC, &after);
    alarm(0);
    double seconds = (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    if (seconds > slowest) slowest = seconds;
    if (status == CAIRN_IMAGE_GOOD) good++;
    else if (message[0] == 0 || memchr(message, 0, sizeof message) == NULL) {
      fprintf(stderr, "image %ld: status %d without a message\n", number, status);
      return 1;
    }
    free(bytes);
    free(pixels);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(
      "%ld images: %ld decoded, %ld refused; the slowest took %.2f s, the most memory was %ld MB\n", images, good,
      images - good, slowest, usage.ru_maxrss / 1024);
  for (int index = 0; index < files; index++) free(seeds[index].bytes);
  free(seeds);
  return usage.ru_maxrss / 1024 > 2500;
}
