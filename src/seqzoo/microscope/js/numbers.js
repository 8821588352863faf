// The numbers of one unit at one step: every input, gate, state and product, and each term of its equations. No DOM.
import { fromHidden, head } from "./cell.js";

const sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));

/** The keys of the rows of equations of a cell, in the order in which it computes them. */
export const ROWS = {
  lstm: ["f", "i", "g", "o", "c", "h", "y"],
  gru: ["z", "r", "n", "h", "y"],
  rnn: ["h", "y"],
};

/**
 * The numbers of unit `unit` at step `step`, by key. `x`, `h0`, `c0` come in; a gate or state has its own name; `y` is the
 * answer after the step. `f.x`, `f.known`, `f.h0`, `f.b` are the terms of the sum of gate f, and `f.sum` their sum;
 * `f.free` is the value that it would have if it were not held. `answer` turns the output of the head into a forecast.
 * facts: { known [L][D - 1], ahead, weight, answer }, with the weight of the unit in the forecast.
 */
export function numbersOf(cell, trace, { step, unit }, { known = [], ahead = 0, weight, answer }) {
  const K = cell.size;
  const at = trace.order[step];
  const now = (name) => trace.steps[name][step * K + unit];
  const before = (name) => (step > 0 ? trace.steps[name][(step - 1) * K + unit] : 0);
  const numbers = { x: trace.window[at], h0: before("h") };
  for (const name of cell.names) numbers[name] = now(name);
  const sums = cell.gates.length ? cell.gates : ["h"];
  sums.forEach((name, block) => {
    const row = block * K + unit;
    const wide = cell.channels - 1;
    let rest = 0;
    for (let d = 0; d < wide; d++) rest += cell.fromKnown[row * wide + d] * known[at][d];
    const hidden = fromHidden(cell, trace, step, row);
    const isReset = name === "n"; // the reset gate scales U h + b', so that b' is not in b
    const terms = { x: cell.fromX[row] * numbers.x, known: rest, h0: hidden - (isReset ? 0 : cell.biasH[row]),
      b: cell.biasX[row] + (isReset ? 0 : cell.biasH[row]) };
    const past = isReset ? numbers.r * terms.h0 : terms.h0;
    const sum = terms.x + terms.known + terms.b + past;
    for (const [term, value] of Object.entries(terms)) numbers[`${name}.${term}`] = value;
    numbers[`${name}.sum`] = sum;
    numbers[`${name}.free`] = cell.shut.includes(name) ? sigmoid(sum) : Math.tanh(sum);
  });
  if (cell.architecture === "lstm") {
    const { f, i, g, c, o } = numbers;
    numbers.c0 = before("c");
    Object.assign(numbers, { kept: f * numbers.c0, new: i * g, squash: Math.tanh(c) });
    numbers["h.free"] = o * numbers.squash;
  }
  if (cell.architecture === "gru") {
    const { z, n, r, h0 } = numbers;
    Object.assign(numbers, { kept: z * h0, rest: 1 - z, new: (1 - z) * n, read: r * numbers["n.h0"] });
    numbers["h.free"] = numbers.kept + numbers.new;
  }
  if (cell.architecture === "rnn") numbers.b = numbers["h.b"]; // its bias has a wire of its own
  numbers.y = answer(head(cell, trace.steps.h, step)[ahead]);
  numbers.v = weight;
  numbers.others = numbers.y - weight * numbers.h;
  return numbers;
}

/** A number with two significant digits, but for the largest. */
export function figure(value) {
  const size = Math.abs(value);
  if (size < 0.0005) return "0";
  const digits = size < 0.0995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return value.toFixed(digits).replace("-", "−");
}

/** The text of a number: `paren` in parentheses if negative, `abs` without its sign. */
export function worded(value, as) {
  if (as === "abs") return figure(Math.abs(value));
  return as === "paren" && figure(value).startsWith("−") ? `(${figure(value)})` : figure(value);
}
