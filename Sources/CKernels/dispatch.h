// Compile a function once per instruction set and pick at run time.
#ifndef CAIRN_DISPATCH_H
#define CAIRN_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__)
#define CAIRN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CAIRN_CLONES
#endif

#endif
