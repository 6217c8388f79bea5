// Compiles a function once per instruction set and picks at run time, where the loops need no helper that passes vector
// registers (those are built in variant_*.c).
#ifndef CAIRN_CLONES_H
#define CAIRN_CLONES_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Its instrumentation would run in the resolvers, before the sanitizer is there to be called: a crash at the start.
#define CAIRN_CLONES
#endif
#endif

#if defined(CAIRN_CLONES)
#elif defined(__x86_64__) && defined(__linux__)
#define CAIRN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CAIRN_CLONES
#endif

#endif
