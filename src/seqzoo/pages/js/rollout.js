// The view Roll out: a forecast of up to 1,000 steps of one window, and beneath it the errors by step that were measured.
import glossary from "../../_glossary.json" with { type: "json" };
import { parseSafetensors } from "../../microscope/js/cell.js";
import { escaped } from "../../microscope/js/svg.js";
import { Chart, inDecimals, range, scaleOf } from "./chart.js";
import { numbersIn, signalPanel, slider, term } from "./controls.js";
import { applied } from "./linear.js";
import { networkOf } from "./networks.js";
import { rollOut, RollOuts } from "./rolled.js";
import { checkFinite, opened } from "./view.js";
import { numberOf } from "./window.js";

const SELDOM = 100; // ms between two drawings of a forecast that is not whole yet
const three = (value) => Number(value.toPrecision(3)).toLocaleString("en");
const estimate = (value, error) => `${Number(value.toPrecision(4))} ± ${Number(error.toPrecision(1))}`;

/** Opens the view in an element; returns a function that closes it. The host is as for `predict`, with the facts of pages/roll_out.py. */
export function rollout(element, host) {
  const limits = host.get("reach");
  let steps = limits.first;
  const read = () => {
    const asked = numberOf(host.get("view")?.horizon);
    steps = asked === null ? limits.first : Math.round(Math.min(limits.most, Math.max(limits.least, asked)) / 10) * 10;
  };
  read();
  return opened(element, host, (subject, change, redraw) => {
    const { name, level, window } = subject;
    element.insertAdjacentHTML("beforeend", `<div class="split pv-view"><div class="stack">
      <div class="panel"><h3>The forecast</h3><div class="handled"></div><p class="hint kept pv-gap"></p></div>
      <div class="panel"><h3>Error by step ahead, on fresh windows of the training signal</h3><div class="handled"></div>
        <p class="hint pv-gap"></p><div class="numbers pv-gap"></div></div></div>
      <div class="stack"><div class="panel"></div></div></div>`);
    const [course, measured] = element.querySelectorAll(".handled");
    const [ending, bands] = element.querySelectorAll(".hint");
    const aside = element.querySelector(".pv-view > .stack:last-child");
    const forecast = new Chart(course, { x: "steps from now", y: "value", file: `${name}-rollout-value` });
    const errors = new Chart(measured, { x: "steps ahead", y: "mean squared error", file: `${name}-rollout-mean-squared-error` }, { isLog: true });
    const showNumbers = numbersIn(element.querySelector(".numbers"));
    const reach = slider(aside.firstElementChild, { key: "horizon", label: "Steps ahead", low: limits.least, high: limits.most, step: 10 }, steps, (value) => {
      steps = value;
      change();
    }, (value) => value.toLocaleString("en"));
    aside.firstElementChild.insertAdjacentHTML("beforeend", '<p class="hint status" aria-live="polite"></p>');
    const status = aside.querySelector(".status");
    const followSignal = signalPanel(aside, window, change);
    let drawn = ""; // what the chart of errors shows

    let beside = null; // the partner: a network of the same kind that was trained for another horizon
    const partner = host.get("partner");
    if (partner && host.partner) {
      Promise.all([host.partner(), host.core()]).then(([bytes, core]) => {
        beside = new RollOuts(networkOf(partner, parseSafetensors(bytes), core));
        redraw();
      }).catch(() => {}); // without it, the others are shown
    }

    async function draw(isStale) {
      const [count, context, clean] = [steps, window.context, window.clean(steps)];
      const { signal, linear } = subject.assumed(1);
      const bayes = signal.posterior(context, count).mean;
      const rolled = rollOut((read) => applied(linear, read).subarray(0, 1), context, count);
      const other = beside?.of(context, partner.horizon === 1 ? count : Math.min(count, partner.horizon));
      const show = (model, isWhole) => courseOf(forecast, { subject, model, isWhole, count, context, clean, bayes, rolled, other, partner, errors: host.get("errors") });
      showErrors(host.get("errors"));
      let shown = performance.now();
      const model = await subject.farther(count, { isStale, progress(some) {
        if (performance.now() - shown < SELDOM) return;
        show(some, false);
        shown = performance.now();
      } });
      if (!model) return;
      checkFinite(model);
      show(model, true);
    }

    function showErrors(known) {
      const isWhole = known?.steps.at(-1) >= steps;
      const now = `${steps} ${known?.steps.length} ${host.get("measuring")}`;
      if (now === drawn) return;
      drawn = now;
      errors.plot.closest(".panel").hidden = !known && !host.get("measuring");
      status.textContent = isWhole ? "" : host.get("measuring") ?? "The errors of this model have not been measured that far.";
      if (!known) return;
      const at = known.steps.filter((step) => step <= steps);
      errorsOf(errors, { subject, known, at, steps, partner: known.partner });
      const last = at.length - 1;
      const spread = Math.sqrt((2 * level * (1 - level)) / known.windows);
      bands.textContent = `Each error is the floor of Bayes plus the mean squared distance from Bayes, over the same ${known.windows.toLocaleString("en")} windows. Bands: two standard errors.`;
      const overall = (line) => estimate(line.overall[last], line.overall_se[last]);
      showNumbers([
        { name: `${escaped(name)}, ${wayOf(subject, steps)}`, value: overall(known.model), role: "model", detail: "mean squared error, all steps" },
        { name: term("best possible (Bayes)", glossary.Bayes), value: overall(known.bayes), role: "bayes", detail: "the floor" },
        { name: term("best linear", glossary["best linear"]), value: overall(known.linear), role: "best_linear", detail: term("direct", glossary.direct) },
        { name: `${term("coverage", glossary.coverage)} of the band`, value: `${(100 * known.coverage).toFixed(1)}%`, role: "muted",
          detail: `of ${known.windows.toLocaleString("en")} further windows; ${Math.round(100 * level)}% ± ${(100 * spread).toFixed(1)}% is expected` },
      ]);
      ending.textContent = endingOf(subject, known, at, steps, limits.far);
    }

    return {
      draw,
      follow() {
        reach.follow(steps);
        followSignal();
      },
      close() {
        forecast.close();
        errors.close();
      },
    };
  }, { keys: () => (steps === limits.first ? {} : { horizon: String(steps) }), read });
}

