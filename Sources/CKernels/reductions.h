// Sums and statistics, one instruction set's version.
//
// A tile is a few thousand floats: each lane of each accumulator adds up a few dozen, in float, and the lanes are added
// in double. Several accumulators, because one would wait for itself.
#if LANES == 16
#define CHAINS 4
#else
#define CHAINS 2  // sixteen registers hold no more
#endif

static void add_column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  // Eight rows at a time: memory is read in order, and `sums` is read and written once for all eight.
  size_t row = 0;
  for (; row + 8 <= rows; row += 8) {
    const float *const a = x + row * columns;
    LANEWISE(columns, {
      const float *const p = a + i;
      const vf s01 = load(p, n) + load(p + columns, n);
      const vf s23 = load(p + 2 * columns, n) + load(p + 3 * columns, n);
      const vf s45 = load(p + 4 * columns, n) + load(p + 5 * columns, n);
      const vf s67 = load(p + 6 * columns, n) + load(p + 7 * columns, n);
      store(sums + i, n, load(sums + i, n) + ((s01 + s23) + (s45 + s67)));
    });
  }
  for (; row < rows; row++) {
    const float *const a = x + row * columns;
    LANEWISE(columns, store(sums + i, n, load(sums + i, n) + load(a + i, n)));
  }
}

typedef struct {
  vf sum, squares, minimum, maximum;
  vf magnitudes, weight_squares;  // of the weights, for the penalty
  vi zeros;
} moments;

INLINE void gather(moments *m, vf g, vf w, int with_weights, size_t n) {
  const vi here = first_lanes(n);
  const vf value = here ? g : (vf)(0.0f);
  m->sum += value;
  m->squares = value * value + m->squares;
  m->minimum = (here & (g < m->minimum)) ? g : m->minimum;
  m->maximum = (here & (g > m->maximum)) ? g : m->maximum;
  m->zeros += here & (g == 0.0f);
  if (with_weights) {
    m->magnitudes += absolute(w);
    m->weight_squares = w * w + m->weight_squares;
  }
}

INLINE vf finished(vf g, float scale, vf w, float l1, float twice_l2, int with_weights) {
  return with_weights ? g * scale + (sign(w) * l1 + w * twice_l2) : g * scale;
}

/// The sums again, exactly: where floats over- or underflow on the way, or where NaN and Inf are to be counted.
static void finish_statistics(const float *g, const float *w, float l1, float l2, size_t count,
                              cairn_tile_statistics *statistics) {
  vd sum = (vd)(0.0), squares = (vd)(0.0), magnitudes = (vd)(0.0), weight_squares = (vd)(0.0);
  vi nonfinite = (vi)(0), nan = (vi)(0);
  LANEWISE(count, {
    const vf v = load(g + i, n);
    const vd low = widened_low(v), high = widened_high(v);
    sum += low + high;
    squares += low * low + high * high;
    nonfinite += is_nonfinite(v);
    nan += v != v;
    if (w != NULL) {
      const vf u = load(w + i, n);
      const vd u_low = widened_low(u), u_high = widened_high(u);
      magnitudes += __builtin_elementwise_abs(u_low) + __builtin_elementwise_abs(u_high);
      weight_squares += u_low * u_low + u_high * u_high;
    }
  });
  statistics->sum = sum_of_doubles(sum);
  statistics->square_sum = sum_of_doubles(squares);
  if (w != NULL) statistics->penalty = l1 * sum_of_doubles(magnitudes) + l2 * sum_of_doubles(weight_squares);
  statistics->nonfinite = count_of_lanes(nonfinite);
  if (count_of_lanes(nan) > 0) statistics->minimum = statistics->maximum = statistics->magnitude = NAN;
}

