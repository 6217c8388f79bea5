#define _GNU_SOURCE
#include "copenblas.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// As cblas.h has it, for a library of 32-bit integers, which is the one of this name.
enum { row_major = 101, no_transpose = 111, transpose = 112 };
typedef void (*sgemm_function)(
    int order, int a_transposed, int b_transposed, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc);

static sgemm_function sgemm;
static const char *(*get_core)(void);
static const char *(*get_config)(void);
static int (*get_threads)(void);
static void (*set_threads)(int);
// Not in its header; nil in a library that hides them.
static void *(*take_buffer)(int);
static void (*give_buffer)(void *);

static pthread_once_t loading = PTHREAD_ONCE_INIT;
static char problem[512];
static int is_loaded;

static pthread_mutex_t reserving = PTHREAD_MUTEX_INITIALIZER;
static int32_t reserved;
// Buffers that no product uses; and products that wait for one.
static _Atomic int32_t idle;
static _Atomic int32_t waiting;

static void load(void) {
  // Read by the library's constructor. Put back, as children may be other programs.
  const char *before = getenv("OPENBLAS_NUM_THREADS");
  char *kept = before ? strdup(before) : NULL;
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = NULL;
  const char *names[] = {"libopenblas.so.0", "libopenblas.so.3", "libopenblas.so"};
  for (size_t number = 0; !library && number < sizeof names / sizeof *names; number++) {
    library = dlopen(names[number], RTLD_NOW | RTLD_LOCAL);
    // The first reason is the one that counts: the others are only further names.
    if (!library && !*problem) snprintf(problem, sizeof problem, "%s", dlerror());
  }
  if (kept) setenv("OPENBLAS_NUM_THREADS", kept, 1);
  else unsetenv("OPENBLAS_NUM_THREADS");
  free(kept);
  if (!library) return;
  *(void **)&sgemm = dlsym(library, "cblas_sgemm");
  *(void **)&get_core = dlsym(library, "openblas_get_corename");
  *(void **)&get_config = dlsym(library, "openblas_get_config");
  *(void **)&get_threads = dlsym(library, "openblas_get_num_threads");
  *(void **)&set_threads = dlsym(library, "openblas_set_num_threads");
  *(void **)&take_buffer = dlsym(library, "blas_memory_alloc");
  *(void **)&give_buffer = dlsym(library, "blas_memory_free");
  if (!sgemm || !get_core || !get_config || !get_threads || !set_threads) {
    snprintf(problem, sizeof problem, "libopenblas.so.0 is there, but lacks functions of OpenBLAS");
    return;
  }
  set_threads(1);
  *problem = 0;
  is_loaded = 1;
}

const char *cairn_openblas_load(void) {
  pthread_once(&loading, load);
  return is_loaded ? NULL : problem;
}

// How many buffers the library hands out before it complains: two for each thread that it was built for.
static int32_t most_buffers(void) {
  const char *text = strstr(get_config(), "MAX_THREADS=");
  const int threads = text ? atoi(text + strlen("MAX_THREADS=")) : 0;
  return threads > 0 && threads < 1 << 16 ? 2 * threads : 16;
}

static int has_room(void) {
  void *trial = mmap(
      NULL, CAIRN_OPENBLAS_BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (trial == MAP_FAILED) return 0;
  munmap(trial, CAIRN_OPENBLAS_BUFFER_BYTES);
  return 1;
}

int32_t cairn_openblas_reserve(int32_t wanted) {
  if (cairn_openblas_load()) return 0;
  pthread_mutex_lock(&reserving);
  const int32_t most = most_buffers();
  if (wanted > most) wanted = most;
  const int32_t before = reserved;
  if (wanted > before) {
    // All at once in hand, those of before too: else the library would hand out the same one again.
    void **buffers = calloc((size_t)wanted, sizeof *buffers);
    int32_t taken = 0;
    for (; buffers && taken < wanted && (taken < before || has_room()); taken++) {
      buffers[taken] = take_buffer ? take_buffer(0) : NULL;
      if (take_buffer && !buffers[taken]) break;
    }
    for (int32_t number = 0; number < taken; number++) {
      if (buffers[number]) give_buffer(buffers[number]);
    }
    free(buffers);
    if (taken > before) {
      reserved = taken;
      atomic_fetch_add(&idle, taken - before);
    }
  }
  const int32_t result = reserved;
  pthread_mutex_unlock(&reserving);
  return result;
}

const char *cairn_openblas_core(void) { return cairn_openblas_load() ? "" : get_core(); }
int32_t cairn_openblas_threads(void) { return cairn_openblas_load() ? 0 : get_threads(); }

static void enter(void) {
  int32_t count = atomic_load_explicit(&idle, memory_order_relaxed);
  while (1) {
    while (count > 0) {
      if (atomic_compare_exchange_weak_explicit(
              &idle, &count, count - 1, memory_order_acquire, memory_order_relaxed)) {
        return;
      }
    }
    atomic_fetch_add(&waiting, 1);
    syscall(SYS_futex, &idle, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    atomic_fetch_sub(&waiting, 1);
    count = atomic_load_explicit(&idle, memory_order_relaxed);
  }
}

static void leave(void) {
  atomic_fetch_add(&idle, 1);
  if (atomic_load(&waiting) > 0) syscall(SYS_futex, &idle, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void cairn_sgemm(
    int a_transposed, int b_transposed, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda, const float *b,
    int32_t ldb, float beta, float *c, int32_t ldc) {
  static _Atomic int is_ready;
  if (!atomic_load_explicit(&is_ready, memory_order_acquire)) {
    if (cairn_openblas_reserve(1) < 1) {
      fprintf(stderr, "OpenBLAS: %s\n", is_loaded ? "no memory for its buffer" : problem);
      abort();
    }
    atomic_store_explicit(&is_ready, 1, memory_order_release);
  }
  enter();
  sgemm(
      row_major, a_transposed ? transpose : no_transpose, b_transposed ? transpose : no_transpose, m, n, k, 1, a, lda, b,
      ldb, beta, c, ldc);
  leave();
}
