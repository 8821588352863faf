// The equations of the feed-forward models in float64, as runtime/feedforward.py has them, and their derivatives. No DOM.
// Each step of a run appends its way back: from the derivative of what it gave to that of what it took, which stand beside the
// values as `slope`.
import { normalCdf } from "./erf.js";
import { normalDensity } from "./numerals.js";

/** The tensor of a name. Throws where the weights lack it. */
export function tensor(tensors, name) {
  if (!tensors[name]) throw new Error(`the weights lack ${name}`);
  return tensors[name];
}

const slopeOf = (values) => (values.slope ??= new Float64Array(values.length));

/** W x + b [count * rows], of a tensor [rows, columns] and `count` vectors from an offset on. */
function dense({ tensors, back }, name, x, at = 0, count = 1) {
  const { shape: [rows, columns], data } = tensor(tensors, `${name}.weight`);
  const bias = tensor(tensors, `${name}.bias`).data;
  const out = new Float64Array(count * rows);
  for (let n = 0; n < count; n++) {
    for (let row = 0, from = at + n * columns, m = 0; row < rows; row++) {
      let sum = bias[row];
      for (let column = 0; column < columns; column++) sum += data[m++] * x[from + column];
      out[n * rows + row] = sum;
    }
  }
  back?.push(() => {
    const [own, given] = [slopeOf(x), slopeOf(out)];
    for (let n = 0; n < given.length; n++) {
      if (!given[n]) continue;
      const [from, weights] = [at + Math.floor(n / rows) * columns, (n % rows) * columns];
      for (let column = 0; column < columns; column++) own[from + column] += given[n] * data[weights + column];
    }
  });
  return out;
}

/** x P(X <= x) of a standard normal X (Hendrycks & Gimpel 2016). */
function activated({ back }, x) {
  const out = new Float64Array(x.length);
  for (let n = 0; n < x.length; n++) out[n] = x[n] * normalCdf(x[n]);
  back?.push(() => {
    const [own, given] = [slopeOf(x), slopeOf(out)];
    for (let n = 0; n < x.length; n++) {
      if (given[n]) own[n] += given[n] * (normalCdf(x[n]) + x[n] * normalDensity(x[n]));
    }
  });
  return out;
}

/** The values with zeros for the units that are off; unitOf(n) is the unit that value n belongs to. */
function masked({ off, back }, x, unitOf) {
  if (!off.size) return x;
  for (let n = 0; n < x.length; n++) if (off.has(unitOf(n))) x[n] = 0;
  back?.push(() => {
    const own = slopeOf(x);
    for (let n = 0; n < x.length; n++) if (off.has(unitOf(n))) own[n] = 0;
  });
  return x;
}

/** x + y, where y has as many values as x from an offset on. */
function added({ back }, x, y, at = 0) {
  const out = y.map((value, n) => x[at + n] + value);
  back?.push(() => {
    const [one, other, given] = [slopeOf(x), slopeOf(y), slopeOf(out)];
    for (let n = 0; n < given.length; n++) {
      one[at + n] += given[n];
      other[n] += given[n];
    }
  });
  return out;
}

const linear = (run, x) => dense(run, "head", x);

function mlp(run, x) {
  const first = masked(run, activated(run, dense(run, "first", x)), (n) => n);
  return dense(run, "head", activated(run, dense(run, "second", first)));
}

/** Causal convolutions: a step reads itself and the steps one and two dilations back, or zeros. */
function tcn(run, x) {
  const L = x.length;
  let [states, wide] = [x, 1]; // [L * wide]
  for (let layer = 0; `layers.${layer}.1.weight` in run.tensors; layer++) {
    const [sums, K] = causal(run, `layers.${layer}.1`, states, wide, 2 ** layer);
    const activation = activated(run, sums);
    states = layer ? added(run, states, activation) : masked(run, activation, (n) => n % K);
    wide = K;
  }
  return dense(run, "head", states, (L - 1) * wide);
}

