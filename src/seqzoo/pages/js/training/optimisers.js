// The optimisers of training/optimisers.py. A step writes into `next` what the parameters become; both are Float32Array.
import { dot, eigen, inOrder, orthonormal, timesTransposed, transposed } from "../matrices.js";

/** Adam (Kingma & Ba 2015) with the gradient clipped to a norm. */
export class Adam {
  constructor(count, clipNorm) {
    Object.assign(this, { clipNorm, steps: 0, mean: new Float64Array(count), square: new Float64Array(count) });
  }

  step(gradient, parameters, next, rate) {
    this.steps++;
    const { mean, square, steps } = this;
    const clip = Math.min(1, this.clipNorm / (Math.sqrt(dot(gradient, 0, gradient, 0, gradient.length)) + 1e-6));
    const [toMean, toSquare] = [1 - power(0.9, steps), 1 - power(0.999, steps)];
    for (let n = 0; n < parameters.length; n++) {
      const slope = clip * gradient[n];
      mean[n] += 0.1 * (slope - mean[n]);
      square[n] += 0.001 * (slope * slope - square[n]);
      next[n] = parameters[n] - ((rate / toMean) * mean[n]) / (Math.sqrt(square[n] / toSquare) + 1e-8);
    }
  }
}

const [MOMENTUM, MEMORY, REFRESH, DAMPING, CAP] = [0.9, 0.95, 5, 1e-3, 1];

/**
 * Momentum preconditioned in the eigenbasis of Kronecker factors, after SOAP (Vyas et al. 2024); what differs from it is
 * in training/optimisers.py. groups: [{ m, n, parts: [{ at, width }] }], the parameters [m, width] that form one matrix [m, n].
 */
export class Soap {
  constructor(groups) {
    this.steps = 0;
    this.groups = groups.map((group) => ({ ...group, state: null }));
  }

  step(gradient, parameters, next, rate) {
    this.steps++;
    for (const group of this.groups) {
      const { m, n, parts } = group;
      const joined = new Float64Array(m * n);
      each(parts, m, n, (at, place) => { joined[place] = gradient[at]; });
      const update = this.#update(joined, group);
      each(parts, m, n, (at, place) => { next[at] = parameters[at] - rate * update[place]; });
    }
  }

  #update(gradient, group) {
    const { m, n } = group;
    const slopes = transposed(gradient, m, n);
    const memory = Math.min(MEMORY, 1 - 1 / this.steps);
    group.state ??= { left: new Float64Array(m * m), right: new Float64Array(n * n), momentum: new Float64Array(m * n), square: new Float64Array(m * n) };
    const { state } = group;
    mix(state.left, timesTransposed(gradient, gradient, m, m, n, undefined, true), 1 - memory);
    mix(state.right, timesTransposed(slopes, slopes, n, n, m, undefined, true), 1 - memory);
    if (!state.leftBasis) Object.assign(state, bases(gradient, slopes, state, m, n));
    else if (this.steps % REFRESH === 0) {
      const order = turn(state, "left", m);
      state.square = inOrder(state.square, order, n);
      state.square = transposed(inOrder(transposed(state.square, m, n), turn(state, "right", n), m), n, m);
    }
    const { leftBasis, rightBasis, momentum, square } = state; // rows are the vectors
    const inBases = (of) => timesTransposed(timesTransposed(leftBasis, of, m, n, m), rightBasis, m, n, n); // of the transpose [n, m]
    mix(momentum, slopes, 1 - MOMENTUM);
    const turned = inBases(slopes);
    for (let at = 0; at < m * n; at++) square[at] += (1 - memory) * (turned[at] * turned[at] - square[at]);
    const scale = square.reduce((sum, value) => sum + value, 0) / (m * n);
    const step = inBases(momentum);
    const unit = Math.sqrt(scale) * (1 - power(MOMENTUM, this.steps));
    for (let at = 0; at < m * n; at++) step[at] /= unit * (square[at] / scale + DAMPING);
    const size = Math.sqrt(dot(step, 0, step, 0, m * n) / (m * n));
    if (size === 0 || scale === 0) return step.fill(0); // what is not finite goes on, and the next loss ends the training
    const update = timesTransposed(transposed(leftBasis, m, m), timesTransposed(transposed(rightBasis, n, n), step, n, m, n), m, n, m);
    const factor = Math.min(1, CAP / size);
    return factor < 1 ? update.map((value) => factor * value) : update;
  }
}

/** Calls back with the place of each parameter among all, and in the matrix [m, n] of its group. */
function each(parts, m, n, act) {
  let left = 0;
  for (const { at, width } of parts) {
    for (let row = 0; row < m; row++) for (let col = 0; col < width; col++) act(at + row * width + col, row * n + left + col);
    left += width;
  }
}

/** The first bases: eigenvectors of the smaller factor; the other's are what the gradient makes of them, and a complement. */
function bases(gradient, slopes, { left, right }, m, n) {
  if (m < n) {
    const leftBasis = eigen(left, m).vectors;
    return { leftBasis, rightBasis: orthonormal(timesTransposed(leftBasis, slopes, m, n, m), m, n) };
  }
  const rightBasis = eigen(right, n).vectors;
  return { leftBasis: orthonormal(timesTransposed(rightBasis, gradient, n, m, n), n, m), rightBasis };
}

/** Turns a basis by one step of orthogonal iteration; returns the order of its vectors that sorts their eigenvalues. */
function turn(state, side, n) {
  const basis = state[`${side}Basis`];
  const product = timesTransposed(basis, state[side], n, n, n);
  const values = Float64Array.from({ length: n }, (_, i) => dot(basis, i * n, product, i * n, n));
  const order = Array.from(values.keys()).sort((i, j) => values[j] - values[i]);
  if (n > 1) state[`${side}Basis`] = orthonormal(inOrder(product, order, n), n, n);
  return order;
}

function mix(into, values, share) {
  for (let at = 0; at < into.length; at++) into[at] += share * (values[at] - into[at]);
}

function power(base, exponent) {
  let result = 1;
  for (let n = 0; n < exponent; n++) result *= base;
  return result;
}

/** The learning rate of a step, from 0: a rise, then a straight line to 0 (zoo/_recipes.py). */
export function learningRateAt(step, { learning_rate, steps, warmup, decay }) {
  const warm = Math.max(1, Math.round(warmup * steps));
  if (step < warm) return (learning_rate * (step + 1)) / warm;
  return decay === "none" ? learning_rate : (learning_rate * (steps - step)) / Math.max(1, steps - warm);
}

/** Moves an average towards the parameters; its time constant is `span` times the number of updates. */
export function average(into, parameters, updates, span) {
  const share = 1 / Math.max(1, Math.ceil(span * updates));
  for (let n = 0; n < into.length; n++) into[n] += share * (parameters[n] - into[n]);
}
