// The recurrent cells of seqzoo: LSTM, GRU and RNN (tanh), forward, step by step, and backward through time.
//
//   LSTM  i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c')
//   GRU   r, z = sigmoid(W x + U h + b), q = U h + b', n = tanh(W x + b + r q), h' = (1 - z) n + z h
//   RNN   h' = tanh(W x + U h + b)
//   head  y = V h + b, of the last state
//
// Orders of gates and of parameters are PyTorch's. Letters: B windows of T steps with D channels, K units, H outputs.
// Many windows are computed W at a time, side by side in the lanes of a vector, so that each weight is read once for
// all of them; one window has its units side by side. Both add the same products in the same order: the forecast of a
// window is the same bit for bit in any batch, and a stream's is that of the window.
//
// Nothing is allocated, no library is called, and no state is kept: the caller passes memory, and may call from any
// number of threads. Compile with -O3 -ffp-contract=fast -fno-trapping-math, and not with -ffast-math, which would
// optimise the rounding of the exponential away. -DSEQZOO_TARGET=name is the suffix of the exported names.
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4  // SSE2, NEON, SIMD128
#endif

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif
#ifndef SEQZOO_TARGET
#define SEQZOO_TARGET native
#endif
#define JOIN(name, target) name##_##target
#define JOINED(name, target) JOIN(name, target)
#define NAME(name) JOINED(seqzoo_##name, SEQZOO_TARGET)
#ifndef SEQZOO_SOURCE
#define SEQZOO_SOURCE ""  // the hash of this file
#endif

typedef struct {
  int32_t cell;  // 0 LSTM, 1 GRU, 2 RNN
  int32_t D, K, H;
} seqzoo_shape;

#define INLINE inline __attribute__((always_inline))

namespace {

typedef float V __attribute__((vector_size(4 * LANES)));
typedef int32_t I __attribute__((vector_size(4 * LANES)));
typedef float Loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

const size_t ROWS = 6, COLS = 2;  // of a block of registers: 12 sums, 2 inputs and a weight fill the 16 of AVX2
const size_t W = COLS * LANES;    // windows side by side
const size_t WIDE = 8;            // vectors of a block where units are side by side
const size_t FEW = W / 2;         // fewer windows than these are faster one by one
const size_t SEGMENT = 32;        // steps whose gradients of gates are kept at a time
const size_t APART = 10 * 16;     // floats between steps, or those of 64 units would all fall on the same cache lines

INLINE V load(const float *at) { return *(const Loose *)at; }
INLINE void store(float *at, V value) { *(Loose *)at = value; }
INLINE V all(float x) { return x - V{}; }
INLINE V at_most(V x, float most) { return x > most ? all(most) : x; }  // leaves NaN as it is
INLINE V at_least(V x, float least) { return x < least ? all(least) : x; }
INLINE size_t up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }
INLINE size_t less(size_t a, size_t b) { return a < b ? a : b; }
INLINE void clear(float *at, size_t n) {
  for (size_t j = 0; j < n; j++) at[j] = 0;
}

INLINE float sum(V v) {  // halves are added to halves: the order is fixed
#if LANES == 16
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
#elif LANES == 8
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
#else
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
#endif
  return v[0] + v[1];
}

// ---- exponentials -------------------------------------------------------------------------------------------------

// e^x = 2^n (1 + rest): n is x / ln 2 rounded by adding a number whose last place is 1; rest is a polynomial of
// x - n ln 2, with ln 2 in two parts (Cody & Waite 1980; coefficients of Moshier's Cephes). |x| is at most 88.37.
struct Exponential {
  V power, rest;
  explicit Exponential(V x) {
    V shifted = x * 1.44269504088896341f + 12582912.f;
    V n = shifted - 12582912.f;
    V r = x - n * 0.693359375f + n * 2.12194440e-4f;
    V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    rest = p * (r * r) + r;
    power = (V)(((I)shifted << 23) + 0x3f800000);
  }
};

INLINE V sigmoid(V x) {
  Exponential e(at_least(at_most(-x, 88.37f), -88.37f));
  return 1.f / (1.f + (e.power + e.power * e.rest));
}

INLINE V tanh(V x) {  // of e^2x - 1, which keeps the digits of a small x
  Exponential e(2.f * at_least(at_most(x, 9.2f), -9.2f));
  V less_one = e.power * e.rest + (e.power - 1.f);
  return less_one / (less_one + 2.f);
}

