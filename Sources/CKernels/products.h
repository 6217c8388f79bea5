// Products of small matrices, one instruction set's version: C (+)= op(A) op(B) with few columns. OpenBLAS spends more on
// finding its way to a kernel than on the arithmetic of these.

/// G rows of C, one register of w columns: c[g][:] (+)= sum over k of a[g * row + k * step] * b[k * ldb ...].
INLINE void product_rows(const int G, size_t w, size_t inner, const float *a, size_t row, size_t step, const float *b,
                         size_t ldb, float *c, size_t ldc, int accumulating) {
  vf sums[8];
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) sums[g] = (vf)(0.0f);
  for (size_t k = 0; k < inner; k++) {
    const vf v = load(b + k * ldb, w);
#pragma clang loop unroll(full)
    for (int g = 0; g < G; g++) sums[g] = v * a[(size_t)g * row + k * step] + sums[g];
  }
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) {
    float *const target = c + (size_t)g * ldc;
    store(target, w, accumulating ? load(target, w) + sums[g] : sums[g]);
  }
}

/// `row` and `step`: how far apart the rows of op(A) stand, and the elements of one. b is not transposed, its rows are
/// `ldb` apart.
INLINE void product_columns(size_t w, size_t rows, size_t inner, const float *a, size_t row, size_t step, const float *b,
                            size_t ldb, float *c, size_t ldc, int accumulating) {
  size_t r = 0;
  for (; r + 8 <= rows; r += 8) product_rows(8, w, inner, a + r * row, row, step, b, ldb, c + r * ldc, ldc, accumulating);
  for (; r + 2 <= rows; r += 2) product_rows(2, w, inner, a + r * row, row, step, b, ldb, c + r * ldc, ldc, accumulating);
  for (; r < rows; r++) product_rows(1, w, inner, a + r * row, row, step, b, ldb, c + r * ldc, ldc, accumulating);
}

static void small_product(size_t rows, size_t columns, size_t inner, const float *a, int32_t a_transposed,
                          const float *b, int32_t b_transposed, float *c, int32_t accumulating) {
  const size_t row = a_transposed ? 1 : inner, step = a_transposed ? rows : 1;
  float straight[CAIRN_SMALL_INNER * LANES];
  for (size_t j = 0; j < columns; j += LANES) {
    const size_t w = columns - j < LANES ? columns - j : LANES;
    if (b_transposed) {
      for (size_t k = 0; k < inner; k++) {
        for (size_t l = 0; l < w; l++) straight[k * LANES + l] = b[(j + l) * inner + k];
        for (size_t l = w; l < LANES; l++) straight[k * LANES + l] = 0.0f;
      }
    }
    const float *const from = b_transposed ? straight : b + j;
    const size_t ldb = b_transposed ? LANES : columns;
    if (w == LANES) {
      product_columns(LANES, rows, inner, a, row, step, from, ldb, c + j, columns, accumulating);
    } else {
      product_columns(w, rows, inner, a, row, step, from, ldb, c + j, columns, accumulating);
    }
  }
}
