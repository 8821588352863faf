// The value after a cue is to be recalled at the end of the window. The posterior is that of signals/recall.py: exact.
import { Random } from "../random.js";

const SEED = 11; // of the distractors in a scene
const NEAR = 1e-5; // for a difference quotient

export function recall({ cue, spread, sigma }) {
  const noise = Math.max(sigma, 1e-6 * spread) ** 2;
  const total = spread ** 2 + sigma ** 2;

  function payloadOf(window) {
    const places = Array.from(window).slice(0, -1);
    const logs = places.map((value) => value ** 2 / (2 * total) - (value - cue) ** 2 / (2 * noise));
    const most = Math.max(...logs);
    const weights = logs.map((value) => Math.exp(value - most));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    const shrink = spread ** 2 / total;
    const mean = weights.reduce((sum, weight, n) => sum + weight * shrink * window[n + 1], 0) / all;
    const away = weights.reduce((sum, weight, n) => sum + weight * (shrink * window[n + 1] - mean) ** 2, 0) / all;
    return { mean, variance: shrink * sigma ** 2 + away };
  }

  return {
    sigma,
    clean(L, H, random) {
      const clean = random.normals(L + 1).map((value) => spread * value); // as a draw of one step: the payload is then repeated
      const place = random.below(L - 1);
      clean[place] = cue;
      const payload = clean[place + 1];
      return [...clean.slice(0, L), ...Array(H).fill(payload)];
    },
    moments(L, H) {
      const [chance, payload] = [1 / (L - 1), spread ** 2];
      const mean = Float64Array.from({ length: L }, (_, t) => (t < L - 1 ? cue * chance : 0));
      const within = Float64Array.from({ length: L * L }, (_, n) => {
        const [i, j] = [Math.floor(n / L), n % L];
        const own = i === j ? payload + (i < L - 1 ? (cue ** 2 - payload) * chance : 0) + sigma ** 2 : 0;
        return own - mean[i] * mean[j];
      });
      const cross = Float64Array.from({ length: H * L }, (_, n) => (n % L ? payload * chance : 0));
      return { within, cross, contextMean: mean, targetMean: new Float64Array(H) };
    },
    posterior(window, H) {
      const { mean, variance } = payloadOf(window);
      return { mean: new Float64Array(H).fill(mean), variance: new Float64Array(H).fill(variance) };
    },
    slope(window) {
      const moved = (t, by) => payloadOf(window.map((value, n) => value + (n === t ? by : 0))).mean;
      const derivative = Float64Array.from(window, (_, t) => (moved(t, NEAR) - moved(t, -NEAR)) / (2 * NEAR));
      return { forecast: payloadOf(window).mean, derivative };
    },
  };
}

export const scene = {
  curve(values, count, L, { cue, spread }) {
    const place = Math.round(values.place);
    const clean = new Random(SEED).normals(L).map((value) => spread * value);
    [clean[place], clean[place + 1]] = [cue, values.payload];
    return [...clean, ...Array(count - L).fill(values.payload)];
  },
  signal: (values, { cue, spread }) => ({ cue, spread, sigma: values.noise }),
};
