// The families of signals by name: a new one is a file here, as in Python.
//   signalOf({ family, ...parameters }) gives { sigma, clean(L, H, random), moments(L, H), posterior(window, H), slope(window,
//     ahead) }: a draw without noise [L + H]; means and covariances; mean and variance [H] of what follows a window; the mean
//     `ahead` steps after the next value, and its derivative by each value of the window.
import * as ofRecall from "./recall.js";
import * as ofSine from "./sine.js";
import * as ofSineAny from "./sine_any.js";
import * as ofSquare from "./square.js";
import * as ofTwoTone from "./two_tone.js";

const FAMILIES = {
  sine: [ofSine.sine, ofSine.scene],
  sine_any: [ofSineAny.sine_any, ofSineAny.scene],
  square: [ofSquare.square, ofSquare.scene],
  two_tone: [ofTwoTone.two_tone, ofTwoTone.scene],
  recall: [ofRecall.recall, ofRecall.scene],
};

function familyOf(name) {
  if (!(name in FAMILIES)) throw new Error(`no signal ${name}; expected one of ${Object.keys(FAMILIES).join(", ")}`);
  return FAMILIES[name];
}

export const signalOf = ({ family, ...parameters }) => familyOf(family)[0](parameters);

/** A signal as the sliders of a page set it: `curve(values, count, L)` without noise [count], and `signal(values)`, its facts. */
export function sceneOf({ family, ...parameters }) {
  const [, scene] = familyOf(family);
  return {
    curve: (values, count, L) => scene.curve(values, count, L, parameters),
    signal: (values) => ({ family, ...scene.signal(values, parameters) }),
  };
}
