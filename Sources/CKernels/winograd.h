// Convolutions of 3 by 3 taps by Winograd's minimal filtering, one instruction set's version: F(4x4, 3x3) for outputs and
// the way back, F(3x3, 4x4) for the kernel's gradient. Tiles of 6 by 6 pixels become 36 sums, each of which is one entry of
// 36 matrix products; every channel and every tile is transformed on its own, so an element's bits depend on its image and
// its place alone.
//
// Method: Lavin, Gray: Fast algorithms for convolutional neural networks, CVPR 2016. Points 0, 1, -1, 2, -2 and infinity.

/// Tiles that are transformed and multiplied at once: what they take stays in the second-level cache.
INLINE size_t tiles_at_once(size_t channels, size_t filters) {
  const size_t wide = channels > filters ? channels : filters;
  return wide <= 32 ? 64 : wide <= 64 ? 32 : 16;
}

/// Floats from one of the 36 matrices to the next: a cache line more than they hold, or their lines would push each other
/// out of the first-level cache.
INLINE size_t matrix_step(size_t tiles, size_t wide) { return tiles * wide + 16; }

INLINE size_t tiles_along(size_t extent) { return (extent + 3) / 4; }

/// o = B^T d: 6 of 6.
INLINE void from_inputs(const vf *d, vf *o) {
  const vf a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1], c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
  o[0] = 4.0f * d[0] + d[4] - 5.0f * d[2];
  o[1] = a + b;
  o[2] = a - b;
  o[3] = c + e;
  o[4] = c - e;
  o[5] = 4.0f * d[1] + d[5] - 5.0f * d[3];
}

/// o = A^T d: 4 of 6.
INLINE void to_outputs(const vf *d, vf *o) {
  const vf a = d[1] + d[2], b = d[1] - d[2], c = d[3] + d[4], e = d[3] - d[4];
  o[0] = d[0] + a + c;
  o[1] = 2.0f * e + b;
  o[2] = 4.0f * c + a;
  o[3] = 8.0f * e + (b + d[5]);
}

/// o = G d: 6 of 3, a kernel's taps.
INLINE void from_taps(const vf *d, vf *o) {
  const vf sum = d[0] + d[2], wide = d[0] + 4.0f * d[2], twice = 2.0f * d[1];
  o[0] = 0.25f * d[0];
  o[1] = (-1.0f / 6.0f) * (sum + d[1]);
  o[2] = (-1.0f / 6.0f) * (sum - d[1]);
  o[3] = (1.0f / 24.0f) * (wide + twice);
  o[4] = (1.0f / 24.0f) * (wide - twice);
  o[5] = d[2];
}

/// The same of 4 outputs' gradients: 6 of 4.
INLINE void from_gradients(const vf *d, vf *o) {
  const vf even = d[0] + d[2], odd = d[1] + d[3], wide = d[0] + 4.0f * d[2], twice = 2.0f * (d[1] + 4.0f * d[3]);
  o[0] = 0.25f * d[0];
  o[1] = (-1.0f / 6.0f) * (even + odd);
  o[2] = (-1.0f / 6.0f) * (even - odd);
  o[3] = (1.0f / 24.0f) * (wide + twice);
  o[4] = (1.0f / 24.0f) * (wide - twice);
  o[5] = d[3];
}

/// o = A^T d for a gradient: 3 of 6.
INLINE void to_taps(const vf *d, vf *o) {
  const vf a = d[1] + d[2], b = d[1] - d[2], c = d[3] + d[4], e = d[3] - d[4];
  o[0] = d[0] + a + c;
  o[1] = 2.0f * e + b;
  o[2] = 4.0f * c + (a + d[5]);
}