// ---- products -----------------------------------------------------------------------------------------------------

// A matrix [rows, cols] with its bias lies in blocks of `block` rows, the last one padded with zeros to a multiple of
// `unit`; a block holds its biases, then its columns, one after another.
template <typename Weight>
float *pack(float *into, size_t rows, size_t cols, size_t block, size_t unit, Weight weight) {
  for (size_t row = 0; row < rows; row += block) {
    size_t width = less(block, up(rows - row, unit));
    for (ptrdiff_t col = -1; col < (ptrdiff_t)cols; col++)
      for (size_t j = 0; j < width; j++) *into++ = row + j < rows ? weight(row + j, col) : 0.f;
  }
  return into;
}
INLINE size_t packed(size_t rows, size_t cols, size_t unit) { return up(rows, unit) * (cols + 1); }

struct Input {
  size_t n;
  const float *at;
};

// total += the columns `in` of a block of rows, for W windows side by side.
INLINE const float *columns(V (&total)[ROWS][COLS], const float *weights, Input in) {
  for (size_t col = 0; col < in.n; col++, weights += ROWS) {
    V value[COLS];
    for (size_t v = 0; v < COLS; v++) value[v] = load(in.at + col * W + v * LANES);
    for (size_t j = 0; j < ROWS; j++)
      for (size_t v = 0; v < COLS; v++) total[j][v] += weights[j] * value[v];
  }
  return weights;
}

// out [rows, W] = bias + weights [rows, x.n + h.n] (x, h) of W windows side by side. `skip`: columns passed over.
void product(float *out, size_t rows, const float *weights, Input x, Input h, size_t skip = 0) {
  for (size_t row = 0; row < rows; row += ROWS, out += ROWS * W) {
    V total[ROWS][COLS];
    for (size_t j = 0; j < ROWS; j++)
      for (size_t v = 0; v < COLS; v++) total[j][v] = all(weights[j]);
    weights = columns(total, columns(total, weights + ROWS, x), h) + ROWS * skip;
    for (size_t j = 0; j < ROWS; j++)
      for (size_t v = 0; v < COLS; v++) store(out + j * W + v * LANES, total[j][v]);
  }
}

template <size_t N>
INLINE const float *columns_of_one(V (&total)[N], const float *weights, Input in) {
  for (size_t col = 0; col < in.n; col++, weights += N * LANES)
    for (size_t v = 0; v < N; v++) total[v] += load(weights + v * LANES) * in.at[col];
  return weights;
}

template <size_t N>
const float *rows_of_one(float *out, const float *weights, Input x, Input h, size_t skip) {
  V total[N];
  for (size_t v = 0; v < N; v++) total[v] = load(weights + v * LANES);
  weights = columns_of_one(total, columns_of_one(total, weights + N * LANES, x), h);
  for (size_t v = 0; v < N; v++) store(out + v * LANES, total[v]);
  return weights + N * LANES * skip;
}

// The same for one window: out [rows], with rows side by side.
void product_of_one(float *out, size_t rows, const float *weights, Input x, Input h, size_t skip = 0) {
  for (size_t row = 0; row < rows; row += WIDE * LANES, out += WIDE * LANES) {
    switch (less(WIDE, up(rows - row, LANES) / LANES)) {
      case 1: weights = rows_of_one<1>(out, weights, x, h, skip); break;
      case 2: weights = rows_of_one<2>(out, weights, x, h, skip); break;
      case 3: weights = rows_of_one<3>(out, weights, x, h, skip); break;
      case 4: weights = rows_of_one<4>(out, weights, x, h, skip); break;
      case 5: weights = rows_of_one<5>(out, weights, x, h, skip); break;
      case 6: weights = rows_of_one<6>(out, weights, x, h, skip); break;
      case 7: weights = rows_of_one<7>(out, weights, x, h, skip); break;
      default: weights = rows_of_one<WIDE>(out, weights, x, h, skip);
    }
  }
}

