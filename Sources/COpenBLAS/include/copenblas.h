// OpenBLAS, loaded when it is needed and not with the program: its constructor starts a thread a processor, and ends the
// process where it cannot. Loaded here it has one thread, and its buffers are taken while that can still be refused: within
// sgemm it asks for one again and again, without end, if there is no memory.
#ifndef CAIRN_COPENBLAS_H
#define CAIRN_COPENBLAS_H

#include <stdint.h>

/// Address space of one buffer, of which a product has one: 128 MB on x86-64, and what stands around it (129 << 20).
#define CAIRN_OPENBLAS_BUFFER_BYTES 135266304

/// Loads the library, once, with one thread whatever the environment says.
///
/// Returns NULL, or why it could not be loaded.
const char *cairn_openblas_load(void);

/// Takes buffers for products at the same time until there are `wanted`, as far as the library and the memory allow; they
/// stay the library's. Products beyond them wait for each other.
///
/// Returns how many there are; 0: not even one product can be computed.
int32_t cairn_openblas_reserve(int32_t wanted);

/// The processor core that it computes for. "" if it could not be loaded.
const char *cairn_openblas_core(void);
/// Threads that it would use for a product. 0 if it could not be loaded.
int32_t cairn_openblas_threads(void);

/// C = op(A) op(B) + beta C, row-major; op(A) is [m, k], op(B) [k, n]. `lda`, `ldb`, `ldc`: floats from row to row.
///
/// Loads the library and reserves a buffer if that has not been done, and ends the process where it cannot.
void cairn_sgemm(
    int a_transposed, int b_transposed, int32_t m, int32_t n, int32_t k, const float *a, int32_t lda, const float *b,
    int32_t ldb, float beta, float *c, int32_t ldc);

#endif
