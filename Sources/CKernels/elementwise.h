// Elementwise functions and their derivatives, one instruction set's version.

static void exp_all(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, exponential(load(x + i, n))));
}

static void tanh_all(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, hyperbolic_tangent(load(x + i, n))));
}

static void sigmoid_all(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, logistic(load(x + i, n))));
}

static void erf_all(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, error_function(load(x + i, n))));
}

static void log1p_exp_all(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, softplus(load(x + i, n))));
}

#define SELU_SCALE 1.0507009873554805f
#define SELU_ALPHA 1.6732632423543772f

/// min(max(x, 0), most).
INLINE vf bounded(vf x, float most) { return x < 0.0f ? (vf)(0.0f) : (x > most ? (vf)(most) : x); }

/// relu6(z + 3) / 6.
INLINE vf hard_sigmoid(vf z) { return bounded(z * (1.0f / 6) + 0.5f, 1.0f); }

/// tanh(softplus(z)) with one power: of e = exp(-|z|), (1 + 2 e) / (1 + 2 e + 2 e^2) on the right of 0, and
/// (e^2 + 2 e) / (e^2 + 2 e + 2) on the left.
INLINE vf mish_gate(vf z) {
  const vf e = exponential(-absolute(z));
  const vf square = e * e, twice = e + e;
  const vf right = twice + 1.0f, left = square + twice;
  return z < 0.0f ? left / (left + 2.0f) : right / (square * 2.0f + right);
}

#define GELU_INNER 0.7978845608028654f  // sqrt(2 / pi)
#define GELU_CUBIC 0.044715f

/// (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2; the left tail keeps its digits.
INLINE vf approximate_normal_distribution(vf z) {
  return logistic((z * z * (2 * GELU_INNER * GELU_CUBIC) + 2 * GELU_INNER) * z);
}

/// y = EXPRESSION of z, row by row.
#define ACTIVATE(EXPRESSION)                                                          \
  for (size_t row = 0; row < rows; row++) {                                           \
    float *const out = y + row * columns;                                             \
    float *const kept = preactivation != NULL ? preactivation + row * columns : NULL; \
    LANEWISE(columns, {                                                               \
      vf z = load(out + i, n);                                                        \
      if (bias != NULL) z += load(bias + i, n);                                       \
      if (kept != NULL) store(kept + i, n, z);                                        \
      store(out + i, n, EXPRESSION);                                                  \
    });                                                                               \
  }                                                                                   \
  break

static void activate_rows(int32_t function, float parameter, size_t rows, size_t columns, const float *bias,
                          float *preactivation, float *y) {
  switch (function) {
    case CAIRN_LINEAR: ACTIVATE(z);
    case CAIRN_SIGMOID: ACTIVATE(logistic(z));
    case CAIRN_TANH: ACTIVATE(hyperbolic_tangent(z));
    case CAIRN_RELU: ACTIVATE(z < 0.0f ? (vf)(0.0f) : z);
    case CAIRN_LEAKY_RELU: ACTIVATE(z < 0.0f ? z * parameter : z);
    case CAIRN_ELU: ACTIVATE(z > 0.0f ? z : exponential_minus_one(z) * parameter);
    case CAIRN_SELU: ACTIVATE((z > 0.0f ? z : exponential_minus_one(z) * SELU_ALPHA) * SELU_SCALE);
    case CAIRN_GELU: ACTIVATE(z * normal_distribution(z));
    case CAIRN_SILU: ACTIVATE(z * logistic(z));
    case CAIRN_SOFTPLUS: ACTIVATE(softplus(z));
    case CAIRN_SOFTSIGN: ACTIVATE(z / (absolute(z) + 1.0f));
    case CAIRN_RELU6: ACTIVATE(bounded(z, 6.0f));
    case CAIRN_HARD_SIGMOID: ACTIVATE(hard_sigmoid(z));
    case CAIRN_HARD_SILU: ACTIVATE(z * hard_sigmoid(z));
    case CAIRN_MISH: ACTIVATE(z * mish_gate(z));
    case CAIRN_EXPONENTIAL: ACTIVATE(exponential(z));
    case CAIRN_APPROXIMATE_GELU: ACTIVATE(z * approximate_normal_distribution(z));
  }
}

