// Whether a window lies outside training, and how far: forecasters/familiarity.py computes the same from the same facts. No DOM.
import { typeset } from "./chart.js";

/**
 * The distances of a window [L] from training: { note, whose, far [L] }; null where training reaches it. `isTrained` tells whether
 * a network is asked about, or a reference that only knows its signal.
 */
export function outsideOf({ mean, sd, at, axes, reach, most, value_reach }, values, isTrained) {
  const distances = values.map((value) => Math.abs(value - mean) / sd);
  const value = Math.max(...distances);
  const last = values.slice(-at.length);
  const along = reach.slice(0, -1).map((_, n) => Math.abs(last.reduce((sum, one, t) => sum + (one - at[t]) * axes[t][n], 0)));
  along.push(Math.hypot(...along));
  const worst = along.reduce((best, one, n) => (one / reach[n] > along[best] / reach[best] ? n : best), 0);
  const isFar = value > value_reach;
  if (!isFar && along[worst] <= most * reach[worst]) return null;
  const [what, far, bound] = isFar ? ["a value", value, value_reach] : ["the shape", along[worst], most * reach[worst]];
  const [whose, of] = isTrained ? ["training saw", "training windows"] : ["its signal gives", "its windows"];
  return {
    note: `Outside what ${whose}: ${what} lies ${sized(far)} standard deviations from the mean; ${of} reach ${sized(bound)}.`,
    far: distances.map((one) => (one > value_reach ? one : 0)),
    whose: isTrained ? "this model has seen" : "its signal gives",
  };
}

/** A distance with three digits. */
const sized = (value) => (value < 1000 ? value.toPrecision(3).replace(/\.$/, "")
  : value < 1e6 ? Math.round(value).toLocaleString("en") : value.toPrecision(2).replace("e+", "e"));

/** Rings on a chart around the values [L] that lie outside, and beside the farthest one how far. */
export function marksOf(far, context) {
  if (!far) return [];
  const L = context.length;
  const worst = far.far.indexOf(Math.max(...far.far));
  return far.far.flatMap((one, n) => (one ? [{ x: n + 1 - L, y: context[n],
    words: n === worst && ["outside what", `${far.whose}:`, `${typeset(sized(one))} standard deviations`] }] : []))
    .map((mark) => ({ ...mark, words: mark.words || null }));
}
