// The forecasts of every architecture from its weights. No DOM. Recurrent networks run on the compiled core where there is
// one, in float32, and else by the microscope's cell.js; the others are those of feedforward.js, in float64.
import { CELLS, forward, makeCell } from "../../microscope/js/cell.js";
import { enter, frameOf, leave, through } from "../../microscope/js/scaling.js";
import { FEED_FORWARD, FeedForward } from "./feedforward.js";

/** The parts of all weights of a recurrent network, in the order in which the core takes them. */
const partsOf = (name) => [`${name}.weight_ih_l0`, `${name}.weight_hh_l0`, `${name}.bias_ih_l0`, `${name}.bias_hh_l0`, "head.weight", "head.bias"];

function recurrent(architecture, tensors, core) {
  const cell = makeCell(architecture, tensors); // which checks the shapes
  const byHand = (x) => forward(cell, x).forecast;
  if (!core) return byHand;
  const parts = partsOf(architecture).map((name) => tensors[name].data);
  const parameters = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  parts.reduce((at, part) => (parameters.set(part, at), at + part.length), 0);
  const shape = { architecture, D: 1, K: cell.size, H: cell.horizon };
  return (x) => {
    const run = core.forward(shape, parameters, Float32Array.from(x), x.length);
    return run ? Float64Array.from(run.outputs) : byHand(x);
  };
}

export const isFeedForward = (architecture) => FEED_FORWARD.includes(architecture);

/** Whether the forecasts of an architecture can be computed here. */
export const isKnown = (architecture) => architecture in CELLS || isFeedForward(architecture);

/**
 * The forecast [H] of windows [L] of one channel, in the units of the series, as a function. Throws where the weights do not
 * fit.
 *   facts: { architecture, heads, scale }, the numbers of its scaling as in scaling.js.
 *   tensors: as parseSafetensors of cell.js reads them.
 *   core: the compiled core; null for none.
 */
export function networkOf({ architecture, heads = 1, scale }, tensors, core = null) {
  if (!isKnown(architecture)) throw new Error(`no network ${architecture}; expected one of ${[...Object.keys(CELLS), ...FEED_FORWARD].join(", ")}`);
  if (isFeedForward(architecture)) return new Scaled({ architecture, heads, scale }, tensors).forecast;
  const run = recurrent(architecture, tensors, core);
  return (window) => {
    const frame = frameOf(scale, Array.from(window));
    return run(Float64Array.from(enter(frame, window))).map((value, ahead) => leave(frame, value, ahead));
  };
}

/** A feed-forward network with windows [L] and forecasts in the units of the series; facts and tensors as for `networkOf`. */
export class Scaled {
  constructor({ architecture, heads = 1, scale }, tensors) {
    this.scale = scale;
    this.network = new FeedForward(architecture, tensors, heads);
  }

  #entered(window) {
    const frame = frameOf(this.scale, Array.from(window));
    return [frame, Float64Array.from(enter(frame, window))];
  }

  /** The window in the units of the network. */
  scaled = (window) => this.#entered(window)[1];

  /** The forecast [H]. */
  forecast = (window) => {
    const [frame, input] = this.#entered(window);
    return this.network.forecast(input).map((value, ahead) => leave(frame, value, ahead));
  };

  /** The forecast of one step ahead, counted from 1, and its derivative [L]. */
  slope(window, step = 1, off = undefined) {
    const [frame, input] = this.#entered(window);
    const { forecast, derivative } = this.network.slope(input, step - 1, off);
    const value = forecast[step - 1];
    return { forecast: leave(frame, value, step - 1), derivative: through(frame, derivative, input, value, step - 1) };
  }

  /** How each head divides its attention; null where it has none. */
  attention = (window, off = undefined) => (this.network.filters ? null : this.network.attention(this.scaled(window), off));
}
