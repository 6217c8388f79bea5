// Philox4x32-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11), half a
// register's lanes of counters at a time.

typedef struct {
  vq x, y, z, w;  // each in the lower half of its lane; above it stands rubbish
} philox_block;

INLINE philox_block philox(philox_block c, uint32_t key0, uint32_t key1) {
  const uint64_t low = 0xffffffff;
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    const vq p = (c.x & low) * 0xd2511f53u;
    const vq q = (c.z & low) * 0xcd9e8d57u;
    c = (philox_block){(q >> 32) ^ c.y ^ (uint64_t)key0, q, (p >> 32) ^ c.w ^ (uint64_t)key1, p};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return c;
}

/// The factors of elements `first` to `first + count` of a row: 0 with probability `rate`, else 1 / (1 - rate). `first` is a
/// multiple of 2 LANES.
INLINE void dropout_factors(uint64_t key, uint32_t step, uint32_t layer, uint32_t row, size_t first, size_t count,
                            float rate, float *out) {
  typedef uint64_t vqq __attribute__((ext_vector_type(LANES)));
  const uint32_t threshold = (uint32_t)((double)rate * 4294967296.0);
  const vf kept = (vf)(1.0f / (1.0f - rate));
  const uint64_t low = 0xffffffff;
  vq lane;
  for (size_t k = 0; k < LANES / 2; k++) lane[k] = k;
  for (size_t column = 0; column < count; column += 2 * LANES) {
    const philox_block b =
        philox((philox_block){lane + (first + column) / 4, (vq)(uint64_t)row, (vq)(uint64_t)step, (vq)(uint64_t)layer},
               (uint32_t)key, (uint32_t)(key >> 32));
    vqq words;  // x y z w of the first counter, then of the second, ...
    words.even = (b.x & low) | (b.y << 32);
    words.odd = (b.z & low) | (b.w << 32);
    const vf lower = (vu)words.lo < threshold ? (vf)(0.0f) : kept;
    const vf upper = (vu)words.hi < threshold ? (vf)(0.0f) : kept;
    const size_t left = count - column;
    store(out + column, left < LANES ? left : LANES, lower);
    if (left > LANES) store(out + column + LANES, left < 2 * LANES ? left - LANES : LANES, upper);
  }
}

static void dropout_mask(uint64_t key, uint32_t step, uint32_t layer, uint32_t first_row, size_t rows, size_t columns,
                         float rate, float *mask) {
  for (size_t row = 0; row < rows; row++) {
    dropout_factors(key, step, layer, (uint32_t)(first_row + row), 0, columns, rate, mask + row * columns);
  }
}
