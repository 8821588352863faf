// x_t = A sin(w t + phi) + sigma e_t, phi uniform. The posterior of the phase is that of signals/phase.py. The bits of draws and of
// posteriors are the same in every browser, so that a seed of training gives the same curve.
import { circle, exp } from "../numerals.js";
import { onBasis, slopeOnBasis, stationary } from "./basis.js";

const MOST_NODES = 4096; // if more are needed, the grid is refined where the posterior has mass
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
    this.whole = this.#grid(Float64Array.from({ length: nodes }, (_, n) => n * this.width));
  }

  /** Phases, their cosines and sines, and what each adds to the logarithm of the likelihood of every window. */
  #grid(phi) {
    const { gain, length: L, P, R } = this;
    const [cos, sin, own] = [0, 0, 0].map(() => new Float64Array(phi.length));
    phi.forEach((angle, n) => {
      [cos[n], sin[n]] = circle(angle);
      own[n] = -((gain * gain) / 4) * (L - P * (cos[n] * cos[n] - sin[n] * sin[n]) + R * 2 * sin[n] * cos[n]);
    });
    return { phi, cos, sin, own, logs: new Float64Array(phi.length) };
  }

  /** The moments of (cos phi, sin phi) given a window. */
  moments(window, noise, turn) {
    const { gain, length: L } = this;
    let [S, C] = [0, 0];
    for (let t = 0; t < L; t++) {
      const [cos, sin] = turn(t);
      S += (window[t] / noise) * sin;
      C += (window[t] / noise) * cos;
    }
    let grid = this.whole;
    let most = weighed(grid, gain * S, gain * C);
    if (grid.phi.length === MOST_NODES) {
      for (let { width } = this; width > this.spacing; width /= SPLIT) {
        grid = this.#finer(grid, width, most, S, C);
        most = weighed(grid, gain * S, gain * C);
      }
    }
    let [all, cos, sin, coscos, cossin, sinsin] = [0, 0, 0, 0, 0, 0];
    for (let n = 0; n < grid.logs.length; n++) {
      if (grid.logs[n] < most - NEGLIGIBLE) continue;
      const weight = exp(grid.logs[n] - most);
      const [c, s] = [grid.cos[n], grid.sin[n]];
      all += weight;
      cos += weight * c;
      sin += weight * s;
      coscos += weight * c * c;
      cossin += weight * c * s;
      sinsin += weight * s * s;
    }
    return { mean: [cos / all, sin / all], second: [[coscos / all, cossin / all], [cossin / all, sinsin / all]] };
  }

  /** The cells of a grid in which the posterior may have mass, each split. */
  #finer({ phi, cos, sin, logs }, width, most, S, C) {
    const { gain, length: L, P, R } = this;
    const slope = (n) => gain * (C * cos[n] - S * sin[n]) - ((gain * gain) / 2) * (P * 2 * sin[n] * cos[n] + R * (cos[n] * cos[n] - sin[n] * sin[n]));
    const bend = gain * Math.sqrt(S * S + C * C) + gain * gain * L; // a bound of the second derivative
    const kept = phi.filter((_, n) => logs[n] - most + Math.abs(slope(n)) * (width / 2) + bend * (width * width / 8) >= -NEGLIGIBLE);
    return this.#grid(Float64Array.from({ length: SPLIT * kept.length }, (_, n) => kept[Math.floor(n / SPLIT)] + width * (((n % SPLIT) + 0.5) / SPLIT - 0.5)));
  }
}

/** Writes the logarithms of the likelihood into a grid; returns the largest. */
function weighed({ cos, sin, own, logs }, S, C) {
  let most = -Infinity;
  for (let n = 0; n < logs.length; n++) {
    logs[n] = S * cos[n] + C * sin[n] + own[n];
    if (logs[n] > most) most = logs[n];
  }
  return most;
}

/** The scene of a page: its clean values [count], of which the first L are the window, and the signal that is assumed. */
export const scene = {
  curve: (values, count, L) =>
    Array.from({ length: count }, (_, t) => values.amplitude * Math.sin(values.frequency * (t - L) + values.phase)),
  signal: (values) => ({ angular_frequency: values.frequency, amplitude: values.amplitude, sigma: values.noise }),
};
