// AVX-512: 512-bit registers, masks.
#if defined(__x86_64__)
#define LANES 16
#define TARGET "arch=x86-64-v4"
#define VARIANT cairn_kernels_x86_64_v4
#define VARIANT_NAME "x86-64-v4"
#include "variant.h"
#endif
