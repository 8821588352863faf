// x_t = A sin(w t + phi) + sigma e_t, phi uniform. The posterior of the phase is that of signals/phase.py.
import { onBasis, slopeOnBasis, stationary } from "./basis.js";

const MOST_NODES = 1024; // if more are needed, the grid is refined where the posterior has mass
const NEGLIGIBLE = 46; // cells whose mass is below e^-46 of the mode's are left out
const SPLIT = 4;

export function sine({ angular_frequency: w, amplitude: A, sigma }) {
  const noise = Math.max(sigma, 1e-6 * A, 2.3e-308); // smaller noise counts as a millionth of the amplitude
  const waves = (t) => [A * Math.sin(w * t), A * Math.cos(w * t)]; // A sin(w t + phi) by cos(phi) and sin(phi)
  return {
    sigma,
    clean(L, H, random) {
      const phase = 2 * Math.PI * random.uniform();
      return Array.from({ length: L + H }, (_, t) => A * Math.sin(w * t + phase));
    },
    moments: (L, H) => stationary((lag) => 0.5 * A * A * Math.cos(w * lag), sigma, L, H),
    posterior: (window, H) => onBasis(phaseOf(window, w, A / noise, noise), waves, window.length, H),
    slope: (window, ahead) => slopeOnBasis(phaseOf(window, w, A / noise, noise), waves, window.length, ahead, noise),
  };
}

/** The posterior moments of (cos phi, sin phi) given a window. */
function phaseOf(window, w, gain, noise) {
  const L = window.length;
  let [S, C, P, R] = [0, 0, 0, 0];
  for (let t = 0; t < L; t++) {
    S += (window[t] / noise) * Math.sin(w * t);
    C += (window[t] / noise) * Math.cos(w * t);
    P += Math.cos(2 * w * t);
    R += Math.sin(2 * w * t);
  }
  const log = (phi) => gain * (S * Math.cos(phi) + C * Math.sin(phi))
    - ((gain * gain) / 4) * (L - P * Math.cos(2 * phi) + R * Math.sin(2 * phi));
  const spacing = 0.5 / Math.max(gain * Math.sqrt(L), 1);
  const nodes = Math.min(MOST_NODES, Math.max(64, Math.ceil((2 * Math.PI) / spacing)));
  let width = (2 * Math.PI) / nodes;
  let phases = Array.from({ length: nodes }, (_, n) => n * width);
  let logs = phases.map(log);
  let most = Math.max(...logs);
  if (nodes === MOST_NODES) {
    const slope = (phi) => gain * (C * Math.cos(phi) - S * Math.sin(phi))
      - ((gain * gain) / 2) * (P * Math.sin(2 * phi) + R * Math.cos(2 * phi));
    const bend = gain * Math.hypot(S, C) + gain * gain * L; // a bound of the second derivative
    while (width > spacing) {
      const cell = width;
      phases = phases.filter((phi, n) =>
        logs[n] - most + Math.abs(slope(phi)) * (cell / 2) + bend * (cell * cell / 8) >= -NEGLIGIBLE)
        .flatMap((phi) => Array.from({ length: SPLIT }, (_, n) => phi + cell * ((n + 0.5) / SPLIT - 0.5)));
      width = cell / SPLIT;
      logs = phases.map(log);
      most = logs.reduce((largest, value) => Math.max(largest, value), -Infinity);
    }
  }
  let [all, cos, sin, coscos, cossin, sinsin] = [0, 0, 0, 0, 0, 0];
  phases.forEach((phi, n) => {
    const weight = Math.exp(logs[n] - most);
    const [c, s] = [Math.cos(phi), Math.sin(phi)];
    all += weight;
    cos += weight * c;
    sin += weight * s;
    coscos += weight * c * c;
    cossin += weight * c * s;
    sinsin += weight * s * s;
  });
  return { mean: [cos / all, sin / all], second: [[coscos / all, cossin / all], [cossin / all, sinsin / all]] };
}

/** The scene of a page: its clean values [count], of which the first L are the window, and the signal that is assumed. */
export const scene = {
  curve: (values, count, L) =>
    Array.from({ length: count }, (_, t) => values.amplitude * Math.sin(values.frequency * (t - L) + values.phase)),
  signal: (values) => ({ angular_frequency: values.frequency, amplitude: values.amplitude, sigma: values.noise }),
};
