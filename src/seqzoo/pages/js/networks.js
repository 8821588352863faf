// The forecasts of every architecture from its weights. No DOM. Recurrent networks run on the compiled core where there is
// one, in float32, and else by the microscope's cell.js; the others are those of runtime/feedforward.py, in float64.
import { CELLS, forward, makeCell } from "../../microscope/js/cell.js";
import { enter, frameOf, leave } from "../../microscope/js/scaling.js";
import { erf } from "./erf.js";

const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** W x + b [rows], of a tensor [rows, columns] and the vector x at an offset. */
function dense(tensors, name, x, at = 0, out = null) {
  const { shape: [rows, columns], data } = tensor(tensors, `${name}.weight`);
  const bias = tensor(tensors, `${name}.bias`).data;
  const result = out ?? new Float64Array(rows);
  for (let row = 0, n = 0; row < rows; row++) {
    let sum = bias[row];
    for (let column = 0; column < columns; column++) sum += data[n++] * x[at + column];
    result[row] = sum;
  }
  return result;
}

function tensor(tensors, name) {
  if (!tensors[name]) throw new Error(`the weights lack ${name}`);
  return tensors[name];
}

function activated(values) {
  for (let n = 0; n < values.length; n++) values[n] = gelu(values[n]);
  return values;
}

const linear = (tensors) => (x) => dense(tensors, "head", x);

const mlp = (tensors) => (x) =>
  dense(tensors, "head", activated(dense(tensors, "second", activated(dense(tensors, "first", x)))));

/** Causal convolutions: a step reads itself and the steps one and two dilations back, or zeros. */
const tcn = (tensors) => (x) => {
  const L = x.length;
  let states = x; // [L * width]
  let wide = 1;
  for (let layer = 0; `layers.${layer}.1.weight` in tensors; layer++) {
    const { shape: [K, , taps], data } = tensors[`layers.${layer}.1.weight`];
    const bias = tensor(tensors, `layers.${layer}.1.bias`).data;
    const next = new Float64Array(L * K);
    for (let t = 0; t < L; t++) {
      for (let k = 0; k < K; k++) {
        let sum = bias[k];
        for (let tap = 0; tap < taps; tap++) {
          const from = t - (taps - 1 - tap) * 2 ** layer;
          if (from < 0) continue;
          for (let d = 0; d < wide; d++) sum += data[(k * wide + d) * taps + tap] * states[from * wide + d];
        }
        next[t * K + k] = gelu(sum) + (layer ? states[t * K + k] : 0);
      }
    }
    [states, wide] = [next, K];
  }
  return dense(tensors, "head", states, (L - 1) * wide);
};

/** Layer normalisation of a vector of `wide` values at an offset (Ba et al. 2016), with the 1e-5 of PyTorch. */
function normed(tensors, name, states, at, wide) {
  const weight = tensor(tensors, `${name}.weight`).data;
  const bias = tensor(tensors, `${name}.bias`).data;
  let [mean, square] = [0, 0];
  for (let n = 0; n < wide; n++) mean += states[at + n] / wide;
  for (let n = 0; n < wide; n++) square += (states[at + n] - mean) ** 2 / wide;
  const spread = Math.sqrt(square + 1e-5);
  return Float64Array.from({ length: wide }, (_, n) => ((states[at + n] - mean) / spread) * weight[n] + bias[n]);
}

const transformer = (tensors, heads) => {
  const place = tensor(tensors, "place");
  const wide = place.shape.at(-1);
  const each = wide / heads;
  return (x) => {
    const L = x.length;
    const states = new Float64Array(L * wide);
    for (let t = 0; t < L; t++) {
      dense(tensors, "value", x, t, states.subarray(t * wide, (t + 1) * wide));
      for (let n = 0; n < wide; n++) states[t * wide + n] += place.data[t * wide + n];
    }
    for (let number = 0; `blocks.${number}.inner.weight` in tensors; number++) {
      const block = `blocks.${number}`;
      const parts = Array.from({ length: L }, (_, t) =>
        dense(tensors, `${block}.queries_keys_values`, normed(tensors, `${block}.before_attention`, states, t * wide, wide)));
      // Of the last block, only the last step is read.
      const isLast = !(`blocks.${number + 1}.inner.weight` in tensors);
      for (let t = isLast ? L - 1 : 0; t < L; t++) {
        const mixed = new Float64Array(wide);
        for (let head = 0; head < heads; head++) {
          const own = head * each;
          const match = Array.from({ length: t + 1 }, (_, s) => {
            let dot = 0;
            for (let n = 0; n < each; n++) dot += parts[t][own + n] * parts[s][wide + own + n];
            return dot / Math.sqrt(each);
          });
          const most = Math.max(...match);
          const shares = match.map((value) => Math.exp(value - most));
          const all = shares.reduce((sum, share) => sum + share, 0);
          for (let s = 0; s <= t; s++) {
            for (let n = 0; n < each; n++) mixed[own + n] += (shares[s] / all) * parts[s][2 * wide + own + n];
          }
        }
        const attended = dense(tensors, `${block}.attended`, mixed);
        for (let n = 0; n < wide; n++) states[t * wide + n] += attended[n];
        const inner = activated(dense(tensors, `${block}.inner`, normed(tensors, `${block}.before_network`, states, t * wide, wide)));
        const outer = dense(tensors, `${block}.outer`, inner);
        for (let n = 0; n < wide; n++) states[t * wide + n] += outer[n];
      }
    }
    return dense(tensors, "head", normed(tensors, "norm", states, (L - 1) * wide, wide));
  };
};

