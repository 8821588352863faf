// The view Predict: a window to change by hand, the model's forecast, those of Bayes and of the best linear rule, and the truth.
import glossary from "../../_glossary.json" with { type: "json" };
import { escaped } from "../../microscope/js/svg.js";
import { Chart, inDecimals, inDigits, range, scaleOf, typeset } from "./chart.js";
import { numbersIn, ownPanel, signalPanel, term } from "./controls.js";
import { marksOf } from "./familiarity.js";
import { handlesOver } from "./points.js";
import { checkFinite, opened, setText } from "./view.js";

const signed = (value) => `${value < 0 ? "" : "+"}${inDecimals(value, 4)}`;

/**
 * Opens the view in an element; returns a function that closes it. The host is as for `pair` of the microscope: get(name) gives
 * the facts of pages/predict.py and `view`, the texts of the address that are of the window.
 */
export function predict(element, host) {
  return opened(element, host, (subject, change) => {
    const { name, length: L, horizon: H, level, radius, window } = subject;
    element.insertAdjacentHTML("beforeend", `<div class="split pv-view"><div class="stack"><div class="panel with-result">
      <div class="handled"></div><div class="result" aria-live="polite"><div class="numbers"></div>
      <div class="number-line" aria-hidden="true"><p></p><div></div><p></p><p></p></div></div></div></div><div class="stack"></div></div>`);
    const find = (selector) => element.querySelector(selector);
    const [handled, aside] = [find(".handled"), find(".pv-view > .stack:last-child")];
    const chart = new Chart(handled, { x: "steps from now", y: "value", file: `${name}-predict-value` }, { onPlaced: place });
    handled.insertAdjacentHTML("beforeend", '<p class="outside" role="status"></p>');
    const outside = find(".outside");
    const points = handlesOver(chart, (n, value) => {
      window.drag(n, value);
      change();
    });
    const showNumbers = numbersIn(find(".numbers"));
    const strip = find(".number-line");
    const follow = signalPanel(aside, window, change);
    if (host.get("own") !== false) ownPanel(aside, L, (values) => {
      window.give(values);
      change();
    });
    let step = 1; // between two lines of the vertical axis
    let scale = null; // of that axis, which stays while a value is dragged
    let limit = 1; // of the values, on both sides of 0; it stays during a drag

    function place() {
      const { context } = window;
      if (points.held === null) limit = Math.max(20 * step, 2 * Math.max(...context.map(Math.abs)));
      points.show(context, { step: step / 5, limit });
    }

    async function draw(isStale) {
      const forecasts = subject.forecasts();
      const model = Array.from(await forecasts.model);
      if (isStale() && forecasts.model instanceof Promise) return;
      const { window: context, clean, bayes, linear } = forecasts;
      checkFinite(model);
      const [low, high] = [-1, 1].map((side) => model.map((value, h) => value + side * radius[h]));
      if (points.held === null || !scale) scale = scaleOf([...context, ...low, ...high, ...bayes, ...linear, ...(clean ?? [])]);
      [, , step] = scale;
      const future = range(1, H);
      const longest = `Bayes, the best for the ${subject.noun} it assumes`;
      const best = window.isOwn ? longest : "Bayes";
      const of = (label, role, y, shape, size, dash, width) => (H === 1 ? { kind: "dots", name: label, role, x: future, y, shape, size }
        : { kind: "line", name: label, role, x: future, y: Array.from(y), dash, width });
      const far = subject.outside();
      chart.draw({
        x: [1 - L - 0.03 * L, H === 1 ? 2 : H], y: scale, // room for the first point beside the words of the axis
        series: [
          { kind: "band", name: `${Math.round(100 * level)}% interval`, role: "model", x: future, low, high },
          ...(clean ? [{ kind: "line", name: "truth", role: "truth", x: range(1 - L, L + H), y: clean, dash: "solid", width: 1.2 }] : []),
          { kind: "dots", name: "window", role: "seen", x: range(1 - L, L), y: context, shape: "circle", size: 7 },
          of("best linear", "best_linear", linear, "triangle", 17, "dotted", 2),
          { ...of(best, "bayes", bayes, "diamond", 15, "dashed", 2), longest },
          of(name, "model", model, "circle", 9, "solid", 2.4),
        ],
        marks: marksOf(far, context),
        label: `The last ${L} values and the next: ${name} ${inDecimals(model[0], 4)}, Bayes, ${subject.standing}, ${inDecimals(bayes[0], 4)}, ` +
          `best linear ${inDecimals(linear[0], 4)}${clean ? `, truth ${inDecimals(clean[L], 4)}` : ""}.`,
      });
      setText(outside, far?.note ?? "");
      const from = (value) => `${signed(value - bayes[0])} from Bayes`;
      showNumbers([
        { name: escaped(name), value: inDecimals(model[0], 4), role: "model", detail: from(model[0]) },
        { name: term("Bayes", glossary.Bayes), value: inDecimals(bayes[0], 4), role: "bayes", detail: subject.standing },
        ...(clean ? [{ name: term("truth", glossary.truth), value: inDecimals(clean[L], 4), role: "truth", detail: from(clean[L]) }] : []),
        { name: term("best linear", glossary["best linear"]), value: inDecimals(linear[0], 4), role: "best_linear", detail: from(linear[0]) },
        { name: term(`${Math.round(100 * level)}% interval`, glossary[`${Math.round(100 * level)}% interval`]), value: `±${radius[0].toFixed(3)}`, role: "muted", detail: "for the trained signal" },
      ]);
      closeUp(strip, [[name, model[0], "model"], ["Bayes", bayes[0], "bayes"], ["best linear", linear[0], "best_linear"],
        ...(clean ? [["truth", clean[L], "truth"]] : [])], H);
    }

    return { draw, follow, close: () => chart.close() };
  });
}

/** The forecasts of the next value on a vertical line, as far apart as the page allows: [name, value, role] of each. */
function closeUp(strip, marks, H) {
  const values = marks.map(([, value]) => value);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.12 * (high - low), 1e-4 * Math.max(Math.abs(low), Math.abs(high))) || 1e-4;
  [low, high] = [low - margin, high + margin];
  const [top, line, bottom, what] = strip.children;
  const written = (value) => typeset(Math.abs(value) < 100 ? value.toFixed(4) : Math.abs(value) < 1e7 ? inDigits(value, 4) : inDecimals(value, 4));
  setText(top, written(high));
  setText(bottom, written(low));
  setText(what, H === 1 ? "the next value, enlarged" : `step 1 of ${H}, enlarged`);
  while (line.children.length > marks.length) line.lastElementChild.remove();
  while (line.children.length < marks.length) line.append(document.createElement("span"));
  marks.forEach(([name, value, role], n) => {
    const mark = line.children[n];
    mark.className = role === "truth" ? "line" : "dot";
    mark.title = `${name} ${typeset(inDecimals(value, 4))}`;
    mark.style.bottom = `${(100 * (value - low)) / (high - low)}%`;
    mark.style.setProperty("--c", `var(--${role.replaceAll("_", "-")})`);
  });
}
