// Recurrent cells: every gate and state, interventions, derivatives, principal components. No DOM. The compiled core
// computes them in float32 where there is one, see core.js and onCore.js; without it this module does, in float64.
// A trace holds each gate and state as a Float64Array [L * K], step by step; gates in PyTorch's order.
import { derivativeOnCore, lastStatesOnCore, onCore } from "./onCore.js";

export const CELLS = {
  lstm: { names: ["i", "f", "g", "o", "c", "h"], gates: ["i", "f", "g", "o"], shut: ["i", "f", "o"] },
  gru: { names: ["r", "z", "n", "h"], gates: ["r", "z", "n"], shut: ["r", "z"] },
  rnn: { names: ["h"], gates: [], shut: [] },
};

/** { name: { shape, data: Float64Array } } from the bytes of a safetensors file. Throws unless all tensors are float32. */
export function parseSafetensors(bytes) {
  const view = bytes instanceof ArrayBuffer ? new DataView(bytes)
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 8) throw new Error(`the weights have ${view.byteLength} bytes; a safetensors file has more`);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > view.byteLength) throw new Error("the header of the weights is longer than the file");
  const text = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + 8, length));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(JSON.parse(text))) {
    if (name === "__metadata__") continue;
    const count = shape.reduce((product, n) => product * n, 1);
    if (dtype !== "F32") throw new Error(`the tensor ${name} is ${dtype}; expected F32`);
    if (end - start !== 4 * count || 8 + length + end > view.byteLength) throw new Error(`the tensor ${name} is cut`);
    const data = new Float64Array(count);
    for (let n = 0; n < count; n++) data[n] = view.getFloat32(8 + length + start + 4 * n, true);
    tensors[name] = { shape, data };
  }
  return tensors;
}

/**
 * The cell of an architecture with its weights: K units, H steps ahead, D channels. Throws if the shapes do not fit.
 * `fromX` are the weights of the value, the first channel; `fromKnown` [rows * (D - 1)] those of the others.
 * core: the compiled core that computes it, see core.js; null for none.
 */
export function makeCell(architecture, tensors, channels = 1, core = null) {
  const kind = CELLS[architecture];
  if (!kind) throw new Error(`no cell ${architecture}; expected one of ${Object.keys(CELLS).join(", ")}`);
  const blocks = Math.max(1, kind.gates.length);
  const take = (name, shape) => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`the weights lack ${name}`);
    if (shape && String(tensor.shape) !== String(shape)) {
      throw new Error(`${name} is [${tensor.shape}]; expected [${shape}]`);
    }
    return tensor.data;
  };
  const size = tensors[`${architecture}.weight_hh_l0`]?.shape[1];
  const horizon = tensors["head.bias"]?.shape[0];
  const rows = blocks * size;
  const fromInput = take(`${architecture}.weight_ih_l0`, [rows, channels]);
  return {
    architecture, ...kind, size, horizon, blocks, channels, core,
    fromX: fromInput.filter((_, at) => at % channels === 0),
    fromKnown: fromInput.filter((_, at) => at % channels !== 0),
    fromH: take(`${architecture}.weight_hh_l0`, [rows, size]),
    biasX: take(`${architecture}.bias_ih_l0`, [rows]),
    biasH: take(`${architecture}.bias_hh_l0`, [rows]),
    headWeight: take("head.weight", [horizon, size]),
    headBias: take("head.bias", [horizon]),
  };
}

const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x)); // does not overflow
const held = (constant, value) => (Number.isNaN(constant) ? value : constant);

/** i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c'). */
function lstm(cell, x, biasX, u, k, before, frozen) {
  const K = cell.size;
  const sum = (block) => cell.fromX[block * K + k] * x + biasX[block * K + k] + u[block * K + k];
  const i = held(frozen.i[k], sigmoid(sum(0)));
  const f = held(frozen.f[k], sigmoid(sum(1)));
  const g = held(frozen.g[k], Math.tanh(sum(2)));
  const o = held(frozen.o[k], sigmoid(sum(3)));
  const c = f * before.c(k) + i * g;
  return { i, f, g, o, c, h: o * Math.tanh(c) };
}

/** r, z = sigmoid(W x + U h + b), n = tanh(W x + b + r (U h + b')), h' = (1 - z) n + z h. */
function gru(cell, x, biasX, u, k, before, frozen) {
  const K = cell.size;
  const own = (block) => cell.fromX[block * K + k] * x + biasX[block * K + k];
  const r = held(frozen.r[k], sigmoid(own(0) + u[k]));
  const z = held(frozen.z[k], sigmoid(own(1) + u[K + k]));
  const n = held(frozen.n[k], Math.tanh(own(2) + r * u[2 * K + k]));
  return { r, z, n, h: (1 - z) * n + z * before.h(k) };
}

/** h' = tanh(W x + U h + b). */
function rnn(cell, x, biasX, u, k) {
  return { h: Math.tanh(cell.fromX[k] * x + biasX[k] + u[k]) };
}

