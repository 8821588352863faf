// The best linear forecast of a known signal (forecasters/exact.py), and the other linear references. No DOM.

const WELL_CONDITIONED = 1e-9; // noise over the sum of second moments

/** x of A x = b for each row b of `rows` [H * L], with A [L * L] positive definite, by Cholesky's method. */
function solved(matrix, rows, L) {
  const lower = new Float64Array(L * L);
  for (let i = 0; i < L; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * L + j];
      for (let k = 0; k < j; k++) sum -= lower[i * L + k] * lower[j * L + k];
      lower[i * L + j] = i === j ? Math.sqrt(sum) : sum / lower[j * L + j];
    }
  }
  const result = Float64Array.from(rows);
  for (let at = 0; at < rows.length; at += L) {
    for (let i = 0; i < L; i++) {
      for (let k = 0; k < i; k++) result[at + i] -= lower[i * L + k] * result[at + k];
      result[at + i] /= lower[i * L + i];
    }
    for (let i = L - 1; i >= 0; i--) {
      for (let k = i + 1; k < L; k++) result[at + i] -= lower[k * L + i] * result[at + k];
      result[at + i] /= lower[i * L + i];
    }
  }
  return result;
}

/** The solution of smallest norm, for a matrix without full rank, by Jacobi's rotations: without noise a sine has rank 2. */
function smallest(matrix, rows, L) {
  const a = Float64Array.from(matrix);
  const vectors = Float64Array.from({ length: L * L }, (_, n) => (n % (L + 1) === 0 ? 1 : 0)); // a row each
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    let all = 0;
    for (let i = 0; i < L; i++) for (let j = 0; j < L; j++) { all += a[i * L + j] ** 2; if (i !== j) off += a[i * L + j] ** 2; }
    if (off <= 1e-30 * all) break;
    for (let p = 0; p < L; p++) {
      for (let q = p + 1; q < L; q++) {
        if (a[p * L + q] === 0) continue;
        const theta = (a[q * L + q] - a[p * L + p]) / (2 * a[p * L + q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < L; k++) {
          const [x, y] = [a[k * L + p], a[k * L + q]];
          [a[k * L + p], a[k * L + q]] = [c * x - s * y, s * x + c * y];
        }
        for (let k = 0; k < L; k++) {
          const [x, y] = [a[p * L + k], a[q * L + k]];
          [a[p * L + k], a[q * L + k]] = [c * x - s * y, s * x + c * y];
          const [v, w] = [vectors[p * L + k], vectors[q * L + k]];
          [vectors[p * L + k], vectors[q * L + k]] = [c * v - s * w, s * v + c * w];
        }
      }
    }
  }
  const values = Array.from({ length: L }, (_, n) => a[n * L + n]);
  const least = Math.max(...values.map(Math.abs)) * L * Number.EPSILON;
  const result = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += L) {
    values.forEach((value, n) => {
      if (Math.abs(value) <= least) return;
      let share = 0;
      for (let k = 0; k < L; k++) share += vectors[n * L + k] * rows[at + k];
      for (let k = 0; k < L; k++) result[at + k] += (share / value) * vectors[n * L + k];
    });
  }
  return result;
}

/** The affine forecaster of least MSE of a signal, { weights [H * L], bias [H] }. */
export function bestLinear(signal, L, H) {
  const { within, cross, contextMean, targetMean } = signal.moments(L, H);
  let scale = 0;
  for (let t = 0; t < L; t++) scale += within[t * L + t] + contextMean[t] ** 2;
  const weights = (signal.sigma ** 2 > WELL_CONDITIONED * scale ? solved : smallest)(within, cross, L);
  const bias = targetMean.map((mean, h) => {
    let sum = mean;
    for (let t = 0; t < L; t++) sum -= weights[h * L + t] * contextMean[t];
    return sum;
  });
  return { weights, bias };
}

/** The forecast [H] of an affine forecaster for a window [L]. */
export function applied({ weights, bias }, window) {
  const L = window.length;
  return bias.map((value, h) => {
    let sum = value;
    for (let t = 0; t < L; t++) sum += weights[h * L + t] * window[t];
    return sum;
  });
}

/** The straight line fitted to a window by least squares, extended over H steps; or its last value, repeated. */
export const simple = {
  last_value: (window, H) => new Float64Array(H).fill(window.at(-1)),
  line(window, H) {
    const L = window.length;
    const [centre, mean] = [(L - 1) / 2, window.reduce((sum, value) => sum + value, 0) / L];
    let [up, across] = [0, 0];
    window.forEach((value, t) => { up += (t - centre) * (value - mean); across += (t - centre) ** 2; });
    return Float64Array.from({ length: H }, (_, h) => mean + (across ? up / across : 0) * (L + h - centre));
  },
};