template <size_t R, size_t C>
void tile(float *into, size_t stride, size_t rows, size_t steps, const float *a, size_t a_step, const float *b,
          size_t b_step) {
  V total[R][C];
  for (size_t r = 0; r < R; r++)
    for (size_t c = 0; c < C; c++) total[r][c] = V{};
  for (size_t t = 0; t < steps; t++, a += a_step, b += b_step)
    for (size_t v = 0; v < W; v += LANES) {
      V value[C];
      for (size_t c = 0; c < C; c++) value[c] = load(b + c * W + v);
      for (size_t r = 0; r < R; r++) {
        V factor = load(a + less(r, rows - 1) * W + v);
        for (size_t c = 0; c < C; c++) total[r][c] += factor * value[c];
      }
    }
  for (size_t r = 0; r < less(R, rows); r++)
    for (size_t c = 0; c < C; c++) into[r * stride + c] += sum(total[r][c]);
}

// into [rows, cols] += the sum over steps and windows of a [steps, rows, W] times b [steps, cols, W].
void outer(float *into, size_t rows, size_t cols, size_t steps, const float *a, size_t a_step, const float *b,
           size_t b_step) {
  const size_t R = LANES == 16 ? 6 : 4, C = LANES == 16 ? 4 : 3;  // as many sums as there are registers for
  for (size_t row = 0; row < rows; row += R)
    for (size_t col = 0; col < cols; col += C) {
      float *at = into + row * cols + col;
      const float *left = a + row * W, *right = b + col * W;
      switch (less(C, cols - col)) {
        case 1: tile<R, 1>(at, cols, rows - row, steps, left, a_step, right, b_step); break;
        case 2: tile<R, 2>(at, cols, rows - row, steps, left, a_step, right, b_step); break;
        case 3: tile<R, 3>(at, cols, rows - row, steps, left, a_step, right, b_step); break;
        default: tile<R, C>(at, cols, rows - row, steps, left, a_step, right, b_step);
      }
    }
}

// ---- cells: from sums to states, and back -------------------------------------------------------------------------

// `n` numbers of each kind: the units of W windows or of one. `sums` holds them `n` apart, states and gates `stride`.
// A tape begins with the states of its step, h and for the LSTM c; the gates follow. One window has no tape.

template <bool TAPED>
void lstm(size_t n, size_t stride, const float *sums, const float *before, float *now) {
  for (size_t j = 0; j < n; j += LANES) {
    V i = sigmoid(load(sums + j)), f = sigmoid(load(sums + n + j));
    V g = tanh(load(sums + 2 * n + j)), o = sigmoid(load(sums + 3 * n + j));
    V c = f * load(before + stride + j) + i * g;
    store(now + j, o * tanh(c));
    store(now + stride + j, c);
    if (TAPED) {
      store(now + 2 * stride + j, i);
      store(now + 3 * stride + j, f);
      store(now + 4 * stride + j, g);
      store(now + 5 * stride + j, o);
    }
  }
}

template <bool TAPED>
void gru(size_t n, size_t stride, const float *sums, const float *before, float *now) {
  for (size_t j = 0; j < n; j += LANES) {
    V r = sigmoid(load(sums + j)), z = sigmoid(load(sums + n + j));
    V q = load(sums + 3 * n + j), candidate = tanh(load(sums + 2 * n + j) + r * q);
    store(now + j, (1.f - z) * candidate + z * load(before + j));
    if (TAPED) {
      store(now + stride + j, r);
      store(now + 2 * stride + j, z);
      store(now + 3 * stride + j, candidate);
      store(now + 4 * stride + j, q);
    }
  }
}

void rnn(size_t n, const float *sums, float *now) {
  for (size_t j = 0; j < n; j += LANES) store(now + j, tanh(load(sums + j)));
}

// Backward: the gradients `d` of the sums, `n` apart, from that of h. `carry` is the gradient that passes by the
// product with U: that of c, or what z lets through.

void lstm_back(size_t n, const float *tape, const float *before, const float *dh, float *carry, float *d) {
  for (size_t j = 0; j < n; j += LANES) {
    V i = load(tape + 2 * n + j), f = load(tape + 3 * n + j), g = load(tape + 4 * n + j), o = load(tape + 5 * n + j);
    V shown = tanh(load(tape + n + j)), of_h = load(dh + j);
    V of_c = load(carry + j) + of_h * o * (1.f - shown * shown);
    store(d + j, of_c * g * i * (1.f - i));
    store(d + n + j, of_c * load(before + n + j) * f * (1.f - f));
    store(d + 2 * n + j, of_c * i * (1.f - g * g));
    store(d + 3 * n + j, of_h * shown * o * (1.f - o));
    store(carry + j, of_c * f);
  }
}