/** The sums [L * K] of a dilated convolution over states [L * wide], and K. */
function causal({ tensors, back }, name, states, wide, dilation) {
  const { shape: [K, , taps], data } = tensor(tensors, `${name}.weight`);
  const bias = tensor(tensors, `${name}.bias`).data;
  const L = states.length / wide;
  const out = new Float64Array(L * K);
  const from = (t, tap) => t - (taps - 1 - tap) * dilation;
  for (let t = 0; t < L; t++) {
    for (let k = 0; k < K; k++) {
      let sum = bias[k];
      for (let tap = 0; tap < taps; tap++) {
        const s = from(t, tap);
        if (s < 0) continue;
        for (let d = 0; d < wide; d++) sum += data[(k * wide + d) * taps + tap] * states[s * wide + d];
      }
      out[t * K + k] = sum;
    }
  }
  back?.push(() => {
    const [own, given] = [slopeOf(states), slopeOf(out)];
    for (let n = 0; n < given.length; n++) {
      if (!given[n]) continue;
      const [t, k] = [Math.floor(n / K), n % K];
      for (let tap = 0; tap < taps; tap++) {
        const s = from(t, tap);
        if (s < 0) continue;
        for (let d = 0; d < wide; d++) own[s * wide + d] += given[n] * data[(k * wide + d) * taps + tap];
      }
    }
  });
  return [out, K];
}

/** Layer normalisation of `count` vectors of `wide` values from an offset on (Ba et al. 2016), with the 1e-5 of PyTorch. */
function normed({ tensors, back }, name, x, wide, at, count) {
  const weight = tensor(tensors, `${name}.weight`).data;
  const bias = tensor(tensors, `${name}.bias`).data;
  const [out, even, spreads] = [new Float64Array(count * wide), new Float64Array(count * wide), new Float64Array(count)];
  for (let row = 0; row < count; row++) {
    const from = at + row * wide;
    let [mean, square] = [0, 0];
    for (let n = 0; n < wide; n++) mean += x[from + n] / wide;
    for (let n = 0; n < wide; n++) square += (x[from + n] - mean) ** 2 / wide;
    spreads[row] = Math.sqrt(square + 1e-5);
    for (let n = 0; n < wide; n++) {
      even[row * wide + n] = (x[from + n] - mean) / spreads[row];
      out[row * wide + n] = even[row * wide + n] * weight[n] + bias[n];
    }
  }
  back?.push(() => {
    const [own, given] = [slopeOf(x), slopeOf(out)];
    for (let row = 0; row < count; row++) {
      let [mean, along] = [0, 0];
      for (let n = 0; n < wide; n++) {
        const slope = given[row * wide + n] * weight[n];
        mean += slope / wide;
        along += (slope * even[row * wide + n]) / wide;
      }
      for (let n = 0; n < wide; n++) {
        own[at + row * wide + n] += (given[row * wide + n] * weight[n] - mean - even[row * wide + n] * along) / spreads[row];
      }
    }
  });
  return out;
}

/**
 * What the steps from `first` on read of all values [(L - first) * wide], by the queries, keys and values of each step
 * [L * 3 wide]. Heads from `number` on; one that is off reads zeros.
 */
function attended({ heads, off, shares, back }, parts, wide, first, number) {
  const [L, each, row] = [parts.length / (3 * wide), wide / heads, 3 * wide];
  const scale = Math.sqrt(each);
  const out = new Float64Array((L - first) * wide);
  for (let head = 0; head < heads; head++) {
    const own = head * each;
    const isOff = off.has(number + head);
    const map = Array.from({ length: L }, (_, t) => (t < first ? null : sharesOf(t, own)));
    shares?.push(map);
    if (isOff) continue;
    for (let t = first; t < L; t++) {
      for (let s = 0; s <= t; s++) {
        for (let n = 0; n < each; n++) out[(t - first) * wide + own + n] += map[t][s] * parts[s * row + 2 * wide + own + n];
      }
    }
    back?.push(() => {
      const [to, given] = [slopeOf(parts), slopeOf(out)];
      for (let t = first; t < L; t++) {
        const read = given.subarray((t - first) * wide + own, (t - first) * wide + own + each);
        let mean = 0;
        const slopes = map[t].map((share, s) => {
          let slope = 0;
          for (let n = 0; n < each; n++) {
            slope += read[n] * parts[s * row + 2 * wide + own + n];
            to[s * row + 2 * wide + own + n] += share * read[n];
          }
          mean += share * slope;
          return slope;
        });
        for (let s = 0; s <= t; s++) {
          const match = (map[t][s] * (slopes[s] - mean)) / scale;
          for (let n = 0; n < each; n++) {
            to[t * row + own + n] += match * parts[s * row + wide + own + n];
            to[s * row + wide + own + n] += match * parts[t * row + own + n];
          }
        }
      }
    });
  }

  /** How step t divides its attention [t + 1]. */
  function sharesOf(t, own) {
    const match = Array.from({ length: t + 1 }, (_, s) => {
      let dot = 0;
      for (let n = 0; n < each; n++) dot += parts[t * row + own + n] * parts[s * row + wide + own + n];
      return dot / scale;
    });
    const most = Math.max(...match);
    const parted = match.map((value) => Math.exp(value - most));
    const all = parted.reduce((sum, share) => sum + share, 0);
    return parted.map((share) => share / all);
  }

  return out;
}

