// Products with a matrix that stands in panels (see panels.h) over many products, one instruction set's version.

static void pack_standing(size_t inner, size_t columns, const float *x, size_t stride, int32_t transposed,
                          float *panels) {
  for (size_t j = 0; j < columns; j += PANEL) {
    const size_t width = columns - j < PANEL ? columns - j : PANEL;
    if (transposed) {
      pack_transposed_panel(inner, width, x + j * stride, stride, panels + j * inner);
    } else {
      pack_panel(inner, width, x + j, stride, panels + j * inner);
    }
  }
}

static void standing_product(size_t rows, size_t columns, size_t inner, const float *a, size_t a_row,
                             const float *panels, float *c, size_t c_row, int32_t accumulating) {
  for (size_t j = 0; j < columns; j += 2 * LANES) {
    const size_t w = columns - j < 2 * LANES ? columns - j : 2 * LANES;
    // Without a source a panel is only read.
    float *const panel = (float *)panels + j / PANEL * PANEL * inner + j % PANEL;
    for (size_t k = 0; k < inner; k += CAIRN_PANEL_INNER) {
      const size_t depth = inner - k < CAIRN_PANEL_INNER ? inner - k : CAIRN_PANEL_INNER;
      const int adding = accumulating || k > 0;
      if (w == 2 * LANES) {
        product_panel(2 * LANES, rows, depth, a + k, a_row, NULL, panel + k * PANEL, c + j, c_row, adding);
      } else {
        product_panel(w, rows, depth, a + k, a_row, NULL, panel + k * PANEL, c + j, c_row, adding);
      }
    }
  }
}

/// G rows of C by up to two registers, w floats: c[g] (+)= sum over r of a[r * step + g] * panel[r].
INLINE void standing_block(const int G, size_t w, size_t rows, const float *a, size_t step, const float *panel,
                           float *c, size_t c_row, int32_t accumulating) {
  pair sums[GROUP];
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) sums[g][0] = sums[g][1] = (vf)(0.0f);
  if (w > LANES) {
    add_products(G, 2, rows, a, 1, step, panel, NULL, sums);
  } else {
    add_products(G, 1, rows, a, 1, step, panel, NULL, sums);
  }
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) {
    float *const to = c + (size_t)g * c_row;
    if (accumulating) {
      pair before;
      load_pair(to, w, before);
      sums[g][0] = before[0] + sums[g][0];
      sums[g][1] = before[1] + sums[g][1];
    }
    store_pair(to, w, sums[g]);
  }
}

/// C (+)= A^T B. scratch: rows of A's first columns, GROUP at a time: [inputs / GROUP][rows][GROUP].
static void standing_outer_product(size_t rows, size_t inputs, size_t columns, const float *a, size_t a_row,
                                   const float *panels, float *c, size_t c_row, int32_t accumulating, float *scratch) {
  const size_t whole = inputs / GROUP * GROUP;
  for (size_t i = 0; i < whole; i += GROUP) {
    float *to = scratch + i * rows;
    for (size_t r = 0; r < rows; r++, to += GROUP) __builtin_memcpy(to, a + r * a_row + i, GROUP * sizeof(float));
  }
  for (size_t j = 0; j < columns; j += 2 * LANES) {
    const size_t w = columns - j < 2 * LANES ? columns - j : 2 * LANES;
    const float *const panel = panels + j / PANEL * PANEL * rows + j % PANEL;
    float *to = c + j;
    size_t i = 0;
    for (; i < whole; i += GROUP, to += GROUP * c_row) {
      standing_block(GROUP, w, rows, scratch + i * rows, GROUP, panel, to, c_row, accumulating);
    }
#if GROUP > 4
    for (; i + 4 <= inputs; i += 4, to += 4 * c_row) {
      standing_block(4, w, rows, a + i, a_row, panel, to, c_row, accumulating);
    }
#endif
    for (; i < inputs; i++, to += c_row) standing_block(1, w, rows, a + i, a_row, panel, to, c_row, accumulating);
  }
}
