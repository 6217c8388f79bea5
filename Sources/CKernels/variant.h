// All kernels for one instruction set. A variant_*.c defines LANES, VARIANT, VARIANT_NAME and, unless it is the
// generic one, TARGET, and includes this.
//
// Why not `target_clones`: its clones cannot pass registers to helpers, and it needs a C library with ifunc.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "table.h"

#if defined(TARGET)
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif

#include "lanes.h"

#include "functions.h"

#include "elementwise.h"

#include "products.h"

#include "panels.h"

#include "standing.h"

#include "cells.h"

#include "convolution.h"

#include "winograd.h"

#include "depthwise.h"

#include "reductions.h"

#include "random.h"

#include "attention.h"

#include "updates.h"

#if defined(TARGET)
#pragma clang attribute pop
#endif

const cairn_kernels VARIANT = {
  .name = VARIANT_NAME,
  .lanes = LANES,
  .exp = exp_all,
  .tanh = tanh_all,
  .sigmoid = sigmoid_all,
  .erf = erf_all,
  .log1p_exp = log1p_exp_all,
  .bias_activation = bias_activation,
  .bias_gelu = bias_gelu,
  .activation_backward = activation_backward,
  .softmax_rows = softmax_rows,
  .softmax_rows_backward = softmax_rows_backward,
  .log_softmax_rows = log_softmax_rows,
  .log_softmax_rows_backward = log_softmax_rows_backward,
  .add = add,
  .scale = scale,
  .add_scaled = add_scaled,
  .multiply = multiply,
  .add_column_sums = add_column_sums,
  .dropout_mask = dropout_mask,
  .small_product = small_product,
  .panel_product = panel_product,
  .panel_product_transposed = panel_product_transposed,
  .pack_panels = pack_panels,
  .sum_outer_products = sum_outer_products,
  .pack_standing = pack_standing,
  .standing_product = standing_product,
  .standing_outer_product = standing_outer_product,
  .copy_masked_rows = copy_masked_rows,
  .simple_cell = simple_cell,
  .simple_cell_back = simple_cell_back,
  .lstm_cell = lstm_cell,
  .lstm_cell_back = lstm_cell_back,
  .gru_cell = gru_cell,
  .gru_cell_back = gru_cell_back,
  .gru_gates = gru_gates,
  .gru_state = gru_state,
  .gru_state_back = gru_state_back,
  .gru_gates_back = gru_gates_back,
  .convolution_packed_count = convolution_packed_count,
  .convolution_scratch_count = convolution_scratch_count,
  .pack_convolution = pack_convolution,
  .convolve = convolve,
  .convolve_back = convolve_back,
  .convolve_kernel = convolve_kernel,
  .depthwise_scratch_count = depthwise_scratch_count,
  .depthwise = depthwise,
  .depthwise_back = depthwise_back,
  .depthwise_kernel = depthwise_kernel,
  .attention_scratch_count = attention_scratch_count,
  .attend = attend,
  .attend_back = attend_back,
  .finish_gradient = finish_gradient,
  .count_nonfinite = count_nonfinite,
  .copy_scaled = copy_scaled,
  .copy_clipped = copy_clipped,
  .trace = trace,
  .scale_by_rms = scale_by_rms,
  .scale_by_adagrad = scale_by_adagrad,
  .scale_by_adam = scale_by_adam,
  .scale_by_nadam = scale_by_nadam,
  .scale_by_lion = scale_by_lion,
  .average = average,
  .apply_update = apply_update,
  .adam_update = adam_update,
};
