// The noisy sine x_t = A sin(w t + phi) + sigma e_t with a uniform phase: windows of it, and their Bayes forecasts. Unlike those of
// ../signals/sine.js, they have the same bits in every browser.
import { circle, exp } from "./numerals.js";

const waves = (frequency, count) => Array.from({ length: count }, (_, t) => circle(frequency * t));

/** B windows [B * L], and the value that follows each [B]. */
export function draw({ angular_frequency: frequency, amplitude, sigma }, L, B, random) {
  const angles = waves(frequency, L + 1);
  const windows = new Float32Array(B * L);
  const targets = new Float32Array(B);
  for (let b = 0; b < B; b++) {
    const [cos, sin] = circle(2 * Math.PI * random.uniform());
    for (let t = 0; t <= L; t++) {
      const value = amplitude * (sin * angles[t][0] + cos * angles[t][1]) + sigma * random.normal();
      if (t < L) windows[b * L + t] = value;
      else targets[b] = value;
    }
  }
  return { windows, targets };
}

/** The conditional mean of the next value [B] given each window: phases weighted by their likelihood (signals/phase.py). */
export function bayes({ angular_frequency: frequency, amplitude, sigma }, L, windows) {
  const gain = amplitude / sigma;
  const nodes = Math.max(64, Math.ceil(4 * Math.PI * gain * Math.sqrt(L)));
  const angles = waves(frequency, L + 1);
  const phases = Array.from({ length: nodes }, (_, n) => circle((2 * Math.PI * n) / nodes));
  let [P, R] = [0, 0];
  for (const [cos, sin] of waves(2 * frequency, L)) [P, R] = [P + cos, R + sin];
  const energies = phases.map(([cos, sin]) => (gain * gain * (L - P * (cos * cos - sin * sin) + R * 2 * sin * cos)) / 4);
  const logs = new Float64Array(nodes);
  return Float64Array.from({ length: windows.length / L }, (_, b) => {
    let [S, C] = [0, 0];
    for (let t = 0; t < L; t++) {
      S += windows[b * L + t] * angles[t][1];
      C += windows[b * L + t] * angles[t][0];
    }
    let most = -Infinity;
    for (let n = 0; n < nodes; n++) {
      logs[n] = (gain / sigma) * (S * phases[n][0] + C * phases[n][1]) - energies[n];
      most = Math.max(most, logs[n]);
    }
    let [all, cos, sin] = [0, 0, 0];
    for (let n = 0; n < nodes; n++) {
      if (logs[n] < most - 40) continue; // less than 10^-17 of the likeliest
      const weight = exp(logs[n] - most);
      all += weight;
      cos += weight * phases[n][0];
      sin += weight * phases[n][1];
    }
    return (amplitude * (angles[L][1] * cos + angles[L][0] * sin)) / all;
  });
}