void gru_back(size_t n, const float *tape, const float *before, const float *dh, float *carry, float *d) {
  for (size_t j = 0; j < n; j += LANES) {  // d: q, r, z, n, so that both U's rows and W's follow one another
    V r = load(tape + n + j), z = load(tape + 2 * n + j), q = load(tape + 4 * n + j);
    V candidate = load(tape + 3 * n + j);
    V of_h = load(dh + j) + load(carry + j);
    V of_n = of_h * (1.f - z) * (1.f - candidate * candidate);
    store(d + j, of_n * r);
    store(d + n + j, of_n * q * r * (1.f - r));
    store(d + 2 * n + j, of_h * (load(before + j) - candidate) * z * (1.f - z));
    store(d + 3 * n + j, of_n);
    store(carry + j, of_h * z);
  }
}

void rnn_back(size_t n, const float *tape, const float *dh, float *d) {
  for (size_t j = 0; j < n; j += LANES) {
    V h = load(tape + j);
    store(d + j, load(dh + j) * (1.f - h * h));
  }
}

// ---- models -------------------------------------------------------------------------------------------------------

// Sizes of a model, and where its matrices lie among the packed weights: for W windows, for one window, for backward.
struct Model {
  size_t D, K, H, gates, sums, states, kinds;  // of a unit: rows of W and U, sums, states, numbers in a tape's step
  size_t slab;                                 // floats of a step of a tape
  int cell;
  size_t parameters, many, one, back, end;

  explicit Model(const seqzoo_shape *of) : D(of->D), K(of->K), H(of->H), cell(of->cell) {
    gates = cell == 0 ? 4 : cell == 1 ? 3 : 1;
    sums = cell == 2 ? 1 : 4;
    states = cell == 0 ? 2 : 1;
    kinds = cell == 0 ? 6 : cell == 1 ? 5 : 1;
    slab = kinds * K * W + APART;
    parameters = gates * K * (D + K + 2) + H * (K + 1);
    many = 0;
    one = up(forward_size(ROWS), 16);  // vectors of weights are to lie in one cache line
    back = one + forward_size(LANES);
    end = back + packed(K, gates * K, ROWS) + packed(D, gates * K, ROWS) + packed(K, H, ROWS);
  }
  size_t forward_size(size_t unit) const {
    size_t inner = cell == 1 ? packed(2 * K, D + K, unit) + packed(K, D, unit) + packed(K, K, unit)
                             : packed(gates * K, D + K, unit);
    return inner + packed(H, K, unit);
  }

  // The sums of a step, by `product` or `product_of_one`; `unit` is what its rows are padded to. Before the first
  // step h is zero, and U is passed over. Each group of rows overwrites the padding of the one before it.
  template <typename Product>
  void add(Product times, float *out, const float *weights, size_t unit, size_t width, const float *x,
           const float *h) const {
    Input of_x = {D, x}, of_h = {h ? K : 0, h}, none = {0, nullptr};
    size_t skip = h ? 0 : K;
    if (cell != 1) return times(out, gates * K, weights, of_x, of_h, skip);
    times(out, 2 * K, weights, of_x, of_h, skip);
    weights += packed(2 * K, D + K, unit);
    times(out + 2 * K * width, K, weights, of_x, none, 0);
    weights += packed(K, D, unit);
    times(out + 3 * K * width, K, weights, none, of_h, skip);
  }
  template <bool TAPED>
  void advance(size_t n, size_t stride, const float *sums_of, const float *before, float *now) const {
    if (cell == 0) lstm<TAPED>(n, stride, sums_of, before, now);
    if (cell == 1) gru<TAPED>(n, stride, sums_of, before, now);
    if (cell == 2) rnn(n, sums_of, now);
  }
  const float *head(const float *weights, size_t unit) const {
    return weights + forward_size(unit) - packed(H, K, unit);
  }
};

// The values of a step of W windows, side by side: [D, W]; lanes without a window hold zero.
void gather(float *into, const Model &m, size_t T, size_t t, size_t windows, const float *x) {
  for (size_t d = 0; d < m.D; d++)
    for (size_t w = 0; w < W; w++) into[d * W + w] = w < windows ? x[(w * T + t) * m.D + d] : 0.f;
}

