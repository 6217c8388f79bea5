// Attention, one instruction set's version. A strip of STRIP queries is weighed against all keys at once: its scores, and no
// more, stand in memory. Where later keys do not count, a group of queries goes as far as its last one's.
//
// Scores have keys as lanes: keys and values are brought into panels (see panels.h), transposed for products over a head's
// width and as they are for products over keys.

#define STRIP 32

/// c[G][columns] (+)= a b, b in panels of `depth` rows from its row `first` on. `factors`: of c's rows; NULL: none.
INLINE void weigh_group(const int G, size_t inner, const float *a, size_t row, size_t step, const float *panels,
                        size_t depth, size_t first, size_t columns, float *c, size_t ldc, const float *factors,
                        int adding) {
  for (size_t j = 0; j < columns; j += 2 * LANES) {
    const size_t w = columns - j < 2 * LANES ? columns - j : 2 * LANES;
    const float *const b = panels + j / PANEL * depth * PANEL + first * PANEL + j % PANEL;
    pair sums[8];
#pragma clang loop unroll(full)
    for (int g = 0; g < G; g++) sums[g][0] = sums[g][1] = (vf)(0.0f);
    if (w > LANES) {
      add_products(G, 2, inner, a, row, step, b, NULL, sums);
    } else {
      add_products(G, 1, inner, a, row, step, b, NULL, sums);
    }
#pragma clang loop unroll(full)
    for (int g = 0; g < G; g++) {
      float *const to = c + (size_t)g * ldc + j;
      if (factors != NULL) {
        sums[g][0] = sums[g][0] * factors[g];
        sums[g][1] = sums[g][1] * factors[g];
      }
      if (adding) {
        pair before;
        load_pair(to, w, before);
        sums[g][0] = before[0] + sums[g][0];
        sums[g][1] = before[1] + sums[g][1];
      }
      store_pair(to, w, sums[g]);
    }
  }
}

/// The same for G up to GROUP.
static void weigh(size_t rows, size_t inner, const float *a, size_t row, size_t step, const float *panels, size_t depth,
                  size_t first, size_t columns, float *c, size_t ldc, const float *factors, int adding) {
#define WEIGH(G)                                                                                              \
  for (; rows >= G; rows -= G, a += G * row, c += G * ldc, factors = factors == NULL ? NULL : factors + G) \
  weigh_group(G, inner, a, row, step, panels, depth, first, columns, c, ldc, factors, adding)
  WEIGH(GROUP);
  WEIGH(4);
  WEIGH(2);
  WEIGH(1);
#undef WEIGH
}

/// x's rows, `stride` apart, in panels of `rows` rows.
static void pack_strided(size_t rows, size_t columns, const float *x, size_t stride, float *panels) {
  for (size_t j = 0; j < columns; j += PANEL) {
    pack_panel(rows, columns - j < PANEL ? columns - j : PANEL, x + j, stride, panels + j * rows);
  }
}

/// x's rows become columns of panels of `columns` rows.
static void pack_strided_transposed(size_t rows, size_t columns, const float *x, size_t stride, float *panels) {
  for (size_t r = 0; r < rows; r += PANEL) {
    pack_transposed_panel(columns, rows - r < PANEL ? rows - r : PANEL, x + r * stride, stride, panels + r * columns);
  }
}

INLINE size_t whole_panels(size_t count) { return (count + PANEL - 1) / PANEL * PANEL; }

/// Where a call finds its parts of scratch.
typedef struct {
  size_t width;  // of a strip's rows: keys in whole panels
  float *scores, *slopes;                                  // [STRIP][width]
  float *factors;                                          // [width], of the weights that are left
  float *keys_across, *values_across;                      // [keys in panels][width of a head][PANEL]
  float *keys_along, *values_along;                        // [width of a head in panels][keys][PANEL]
  float *strip_queries, *strip_slopes;                     // [width of a head in panels][STRIP][PANEL]
} attention_scratch;

static size_t attention_scratch_count(const cairn_attention *g) {
  const size_t width = whole_panels(g->keys), d = whole_panels(g->key_dim), e = whole_panels(g->value_dim);
  return 16 + width * (2 * STRIP + 1 + 2 * d + 2 * e) + STRIP * (d + e);
}

