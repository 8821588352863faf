// The state of the page, and its view: short texts that fit into a link. No DOM.
import { shuffled } from "./cell.js";

const CHANGES = ["freeze", "ablate", "order", "values"]; // the keys that undo restores
const LARGEST = 1e12; // absolute value in a link
export const FIRST = 8; // units that the maps show at first

/** The whole number in a text, clamped to its bounds; null if the text is none. */
function whole(text, low, high) {
  return /^-?\d{1,9}$/.test(text) ? Math.max(low, Math.min(high, Number(text))) : null;
}

/** The unit that a text names; null where the cell has no such unit. */
function unitOf(cell, text) {
  return /^\d{1,9}$/.test(text) && Number(text) < cell.size ? Number(text) : null;
}

/** The order in which L values are read, by its name: plain, reverse, shuffle0, shuffle1 and so on. */
export function orderNamed(name, L) {
  const plain = Array.from({ length: L }, (_, t) => t);
  if (name.startsWith("shuffle")) return shuffled(L, Number(name.slice(7)));
  return name === "reverse" ? plain.toReversed() : plain;
}

/** The list `freeze` with a gate held at a value, in one unit or (null) in all; a value of null releases it. */
export function hold(freeze, gate, unit, value) {
  const rest = freeze.filter((one) => one.gate !== gate || (unit !== null && one.unit !== unit));
  if (value === null) { // a unit that is held together with all others releases all
    return rest.length < freeze.length ? rest : freeze.filter((one) => one.gate !== gate);
  }
  return [...rest, { gate, unit, value }].sort((a, b) => (a.unit ?? -1) - (b.unit ?? -1)); // a single unit overrides all
}

/** The entry of `freeze` that holds a gate in a unit, or (null) in all of them. */
export const holding = (freeze, gate, unit) =>
  freeze.findLast((one) => one.gate === gate && (one.unit === null || one.unit === unit));

/**
 * The state that a view describes; `first` is the unit chosen at first.
 * A view may come from a link: invalid values are ignored, and numbers are clamped.
 */
export function fromView(view, { cell, start, first, aheads }) {
  const L = start.length;
  const given = (key) => (["string", "number"].includes(typeof view?.[key]) ? String(view[key]) : "");
  const items = (key) => given(key).slice(0, 20000).split("~");
  const state = {
    draw: whole(given("draw"), 0, 999999) ?? 0,
    step: (whole(given("t"), 1, L) ?? L) - 1,
    unit: unitOf(cell, given("unit")) ?? first,
    ahead: (whole(given("ahead"), 1, aheads) ?? 1) - 1,
    scope: given("scope") === "one" ? "one" : "all",
    isSorted: given("sort") !== "off",
    isWhole: given("units") === "all",
    orderName: /^(reverse|shuffle\d{1,3})$/.test(given("order")) ? given("order") : "plain",
    freeze: [],
    ablate: new Set(items("ablate").map((text) => unitOf(cell, text)).filter((unit) => unit !== null)),
    window: [...start],
  };
  state.order = orderNamed(state.orderName, L);
  for (const item of items("freeze")) {
    const [, gate, value, unit] = /^([a-z])(-?(?:\d|\d?\.\d{1,9}))(?:_(\d+))?$/.exec(item) ?? [];
    const isBeyond = value > 1 || value < (cell.shut.includes(gate) ? 0 : -1);
    const at = unit === undefined ? null : unitOf(cell, unit);
    if (!cell.gates.includes(gate) || isBeyond || (unit !== undefined && at === null)) continue;
    state.freeze = hold(state.freeze, gate, at, Number(value));
  }
  for (const item of items("values")) {
    const [place, value] = item.split("_");
    const isPlace = /^\d{1,4}$/.test(place) && place >= 1 && place <= L;
    if (!isPlace || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) continue;
    state.window[place - 1] = Math.max(-LARGEST, Math.min(LARGEST, Number(value)));
  }
  return state;
}

/** The view of a state, without the keys that have their initial values. */
export function toView(state, { start, first }) {
  const view = {};
  if (state.draw) view.draw = String(state.draw);
  if (state.step !== start.length - 1) view.t = String(state.step + 1);
  if (state.unit !== first) view.unit = String(state.unit);
  if (state.ahead) view.ahead = String(state.ahead + 1);
  if (state.scope === "one") view.scope = "one";
  if (!state.isSorted) view.sort = "off";
  if (state.isWhole) view.units = "all";
  if (state.orderName !== "plain") view.order = state.orderName;
  const freeze = state.freeze.map(({ gate, unit, value }) => `${gate}${value}${unit === null ? "" : `_${unit}`}`);
  if (freeze.length) view.freeze = freeze.join("~");
  if (state.ablate.size) view.ablate = [...state.ablate].sort((a, b) => a - b).join("~");
  const values = moved(state, start).map((t) => `${t + 1}_${state.window[t]}`);
  if (values.length) view.values = values.join("~");
  return view;
}

/**
 * The units in the rows of the maps, of all `rows` in their order: the first of `ranked`, the units by contribution, and the
 * chosen one; or all of them.
 */
export function rowsShown({ rows, ranked, unit, isWhole }) {
  if (isWhole) return rows;
  const first = new Set([...ranked.slice(0, FIRST), unit]);
  return rows.filter((one) => first.has(one));
}

/** The places [n] of the values that differ from the first window. */
export const moved = (state, start) => [...state.window.keys()].filter((t) => state.window[t] !== start[t]);

/**
 * What a microscope takes over from the state of another one of the same window: where it looks, and how it reads. Of a twin, a
 * network of the same shape, it also takes the unit and what is held: to other units, a number means nothing.
 */
export function taken(given, { aheads, isTwin }) {
  const { window, order, orderName, draw, step, scope, isSorted, isWhole, unit, freeze, ablate } = given;
  const shared = { window: [...window], order, orderName, draw, step, scope, isSorted, isWhole, ahead: Math.min(given.ahead, aheads - 1) };
  return isTwin ? { ...shared, unit, freeze, ablate: new Set(ablate) } : shared;
}

/** Whether the network or its order of reading was changed. */
export const isTouched = (state) =>
  state.freeze.length > 0 || state.ablate.size > 0 || state.orderName !== "plain";

/** The history of changes to the network and its window: call `remember` before a change, and `undo` to restore. */
export class Past {
  constructor(base) {
    this.base = base;
    this.views = [];
  }

  /** Stores the state. Successive changes with the same tag are undone together. */
  remember(state, tag = null) {
    if (tag !== null && tag === this.tag) return;
    this.tag = tag;
    this.views.push(toView(state, this.base));
    if (this.views.length > 200) this.views.shift();
  }

  /** The state before the last change, with the current view of it; null if there is none. */
  undo(state) {
    this.tag = null;
    const before = this.views.pop();
    if (!before) return null;
    const view = toView(state, this.base);
    for (const key of CHANGES) {
      delete view[key];
      if (key in before) view[key] = before[key];
    }
    return fromView(view, this.base);
  }
}