void forward_many(const Model &m, size_t T, size_t windows, const float *weights, const float *x, float *y,
                  float *tape, float *scratch) {
  size_t n = m.K * W;
  float *sums = scratch, *now = sums + up(m.sums * m.K, ROWS) * W + ROWS * W, *step = now + m.states * n;
  clear(now, m.states * n);
  const float *before = now;
  for (size_t t = 0; t < T; t++) {
    gather(step, m, T, t, windows, x);
    m.add(product, sums, weights + m.many, ROWS, W, step, t ? before : nullptr);
    if (tape) {
      m.advance<true>(n, n, sums, before, tape);
      before = tape;
      tape += m.slab;
    } else {
      m.advance<false>(n, n, sums, before, now);
    }
  }
  for (size_t h = 0; h < m.H; h += ROWS) {  // a block of rows at a time: what follows the sums is no longer needed
    size_t rows = less(ROWS, m.H - h);
    product(sums, rows, m.head(weights + m.many, ROWS) + h * (m.K + 1), {m.K, before}, {0, nullptr});
    for (size_t r = 0; r < rows; r++)
      for (size_t w = 0; w < windows; w++) y[w * m.H + h + r] = sums[r * W + w];
  }
}

const size_t MOST = 256, PADDED = MOST + LANES;  // units

void head_of_one(const Model &m, const float *weights, const float *h, float *y) {
  float out[WIDE * LANES];
  const float *at = m.head(weights + m.one, LANES);
  for (size_t row = 0; row < m.H; row += WIDE * LANES) {
    size_t rows = less(WIDE * LANES, m.H - row);
    product_of_one(out, rows, at, {m.K, h}, {0, nullptr});
    at += packed(rows, m.K, LANES);
    for (size_t j = 0; j < rows; j++) y[row + j] = out[j];
  }
}

void forward_one(const Model &m, size_t T, const float *weights, const float *x, float *y) {
  float sums[4 * MOST + WIDE * LANES], now[2 * PADDED];
  size_t stride = up(m.K, LANES);
  clear(now, 2 * stride);
  for (size_t t = 0; t < T; t++) {
    m.add(product_of_one, sums, weights + m.one, LANES, 1, x + t * m.D, t ? now : nullptr);
    m.advance<false>(m.K, stride, sums, now, now);
  }
  head_of_one(m, weights, now, y);
}

}  // namespace

// ---- what is exported ---------------------------------------------------------------------------------------------

EXPORT const char *NAME(source)(void) { return SEQZOO_SOURCE; }

// The level of x86-64 that this processor and its system support: 1, 3 (AVX2, FMA) or 4 (AVX-512); 0 for other
// processors.
EXPORT int32_t NAME(level)(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d, kept, ignored;
  const unsigned fma = 1u << 12, movbe = 1u << 22, saves = 1u << 27, f16c = 1u << 29, lzcnt = 1u << 5;
  const unsigned avx2 = 1u << 3 | 1u << 5 | 1u << 8, avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (fma | movbe | saves | f16c)) != (fma | movbe | saves | f16c)) return 1;
  __asm__("xgetbv" : "=a"(kept), "=d"(ignored) : "c"(0));  // which registers the system saves
  if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(c & lzcnt) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
  if ((b & avx2) != avx2 || (kept & 0x06) != 0x06) return 1;
  return (b & avx512) == avx512 && (kept & 0xe6) == 0xe6 ? 4 : 3;
#else
  return 0;
#endif
}

// The operations of `rounds` rounds of fused multiply-adds that wait for nothing but themselves: the peak of one core,
// for benchmarks. `value` is read and written so that nothing is optimised away.
EXPORT int64_t NAME(peak)(int64_t rounds, float *value) {
  V total[ROWS * COLS], factor = all(value[0]);
  for (size_t j = 0; j < ROWS * COLS; j++) total[j] = all((float)j);
  for (int64_t round = 0; round < rounds; round++)
    for (size_t j = 0; j < ROWS * COLS; j++) total[j] = total[j] * factor + factor;
  for (size_t j = 0; j < ROWS * COLS; j++) value[0] += sum(total[j]);
  return rounds * ROWS * COLS * LANES * 2;
}

