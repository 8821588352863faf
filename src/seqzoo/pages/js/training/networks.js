// Networks that a page trains. All parameters are one Float32Array, in PyTorch's order; a network knows the name and shape of
// each tensor, and computes { loss, gradient } of a batch. Recurrent ones do so on the compiled core (core.js).
import { normalCdf } from "../erf.js";
import { timesTransposed, transposed } from "../matrices.js";
import { normalDensity } from "../numerals.js";

const GATES = { lstm: 4, gru: 3, rnn: 1 };

/** The network of an architecture with K units, for windows of L values. */
export function network(architecture, K, L, core) {
  return architecture in GATES ? new Recurrent(architecture, K, L, core) : new Mlp(K, L);
}

class Network {
  /** layers: [[name, width of 1 / sqrt(fan)] , [[tensor, shape]]]. */
  constructor(layers) {
    this.tensors = [];
    this.groups = [];
    let at = 0;
    for (const { name, fan, parts } of layers) {
      const rows = parts[0][1][0];
      const group = { m: rows, n: 0, parts: [] };
      for (const [part, shape] of parts) {
        const width = shape[1] ?? 1;
        this.tensors.push({ name: `${name}.${part}`, shape, at, size: rows * width, bound: 1 / Math.sqrt(fan) });
        group.parts.push({ at, width });
        group.n += width;
        at += rows * width;
      }
      this.groups.push(group);
    }
    this.count = at;
  }

  /** Parameters as PyTorch draws them: uniform, within one over the root of the number of inputs (of a cell: of units). */
  initial(random) {
    const parameters = new Float32Array(this.count);
    for (const { at, size, bound } of this.tensors) {
      for (let n = at; n < at + size; n++) parameters[n] = bound * (2 * random.uniform() - 1);
    }
    return parameters;
  }

  /** The parameters by name, as { shape, data }. */
  named(parameters) {
    return Object.fromEntries(this.tensors.map(({ name, shape, at, size }) => [name, { shape, data: parameters.subarray(at, at + size) }]));
  }

  /** The mean squared error of a batch and its gradient. */
  gradient(parameters, windows, targets) {
    const run = this.run(parameters, windows);
    const B = targets.length;
    const slopes = run.outputs.map((output, b) => (2 * (output - targets[b])) / B);
    let loss = 0;
    for (let b = 0; b < B; b++) loss += (run.outputs[b] - targets[b]) ** 2 / B;
    return { loss, gradient: run.back(slopes) };
  }
}

class Recurrent extends Network {
  constructor(architecture, K, L, core) {
    const rows = GATES[architecture] * K;
    super([
      { name: architecture, fan: K, parts: [["weight_ih_l0", [rows, 1]], ["weight_hh_l0", [rows, K]], ["bias_ih_l0", [rows]], ["bias_hh_l0", [rows]]] },
      { name: "head", fan: K, parts: [["weight", [1, K]], ["bias", [1]]] },
    ]);
    Object.assign(this, { L, core, shape: { architecture, D: 1, K, H: 1 } });
  }

  /** `parameters` must be another array than at the call before if its numbers have changed. */
  run(parameters, windows) {
    const run = this.core.forward(this.shape, parameters, windows, this.L);
    if (!run) throw new Error(`there is no memory for ${windows.length / this.L} windows of ${this.shape.K} units`);
    return { outputs: run.outputs, back: (slopes) => this.core.backward(run, slopes).parameters };
  }
}

/** Two layers of K units with the GELU x P(x), where P is the normal distribution function, and a linear one. */
class Mlp extends Network {
  constructor(K, L) {
    const layer = (name, fan, rows) => ({ name, fan, parts: [["weight", [rows, fan]], ["bias", [rows]]] });
    super([layer("first", L, K), layer("second", K, K), layer("head", K, 1)]);
    Object.assign(this, { K, L });
  }

  run(parameters, windows) {
    const { K, L, groups } = this;
    const B = windows.length / L;
    const of = groups.map(({ m, n, parts }) => {
      const weights = Float64Array.from(parameters.subarray(parts[0].at, parts[0].at + m * (n - 1)));
      return { m, n: n - 1, weights, bias: parameters.subarray(parts[1].at, parts[1].at + m) };
    });
    const linear = ({ m, n, weights, bias }, inputs) => {
      const sums = timesTransposed(inputs, weights, B, m, n);
      for (let b = 0, at = 0; b < B; b++) for (let k = 0; k < m; k++, at++) sums[at] += bias[k];
      return sums;
    };
    const inputs = [Float64Array.from(windows)];
    const sums = [];
    for (const layer of of) {
      sums.push(linear(layer, inputs.at(-1)));
      if (layer.m > 1) inputs.push(sums.at(-1).map((x) => x * normalCdf(x)));
    }
    const back = (slopes) => {
      const gradient = new Float32Array(this.count);
      let toSums = Float64Array.from(slopes);
      for (let layer = 2; layer >= 0; layer--) {
        const { m, n, weights } = of[layer];
        const [weight, bias] = groups[layer].parts;
        const rows = transposed(toSums, B, m);
        gradient.set(timesTransposed(rows, transposed(inputs[layer], B, n), m, n, B), weight.at);
        for (let k = 0; k < m; k++) for (let b = 0; b < B; b++) gradient[bias.at + k] += rows[k * B + b];
        if (layer === 0) break;
        toSums = timesTransposed(toSums, transposed(weights, m, n), B, n, m);
        sums[layer - 1].forEach((x, at) => { toSums[at] *= normalCdf(x) + x * normalDensity(x); });
      }
      return gradient;
    };
    return { outputs: Float32Array.from(sums[2]), back };
  }
}
