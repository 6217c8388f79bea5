// Convolutions of each channel on its own, one instruction set's version: lanes are channels. Where a channel has several
// filters, the copy with a border repeats it.

/// The outputs of one kind of an image: `wide` channels, each with its own kernel; taps are read from `kernel` on,
/// `kernel_row` and `kernel_run` floats apart.
INLINE void depthwise_pixels(const int M, size_t n, taps t, const float *a, size_t step, const float *kernel,
                             ptrdiff_t kernel_row, ptrdiff_t kernel_run, float *y, size_t y_step) {
  vf s[8];
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++) s[m] = (vf)(0.0f);
  for (size_t i = 0; i < t.rows; i++) {
    for (size_t r = 0; r < t.runs; r++) {
      const float *const p = a + (ptrdiff_t)i * t.row_step + (ptrdiff_t)r * t.run_step;
      const vf w = load(kernel + (ptrdiff_t)i * kernel_row + (ptrdiff_t)r * kernel_run, n);
#pragma clang loop unroll(full)
      for (int m = 0; m < M; m++) s[m] = w * load(p + (size_t)m * step, n) + s[m];
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++) store(y + (size_t)m * y_step, n, s[m]);
}

static void depthwise_image(const sums_of_taps *g, size_t wide, const float *image, const float *kernel,
                            ptrdiff_t kernel_row, ptrdiff_t kernel_run, float *y) {
  for (size_t r = 0; r < g->rows; r++) {
    const float *const a = image + g->first + (ptrdiff_t)(r * g->row_step);
    float *const to = y + g->out_first + r * g->out_row_step;
    LANEWISE(wide, {
      size_t x = 0;
      for (; x + 8 <= g->columns; x += 8) {
        depthwise_pixels(8, n, g->taps, a + x * g->column_step + i, g->column_step, kernel + i, kernel_row, kernel_run,
                         to + x * g->out_column_step + i, g->out_column_step);
      }
      for (; x + 4 <= g->columns; x += 4) {
        depthwise_pixels(4, n, g->taps, a + x * g->column_step + i, g->column_step, kernel + i, kernel_row, kernel_run,
                         to + x * g->out_column_step + i, g->out_column_step);
      }
      for (; x < g->columns; x++) {
        depthwise_pixels(1, n, g->taps, a + x * g->column_step + i, g->column_step, kernel + i, kernel_row, kernel_run,
                         to + x * g->out_column_step + i, g->out_column_step);
      }
    });
  }
}

/// The same convolution over the channels as the copies repeat them.
INLINE cairn_convolution widened(const cairn_convolution *g) {
  cairn_convolution wide = *g;
  wide.channels = g->filters;
  wide.groups = g->filters;
  return wide;
}

static void depthwise(const cairn_convolution *g, size_t images, const float *x, const float *kernel, float *y,
                      float *scratch) {
  const cairn_convolution w = widened(g);
  const border b = border_of_inputs(g);
  const sums_of_taps sums = sums_forward(&w, b, 1, 0);
  for (size_t k = 0; k < images; k++) {
    copy_bordered(x, g->rows, g->columns, g->channels, b.top, b.left, b.rows, b.columns, g->filters / g->channels,
                  scratch);
    depthwise_image(&sums, g->filters, scratch, kernel, (ptrdiff_t)(g->kernel_columns * g->filters),
                    (ptrdiff_t)g->filters, y);
    x += g->rows * g->columns * g->channels;
    y += g->out_rows * g->out_columns * g->filters;
  }
}

static void depthwise_back(const cairn_convolution *g, size_t images, const float *dy, const float *kernel, float *dx,
                           float *scratch) {
  const cairn_convolution w = widened(g);
  const border b = border_of_outputs(g);
  const size_t multiplier = g->filters / g->channels, count = g->rows * g->columns * g->channels;
  float *const each = scratch + b.rows * b.columns * g->filters;
  for (size_t k = 0; k < images; k++) {
    const float *const image = bordered(dy, g->out_rows, g->out_columns, g->filters, b, scratch);
    float *const to = multiplier == 1 ? dx : each;
    for (size_t r = 0; r < g->stride_rows; r++) {
      const phase down = phase_of(r, g->rows, g->top, g->kernel_rows, g->stride_rows, g->dilation_rows);
      for (size_t q = 0; q < g->stride_columns; q++) {
        const phase across =
          phase_of(q, g->columns, g->left, g->kernel_columns, g->stride_columns, g->dilation_columns);
        if (down.count == 0 || across.count == 0) continue;
        const sums_of_taps sums = sums_back(&w, b, 1, 0, r, q, down, across);
        depthwise_image(&sums, g->filters, image, kernel + (down.tap * g->kernel_columns + across.tap) * g->filters,
                        -(ptrdiff_t)(down.tap_step * g->kernel_columns * g->filters),
                        -(ptrdiff_t)(across.tap_step * g->filters), to);
      }
    }
    if (multiplier > 1) {
      for (size_t c = 0; c < count; c++) {
        float sum = 0;
        for (size_t m = 0; m < multiplier; m++) sum += each[c * multiplier + m];
        dx[c] = sum;
      }
    }
    dy += g->out_rows * g->out_columns * g->filters;
    dx += count;
  }
}

static void depthwise_kernel(const cairn_convolution *g, size_t images, const float *x, const float *dy, float *dkernel,
                             float *scratch) {
  const size_t wide = g->filters;
  const border b = border_of_inputs(g);
  __builtin_memset(dkernel, 0, g->kernel_rows * g->kernel_columns * wide * sizeof(float));
  for (size_t k = 0; k < images; k++) {
    copy_bordered(x, g->rows, g->columns, g->channels, b.top, b.left, b.rows, b.columns, wide / g->channels, scratch);
    for (size_t t = 0; t < g->kernel_rows * g->kernel_columns; t++) {
      const size_t row = t / g->kernel_columns * g->dilation_rows, column = t % g->kernel_columns * g->dilation_columns;
      const float *const from = scratch + (row * b.columns + column) * wide;
      LANEWISE(wide, {
        // Four sums, so that none waits for the one before; added in their order.
        vf s[4] = {(vf)(0.0f), (vf)(0.0f), (vf)(0.0f), (vf)(0.0f)};
        for (size_t r = 0; r < g->out_rows; r++) {
          const float *a = from + r * g->stride_rows * b.columns * wide + i, *d = dy + r * g->out_columns * wide + i;
          for (size_t c = 0; c < g->out_columns; c++, a += g->stride_columns * wide, d += wide) {
            s[c & 3] = load(a, n) * load(d, n) + s[c & 3];
          }
        }
        float *const to = dkernel + t * wide + i;
        store(to, n, load(to, n) + ((s[0] + s[1]) + (s[2] + s[3])));
      });
    }
    x += g->rows * g->columns * g->channels;
    dy += g->out_rows * g->out_columns * wide;
  }
}

static size_t depthwise_scratch_count(const cairn_convolution *g) {
  const border in = border_of_inputs(g), out = border_of_outputs(g);
  const size_t back = out.rows * out.columns + g->rows * g->columns;
  return g->filters * largest(in.rows * in.columns, back);
}