static void bias_activation(int32_t function, float parameter, size_t rows, size_t columns, const float *bias,
                            float *preactivation, float *y) {
  if (bias == NULL) {  // then rows do not matter, and one long row has only one end
    columns = rows * columns;
    rows = columns > 0 ? 1 : 0;
    if (function == CAIRN_LINEAR && preactivation == NULL) return;
  } else if (columns % LANES != 0 && columns < 2 * LANES && rows >= 2 * LANES) {
    // LANES narrow rows make one long one without ends to treat apart: 0.05 ns an element, not 0.66, for 10 columns.
    float repeated[2 * LANES * LANES];
    for (size_t row = 0; row < LANES; row++) {
      for (size_t column = 0; column < columns; column++) repeated[row * columns + column] = bias[column];
    }
    const size_t together = rows / LANES * LANES;
    activate_rows(function, parameter, together / LANES, columns * LANES, repeated, preactivation, y);
    rows -= together;
    y += together * columns;
    if (preactivation != NULL) preactivation += together * columns;
  }
  activate_rows(function, parameter, rows, columns, bias, preactivation, y);
}

/// dz = dy * FACTOR, where FACTOR is made of a register of SOURCE. Always a product: dy keeps its NaN and Inf.
#define DIFFERENTIATE(SOURCE, FACTOR)             \
  LANEWISE(count, {                               \
    const vf v = load(SOURCE + i, n);             \
    store(dz + i, n, load(dy + i, n) * (FACTOR)); \
  });                                             \
  break

INLINE vf gelu_slope(vf z) {
  const vf density = exponential(z * z * -0.5f) * 0.398942280f;
  return z * density + normal_distribution(z);
}

INLINE vf silu_slope(vf z) {
  const vf s = logistic(z);
  return s * (z * (1.0f - s) + 1.0f);
}

INLINE vf softsign_slope(vf y) {
  const vf rest = 1.0f - absolute(y);
  return rest * rest;
}

INLINE vf hard_silu_slope(vf z) {
  const vf inner = z * (1.0f / 6);
  return hard_sigmoid(z) + (absolute(z) < 3.0f ? inner : (vf)(0.0f));
}

INLINE vf mish_slope(vf z) {
  const vf gate = mish_gate(z);
  return gate + z * logistic(z) * (1.0f - gate * gate);
}

INLINE vf approximate_gelu_slope(vf z) {
  z = z > 30.0f ? (vf)(30.0f) : (z < -30.0f ? (vf)(-30.0f) : z);  // the limits from 13 on; z^3 stays finite
  const vf s = approximate_normal_distribution(z);
  const vf inner = z * z * (6 * GELU_INNER * GELU_CUBIC) + 2 * GELU_INNER;
  return s + z * inner * (s * (1.0f - s));
}

/// y = gelu(y + bias), and its slope there: both need the same distribution, which costs most.
static void bias_gelu(size_t rows, size_t columns, const float *bias, float *slope, float *y) {
  if (bias == NULL) {
    columns = rows * columns;
    rows = columns > 0 ? 1 : 0;
  }
  for (size_t row = 0; row < rows; row++, slope += columns, y += columns) {
    LANEWISE(columns, {
      vf z = load(y + i, n);
      if (bias != NULL) z += load(bias + i, n);
      const vf share = normal_distribution(z);
      const vf density = exponential(z * z * -0.5f) * 0.398942280f;
      store(slope + i, n, z * density + share);
      store(y + i, n, z * share);
    });
  }
}

static void activation_backward(int32_t function, float parameter, size_t count, const float *dy, const float *y,
                                const float *z, float *dz) {
  const vf one = (vf)(1.0f);
  switch (function) {
    case CAIRN_LINEAR: LANEWISE(count, store(dz + i, n, load(dy + i, n))); break;
    case CAIRN_SIGMOID: DIFFERENTIATE(y, v * (1.0f - v));
    case CAIRN_TANH: DIFFERENTIATE(y, 1.0f - v * v);
    case CAIRN_RELU: DIFFERENTIATE(y, v > 0.0f ? one : (vf)(0.0f));
    case CAIRN_LEAKY_RELU: DIFFERENTIATE(y, v > 0.0f ? one : (vf)(parameter));
    case CAIRN_ELU: DIFFERENTIATE(y, v > 0.0f ? one : v + parameter);
    case CAIRN_SELU: DIFFERENTIATE(y, v >= 0.0f ? (vf)(SELU_SCALE) : v + SELU_SCALE * SELU_ALPHA);
    case CAIRN_GELU: DIFFERENTIATE(z, gelu_slope(v));
    case CAIRN_SILU: DIFFERENTIATE(z, silu_slope(v));
    case CAIRN_SOFTPLUS: DIFFERENTIATE(y, -exponential_minus_one(-v));
    case CAIRN_SOFTSIGN: DIFFERENTIATE(y, softsign_slope(v));
    case CAIRN_RELU6: DIFFERENTIATE(y, ((v > 0.0f) & (v < 6.0f)) ? one : (vf)(0.0f));
    case CAIRN_HARD_SIGMOID: DIFFERENTIATE(y, ((v > 0.0f) & (v < 1.0f)) ? one / 6.0f : (vf)(0.0f));
    case CAIRN_HARD_SILU: DIFFERENTIATE(z, hard_silu_slope(v));
    case CAIRN_MISH: DIFFERENTIATE(z, mish_slope(v));
    case CAIRN_EXPONENTIAL: DIFFERENTIATE(y, v);
    case CAIRN_APPROXIMATE_GELU: DIFFERENTIATE(z, approximate_gelu_slope(v));
  }
}

