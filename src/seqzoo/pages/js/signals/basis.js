// A signal that is a weighted sum of few known waves, sum_k b_k f_k(t), with weights b of known posterior.

/**
 * The Bayes forecasts from the first and second moments of the weights b: mean [k], second [k][k].
 *   waves(t): the values f_k(t) [k].
 */
export function onBasis({ mean, second }, waves, L, H) {
  const result = { mean: new Float64Array(H), variance: new Float64Array(H) };
  for (let h = 0; h < H; h++) {
    const f = waves(L + h);
    result.mean[h] = dot(f, mean);
    result.variance[h] = Math.max(0, quadratic(f, second, f) - result.mean[h] ** 2);
  }
  return result;
}

/** The Bayes forecast `ahead` steps (0 is the next) after a window, and its derivative: Cov(m_ahead, m_t) / sigma^2. */
export function slopeOnBasis({ mean, second }, waves, L, ahead, sigma) {
  const f = waves(L + ahead);
  const forecast = dot(f, mean);
  const derivative = Float64Array.from({ length: L }, (_, t) => {
    const g = waves(t);
    return (quadratic(f, second, g) - forecast * dot(g, mean)) / sigma ** 2;
  });
  return { forecast, derivative };
}

export const dot = (a, b) => {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
};

const quadratic = (a, matrix, b) => a.reduce((sum, value, n) => sum + value * dot(matrix[n], b), 0);

/** The covariances of a signal of mean 0 that depend on the lag only, as `moments` of a signal gives them. */
export function stationary(covariance, sigma, L, H) {
  const lags = Float64Array.from({ length: L + H }, (_, lag) => covariance(lag));
  const within = new Float64Array(L * L);
  const cross = new Float64Array(H * L);
  for (let i = 0; i < L; i++) {
    for (let j = 0; j < L; j++) within[i * L + j] = lags[Math.abs(i - j)] + (i === j ? sigma ** 2 : 0);
    for (let h = 0; h < H; h++) cross[h * L + i] = lags[L + h - i];
  }
  return { within, cross, contextMean: new Float64Array(L), targetMean: new Float64Array(H) };
}
