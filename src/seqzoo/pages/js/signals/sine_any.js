// x_t = A sin(w t + phi) + sigma e_t, w uniform on a range, phi uniform. The posterior is that of signals/sine_any.py.
import { stationary } from "./basis.js";
import { checkSize, circleOf, fejer, nodesFor } from "./quadrature.js";

export function sine_any({ lowest, highest, amplitude: A, sigma }) {
  const [middle, half] = [(highest + lowest) / 2, (highest - lowest) / 2];
  const covariance = (lag) => 0.5 * A * A * Math.cos(middle * lag) * (lag ? Math.sin(half * lag) / (half * lag) : 1);

  /** The frequencies [F] of the quadrature, their weights, and the phases at the middle of the window. */
  function nodes(L) {
    const gain = sigma ? A / sigma : Infinity;
    const phases = nodesFor(2 * Math.PI, 1 / (gain * Math.sqrt(L)), 64);
    const spread = gain * Math.sqrt(Math.max((L * (L * L - 1)) / 12, 1));
    const count = nodesFor((Math.PI / 2) * (highest - lowest), 1 / spread, 64); // Fejér's nodes are farther apart in the middle
    checkSize(phases * count, sigma);
    const { places, weights } = fejer(count);
    return { frequencies: places.map((place) => middle + half * place), weights, ...circleOf(phases) };
  }

  /** Of each frequency, the posterior weight and moments of (cos phi, sin phi): [F][6], which sum to those of the whole. */
  function posteriors(window) {
    const L = window.length;
    const { frequencies, weights, cos, sin } = nodes(L);
    const logs = [];
    let most = -Infinity;
    frequencies.forEach((w, n) => {
      let [S, C, SS, CC, SC] = [0, 0, 0, 0, 0];
      for (let t = 0; t < L; t++) {
        const angle = w * (t - (L - 1) / 2);
        const [s, c] = [Math.sin(angle), Math.cos(angle)];
        S += window[t] * s;
        C += window[t] * c;
        SS += s * s;
        CC += c * c;
        SC += 2 * s * c;
      }
      const prior = Math.log(weights[n]);
      const row = Float64Array.from(cos, (c, p) => {
        const s = sin[p];
        return (A * (S * c + C * s) - (A * A * (SS * c * c + CC * s * s + SC * c * s)) / 2) / sigma ** 2 + prior;
      });
      logs.push(row);
      for (const value of row) if (value > most) most = value;
    });
    let all = 0;
    const moments = logs.map((row) => {
      const sums = new Float64Array(6);
      row.forEach((value, p) => {
        if (value < most - 40) return; // less than 10^-17 of the likeliest
        const weight = Math.exp(value - most);
        const [c, s] = [weight * cos[p], weight * sin[p]];
        sums[0] += weight;
        sums[1] += c;
        sums[2] += s;
        sums[3] += c * cos[p];
        sums[4] += c * sin[p];
        sums[5] += s * sin[p];
      });
      all += sums[0];
      return sums;
    });
    for (const sums of moments) for (let n = 0; n < 6; n++) sums[n] /= all;
    return { frequencies, moments };
  }

  const wave = (w, t, L) => [A * Math.sin(w * (t - (L - 1) / 2)), A * Math.cos(w * (t - (L - 1) / 2))];

  return {
    sigma,
    clean(L, H, random) {
      const w = lowest + (highest - lowest) * random.uniform();
      const phase = 2 * Math.PI * random.uniform();
      return Array.from({ length: L + H }, (_, t) => A * Math.sin(w * t + phase));
    },
    moments: (L, H) => stationary(covariance, sigma, L, H),
    posterior(window, H) {
      const L = window.length;
      const [mean, variance] = [new Float64Array(H), new Float64Array(H)];
      if (A === 0) return { mean, variance };
      const { frequencies, moments } = posteriors(window);
      for (let h = 0; h < H; h++) {
        frequencies.forEach((w, n) => {
          const [a, b] = wave(w, L + h, L);
          const [, c, s, cc, cs, ss] = moments[n];
          mean[h] += a * c + b * s;
          variance[h] += a * a * cc + 2 * a * b * cs + b * b * ss;
        });
        variance[h] = Math.max(0, variance[h] - mean[h] ** 2);
      }
      return { mean, variance };
    },
    slope(window, ahead) {
      const L = window.length;
      const derivative = new Float64Array(L);
      if (A === 0) return { forecast: 0, derivative };
      const { frequencies, moments } = posteriors(window);
      const now = frequencies.map((w) => wave(w, L + ahead, L));
      const forecast = now.reduce((sum, [a, b], n) => sum + a * moments[n][1] + b * moments[n][2], 0);
      now.forEach(([a, b], n) => {
        const [, c, s, cc, cs, ss] = moments[n];
        const [ofCos, ofSin] = [a * cc + b * cs - forecast * c, a * cs + b * ss - forecast * s];
        for (let t = 0; t < L; t++) {
          const [sine, cosine] = wave(frequencies[n], t, L);
          derivative[t] += (ofCos * sine + ofSin * cosine) / sigma ** 2;
        }
      });
      return { forecast, derivative };
    },
  };
}

export const scene = {
  curve: (values, count, L) =>
    Array.from({ length: count }, (_, t) => values.amplitude * Math.sin(values.frequency * (t - L) + values.phase)),
  signal: (values, { lowest, highest }) => ({ lowest, highest, amplitude: values.amplitude, sigma: values.noise }),
};
