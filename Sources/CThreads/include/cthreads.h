// What the worker team asks of Linux and of the processor, and Swift cannot reach by itself.
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

/// Sets this thread's floating-point environment to IEEE defaults: round to nearest, denormals kept, no traps.
/// A new thread inherits its creator's settings, so results would otherwise depend on who made it.
void cairn_set_ieee_arithmetic(void);

#endif
