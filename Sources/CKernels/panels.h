// Products of large matrices, one instruction set's version. One operand of every product is brought into *panels*: PANEL
// columns wide, one row after the other without a gap, `[inner][PANEL]`. A block of GROUP rows by two registers of the
// result is then summed in registers, in the order of the inner index, in chains of CAIRN_PANEL_INNER fused operations that
// are added: an element's bits depend on its row, its column and `inner` alone, not on where a product is cut.
//
// Method: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3), 2008.

#define PANEL CAIRN_PANEL
#if LANES == 16
#define GROUP 8
#else
#define GROUP 4
#endif

typedef vf pair[2];

/// sums[g] += sum over k of a[g * row + k * step] * (the first V registers of b's row k)
///
/// `ahead`: what a will be next time, brought nearer meanwhile; NULL: nothing.
INLINE void add_products(const int G, const int V, size_t inner, const float *a, size_t row, size_t step,
                         const float *b, const float *ahead, pair *sums) {
  for (size_t start = 0; start < inner; start += 16) {
    if (ahead != NULL) {
#pragma clang loop unroll(full)
      for (int g = 0; g < G; g++) __builtin_prefetch(ahead + (size_t)g * row + start);
    }
    const size_t end = inner - start < 16 ? inner : start + 16;
    for (size_t k = start; k < end; k++) {
      const vf b0 = load(b + k * PANEL, LANES), b1 = V > 1 ? load(b + k * PANEL + LANES, LANES) : b0;
#pragma clang loop unroll(full)
      for (int g = 0; g < G; g++) {
        const vf factor = (vf)(a[(size_t)g * row + k * step]);
        sums[g][0] = factor * b0 + sums[g][0];
        if (V > 1) sums[g][1] = factor * b1 + sums[g][1];
      }
    }
  }
}

/// The same where the panel is not packed yet: b's rows are read from `source` and left in `panel` on the way.
INLINE void add_products_packing(const int G, size_t inner, const float *a, size_t row, const float *source,
                                 size_t stride, float *panel, pair *sums) {
  for (size_t k = 0; k < inner; k++) {
    const vf b0 = load(source + k * stride, LANES), b1 = load(source + k * stride + LANES, LANES);
    store(panel + k * PANEL, LANES, b0);
    store(panel + k * PANEL + LANES, LANES, b1);
    __builtin_prefetch(source + (k + 16) * stride);
    __builtin_prefetch(source + (k + 16) * stride + LANES);
#pragma clang loop unroll(full)
    for (int g = 0; g < G; g++) {
      const vf factor = (vf)(a[(size_t)g * row + k]);
      sums[g][0] = factor * b0 + sums[g][0];
      sums[g][1] = factor * b1 + sums[g][1];
    }
  }
}

/// The two registers at c, of which the first w floats are there.
INLINE void load_pair(const float *c, size_t w, vf *p) {
  p[0] = load(c, w < LANES ? w : LANES);
  p[1] = w > LANES ? load(c + LANES, w - LANES) : (vf)(0.0f);
}

INLINE void store_pair(float *c, size_t w, const vf *p) {
  store(c, w < LANES ? w : LANES, p[0]);
  if (w > LANES) store(c + LANES, w - LANES, p[1]);
}

/// panel[k][:] = x[k * stride ...], w floats of it and zeros behind them.
INLINE void pack_panel(size_t inner, size_t w, const float *x, size_t stride, float *panel) {
  if (w == PANEL) {
    for (size_t k = 0; k < inner; k++) {
      for (size_t i = 0; i < PANEL; i += LANES) store(panel + k * PANEL + i, LANES, load(x + k * stride + i, LANES));
    }
    return;
  }
  for (size_t k = 0; k < inner; k++) {
    for (size_t i = 0; i < PANEL; i += LANES) {
      const size_t n = w <= i ? 0 : w - i < LANES ? w - i : LANES;
      store(panel + k * PANEL + i, LANES, n == 0 ? (vf)(0.0f) : load(x + k * stride + i, n));
    }
  }
}

#if LANES == 16
#define LOW_PAIRS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_PAIRS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define LOW_PAIRS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_PAIRS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW_PAIRS 0, 4, 1, 5
#define HIGH_PAIRS 2, 6, 3, 7
#endif

