// The transforms of an optimizer on one tile, one instruction set's version. Division and square root are the exact
// ones (IEEE), not the processor's approximations.

static void copy_scaled(const float *g, float scale, float *u, size_t count) {
  LANEWISE(count, store(u + i, n, load(g + i, n) * scale));
}

static void copy_clipped(const float *g, float limit, float *u, size_t count) {
  LANEWISE(count, {
    const vf v = load(g + i, n);
    const vf below = v > limit ? (vf)(limit) : v;
    store(u + i, n, below < -limit ? (vf)(-limit) : below);
  });
}

static void trace(float *u, float *m, float mu, int32_t nesterov, size_t count) {
  LANEWISE(count, {
    const vf update = load(u + i, n);
    const vf momentum = load(m + i, n) * mu + update;
    store(m + i, n, momentum);
    store(u + i, n, nesterov ? momentum * mu + update : momentum);
  });
}

static void scale_by_rms(float *u, float *v, float *a, double rho, float epsilon, size_t count) {
  const float decay = (float)rho, rest = (float)(1.0 - rho);
  LANEWISE(count, {
    const vf update = load(u + i, n);
    const vf velocity = load(v + i, n) * decay + (update * update) * rest;
    store(v + i, n, velocity);
    vf variance = velocity;
    if (a != NULL) {
      const vf average = load(a + i, n) * decay + update * rest;
      store(a + i, n, average);
      // Rounding may put it below 0, by more than epsilon where gradients are large and constant.
      variance = velocity - average * average;
      variance = variance < 0.0f ? (vf)(0.0f) : variance;
    }
    store(u + i, n, update / square_root(variance + epsilon));
  });
}

static void scale_by_adagrad(float *u, float *s, float epsilon, size_t count) {
  LANEWISE(count, {
    const vf update = load(u + i, n);
    const vf accumulated = update * update + load(s + i, n);
    store(s + i, n, accumulated);
    store(u + i, n, update / square_root(accumulated + epsilon));
  });
}

/// One register of Adam: takes `update` into the moments at m and v (and vhat), and returns the direction.
INLINE vf adam_direction(vf update, float *m, float *v, float *vhat, size_t n, float rest1, float rest2, float epsilon,
                         float correction) {
  const vf m0 = load(m, n);
  const vf v0 = load(v, n);
  const vf momentum = (update - m0) * rest1 + m0;
  const vf velocity = (update * update - v0) * rest2 + v0;
  store(m, n, momentum);
  store(v, n, velocity);
  vf divisor = velocity;
  if (vhat != NULL) {
    const vf largest = load(vhat, n);
    divisor = velocity < largest ? largest : velocity;
    divisor = largest == largest ? divisor : largest;  // NaN on either side stays
    store(vhat, n, divisor);
  }
  return (momentum * correction) / (square_root(divisor) + epsilon);
}

static void scale_by_adam(float *u, float *m, float *v, float *vhat, double beta1, double beta2, float epsilon,
                          float correction, size_t count) {
  const float rest1 = (float)(1.0 - beta1), rest2 = (float)(1.0 - beta2);
  LANEWISE(count, store(u + i, n,
                        adam_direction(load(u + i, n), m + i, v + i, vhat ? vhat + i : NULL, n, rest1, rest2, epsilon,
                                       correction)));
}

static void scale_by_nadam(float *u, float *m, float *v, double beta1, double beta2, float epsilon,
                           float momentum_factor, float gradient_factor, float variance_factor, size_t count) {
  const float rest1 = (float)(1.0 - beta1), rest2 = (float)(1.0 - beta2);
  LANEWISE(count, {
    const vf update = load(u + i, n);
    const vf m0 = load(m + i, n);
    const vf v0 = load(v + i, n);
    const vf momentum = (update - m0) * rest1 + m0;
    const vf velocity = (update * update - v0) * rest2 + v0;
    store(m + i, n, momentum);
    store(v + i, n, velocity);
    const vf direction = momentum * momentum_factor + update * gradient_factor;
    store(u + i, n, direction / (square_root(velocity * variance_factor) + epsilon));
  });
}

static void scale_by_lion(float *u, float *m, double beta1, double beta2, size_t count) {
  const float decay1 = (float)beta1, decay2 = (float)beta2;
  const float rest1 = (float)(1.0 - beta1), rest2 = (float)(1.0 - beta2);
  LANEWISE(count, {
    const vf update = load(u + i, n);
    const vf momentum = load(m + i, n);
    store(m + i, n, momentum * decay2 + update * rest2);
    store(u + i, n, sign(momentum * decay1 + update * rest1));
  });
}

static void average(float *a, const float *w, float momentum, size_t count) {
  const float rest = 1.0f - momentum;  // exact, so that the two add up to 1
  LANEWISE(count, store(a + i, n, load(a + i, n) * momentum + load(w + i, n) * rest));
}

typedef struct {
  vf update_squares, weights, weight_squares;
} update_moments;

#define NO_MOMENTS(m)                                                                                     \
  _Pragma("clang loop unroll(full)") for (int chain = 0; chain < CHAINS; chain++) m[chain] = (update_moments){0}