/** How the steps of a model are forecast, as HTML. */
function wayOf({ reference, horizon }, steps) {
  if (reference || horizon >= steps) return term("direct", glossary.direct);
  return horizon === 1 ? term("recursive", glossary.recursive) : `${horizon} steps at once, then fed back`;
}

/** The radius of the band at each step, between those that are stated. */
function radii({ steps, radius }, count) {
  let n = 0;
  return range(1, count).map((step) => {
    while (n < steps.length - 2 && steps[n + 1] < step) n++;
    const share = (step - steps[n]) / (steps[n + 1] - steps[n]);
    return radius[n] + Math.min(1, Math.max(0, share)) * (radius[n + 1] - radius[n]);
  });
}

/** Draws the forecast of one window; `model` may hold fewer steps than the others while it is computed. */
function courseOf(chart, { subject, model, isWhole, count, context, clean, bayes, rolled, other, partner, errors }) {
  const { name, length: L, window, level } = subject;
  const future = range(1, count);
  const longest = `Bayes, the best for the ${subject.noun} it assumes`;
  const series = [];
  const values = [...context, ...model, ...bayes, ...rolled, ...(clean ?? [])];
  if (errors) {
    const radius = radii(errors, Math.min(model.length, errors.steps.at(-1)));
    const [low, high] = [-1, 1].map((side) => radius.map((half, n) => model[n] + side * half));
    series.push({ kind: "band", name: `${Math.round(100 * level)}% band`, role: "model", x: future.slice(0, radius.length), low, high });
    values.push(...low, ...high);
  }
  const line = (label, role, y, dash, width = 2) => ({ kind: "line", name: label, role, x: future.slice(0, y.length), y: Array.from(y), dash, width });
  series.push({ kind: "dots", name: "window", role: "seen", x: range(1 - L, L), y: context, shape: "circle", size: 5 });
  if (clean) series.push(line("truth", "truth", clean.slice(L), "solid", 1.2));
  series.push({ ...line(window.isOwn ? longest : "Bayes", "bayes", bayes, "dashed"), longest },
    line("best linear, recursive", "best_linear", rolled, "dotted"));
  if (other) series.push(line(`${partner.name}, ${partner.way}`, "partner", other, "long"));
  series.push(line(name, "model", model, "solid", 2.4));
  const begin = `Forecast of ${count} steps after a window that ends at ${inDecimals(context.at(-1), 4)}; the first is ${inDecimals(model[0], 4)}`;
  const end = clean ? `, the last one is ${inDecimals(Math.abs(model.at(-1) - clean.at(-1)), 3)} from the truth.` : ".";
  chart.draw({ x: [1 - L, count], y: scaleOf(values.filter(Number.isFinite)), series, label: isWhole ? begin + end : "Computing" });
}

