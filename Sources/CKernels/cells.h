// What the cells of recurrent layers do of each element, one instruction set's version. The usual activations stay in
// registers between the sums and the state; others are computed row by row.

/// Whether a row goes on.
INLINE int counts(const cairn_cell *cell, size_t row) {
  return cell->mask == NULL || cell->mask[row * cell->mask_step] != 0.0f;
}

INLINE int are_usual(const cairn_cell *cell) {
  return cell->activation.function == CAIRN_TANH && cell->recurrent.function == CAIRN_SIGMOID;
}

/// y = f(y + bias); kept = y + bias, unless NULL.
static void activate(cairn_activation f, size_t units, const float *bias, float *y, float *kept) {
  if (f.function < CAIRN_SOFTMAX) {
    activate_rows(f.function, f.parameter, 1, units, bias, kept, y);
    return;
  }
  if (bias != NULL) add(bias, y, units);
  if (f.function == CAIRN_SOFTMAX) {
    softmax_rows(1, units, y, y);
  } else {
    log_softmax_rows(1, units, y, y);
  }
}

/// d = d f'(z)
static void differentiate(cairn_activation f, size_t units, const float *y, const float *z, float *d) {
  switch (f.function) {
    case CAIRN_SOFTMAX: softmax_rows_backward(1, units, d, y, d); break;
    case CAIRN_LOG_SOFTMAX: log_softmax_rows_backward(1, units, d, y, d); break;
    default: activation_backward(f.function, f.parameter, units, d, y, z, d);
  }
}

INLINE vf sigmoid_slope(vf y) { return y * (1.0f - y); }
INLINE vf tanh_slope(vf y) { return 1.0f - y * y; }

/// Part NUMBER of what is NULL where it is not wanted.
#define BIAS(NUMBER) (cell->bias == NULL ? NULL : cell->bias + (NUMBER) * units)
#define KEPT(NUMBER) (z == NULL ? NULL : z + (NUMBER) * units)
#define COPY(FROM, TO) __builtin_memcpy(TO, FROM, units * sizeof(float))

static void copy_masked_rows(size_t rows, size_t columns, const float *x, size_t x_row, const float *mask,
                             size_t mask_row, float *y, size_t y_row, int32_t adding) {
  if (mask == NULL && columns == x_row && columns == y_row) {
    columns *= rows;
    rows = 1;
  }
  for (size_t row = 0; row < rows; row++, x += x_row, y += y_row) {
    if (columns == 1 && mask == NULL) {
      *y = adding ? *y + *x : *x;
      continue;
    }
    LANEWISE(columns, {
      vf v = load(x + i, n);
      if (mask != NULL) v *= load(mask + row * mask_row + i, n);
      store(y + i, n, adding ? load(y + i, n) + v : v);
    });
  }
}

static void simple_cell(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++, gates += units, h0 += units, h += units) {
    if (counts(cell, row)) {
      activate(cell->activation, units, cell->bias, gates, z);
      COPY(gates, h);
    } else {
      COPY(h0, h);
    }
    if (z != NULL) z += units;
  }
}

static void simple_cell_back(const cairn_cell *cell, const float *gates, const float *z, float *dh, float *dgates) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++, gates += units, dh += units, dgates += cell->dgates_row) {
    if (counts(cell, row)) {
      COPY(dh, dgates);
      differentiate(cell->activation, units, gates, z, dgates);
      __builtin_memset(dh, 0, units * sizeof(float));
    } else {
      __builtin_memset(dgates, 0, units * sizeof(float));
    }
    if (z != NULL) z += units;
  }
}

static void lstm_cell(const cairn_cell *cell, float *gates, float *z, const float *c0, float *c, const float *h0,
                      float *h) {
  const size_t units = cell->units;
  const float *const bias = cell->bias;
  const int usual = are_usual(cell);
  for (size_t row = 0; row < cell->rows; row++) {
    if (!counts(cell, row)) {
      COPY(c0, c);
      COPY(h0, h);
    } else if (usual) {
      LANEWISE(units, {
        vf in = load(gates + i, n), forget = load(gates + units + i, n);
        vf new = load(gates + 2 * units + i, n), out = load(gates + 3 * units + i, n);
        if (bias != NULL) {
          in += load(bias + i, n);
          forget += load(bias + units + i, n);
          new += load(bias + 2 * units + i, n);
          out += load(bias + 3 * units + i, n);
        }
        in = logistic(in), forget = logistic(forget), new = hyperbolic_tangent(new), out = logistic(out);
        const vf state = forget * load(c0 + i, n) + in * new;
        store(gates + i, n, in);
        store(gates + units + i, n, forget);
        store(gates + 2 * units + i, n, new);
        store(gates + 3 * units + i, n, out);
        store(c + i, n, state);
        store(h + i, n, out * hyperbolic_tangent(state));
      });
    } else {
      for (size_t gate = 0; gate < 4; gate++) {
        activate(gate == 2 ? cell->activation : cell->recurrent, units, BIAS(gate), gates + gate * units,
                 KEPT(gate));
      }
      LANEWISE(units, {
        const vf state = load(gates + units + i, n) * load(c0 + i, n)
          + load(gates + i, n) * load(gates + 2 * units + i, n);
        store(c + i, n, state);
        store(h + i, n, state);
      });
      activate(cell->activation, units, NULL, h, NULL);
      LANEWISE(units, store(h + i, n, load(gates + 3 * units + i, n) * load(h + i, n)));
    }
    gates += 4 * units;
    if (z != NULL) z += 4 * units;
    c0 += units, c += units, h0 += units, h += units;
  }
}

