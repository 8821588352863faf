// x_t = A sin(w t + phi) + sigma e_t, phi uniform. The posterior of the phase is that of signals/phase.py. The bits of draws and of
// posteriors are the same in every browser, so that a seed of training gives the same curve.
import { circle, exp } from "../numerals.js";
import { onBasis, slopeOnBasis, stationary } from "./basis.js";

const MOST_NODES = 1024; // if more are needed, the grid is refined where the posterior has mass
const NEGLIGIBLE = 46; // cells whose mass is below e^-46 of the mode's are left out
const SPLIT = 4;

export function sine({ angular_frequency: w, amplitude: A, sigma }) {
  const noise = Math.max(sigma, 1e-6 * A, 2.3e-308); // smaller noise counts as a millionth of the amplitude
  const known = [];
  const turn = (t) => (known[t] ??= circle(w * t)); // [cos, sin]
  const waves = (t) => [A * turn(t)[1], A * turn(t)[0]]; // A sin(w t + phi) by cos(phi) and sin(phi)
  let phase = null; // the posterior's, for windows of one length
  const phaseOf = (window) => (phase?.length === window.length ? phase : (phase = new Phase(window.length, w, A / noise))).moments(window, noise, turn);
  return {
    sigma,
    clean(L, H, random) {
      const [cos, sin] = circle(2 * Math.PI * random.uniform());
      return Array.from({ length: L + H }, (_, t) => A * (sin * turn(t)[0] + cos * turn(t)[1]));
    },
    moments: (L, H) => stationary((lag) => 0.5 * A * A * turn(lag)[0], sigma, L, H),
    posterior: (window, H) => onBasis(phaseOf(window), waves, window.length, H),
    slope: (window, ahead) => slopeOnBasis(phaseOf(window), waves, window.length, ahead, noise),
  };
}

/** The phase phi given windows of L values; gain is the amplitude over the noise. */
class Phase {
  constructor(L, w, gain) {
    Object.assign(this, { length: L, gain, P: 0, R: 0 });
    for (let t = 0; t < L; t++) {
      const [cos, sin] = circle(2 * w * t);
      [this.P, this.R] = [this.P + cos, this.R + sin];
    }
    this.spacing = 0.5 / Math.max(gain * Math.sqrt(L), 1);
    const nodes = Math.min(MOST_NODES, Math.max(64, Math.ceil((2 * Math.PI) / this.spacing)));
    this.width = (2 * Math.PI) / nodes;
    this.grid = Array.from({ length: nodes }, (_, n) => this.#node(n * this.width));
  }

  /** A phase, its cosine and sine, and what it adds to the logarithm of the likelihood of every window. */
  #node(phi) {
    const { gain, length, P, R } = this;
    const [cos, sin] = circle(phi);
    return { phi, cos, sin, own: -((gain * gain) / 4) * (length - P * (cos * cos - sin * sin) + R * 2 * sin * cos) };
  }

  /** The moments of (cos phi, sin phi) given a window. */
  moments(window, noise, turn) {
    const { gain, spacing, P, R, length } = this;
    let [S, C] = [0, 0];
    for (let t = 0; t < length; t++) {
      const [cos, sin] = turn(t);
      S += (window[t] / noise) * sin;
      C += (window[t] / noise) * cos;
    }
    const log = ({ cos, sin, own }) => gain * (S * cos + C * sin) + own;
    const largest = (logs) => logs.reduce((most, value) => (value > most ? value : most), -Infinity);
    let { grid, width } = this;
    let logs = grid.map(log);
    let most = largest(logs);
    if (grid.length === MOST_NODES) {
      const slope = ({ cos, sin }) => gain * (C * cos - S * sin) - ((gain * gain) / 2) * (P * 2 * sin * cos + R * (cos * cos - sin * sin));
      const bend = gain * Math.sqrt(S * S + C * C) + gain * gain * length; // a bound of the second derivative
      while (width > spacing) {
        const cell = width;
        grid = grid.filter((node, n) =>
          logs[n] - most + Math.abs(slope(node)) * (cell / 2) + bend * (cell * cell / 8) >= -NEGLIGIBLE)
          .flatMap(({ phi }) => Array.from({ length: SPLIT }, (_, n) => this.#node(phi + cell * ((n + 0.5) / SPLIT - 0.5))));
        width = cell / SPLIT;
        logs = grid.map(log);
        most = largest(logs);
      }
    }
    let [all, cos, sin, coscos, cossin, sinsin] = [0, 0, 0, 0, 0, 0];
    grid.forEach(({ cos: c, sin: s }, n) => {
      if (logs[n] < most - NEGLIGIBLE) return;
      const weight = exp(logs[n] - most);
      all += weight;
      cos += weight * c;
      sin += weight * s;
      coscos += weight * c * c;
      cossin += weight * c * s;
      sinsin += weight * s * s;
    });
    return { mean: [cos / all, sin / all], second: [[coscos / all, cossin / all], [cossin / all, sinsin / all]] };
  }
}

/** The scene of a page: its clean values [count], of which the first L are the window, and the signal that is assumed. */
export const scene = {
  curve: (values, count, L) =>
    Array.from({ length: count }, (_, t) => values.amplitude * Math.sin(values.frequency * (t - L) + values.phase)),
  signal: (values) => ({ angular_frequency: values.frequency, amplitude: values.amplitude, sigma: values.noise }),
};
