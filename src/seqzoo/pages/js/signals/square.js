// x_t = A sign(sin(w t + phi)) + sigma e_t, phi uniform. The posterior is that of signals/square.py: a sum, and exact.
import { stationary } from "./basis.js";

const ROUND = 2 * Math.PI;

/** As Python's %: a tiny negative angle becomes a whole round. */
function within(angle) {
  const rest = angle % ROUND;
  return rest < 0 ? rest + ROUND : rest;
}

export function square({ angular_frequency: w, amplitude: A, sigma }) {
  const wave = (angle) => (within(angle) < Math.PI ? A : -A);
  const noise = Math.max(sigma, 1e-3 * A, 1e-150); // less already tells the phases apart

  /** The posterior weights of the intervals of phases between which the curve differs, and the middle of each. */
  function phasesOf(window, H) {
    const L = window.length;
    const edges = new Set([0, ROUND]);
    for (let t = 0; t < L + H; t++) edges.add(within(-w * t)).add(within(Math.PI - w * t));
    const sorted = [...edges].sort((a, b) => a - b);
    const middles = sorted.slice(1).map((edge, n) => (edge + sorted[n]) / 2);
    const logs = middles.map((phi, n) => {
      let sum = Math.log(sorted[n + 1] - sorted[n]);
      for (let t = 0; t < L; t++) sum += (window[t] * wave(w * t + phi)) / noise ** 2; // all curves have one norm
      return sum;
    });
    const most = logs.reduce((largest, value) => Math.max(largest, value), -Infinity);
    const weights = logs.map((value) => Math.exp(value - most));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    return { middles, weights: weights.map((weight) => weight / all) };
  }

  return {
    sigma,
    clean(L, H, random) {
      const phase = ROUND * random.uniform();
      return Array.from({ length: L + H }, (_, t) => wave(w * t + phase));
    },
    moments: (L, H) => stationary((lag) => A * A * (1 - (2 * Math.abs(within(w * lag + Math.PI) - Math.PI)) / Math.PI), sigma, L, H),
    posterior(window, H) {
      const { middles, weights } = phasesOf(window, H);
      const mean = Float64Array.from({ length: H }, (_, h) =>
        middles.reduce((sum, phi, n) => sum + (weights[n] > 1e-17 ? weights[n] * wave(w * (window.length + h) + phi) : 0), 0));
      return { mean, variance: mean.map((value) => Math.max(0, A * A - value * value)) };
    },
    slope(window, ahead) {
      const { middles, weights } = phasesOf(window, ahead + 1);
      const now = middles.map((phi) => wave(w * (window.length + ahead) + phi));
      const forecast = now.reduce((sum, value, n) => sum + weights[n] * value, 0);
      const derivative = Float64Array.from(window, (_, t) =>
        middles.reduce((sum, phi, n) => sum + weights[n] * (now[n] - forecast) * wave(w * t + phi), 0) / noise ** 2);
      return { forecast, derivative };
    },
  };
}

export const scene = {
  curve: (values, count, L) => Array.from({ length: count }, (_, t) =>
    values.amplitude * (within(values.frequency * (t - L) + values.phase) < Math.PI ? 1 : -1)),
  signal: (values) => ({ angular_frequency: values.frequency, amplitude: values.amplitude, sigma: values.noise }),
};