// Sizes, in floats: 0 parameters, 1 packed weights, 2 scratch of `forward`, 3 tape, 4 scratch of `backward`; or -1
// for a shape that is not supported.
EXPORT int64_t NAME(size)(const seqzoo_shape *shape, int32_t what, int64_t T, int64_t B) {
  bool is_sound = shape->cell >= 0 && shape->cell <= 2 && shape->D > 0 && shape->K > 0 && shape->H > 0;
  if (!is_sound || shape->K > (int32_t)MOST || T < 1 || B < 0) return -1;
  Model m(shape);
  size_t n = m.K * W;
  switch (what) {
    case 0: return m.parameters;
    case 1: return m.end;
    case 2: return up(m.sums * m.K, ROWS) * W + ROWS * W + m.states * n + m.D * W;
    case 3: return up(B, W) / W * T * m.slab;
    case 4: return 4 * n + 2 * ROWS * W + up(m.H, ROWS) * W + up(m.D, ROWS) * W + W +
                   less(SEGMENT, T) * (m.sums * n + APART + m.D * W);
    default: return -1;
  }
}

// The weights in the orders that the products read, from the parameters one after another in PyTorch's order:
// weight_ih [G K, D], weight_hh [G K, K], bias_ih, bias_hh [G K], head.weight [H, K], head.bias [H].
EXPORT void NAME(pack)(const seqzoo_shape *shape, const float *parameters, float *into) {
  Model m(shape);
  size_t D = m.D, K = m.K, rows = m.gates * K;
  const float *w = parameters, *u = w + rows * D, *b = u + rows * K, *c = b + rows, *v = c + rows, *o = v + m.H * K;
  auto both = [=](size_t r, ptrdiff_t k) {
    return k < 0 ? b[r] + c[r] : k < (ptrdiff_t)D ? w[r * D + k] : u[r * K + (k - D)];
  };
  auto from_x = [=](size_t r, ptrdiff_t k) { return r += 2 * K, k < 0 ? b[r] : w[r * D + k]; };
  auto from_h = [=](size_t r, ptrdiff_t k) { return r += 2 * K, k < 0 ? c[r] : u[r * K + k]; };
  auto head = [=](size_t r, ptrdiff_t k) { return k < 0 ? o[r] : v[r * K + k]; };
  const size_t units[] = {ROWS, LANES}, blocks[] = {ROWS, WIDE * LANES};
  float *const begin = into;
  for (size_t kind = 0; kind < 2; kind++) {
    size_t unit = units[kind], block = blocks[kind];
    into = begin + (kind ? m.one : m.many);
    into = pack(into, m.cell == 1 ? 2 * K : rows, D + K, block, unit, both);
    if (m.cell == 1) into = pack(pack(into, K, D, block, unit, from_x), K, K, block, unit, from_h);
    into = pack(into, m.H, K, block, unit, head);
  }
  size_t turned = m.cell == 1 ? 2 * K : 0;  // the GRU's gradients begin with those of q
  into = pack(into, K, rows, ROWS, ROWS, [=](size_t r, ptrdiff_t k) {
    size_t row = k + turned;
    return k < 0 ? 0.f : u[(row < rows ? row : row - rows) * K + r];
  });
  into = pack(into, D, rows, ROWS, ROWS, [=](size_t r, ptrdiff_t k) { return k < 0 ? 0.f : w[k * D + r]; });
  pack(into, K, m.H, ROWS, ROWS, [=](size_t r, ptrdiff_t k) { return k < 0 ? 0.f : v[k * K + r]; });
}

// y [B, H] of windows x [B, T, D]. `tape` keeps what `backward` needs, or is null. `scratch` may be null for one
// window without a tape.
EXPORT void NAME(forward)(const seqzoo_shape *shape, int64_t T, int64_t B, const float *weights, const float *x,
                          float *y, float *tape, float *scratch) {
  Model m(shape);
  for (size_t b = 0, windows; b < (size_t)B; b += windows) {
    windows = less(W, B - b);
    const float *of = x + b * T * m.D;
    if (!tape && windows < FEW) {
      for (size_t w = 0; w < windows; w++) forward_one(m, T, weights, of + w * T * m.D, y + (b + w) * m.H);
      continue;
    }
    forward_many(m, T, windows, weights, of, y + b * m.H, tape, scratch);
    if (tape) tape += T * m.slab;
  }
}