/** The bias of the input with what the channels beside the value [D - 1] add to it: W x of them, plus b. */
function biased(cell, known) {
  if (cell.channels === 1) return cell.biasX;
  const sums = Float64Array.from(cell.biasX);
  addProduct(cell.fromKnown, known, sums);
  return sums;
}

const STEPS = { lstm, gru, rnn };

/**
 * Everything the cell computes for a window [L].
 * changes: { freeze: [{ gate, unit (or null for all), value }], ablate: [unit], order: [position read at each step] }
 * known: [L][D - 1], the channels beside the values, read in the same order.
 */
export function forward(cell, window, changes = {}, known = []) {
  const trace = { L: window.length, window, ...interventions(cell, window, changes) };
  return Object.assign(trace, onCore(cell, trace, known) ?? stepByStep(cell, trace, known));
}

/** The last states [n * K] for windows of one channel, of which a core computes all at once; null without one. */
export function lastStates(cell, windows, changes = {}) {
  return cell.core && windows.length > 0 ? lastStatesOnCore(cell, windows, interventions(cell, windows[0], changes)) : null;
}

/** The changes as the order of positions, the value that each gate of each unit is held at or NaN, and which units are on. */
function interventions(cell, window, changes) {
  const K = cell.size;
  const order = changes.order ?? Array.from(window, (_, t) => t);
  const frozen = Object.fromEntries(cell.gates.map((gate) => [gate, new Float64Array(K).fill(NaN)]));
  for (const { gate, unit, value } of changes.freeze ?? []) {
    if (!frozen[gate]) throw new Error(`${cell.architecture} has no gate ${gate}; it has ${cell.gates.join(", ")}`);
    if (unit == null) frozen[gate].fill(value);
    else frozen[gate][unit] = value;
  }
  const alive = new Uint8Array(K).fill(1);
  for (const unit of changes.ablate ?? []) alive[unit] = 0;
  return { order, frozen, alive };
}

/** The gates and states `steps`, and the forecast. */
function stepByStep(cell, { L, window, order, frozen, alive }, known) {
  const K = cell.size;
  const steps = Object.fromEntries(cell.names.map((name) => [name, new Float64Array(L * K)]));
  const last = (values, t) => (k) => (t > 0 ? values[(t - 1) * K + k] : 0);
  for (let t = 0; t < L; t++) {
    const u = Float64Array.from(cell.biasH);
    if (t > 0) addProduct(cell.fromH, steps.h.subarray((t - 1) * K, t * K), u);
    const before = { h: last(steps.h, t), c: steps.c && last(steps.c, t) };
    const biasX = biased(cell, known[order[t]]);
    for (let k = 0; k < K; k++) {
      const now = STEPS[cell.architecture](cell, window[order[t]], biasX, u, k, before, frozen);
      if (!alive[k]) now.h = 0;
      for (const name of cell.names) steps[name][t * K + k] = now[name];
    }
  }
  return { steps, forecast: head(cell, steps.h, L - 1) };
}

/** U h + b' of one row at step t, where h is the state before it. */
export function fromHidden(cell, trace, t, row) {
  const K = cell.size;
  let sum = cell.biasH[row];
  for (let k = 0; t > 0 && k < K; k++) sum += cell.fromH[row * K + k] * trace.steps.h[(t - 1) * K + k];
  return sum;
}

/** The output of the head [H] after step t, from states [L * K]. */
export function head(cell, states, t) {
  const K = cell.size;
  return Float64Array.from(cell.headBias, (bias, ahead) => {
    let sum = bias;
    for (let k = 0; k < K; k++) sum += cell.headWeight[ahead * K + k] * states[t * K + k];
    return sum;
  });
}

/** The contribution of each unit to the forecast [K] after step t: its output weight times its state. */
export function contributions(cell, trace, t = trace.L - 1, ahead = 0) {
  const K = cell.size;
  return Float64Array.from({ length: K }, (_, k) => cell.headWeight[ahead * K + k] * trace.steps.h[t * K + k]);
}

/** d forecast / d window [L] by reverse accumulation; a frozen gate and an ablated unit pass nothing on. */
export function derivative(cell, trace, ahead = 0) {
  return derivativeOnCore(cell, trace, ahead) ?? backThroughTime(cell, trace, ahead);
}

