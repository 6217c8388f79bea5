// Loops of convolutions, channels last. Same rules as ckernels.h.
#ifndef CAIRN_CCONVOLUTION_H
#define CAIRN_CCONVOLUTION_H

#include <stddef.h>
#include <stdint.h>

/// A convolution of images x [rows, columns, channels] with a kernel [kernel_rows, kernel_columns, channels / groups,
/// filters] to y [out_rows, out_columns, filters]:
///
///   y[i, j, f] = sum over a, b, c of x[i stride_rows + a dilation_rows - top, j stride_columns + b dilation_columns - left,
///                                      c of f's group] kernel[a, b, c, f]
///
/// where x is 0 outside of the image. Filters and channels of a group stand together.
typedef struct {
  size_t rows, columns, channels;
  size_t out_rows, out_columns, filters;
  size_t kernel_rows, kernel_columns;
  size_t stride_rows, stride_columns;
  size_t dilation_rows, dilation_columns;
  size_t top, left;
  size_t groups;
} cairn_convolution;

/// What a kernel is packed for.
enum { CAIRN_CONVOLVE = 0, CAIRN_CONVOLVE_BACK = 1 };

/// Floats of a packed kernel, and what the functions below clobber of `scratch`, for any way that they are called.
size_t cairn_convolution_packed_count(const cairn_convolution *g, int32_t winograd);
size_t cairn_convolution_scratch_count(const cairn_convolution *g, int32_t winograd);

/// Whether the convolution has the shape for Winograd's minimal filtering F(4x4, 3x3): fewer than half of the
/// multiplications, for a relative error of up to 3e-6, that of direct sums being up to 5e-7.
/// [Lavin, Gray: Fast algorithms for convolutional neural networks, 2016]
int32_t cairn_convolution_suits_winograd(const cairn_convolution *g);

/// packed: the kernel for `direction`; overwritten.
void cairn_pack_convolution(const cairn_convolution *g, int32_t winograd, int32_t direction, const float *kernel,
                            float *packed);
/// y of `images` images; overwritten. An element depends on its image and its place alone.
void cairn_convolve(const cairn_convolution *g, int32_t winograd, size_t images, const float *x, const float *packed,
                    float *y, float *scratch);
/// dx = dL/dx; overwritten. `packed` for CAIRN_CONVOLVE_BACK.
void cairn_convolve_back(const cairn_convolution *g, int32_t winograd, size_t images, const float *dy,
                         const float *packed, float *dx, float *scratch);
/// dkernel = dL/dkernel, summed over the images in their order; overwritten.
void cairn_convolve_kernel(const cairn_convolution *g, int32_t winograd, size_t images, const float *x,
                           const float *dy, float *dkernel, float *scratch);

// Each channel on its own: kernel [kernel_rows, kernel_columns, channels, multiplier], filters = channels * multiplier,
// filter c * multiplier + m reads channel c. `groups` is not read.

size_t cairn_depthwise_scratch_count(const cairn_convolution *g);
void cairn_depthwise(const cairn_convolution *g, size_t images, const float *x, const float *kernel, float *y,
                     float *scratch);
void cairn_depthwise_back(const cairn_convolution *g, size_t images, const float *dy, const float *kernel, float *dx,
                          float *scratch);
void cairn_depthwise_kernel(const cairn_convolution *g, size_t images, const float *x, const float *dy, float *dkernel,
                            float *scratch);

#endif
