// The best linear forecast of a known signal (forecasters/exact.py), and the other linear references. No DOM.
import { eigen } from "./matrices.js";

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

/** The solution of smallest norm, for a matrix without full rank: without noise a sine has rank 2. */
function smallest(matrix, rows, L) {
  const { values, vectors } = eigen(matrix, L);
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