static void lstm_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *c0, const float *c,
                           float *dh, float *dc, float *dgates) {
  const size_t units = cell->units;
  const int usual = are_usual(cell);
  for (size_t row = 0; row < cell->rows; row++) {
    if (!counts(cell, row)) {
      __builtin_memset(dgates, 0, 4 * units * sizeof(float));
    } else if (usual) {
      LANEWISE(units, {
        const vf in = load(gates + i, n), forget = load(gates + units + i, n), new = load(gates + 2 * units + i, n);
        const vf out = load(gates + 3 * units + i, n), shown = hyperbolic_tangent(load(c + i, n));
        const vf d = load(dh + i, n);
        const vf dstate = d * out * tanh_slope(shown) + load(dc + i, n);
        store(dc + i, n, dstate * forget);
        store(dgates + i, n, dstate * new * sigmoid_slope(in));
        store(dgates + units + i, n, dstate * load(c0 + i, n) * sigmoid_slope(forget));
        store(dgates + 2 * units + i, n, dstate * in * tanh_slope(new));
        store(dgates + 3 * units + i, n, d * shown * sigmoid_slope(out));
        store(dh + i, n, (vf)(0.0f));
      });
    } else {
      float *const shown = cell->spare, *const dshown = shown + units;
      COPY(c, shown);
      activate(cell->activation, units, NULL, shown, NULL);
      LANEWISE(units, {
        store(dgates + 3 * units + i, n, load(dh + i, n) * load(shown + i, n));
        store(dshown + i, n, load(dh + i, n) * load(gates + 3 * units + i, n));
      });
      differentiate(cell->activation, units, shown, c, dshown);
      LANEWISE(units, {
        const vf dstate = load(dshown + i, n) + load(dc + i, n);
        store(dc + i, n, dstate * load(gates + units + i, n));
        store(dgates + i, n, dstate * load(gates + 2 * units + i, n));
        store(dgates + units + i, n, dstate * load(c0 + i, n));
        store(dgates + 2 * units + i, n, dstate * load(gates + i, n));
        store(dh + i, n, (vf)(0.0f));
      });
      for (size_t gate = 0; gate < 4; gate++) {
        differentiate(gate == 2 ? cell->activation : cell->recurrent, units, gates + gate * units, KEPT(gate),
                      dgates + gate * units);
      }
    }
    gates += 4 * units;
    if (z != NULL) z += 4 * units;
    c0 += units, c += units, dh += units, dc += units, dgates += cell->dgates_row;
  }
}

/// h = z h0 + (1 - z) g
INLINE vf mixed(vf z, vf h0, vf g) { return z * h0 + (1.0f - z) * g; }

static void gru_cell(const cairn_cell *cell, float *gates, float *z, const float *product, const float *h0, float *h) {
  const size_t units = cell->units;
  const float *const bias = cell->bias, *const past_bias = cell->recurrent_bias;
  const int usual = are_usual(cell);
  for (size_t row = 0; row < cell->rows; row++) {
    if (!counts(cell, row)) {
      COPY(h0, h);
    } else {
      LANEWISE(units, {
        vf update = load(gates + i, n) + load(product + i, n);
        vf reset = load(gates + units + i, n) + load(product + units + i, n);
        vf past = load(product + 2 * units + i, n), new = load(gates + 2 * units + i, n);
        if (bias != NULL) {
          update += load(bias + i, n);
          reset += load(bias + units + i, n);
          new += load(bias + 2 * units + i, n);
        }
        if (past_bias != NULL) {
          update += load(past_bias + i, n);
          reset += load(past_bias + units + i, n);
          past += load(past_bias + 2 * units + i, n);
        }
        if (usual) {
          update = logistic(update);
          reset = logistic(reset);
          new = hyperbolic_tangent(reset * past + new);
          store(gates + 2 * units + i, n, new);
          store(h + i, n, mixed(update, load(h0 + i, n), new));
        }
        store(gates + i, n, update);
        store(gates + units + i, n, reset);
        store(gates + 3 * units + i, n, past);
      });
      if (!usual) {
        activate(cell->recurrent, units, NULL, gates, KEPT(0));
        activate(cell->recurrent, units, NULL, gates + units, KEPT(1));
        LANEWISE(units, {
          const vf past = load(gates + units + i, n) * load(gates + 3 * units + i, n);
          store(gates + 2 * units + i, n, load(gates + 2 * units + i, n) + past);
        });
        activate(cell->activation, units, BIAS(2), gates + 2 * units, KEPT(2));
        LANEWISE(units, store(h + i, n, mixed(load(gates + i, n), load(h0 + i, n), load(gates + 2 * units + i, n))));
      }
    }
    gates += 4 * units;
    if (z != NULL) z += 3 * units;
    product += 3 * units, h0 += units, h += units;
  }
}

