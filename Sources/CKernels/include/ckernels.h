// The loops that need the processor's vector units: elementwise functions, reductions, optimizer updates.
//
// Every function is compiled once per instruction set and picked at run time. Every function lets NaN and Inf
// through. A function's result at one element never depends on the element's position, so tiles may be cut anywhere;
// sums depend on the extent of the call alone. Arguments do not overlap unless said; each is read, overwritten,
// accumulated or clobbered as its line says. All of them are correct from a count of 0, and for pointers aligned to 4.
#ifndef CAIRN_CKERNELS_H
#define CAIRN_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Elementwise functions that layers know by number.
enum {
  CAIRN_LINEAR = 0,
  CAIRN_SIGMOID,
  CAIRN_TANH,
  CAIRN_RELU,
  CAIRN_LEAKY_RELU,  // parameter: negative slope
  CAIRN_ELU,         // parameter: alpha
  CAIRN_SELU,
  CAIRN_GELU,        // exact, with erf
  CAIRN_SILU,
  CAIRN_SOFTPLUS,
  CAIRN_SOFTSIGN,
  CAIRN_RELU6,
  CAIRN_HARD_SIGMOID,
  CAIRN_HARD_SILU,
  CAIRN_MISH,
  CAIRN_EXPONENTIAL,
  CAIRN_APPROXIMATE_GELU,  // with tanh
};

/// Plain vector functions: y = f(x). y may be x.
void cairn_exp(const float *x, float *y, size_t count);
void cairn_tanh(const float *x, float *y, size_t count);
void cairn_sigmoid(const float *x, float *y, size_t count);
void cairn_erf(const float *x, float *y, size_t count);
void cairn_log1p_exp(const float *x, float *y, size_t count);  // log(1 + exp(x)), the softplus

/// z = y + bias (bias NULL: z = y); z is kept in `preactivation` unless NULL; y = f(z).  y: [rows, columns]
void cairn_bias_activation(int32_t function, float parameter, size_t rows, size_t columns, const float *bias,
                           float *preactivation, float *y);

/// y = gelu(y + bias) (CAIRN_GELU), and slope = gelu'(y + bias), overwritten: the bits that cairn_bias_activation and
/// cairn_activation_backward find for them.
void cairn_bias_gelu(size_t rows, size_t columns, const float *bias, float *slope, float *y);

/// dz = dy * f'(z), from y = f(z), and from z itself for both GELUs, SiLU, hard SiLU and Mish, where y does not determine
/// it. dz may be dy.
void cairn_activation_backward(int32_t function, float parameter, size_t count, const float *dy, const float *y,
                               const float *z, float *dz);

/// y = softmax of each row of x, the row's largest subtracted first. y may be x.
void cairn_softmax_rows(size_t rows, size_t columns, const float *x, float *y);
/// dz = y * (dy - sum_j dy_j y_j), row by row. dz may be dy.
void cairn_softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz);
/// y = x - log sum exp(x), row by row. y may be x.
void cairn_log_softmax_rows(size_t rows, size_t columns, const float *x, float *y);
/// dz = dy - exp(y) * sum_j dy_j, row by row. dz may be dy.
void cairn_log_softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz);

/// y += x
void cairn_add(const float *x, float *y, size_t count);
/// y = y * s, whatever s is (0 keeps NaN)
void cairn_scale(float *y, float s, size_t count);
/// y += s * x
void cairn_add_scaled(const float *x, float s, float *y, size_t count);
/// y = x * m
void cairn_multiply(const float *x, const float *m, float *y, size_t count);
/// sums[c] += sum over rows of x[r, c]
void cairn_add_column_sums(size_t rows, size_t columns, const float *x, float *sums);

/// mask = 0 with probability `rate`, else 1/(1-rate). Element (r, c) depends on (key, step, layer, first_row + r, c)
/// alone: Philox4x32-10 with counter (c / 4, first_row + r, step, layer) and key (low, high half of `key`); word c % 4
/// below rate * 2^32 is dropped. 0 <= rate < 1.
void cairn_dropout_mask(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                        float rate, float *mask);

/// The largest `inner` of a small product with b transposed.
#define CAIRN_SMALL_INNER 64

/// C [rows, columns] = op(A) op(B), or += where `accumulating`; row-major, `inner` the extent summed over. For products
/// so small that OpenBLAS takes longer to begin than to compute.
void cairn_small_product(size_t rows, size_t columns, size_t inner, const float *a, int32_t a_transposed, const float *b,
                         int32_t b_transposed, float *c, int32_t accumulating);

/// Columns of a panel, and the largest inner extent that a product's own panel holds.
#define CAIRN_PANEL 32
#define CAIRN_PANEL_INNER 512

/// C [rows, columns] = A [rows, inner] B [inner, columns], or +=; row-major. An element depends on its row and its
/// column alone, and on `inner`. For large products.
void cairn_panel_product(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                         int32_t accumulating);
/// The same of B's transpose; b is [columns, inner].
void cairn_panel_product_transposed(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                                    int32_t accumulating);

/// panels: [columns / CAIRN_PANEL, rounded up][rows][CAIRN_PANEL] = x [rows, columns], zeros behind the last column.
void cairn_pack_panels(size_t rows, size_t columns, const float *x, float *panels);

