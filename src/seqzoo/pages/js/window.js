// The window of a model of a known signal that all views of a page share, as the address holds it: app/model/window.py has the
// same state, and a link opens the same window there. No DOM.
import limits from "../../_window.json" with { type: "json" };
import { Random } from "./random.js";
import { sceneOf, signalOf } from "./signals/families.js";

/** What these numbers mean stands in _window.py. */
export const { first_seed: FIRST_SEED, draws: DRAWS, least_noise: LEAST_NOISE, digits: DIGITS, largest: LARGEST, longest: LONGEST,
  most_characters: MOST_CHARACTERS } = limits;
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** The number that a text is, or null. */
export function numberOf(text) {
  const value = text?.length <= LONGEST && NUMBER.test(text) ? Number(text) : NaN;
  return Math.abs(value) <= LARGEST ? value : null;
}

/** Values [L] as an address holds them, a word each. */
function words(values) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const span = values.reduce((most, value) => Math.max(most, value), -Infinity) - values.reduce((least, value) => Math.min(least, value), Infinity);
  const size = span > 0 && span < largest / 100 ? span : largest; // of a series far from 0, the digits that differ are kept
  const decimals = DIGITS - (size ? Math.floor(Math.log10(size)) : 0);
  if (decimals < 0 || decimals > 9) return values.map((value) => String(Number(value.toPrecision(6))).replace("e+", "e"));
  return values.map((value) => String(Number(value.toFixed(decimals))));
}

/** Values [L], rounded as an address holds them, so that a link opens exactly the same window. */
export const rounded = (values) => words(values).map(Number);

/** The changed values in a text of an address, "20_0.5~3_-1", as a map of places from 0; unusable ones are left out. */
function changesIn(text, L) {
  const changes = new Map();
  for (const item of text.slice(0, (LONGEST + 6) * L).split("~")) {
    const [place, word] = item.split("_");
    const value = numberOf(word);
    if (/^\d{1,5}$/.test(place) && place >= 1 && place <= L && value !== null) changes.set(place - 1, value);
  }
  return changes;
}

/** The values [L] in a text of an address, or null. */
function valuesIn(text, L) {
  const values = text.split("_").map(numberOf);
  return values.length === L && !values.includes(null) ? values : null;
}

/** The keys of an address that are of the window. */
export const keysOf = (knobs) => ["draw", "values", "pasted", "seed", ...knobs.map(({ key }) => key)];

/** Values [length] that begin as `start` has them, and the changes of single ones; `pasted` is null unless they are the visitor's. */
class Changed {
  /** Whether the visitor gave or changed values, whose law is unknown. */
  get isOwn() {
    return this.pasted !== null || this.changes.size > 0;
  }

  /** The window [L]. */
  get context() {
    const values = [...this.start];
    for (const [place, value] of this.changes) values[place] = value;
    return values;
  }

  /** The changes as an address holds them. */
  get changed() {
    const items = [...this.changes].sort(([a], [b]) => a - b).map(([place, value]) => `${place + 1}_${value}`);
    return items.length ? { values: items.join("~") } : {};
  }

  /** Changes one value, rounded as the address holds it. */
  drag(place, value) {
    const moved = this.context;
    moved[place] = value;
    this.changes.set(place, rounded(moved)[place]);
  }
}

/** A window of a measured series: a host gives its `start`, its `seed`, and as `given` whether it is the visitor's own. */
export class MeasuredWindow extends Changed {
  knobs = [];

  constructor(length, host) {
    super();
    Object.assign(this, { length, host });
    this.read(host.get("view") ?? {});
  }

  read(query) {
    this.changes = changesIn(query.values ?? "", this.length);
  }

  get query() {
    return this.changed;
  }

  get start() {
    return this.host.get("start");
  }

  get seed() {
    return this.host.get("seed");
  }

  get pasted() {
    return this.host.get("given") ? this.start : null;
  }
}

