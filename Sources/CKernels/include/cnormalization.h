// Loops of batch and layer normalization, and of what is looked at in activations. Same rules as ckernels.h.
#ifndef CAIRN_CNORMALIZATION_H
#define CAIRN_CNORMALIZATION_H

#include <stddef.h>

/// mean[c] and biased variance[c] over the rows of x: [rows, columns]; two passes, so that the variance does not cancel.
void cairn_column_moments(size_t rows, size_t columns, const float *x, float *mean, float *variance);

/// inverse = 1 / sqrt(variance + epsilon)
void cairn_inverse_deviation(const float *variance, float epsilon, float *inverse, size_t count);

/// y = gamma (x - mean) inverse + beta, column by column
void cairn_normalize_columns(size_t rows, size_t columns, const float *x, const float *mean, const float *inverse,
                             const float *gamma, const float *beta, float *y);

/// dgamma = sum_r dy xhat, dbeta = sum_r dy, dx = gamma inverse (dy - dbeta / rows - xhat dgamma / rows);
/// all overwritten, dx may be NULL.
void cairn_normalize_columns_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *mean,
                                      const float *inverse, const float *gamma, float *dgamma, float *dbeta,
                                      float *dx);

/// The same along rows; mean and inverse: [rows], overwritten.
void cairn_normalize_rows(size_t rows, size_t columns, const float *x, float epsilon, const float *gamma,
                          const float *beta, float *mean, float *inverse, float *y);

void cairn_normalize_rows_backward(size_t rows, size_t columns, const float *x, const float *dy, const float *mean,
                                   const float *inverse, const float *gamma, float *dgamma, float *dbeta, float *dx);

/// Elements of y with |y - centre| > reach: those in the flat region of a saturating activation. NaN counts as flat.
size_t cairn_count_flat(const float *y, size_t count, float centre, float reach);

/// alive[c] = 1 where any row of y: [rows, columns] is not <= 0 in that column; else left alone.
void cairn_mark_alive(size_t rows, size_t columns, const float *y, float *alive);

#endif
