// Loops of normalizations over many rows of few channels: images and signals, [rows * positions, channels]. Memory is
// what they wait for, so that each pass goes through it once, in blocks that fit into the first-level cache; sums are
// taken in float within a block and in double over the blocks. Blocks follow from the number of channels alone. Same
// rules as ckernels.h.
#ifndef CAIRN_CCHANNELS_H
#define CAIRN_CCHANNELS_H

#include <stddef.h>

/// mean[c] and biased variance[c] over the rows of x: [rows, channels]; each block about its own mean, blocks put together
/// by Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances, 1979.
/// sums: clobbered, [2 channels].
void cairn_channel_moments(size_t rows, size_t channels, const float *x, float *mean, float *variance, double *sums);

/// y = gamma inverse (x - mean) + beta, channel by channel
void cairn_normalize_channels(size_t rows, size_t channels, const float *x, const float *mean, const float *inverse,
                              const float *gamma, const float *beta, float *y);

/// dgamma = sum_r dy xhat, dbeta = sum_r dy, dx = gamma inverse (dy - dbeta / rows - xhat dgamma / rows);
/// all overwritten, dx may be NULL. sums: clobbered, [2 channels].
void cairn_normalize_channels_backward(size_t rows, size_t channels, const float *x, const float *dy, const float *mean,
                                       const float *inverse, const float *gamma, float *dgamma, float *dbeta, float *dx,
                                       double *sums);

/// One sample: mean and 1 / sqrt(variance + epsilon) of each group of channels over all positions ([groups],
/// overwritten), and y = gamma inverse (x - mean) + beta. scratch: clobbered, [2 channels].
void cairn_normalize_groups(size_t positions, size_t channels, size_t groups, const float *x, float epsilon,
                            const float *gamma, const float *beta, float *mean, float *inverse, float *y,
                            float *scratch);

/// One sample; dgamma and dbeta are added to, dx is overwritten or NULL. scratch: clobbered, [4 channels].
void cairn_normalize_groups_backward(size_t positions, size_t channels, size_t groups, const float *x, const float *dy,
                                     const float *mean, const float *inverse, const float *gamma, float *dgamma,
                                     float *dbeta, float *dx, float *scratch);

/// inverse[r] = 1 / sqrt(mean of the row's squares + epsilon), overwritten; y = scale x inverse.
void cairn_normalize_rms(size_t rows, size_t columns, const float *x, float epsilon, const float *scale, float *inverse,
                         float *y);

/// dscale = sum_r dy x inverse, dx = inverse (scale dy - x inverse^2 mean_c(scale dy x)); overwritten, dx may be NULL.
void cairn_normalize_rms_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *inverse,
                                  const float *scale, float *dscale, float *dx);

#endif
