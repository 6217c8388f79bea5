#define _GNU_SOURCE
#include "cthreads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

int cairn_affinity_count(void) {
  // The mask must be as wide as the kernel's; double until sched_getaffinity takes it.
  for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (!set) return -1;
    size_t size = CPU_ALLOC_SIZE(processors);
    int failed = sched_getaffinity(0, size, set);
    int count = failed ? -1 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (!failed) return count;
  }
  return -1;
}

void cairn_futex_wait(const uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void cairn_futex_wake_all(const uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#if defined(__x86_64__)
// MXCSR: all exceptions masked, round to nearest, flush to zero (bit 15), denormals are zeros (bit 6).
uint64_t cairn_enter_arithmetic(void) {
  const uint64_t before = _mm_getcsr();
  _mm_setcsr(0x9fc0);
  return before;
}
void cairn_leave_arithmetic(uint64_t before) { _mm_setcsr((uint32_t)before); }
#elif defined(__aarch64__)
// FPCR: flush to zero (bit 24), everything else at its default.
uint64_t cairn_enter_arithmetic(void) {
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24));
  return before;
}
void cairn_leave_arithmetic(uint64_t before) { __asm__ volatile("msr fpcr, %0" : : "r"(before)); }
#endif

int32_t cairn_fork(void) {
  const pid_t parent = getpid();
  const int numbers[] = {SIGUSR2, SIGALRM, SIGTERM, SIGINT, SIGUSR1, SIGHUP};
  sigset_t wishes, before;
  sigemptyset(&wishes);
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) sigaddset(&wishes, numbers[index]);
  pthread_sigmask(SIG_BLOCK, &wishes, &before);
  const pid_t child = fork();
  const int code = errno;
  if (child != 0) {
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return child;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);  // it has ended meanwhile
  setpgid(0, 0);
  return 0;
}

int cairn_pin(int first, int count) {
  for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
    cpu_set_t *all = CPU_ALLOC(processors), *own = CPU_ALLOC(processors);
    const size_t size = CPU_ALLOC_SIZE(processors);
    int result = -1, isTooNarrow = 0;
    if (all && own) {
      if (sched_getaffinity(0, size, all) == 0) {
        CPU_ZERO_S(size, own);
        int number = 0;
        for (int cpu = 0; cpu < processors; cpu++) {
          if (!CPU_ISSET_S(cpu, size, all)) continue;
          if (number >= first && number < first + count) CPU_SET_S(cpu, size, own);
          number++;
        }
        if (CPU_COUNT_S(size, own) == count) result = sched_setaffinity(0, size, own);
      } else {
        isTooNarrow = errno == EINVAL;
      }
    }
    CPU_FREE(all);
    CPU_FREE(own);
    if (!isTooNarrow) return result;
  }
  return -1;
}

void cairn_start_writeback(int descriptor, int64_t offset, int64_t count) {
  sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

void cairn_limit_files(int32_t process, int64_t bytes) {
  struct rlimit limit;
  if (prlimit(process, RLIMIT_FSIZE, NULL, &limit) != 0) return;
  limit.rlim_cur = bytes < 0 || (rlim_t)bytes > limit.rlim_max ? limit.rlim_max : (rlim_t)bytes;
  prlimit(process, RLIMIT_FSIZE, &limit, NULL);
}
