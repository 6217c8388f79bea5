// What does not depend on the instruction set, or forwards to the one in use.
#include "include/cconvolution.h"

#include "table.h"

int32_t cairn_convolution_suits_winograd(const cairn_convolution *g) {
  if (cairn_vector_lanes() < 8 || g->groups != 1 || g->kernel_rows != 3 || g->kernel_columns != 3) return 0;
  if (g->stride_rows != 1 || g->stride_columns != 1 || g->dilation_rows != 1 || g->dilation_columns != 1) return 0;
  if (g->channels < 16 || g->filters < 16 || g->top > 2 || g->left > 2) return 0;
  // The products of whole tiles, and the transforms, against 9 products an output.
  const size_t tiles = (g->out_rows + 3) / 4 * ((g->out_columns + 3) / 4);
  const size_t back = (g->rows + 3) / 4 * ((g->columns + 3) / 4);
  return tiles * 36 * 3 <= g->out_rows * g->out_columns * 9 * 2 && back * 36 * 3 <= g->rows * g->columns * 9 * 2;
}

size_t cairn_convolution_packed_count(const cairn_convolution *g, int32_t winograd) {
  return cairn_kernels_in_use()->convolution_packed_count(g, winograd);
}

size_t cairn_convolution_scratch_count(const cairn_convolution *g, int32_t winograd) {
  return cairn_kernels_in_use()->convolution_scratch_count(g, winograd);
}

void cairn_pack_convolution(const cairn_convolution *g, int32_t winograd, int32_t direction, const float *kernel,
                            float *packed) {
  cairn_kernels_in_use()->pack_convolution(g, winograd, direction, kernel, packed);
}

void cairn_convolve(const cairn_convolution *g, int32_t winograd, size_t images, const float *x, const float *packed,
                    float *y, float *scratch) {
  cairn_kernels_in_use()->convolve(g, winograd, images, x, packed, y, scratch);
}

void cairn_convolve_back(const cairn_convolution *g, int32_t winograd, size_t images, const float *dy,
                         const float *packed, float *dx, float *scratch) {
  cairn_kernels_in_use()->convolve_back(g, winograd, images, dy, packed, dx, scratch);
}

void cairn_convolve_kernel(const cairn_convolution *g, int32_t winograd, size_t images, const float *x,
                           const float *dy, float *dkernel, float *scratch) {
  cairn_kernels_in_use()->convolve_kernel(g, winograd, images, x, dy, dkernel, scratch);
}

size_t cairn_depthwise_scratch_count(const cairn_convolution *g) {
  return cairn_kernels_in_use()->depthwise_scratch_count(g);
}

void cairn_depthwise(const cairn_convolution *g, size_t images, const float *x, const float *kernel, float *y,
                     float *scratch) {
  cairn_kernels_in_use()->depthwise(g, images, x, kernel, y, scratch);
}

void cairn_depthwise_back(const cairn_convolution *g, size_t images, const float *dy, const float *kernel, float *dx,
                          float *scratch) {
  cairn_kernels_in_use()->depthwise_back(g, images, dy, kernel, dx, scratch);
}

void cairn_depthwise_kernel(const cairn_convolution *g, size_t images, const float *x, const float *dy, float *dkernel,
                            float *scratch) {
  cairn_kernels_in_use()->depthwise_kernel(g, images, x, dy, dkernel, scratch);
}