/** Draws the errors by step. */
function errorsOf(chart, { subject, known, at, steps, partner }) {
  const { name, signal } = subject;
  const noise = signal.sigma ** 2;
  const line = (label, role, y, dash, width = 2) => ({ kind: "line", name: label, role, x: at.slice(0, y.length), y: y.slice(0, at.length), dash, width });
  const around = (label, role, { mse, se }) => ({ kind: "band", name: `${label}, two standard errors`, of: label, role, x: at,
    low: at.map((_, n) => Math.max(noise, mse[n] / 10, mse[n] - 2 * se[n])), high: at.map((_, n) => mse[n] + 2 * se[n]) });
  const series = [
    around("Bayes", "bayes", known.bayes), around(name, "model", known.model),
    line("noise floor", "noise", at.map(() => noise), "dotted", 1.2),
    line("Bayes", "bayes", known.bayes.mse, "dashed"),
    line("best linear, direct", "best_linear", known.linear.mse, "dashed"),
    line("best linear, recursive", "best_linear", known.rolled_linear.mse, "dotted"),
    ...(partner ? [line(`${partner.name}, ${partner.way}`, "partner", partner.mse, "long")] : []),
    line(name, "model", known.model.mse, "solid", 2.4),
  ];
  const every = series.flatMap(({ y, high, low }) => y ?? [...low, ...high]).filter((value) => value > 0 && Number.isFinite(value));
  const course = (values) => `from ${Number(values[0].toPrecision(4))} to ${Number(values[at.length - 1].toPrecision(4))}`;
  chart.draw({
    x: [1, steps], y: [0.85 * Math.min(...every), 1.1 * Math.max(...every)], series: series.filter(({ y }) => !y || y.every((value) => value > 0)),
    label: `Mean squared error by step: ${name} ${course(known.model.mse)}, Bayes ${course(known.bayes.mse)}, best linear, recursive ${course(known.rolled_linear.mse)}${
      partner ? `, ${partner.name}, ${partner.way} from ${Number(partner.mse[0].toPrecision(4))} to ${Number(partner.mse.slice(0, at.length).at(-1).toPrecision(4))}` : ""}.`,
  });
}

/** Sentences on where the measured roll-outs are at the last step, and on a band that tells little. */
function endingOf({ name, level }, known, at, steps, far) {
  const last = at.length - 1;
  const [own, clean, linear] = known.size.map((row) => row[last].toFixed(2));
  const sentences = [`How large the forecasts of step ${steps.toLocaleString("en")} are, as a root mean square: ${name} ${own}, the best linear forecaster fed back ${linear}; the clean signal ${clean}.`];
  if (known.ending && steps >= far) sentences.push(`After ${known.steps.at(-1).toLocaleString("en")} steps, ${name} ${known.ending}.`);
  const radius = known.radius.slice(0, at.length);
  const widest = radius.indexOf(Math.max(...radius));
  if (2 * radius[widest] > known.usual) {
    const share = `${Math.round(100 * level)}%`;
    sentences.push(`At step ${at[widest].toLocaleString("en")} the ${share} band is ${three(2 * radius[widest])} wide, but a range of ${three(known.usual)} ` +
      `holds ${share} of the signal's values: there the band tells less than no forecast. It is as wide above the forecast as below it, and so reaches values that hardly occur.`);
  }
  return sentences.join(" ");
}
