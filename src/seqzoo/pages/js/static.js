// Hosts of views on a page without a server: facts from a file beside the page, one window that all views share, and the
// state in the address.
import { fetched } from "../../microscope/hosts/fetched.js";
import { coreOfPage } from "../../microscope/js/core.js";

const REST = 200; // ms without a change after which the address is written
const OF_THE_WINDOW = ["draw", "values"]; // the keys of the address that all views share
const LARGEST = 1e12; // absolute value in a link

/** The changed values of a link, "3_0.5~7_-1", as {place from 0: value}, of a window of L values. */
function changesIn(text, L) {
  const items = text.slice(0, 20000).split("~").map((item) => /^(\d{1,4})_([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)$/i.exec(item));
  const inside = items.filter((item) => item && item[1] >= 1 && item[1] <= L);
  return Object.fromEntries(inside.map(([, place, value]) => [place - 1, Math.max(-LARGEST, Math.min(LARGEST, Number(value)))]));
}

/**
 * The state of a model's page.
 *   facts: { draws [N][L], range, views: { key: facts of a view } }
 *   addresses: { weights, core }
 *   keys: { key: the keys of the address that are of that view }
 *   bayes(window, view): the Bayes forecast and its derivative as the microscope takes them; by default nothing, which shows none.
 */
export function state(facts, addresses, keys, bayes = () => ({})) {
  const query = new URLSearchParams(location.search);
  const followers = []; // of each view: { key, heard: Map of a name to a function }
  const { draws } = facts;
  let [draw, changes] = [0, {}];
  let writing;

  /** Reads the window from the address. */
  function read() {
    const asked = query.get("draw") ?? "";
    draw = /^\d{1,6}$/.test(asked) ? Number(asked) : 0;
    changes = changesIn(query.get("values") ?? "", draws[0].length);
  }
  const start = () => draws[draw % draws.length];
  const window = () => start().map((value, t) => changes[t] ?? value);

  function write() {
    clearTimeout(writing);
    writing = undefined;
    const search = query.toString().replaceAll("%7E", "~");
    history.replaceState(null, "", `${location.pathname}${search && `?${search}`}${location.hash}`);
  }
  const remember = () => { writing ??= setTimeout(write, REST); };

  /** What of the window lies outside the range of the signal, as a sentence. */
  function outside() {
    if (!facts.range) return "";
    const { mean, sd, reach } = facts.range;
    const far = Math.max(...window().map((value) => Math.abs(value - mean) / sd));
    return far > reach ? `Outside what its signal gives: a value lies ${far.toPrecision(2)} standard deviations from the mean; its windows reach ${reach.toPrecision(2)}.` : "";
  }

  function hear(names, but = null) {
    for (const one of followers) if (one !== but) names.forEach((name) => one.heard.get(name)?.());
  }

  function host(key) {
    const own = { key, heard: new Map() };
    followers.push(own);
    let last = {}; // the view that was told
    const view = () => {
      const mine = [...query].filter(([name]) => keys[key].includes(name) && !OF_THE_WINDOW.includes(name));
      const written = Object.entries(changes).map(([t, value]) => `${Number(t) + 1}_${value}`).join("~");
      return { ...Object.fromEntries(mine), ...(draw && { draw: String(draw) }), ...(written && { values: written }) };
    };
    const SHARED = { view, window, start, known: () => [], is_given: () => false, beside: () => null, outside,
      bayes: () => bayes(window(), last) };
    return {
      get: (name) => (name in SHARED ? SHARED[name]() : facts.views[key][name]),
      weights: () => fetched(addresses.weights),
      core: () => coreOfPage(() => fetched(addresses.core)),
      fetch: fetched,
      tell(told, given) {
        last = given;
        for (const name of keys[key]) if (!OF_THE_WINDOW.includes(name)) query.delete(name);
        for (const [name, value] of Object.entries(given)) if (keys[key].includes(name)) query.set(name, value);
        const isOther = "draw" in given ? Number(given.draw) !== draw : draw !== 0 && keys[key].includes("draw");
        if (isOther) {
          [draw, changes] = [Number(given.draw ?? 0), {}];
        } else {
          const begin = start();
          changes = Object.fromEntries([...told.entries()].filter(([t, value]) => value !== begin[t]));
        }
        const { draw: drawn, values } = view();
        for (const [name, value] of [["draw", drawn], ["values", values]]) {
          if (value) query.set(name, value);
          else query.delete(name);
        }
        remember();
        if (isOther) hear(["start"]);
        else hear(["window", "view"], own);
        hear(["bayes", "outside"]);
      },
      listen(name, follow) {
        own.heard.set(name, follow);
        return () => own.heard.delete(name);
      },
    };
  }

  read();
  return {
    host,
    query,
    /** Writes a change of the page's own keys as a new entry of the browser's history. */
    enter(name, value) {
      write();
      query.set(name, value);
      history.pushState(null, "", `?${query.toString().replaceAll("%7E", "~")}`);
    },
    /** Follows Back and Forward. */
    returned() {
      clearTimeout(writing);
      writing = undefined;
      for (const name of [...query.keys()]) query.delete(name);
      for (const [name, value] of new URLSearchParams(location.search)) query.set(name, value);
      read();
      hear(["start", "view"]);
    },
  };
}
