// One microscope, or two side by side: on the same window, at the same step, with a strip that compares their forecasts.
import { open } from "./microscope.js";
import { versus } from "./versus.js";

/** What both are told alike; all else about the second is in `beside.facts`. */
const COMMON = new Set(["start", "known", "window", "bayes", "outside", "is_given"]);
/** What a second one that is no twin has for itself; in the view, "with_" stands before it. */
const OWN = ["unit", "freeze", "ablate"];

/**
 * Opens what `host` shows; returns a function that removes it. The host is as for `open`, and also has:
 *   get("beside"): null, or { facts, weights } of the second microscope: its own facts, and the address of its weights.
 *   fetch(address): a promise of bytes.
 */
export function pair(el, host) {
  const strip = versus();
  const row = document.createElement("div");
  row.className = "mz-pair";
  el.append(strip.element, row);
  const sides = [];

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
        strip.show(sides.map((each) => each.figures), root);
      },
      ready(ways) {
        Object.assign(one, ways);
        if (sides.length === 2 && sides.every(({ share }) => share)) sides[0].share();
      },
    });
    return one;
  }

  /** Opens, replaces or closes the second one. */
  function beside() {
    const second = sides[1];
    if (second) {
      second.close();
      second.element.remove();
      sides.length = 1;
      sides[0].given = {};
      strip.show([], null);
      tell(); // without what the second had for itself
    }
    const given = host.get("beside");
    row.classList.toggle("mz-two", Boolean(given));
    if (!given) return;
    side((name) => {
      if (COMMON.has(name)) return host.get(name);
      if (name !== "view") return given.facts[name];
      const shared = Object.entries(viewOf(false)).filter(([key]) => !OWN.includes(key));
      const own = Object.entries(viewOf(true)).map(([key, value]) => [key.slice(5), value]);
      return Object.fromEntries([...shared, ...own]);
    }, () => host.fetch(given.weights));
  }

  side((name) => (name === "view" ? viewOf(false) : host.get(name)), host.weights);
  Object.assign(sides[0], { window: host.get("window"), view: viewOf(false) });
  beside();
  const deaf = [...COMMON, "view"].map((name) => host.listen(name, () => {
    for (const one of sides) if (name !== "view" || one === sides[0]) one.heard[name]?.();
  }));
  deaf.push(host.listen("beside", beside));
  return () => {
    deaf.forEach((stop) => stop());
    sides.forEach(({ close }) => close());
    strip.element.remove();
    row.remove();
  };
}