function transformer(run, x) {
  const place = tensor(run.tensors, "place");
  const [L, wide] = [x.length, place.shape.at(-1)];
  let states = dense(run, "value", x, 0, L);
  for (let n = 0; n < states.length; n++) states[n] += place.data[n];
  let rows = L;
  for (let number = 0; `blocks.${number}.inner.weight` in run.tensors; number++) {
    const block = `blocks.${number}`;
    const parts = dense(run, `${block}.queries_keys_values`, normed(run, `${block}.before_attention`, states, wide, 0, L), 0, L);
    // Of the last block, only the last step is read.
    const first = run.shares || `blocks.${number + 1}.inner.weight` in run.tensors ? 0 : L - 1;
    rows = L - first;
    const mixed = attended(run, parts, wide, first, number * run.heads);
    states = added(run, states, dense(run, `${block}.attended`, mixed, 0, rows), first * wide);
    const inner = activated(run, dense(run, `${block}.inner`, normed(run, `${block}.before_network`, states, wide, 0, rows), 0, rows));
    states = added(run, states, dense(run, `${block}.outer`, inner, 0, rows));
  }
  return dense(run, "head", normed(run, "norm", states, wide, (rows - 1) * wide, 1));
}

/** The pictures [2 * L * L] of a window: cos(a_i + a_j) and sin(a_i - a_j) with a = arccos(x / 1.5). Wang & Oates 2015. */
export function gramian(x, back = null) {
  const L = x.length;
  const angle = Float64Array.from(x, (value) => Math.acos(Math.max(-0.999, Math.min(0.999, value / 1.5))));
  const maps = new Float64Array(2 * L * L);
  for (let i = 0; i < L; i++) {
    for (let j = 0; j < L; j++) {
      maps[i * L + j] = Math.cos(angle[i] + angle[j]);
      maps[(L + i) * L + j] = Math.sin(angle[i] - angle[j]);
    }
  }
  back?.push(() => {
    const [own, given] = [slopeOf(x), slopeOf(maps)];
    const turns = new Float64Array(L);
    for (let i = 0; i < L; i++) {
      for (let j = 0; j < L; j++) {
        const sum = given[i * L + j] * Math.sin(angle[i] + angle[j]);
        const difference = given[(L + i) * L + j] * Math.cos(angle[i] - angle[j]);
        turns[i] += difference - sum;
        turns[j] -= difference + sum;
      }
    }
    for (let i = 0; i < L; i++) if (Math.abs(x[i] / 1.5) < 0.999) own[i] -= turns[i] / (1.5 * Math.sqrt(1 - (x[i] / 1.5) ** 2));
  });
  return maps;
}

/** Maps [K * S * S] from [D * S * S] by kernels of 3 x 3, with zeros beyond the edge. */
function convolved({ tensors, back }, name, maps, S) {
  const { shape: [K, D], data } = tensor(tensors, `${name}.weight`);
  const bias = tensor(tensors, `${name}.bias`).data;
  const out = new Float64Array(K * S * S);
  for (let k = 0; k < K; k++) out.fill(bias[k], k * S * S, (k + 1) * S * S);
  weighed(data, K, D, S, maps, out, false);
  back?.push(() => weighed(data, K, D, S, slopeOf(maps), slopeOf(out), true));
  return out;
}

