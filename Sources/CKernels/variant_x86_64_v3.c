// AVX2 and FMA: 256-bit registers.
#if defined(__x86_64__)
#define LANES 8
#define TARGET "arch=x86-64-v3"
#define VARIANT cairn_kernels_x86_64_v3
#define VARIANT_NAME "x86-64-v3"
#include "variant.h"
#endif
