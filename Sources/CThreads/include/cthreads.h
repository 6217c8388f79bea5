// What is asked of Linux and of the processor, and Swift cannot reach by itself.
#ifndef CAIRN_CTHREADS_H
#define CAIRN_CTHREADS_H

#include <stdint.h>

/// Processors in this thread's affinity mask; -1 if the kernel does not say.
int cairn_affinity_count(void);

/// Tells the core that this is a spin loop.
static inline void cairn_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/// Sleeps while `*word == expected`; may also return early. The caller looks again.
void cairn_futex_wait(const uint32_t *word, uint32_t expected);

/// Wakes every thread that sleeps on `word`.
void cairn_futex_wake_all(const uint32_t *word);

/// Sets this thread's floating-point environment to the one that networks are computed in: round to nearest, no traps,
/// denormals read and written as 0, as XLA and TensorFlow do. Adam's moments of a unit that died decay into denormals and
/// stay there (0.9 x rounds back to x), and the processor takes three times as long for them.
/// A new thread inherits its creator's settings, so results would otherwise depend on who made it.
/// Returns what `cairn_leave_arithmetic` puts back.
uint64_t cairn_enter_arithmetic(void);
void cairn_leave_arithmetic(uint64_t before);

/// Sets the disk to work on a part of a file that has been written; does not wait, and is no more than a hint.
void cairn_start_writeback(int descriptor, int64_t offset, int64_t count);

/// `fork`, which Swift's Glibc hides: for a process that has one thread. The child is ended with its parent, and heads a
/// process group of its own, so that keys of the terminal reach the parent alone. Signals that ask to stop wait in it until
/// `cairn_watch_signals`.
/// Returns 0 in the child, its number in the parent, -1 and errno where there can be none.
int32_t cairn_fork(void);

/// Binds this thread, and those that it makes from here on, to `count` of the processors that it may use, from the
/// `first`-th on. Returns 0, or -1 where the kernel does not do it.
int cairn_pin(int first, int count);

/// The soft limit on the size of files that another process of this user writes; -1: as large as its hard limit allows.
void cairn_limit_files(int32_t process, int64_t bytes);

#endif
