// The view Look inside of a model without gates: how each value of the window moves the forecast, and the units of its network.
import glossary from "../../_glossary.json" with { type: "json" };
import { Chart, range, scaleOf } from "./chart.js";
import { choices, numbersIn, signalPanel, slider, term } from "./controls.js";
import { derivatives, forecasts, windowed, words } from "./influence.js";
import { bestLinear } from "./linear.js";
import { handlesOver } from "./points.js";
import { Random } from "./random.js";
import { signalOf } from "./signals/families.js";
import { unitPanels } from "./units.js";
import { checkFinite, opened, setText } from "./view.js";
import { numberOf } from "./window.js";

const INFLUENCE = "influence of each input";
const ORDERS = { plain: "In order", reverse: "Reversed", shuffle: "Shuffled" };

/**
 * Opens the view in an element; returns a function that closes it. The host is as for `predict`, with the facts of
 * pages/influence.py; `units` among them may come later.
 */
export function inside(element, host) {
  const L = host.get("length");
  const first = { order: "plain", at: -Math.floor(L / 4), step: 1, off: new Set() };
  let state = first;
  const read = () => {
    const view = host.get("view") ?? {};
    const whole = (key, low, high) => {
      const value = key in view ? numberOf(view[key]) : null;
      return value === null ? null : Math.round(Math.min(high, Math.max(low, value)));
    };
    state = {
      order: Object.hasOwn(ORDERS, view.order) ? view.order : "plain",
      at: whole("poke_at", 1 - L, 0) ?? first.at,
      step: whole("step", 1, host.get("horizon")) ?? 1,
      off: new Set((view.off ?? "").split("-").filter((unit) => /^(0|[1-9]\d{0,5})$/.test(unit)).map(Number)),
    };
  };
  read();
  const keys = () => ({
    ...(state.order !== first.order && { order: state.order }),
    ...(state.at !== first.at && { poke_at: String(state.at) }),
    ...(state.step !== 1 && { step: String(state.step) }),
    ...(state.off.size && { off: [...state.off].sort((a, b) => a - b).join("-") }),
  });

  return opened(element, host, (subject, change, redraw) => {
    const { name, window, horizon, network } = subject;
    const unit = 10 ** Math.floor(Math.log10(host.get("spread") ?? 1)); // a round number near a typical deviation
    element.insertAdjacentHTML("beforeend", `<div class="split pv-view"><div class="stack">
      <div class="panel"><h3>${term(`I${INFLUENCE.slice(1)}`, glossary[INFLUENCE])}</h3><div class="handled"></div></div>
      <div class="panel"><h3>The window and the forecasts from it</h3><div class="handled"></div><div class="numbers"></div></div>
      <div class="panel"><h3>In words</h3><p class="muted" aria-live="polite"></p></div></div><div class="stack"></div></div>
      <div class="below"><p class="muted" role="alert"></p><div></div></div>`);
    const find = (selector) => element.querySelector(selector);
    const [above, below] = element.querySelectorAll(".handled");
    const aside = find(".pv-view > .stack:last-child");
    const [problem, place] = find(".below").children;
    const influence = new Chart(above, { x: "steps from now", y: "change of the forecast per unit", file: `${name}-influence` });
    // Below the charts, as they get fewer or more lines: above them they would move the dragged point.
    const course = new Chart(below, { x: "steps from now", y: "value", file: `${name}-window` }, { onPlaced });
    course.element.classList.add("low");
    below.insertAdjacentHTML("beforeend", '<p class="outside" role="status"></p>');
    const showNumbers = numbersIn(find(".numbers"));
    const [outside, reading] = [find(".outside"), find("[aria-live]")];
    const points = handlesOver(course, (n, value) => {
      window.drag(places()[n], value);
      state = { ...state, at: n + 1 - L };
      change();
    });

    if (!subject.signal) aside.insertAdjacentHTML("beforeend", "<div data-slot></div>"); // for the controls of the series
    const followSignal = subject.signal ? signalPanel(aside, window, change) : () => {};
    aside.insertAdjacentHTML("beforeend", '<div class="panel"><h3>The window</h3></div>');
    const panel = aside.lastElementChild;
    const turned = (key, value) => {
      state = { ...state, [key]: value };
      change();
    };
    const followOrder = choices(panel, "Order of the window", ORDERS, (order) => turned("order", order));
    panel.insertAdjacentHTML("beforeend", '<h3>Change one value</h3>');
    const asText = (value) => String(Number(value.toPrecision(6)));
    const at = slider(panel, { key: "poke_at", label: "Which value, steps from now", low: 1 - L, high: 0, step: 1 }, state.at, (value) => turned("at", value));
    const by = slider(panel, { key: "poke_by", label: "Add to it", low: -2 * unit, high: 2 * unit, step: 0.05 * unit }, 0, (value) => {
      poke(value);
      change();
    }, asText);
    const ahead = horizon > 1 ? slider(panel, { key: "step", label: "Step ahead", low: 1, high: horizon, step: 1 }, state.step, (value) => turned("step", value)) : null;
    panel.insertAdjacentHTML("beforeend", '<p class="hint">Or drag a point of the window. On the keyboard, the up and down keys move it.</p>');

    /** The place in the window of each value in the order of reading. */
    function places() {
      if (state.order === "shuffle") return new Random(window.seed).permutation(L);
      return state.order === "reverse" ? range(0, L).reverse() : range(0, L);
    }
    const poked = () => places()[state.at + L - 1];
    const poke = (value) => window.drag(poked(), window.start[poked()] + value);
    const added = () => (window.changes.has(poked()) ? window.changes.get(poked()) - window.start[poked()] : 0);
    const old = numberOf(host.get("view")?.poke_by ?? ""); // of older links
    if (old) {
      poke(Math.min(2 * unit, Math.max(-2 * unit, old)));
      change();
    }

    let shown = null; // what the charts show
    let limit = 1; // of the values, on both sides of 0; it stays during a drag
    function onPlaced() {
      if (!shown) return;
      const { context } = shown;
      if (points.held === null) limit = Math.max(5 * unit, 2 * Math.max(...context.map(Math.abs)));
      points.show(context, { step: 0.05 * unit, limit });
    }

    setText(problem, host.get("problem") ?? "");
    let units = null;
    function fill() {
      const known = host.get("units");
      if (units || !known?.effects.length || !network) return;
      units = unitPanels(place, network.network, L, known, subject.signal ? (effect) => effect.toFixed(3) : (effect) => String(Number(effect.toPrecision(3))), (unit) => {
        const off = new Set(unit === null ? [] : state.off);
        if (unit !== null && !off.delete(unit)) off.add(unit);
        turned("off", off);
      });
      redraw();
    }
    fill();
    const deaf = host.listen("units", fill);
    const weights = network?.network.architecture === "linear" && subject.signal ? weightsBeside(place, subject) : null;

    async function draw() {
      const [values, { order, step, at: place }] = [window.context, state];
      const context = places().map((n) => values[n]);
      const off = new Set([...state.off].filter((unit) => unit < (network?.network.units ?? 0)));
      const [isOwn, isPoked] = [window.isOwn || order !== "plain", added() !== 0];
      const answer = subject.slopes(context, step, off);
      const slopes = answer instanceof Promise ? await answer : answer; // drawn even if it is old: a drag may not pause
      checkFinite([slopes.model.forecast, ...slopes.model.derivative]);
      shown = {
        ...slopes, name: off.size ? `${name}, ${off.size} off` : name, step, context,
        standing: !subject.signal ? "" : isOwn ? `the best for the ${subject.noun} it assumes` : "the best possible",
      };
      influence.draw(derivatives(shown));
      course.draw(windowed(shown, isPoked ? place + L - 1 : null));
      setText(outside, shown.outside?.note ?? "");
      showNumbers(forecasts(shown));
      const sentences = words(shown);
      if (reading.dataset.told !== sentences) reading.innerHTML = reading.dataset.told = sentences;
      followControls();
      units?.mark(off);
      units?.follow(network.scaled(context), slopes.attention);
    }

    function followControls() {
      followOrder(state.order);
      at.follow(state.at);
      by.follow(Number(added().toPrecision(6)));
      ahead?.follow(state.step);
    }

    return {
      draw,
      follow() {
        followSignal();
        followControls();
      },
      close() {
        deaf?.();
        influence.close();
        course.close();
        weights?.close();
      },
    };
  }, { keys, read });
}

/** Puts the weights of a weighted sum minus the exact best ones into an element; returns the chart. */
function weightsBeside(element, { name, length: L, network: { network }, signal }) {
  const own = network.filters.data.subarray(0, L);
  const exact = bestLinear(signalOf(signal), L, 1).weights;
  const most = (values) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const difference = Array.from(own, (value, t) => value - exact[t]);
  const sentence = `Its ${L} weights lie within ${most(difference).toFixed(4)} of the exact ones, which reach ${most(exact).toFixed(3)}.`;
  element.innerHTML = `<div class="panel"><h3>Its weights minus the exact best linear weights</h3><p class="muted">${sentence} The model has no
    other parts: for every window, the ${term(INFLUENCE, glossary[INFLUENCE])} above is that weight.</p><div class="handled pv-gap"></div></div>`;
  const chart = new Chart(element.querySelector(".handled"), { x: "steps from now", y: "difference", file: `${name}-weights` });
  chart.element.classList.add("low");
  chart.draw({ x: [1 - L, 0], y: scaleOf([0, ...difference]), zero: true, label: sentence,
    series: [{ kind: "line", name: "difference", role: "model", x: range(1 - L, L), y: difference, dash: "solid", width: 2.4 }] });
  return chart;
}