INLINE void take_moments(update_moments *m, vf update, vf weight) {
  m->update_squares = update * update + m->update_squares;
  m->weights += weight;
  m->weight_squares = weight * weight + m->weight_squares;
}

/// What the moments of u and of the weights after the update come to.
static void finish_update(const update_moments m[CHAINS], const float *u, const float *w, size_t count,
                          cairn_update_statistics *statistics) {
  vd update_squares = (vd)(0.0), weights = (vd)(0.0), weight_squares = (vd)(0.0);
#pragma clang loop unroll(full)
  for (int chain = 0; chain < CHAINS; chain++) {
    update_squares += widened_low(m[chain].update_squares) + widened_high(m[chain].update_squares);
    weights += widened_low(m[chain].weights) + widened_high(m[chain].weights);
    weight_squares += widened_low(m[chain].weight_squares) + widened_high(m[chain].weight_squares);
  }
  *statistics = (cairn_update_statistics){
    .update_square_sum = sum_of_doubles(update_squares),
    .weight_sum = sum_of_doubles(weights),
    .weight_square_sum = sum_of_doubles(weight_squares),
  };
  // As for the gradient: where floats over- or underflow on the way, once more in double.
  const int overflowed = !(statistics->update_square_sum < INFINITY) || !(statistics->weight_square_sum < INFINITY);
  if (!overflowed && statistics->update_square_sum >= 1e-25 && statistics->weight_square_sum >= 1e-25) return;
  update_squares = weights = weight_squares = (vd)(0.0);
  LANEWISE(count, {
    const vf update = load(u + i, n), weight = load(w + i, n);
    const vd low = widened_low(update), high = widened_high(update);
    const vd w_low = widened_low(weight), w_high = widened_high(weight);
    update_squares += low * low + high * high;
    weights += w_low + w_high;
    weight_squares += w_low * w_low + w_high * w_high;
  });
  statistics->update_square_sum = sum_of_doubles(update_squares);
  statistics->weight_sum = sum_of_doubles(weights);
  statistics->weight_square_sum = sum_of_doubles(weight_squares);
}

/// Runs BODY(position, chain, n) for registers in the order that the moments' chains go by.
#define CHAINWISE(count, BODY)                                                          \
  do {                                                                                  \
    size_t start = 0;                                                                   \
    for (; start + CHAINS * LANES <= (count); start += CHAINS * LANES) {                \
      _Pragma("clang loop unroll(full)") for (int chain = 0; chain < CHAINS; chain++) { \
        BODY(start + chain * LANES, chain, LANES);                                      \
      }                                                                                 \
    }                                                                                   \
    LANEWISE((count) - start, BODY(start + i, 0, n));                                   \
  } while (0)

static void apply_update(const float *u, float *w, size_t count, cairn_update_statistics *statistics) {
  if (statistics == NULL) {
    add(u, w, count);
    return;
  }
  update_moments m[CHAINS];
  NO_MOMENTS(m);
#define APPLY(position, chain, n)                            \
  do {                                                       \
    const vf update = load(u + (position), n);               \
    const vf weight = load(w + (position), n) + update;      \
    store(w + (position), n, weight);                        \
    take_moments(&m[chain], update, weight);                 \
  } while (0)
  CHAINWISE(count, APPLY);
#undef APPLY
  finish_update(m, u, w, count, statistics);
}

/// `decays` is a literal, so that what does not decay is not slowed by what does.
INLINE void adam_update_with(const float *g, float scale, float *m, float *v, float *vhat, double beta1, double beta2,
                             float epsilon, float correction, float rate, const int decays, float decay, float *u,
                             float *w, size_t count, cairn_update_statistics *statistics) {
  const float rest1 = (float)(1.0 - beta1), rest2 = (float)(1.0 - beta2);
  update_moments moments[CHAINS];
  NO_MOMENTS(moments);
#define ADAM(position, chain, n)                                                      \
  do {                                                                                \
    const size_t at = (position);                                                     \
    const vf gradient = load(g + at, n) * scale;                                      \
    const vf direction = adam_direction(gradient, m + at, v + at, vhat ? vhat + at : NULL, n, rest1, rest2, epsilon, \
                                        correction);                                  \
    const vf before = load(w + at, n);                                                \
    vf update = direction * rate;                                                     \
    if (decays) update = before * decay + update;                                     \
    store(u + at, n, update);                                                         \
    const vf weight = before + update;                                                \
    store(w + at, n, weight);                                                         \
    take_moments(&moments[chain], update, weight);                                    \
  } while (0)
  CHAINWISE(count, ADAM);
#undef ADAM
  finish_update(moments, u, w, count, statistics);
}

static void adam_update(const float *g, float scale, float *m, float *v, float *vhat, double beta1, double beta2,
                        float epsilon, float correction, float rate, int decays, float decay, float *u, float *w,
                        size_t count, cairn_update_statistics *statistics) {
  if (decays) {
    adam_update_with(g, scale, m, v, vhat, beta1, beta2, epsilon, correction, rate, 1, decay, u, w, count, statistics);
  } else {
    adam_update_with(g, scale, m, v, vhat, beta1, beta2, epsilon, correction, rate, 0, 0, u, w, count, statistics);
  }
}