/// Transposes count rows of LANES floats, count a power of two: afterwards the registers hold, one after the other,
/// LANES rows of `count` floats. Each round shuffles the first half of the registers into the second, as cards.
INLINE void transpose(const int count, vf *v) {
#pragma clang loop unroll(full)
  for (int round = 1; round < count; round *= 2) {
    vf shuffled[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < count / 2; i++) {
      shuffled[2 * i] = __builtin_shufflevector(v[i], v[i + count / 2], LOW_PAIRS);
      shuffled[2 * i + 1] = __builtin_shufflevector(v[i], v[i + count / 2], HIGH_PAIRS);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) v[i] = shuffled[i];
  }
}

/// panel[k][r] = x[r * stride + k]: w rows of x become columns, zeros behind them.
INLINE void pack_transposed_panel(size_t inner, size_t w, const float *x, size_t stride, float *panel) {
  for (size_t r = 0; r < PANEL; r += LANES) {
    for (size_t k = 0; k < inner; k += LANES) {
      const size_t n = inner - k < LANES ? inner - k : LANES;
      vf v[LANES];
      for (size_t l = 0; l < LANES; l++) v[l] = r + l < w ? load(x + (r + l) * stride + k, n) : (vf)(0.0f);
      transpose(LANES, v);
      for (size_t l = 0; l < n; l++) store(panel + (k + l) * PANEL + r, LANES, v[l]);
    }
  }
}

// C = A B.

/// `source`: not NULL where the panel is not packed yet; its rows are ldc apart.
INLINE void product_group(const int G, size_t w, size_t inner, const float *a, size_t row, const float *source,
                          float *panel, float *c, size_t ldc, int adding) {
  pair sums[8];
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) sums[g][0] = sums[g][1] = (vf)(0.0f);
  if (source != NULL) {
    add_products_packing(G, inner, a, row, source, ldc, panel, sums);
  } else if (w > LANES) {
    add_products(G, 2, inner, a, row, 1, panel, a + (size_t)G * row, sums);
  } else {
    add_products(G, 1, inner, a, row, 1, panel, a + (size_t)G * row, sums);
  }
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) {
    if (adding) {
      pair before;
      load_pair(c + (size_t)g * ldc, w, before);
      sums[g][0] = before[0] + sums[g][0];
      sums[g][1] = before[1] + sums[g][1];
    }
    store_pair(c + (size_t)g * ldc, w, sums[g]);
  }
}

INLINE void product_panel(size_t w, size_t rows, size_t inner, const float *a, size_t row, const float *source,
                          float *panel, float *c, size_t ldc, int adding) {
  size_t r = 0, ahead = 0, each = 0;
  if (source != NULL) {
    product_group(GROUP, w, inner, a, row, source, panel, c, ldc, adding);
    r = GROUP;
    each = inner * GROUP / rows + 1;
  }
  for (; r + GROUP <= rows; r += GROUP) {
    if (source != NULL) {
      // The next panel comes into the second-level cache, a part with each group.
      for (const size_t stop = ahead + each < inner ? ahead + each : inner; ahead < stop; ahead++) {
        __builtin_prefetch(source + PANEL + ahead * ldc, 0, 2);
        __builtin_prefetch(source + PANEL + LANES + ahead * ldc, 0, 2);
      }
    }
    product_group(GROUP, w, inner, a + r * row, row, NULL, panel, c + r * ldc, ldc, adding);
  }
  for (; r + 4 <= rows; r += 4) product_group(4, w, inner, a + r * row, row, NULL, panel, c + r * ldc, ldc, adding);
  for (; r + 2 <= rows; r += 2) product_group(2, w, inner, a + r * row, row, NULL, panel, c + r * ldc, ldc, adding);
  for (; r < rows; r++) product_group(1, w, inner, a + r * row, row, NULL, panel, c + r * ldc, ldc, adding);
}

