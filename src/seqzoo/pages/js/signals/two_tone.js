// x_t = A sin(v t + phi) + B sin(w t + psi) + sigma e_t, both phases uniform. The posterior is that of signals/two_tone.py.
import { onBasis, slopeOnBasis, stationary } from "./basis.js";
import { checkSize, circleOf, nodesFor } from "./quadrature.js";

export function two_tone({ slow: v, fast: w, slow_amplitude: A, fast_amplitude: B, sigma }) {
  const waves = (t) => [A * Math.sin(v * t), A * Math.cos(v * t), B * Math.sin(w * t), B * Math.cos(w * t)];

  /** The posterior moments of (cos phi, sin phi, cos psi, sin psi). */
  function phasesOf(window) {
    const L = window.length;
    const noise = sigma || 1e-300;
    const counts = [A, B].map((size) => (size === 0 ? 1 : nodesFor(2 * Math.PI, noise / (size * Math.sqrt(L)), 48)));
    checkSize(counts[0] * counts[1], sigma);
    const [slow, fast] = counts.map(circleOf);
    const products = new Float64Array(4); // of the window with each wave
    const norms = Array.from({ length: 4 }, () => new Float64Array(4)); // of each wave with each other
    for (let t = 0; t < L; t++) {
      const f = waves(t);
      for (let a = 0; a < 4; a++) {
        products[a] += window[t] * f[a];
        for (let b = 0; b < 4; b++) norms[a][b] += f[a] * f[b];
      }
    }
    /** What a phase adds to the logarithm of the weight, whatever the other phase. */
    const own = ({ cos, sin }, at) => Float64Array.from(cos, (c, n) => {
      const s = sin[n];
      const square = c * c * norms[at][at] + 2 * c * s * norms[at][at + 1] + s * s * norms[at + 1][at + 1];
      return (c * products[at] + s * products[at + 1] - square / 2) / noise ** 2;
    });
    const [ofSlow, ofFast] = [own(slow, 0), own(fast, 2)];
    /** What a phase of the slow tone makes of (cos psi, sin psi): the product of both tones. */
    const joint = Array.from(slow.cos, (c, n) => [0, 1].map((other) =>
      (c * norms[0][2 + other] + slow.sin[n] * norms[1][2 + other]) / noise ** 2));
    const log = (m, n) => ofSlow[m] + ofFast[n] - joint[m][0] * fast.cos[n] - joint[m][1] * fast.sin[n];
    let most = -Infinity;
    for (let m = 0; m < counts[0]; m++) for (let n = 0; n < counts[1]; n++) most = Math.max(most, log(m, n));
    const mean = new Float64Array(4);
    const second = Array.from({ length: 4 }, () => new Float64Array(4));
    let all = 0;
    for (let m = 0; m < counts[0]; m++) {
      let [weight, c, s, cc, cs, ss] = [0, 0, 0, 0, 0, 0]; // of the fast tone's phase, given this of the slow one
      for (let n = 0; n < counts[1]; n++) {
        const value = log(m, n) - most;
        if (value < -40) continue; // less than 10^-17 of the likeliest
        const part = Math.exp(value);
        const [cos, sin] = [fast.cos[n], fast.sin[n]];
        weight += part;
        c += part * cos;
        s += part * sin;
        cc += part * cos * cos;
        cs += part * cos * sin;
        ss += part * sin * sin;
      }
      const [cos, sin] = [slow.cos[m], slow.sin[m]];
      all += weight;
      [weight * cos, weight * sin, c, s].forEach((value, n) => { mean[n] += value; });
      const rows = [[weight * cos * cos, weight * cos * sin, c * cos, s * cos], [0, weight * sin * sin, c * sin, s * sin], [0, 0, cc, cs], [0, 0, 0, ss]];
      for (let a = 0; a < 4; a++) for (let b = a; b < 4; b++) second[a][b] += rows[a][b];
    }
    for (let a = 0; a < 4; a++) {
      mean[a] /= all;
      for (let b = a; b < 4; b++) second[b][a] = second[a][b] /= all;
    }
    return { mean, second };
  }

  const isFlat = A === 0 && B === 0;
  return {
    sigma,
    clean(L, H, random) {
      const [phi, psi] = [2 * Math.PI * random.uniform(), 2 * Math.PI * random.uniform()];
      return Array.from({ length: L + H }, (_, t) => A * Math.sin(v * t + phi) + B * Math.sin(w * t + psi));
    },
    moments: (L, H) => stationary((lag) => 0.5 * (A * A * Math.cos(v * lag) + B * B * Math.cos(w * lag)), sigma, L, H),
    posterior: (window, H) => (isFlat ? { mean: new Float64Array(H), variance: new Float64Array(H) }
      : onBasis(phasesOf(window), waves, window.length, H)),
    slope: (window, ahead) => (isFlat ? { forecast: 0, derivative: new Float64Array(window.length) }
      : slopeOnBasis(phasesOf(window), waves, window.length, ahead, sigma)),
  };
}

export const scene = {
  curve: (values, count, L, { slow, fast }) => Array.from({ length: count }, (_, t) =>
    values.slow_amplitude * Math.sin(slow * (t - L) + values.slow_phase)
      + values.fast_amplitude * Math.sin(fast * (t - L) + values.fast_phase)),
  signal: (values, { slow, fast }) => ({
    slow, fast, slow_amplitude: values.slow_amplitude, fast_amplitude: values.fast_amplitude, sigma: values.noise,
  }),
};
