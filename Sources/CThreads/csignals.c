#define _GNU_SOURCE
#include "csignals.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// Written by handlers, which run on any thread.
static _Atomic int32_t stop_signal, save_wish, has_steps, is_read, is_hurried, is_quiet;
static _Atomic int64_t last_step, longest_step;  // milliseconds

enum { patience = 20000, hurry_unread = 5, hurry_saving = 25, refused = 71 };

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// Only calls that are safe in a handler.
static void say(const char *text) {
  const ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written;
}

static void end(int number, const char *why) {
  if (atomic_load(&is_quiet)) _exit(128 + number);
  // A live line, and the keys that a terminal has shown on it, are not left behind.
  if (isatty(STDERR_FILENO)) say("\r\033[J");
  char line[256] = "\ncairn: ended by signal ";
  size_t length = strlen(line);
  if (number >= 10) line[length++] = (char)('0' + number / 10 % 10);
  line[length++] = (char)('0' + number % 10);
  line[length] = 0;
  strncat(line, why, sizeof line - length - 2);
  strcat(line, "\n");
  say(line);
  _exit(128 + number);
}

static int64_t deadline(void) {
  const int64_t slow = 10 * atomic_load(&longest_step);
  return atomic_load(&last_step) + (slow > patience ? slow : patience);
}

static void handle(int number) {
  const int saved = errno;
  if (number == SIGUSR2) {
    atomic_store(&save_wish, 1);
  } else if (number == SIGALRM) {
    const int first = atomic_load(&stop_signal);
    if (first && atomic_load(&is_hurried)) end(first, " after a second signal; what has been saved stands");
    if (first && !atomic_load(&is_read)) {
      const int64_t left = deadline() - now();
      if (left <= 0) end(first, ": no step has ended for long; what has been saved stands");
      alarm((unsigned)(left / 1000 + 1));
    }
  } else if (!atomic_load(&has_steps)) {
    end(number, " before the first step: nothing has been saved by this start, what stood before stands");
  } else {
    int32_t none = 0;
    if (atomic_compare_exchange_strong(&stop_signal, &none, number)) {
      const int64_t left = deadline() - now();
      alarm((unsigned)(left > 1000 ? left / 1000 + 1 : 1));
    } else if (number == SIGINT) {
      end(number, " that came twice: at once; what has been saved stands");
    } else if (!atomic_exchange(&is_hurried, 1)) {
      alarm(atomic_load(&is_read) ? hurry_saving : hurry_unread);
    }
  }
  errno = saved;
}

void cairn_watch_signals(int speaks) {
  atomic_store(&is_quiet, !speaks);
  const int numbers[] = {SIGUSR2, SIGALRM, SIGTERM, SIGINT, SIGUSR1, SIGHUP};
  // Whoever started this process may have blocked them: threads of Dispatch and of other runtimes do.
  sigset_t wanted;
  sigemptyset(&wanted);
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) sigaddset(&wanted, numbers[index]);
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (numbers[index] == SIGHUP && sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    // One at a time: the first to come is the one that counts.
    for (size_t other = 0; other < sizeof numbers / sizeof *numbers; other++) sigaddset(&action.sa_mask, numbers[other]);
    sigaction(numbers[index], &action, NULL);
  }
  // For the threads that are made from here on too.
  pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

void cairn_forget_signals(void) {
  atomic_store(&stop_signal, 0);
  atomic_store(&save_wish, 0);
  atomic_store(&has_steps, 0);
  atomic_store(&is_read, 0);
  atomic_store(&is_hurried, 0);
}

void cairn_begin_steps(void) {
  atomic_store(&last_step, now());
  atomic_store(&has_steps, 1);
}

void cairn_note_step(void) {
  const int64_t time = now();
  const int64_t length = time - atomic_exchange_explicit(&last_step, time, memory_order_relaxed);
  if (length > atomic_load_explicit(&longest_step, memory_order_relaxed)) atomic_store(&longest_step, length);
}

int32_t cairn_stop_signal(void) {
  const int32_t number = atomic_load_explicit(&stop_signal, memory_order_relaxed);
  if (number) atomic_store_explicit(&is_read, 1, memory_order_relaxed);
  return number;
}

int32_t cairn_take_save(void) {
  if (!atomic_load_explicit(&save_wish, memory_order_relaxed)) return 0;
  return atomic_exchange(&save_wish, 0);
}

// A failed allocation of Swift's ends in a trap, one that a C library did not check in a fault.
static void handle_crash(int number) {
  void *trial = mmap(NULL, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (trial == MAP_FAILED) {
    say("\ncairn: not enough memory: the address space is used up; raise `ulimit -v`, or use fewer workers\n");
    _exit(refused);
  }
  // Something else: as if nobody had been here.
  signal(number, SIG_DFL);
  raise(number);
}

void cairn_watch_memory(void) {
  // Each thread's own heap would take 64 MB of address space.
  mallopt(M_ARENA_MAX, 1);
  const int numbers[] = {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle_crash;
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(numbers[index], &action, NULL);
  }
}