/// u: 36 matrices of channels by filters, in blocks of columns as `pack_columns` leaves them.
static void pack_winograd(const cairn_convolution *g, int32_t direction, const float *kernel, float *u) {
  const int back = direction == CAIRN_CONVOLVE_BACK;
  const size_t inputs = back ? g->filters : g->channels, outputs = back ? g->channels : g->filters;
  const size_t each = inputs * whole_registers(outputs);
  float taps[9][LANES];
  float *block = u;
  for (size_t f = 0; f < outputs;) {
    const size_t width = outputs - f > LANES ? 2 * LANES : LANES;
    for (size_t half = 0; half < width; half += LANES) {
      const size_t n = f + half >= outputs ? 0 : outputs - f - half < LANES ? outputs - f - half : LANES;
      for (size_t c = 0; c < inputs; c++) {
        vf d[3][3], r[6][3];
        for (size_t t = 0; t < 9; t++) {
          if (n == 0) {
            d[t / 3][t % 3] = (vf)(0.0f);
          } else if (back) {  // turned by half a turn, and transposed
            const float *const from = kernel + ((8 - t) * g->channels + f + half) * g->filters + c;
            for (size_t l = 0; l < LANES; l++) taps[t][l] = l < n ? from[l * g->filters] : 0.0f;
            d[t / 3][t % 3] = load(taps[t], LANES);
          } else {
            d[t / 3][t % 3] = load(kernel + (t * g->channels + c) * g->filters + f + half, n);
          }
        }
        for (int j = 0; j < 3; j++) {
          vf column[3] = {d[0][j], d[1][j], d[2][j]}, o[6];
          from_taps(column, o);
          for (int i = 0; i < 6; i++) r[i][j] = o[i];
        }
        for (int i = 0; i < 6; i++) {
          vf o[6];
          from_taps(r[i], o);
          for (int j = 0; j < 6; j++) store(block + (size_t)(i * 6 + j) * each + c * width + half, LANES, o[j]);
        }
      }
    }
    block += inputs * width;
    f += width;
  }
}

// Some cache lines: a call takes longer than these.
INLINE void fill_zeros(float *to, size_t count) { LANEWISE(count, store(to + i, n, (vf)(0.0f))); }
INLINE void copy_floats(float *to, const float *from, size_t count) {
  LANEWISE(count, store(to + i, n, load(from + i, n)));
}

/// The 6 by 6 pixels of a tile from (row, column) on, which may lie outside of the image; `edge`: room for them.
INLINE const float *tile_pixels(const float *image, size_t rows, size_t columns, size_t channels, ptrdiff_t row,
                                ptrdiff_t column, size_t extent, float *edge, size_t *step) {
  const ptrdiff_t end_row = row + (ptrdiff_t)extent, end_column = column + (ptrdiff_t)extent;
  if (row >= 0 && column >= 0 && end_row <= (ptrdiff_t)rows && end_column <= (ptrdiff_t)columns) {
    *step = columns * channels;
    return image + ((size_t)row * columns + (size_t)column) * channels;
  }
  *step = extent * channels;
  const size_t before = column < 0 ? (size_t)-column : 0;
  const size_t end = end_column > (ptrdiff_t)columns ? columns - (size_t)(column + (ptrdiff_t)before) + before : extent;
  for (size_t i = 0; i < extent; i++) {
    const ptrdiff_t y = row + (ptrdiff_t)i;
    float *const to = edge + i * extent * channels;
    if (y < 0 || y >= (ptrdiff_t)rows) {
      fill_zeros(to, extent * channels);
      continue;
    }
    fill_zeros(to, before * channels);
    const float *const from = image + ((size_t)y * columns + (size_t)(column + (ptrdiff_t)before)) * channels;
    copy_floats(to + before * channels, from, (end - before) * channels);
    fill_zeros(to + end * channels, (extent - end) * channels);
  }
  return edge;
}

/// v[e][:] of a tile, `apart` floats from one e to the next.
INLINE void transform_inputs(const float *pixels, size_t step, size_t channels, float *v, size_t apart) {
  LANEWISE(channels, {
    vf d[6][6];
    for (int j = 0; j < 6; j++) {
      vf column[6], o[6];
      for (int k = 0; k < 6; k++) column[k] = load(pixels + (size_t)k * step + (size_t)j * channels + i, n);
      from_inputs(column, o);
      for (int k = 0; k < 6; k++) d[k][j] = o[k];
    }
    for (int k = 0; k < 6; k++) {
      vf o[6];
      from_inputs(d[k], o);
      for (int j = 0; j < 6; j++) store(v + (size_t)(k * 6 + j) * apart + i, n, o[j]);
    }
  });
}

INLINE void transform_gradients(const float *pixels, size_t step, size_t filters, float *v, size_t apart) {
  LANEWISE(filters, {
    vf d[6][4];
    for (int j = 0; j < 4; j++) {
      vf column[4], o[6];
      for (int k = 0; k < 4; k++) column[k] = load(pixels + (size_t)k * step + (size_t)j * filters + i, n);
      from_gradients(column, o);
      for (int k = 0; k < 6; k++) d[k][j] = o[k];
    }
    for (int k = 0; k < 6; k++) {
      vf o[6];
      from_gradients(d[k], o);
      for (int j = 0; j < 6; j++) store(v + (size_t)(k * 6 + j) * apart + i, n, o[j]);
    }
  });
}

