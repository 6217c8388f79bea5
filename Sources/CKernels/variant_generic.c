// What every processor of the architecture can do: SSE2, NEON.
#define LANES 4
#define VARIANT cairn_kernels_generic
#define VARIANT_NAME "generic"
#include "variant.h"