/// What one shard adds to a weight's gradient: left^T right.
typedef struct {
  const float *left;    // [rows, inputs]
  const float *panels;  // [rows, units], packed
  size_t rows;
} cairn_factors;

/// The elements first ..< end of C [inputs, units] = sum over `count` shards of left^T right. The shards' products are
/// added along a fixed binary tree, ((0 + 1) + (2 + 3)) + ...; an element's bits do not depend on `first` and `end`.
///
/// scratch: clobbered, floats of CAIRN_OUTER_SCRATCH(rows of C that are touched, rows of all shards). 1 <= count < 2^24.
void cairn_sum_outer_products(const cairn_factors *factors, size_t count, size_t inputs, size_t units, size_t first,
                              size_t end, float *c, float *scratch);
#define CAIRN_OUTER_SCRATCH(touched, rows) (((touched) + 7) / 8 * 8 * (rows))

// A tile: a few thousand consecutive floats of one parameter, small enough for the first-level cache.

/// What the all-reduce learns of one tile of the summed gradient g (divided, penalties added, not clipped).
typedef struct {
  double sum;         // sum of g
  double square_sum;  // sum of g^2, also where float would overflow or underflow
  double penalty;     // l1 * sum|w| + l2 * sum w^2
  float minimum, maximum, magnitude;  // of g; NaN if any is NaN; Inf, -Inf, 0 of nothing
  uint32_t zeros;       // g == 0
  uint32_t nonfinite;   // NaN or Inf
} cairn_tile_statistics;

/// g = g * scale + l1 * sign(w) + 2 * l2 * w, and its statistics. `w` is not read, and may be NULL, if l1 == l2 == 0.
void cairn_finish_gradient(float *g, float scale, const float *w, float l1, float l2, size_t count,
                           cairn_tile_statistics *statistics);

// The transforms of an optimizer on one tile. u: the update so far, read and overwritten; slots accumulated.
// Formulas are Keras 3's. Decay rates are doubles because 1 - rate is wanted: 1 - 0.999f is 1.3e-5 off 0.001.

/// u = g * scale
void cairn_copy_scaled(const float *g, float scale, float *u, size_t count);
/// u = min(max(g, -limit), limit); NaN stays
void cairn_copy_clipped(const float *g, float limit, float *u, size_t count);
/// m = mu * m + u; u = nesterov ? mu * m + u : m
void cairn_trace(float *u, float *m, float mu, int32_t nesterov, size_t count);
/// v = rho * v + (1-rho) u^2; a (NULL: not centered) = rho * a + (1-rho) u; u = u / sqrt(max(v - a^2, 0) + epsilon)
void cairn_scale_by_rms(float *u, float *v, float *a, double rho, float epsilon, size_t count);
/// s += u^2; u = u / sqrt(s + epsilon)
void cairn_scale_by_adagrad(float *u, float *s, float epsilon, size_t count);
/// m += (u-m)(1-beta1); v += (u^2-v)(1-beta2); vhat (NULL: plain) = max(vhat, v);
/// u = correction * m / (sqrt(vhat or v) + epsilon)
void cairn_scale_by_adam(float *u, float *m, float *v, float *vhat, double beta1, double beta2, float epsilon,
                         float correction, size_t count);
/// m, v as Adam; u = (m * momentum_factor + u * gradient_factor) / (sqrt(v * variance_factor) + epsilon)
void cairn_scale_by_nadam(float *u, float *m, float *v, double beta1, double beta2, float epsilon,
                          float momentum_factor, float gradient_factor, float variance_factor, size_t count);
/// direction = sign(m * beta1 + u * (1-beta1)); m = m * beta2 + u * (1-beta2); u = direction. sign(NaN) is NaN.
void cairn_scale_by_lion(float *u, float *m, double beta1, double beta2, size_t count);
/// a = momentum * a + (1-momentum) * w
void cairn_average(float *a, const float *w, float momentum, size_t count);

/// What the update pass learns of one tile.
typedef struct {
  double update_square_sum;  // sum of u^2
  double weight_sum;         // sum of w, after the update
  double weight_square_sum;  // sum of w^2, after the update
} cairn_update_statistics;

/// w += u, and statistics (NULL: none are taken)
void cairn_apply_update(const float *u, float *w, size_t count, cairn_update_statistics *statistics);
/// copy_scaled, scale_by_adam, scale by `rate` (negative), add_scaled of w by `decay` (negative) if `decays`, and
/// apply_update in one pass, to the same bits; u holds the update afterwards
void cairn_adam_update(const float *g, float scale, float *m, float *v, float *vhat, double beta1, double beta2,
                       float epsilon, float correction, float rate, int decays, float decay, float *u, float *w,
                       size_t count, cairn_update_statistics *statistics);

/// The number of NaN and Inf.
size_t cairn_count_nonfinite(const float *x, size_t count);

/// Name of the instruction set the functions above run with here: "x86-64-v4", "x86-64-v3", "generic", ...
const char *cairn_instruction_set(void);
/// Floats in one of its vector registers.
int32_t cairn_vector_lanes(void);
/// For tests: from here on that instruction set, or the best if NULL; 0 if the processor lacks it. No other function
/// may run meanwhile.
int32_t cairn_use_instruction_set(const char *name);

#endif