/// y of a tile, of which `rows` by `columns` outputs are there; z[e][:] `apart` floats from one e to the next.
INLINE void transform_outputs(const float *z, size_t apart, size_t filters, float *y, size_t step, size_t rows,
                              size_t columns) {
  LANEWISE(filters, {
    vf d[4][6];
    for (int j = 0; j < 6; j++) {
      vf column[6], o[4];
      for (int k = 0; k < 6; k++) column[k] = load(z + (size_t)(k * 6 + j) * apart + i, n);
      to_outputs(column, o);
      for (int k = 0; k < 4; k++) d[k][j] = o[k];
    }
    for (size_t k = 0; k < 4; k++) {
      if (k >= rows) break;
      vf o[4];
      to_outputs(d[k], o);
      for (size_t j = 0; j < 4; j++) {
        if (j < columns) store(y + k * step + j * filters + i, n, o[j]);
      }
    }
  });
}

/// Where tile number `tile` of all images begins: its image, and its first output's row and column.
typedef struct {
  size_t image, row, column;
} tile_place;

INLINE tile_place place_of_tile(size_t tile, size_t rows, size_t columns) {
  const size_t across = tiles_along(columns), each = across * tiles_along(rows);
  return (tile_place){tile / each, tile % each / across * 4, tile % each % across * 4};
}

/// The one loop of both ways: x [rows, columns, channels] with `top` and `left` zeros before it, y [out_rows, out_columns,
/// filters].
static void winograd(size_t images, const float *x, size_t rows, size_t columns, size_t channels, size_t top,
                     size_t left, const float *u, float *y, size_t out_rows, size_t out_columns, size_t filters,
                     float *scratch) {
  const size_t most = tiles_at_once(channels, filters), all = images * tiles_along(out_rows) * tiles_along(out_columns);
  const size_t in_step = matrix_step(most, channels), out_step = matrix_step(most, filters);
  float *const v = scratch, *const z = v + 36 * in_step, *const edge = z + 36 * out_step;
  const size_t each = channels * whole_registers(filters);
  for (size_t first = 0; first < all; first += most) {
    const size_t count = all - first < most ? all - first : most;
    for (size_t q = 0; q < count; q++) {
      const tile_place p = place_of_tile(first + q, out_rows, out_columns);
      size_t step;
      const float *const pixels =
        tile_pixels(x + p.image * rows * columns * channels, rows, columns, channels,
                    (ptrdiff_t)p.row - (ptrdiff_t)top, (ptrdiff_t)p.column - (ptrdiff_t)left, 6, edge, &step);
      transform_inputs(pixels, step, channels, v + q * channels, in_step);
    }
    const sums_of_taps product = {
      .taps = {.rows = 1, .runs = 1, .length = channels},
      .rows = 1,
      .columns = count,
      .column_step = channels,
      .out_column_step = filters,
    };
    for (size_t e = 0; e < 36; e++) {
      columns_image(&product, filters, v + e * in_step, u + e * each, z + e * out_step);
    }
    for (size_t q = 0; q < count; q++) {
      const tile_place p = place_of_tile(first + q, out_rows, out_columns);
      const size_t down = out_rows - p.row < 4 ? out_rows - p.row : 4;
      const size_t across = out_columns - p.column < 4 ? out_columns - p.column : 4;
      transform_outputs(z + q * filters, out_step, filters,
                        y + ((p.image * out_rows + p.row) * out_columns + p.column) * filters, out_columns * filters,
                        down, across);
    }
  }
}

