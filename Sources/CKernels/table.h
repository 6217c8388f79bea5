// One row of function pointers an instruction set; the functions themselves are documented in ckernels.h.
#ifndef CAIRN_TABLE_H
#define CAIRN_TABLE_H

#include "include/cattention.h"
#include "include/cconvolution.h"
#include "include/ckernels.h"
#include "include/crecurrent.h"

typedef struct {
  const char *name;
  int32_t lanes;

  void (*exp)(const float *x, float *y, size_t count);
  void (*tanh)(const float *x, float *y, size_t count);
  void (*sigmoid)(const float *x, float *y, size_t count);
  void (*erf)(const float *x, float *y, size_t count);
  void (*log1p_exp)(const float *x, float *y, size_t count);
  void (*bias_activation)(int32_t function, float parameter, size_t rows, size_t columns, const float *bias,
                          float *preactivation, float *y);
  void (*bias_gelu)(size_t rows, size_t columns, const float *bias, float *slope, float *y);
  void (*activation_backward)(int32_t function, float parameter, size_t count, const float *dy, const float *y,
                              const float *z, float *dz);
  void (*softmax_rows)(size_t rows, size_t columns, const float *x, float *y);
  void (*softmax_rows_backward)(size_t rows, size_t columns, const float *dy, const float *y, float *dz);
  void (*log_softmax_rows)(size_t rows, size_t columns, const float *x, float *y);
  void (*log_softmax_rows_backward)(size_t rows, size_t columns, const float *dy, const float *y, float *dz);
  void (*add)(const float *x, float *y, size_t count);
  void (*scale)(float *y, float s, size_t count);
  void (*add_scaled)(const float *x, float s, float *y, size_t count);
  void (*multiply)(const float *x, const float *m, float *y, size_t count);
  void (*add_column_sums)(size_t rows, size_t columns, const float *x, float *sums);
  void (*dropout_mask)(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                       float rate, float *mask);

  void (*small_product)(size_t rows, size_t columns, size_t inner, const float *a, int32_t a_transposed, const float *b,
                        int32_t b_transposed, float *c, int32_t accumulating);
  void (*panel_product)(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                        int32_t accumulating);
  void (*panel_product_transposed)(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                                   int32_t accumulating);
  void (*pack_panels)(size_t rows, size_t columns, const float *x, float *panels);
  void (*sum_outer_products)(const cairn_factors *factors, size_t count, size_t inputs, size_t units, size_t first,
                             size_t end, float *c, float *scratch);

  void (*pack_standing)(size_t inner, size_t columns, const float *x, size_t stride, int32_t transposed, float *panels);
  void (*standing_product)(size_t rows, size_t columns, size_t inner, const float *a, size_t a_row, const float *panels,
                           float *c, size_t c_row, int32_t accumulating);
  void (*standing_outer_product)(size_t rows, size_t inputs, size_t columns, const float *a, size_t a_row,
                                 const float *panels, float *c, size_t c_row, int32_t accumulating, float *scratch);

  void (*copy_masked_rows)(size_t rows, size_t columns, const float *x, size_t x_row, const float *mask,
                           size_t mask_row, float *y, size_t y_row, int32_t adding);
  void (*simple_cell)(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h);
  void (*simple_cell_back)(const cairn_cell *cell, const float *gates, const float *z, float *dh, float *dgates);
  void (*lstm_cell)(const cairn_cell *cell, float *gates, float *z, const float *c0, float *c, const float *h0,
                    float *h);
  void (*lstm_cell_back)(const cairn_cell *cell, const float *gates, const float *z, const float *c0, const float *c,
                         float *dh, float *dc, float *dgates);
  void (*gru_cell)(const cairn_cell *cell, float *gates, float *z, const float *product, const float *h0, float *h);
  void (*gru_cell_back)(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                        float *dgates);
  void (*gru_gates)(const cairn_cell *cell, float *gates, float *z, const float *h0, float *reset);
  void (*gru_state)(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h);
  void (*gru_state_back)(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                         float *dgates);
  void (*gru_gates_back)(const cairn_cell *cell, const float *gates, const float *z, const float *h0,
                         const float *dreset, float *dh, float *dgates);

  size_t (*convolution_packed_count)(const cairn_convolution *g, int32_t winograd);
  size_t (*convolution_scratch_count)(const cairn_convolution *g, int32_t winograd);
  void (*pack_convolution)(const cairn_convolution *g, int32_t winograd, int32_t direction, const float *kernel,
                           float *packed);
  void (*convolve)(const cairn_convolution *g, int32_t winograd, size_t images, const float *x, const float *packed,
                   float *y, float *scratch);
  void (*convolve_back)(const cairn_convolution *g, int32_t winograd, size_t images, const float *dy,
                        const float *packed, float *dx, float *scratch);
  void (*convolve_kernel)(const cairn_convolution *g, int32_t winograd, size_t images, const float *x,
                          const float *dy, float *dkernel, float *scratch);
  size_t (*depthwise_scratch_count)(const cairn_convolution *g);
  void (*depthwise)(const cairn_convolution *g, size_t images, const float *x, const float *kernel, float *y,
                    float *scratch);
  void (*depthwise_back)(const cairn_convolution *g, size_t images, const float *dy, const float *kernel, float *dx,
                         float *scratch);
  void (*depthwise_kernel)(const cairn_convolution *g, size_t images, const float *x, const float *dy, float *dkernel,
                           float *scratch);

  size_t (*attention_scratch_count)(const cairn_attention *g);
  void (*attend)(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout, const float *q,
                 const float *k, const float *v, float *out, float *kept, float *figures, float *scratch);
  void (*attend_back)(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout,
                      const float *q, const float *k, const float *v, const float *out, const float *kept,
                      const float *dout, float *dq, float *dk, float *dv, float *scratch);

  void (*finish_gradient)(float *g, float scale, const float *w, float l1, float l2, size_t count,
                          cairn_tile_statistics *statistics);
  size_t (*count_nonfinite)(const float *x, size_t count);

  void (*copy_scaled)(const float *g, float scale, float *u, size_t count);
  void (*copy_clipped)(const float *g, float limit, float *u, size_t count);
  void (*trace)(float *u, float *m, float mu, int32_t nesterov, size_t count);
  void (*scale_by_rms)(float *u, float *v, float *a, double rho, float epsilon, size_t count);
  void (*scale_by_adagrad)(float *u, float *s, float epsilon, size_t count);
  void (*scale_by_adam)(float *u, float *m, float *v, float *vhat, double beta1, double beta2, float epsilon,
                        float correction, size_t count);
  void (*scale_by_nadam)(float *u, float *m, float *v, double beta1, double beta2, float epsilon,
                         float momentum_factor, float gradient_factor, float variance_factor, size_t count);
  void (*scale_by_lion)(float *u, float *m, double beta1, double beta2, size_t count);
  void (*average)(float *a, const float *w, float momentum, size_t count);
  void (*apply_update)(const float *u, float *w, size_t count, cairn_update_statistics *statistics);
  void (*adam_update)(const float *g, float scale, float *m, float *v, float *vhat, double beta1, double beta2,
                      float epsilon, float correction, float rate, int decays, float decay, float *u, float *w,
                      size_t count, cairn_update_statistics *statistics);
} cairn_kernels;

/// The row that all functions forward to.
const cairn_kernels *cairn_kernels_in_use(void);

extern const cairn_kernels cairn_kernels_generic;
#if defined(__x86_64__)
extern const cairn_kernels cairn_kernels_x86_64_v3;
extern const cairn_kernels cairn_kernels_x86_64_v4;
#endif

#endif