static attention_scratch scratch_of(const cairn_attention *g, float *scratch) {
  const size_t width = whole_panels(g->keys), d = whole_panels(g->key_dim), e = whole_panels(g->value_dim);
  float *next = scratch + (64 - (uintptr_t)scratch % 64) % 64 / sizeof(float);
  attention_scratch s = {.width = width};
#define TAKE(name, count) s.name = next, next += (count)
  TAKE(scores, STRIP * width);
  TAKE(slopes, STRIP * width);
  TAKE(factors, width);
  TAKE(keys_across, width * d);
  TAKE(values_across, width * e);
  TAKE(keys_along, width * d);
  TAKE(values_along, width * e);
  TAKE(strip_queries, STRIP * d);
  TAKE(strip_slopes, STRIP * e);
#undef TAKE
  return s;
}

/// The keys that a strip of queries reads.
typedef struct {
  size_t first, count;  // of queries
  size_t first_key;     // the first key that counts
  int is_whole;         // whether every query reads all keys, for one of them takes all alike
} strip;

/// Keys that query `first + i` may read: those up to itself, where `causal`.
INLINE size_t reach(const cairn_attention *g, const strip *s, size_t i) {
  return g->causal && s->first + i + 1 < g->keys ? s->first + i + 1 : g->keys;
}

/// Keys that the group of queries up to `end` is weighed against.
INLINE size_t group_reach(const cairn_attention *g, const strip *s, size_t end) {
  return s->is_whole ? g->keys : reach(g, s, (end < s->count ? end : s->count) - 1);
}

/// Whether no key counts for query `first + i`.
INLINE int is_lost(const cairn_attention *g, const strip *s, cairn_attention_mask mask, size_t i) {
  return (mask.query_counts != NULL && mask.query_counts[s->first + i] == 0.0f) || s->first_key >= reach(g, s, i);
}

static size_t first_counting(const cairn_attention *g, cairn_attention_mask mask) {
  size_t key = 0;
  while (mask.key_counts != NULL && key < g->keys && mask.key_counts[key] == 0.0f) key++;
  return key;
}

static strip strip_of(const cairn_attention *g, cairn_attention_mask mask, size_t first, size_t first_key) {
  strip s = {first, g->queries - first < STRIP ? g->queries - first : STRIP, first_key, 0};
  for (size_t i = 0; !g->drops_lost && i < s.count && !s.is_whole; i++) s.is_whole = is_lost(g, &s, mask, i);
  return s;
}

/// Which of the keys j, ..., of which a query reads `reach`, count: n > 0 floats of the mask are there.
INLINE vi counting(cairn_attention_mask mask, size_t j, size_t reach, size_t n) {
  const vi here = first_lanes(reach - j < LANES ? reach - j : LANES);
  return mask.key_counts == NULL ? here : here & (load(mask.key_counts + j, n) != 0.0f);
}

static void weight_factors(const cairn_attention *g, cairn_attention_dropout dropout, size_t head, size_t query,
                           size_t count, float *factors) {
  const size_t width = whole_panels(g->keys);
  dropout_factors(dropout.key, dropout.step, dropout.layer, dropout.row, (head * g->queries + query) * width,
                  count, dropout.rate, factors);
}

/// Scores to weights that are not divided by their sum yet, zeros from the last key that counts to `end`, whole registers.
/// kept: largest score, 1 / sum. Returns the entropy where it `measures`.
INLINE double weigh_keys(const cairn_attention *g, cairn_attention_mask mask, size_t reach, size_t end, float *s,
                         float *kept, int measures) {
  const size_t keys = g->keys;
  vf top = (vf)(-INFINITY);
  for (size_t j = 0; j < reach; j += LANES) {
    const vi counts = counting(mask, j, reach, keys - j < LANES ? keys - j : LANES);
    const vf v = load(s + j, LANES) * g->scale;
    store(s + j, LANES, v);
    top = (counts & (v > top)) ? v : top;
  }
  const float largest = largest_lane(top);
  vf total = (vf)(0.0f), surprise = (vf)(0.0f);
  size_t j = 0;
  for (; j < reach; j += LANES) {
    const vi counts = counting(mask, j, reach, keys - j < LANES ? keys - j : LANES);
    const vf difference = load(s + j, LANES) - largest;
    const vf e = counts ? exponential(difference) : (vf)(0.0f);
    store(s + j, LANES, e);
    total += e;
    if (measures) surprise += e > 0.0f ? e * difference : (vf)(0.0f);
  }
  for (; j < end; j += LANES) store(s + j, LANES, (vf)(0.0f));
  const float sum = sum_of_lanes(total);
  kept[0] = largest;
  kept[1] = 1.0f / sum;
  return measures ? log((double)sum) - (double)sum_of_lanes(surprise) / (double)sum : 0;
}