function backThroughTime(cell, trace, ahead) {
  const K = cell.size;
  const { steps, frozen, alive } = trace;
  const slopes = new Float64Array(trace.L);
  const toH = Float64Array.from({ length: K }, (_, k) => cell.headWeight[ahead * K + k]);
  const toC = new Float64Array(K);
  const toX = new Float64Array(cell.blocks * K); // derivative by each block's sum, for the input
  const toU = new Float64Array(cell.blocks * K); // and for the hidden state
  for (let t = trace.L - 1; t >= 0; t--) {
    const at = t * K;
    const previous = (name, k) => (t > 0 ? steps[name][at - K + k] : 0);
    const free = (gate, k) => (Number.isNaN(frozen[gate][k]) ? 1 : 0);
    for (let k = 0; k < K; k++) {
      const dh = alive[k] ? toH[k] : 0;
      toH[k] = 0;
      if (cell.architecture === "lstm") {
        const [i, f, g, o, c] = ["i", "f", "g", "o", "c"].map((name) => steps[name][at + k]);
        const squashed = Math.tanh(c);
        const dc = toC[k] + dh * o * (1 - squashed * squashed);
        toX[k] = dc * g * i * (1 - i) * free("i", k);
        toX[K + k] = dc * previous("c", k) * f * (1 - f) * free("f", k);
        toX[2 * K + k] = dc * i * (1 - g * g) * free("g", k);
        toX[3 * K + k] = dh * squashed * o * (1 - o) * free("o", k);
        toC[k] = dc * f;
      } else if (cell.architecture === "gru") {
        const [r, z, n] = ["r", "z", "n"].map((name) => steps[name][at + k]);
        const dn = dh * (1 - z) * (1 - n * n) * free("n", k);
        toX[k] = dn * fromHidden(cell, trace, t, 2 * K + k) * r * (1 - r) * free("r", k);
        toX[K + k] = dh * (previous("h", k) - n) * z * (1 - z) * free("z", k);
        toX[2 * K + k] = dn;
        toH[k] = dh * z;
      } else {
        toX[k] = dh * (1 - steps.h[at + k] ** 2);
      }
    }
    toU.set(toX);
    if (cell.architecture === "gru") for (let k = 0; k < K; k++) toU[2 * K + k] *= steps.r[at + k];
    for (let row = 0; row < cell.blocks * K; row++) {
      slopes[trace.order[t]] += cell.fromX[row] * toX[row];
      if (toU[row] !== 0) for (let k = 0; k < K; k++) toH[k] += cell.fromH[row * K + k] * toU[row];
    }
  }
  return slopes;
}

/** The first two principal components of points [n * K] by power iteration: { mean, axes: [K, K], shares: [2] }. */
export function principal(points, K) {
  const n = points.length / K;
  const mean = new Float64Array(K);
  for (let at = 0; at < points.length; at++) mean[at % K] += points[at] / n;
  const rest = Float64Array.from(points, (value, at) => value - mean[at % K]);
  const total = rest.reduce((sum, value) => sum + value * value, 0);
  const axes = [];
  const shares = [];
  for (let component = 0; component < 2; component++) {
    let axis = normal(Float64Array.from({ length: K }, (_, k) => Math.cos(1 + k + 7 * component)));
    let size = 0;
    for (let round = 0; round < 500; round++) {
      const next = new Float64Array(K);
      for (let p = 0; p < n; p++) {
        let dot = 0;
        for (let k = 0; k < K; k++) dot += rest[p * K + k] * axis[k];
        for (let k = 0; k < K; k++) next[k] += dot * rest[p * K + k];
      }
      size = Math.hypot(...next);
      if (size <= 1e-14 * total || size === 0) break; // no variance is left
      const before = axis;
      axis = normal(next);
      if (axis.every((value, k) => Math.abs(value - before[k]) < 1e-10)) break;
    }
    const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    if (largest < 0) axis = axis.map((value) => -value); // so that a drag does not flip the picture
    axes.push(axis);
    shares.push(total > 0 ? size / total : 0);
    for (let p = 0; p < n; p++) {
      let dot = 0;
      for (let k = 0; k < K; k++) dot += rest[p * K + k] * axis[k];
      for (let k = 0; k < K; k++) rest[p * K + k] -= dot * axis[k];
    }
  }
  return { mean, axes, shares };
}

/** Points [n * K] in the plane of `principal`: [[x, y], ...]. */
export function project({ mean, axes }, points) {
  const K = mean.length;
  return Array.from({ length: points.length / K }, (_, p) =>
    axes.map((axis) => axis.reduce((sum, value, k) => sum + value * (points[p * K + k] - mean[k]), 0)));
}

/** An order of L steps. It depends on `turn` only, so that everyone with the same link sees the same order. */
export function shuffled(L, turn) {
  const order = Array.from({ length: L }, (_, t) => t);
  let seed = 12345 + 7919 * turn;
  for (let n = L - 1; n > 0; n--) {
    seed = (1103515245 * seed + 12345) % 2147483648;
    const other = Math.floor((seed / 2147483648) * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}

function normal(vector) {
  const size = Math.hypot(...vector) || 1;
  return vector.map((value) => value / size);
}

/** out += matrix [rows * K] times vector [K]. */
function addProduct(matrix, vector, out) {
  const K = vector.length;
  for (let row = 0; row < out.length; row++) {
    let sum = 0;
    for (let k = 0, at = row * K; k < K; k++, at++) sum += matrix[at] * vector[k];
    out[row] += sum;
  }
}
