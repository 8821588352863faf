// Hosts of views on a page without a server: facts from a file beside the page, one window that all views share, and the
// state in the address.
import { fetched } from "../../microscope/hosts/fetched.js";
import { coreOfPage } from "../../microscope/js/core.js";
import { outsideOf } from "./familiarity.js";
import { bestLinear } from "./linear.js";
import { signalOf } from "./signals/families.js";
import { keysOf, LEAST_NOISE, SignalWindow } from "./window.js";

const REST = 350; // ms between two writes of the address: Safari refuses more than 100 in 30 seconds

const same = (a, b) => a.length === b.length && a.every((value, n) => value === b[n]);
const pick = (all, names) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));

/**
 * The state of a model's page.
 *   facts: { shared: those that all views share, views: { key: those of one view } }
 *   addresses: { weights, core }
 *   views: { key: { keys: the keys of the address that are of that view only, isMicroscope } }
 */
export function state(facts, addresses, views) {
  const ofWindow = keysOf(facts.shared.knobs);
  let query = Object.fromEntries(new URLSearchParams(location.search));
  const window = new SignalWindow(facts.shared, query);
  const hosts = [];
  let writing;
  let computed = null; // of this window: what the microscope shows of Bayes and of the best linear forecaster

  function address() {
    const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !ofWindow.includes(name)));
    const search = new URLSearchParams({ ...rest, ...window.query }).toString().replaceAll("%7E", "~").replaceAll("%2C", ",");
    return `${location.pathname}${search && `?${search}`}${location.hash}`;
  }
  function write() {
    clearTimeout(writing);
    writing = undefined;
    history.replaceState(null, "", address());
  }

  /** The signal that Bayes and the best linear forecaster assume. */
  function assumed() {
    const { signal } = window;
    return { ...signal, sigma: Math.max(signal.sigma, LEAST_NOISE) };
  }

  /** The best linear forecasts of the window's signal: those of the facts, but where a slider was moved; then maybe of more steps. */
  function linear(own) {
    const signal = assumed();
    const text = JSON.stringify(signal);
    if (text === JSON.stringify(own.signal)) return own;
    const [L, H] = [facts.shared.length, own.best_linear_bias.length];
    if (computed?.text !== text || computed.best_linear_bias.length < H) {
      const { weights, bias } = bestLinear(signalOf(signal), L, H);
      const rows = Array.from({ length: H }, (_, step) => Array.from(weights.slice(step * L, (step + 1) * L)));
      computed = { text, best_linear: rows, best_linear_bias: Array.from(bias) };
    }
    return computed;
  }

  /** The Bayes forecast of the window and its derivative; nothing where the signal's noise is too small to integrate. */
  function bayes(ahead) {
    try {
      const { forecast, derivative } = signalOf(assumed()).slope(window.context, ahead - 1);
      return { window: window.context, ahead, forecast, derivative: Array.from(derivative) };
    } catch {
      return {};
    }
  }

  /** Tells every host but one of a change. The microscope asks for a new first window where that changed. */
  function hear(isStart, but = null) {
    for (const one of hosts) {
      const names = !one.isMicroscope ? ["view"] : isStart ? ["start", "bayes", "outside"] : ["window", "view", "bayes", "outside"];
      for (const name of one === but ? names.filter((name) => /bayes|outside/.test(name) || (isStart && one.isMicroscope)) : names) {
        one.heard.get(name)?.();
      }
    }
  }

  function host(key) {
    const { keys, isMicroscope } = views[key];
    const own = { heard: new Map(), isMicroscope };
    hosts.push(own);
    const mine = () => pick(query, keys);
    const ofMicroscope = {
      view: () => ({ ...mine(), ...pick(window.query, window.draw ? ["draw", "values"] : ["values"]) }),
      window: () => window.context, start: () => window.start, known: () => [], is_given: () => window.pasted !== null,
      ...Object.fromEntries(["best_linear", "best_linear_bias"].map((name) => [name, () => linear(facts.views[key])[name].slice(0, facts.views[key][name].length)])),
      bayes: () => bayes(Number(query.ahead ?? 1)), outside: () => facts.shared.familiarity && (outsideOf(facts.shared.familiarity, window.context, true)?.note ?? ""),
    };
    const computes = isMicroscope ? ofMicroscope : { view: () => ({ ...mine(), ...window.query }), window: () => window.context };

    /** Takes over the window of a microscope: it knows the number of a drawn window, and changed values. */
    function look(told, { draw = "0" }) {
      if (Number(draw) !== (window.draw ?? 0)) window.renew();
      else window.change(told);
    }

    return {
      get: (name) => (name in computes ? computes[name]() : { ...facts.shared, ...facts.views[key] }[name]),
      weights: () => fetched(addresses.weights),
      partner: facts.views[key].partner_weights ? () => fetched(facts.views[key].partner_weights) : null,
      core: () => coreOfPage(() => fetched(addresses.core)),
      fetch: fetched,
      linear,
      tell(told, view) {
        const [before, start] = [JSON.stringify(window.query), window.start];
        query = { ...Object.fromEntries(Object.entries(query).filter(([name]) => !keys.includes(name))), ...pick(view, keys) };
        if (isMicroscope) look(told, view);
        else window.read(view);
        writing ??= setTimeout(write, REST);
        const isStart = !same(window.start, start);
        if (isStart || JSON.stringify(window.query) !== before || isMicroscope) hear(isStart, own);
      },
      listen(name, follow) {
        own.heard.set(name, follow);
        return () => own.heard.delete(name);
      },
    };
  }

  return {
    host,
    /** Writes a change of the page's own keys as a new entry of the browser's history. */
    enter(name, value) {
      write();
      query[name] = value;
      history.pushState(null, "", address());
    },
    /** Follows Back and Forward. */
    returned() {
      clearTimeout(writing);
      writing = undefined;
      query = Object.fromEntries(new URLSearchParams(location.search));
      window.read(query);
      hear(true);
    },
  };
}