INLINE void fill_floats(float *x, float value, size_t count) {
  LANEWISE(count, store(x + i, n, (vf)(value)));
}

/// What is said of a head's weights.
typedef struct {
  float largest;
  double entropies;
  size_t queries;  // that a key counts for
} attention_figures;

/// `figures`: added to unless NULL.
static void attend_strip(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout, strip t,
                         size_t head, const attention_scratch *s, const float *q, float *out, float *kept,
                         attention_figures *figures) {
  float factors[STRIP];
  for (size_t i = 0; i < t.count; i += GROUP) {
    const size_t count = t.count - i < GROUP ? t.count - i : GROUP, to = group_reach(g, &t, i + GROUP);
    weigh(count, g->key_dim, q + (t.first + i) * g->query_step, g->query_step, 1, s->keys_across, g->key_dim, 0, to,
          s->scores + i * s->width, s->width, NULL, 0);
    for (size_t r = i; r < i + count; r++) {
      float *const row = s->scores + r * s->width, *const own = kept + 2 * (t.first + r);
      if (is_lost(g, &t, mask, r)) {
        own[0] = own[1] = 0.0f;
        factors[r] = g->drops_lost ? 0.0f : 1.0f / (float)g->keys;
        fill_floats(row, g->drops_lost ? 0.0f : 1.0f, whole_panels(to));
        continue;
      }
      const double entropy = weigh_keys(g, mask, reach(g, &t, r), whole_panels(to), row, own, figures != NULL);
      factors[r] = own[1];
      if (figures != NULL) {
        if (own[0] > figures->largest) figures->largest = own[0];
        figures->entropies += entropy;
        figures->queries++;
      }
      if (dropout.rate > 0) {
        weight_factors(g, dropout, head, t.first + r, to, s->factors);
        LANEWISE(to, store(row + i, n, load(row + i, n) * load(s->factors + i, n)));
      }
    }
    weigh(count, to, s->scores + i * s->width, s->width, 1, s->values_along, g->keys, 0, g->value_dim,
          out + (t.first + i) * g->out_step, g->out_step, factors + i, 0);
  }
}

static void attend(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout, const float *q,
                   const float *k, const float *v, float *out, float *kept, float *figures, float *scratch) {
  const attention_scratch s = scratch_of(g, scratch);
  const size_t first_key = first_counting(g, mask);
  for (size_t head = 0; head < g->heads; head++) {
    attention_figures said = {-INFINITY, 0, 0};
    pack_strided_transposed(g->keys, g->key_dim, k + head * g->key_dim, g->key_step, s.keys_across);
    pack_strided(g->keys, g->value_dim, v + head * g->value_dim, g->value_step, s.values_along);
    for (size_t i = 0; i < g->queries; i += STRIP) {
      attend_strip(g, mask, dropout, strip_of(g, mask, i, first_key), head, &s, q + head * g->key_dim,
                   out + head * g->value_dim, kept + head * 2 * g->queries, figures == NULL ? NULL : &said);
    }
    if (figures == NULL) continue;
    figures[head] = said.largest;
    figures[g->heads + head] = said.queries == 0 ? 0.0f : (float)(said.entropies / (double)said.queries);
  }
}

/// Of a query: scores to weights as they were used, and slopes of the weights to those of the scores.
///
/// `mean`: sum over the keys of weight times slope.
INLINE void weigh_back(const cairn_attention *g, cairn_attention_mask mask, size_t reach, size_t end, const float *kept,
                       float mean, const float *factors, float *s, float *d) {
  const size_t keys = g->keys;
  const float largest = kept[0], inverse = kept[1];
  size_t j = 0;
  for (; j < reach; j += LANES) {
    const vi counts = counting(mask, j, reach, keys - j < LANES ? keys - j : LANES);
    const vf score = load(s + j, LANES) * g->scale;
    const vf p = exponential(score - largest) * inverse;
    vf slope = load(d + j, LANES), used = p;
    if (factors != NULL) {
      const vf f = load(factors + j, LANES);
      used = p * f;
      slope = slope * f;
    }
    const vf back = p * (slope - mean) * g->scale;
    store(s + j, LANES, counts ? used : (vf)(0.0f));
    store(d + j, LANES, counts ? back : (vf)(0.0f));
  }
  for (; j < end; j += LANES) {
    store(s + j, LANES, (vf)(0.0f));
    store(d + j, LANES, (vf)(0.0f));
  }
}

