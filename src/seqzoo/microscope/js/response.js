// The windows that show what a unit responds to: without noise, one for each phase or value to remember.
import { forward, lastStates, principal, project } from "./cell.js";

const QUARTERS = ["0", "½π", "π", "3⁄2π"]; // of a period

/** The question of a sine: windows over one period of the phase of their last value. */
function phases(amplitude, frequency, L, of) {
  const points = Array.from({ length: 48 }, (_, n) => {
    const phase = (2 * Math.PI * n) / 48;
    const window = Array.from({ length: L }, (_, t) => amplitude * Math.sin(phase - frequency * (L - 1 - t)));
    return { window, hue: (360 * n) / 48, label: n % 12 ? null : QUARTERS[n / 12] };
  });
  return { points, by: `the phase of their last value`, of: `the clean sine${of}`, what: "phase" };
}

/** The question of recall: windows of zeros with a cue in the middle, followed by a value to remember. */
function memories({ cue, spread }, L) {
  const place = Math.floor((L - 1) / 2);
  const points = Array.from({ length: 41 }, (_, n) => {
    const value = ((n - 20) / 10) * spread;
    const window = Array.from({ length: L }, (_, t) => (t === place ? cue : t === place + 1 ? value : 0));
    return { window, hue: 25 + 4.5 * n, label: n % 20 ? null : value.toFixed(1).replace("-", "−") };
  });
  return { points, by: "the value after the cue", of: "zeros with a cue in the middle", what: "value" };
}

/** The question for the units of a network trained on a signal; null if the signal has none. */
export function questionOf(signal, L) {
  const { family, amplitude, angular_frequency: frequency, lowest, highest } = signal;
  if (family === "sine") return phases(amplitude, frequency, L, "");
  const middle = (lowest + highest) / 2;
  if (family === "sine_any") return phases(amplitude, middle, L, ` at the middle frequency (${middle.toFixed(2)})`);
  return family === "recall" && L > 2 ? memories(signal, L) : null;
}

/**
 * The last states [points * K] of the windows of a question, and the plane in which they vary most.
 * Without a core it yields between windows, because all of them take longer than a frame.
 */
export function* responding(cell, { points }, inModel, changes) {
  const K = cell.size;
  const windows = points.map(({ window }) => inModel(window));
  let states = lastStates(cell, windows, changes);
  if (!states) {
    states = new Float64Array(points.length * K);
    for (const [n, window] of windows.entries()) {
      const { steps, L } = forward(cell, window, changes);
      states.set(steps.h.subarray((L - 1) * K), n * K);
      if (n % 6 === 5) yield;
    }
  }
  const plane = principal(states, K);
  const at = project(plane, states);
  return { plane, states, dots: points.map(({ hue, label }, n) => ({ at: at[n], hue, label })) };
}

/** The same without yielding. */
export function respond(...given) {
  const run = responding(...given);
  let at = run.next();
  while (!at.done) at = run.next();
  return at.value;
}
