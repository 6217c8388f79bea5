// Forwards to the instruction set in use.
#include "include/crecurrent.h"

#include "table.h"

void cairn_pack_standing(size_t inner, size_t columns, const float *x, size_t stride, int32_t transposed,
                         float *panels) {
  cairn_kernels_in_use()->pack_standing(inner, columns, x, stride, transposed, panels);
}

void cairn_standing_product(size_t rows, size_t columns, size_t inner, const float *a, size_t a_row,
                            const float *panels, float *c, size_t c_row, int32_t accumulating) {
  cairn_kernels_in_use()->standing_product(rows, columns, inner, a, a_row, panels, c, c_row, accumulating);
}

void cairn_standing_outer_product(size_t rows, size_t inputs, size_t columns, const float *a, size_t a_row,
                                  const float *panels, float *c, size_t c_row, int32_t accumulating, float *scratch) {
  cairn_kernels_in_use()->standing_outer_product(rows, inputs, columns, a, a_row, panels, c, c_row, accumulating,
                                                 scratch);
}

void cairn_copy_masked_rows(size_t rows, size_t columns, const float *x, size_t x_row, const float *mask,
                            size_t mask_row, float *y, size_t y_row, int32_t adding) {
  cairn_kernels_in_use()->copy_masked_rows(rows, columns, x, x_row, mask, mask_row, y, y_row, adding);
}

void cairn_simple_cell(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h) {
  cairn_kernels_in_use()->simple_cell(cell, gates, z, h0, h);
}

void cairn_simple_cell_back(const cairn_cell *cell, const float *gates, const float *z, float *dh, float *dgates) {
  cairn_kernels_in_use()->simple_cell_back(cell, gates, z, dh, dgates);
}

void cairn_lstm_cell(const cairn_cell *cell, float *gates, float *z, const float *c0, float *c, const float *h0,
                     float *h) {
  cairn_kernels_in_use()->lstm_cell(cell, gates, z, c0, c, h0, h);
}

void cairn_lstm_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *c0, const float *c,
                          float *dh, float *dc, float *dgates) {
  cairn_kernels_in_use()->lstm_cell_back(cell, gates, z, c0, c, dh, dc, dgates);
}

void cairn_gru_cell(const cairn_cell *cell, float *gates, float *z, const float *product, const float *h0, float *h) {
  cairn_kernels_in_use()->gru_cell(cell, gates, z, product, h0, h);
}

void cairn_gru_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                         float *dgates) {
  cairn_kernels_in_use()->gru_cell_back(cell, gates, z, h0, dh, dgates);
}

void cairn_gru_gates(const cairn_cell *cell, float *gates, float *z, const float *h0, float *reset) {
  cairn_kernels_in_use()->gru_gates(cell, gates, z, h0, reset);
}

void cairn_gru_state(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h) {
  cairn_kernels_in_use()->gru_state(cell, gates, z, h0, h);
}

void cairn_gru_state_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                          float *dgates) {
  cairn_kernels_in_use()->gru_state_back(cell, gates, z, h0, dh, dgates);
}

void cairn_gru_gates_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0,
                          const float *dreset, float *dh, float *dgates) {
  cairn_kernels_in_use()->gru_gates_back(cell, gates, z, h0, dreset, dh, dgates);
}