/// The same for rows that fit into one register.
static void softmax_short_rows(size_t rows, size_t columns, const float *x, float *y) {
  const vi here = first_lanes(columns);
  for (size_t row = 0; row < rows; row++) {
    const vf v = load(x + row * columns, columns);
    const vf e = exponential(v - largest_lane(here ? v : (vf)(-INFINITY)));
    store(y + row * columns, columns, e / sum_of_lanes(here ? e : (vf)(0.0f)));
  }
}

static void softmax_rows(size_t rows, size_t columns, const float *x, float *y) {
  if (columns == 0) return;
  if (columns <= LANES) {
    softmax_short_rows(rows, columns, x, y);
    return;
  }
  for (size_t row = 0; row < rows; row++) {
    const float *const in = x + row * columns;
    float *const out = y + row * columns;
    // NaN does not become the largest, but exp(NaN - largest) brings it into the sum and so into the whole row.
    vf top = (vf)(-INFINITY);
    LANEWISE(columns, {
      const vf v = load(in + i, n);
      top = (first_lanes(n) & (v > top)) ? v : top;
    });
    const float largest = largest_lane(top);
    vf total = (vf)(0.0f);
    LANEWISE(columns, {
      const vf e = exponential(load(in + i, n) - largest);
      store(out + i, n, e);
      total += first_lanes(n) ? e : (vf)(0.0f);
    });
    const float divisor = sum_of_lanes(total);
    LANEWISE(columns, store(out + i, n, load(out + i, n) / divisor));
  }
}

static void softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz) {
  for (size_t row = 0; row < rows; row++) {
    const size_t start = row * columns;
    vf products = (vf)(0.0f);
    LANEWISE(columns, products = load(dy + start + i, n) * load(y + start + i, n) + products);
    const float dot = sum_of_lanes(products);
    LANEWISE(columns, {
      const vf difference = load(dy + start + i, n) - dot;
      store(dz + start + i, n, load(y + start + i, n) * difference);
    });
  }
}

static void log_softmax_rows(size_t rows, size_t columns, const float *x, float *y) {
  if (columns == 0) return;
  for (size_t row = 0; row < rows; row++) {
    const float *const in = x + row * columns;
    float *const out = y + row * columns;
    vf top = (vf)(-INFINITY);
    LANEWISE(columns, {
      const vf v = load(in + i, n);
      top = (first_lanes(n) & (v > top)) ? v : top;
    });
    const float largest = largest_lane(top);
    vf total = (vf)(0.0f);
    LANEWISE(columns, {
      const vf e = exponential(load(in + i, n) - largest);
      total += first_lanes(n) ? e : (vf)(0.0f);
    });
    // Not largest + log: where one is as good as sure, its logarithm keeps its digits.
    const float rest = (float)log((double)sum_of_lanes(total));
    LANEWISE(columns, store(out + i, n, (load(in + i, n) - largest) - rest));
  }
}

static void log_softmax_rows_backward(size_t rows, size_t columns, const float *dy, const float *y, float *dz) {
  for (size_t row = 0; row < rows; row++) {
    const size_t start = row * columns;
    vf total = (vf)(0.0f);
    LANEWISE(columns, total += load(dy + start + i, n));
    const float sum = sum_of_lanes(total);
    LANEWISE(columns, {
      const vf share = exponential(load(y + start + i, n)) * sum;
      store(dz + start + i, n, load(dy + start + i, n) - share);
    });
  }
}

static void add(const float *x, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, load(y + i, n) + load(x + i, n)));
}

static void scale(float *y, float s, size_t count) { LANEWISE(count, store(y + i, n, load(y + i, n) * s)); }

static void add_scaled(const float *x, float s, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, load(x + i, n) * s + load(y + i, n)));
}

static void multiply(const float *x, const float *m, float *y, size_t count) {
  LANEWISE(count, store(y + i, n, load(x + i, n) * load(m + i, n)));
}