/**
 * facts: { length, horizon, signal: { family, ...parameters }, knobs: [{ key, label, low, high, step, start }] }
 * query: the keys of the address, as texts.
 *
 * `pasted` is a window of the visitor's own, or null; `changes` maps places in the window, from 0, to changed values. `values`
 * are those of the sliders; with a number `draw`, the window is one drawn from the signal.
 */
export class SignalWindow extends Changed {
  constructor({ length, signal, knobs }, query) {
    super();
    Object.assign(this, { length, own: signal, knobs, scene: sceneOf(signal) });
    this.read(query);
  }

  /** Takes over the state of an address. */
  read(query) {
    const within = (key, low, high) => {
      const value = key in query ? numberOf(query[key]) : null;
      return value === null ? null : Math.min(Math.max(value, low), high);
    };
    this.values = Object.fromEntries(this.knobs.map(({ key, low, high, start }) => [key, within(key, low, high) ?? start]));
    this.seed = Math.floor(within("seed", 0, 2 ** 31 - 1) ?? FIRST_SEED);
    const draw = within("draw", -1, DRAWS - 1);
    this.draw = draw === null || draw < 0 ? null : Math.floor(draw);
    this.pasted = query.pasted ? valuesIn(query.pasted, this.length) : null;
    this.changes = changesIn(query.values ?? "", this.length);
    this.#forget();
  }

  /** The state for the address: the keys that differ from those of a first visit. */
  get query() {
    const moved = this.knobs.filter(({ key, start }) => this.values[key] !== start).map(({ key }) => [key, String(this.values[key])]);
    return {
      ...Object.fromEntries(moved),
      ...(this.seed !== FIRST_SEED && { seed: String(this.seed) }),
      ...(this.draw !== null && { draw: String(this.draw) }),
      ...(this.pasted && { pasted: words(this.pasted).join("_") }),
      ...this.changed,
    };
  }

  #forget() {
    this.drawn = null;
  }

  /** The facts of the signal that the Bayes and the best linear forecast assume: for own values that of the model. */
  get signal() {
    return this.pasted ? this.own : this.scene.signal(this.values);
  }

  /** The window [L] without the changes of single values. */
  get start() {
    return this.pasted ?? this.#drawn(1).observed;
  }

  /** [L + H]: the values without noise; null where nobody knows them. */
  clean(H) {
    return this.pasted ? null : this.#drawn(H).clean;
  }

  /** The window without changes [L], and its values without noise for at least H steps more [L + H]. */
  #drawn(H) {
    if (this.drawn && this.drawn.steps >= H) return { ...this.drawn, clean: this.drawn.clean.slice(0, this.length + H) };
    const L = this.length;
    let clean, noise, sigma;
    if (this.draw === null) {
      clean = this.scene.curve(this.values, L + H, L);
      [noise, sigma] = [new Random(this.seed).normals(L), this.values.noise];
    } else { // of the model's signal, unless a slider was moved
      const isMoved = this.knobs.some(({ key, start }) => this.values[key] !== start);
      const signal = signalOf(isMoved ? this.scene.signal(this.values) : this.own);
      const random = new Random(this.draw);
      clean = signal.clean(L, H, random);
      [noise, sigma] = [random.normals(L), signal.sigma];
    }
    this.drawn = { steps: H, clean, observed: noise.map((value, t) => clean[t] + sigma * value) };
    return this.drawn;
  }

  turn(key, value) {
    this.values[key] = value;
    this.#reset();
  }

  /** Takes other noise. */
  renewNoise() {
    this.seed++;
    this.#reset();
  }

  /** Draws the next window. */
  renew() {
    const next = ((this.draw ?? 0) + 1) % DRAWS;
    this.#reset();
    this.draw = next;
  }

  #reset() {
    Object.assign(this, { draw: null, pasted: null, changes: new Map() });
    this.#forget();
  }

  /** Takes over a window [L] that another view shows: the places that differ from `start` are its changes. */
  change(window) {
    const { start } = this;
    this.changes = new Map([...window.entries()].filter(([place, value]) => value !== start[place]));
  }

  /** Uses the visitor's own values [L], or with null the window of the signal again. */
  give(values) {
    this.pasted = values && rounded(values);
    this.changes = new Map();
  }
}