/** The pictures [2 * L * L] of a window: cos(a_i + a_j) and sin(a_i - a_j) with a = arccos(x / 1.5). Wang & Oates 2015. */
function gramian(x) {
  const L = x.length;
  const angle = Float64Array.from(x, (value) => Math.acos(Math.max(-0.999, Math.min(0.999, value / 1.5))));
  const maps = new Float64Array(2 * L * L);
  for (let i = 0; i < L; i++) {
    for (let j = 0; j < L; j++) {
      maps[i * L + j] = Math.cos(angle[i] + angle[j]);
      maps[(L + i) * L + j] = Math.sin(angle[i] - angle[j]);
    }
  }
  return maps;
}

/** Maps [K * S * S] from [D * S * S] by kernels of 3 x 3, with zeros beyond the edge, activated. */
function convolved(tensors, name, maps, S) {
  const { shape: [K, D], data } = tensor(tensors, `${name}.weight`);
  const bias = tensor(tensors, `${name}.bias`).data;
  const result = new Float64Array(K * S * S);
  for (let k = 0; k < K; k++) {
    const out = result.subarray(k * S * S, (k + 1) * S * S).fill(bias[k]);
    for (let d = 0; d < D; d++) {
      const from = maps.subarray(d * S * S, (d + 1) * S * S);
      for (let a = -1; a <= 1; a++) {
        for (let b = -1; b <= 1; b++) {
          const weight = data[((k * D + d) * 3 + a + 1) * 3 + b + 1];
          const [left, right] = [Math.max(0, -b), Math.min(S, S - b)];
          for (let i = Math.max(0, -a); i < Math.min(S, S - a); i++) {
            for (let j = left, at = i * S + left, other = (i + a) * S + left + b; j < right; j++) out[at++] += weight * from[other++];
          }
        }
      }
    }
  }
  return activated(result);
}

/** Means over 2 x 2 pixels; at an odd edge, over the pixels that exist. */
function pooled(maps, S) {
  const half = Math.ceil(S / 2);
  const K = maps.length / S / S;
  const result = new Float64Array(K * half * half);
  for (let k = 0; k < K; k++) {
    for (let i = 0; i < S; i++) {
      for (let j = 0; j < S; j++) {
        const count = (i === S - 1 && S % 2 ? 1 : 2) * (j === S - 1 && S % 2 ? 1 : 2);
        result[(k * half + (i >> 1)) * half + (j >> 1)] += maps[(k * S + i) * S + j] / count;
      }
    }
  }
  return result;
}

const gaf_cnn = (tensors) => (x) => {
  const L = x.length;
  const half = Math.ceil(L / 2);
  const first = pooled(convolved(tensors, "first", gramian(x), L), L);
  const second = pooled(convolved(tensors, "second", first, half), half);
  return dense(tensors, "head", activated(dense(tensors, "hidden", second)));
};

const FEED_FORWARD = { linear, mlp, tcn, transformer, gaf_cnn };

/** The parts of all weights of a recurrent network, in the order in which the core takes them. */
const PARTS = (name) => [`${name}.weight_ih_l0`, `${name}.weight_hh_l0`, `${name}.bias_ih_l0`, `${name}.bias_hh_l0`, "head.weight", "head.bias"];

function recurrent(architecture, tensors, core) {
  const cell = makeCell(architecture, tensors); // which checks the shapes
  const byHand = (x) => forward(cell, x).forecast;
  if (!core) return byHand;
  const parts = PARTS(architecture).map((name) => tensors[name].data);
  const parameters = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  parts.reduce((at, part) => (parameters.set(part, at), at + part.length), 0);
  const shape = { architecture, D: 1, K: cell.size, H: cell.horizon };
  return (x) => {
    const run = core.forward(shape, parameters, Float32Array.from(x), x.length);
    return run ? Float64Array.from(run.outputs) : byHand(x);
  };
}

/** Whether the forecasts of an architecture can be computed here. */
export const isKnown = (architecture) => architecture in CELLS || architecture in FEED_FORWARD;

/**
 * The forecast [H] of windows [L] of one channel, in the units of the series, as a function. Throws where the weights do not
 * fit.
 *   facts: { architecture, heads, scale }, the numbers of its scaling as in scaling.js.
 *   tensors: as parseSafetensors of cell.js reads them.
 *   core: the compiled core; null for none.
 */
export function networkOf({ architecture, heads = 1, scale }, tensors, core = null) {
  if (!isKnown(architecture)) throw new Error(`no network ${architecture}; expected one of ${[...Object.keys(CELLS), ...Object.keys(FEED_FORWARD)].join(", ")}`);
  const run = architecture in CELLS ? recurrent(architecture, tensors, core) : FEED_FORWARD[architecture](tensors, heads);
  return (window) => {
    const frame = frameOf(scale, Array.from(window));
    return run(Float64Array.from(enter(frame, window))).map((value, ahead) => leave(frame, value, ahead));
  };
}