INLINE float dot(size_t count, const float *a, const float *b) {
  vf sum = (vf)(0.0f);
  LANEWISE(count, sum = load(a + i, n) * load(b + i, n) + sum);
  return sum_of_lanes(sum);
}

static void attend_strip_back(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout,
                              strip t, size_t head, const attention_scratch *s, const float *q, const float *out,
                              const float *kept, const float *dout, float *dq, float *dk, float *dv) {
  size_t reaches[STRIP / GROUP];  // in whole registers of keys
  for (size_t i = 0; i < t.count; i += GROUP) {
    const size_t count = t.count - i < GROUP ? t.count - i : GROUP, to = group_reach(g, &t, i + GROUP);
    float *const scores = s->scores + i * s->width, *const slopes = s->slopes + i * s->width;
    reaches[i / GROUP] = to;
    weigh(count, g->key_dim, q + (t.first + i) * g->query_step, g->query_step, 1, s->keys_across, g->key_dim, 0, to,
          scores, s->width, NULL, 0);
    weigh(count, g->value_dim, dout + (t.first + i) * g->out_step, g->out_step, 1, s->values_across, g->value_dim, 0,
          to, slopes, s->width, NULL, 0);
    for (size_t r = i; r < i + count; r++) {
      float *const row = s->scores + r * s->width, *const slope = s->slopes + r * s->width;
      const size_t at = (t.first + r) * g->out_step;
      if (is_lost(g, &t, mask, r)) {
        fill_floats(row, 0.0f, whole_panels(to));
        fill_floats(slope, 0.0f, whole_panels(to));
        if (!g->drops_lost) fill_floats(row, 1.0f / (float)g->keys, g->keys);
        continue;
      }
      if (dropout.rate > 0) weight_factors(g, dropout, head, t.first + r, to, s->factors);
      weigh_back(g, mask, reach(g, &t, r), whole_panels(to), kept + 2 * (t.first + r),
                 dot(g->value_dim, dout + at, out + at), dropout.rate > 0 ? s->factors : NULL, row, slope);
    }
    weigh(count, to, slopes, s->width, 1, s->keys_along, g->keys, 0, g->key_dim, dq + (t.first + i) * g->query_step,
          g->query_step, NULL, 0);
  }
  pack_strided(t.count, g->key_dim, q + t.first * g->query_step, g->query_step, s->strip_queries);
  pack_strided(t.count, g->value_dim, dout + t.first * g->out_step, g->out_step, s->strip_slopes);
  const size_t last = reaches[(t.count - 1) / GROUP];
  for (size_t j = 0; j < last; j += GROUP) {
    const size_t count = last - j < GROUP ? last - j : GROUP;
    size_t from = 0;  // the first query that reads one of these keys
    while (reaches[from / GROUP] <= j) from += GROUP;
    weigh(count, t.count - from, s->slopes + from * s->width + j, 1, s->width, s->strip_queries, t.count, from,
          g->key_dim, dk + j * g->key_step, g->key_step, NULL, 1);
    weigh(count, t.count - from, s->scores + from * s->width + j, 1, s->width, s->strip_slopes, t.count, from,
          g->value_dim, dv + j * g->value_step, g->value_step, NULL, 1);
  }
}

static void attend_back(const cairn_attention *g, cairn_attention_mask mask, cairn_attention_dropout dropout,
                        const float *q, const float *k, const float *v, const float *out, const float *kept,
                        const float *dout, float *dq, float *dk, float *dv, float *scratch) {
  const attention_scratch s = scratch_of(g, scratch);
  const size_t first_key = first_counting(g, mask);
  for (size_t head = 0; head < g->heads; head++) {
    const size_t at = head * g->key_dim, value_at = head * g->value_dim;
    pack_strided_transposed(g->keys, g->key_dim, k + at, g->key_step, s.keys_across);
    pack_strided_transposed(g->keys, g->value_dim, v + value_at, g->value_step, s.values_across);
    pack_strided(g->keys, g->key_dim, k + at, g->key_step, s.keys_along);
    for (size_t j = 0; j < g->keys; j++) {
      fill_floats(dk + at + j * g->key_step, 0.0f, g->key_dim);
      fill_floats(dv + value_at + j * g->value_step, 0.0f, g->value_dim);
    }
    for (size_t i = 0; i < g->queries; i += STRIP) {
      attend_strip_back(g, mask, dropout, strip_of(g, mask, i, first_key), head, &s, q + at, out + value_at,
                        kept + head * 2 * g->queries, dout + value_at, dq + at, dk + at, dv + value_at);
    }
  }
}
