// Picks the instruction set before main, and forwards.
#include <string.h>

#include "table.h"

// Written before main, and by tests that compare instruction sets while nothing else runs.
static const cairn_kernels *kernels = &cairn_kernels_generic;

static int supported(const cairn_kernels *candidate) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (candidate == &cairn_kernels_x86_64_v4) return __builtin_cpu_supports("x86-64-v4") != 0;
  if (candidate == &cairn_kernels_x86_64_v3) return __builtin_cpu_supports("x86-64-v3") != 0;
#endif
  return candidate == &cairn_kernels_generic;
}

static const cairn_kernels *const candidates[] = {
#if defined(__x86_64__)
  &cairn_kernels_x86_64_v4,
  &cairn_kernels_x86_64_v3,
#endif
  &cairn_kernels_generic,
};
static const size_t candidate_count = sizeof candidates / sizeof candidates[0];

__attribute__((constructor)) static void choose(void) {
  for (size_t k = 0; k < candidate_count; k++) {
    if (supported(candidates[k])) {
      kernels = candidates[k];
      return;
    }
  }
}

const cairn_kernels *cairn_kernels_in_use(void) { return kernels; }

const char *cairn_instruction_set(void) { return kernels->name; }

int32_t cairn_vector_lanes(void) { return kernels->lanes; }

int32_t cairn_use_instruction_set(const char *name) {
  if (name == NULL) {
    choose();
    return 1;
  }
  for (size_t k = 0; k < candidate_count; k++) {
    if (strcmp(candidates[k]->name, name) == 0 && supported(candidates[k])) {
      kernels = candidates[k];
      return 1;
    }
  }
  return 0;
}

void cairn_exp(const float *x, float *y, size_t count) { kernels->exp(x, y, count); }
void cairn_tanh(const float *x, float *y, size_t count) { kernels->tanh(x, y, count); }
void cairn_sigmoid(const float *x, float *y, size_t count) { kernels->sigmoid(x, y, count); }
void cairn_erf(const float *x, float *y, size_t count) { kernels->erf(x, y, count); }
void cairn_log1p_exp(const float *x, float *y, size_t count) { kernels->log1p_exp(x, y, count); }

void cairn_bias_activation(int32_t function, float parameter, size_t rows, size_t columns, const float *bias,
                           float *preactivation, float *y) {
  kernels->bias_activation(function, parameter, rows, columns, bias, preactivation, y);
}

void cairn_bias_gelu(size_t rows, size_t columns, const float *bias, float *slope, float *y) {
  kernels->bias_gelu(rows, columns, bias, slope, y);
}

void cairn_activation_backward(int32_t function, float parameter, size_t count, const float *dy, const float *y,
                               const float *z, float *dz) {
  kernels->activation_backward(function, parameter, count, dy, y, z, dz);
}

void cairn_softmax_rows(size_t rows, size_t columns, const float *x, float *y) {
  kernels->softmax_rows(rows, columns, x, y);
}

void cairn_softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz) {
  kernels->softmax_rows_backward(rows, columns, dy, y, dz);
}

void cairn_log_softmax_rows(size_t rows, size_t columns, const float *x, float *y) {
  kernels->log_softmax_rows(rows, columns, x, y);
}

void cairn_log_softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz) {
  kernels->log_softmax_rows_backward(rows, columns, dy, y, dz);
}

void cairn_add(const float *x, float *y, size_t count) { kernels->add(x, y, count); }
void cairn_scale(float *y, float s, size_t count) { kernels->scale(y, s, count); }
void cairn_add_scaled(const float *x, float s, float *y, size_t count) { kernels->add_scaled(x, s, y, count); }

void cairn_multiply(const float *x, const float *m, float *y, size_t count) { kernels->multiply(x, m, y, count); }

void cairn_add_column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  kernels->add_column_sums(rows, columns, x, sums);
}

void cairn_dropout_mask(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                        float rate, float *mask) {
  kernels->dropout_mask(key, step, layer, first_row, rows, columns, rate, mask);
}

void cairn_small_product(size_t rows, size_t columns, size_t inner, const float *a, int32_t a_transposed, const float *b,
                         int32_t b_transposed, float *c, int32_t accumulating) {
  kernels->small_product(rows, columns, inner, a, a_transposed, b, b_transposed, c, accumulating);
}

void cairn_panel_product(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                         int32_t accumulating) {
  kernels->panel_product(rows, columns, inner, a, b, c, accumulating);
}

void cairn_panel_product_transposed(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                                    int32_t accumulating) {
  kernels->panel_product_transposed(rows, columns, inner, a, b, c, accumulating);
}

void cairn_pack_panels(size_t rows, size_t columns, const float *x, float *panels) {
  kernels->pack_panels(rows, columns, x, panels);
}

void cairn_sum_outer_products(const cairn_factors *factors, size_t count, size_t inputs, size_t units, size_t first,
                              size_t end, float *c, float *scratch) {
  kernels->sum_outer_products(factors, count, inputs, units, first, end, c, scratch);
}

void cairn_finish_gradient(float *g, float scale, const float *w, float l1, float l2, size_t count,
                           cairn_tile_statistics *statistics) {
  kernels->finish_gradient(g, scale, w, l1, l2, count, statistics);
}

size_t cairn_count_nonfinite(const float *x, size_t count) { return kernels->count_nonfinite(x, count); }

void cairn_copy_scaled(const float *g, float scale, float *u, size_t count) {
  kernels->copy_scaled(g, scale, u, count);
}

void cairn_copy_clipped(const float *g, float limit, float *u, size_t count) {
  kernels->copy_clipped(g, limit, u, count);
}

void cairn_trace(float *u, float *m, float mu, int32_t nesterov, size_t count) {
  kernels->trace(u, m, mu, nesterov, count);
}

void cairn_scale_by_rms(float *u, float *v, float *a, double rho, float epsilon, size_t count) {
  kernels->scale_by_rms(u, v, a, rho, epsilon, count);
}

void cairn_scale_by_adagrad(float *u, float *s, float epsilon, size_t count) {
  kernels->scale_by_adagrad(u, s, epsilon, count);
}

void cairn_scale_by_adam(float *u, float *m, float *v, float *vhat, double beta1, double beta2, float epsilon,
                         float correction, size_t count) {
  kernels->scale_by_adam(u, m, v, vhat, beta1, beta2, epsilon, correction, count);
}

void cairn_scale_by_nadam(float *u, float *m, float *v, double beta1, double beta2, float epsilon,
                          float momentum_factor, float gradient_factor, float variance_factor, size_t count) {
  kernels->scale_by_nadam(u, m, v, beta1, beta2, epsilon, momentum_factor, gradient_factor, variance_factor, count);
}

void cairn_scale_by_lion(float *u, float *m, double beta1, double beta2, size_t count) {
  kernels->scale_by_lion(u, m, beta1, beta2, count);
}

void cairn_average(float *a, const float *w, float momentum, size_t count) {
  kernels->average(a, w, momentum, count);
}

void cairn_apply_update(const float *u, float *w, size_t count, cairn_update_statistics *statistics) {
  kernels->apply_update(u, w, count, statistics);
}

void cairn_adam_update(const float *g, float scale, float *m, float *v, float *vhat, double beta1, double beta2,
                       float epsilon, float correction, float rate, int decays, float decay, float *u, float *w,
                       size_t count, cairn_update_statistics *statistics) {
  kernels->adam_update(g, scale, m, v, vhat, beta1, beta2, epsilon, correction, rate, decays, decay, u, w, count,
                       statistics);
}
