// Registers of LANES floats as clang vector types: what is written here is what runs, in debug builds as well, and the
// last, partly filled register goes through the same instructions as the others. That is why no element's result
// depends on where it stands.
//
// Included once per instruction set, with LANES defined and the target attribute pushed (see variant.h).
#if LANES != 4 && LANES != 8 && LANES != 16
#error "define LANES as 4, 8 or 16"
#endif

// `a * b + c` in one expression is one fused operation where the processor has it, and nothing is fused across
// expressions: the choice is made here, not by the optimizer.
#pragma STDC FP_CONTRACT ON

#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef double vd __attribute__((ext_vector_type(LANES / 2)));    // half the lanes, the same register
typedef uint64_t vq __attribute__((ext_vector_type(LANES / 2)));  // likewise
typedef vf unaligned_vf __attribute__((aligned(4)));

/// Runs the statement for i = 0, LANES, 2 LANES, ...; n of the floats at i are there, LANES but for the last time.
#define LANEWISE(count, ...)                     \
  do {                                           \
    size_t i = 0;                                \
    for (; i + LANES <= (count); i += LANES) {   \
      const size_t n = LANES;                    \
      __VA_ARGS__;                               \
    }                                            \
    if (i < (count)) {                           \
      const size_t n = (count) - i;              \
      __VA_ARGS__;                               \
    }                                            \
  } while (0)

/// -1 in the first n lanes, 0 in the others.
INLINE vi first_lanes(size_t n) {
  static const int32_t window[2 * LANES] = {
    [0 ... LANES - 1] = -1,
    [LANES ... 2 * LANES - 1] = 0,
  };
  if (n == LANES) return (vi)(-1);
  typedef vi unaligned_vi __attribute__((aligned(4)));
  return *(const unaligned_vi *)(window + LANES - n);
}

/// The n floats at p, 1 <= n <= LANES, then zeros; reads nothing behind them.
INLINE vf load(const float *p, size_t n) {
  if (n == LANES) return *(const unaligned_vf *)p;
#if defined(__x86_64__) && LANES == 16
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif defined(__x86_64__) && LANES == 8
  return (vf)_mm256_maskload_ps(p, (__m256i)first_lanes(n));
#else
  vf v = (vf)(0.0f);
  v.x = p[0];
  if (n > 1) v.y = p[1];
  if (n > 2) v.z = p[2];
  return v;
#endif
}

/// Writes the first n lanes to p, 1 <= n <= LANES, and nothing behind them.
INLINE void store(float *p, size_t n, vf v) {
  if (n == LANES) {
    *(unaligned_vf *)p = v;
    return;
  }
#if defined(__x86_64__) && LANES == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif defined(__x86_64__) && LANES == 8
  _mm256_maskstore_ps(p, (__m256i)first_lanes(n), (__m256)v);
#else
  p[0] = v.x;
  if (n > 1) p[1] = v.y;
  if (n > 2) p[2] = v.z;
#endif
}

// Across the lanes, always in the same order: the halves are folded onto each other.

typedef float v4 __attribute__((ext_vector_type(4)));
typedef float v8 __attribute__((ext_vector_type(8)));

#define SUM(a, b) ((a) + (b))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define SMALLER(a, b) ((a) < (b) ? (a) : (b))

#if LANES == 16
#define FOLD_STEP(OP) const v8 half = OP(v.lo, v.hi); const v4 four = OP(half.lo, half.hi)
#elif LANES == 8
#define FOLD_STEP(OP) const v4 four = OP(v.lo, v.hi)
#else
#define FOLD_STEP(OP) const v4 four = v
#endif
#define FOLD(OP)                                                   \
  FOLD_STEP(OP);                                                   \
  const float even = OP(four.x, four.z), odd = OP(four.y, four.w); \
  return OP(even, odd)

INLINE float sum_of_lanes(vf v) { FOLD(SUM); }
INLINE float largest_lane(vf v) { FOLD(LARGER); }
INLINE float smallest_lane(vf v) { FOLD(SMALLER); }

INLINE double sum_of_doubles(vd v) {
  double total = 0;
  for (size_t lane = 0; lane < LANES / 2; lane++) total += v[lane];
  return total;
}

INLINE vd widened_low(vf v) { return __builtin_convertvector(v.lo, vd); }
INLINE vd widened_high(vf v) { return __builtin_convertvector(v.hi, vd); }

/// The sum of the lanes, added in double.
INLINE double wide_sum_of_lanes(vf v) { return sum_of_doubles(widened_low(v) + widened_high(v)); }

/// The number of lanes that hold -1, where the others hold 0, or any sum of such.
INLINE uint32_t count_of_lanes(vi v) {
  int32_t total = 0;
  for (size_t lane = 0; lane < LANES; lane++) total -= v[lane];
  return (uint32_t)total;
}

INLINE vf absolute(vf x) { return __builtin_elementwise_abs(x); }
INLINE vf square_root(vf x) { return __builtin_elementwise_sqrt(x); }

/// 1, -1, or x itself where it is 0 or NaN.
INLINE vf sign(vf x) { return x > 0.0f ? (vf)(1.0f) : (x < 0.0f ? (vf)(-1.0f) : x); }

/// -1 where x is NaN or Inf.
INLINE vi is_nonfinite(vf x) { return ((vi)x & 0x7f800000) == 0x7f800000; }