static void convolve_kernel_winograd(const cairn_convolution *g, size_t images, const float *x, const float *dy,
                                     float *dkernel, float *scratch) {
  const size_t channels = g->channels, filters = g->filters, most = tiles_at_once(channels, filters);
  const size_t all = images * tiles_along(g->out_rows) * tiles_along(g->out_columns);
  const size_t each = channels * filters;
  const size_t in_step = matrix_step(most, channels), out_step = matrix_step(most, filters);
  float *const v = scratch, *const d = v + 36 * in_step, *const edge = d + 36 * out_step;
  float *const sums = edge + 36 * (channels > filters ? channels : filters);
  __builtin_memset(sums, 0, 36 * each * sizeof(float));
  for (size_t first = 0; first < all; first += most) {
    const size_t count = all - first < most ? all - first : most;
    for (size_t q = 0; q < count; q++) {
      const tile_place p = place_of_tile(first + q, g->out_rows, g->out_columns);
      size_t step;
      const float *pixels = tile_pixels(x + p.image * g->rows * g->columns * channels, g->rows, g->columns, channels,
                                        (ptrdiff_t)p.row - (ptrdiff_t)g->top,
                                        (ptrdiff_t)p.column - (ptrdiff_t)g->left, 6, edge, &step);
      transform_inputs(pixels, step, channels, v + q * channels, in_step);
      pixels = tile_pixels(dy + p.image * g->out_rows * g->out_columns * filters, g->out_rows, g->out_columns, filters,
                           (ptrdiff_t)p.row, (ptrdiff_t)p.column, 4, edge, &step);
      transform_gradients(pixels, step, filters, d + q * filters, out_step);
    }
    for (size_t e = 0; e < 36; e++) {
      add_kernel_rows(channels, filters, v + e * in_step, 0, channels, d + e * out_step, filters, 1, count,
                      sums + e * each, filters);
    }
  }
  for (size_t c = 0; c < channels; c++) {
    LANEWISE(filters, {
      vf r[3][6];
      for (int j = 0; j < 6; j++) {
        vf column[6], o[3];
        for (int k = 0; k < 6; k++) column[k] = load(sums + (size_t)(k * 6 + j) * each + c * filters + i, n);
        to_taps(column, o);
        for (int k = 0; k < 3; k++) r[k][j] = o[k];
      }
      for (int k = 0; k < 3; k++) {
        vf o[3];
        to_taps(r[k], o);
        for (int j = 0; j < 3; j++) store(dkernel + ((size_t)(k * 3 + j) * channels + c) * filters + i, n, o[j]);
      }
    });
  }
}

// The functions of cconvolution.h, for either way.

INLINE size_t largest(size_t a, size_t b) { return a > b ? a : b; }

static size_t convolution_packed_count(const cairn_convolution *g, int32_t by_winograd) {
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  const size_t taps = by_winograd ? 36 : g->kernel_rows * g->kernel_columns;
  return taps * g->groups * largest(depth * whole_registers(filters), filters * whole_registers(depth));
}

static size_t convolution_scratch_count(const cairn_convolution *g, int32_t by_winograd) {
  if (by_winograd) {
    const size_t tiles = tiles_at_once(g->channels, g->filters);
    return 36 * (matrix_step(tiles, g->channels) + matrix_step(tiles, g->filters) + largest(g->channels, g->filters) + g->channels * g->filters);
  }
  const border in = border_of_inputs(g), out = border_of_outputs(g);
  return largest(in.rows * in.columns * g->channels, out.rows * out.columns * g->filters);
}

static void pack_convolution(const cairn_convolution *g, int32_t by_winograd, int32_t direction, const float *kernel,
                             float *packed) {
  if (by_winograd) {
    pack_winograd(g, direction, kernel, packed);
  } else {
    pack_convolution_direct(g, direction, kernel, packed);
  }
}

static void convolve(const cairn_convolution *g, int32_t by_winograd, size_t images, const float *x,
                     const float *packed, float *y, float *scratch) {
  if (by_winograd) {
    winograd(images, x, g->rows, g->columns, g->channels, g->top, g->left, packed, y, g->out_rows, g->out_columns,
             g->filters, scratch);
  } else {
    convolve_direct(g, images, x, packed, y, scratch);
  }
}

static void convolve_back(const cairn_convolution *g, int32_t by_winograd, size_t images, const float *dy,
                          const float *packed, float *dx, float *scratch) {
  if (by_winograd) {
    winograd(images, dy, g->out_rows, g->out_columns, g->filters, 2 - g->top, 2 - g->left, packed, dx, g->rows,
             g->columns, g->channels, scratch);
  } else {
    convolve_back_direct(g, images, dy, packed, dx, scratch);
  }
}

static void convolve_kernel(const cairn_convolution *g, int32_t by_winograd, size_t images, const float *x,
                            const float *dy, float *dkernel, float *scratch) {
  if (by_winograd) {
    convolve_kernel_winograd(g, images, x, dy, dkernel, scratch);
  } else {
    convolve_kernel_direct(g, images, x, dy, dkernel, scratch);
  }
}