static void panel_product(size_t rows, size_t columns, size_t inner, const float *a, const float *b, float *c,
                          int32_t accumulating) {
  _Alignas(64) float panel[CAIRN_PANEL_INNER * PANEL];
  for (size_t k = 0; k < inner; k += CAIRN_PANEL_INNER) {
    const size_t depth = inner - k < CAIRN_PANEL_INNER ? inner - k : CAIRN_PANEL_INNER;
    const int adding = accumulating || k > 0;
    for (size_t j = 0; j < columns; j += PANEL) {
      const size_t width = columns - j < PANEL ? columns - j : PANEL;
      const float *const source = b + k * columns + j;
      if (2 * LANES == PANEL && width == PANEL && rows >= GROUP) {
        product_panel(2 * LANES, rows, depth, a + k, inner, source, panel, c + j, columns, adding);
        continue;
      }
      pack_panel(depth, width, source, columns, panel);
      for (size_t i = 0; i < width; i += 2 * LANES) {
        const size_t w = width - i;
        if (w >= 2 * LANES) {
          product_panel(2 * LANES, rows, depth, a + k, inner, NULL, panel + i, c + j + i, columns, adding);
        } else {
          product_panel(w, rows, depth, a + k, inner, NULL, panel + i, c + j + i, columns, adding);
        }
      }
    }
  }
}

// C = A B^T: the panel is of A's rows, and a group of B's: lanes are rows of C, which is written transposed.

/// G columns of C from c, w rows.
INLINE void transposed_group(const int G, size_t w, size_t inner, const float *b, size_t row, const float *panel,
                             float *c, size_t ldc, int adding) {
  pair sums[8];
#pragma clang loop unroll(full)
  for (int g = 0; g < G; g++) sums[g][0] = sums[g][1] = (vf)(0.0f);
  if (w > LANES) {
    add_products(G, 2, inner, b, row, 1, panel, NULL, sums);
  } else {
    add_products(G, 1, inner, b, row, 1, panel, NULL, sums);
  }
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    if (w <= half * LANES) break;
    vf v[8];
#pragma clang loop unroll(full)
    for (int g = 0; g < G; g++) v[g] = sums[g][half];
    transpose(G, v);
    float *const target = c + half * LANES * ldc;
    if (adding) {
      vf before[8];
      for (size_t r = 0; r < LANES && half * LANES + r < w; r++) {
        __builtin_memcpy((float *)before + r * (size_t)G, target + r * ldc, (size_t)G * sizeof(float));
      }
#pragma clang loop unroll(full)
      for (int g = 0; g < G; g++) v[g] = before[g] + v[g];
    }
    for (size_t r = 0; r < LANES && half * LANES + r < w; r++) {
      __builtin_memcpy(target + r * ldc, (float *)v + r * (size_t)G, (size_t)G * sizeof(float));
    }
  }
}

static void panel_product_transposed(size_t rows, size_t columns, size_t inner, const float *a, const float *b,
                                     float *c, int32_t accumulating) {
  _Alignas(64) float panel[CAIRN_PANEL_INNER * PANEL];
  for (size_t k = 0; k < inner; k += CAIRN_PANEL_INNER) {
    const size_t depth = inner - k < CAIRN_PANEL_INNER ? inner - k : CAIRN_PANEL_INNER;
    const int adding = accumulating || k > 0;
    for (size_t r = 0; r < rows; r += PANEL) {
      const size_t width = rows - r < PANEL ? rows - r : PANEL;
      pack_transposed_panel(depth, width, a + r * inner + k, inner, panel);
      for (size_t i = 0; i < width; i += 2 * LANES) {
        const size_t w = width - i < 2 * LANES ? width - i : 2 * LANES;
        float *const target = c + (r + i) * columns;
        size_t j = 0;
        for (; j + GROUP <= columns; j += GROUP) {
          transposed_group(GROUP, w, depth, b + j * inner + k, inner, panel + i, target + j, columns, adding);
        }
        for (; j + 4 <= columns; j += 4) {
          transposed_group(4, w, depth, b + j * inner + k, inner, panel + i, target + j, columns, adding);
        }
        for (; j < columns; j++) {
          transposed_group(1, w, depth, b + j * inner + k, inner, panel + i, target + j, columns, adding);
        }
      }
    }
  }
}

// C = sum over shards of A_s^T B_s, the shards' products added along a fixed tree.