/** Adds to sums [K * S * S] the weighed maps [D * S * S], or on the way back to the maps the weighed sums. */
function weighed(data, K, D, S, maps, sums, isBack) {
  for (let k = 0; k < K; k++) {
    for (let d = 0; d < D; d++) {
      for (let a = -1; a <= 1; a++) {
        for (let b = -1; b <= 1; b++) {
          const weight = data[((k * D + d) * 3 + a + 1) * 3 + b + 1];
          const [left, right] = [Math.max(0, -b), Math.min(S, S - b)];
          for (let i = Math.max(0, -a); i < Math.min(S, S - a); i++) {
            let [at, other] = [(k * S + i) * S + left, (d * S + i + a) * S + left + b];
            if (isBack) for (let j = left; j < right; j++) maps[other++] += weight * sums[at++];
            else for (let j = left; j < right; j++) sums[at++] += weight * maps[other++];
          }
        }
      }
    }
  }
}

/** Means over 2 x 2 pixels; at an odd edge, over the pixels that exist. */
function pooled({ back }, maps, S) {
  const half = Math.ceil(S / 2);
  const out = new Float64Array((maps.length / S / S) * half * half);
  const each = (act) => {
    for (let row = 0, n = 0; row < maps.length / S; row++) {
      const [k, i] = [Math.floor(row / S), row % S];
      const [to, tall] = [(k * half + (i >> 1)) * half, i === S - 1 && S % 2 ? 1 : 2];
      for (let j = 0; j < S; j++) act(n++, to + (j >> 1), tall * (j === S - 1 && S % 2 ? 1 : 2));
    }
  };
  each((from, to, count) => { out[to] += maps[from] / count; });
  back?.push(() => {
    const [own, given] = [slopeOf(maps), slopeOf(out)];
    each((from, to, count) => { own[from] += given[to] / count; });
  });
  return out;
}

function gaf_cnn(run, x) {
  const L = x.length;
  const half = Math.ceil(L / 2);
  const kernels = masked(run, activated(run, convolved(run, "first", gramian(x, run.back), L)), (n) => Math.floor(n / (L * L)));
  const second = pooled(run, activated(run, convolved(run, "second", pooled(run, kernels, L), half)), half);
  return dense(run, "head", activated(run, dense(run, "hidden", second)));
}

/** The equations of each architecture, and the tensor whose rows are its first filters. */
const ARCHITECTURES = {
  linear: [linear, "head.weight"],
  mlp: [mlp, "first.weight"],
  tcn: [tcn, "layers.0.1.weight"],
  transformer: [transformer, ""],
  gaf_cnn: [gaf_cnn, "first.weight"],
};

export const FEED_FORWARD = Object.keys(ARCHITECTURES);
const NONE = new Set();

/** A feed-forward network, in its own units. `filters` are its first ones, null if it has none. */
export class FeedForward {
  #run;

  constructor(architecture, tensors, heads = 1) {
    const [run, first] = ARCHITECTURES[architecture];
    this.#run = run;
    Object.assign(this, { architecture, tensors, heads, filters: first ? tensor(tensors, first) : null });
  }

  /** The number of units that can be switched off: filters, or heads of all blocks. */
  get units() {
    if (this.architecture === "linear") return 0;
    if (this.filters) return this.filters.shape[0];
    return this.heads * Object.keys(this.tensors).filter((name) => name.endsWith("queries_keys_values.bias")).length;
  }

  /** The forecast [H] of an input [L]. */
  forecast(x, off = NONE) {
    return this.#run({ ...this, off }, x);
  }

  /** The forecast [H], and the derivative [L] of the one `ahead` steps after the next. */
  slope(x, ahead = 0, off = NONE) {
    const [input, back] = [Float64Array.from(x), []];
    const forecast = this.#run({ ...this, off, back }, input);
    slopeOf(forecast)[ahead] = 1;
    while (back.length) back.pop()();
    return { forecast, derivative: slopeOf(input) };
  }

  /** How each head divides the attention of step t, as [t] lists [t + 1]; heads of the first block first. */
  attention(x, off = NONE) {
    const shares = [];
    this.#run({ ...this, off, shares }, x);
    return shares;
  }
}