static void gru_cell_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                          float *dgates) {
  const size_t units = cell->units;
  const int usual = are_usual(cell);
  for (size_t row = 0; row < cell->rows; row++) {
    if (!counts(cell, row)) {
      __builtin_memset(dgates, 0, 4 * units * sizeof(float));
    } else {
      LANEWISE(units, {
        const vf update = load(gates + i, n), reset = load(gates + units + i, n), new = load(gates + 2 * units + i, n);
        const vf d = load(dh + i, n);
        vf dnew = d * (1.0f - update), dupdate = d * (load(h0 + i, n) - new);
        if (usual) {
          const vf past = load(gates + 3 * units + i, n);
          dnew = dnew * tanh_slope(new);
          dupdate = dupdate * sigmoid_slope(update);
          store(dgates + units + i, n, dnew * past * sigmoid_slope(reset));
          store(dgates + 2 * units + i, n, dnew * reset);
        }
        store(dgates + i, n, dupdate);
        store(dgates + 3 * units + i, n, dnew);
        store(dh + i, n, d * update);
      });
      if (!usual) {
        differentiate(cell->activation, units, gates + 2 * units, KEPT(2), dgates + 3 * units);
        LANEWISE(units, {
          const vf dnew = load(dgates + 3 * units + i, n);
          store(dgates + units + i, n, dnew * load(gates + 3 * units + i, n));
          store(dgates + 2 * units + i, n, dnew * load(gates + units + i, n));
        });
        differentiate(cell->recurrent, units, gates, KEPT(0), dgates);
        differentiate(cell->recurrent, units, gates + units, KEPT(1), dgates + units);
      }
    }
    gates += 4 * units;
    if (z != NULL) z += 3 * units;
    h0 += units, dh += units, dgates += cell->dgates_row;
  }
}

static void gru_gates(const cairn_cell *cell, float *gates, float *z, const float *h0, float *reset) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++, gates += 3 * units, h0 += units, reset += units) {
    activate(cell->recurrent, units, BIAS(0), gates, KEPT(0));
    activate(cell->recurrent, units, BIAS(1), gates + units, KEPT(1));
    LANEWISE(units, store(reset + i, n, load(gates + units + i, n) * load(h0 + i, n)));
    if (z != NULL) z += 3 * units;
  }
}

static void gru_state(const cairn_cell *cell, float *gates, float *z, const float *h0, float *h) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++, gates += 3 * units, h0 += units, h += units) {
    if (counts(cell, row)) {
      activate(cell->activation, units, BIAS(2), gates + 2 * units, KEPT(2));
      LANEWISE(units, store(h + i, n, mixed(load(gates + i, n), load(h0 + i, n), load(gates + 2 * units + i, n))));
    } else {
      COPY(h0, h);
    }
    if (z != NULL) z += 3 * units;
  }
}

static void gru_state_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0, float *dh,
                           float *dgates) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++) {
    if (counts(cell, row)) {
      LANEWISE(units, {
        const vf update = load(gates + i, n), d = load(dh + i, n);
        store(dgates + i, n, d * (load(h0 + i, n) - load(gates + 2 * units + i, n)));
        store(dgates + 2 * units + i, n, d * (1.0f - update));
        store(dh + i, n, d * update);
      });
      differentiate(cell->recurrent, units, gates, KEPT(0), dgates);
      differentiate(cell->activation, units, gates + 2 * units, KEPT(2), dgates + 2 * units);
    } else {
      __builtin_memset(dgates, 0, 3 * units * sizeof(float));
    }
    gates += 3 * units;
    if (z != NULL) z += 3 * units;
    h0 += units, dh += units, dgates += cell->dgates_row;
  }
}

static void gru_gates_back(const cairn_cell *cell, const float *gates, const float *z, const float *h0,
                           const float *dreset, float *dh, float *dgates) {
  const size_t units = cell->units;
  for (size_t row = 0; row < cell->rows; row++) {
    if (counts(cell, row)) {
      LANEWISE(units, {
        const vf d = load(dreset + i, n);
        store(dgates + units + i, n, d * load(h0 + i, n));
        store(dh + i, n, d * load(gates + units + i, n) + load(dh + i, n));
      });
      differentiate(cell->recurrent, units, gates + units, KEPT(1), dgates + units);
    }
    gates += 3 * units;
    if (z != NULL) z += 3 * units;
    h0 += units, dreset += units, dh += units, dgates += cell->dgates_row;
  }
}

#undef BIAS
#undef KEPT
#undef COPY
