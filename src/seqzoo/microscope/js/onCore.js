// A cell on the compiled core. An intervention is another set of weights: a gate that is held has no inputs and the bias
// of its value, and a unit that is switched off has an output gate that is shut (LSTM), keeps its first state, which is
// zero (GRU), or sums nothing (RNN).

const SHUT = { lstm: ["o", 0], gru: ["z", 1] }; // the gate that switches a unit off, and its value then
const MOST = 88.37; // the largest argument of the core's sigmoid

const logit = (p) => Math.min(MOST, Math.max(-MOST, Math.log(p / (1 - p))));
const artanh = (y) => Math.min(MOST, Math.max(-MOST, Math.atanh(y)));
const last = new WeakMap(); // of U, since a film gives a cell other weights: { key, parameters } of its last interventions

/** What `forward` of cell.js computes, or null where the cell has no core or the core cannot do it. */
export function onCore(cell, trace, known) {
  const { L, window, order, frozen, alive } = trace;
  const parameters = cell.core && intervened(cell, frozen, alive);
  if (!parameters) return null;
  const D = cell.channels;
  const read = new Float32Array(L * D);
  order.forEach((at, t) => read.set([window[at], ...(D > 1 ? known[at] : [])], t * D));
  const run = cell.core.forward(shapeOf(cell), parameters, read, L);
  if (!run) return null;
  const steps = Object.fromEntries(cell.names.map((name) => [name, run.of(name)]));
  Object.assign(trace, { run, parameters, read });
  restore(cell, trace, steps, known);
  return { steps, forecast: Float64Array.from(run.outputs) };
}

/** What `lastStates` of cell.js computes, or null where the core cannot do it. */
export function lastStatesOnCore(cell, windows, { order, frozen, alive }) {
  const parameters = cell.channels === 1 && intervened(cell, frozen, alive);
  if (!parameters) return null;
  const L = order.length;
  const read = new Float32Array(windows.length * L);
  windows.forEach((window, n) => order.forEach((at, t) => { read[n * L + t] = window[at]; }));
  const states = cell.core.forward(shapeOf(cell), parameters, read, L)?.last() ?? null;
  states?.forEach((_, n) => { if (!alive[n % cell.size]) states[n] = 0; });
  return states;
}

const shapeOf = (cell) => ({ architecture: cell.architecture, D: cell.channels, K: cell.size, H: cell.horizon });

/** What `derivative` of cell.js computes, or null if the trace is not of a core. */
export function derivativeOnCore(cell, trace, ahead) {
  if (!trace.run) return null;
  const { L, order, parameters, read } = trace;
  const D = cell.channels;
  const slopes = new Float32Array(cell.horizon);
  slopes[ahead] = 1;
  const back = cell.core.backward(trace.run, slopes)
    ?? cell.core.backward(cell.core.forward(shapeOf(cell), parameters, read, L), slopes); // another window was computed since
  const result = new Float64Array(L);
  order.forEach((at, t) => { result[at] += back.windows[t * D]; });
  return result;
}

/** All weights one after another in PyTorch's order, with the interventions; null for a value that no gate can have. */
function intervened(cell, frozen, alive) {
  const { size: K, channels: D, blocks, gates, shut, architecture } = cell;
  const key = `${gates.map((gate) => frozen[gate])} ${alive}`;
  if (last.get(cell.fromH)?.key === key) return last.get(cell.fromH).parameters;
  const rows = blocks * K;
  const parameters = new Float32Array(rows * (D + K + 2) + cell.horizon * (K + 1));
  const [u, b, c, v] = [rows * D, rows * (D + K), rows * (D + K + 1), rows * (D + K + 2)];
  for (let row = 0; row < rows; row++) {
    parameters[row * D] = cell.fromX[row];
    for (let d = 1; d < D; d++) parameters[row * D + d] = cell.fromKnown[row * (D - 1) + d - 1];
  }
  parameters.set(cell.fromH, u);
  parameters.set(cell.biasX, b);
  parameters.set(cell.biasH, c);
  parameters.set(cell.headWeight, v);
  parameters.set(cell.headBias, v + cell.horizon * K);
  const hold = (row, bias) => {
    parameters.fill(0, row * D, row * D + D);
    parameters.fill(0, u + row * K, u + (row + 1) * K);
    [parameters[b + row], parameters[c + row]] = [bias, 0];
  };
  for (const [block, gate] of gates.entries()) {
    const [lowest, inverse] = shut.includes(gate) ? [0, logit] : [-1, artanh];
    for (let k = 0; k < K; k++) {
      const value = frozen[gate][k];
      if (value < lowest || value > 1) return null;
      if (!Number.isNaN(value)) hold(block * K + k, inverse(value));
    }
  }
  const [gate, value] = SHUT[architecture] ?? [null, 0.5];
  for (let k = 0; k < K; k++) if (!alive[k]) hold(Math.max(0, gates.indexOf(gate)) * K + k, logit(value));
  last.set(cell.fromH, { key, parameters });
  return parameters;
}

/** Writes into the steps what the held gates are exactly, and what the shut gate of a unit that is off would be. */
function restore(cell, { L, window, order, frozen, alive }, steps, known) {
  const K = cell.size;
  const [gate] = SHUT[cell.architecture] ?? [];
  const block = cell.gates.indexOf(gate);
  for (let k = 0; k < K; k++) {
    for (const name of cell.gates) {
      if (!Number.isNaN(frozen[name][k])) for (let t = 0; t < L; t++) steps[name][t * K + k] = frozen[name][k];
    }
    if (alive[k]) continue;
    for (let t = 0; t < L; t++) steps.h[t * K + k] = 0;
    if (!gate || !Number.isNaN(frozen[gate][k])) continue;
    const row = block * K + k;
    for (let t = 0; t < L; t++) {
      let sum = cell.fromX[row] * window[order[t]] + cell.biasX[row] + cell.biasH[row];
      for (let d = 1; d < cell.channels; d++) sum += cell.fromKnown[row * (cell.channels - 1) + d - 1] * known[order[t]][d - 1];
      for (let j = 0; t > 0 && j < K; j++) sum += cell.fromH[row * K + j] * steps.h[(t - 1) * K + j];
      steps[gate][t * K + k] = 1 / (1 + Math.exp(-sum));
    }
  }
}
