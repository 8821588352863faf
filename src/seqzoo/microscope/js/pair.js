// One microscope, or two side by side: on the same window, at the same step, with a strip that compares their forecasts;
// and where a training has left one, the film of it.
import { filmIn, framesOf } from "./film.js";
import { open } from "./microscope.js";
import { dressAs } from "./palette.js";
import { versus } from "./versus.js";

/** What both are told alike; all else about the second is in `beside.facts`. */
const COMMON = new Set(["start", "known", "window", "bayes", "outside", "is_given"]);
/** What follows the signal that is assumed, for as many steps ahead; "farther_" stands before those of more steps than the first has. */
const LINEAR = new Set(["best_linear", "best_linear_bias"]);
/** What a second one that is no twin has for itself; in the view, "with_" stands before it. */
const OWN = ["unit", "freeze", "ablate"];

/**
 * Opens what `host` shows; returns a function that removes it. The host is as for `open`, and also has:
 *   get("beside"): null, or { facts, weights } of the second microscope: its own facts, and the address of its weights; of
 *     another training also `key`, which stays as it goes on, and `film`, { steps, address }.
 *   fetch(address): a promise of bytes.
 *   get("film"): what `filmIn` is given, if there is a film; then also filmed(step), which reports the chosen step.
 */
export function pair(el, host) {
  const strip = versus();
  const row = document.createElement("div");
  row.className = "mz-pair";
  const reel = document.createElement("section");
  reel.className = "mz mz-film";
  if (host.get("film")) el.append(reel);
  el.append(strip.element, row);
  const sides = [];
  let film = null;

  const isTwin = () => sides[0].of === sides[1].of;
  const viewOf = (isOwn) => Object.fromEntries(Object.entries(host.get("view")).filter(([key]) => key.startsWith("with_") === isOwn));

  /** Reports the view of both: that of the first, and what the second has for itself. */
  function tell() {
    const [first, second] = sides;
    const isAlike = !second?.of || isTwin(); // or not there yet: it keeps what the link says
    const own = second?.view && !isAlike ? OWN.filter((key) => key in second.view).map((key) => [`with_${key}`, second.view[key]]) : [];
    const rest = second && !second.of ? viewOf(true) : Object.fromEntries(own);
    host.tell(first.window, { ...first.view, ...rest });
  }

  function side(get, weights) {
    const number = sides.length;
    const one = { given: {}, heard: {}, element: document.createElement("div") };
    sides.push(one);
    row.append(one.element);
    one.close = open(one.element, {
      get: (name) => (name in one.given ? one.given[name] : get(name)),
      weights,
      core: host.core,
      leads: number === 0,
      tell(window, told) {
        Object.assign(one, { window, view: told });
        tell();
      },
      listen(name, follow) {
        one.heard[name] = follow;
        return () => delete one.heard[name];
      },
      share(name, value) {
        const other = sides[1 - number];
        if (!other) return;
        other.given[name] = value;
        if (sides.every(({ share }) => share)) other.heard[name]?.();
      },
      drawn(figures, root) {
        one.figures = figures;
        if (number === 0 && film) dressAs(reel, root, "mz-film");
        strip.show(sides.map((each) => each.figures), root);
      },
      ready(ways) {
        Object.assign(one, ways);
        if (sides.length === 2 && sides.every(({ share }) => share)) sides[0].share();
        if (number === 0 && host.get("film")) begin();
        if (number === 1) accompany();
      },
    });
    return one;
  }

  const frames = framesOf(host.fetch, host.core);
  const channels = 1 + (host.get("channels") ?? []).length;
  let moment = null; // the frame that is shown: [step, isLast]
  function begin() {
    film = filmIn(reel, () => host.get("film"), {
      frame: (address, step) => frames(address, step, host.get("architecture"), channels),
      cast(cell, isLast, step) {
        moment = [step, isLast];
        sides[0].cast(cell, isLast);
        accompany();
      },
      told: host.filmed,
    });
    film.show();
  }

  /** Shows the other training at the same step, or where it ended. */
  async function accompany() {
    const other = host.get("beside");
    if (!other?.film || !moment || !sides[1]?.cast) return;
    const [[step, isLast], second] = [moment, sides[1]];
    const at = other.film.steps.findLast((one) => one <= step);
    const cell = await frames(other.film.address, at, other.facts.architecture, channels).catch(() => null);
    if (cell && moment[0] === step && sides[1] === second) second.cast(cell, isLast);
  }

  /** Opens, replaces or closes the second one. */
  function beside() {
    const second = sides[1];
    const given = host.get("beside");
    const key = given && (given.key ?? given.weights);
    if (second && second.key === key) return void accompany();
    if (second) {
      second.close();
      second.element.remove();
      sides.length = 1;
      sides[0].given = {};
      strip.show([], null);
      tell(); // without what the second had for itself
    }
    row.classList.toggle("mz-two", Boolean(given));
    if (!given) return;
    side((name) => {
      if (COMMON.has(name)) return host.get(name);
      if (LINEAR.has(name)) {
        const count = given.facts[name].length;
        const now = [name, `farther_${name}`].map((one) => host.get(one)).find((rows) => rows?.length >= count);
        return now?.slice(0, count) ?? given.facts[name];
      }
      if (name !== "view") return given.facts[name];
      const shared = Object.entries(viewOf(false)).filter(([key]) => !OWN.includes(key));
      const own = Object.entries(viewOf(true)).map(([key, value]) => [key.slice(5), value]);
      return Object.fromEntries([...shared, ...own]);
    }, () => host.fetch(given.weights)).key = key;
  }

  side((name) => (name === "view" ? viewOf(false) : host.get(name)), host.weights);
  const hear = () => Object.assign(sides[0], { window: host.get("window"), view: viewOf(false) });
  hear();
  beside();
  const deaf = [...COMMON, "view"].map((name) => host.listen(name, () => {
    hear(); // first: the second one would report what was before
    for (const one of sides) if (name !== "view" || one === sides[0]) one.heard[name]?.();
  }));
  deaf.push(host.listen("beside", beside), host.listen("film", () => film?.update()));
  return () => {
    deaf.forEach((stop) => stop());
    film?.close();
    sides.forEach(({ close }) => close());
    strip.element.remove();
    reel.remove();
    row.remove();
  };
}