static void pack_panels(size_t rows, size_t columns, const float *x, float *panels) {
  for (size_t j = 0; j < columns; j += PANEL) {
    pack_panel(rows, columns - j < PANEL ? columns - j : PANEL, x + j, columns, panels + j * rows);
  }
}

/// into[g] = from[g] + sums[g]
INLINE void add_pairs(const pair *from, const pair *sums, pair *into) {
#pragma clang loop unroll(full)
  for (int g = 0; g < GROUP; g++) {
    into[g][0] = from[g][0] + sums[g][0];
    into[g][1] = from[g][1] + sums[g][1];
  }
}

/// A block of GROUP rows by two registers, written to rows of c `ldc` apart. `left`: `[rows of all shards][GROUP]`,
/// `offset`: of the panels' columns.
INLINE void sum_of_products(const cairn_factors *factors, size_t count, size_t panel, size_t offset, const float *left,
                            float *c, size_t ldc) {
  // As a binary counter: partial[i] is the sum of 2^i shards where bit i of the number of shards done is set.
  pair partial[24][GROUP];
  for (size_t s = 0; s < count; s++) {
    pair sums[GROUP];
#pragma clang loop unroll(full)
    for (int g = 0; g < GROUP; g++) sums[g][0] = sums[g][1] = (vf)(0.0f);
    const size_t rows = factors[s].rows;
    add_products(GROUP, 2, rows, left, 1, GROUP, factors[s].panels + panel * rows + offset, NULL, sums);
    left += rows * GROUP;
    size_t level = 0;
    for (; s >> level & 1; level++) add_pairs(partial[level], sums, sums);
    // After the last one, what is left open: its sum is the right one of every pair.
    if (s + 1 == count) {
      for (; s >> level; level++) {
        if (s >> level & 1) add_pairs(partial[level], sums, sums);
      }
    }
    float *const to = s + 1 == count ? c : (float *)partial[level];
    const size_t apart = s + 1 == count ? ldc : 2 * LANES;
#pragma clang loop unroll(full)
    for (size_t g = 0; g < GROUP; g++) store_pair(to + g * apart, 2 * LANES, sums[g]);
  }
}

static void sum_outer_products(const cairn_factors *factors, size_t count, size_t inputs, size_t units, size_t first,
                               size_t end, float *c, float *scratch) {
  if (first >= end) return;
  const size_t row0 = first / units, row1 = (end + units - 1) / units;
  size_t all = 0;
  for (size_t s = 0; s < count; s++) all += factors[s].rows;
  // scratch: [groups][rows of all shards][GROUP]
  size_t row = 0;
  for (size_t s = 0; s < count; s++) {
    for (size_t k = 0; k < factors[s].rows; k++, row++) {
      const float *const from = factors[s].left + k * inputs;
      float *to = scratch + row * GROUP;
      size_t r = row0;
      for (; r < row1 && r + GROUP <= inputs; r += GROUP, to += all * GROUP) {
        __builtin_memcpy(to, from + r, GROUP * sizeof(float));
      }
      for (size_t g = 0; r < row1 && g < GROUP; g++) to[g] = r + g < inputs ? from[r + g] : 0.0f;
    }
  }
  for (size_t j = 0; j < units; j += 2 * LANES) {
    const size_t w = units - j < 2 * LANES ? units - j : 2 * LANES;
    for (size_t r = row0, group = 0; r < row1; r += GROUP, group++) {
      const float *const packed = scratch + group * all * GROUP;
      const size_t start = r * units + j;
      if (w == 2 * LANES && start >= first && start + (GROUP - 1) * units + w <= end) {
        sum_of_products(factors, count, j / PANEL * PANEL, j % PANEL, packed, c + start, units);
        continue;
      }
      float block[GROUP * 2 * LANES];
      sum_of_products(factors, count, j / PANEL * PANEL, j % PANEL, packed, block, 2 * LANES);
      for (size_t g = 0; g < GROUP; g++) {
        for (size_t i = 0; i < w; i++) {
          const size_t element = start + g * units + i;
          if (element >= first && element < end) c[element] = block[g * 2 * LANES + i];
        }
      }
    }
  }
}
