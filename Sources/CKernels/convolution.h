// Convolutions as direct sums, one instruction set's version: no matrix of patches ever stands in memory. An image with a
// border of zeros is the one copy that is made. A block of some pixels of a row by one or two registers of filters is
// summed in registers over the kernel's taps; taps that stand side by side in memory are one run.
//
// Method: Zhang, Franchetti, Low: High performance zero-memory overhead direct convolutions, ICML 2018.

#if LANES == 16
#define PIXELS 8
#define GRADIENT_SUMS 24
#else
#define PIXELS 4
#define GRADIENT_SUMS 12
#endif

/// The floats that a sum reads from its first one on: `rows` times `runs` times `length` one after the other.
typedef struct {
  size_t rows, runs, length;
  ptrdiff_t row_step, run_step;
} taps;

/// What one kind of output pixel is the sum of, and where they stand. All steps are in floats.
typedef struct {
  taps taps;
  size_t rows, columns;           // of outputs
  ptrdiff_t first;                // of the bordered image, for the first output
  size_t row_step, column_step;   // from one output to the next, in the bordered image
  size_t out_first, out_row_step, out_column_step;
} sums_of_taps;

INLINE size_t whole_registers(size_t count) { return (count + LANES - 1) / LANES * LANES; }

/// M outputs `step` apart by J registers of filters, of which the last has n. One register of filters leaves room for two
/// sums an output, of the even and the odd terms of each run: half as long, and none waits for the one before.
INLINE void convolve_pixels(const int M, const int J, size_t n, taps t, const float *a, size_t step, const float *w,
                            float *y, size_t y_step) {
  vf s[PIXELS][2];
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++) s[m][0] = s[m][1] = (vf)(0.0f);
  for (size_t i = 0; i < t.rows; i++) {
    for (size_t r = 0; r < t.runs; r++) {
      const float *const p = a + (ptrdiff_t)i * t.row_step + (ptrdiff_t)r * t.run_step;
      if (J > 1) {
        for (size_t k = 0; k < t.length; k++, w += 2 * LANES) {
          const vf w0 = load(w, LANES), w1 = load(w + LANES, LANES);
#pragma clang loop unroll(full)
          for (int m = 0; m < M; m++) {
            const vf factor = (vf)(p[(size_t)m * step + k]);
            s[m][0] = factor * w0 + s[m][0];
            s[m][1] = factor * w1 + s[m][1];
          }
        }
      } else {
        size_t k = 0;
        for (; k + 2 <= t.length; k += 2, w += 2 * LANES) {
          const vf w0 = load(w, LANES), w1 = load(w + LANES, LANES);
#pragma clang loop unroll(full)
          for (int m = 0; m < M; m++) {
            s[m][0] = p[(size_t)m * step + k] * w0 + s[m][0];
            s[m][1] = p[(size_t)m * step + k + 1] * w1 + s[m][1];
          }
        }
        if (k < t.length) {
          const vf w0 = load(w, LANES);
          w += LANES;
#pragma clang loop unroll(full)
          for (int m = 0; m < M; m++) s[m][0] = p[(size_t)m * step + k] * w0 + s[m][0];
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++) {
    if (J > 1) {
      store(y + (size_t)m * y_step, LANES, s[m][0]);
      store(y + (size_t)m * y_step + LANES, n, s[m][1]);
    } else {
      store(y + (size_t)m * y_step, n, s[m][0] + s[m][1]);
    }
  }
}

INLINE void convolve_row(const int M, const int J, size_t n, taps t, const float *a, size_t step, const float *w,
                         float *y, size_t y_step, size_t count) {
  size_t x = 0;
  for (; x + (size_t)M <= count; x += (size_t)M) {
    convolve_pixels(M, J, n, t, a + x * step, step, w, y + x * y_step, y_step);
  }
  if (x == count) return;
  // More than half a block is left: the last block once more, further left, takes no longer and gives the same bits.
  if (count >= 8 && M > 4 && count - x > 4) {
    x = count - 8;
    convolve_pixels(8, J, n, t, a + x * step, step, w, y + x * y_step, y_step);
    return;
  }
  if (count >= 4 && count - x > 1) {
    x = count - x > 4 ? x : count - 4;
    convolve_pixels(4, J, n, t, a + x * step, step, w, y + x * y_step, y_step);
    x += 4;
  }
  for (; x < count; x++) convolve_pixels(1, J, n, t, a + x * step, step, w, y + x * y_step, y_step);
}

// Few outputs: lanes are what is summed over, and each sum is folded at its end.

/// Whether outputs of these sums are computed so: decided by shapes alone.
INLINE int are_dots(size_t outputs, taps t) { return outputs * 2 <= LANES && t.length >= LANES; }

/// M pixels by F outputs. w: `[rows * runs][length / LANES, rounded up][F][LANES]`, zeros behind a run's last.
INLINE void dot_pixels(const int M, const int F, taps t, const float *a, size_t step, const float *w, float *y,
                       size_t y_step) {
  vf s[24];
#pragma clang loop unroll(full)
  for (int m = 0; m < M * F; m++) s[m] = (vf)(0.0f);
  for (size_t i = 0; i < t.rows; i++) {
    for (size_t r = 0; r < t.runs; r++) {
      const float *const p = a + (ptrdiff_t)i * t.row_step + (ptrdiff_t)r * t.run_step;
      for (size_t k = 0; k < t.length; k += LANES, w += F * LANES) {
        const size_t n = t.length - k < LANES ? t.length - k : LANES;
        vf x[8];
#pragma clang loop unroll(full)
        for (int m = 0; m < M; m++) x[m] = load(p + (size_t)m * step + k, n);
#pragma clang loop unroll(full)
        for (int f = 0; f < F; f++) {
          const vf v = load(w + f * LANES, LANES);
#pragma clang loop unroll(full)
          for (int m = 0; m < M; m++) s[m * F + f] = x[m] * v + s[m * F + f];
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++) {
#pragma clang loop unroll(full)
    for (int f = 0; f < F; f++) y[(size_t)m * y_step + (size_t)f] = sum_of_lanes(s[m * F + f]);
  }
}

INLINE void dot_row(const int M, const int F, taps t, const float *a, size_t step, const float *w, float *y,
                    size_t y_step, size_t count) {
  size_t x = 0;
  for (; x + (size_t)M <= count; x += (size_t)M) {
    dot_pixels(M, F, t, a + x * step, step, w, y + x * y_step, y_step);
  }
  for (; x < count; x++) dot_pixels(1, F, t, a + x * step, step, w, y + x * y_step, y_step);
}

static void dot_image(const sums_of_taps *g, size_t outputs, const float *image, const float *w, float *y) {
  for (size_t i = 0; i < g->rows; i++) {
    const float *const a = image + g->first + (ptrdiff_t)(i * g->row_step);
    float *const to = y + g->out_first + i * g->out_row_step;
#define ROW(M, F) \
  case F: dot_row(M, F, g->taps, a, g->column_step, w, to, g->out_column_step, g->columns); break
    switch (outputs) {
      ROW(8, 1);
      ROW(8, 2);
      ROW(LANES == 16 ? 7 : 4, 3);
      ROW(LANES == 16 ? 5 : 3, 4);
      ROW(LANES == 16 ? 4 : 2, 5);
      ROW(LANES == 16 ? 4 : 2, 6);
      ROW(3, 7);
      ROW(3, 8);
    }
#undef ROW
  }
}

/// All outputs of one kind for one image, `filters` of them from y on. `w` as `pack_columns` leaves it.
static void columns_image(const sums_of_taps *g, size_t filters, const float *image, const float *w, float *y) {
  const taps t = g->taps;
  const size_t inner = t.rows * t.runs * t.length;
  for (size_t f = 0; f < filters;) {
    const size_t left = filters - f;
    const int both = left > LANES;
    const size_t n = both ? (left - LANES < LANES ? left - LANES : LANES) : left;
    for (size_t i = 0; i < g->rows; i++) {
      const float *const a = image + g->first + (ptrdiff_t)(i * g->row_step);
      float *const to = y + g->out_first + i * g->out_row_step + f;
      if (both) {
        convolve_row(PIXELS, 2, n, t, a, g->column_step, w, to, g->out_column_step, g->columns);
      } else {
        convolve_row(PIXELS, 1, n, t, a, g->column_step, w, to, g->out_column_step, g->columns);
      }
    }
    f += both ? LANES + n : n;
    w += inner * (both ? 2 * LANES : LANES);
  }
}

/// The same, in the way that suits. `w` as `pack_convolution_direct` leaves it.
INLINE void convolve_image(const sums_of_taps *g, size_t filters, const float *image, const float *w, float *y) {
  if (are_dots(filters, g->taps)) {
    dot_image(g, filters, image, w, y);
  } else {
    columns_image(g, filters, image, w, y);
  }
}

/// An image with `top` rows and `left` columns of zeros before it and as many behind as make it `rows` by `columns`; what
/// does not fit is cut off. `multiplier`: times that each channel is repeated.
static void copy_bordered(const float *x, size_t in_rows, size_t in_columns, size_t channels, size_t top, size_t left,
                          size_t rows, size_t columns, size_t multiplier, float *to) {
  const size_t wide = channels * multiplier;
  const size_t width = left >= columns ? 0 : (in_columns < columns - left ? in_columns : columns - left);
  for (size_t i = 0; i < rows; i++) {
    float *const row = to + i * columns * wide;
    if (i < top || i - top >= in_rows || width == 0) {
      __builtin_memset(row, 0, columns * wide * sizeof(float));
      continue;
    }
    const float *const from = x + (i - top) * in_columns * channels;
    __builtin_memset(row, 0, left * wide * sizeof(float));
    if (multiplier == 1) {
      __builtin_memcpy(row + left * wide, from, width * wide * sizeof(float));
    } else {
      for (size_t c = 0; c < width * channels; c++) {
        for (size_t m = 0; m < multiplier; m++) row[left * wide + c * multiplier + m] = from[c];
      }
    }
    __builtin_memset(row + (left + width) * wide, 0, (columns - left - width) * wide * sizeof(float));
  }
}

/// A bordered image: its extents, and where the image itself begins.
typedef struct {
  size_t rows, columns, top, left;
} border;

/// What the taps of a convolution reach of x.
static border border_of_inputs(const cairn_convolution *g) {
  return (border){
    (g->out_rows - 1) * g->stride_rows + (g->kernel_rows - 1) * g->dilation_rows + 1,
    (g->out_columns - 1) * g->stride_columns + (g->kernel_columns - 1) * g->dilation_columns + 1, g->top, g->left};
}

/// One axis of the way back: inputs r, r + stride, r + 2 stride ... are sums over the taps a, a - tap_step, ...
typedef struct {
  size_t taps, tap, tap_step;  // how many, the last one, and from one to the one before
  ptrdiff_t offset;            // of the output that the first input r reads through the last tap
  size_t offset_step;          // to the output that it reads through the tap before
  size_t count;                // of inputs
} phase;

static size_t divisor_of_both(size_t a, size_t b) {
  while (b != 0) {
    const size_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// - extent: of x along the axis; pad: zeros before it.
static phase phase_of(size_t r, size_t extent, size_t pad, size_t taps, size_t stride, size_t dilation) {
  phase p = {0, 0, 1, 0, 0, r < extent ? (extent - r + stride - 1) / stride : 0};
  const size_t common = divisor_of_both(stride, dilation);
  p.tap_step = stride / common;
  p.offset_step = dilation / common;
  for (size_t a = taps; a-- > 0;) {
    const ptrdiff_t distance = (ptrdiff_t)(r + pad) - (ptrdiff_t)(a * dilation);
    if (distance % (ptrdiff_t)stride != 0) continue;
    p.tap = a;
    p.taps = a / p.tap_step + 1;
    p.offset = distance / (ptrdiff_t)stride;
    break;
  }
  return p;
}

/// What the way back reaches of dy.
static border border_of_outputs(const cairn_convolution *g) {
  ptrdiff_t low[2] = {0, 0}, high[2] = {(ptrdiff_t)g->out_rows - 1, (ptrdiff_t)g->out_columns - 1};
  for (int axis = 0; axis < 2; axis++) {
    const size_t stride = axis == 0 ? g->stride_rows : g->stride_columns;
    for (size_t r = 0; r < stride; r++) {
      const phase p = axis == 0
        ? phase_of(r, g->rows, g->top, g->kernel_rows, stride, g->dilation_rows)
        : phase_of(r, g->columns, g->left, g->kernel_columns, stride, g->dilation_columns);
      if (p.count == 0 || p.taps == 0) continue;
      const ptrdiff_t last = p.offset + (ptrdiff_t)((p.taps - 1) * p.offset_step + p.count - 1);
      if (p.offset < low[axis]) low[axis] = p.offset;
      if (last > high[axis]) high[axis] = last;
    }
  }
  return (border){(size_t)(high[0] - low[0] + 1), (size_t)(high[1] - low[1] + 1), (size_t)-low[0], (size_t)-low[1]};
}

/// The sums of the way forward, within a bordered image. `depth`: channels that are summed over; `joins`: whether taps
/// side by side may be one run.
static sums_of_taps sums_forward(const cairn_convolution *g, border b, size_t depth, int joins) {
  const size_t row = b.columns * g->channels;
  const int joined = joins && g->dilation_columns == 1 && depth == g->channels;
  return (sums_of_taps){
    .taps = {
      .rows = g->kernel_rows,
      .runs = joined ? 1 : g->kernel_columns,
      .length = joined ? g->kernel_columns * depth : depth,
      .row_step = (ptrdiff_t)(g->dilation_rows * row),
      .run_step = (ptrdiff_t)(g->dilation_columns * g->channels),
    },
    .rows = g->out_rows,
    .columns = g->out_columns,
    .row_step = g->stride_rows * row,
    .column_step = g->stride_columns * g->channels,
    .out_row_step = g->out_columns * g->filters,
    .out_column_step = g->filters,
  };
}

/// Those of the way back for inputs of a phase each way.
static sums_of_taps sums_back(const cairn_convolution *g, border b, size_t depth, int joins, size_t r, size_t q,
                              phase down, phase across) {
  const size_t row = b.columns * g->filters;
  const int joined = joins && across.offset_step == 1 && depth == g->filters;
  const size_t runs = down.taps == 0 ? 0 : across.taps;
  return (sums_of_taps){
    .taps = {
      .rows = down.taps,
      .runs = joined && runs > 0 ? 1 : runs,
      .length = joined ? runs * depth : depth,
      .row_step = (ptrdiff_t)(down.offset_step * row),
      .run_step = (ptrdiff_t)(across.offset_step * g->filters),
    },
    .rows = down.count,
    .columns = across.count,
    .first = ((ptrdiff_t)b.top + down.offset) * (ptrdiff_t)row
      + ((ptrdiff_t)b.left + across.offset) * (ptrdiff_t)g->filters,
    .row_step = row,
    .column_step = g->filters,
    .out_first = (r * g->columns + q) * g->channels,
    .out_row_step = g->stride_rows * g->columns * g->channels,
    .out_column_step = g->stride_columns * g->channels,
  };
}

/// Floats that the weights of these sums take.
INLINE size_t packed_count_of(size_t outputs, taps t) {
  const size_t runs = t.rows * t.runs;
  return are_dots(outputs, t) ? runs * whole_registers(t.length) * outputs : runs * t.length * whole_registers(outputs);
}

/// `width` columns of a matrix, in blocks of two registers, then one, `[block][inner][registers]`; zeros behind the last.
static float *pack_columns(size_t inner, size_t width, const float *x, size_t stride, float *to) {
  for (size_t f = 0; f < width;) {
    const size_t block = width - f > LANES ? 2 * LANES : LANES;
    const size_t n = width - f < block ? width - f : block;
    for (size_t k = 0; k < inner; k++, to += block) {
      __builtin_memcpy(to, x + k * stride + f, n * sizeof(float));
      __builtin_memset(to + n, 0, (block - n) * sizeof(float));
    }
    f += n;
  }
  return to;
}

/// The same for outputs that are dots: `runs` of `length` rows of x.
static float *pack_dots(size_t runs, size_t length, size_t outputs, const float *x, size_t stride, float *to) {
  for (size_t r = 0; r < runs; r++, x += length * stride) {
    for (size_t k = 0; k < length; k += LANES) {
      for (size_t f = 0; f < outputs; f++) {
        for (size_t l = 0; l < LANES; l++) *to++ = k + l < length ? x[(k + l) * stride + f] : 0.0f;
      }
    }
  }
  return to;
}

/// For the way back: rows are taps by filters, columns the channels of a group.
static float *pack_back(const cairn_convolution *g, size_t group, phase down, phase across, const float *kernel,
                        float *to) {
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  if (down.taps == 0 || across.taps == 0) return to;
  const taps t = sums_back(g, (border){0, 0, 0, 0}, filters, 1, 0, 0, down, across).taps;
  if (are_dots(depth, t)) {
    for (size_t r = 0; r < t.rows * t.runs; r++) {
      for (size_t k = 0; k < t.length; k += LANES) {
        for (size_t c = 0; c < depth; c++) {
          for (size_t l = 0; l < LANES; l++) {
            const size_t place = (r * t.length + k + l) / filters, f = (k + l) % filters;
            const size_t a = down.tap - place / across.taps * down.tap_step;
            const size_t b = across.tap - place % across.taps * across.tap_step;
            *to++ = k + l < t.length
              ? kernel[((a * g->kernel_columns + b) * depth + c) * g->filters + group * filters + f]
              : 0.0f;
          }
        }
      }
    }
    return to;
  }
  for (size_t c = 0; c < depth;) {
    const size_t block = depth - c > LANES ? 2 * LANES : LANES;
    const size_t n = depth - c < block ? depth - c : block;
    for (size_t i = 0; i < down.taps; i++) {
      for (size_t j = 0; j < across.taps; j++) {
        const size_t a = down.tap - i * down.tap_step, b = across.tap - j * across.tap_step;
        const float *const from =
          kernel + ((a * g->kernel_columns + b) * depth + c) * g->filters + group * filters;
        for (size_t f = 0; f < filters; f++, to += block) {
          for (size_t l = 0; l < n; l++) to[l] = from[l * g->filters + f];
          for (size_t l = n; l < block; l++) to[l] = 0;
        }
      }
    }
    c += n;
  }
  return to;
}

static void pack_convolution_direct(const cairn_convolution *g, int32_t direction, const float *kernel, float *packed) {
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  if (direction == CAIRN_CONVOLVE) {
    const taps t = sums_forward(g, (border){0, 0, 0, 0}, depth, 1).taps;
    for (size_t group = 0; group < g->groups; group++) {
      const float *const from = kernel + group * filters;
      packed = are_dots(filters, t) ? pack_dots(t.rows * t.runs, t.length, filters, from, g->filters, packed)
                                    : pack_columns(t.rows * t.runs * t.length, filters, from, g->filters, packed);
    }
    return;
  }
  for (size_t r = 0; r < g->stride_rows; r++) {
    const phase down = phase_of(r, g->rows, g->top, g->kernel_rows, g->stride_rows, g->dilation_rows);
    for (size_t q = 0; q < g->stride_columns; q++) {
      const phase across =
        phase_of(q, g->columns, g->left, g->kernel_columns, g->stride_columns, g->dilation_columns);
      for (size_t group = 0; group < g->groups; group++) packed = pack_back(g, group, down, across, kernel, packed);
    }
  }
}

/// x itself where no border is needed.
INLINE const float *bordered(const float *x, size_t rows, size_t columns, size_t channels, border b, float *scratch) {
  if (b.top == 0 && b.left == 0 && b.rows <= rows && b.columns == columns) return x;
  copy_bordered(x, rows, columns, channels, b.top, b.left, b.rows, b.columns, 1, scratch);
  return scratch;
}

static void convolve_direct(const cairn_convolution *g, size_t images, const float *x, const float *packed, float *y,
                            float *scratch) {
  const border b = border_of_inputs(g);
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  const sums_of_taps sums = sums_forward(g, b, depth, 1);
  const size_t each = packed_count_of(filters, sums.taps);
  for (size_t n = 0; n < images; n++) {
    const float *const image = bordered(x, g->rows, g->columns, g->channels, b, scratch);
    for (size_t group = 0; group < g->groups; group++) {
      convolve_image(&sums, filters, image + group * depth, packed + group * each, y + group * filters);
    }
    x += g->rows * g->columns * g->channels;
    y += g->out_rows * g->out_columns * g->filters;
  }
}

static void convolve_back_direct(const cairn_convolution *g, size_t images, const float *dy, const float *packed,
                                 float *dx, float *scratch) {
  const border b = border_of_outputs(g);
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  for (size_t n = 0; n < images; n++) {
    const float *const image = bordered(dy, g->out_rows, g->out_columns, g->filters, b, scratch);
    const float *w = packed;
    for (size_t r = 0; r < g->stride_rows; r++) {
      const phase down = phase_of(r, g->rows, g->top, g->kernel_rows, g->stride_rows, g->dilation_rows);
      for (size_t q = 0; q < g->stride_columns; q++) {
        const phase across =
          phase_of(q, g->columns, g->left, g->kernel_columns, g->stride_columns, g->dilation_columns);
        const sums_of_taps sums = sums_back(g, b, filters, 1, r, q, down, across);
        for (size_t group = 0; group < g->groups; group++) {
          if (down.count > 0 && across.count > 0) {
            convolve_image(&sums, depth, image + group * filters, w, dx + group * depth);
          }
          if (down.taps > 0 && across.taps > 0) w += packed_count_of(depth, sums.taps);
        }
      }
    }
    dy += g->out_rows * g->out_columns * g->filters;
    dx += g->rows * g->columns * g->channels;
  }
}

/// R rows of the kernel's gradient by J registers of filters, of which the last has n, for one image: added to dw.
INLINE void kernel_block(const int R, const int J, size_t n, const float *x, size_t x_row, size_t x_step,
                         const float *dy, size_t dy_step, size_t rows, size_t columns, float *dw, size_t dw_step) {
  vf s[GRADIENT_SUMS][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < J; j++) s[r][j] = (vf)(0.0f);
  }
  for (size_t i = 0; i < rows; i++) {
    const float *a = x + i * x_row, *d = dy + i * columns * dy_step;
    for (size_t p = 0; p < columns; p++, a += x_step, d += dy_step) {
      vf v[4];
#pragma clang loop unroll(full)
      for (int j = 0; j < J; j++) v[j] = load(d + (size_t)j * LANES, j == J - 1 ? n : LANES);
#pragma clang loop unroll(full)
      for (int r = 0; r < R; r++) {
        const vf factor = (vf)(a[r]);
#pragma clang loop unroll(full)
        for (int j = 0; j < J; j++) s[r][j] = factor * v[j] + s[r][j];
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < J; j++) {
      float *const to = dw + (size_t)r * dw_step + (size_t)j * LANES;
      const size_t w = j == J - 1 ? n : LANES;
      store(to, w, load(to, w) + s[r][j]);
    }
  }
}

/// `length` rows of the gradient, which stand one after the other as the floats of x do.
INLINE void kernel_run(const int J, size_t n, size_t length, const float *x, size_t x_row, size_t x_step,
                       const float *dy, size_t dy_step, size_t rows, size_t columns, float *dw, size_t dw_step) {
  size_t r = 0;
  for (; r + GRADIENT_SUMS / J <= length; r += GRADIENT_SUMS / J) {
    kernel_block(GRADIENT_SUMS / J, J, n, x + r, x_row, x_step, dy, dy_step, rows, columns, dw + r * dw_step, dw_step);
  }
  if (GRADIENT_SUMS / J > 8) {
    for (; r + 8 <= length; r += 8) {
      kernel_block(8, J, n, x + r, x_row, x_step, dy, dy_step, rows, columns, dw + r * dw_step, dw_step);
    }
  }
  if (GRADIENT_SUMS / J > 4) {
    for (; r + 4 <= length; r += 4) {
      kernel_block(4, J, n, x + r, x_row, x_step, dy, dy_step, rows, columns, dw + r * dw_step, dw_step);
    }
  }
  for (; r + 2 <= length; r += 2) {
    kernel_block(2, J, n, x + r, x_row, x_step, dy, dy_step, rows, columns, dw + r * dw_step, dw_step);
  }
  if (r < length) kernel_block(1, J, n, x + r, x_row, x_step, dy, dy_step, rows, columns, dw + r * dw_step, dw_step);
}

/// `length` rows by `filters` columns of a kernel's gradient, for one image: added to dw.
static void add_kernel_rows(size_t length, size_t filters, const float *x, size_t x_row, size_t x_step, const float *dy,
                            size_t dy_step, size_t rows, size_t columns, float *dw, size_t dw_step) {
  for (size_t f = 0; f < filters;) {
    const size_t left = filters - f;
#define RUN(J)                                                                                                     \
  if (left >= (J) * LANES) {                                                                                       \
    kernel_run(J, LANES, length, x, x_row, x_step, dy + f, dy_step, rows, columns, dw + f, dw_step);               \
  } else {                                                                                                         \
    kernel_run(J, left - ((J) - 1) * LANES, length, x, x_row, x_step, dy + f, dy_step, rows, columns, dw + f,      \
               dw_step);                                                                                           \
  }                                                                                                                \
  f += (J) * LANES
    if (LANES == 16 && left > 3 * LANES) {
      RUN(4);
    } else if (left > LANES) {
      RUN(2);
    } else {
      RUN(1);
    }
#undef RUN
  }
}

/// The whole gradient of a small kernel for one image, to at most one register of filters: P rows of R taps side by side,
/// `x_tap` floats from row to row, each summed in a register of its own. Added to dw.
INLINE void small_kernel_block(const int P, const int R, size_t n, const float *x, size_t x_tap, size_t x_row,
                               size_t x_step, const float *dy, size_t dy_step, size_t rows, size_t columns, float *dw,
                               size_t dw_step) {
  vf s[27];
#pragma clang loop unroll(full)
  for (int r = 0; r < P * R; r++) s[r] = (vf)(0.0f);
  for (size_t i = 0; i < rows; i++) {
    const float *a = x + i * x_row, *d = dy + i * columns * dy_step;
    for (size_t p = 0; p < columns; p++, a += x_step, d += dy_step) {
      const vf v = load(d, n);
#pragma clang loop unroll(full)
      for (int r = 0; r < P * R; r++) s[r] = a[(size_t)(r / R) * x_tap + (size_t)(r % R)] * v + s[r];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < P * R; r++) {
    float *const to = dw + (size_t)r * dw_step;
    store(to, n, load(to, n) + s[r]);
  }
}

/// Whether it was one of the small kernels that there is such a block for.
static int add_small_kernel(const cairn_convolution *g, const sums_of_taps *sums, const float *image, const float *dy,
                            float *dkernel) {
  const taps t = sums->taps;
  if (LANES < 16 || g->groups > 1 || t.runs != 1 || g->filters > LANES) return 0;
#define KERNEL(P, R)                                                                                                 \
  if (t.rows == P && t.length == R) {                                                                                \
    small_kernel_block(P, R, g->filters, image, (size_t)t.row_step, sums->row_step, sums->column_step, dy,           \
                       g->filters, g->out_rows, g->out_columns, dkernel, g->filters);                                \
    return 1;                                                                                                        \
  }
  KERNEL(3, 3);
  KERNEL(5, 5);
  KERNEL(3, 9);
#undef KERNEL
  return 0;
}

static void convolve_kernel_direct(const cairn_convolution *g, size_t images, const float *x, const float *dy,
                                   float *dkernel, float *scratch) {
  const border b = border_of_inputs(g);
  const size_t depth = g->channels / g->groups, filters = g->filters / g->groups;
  const sums_of_taps sums = sums_forward(g, b, depth, 1);
  const taps t = sums.taps;
  __builtin_memset(dkernel, 0, g->kernel_rows * g->kernel_columns * depth * g->filters * sizeof(float));
  for (size_t n = 0; n < images; n++) {
    const float *const image = bordered(x, g->rows, g->columns, g->channels, b, scratch);
    const int is_done = add_small_kernel(g, &sums, image, dy, dkernel);
    for (size_t group = 0; !is_done && group < g->groups; group++) {
      for (size_t i = 0; i < t.rows * t.runs; i++) {
        const float *const from = image + group * depth + (ptrdiff_t)(i / t.runs) * t.row_step
          + (ptrdiff_t)(i % t.runs) * t.run_step;
        float *const dw = dkernel + i * t.length * g->filters + group * filters;
        add_kernel_rows(t.length, filters, from, sums.row_step, sums.column_step, dy + group * filters, g->filters,
                        g->out_rows, g->out_columns, dw, g->filters);
      }
    }
    x += g->rows * g->columns * g->channels;
    dy += g->out_rows * g->out_columns * g->filters;
  }
}
