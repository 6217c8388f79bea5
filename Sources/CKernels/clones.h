// Compiles a function once per instruction set and picks at run time, where the loops need no helper that passes vector
// registers (those are built in variant_*.c).
#ifndef CAIRN_CLONES_H
#define CAIRN_CLONES_H

#if defined(__x86_64__) && defined(__linux__)
#define CAIRN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CAIRN_CLONES
#endif

#endif