// One step of one window: y [H] and the states `after` [S, K] (h, and for the LSTM c) from x [D] and `before` [S, K],
// which may be the same memory.
EXPORT void NAME(step)(const seqzoo_shape *shape, const float *weights, const float *x, const float *before,
                       float *after, float *y) {
  Model m(shape);
  float sums[4 * MOST + WIDE * LANES], now[2 * PADDED];
  size_t stride = up(m.K, LANES);
  clear(now, 2 * stride);
  for (size_t s = 0; s < m.states; s++)
    for (size_t k = 0; k < m.K; k++) now[s * stride + k] = before[s * m.K + k];
  m.add(product_of_one, sums, weights + m.one, LANES, 1, x, now);
  m.advance<false>(m.K, stride, sums, now, now);
  for (size_t s = 0; s < m.states; s++)
    for (size_t k = 0; k < m.K; k++) after[s * m.K + k] = now[s * stride + k];
  head_of_one(m, weights, now, y);
}

// The gradients of all parameters, in their order, and of x [B, T, D] unless `dx` is null, from dy [B, H] and the
// tape.
EXPORT void NAME(backward)(const seqzoo_shape *shape, int64_t steps, int64_t B, const float *weights, const float *x,
                           const float *tape, const float *dy, float *gradients, float *dx, float *scratch) {
  Model m(shape);
  size_t T = steps, D = m.D, K = m.K, H = m.H, n = K * W, rows = m.gates * K, sums = m.sums * n + APART, slab = m.slab;
  const float *turned_u = weights + m.back, *turned_w = turned_u + packed(K, rows, ROWS);
  const float *turned_v = turned_w + packed(D, rows, ROWS);
  float *dw = gradients, *du = dw + rows * D, *db = du + rows * K, *dc = db + rows, *dv = dc + rows;
  float *db_v = dv + H * K;
  float *dh = scratch, *carry = dh + n + ROWS * W, *zero = carry + n + ROWS * W, *of_y = zero + 2 * n;
  float *of_x = of_y + up(H, ROWS) * W, *one = of_x + up(D, ROWS) * W, *d = one + W;
  float *xs = d + less(SEGMENT, T) * sums;
  size_t first_w = m.cell == 1 ? n : 0;  // the gradients that W's rows have: after those of q
  clear(gradients, m.parameters);
  clear(zero, 2 * n);
  for (size_t w = 0; w < W; w++) one[w] = 1;
  for (size_t b = 0; b < (size_t)B; b += W, tape += T * slab) {
    size_t windows = less(W, B - b);
    for (size_t h = 0; h < H; h++)
      for (size_t w = 0; w < W; w++) of_y[h * W + w] = w < windows ? dy[(b + w) * H + h] : 0.f;
    outer(dv, H, K, 1, of_y, 0, tape + (T - 1) * slab, 0);
    outer(db_v, H, 1, 1, of_y, 0, one, 0);
    product(dh, K, turned_v, {H, of_y}, {0, nullptr});
    clear(carry, n);
    for (size_t end = T; end;) {
      size_t begin = end > SEGMENT ? end - SEGMENT : 0;
      for (size_t t = end; t-- > begin;) {
        const float *now = tape + t * slab, *before = t ? now - slab : zero;
        float *at = d + (t - begin) * sums, *step = xs + (t - begin) * D * W;
        if (m.cell == 0) lstm_back(n, now, before, dh, carry, at);
        if (m.cell == 1) gru_back(n, now, before, dh, carry, at);
        if (m.cell == 2) rnn_back(n, now, dh, at);
        gather(step, m, T, t, windows, x + b * T * D);
        if (t) product(dh, K, turned_u, {rows, at}, {0, nullptr});
        if (dx) {
          product(of_x, D, turned_w, {rows, at + first_w}, {0, nullptr});
          for (size_t w = 0; w < windows; w++)
            for (size_t c = 0; c < D; c++) dx[((b + w) * T + t) * D + c] = of_x[c * W + w];
        }
      }
      size_t few = end - begin, late = begin ? 0 : 1;  // before step 0, h is zero
      const float *h = tape + (begin + late - 1) * slab, *from = d + late * sums;
      auto add = [&](size_t row, size_t count, const float *of_w, const float *of_u) {
        outer(dw + row * D, count, D, few, of_w, sums, xs, D * W);
        outer(db + row, count, 1, few, of_w, sums, one, 0);
        outer(dc + row, count, 1, few, of_u, sums, one, 0);
        if (few > late) outer(du + row * K, count, K, few - late, of_u + (from - d), sums, h, slab);
      };
      if (m.cell == 1) {
        add(0, 2 * K, d + n, d + n);
        add(2 * K, K, d + 3 * n, d);
      } else {
        add(0, rows, d, d);
      }
      end = begin;
    }
  }
}
