// Cross-entropies computed from logits. Same rules as ckernels.h.
#ifndef CAIRN_CCROSSENTROPY_H
#define CAIRN_CCROSSENTROPY_H

#include <stddef.h>

/// Sum of max(z, 0) - z u + log1p(exp(-|z|)), where u = (1 - smoothing) t + smoothing / 2;
/// gradient (NULL: none) = scale * (sigmoid(z) - u).
double cairn_sigmoid_crossentropy(size_t count, const float *z, const float *t, float smoothing, float scale,
                                  float *gradient);

/// Sum over the rows of -sum_k u_k log softmax(z)_k, where u = (1 - smoothing) t + smoothing / columns;
/// gradient (NULL: none) = softmax(z) - u, as in TensorFlow: the targets of a row are taken to sum to 1.
/// Targets are t: [rows, columns], or class numbers: [rows]; the other is NULL.
double cairn_softmax_crossentropy(size_t rows, size_t columns, const float *z, const float *t, const float *classes,
                                  float smoothing, float *gradient);

#endif