INLINE void finish_gradient_pass(float *g, float scale, const float *w, int with_weights, float l1, float l2,
                                 size_t count, cairn_tile_statistics *statistics) {
  const float twice_l2 = 2.0f * l2;
  const vf none = (vf)(0.0f);
  moments m[CHAINS];
#pragma clang loop unroll(full)
  for (int chain = 0; chain < CHAINS; chain++) {
    m[chain] = (moments){none, none, (vf)(INFINITY), (vf)(-INFINITY), none, none, (vi)(0)};
  }
  size_t start = 0;
  for (; start + CHAINS * LANES <= count; start += CHAINS * LANES) {
#pragma clang loop unroll(full)
    for (int chain = 0; chain < CHAINS; chain++) {
      float *const p = g + start + chain * LANES;
      const vf weights = with_weights ? load(w + start + chain * LANES, LANES) : none;
      const vf v = finished(load(p, LANES), scale, weights, l1, twice_l2, with_weights);
      store(p, LANES, v);
      gather(&m[chain], v, weights, with_weights, LANES);
    }
  }
  LANEWISE(count - start, {
    const vf weights = with_weights ? load(w + start + i, n) : none;
    const vf v = finished(load(g + start + i, n), scale, weights, l1, twice_l2, with_weights);
    store(g + start + i, n, v);
    gather(&m[0], v, weights, with_weights, n);
  });

  vd sum = (vd)(0.0), squares = (vd)(0.0), magnitudes = (vd)(0.0), weight_squares = (vd)(0.0);
#pragma clang loop unroll(full)
  for (int chain = 0; chain < CHAINS; chain++) {
    sum += widened_low(m[chain].sum) + widened_high(m[chain].sum);
    squares += widened_low(m[chain].squares) + widened_high(m[chain].squares);
    magnitudes += widened_low(m[chain].magnitudes) + widened_high(m[chain].magnitudes);
    weight_squares += widened_low(m[chain].weight_squares) + widened_high(m[chain].weight_squares);
    m[0].minimum = m[chain].minimum < m[0].minimum ? m[chain].minimum : m[0].minimum;
    m[0].maximum = m[chain].maximum > m[0].maximum ? m[chain].maximum : m[0].maximum;
    if (chain > 0) m[0].zeros += m[chain].zeros;
  }
  const float minimum = smallest_lane(m[0].minimum), maximum = largest_lane(m[0].maximum);
  const double square_sum = sum_of_doubles(squares), weight_square_sum = sum_of_doubles(weight_squares);
  *statistics = (cairn_tile_statistics){
    .sum = sum_of_doubles(sum),
    .square_sum = square_sum,
    .penalty = with_weights ? l1 * sum_of_doubles(magnitudes) + l2 * weight_square_sum : 0.0,
    .minimum = minimum,
    .maximum = maximum,
    .magnitude = count == 0 ? 0.0f : (-minimum > maximum ? -minimum : maximum),
    .zeros = count_of_lanes(m[0].zeros),
    .nonfinite = 0,
  };
  const int overflowed = !(square_sum < INFINITY) || !(weight_square_sum < INFINITY);
  const int underflowed = square_sum < 1e-25 && statistics->zeros < count;
  if (overflowed || underflowed) finish_statistics(g, with_weights ? w : NULL, l1, l2, count, statistics);
}

static void finish_gradient(float *g, float scale, const float *w, float l1, float l2, size_t count,
                            cairn_tile_statistics *statistics) {
  if (w != NULL && (l1 != 0.0f || l2 != 0.0f)) {
    finish_gradient_pass(g, scale, w, 1, l1, l2, count, statistics);
  } else {
    finish_gradient_pass(g, scale, NULL, 0, 0.0f, 0.0f, count, statistics);
  }
}

static size_t count_nonfinite(const float *x, size_t count) {
  size_t total = 0;
  while (count > 0) {  // in parts, so that no lane's counter overflows
    const size_t part = count < (1u << 24) ? count : (1u << 24);
    vi nonfinite = (vi)(0);
    LANEWISE(part, nonfinite += is_nonfinite(load(x + i, n)));
    total += count_of_lanes(nonfinite);
    x += part;
    count -= part;
  }
  return total;
}
