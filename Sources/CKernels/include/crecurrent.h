// Loops of recurrent layers. Same rules as ckernels.h: overwritten unless said; an element's bits depend on its own row.
#ifndef CAIRN_CRECURRENT_H
#define CAIRN_CRECURRENT_H

#include <stddef.h>
#include <stdint.h>

// Products with a matrix that is brought into panels once and stays there over many products.

/// panels: [columns / CAIRN_PANEL, rounded up][inner][CAIRN_PANEL] = x [inner, columns], rows `stride` apart, or its
/// transpose, x then being [columns, inner]; zeros behind the last column.
void cairn_pack_standing(size_t inner, size_t columns, const float *x, size_t stride, int32_t transposed,
                         float *panels);
/// C [rows, columns] = A [rows, inner] B, or +=; B [inner, columns] in panels. Rows of A and C are a_row and c_row apart.
void cairn_standing_product(size_t rows, size_t columns, size_t inner, const float *a, size_t a_row,
                            const float *panels, float *c, size_t c_row, int32_t accumulating);
/// C [inputs, columns] = A^T B, or +=; A [rows, inputs], B [rows, columns] in panels. With a_row 0 the row of A counts for
/// every row of B. scratch: rows * inputs floats, clobbered.
void cairn_standing_outer_product(size_t rows, size_t inputs, size_t columns, const float *a, size_t a_row,
                                  const float *panels, float *c, size_t c_row, int32_t accumulating, float *scratch);

/// y = x, or x * mask [rows, columns] where that is not NULL; or +=. Rows are x_row, mask_row and y_row apart.
void cairn_copy_masked_rows(size_t rows, size_t columns, const float *x, size_t x_row, const float *mask,
                            size_t mask_row, float *y, size_t y_row, int32_t adding);

// One step of a cell, and its way back.

/// A number of ckernels.h, or one of these two, which are no functions of each element.
enum { CAIRN_SOFTMAX = 1000, CAIRN_LOG_SOFTMAX };

typedef struct {
  int32_t function;
  float parameter;
} cairn_activation;

typedef struct {
  size_t rows, units;
  cairn_activation activation, recurrent;
  const float *bias;            // added to gates on entry; NULL: none
  const float *recurrent_bias;  // of cairn_gru_cell: added to the product; NULL: none
  const float *mask;  // a row whose float is 0 keeps its state; floats mask_step apart; NULL: every row goes on
  size_t mask_step;
  size_t dgates_row;  // from row to row of dgates
  float *spare;       // 2 * units floats, clobbered
} cairn_cell;

// gates: [rows, gates * units], sums of products on entry and what comes out of the activations afterwards. z: NULL, or
// what went into them, kept because a derivative needs it. h0, c0: the state before; h, c: after. All [rows, units].
//
// Backward: dh is the whole gradient of h on entry; afterwards what reaches h0 past the product with the recurrent
// kernel, which is to be added. dgates: dL/dz, what that product takes.

/// h = f(z)
void cairn_simple_cell(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h);
void cairn_simple_cell_back(const cairn_cell *cell, const float *gates, const float *z, float *dh, float *dgates);

/// gates i f g o; c = f c0 + i g, h = o activation(c).  [Hochreiter, Schmidhuber 1997; Gers et al. 2000]
void cairn_lstm_cell(const cairn_cell *cell, float *gates, float *z, const float *c0, float *c, const float *h0,
                     float *h);
/// dc: gradient that reaches c from later steps on entry, c0 afterwards.
void cairn_lstm_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *c0, const float *c,
                          float *dh, float *dc, float *dgates);

/// gates [rows, 4 * units]: z r g of the input on entry, z r g p afterwards; product [rows, 3 * units]: h0 times the
/// recurrent kernel, plus recurrent_bias; p is its last third. g = activation(x + r p), h = z h0 + (1 - z) g.
/// z (kept): [rows, 3 * units]. [Cho et al. 2014, in cuDNN's form]
void cairn_gru_cell(const cairn_cell *cell, float *gates, float *z, const float *product, const float *h0, float *h);
/// dgates [rows, 4 * units]: z r p g, so that the first three are what the recurrent kernel takes.
void cairn_gru_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                         float *dgates);

/// The form with the reset before the product, in two parts with a product between: gates [rows, 3 * units] z r g.
/// reset = r h0, to be multiplied by the last third of the recurrent kernel and added to g.
void cairn_gru_gates(const cairn_cell *cell, float *gates, float *z, const float *h0, float *reset);
void cairn_gru_state(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h);
/// dgates z and g; then, from dreset = dL/d reset, dgates r, and what reaches h0 through reset is added to dh.
void cairn_gru_state_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                          float *dgates);
void cairn_gru_gates_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0,
                          const float *dreset, float *dh, float *dgates);

#endif
