// The view Train: a network is trained in a worker of this page, and its error falls towards the lines of the references.
import { save } from "../../../microscope/js/save.js";
import { Chart, scaleOf } from "../chart.js";
import { numbersIn } from "../controls.js";
import { sine } from "../signals/sine.js";
import { PURPOSES, Stream } from "./stream.js";
import { AXES, settingsOf, usual, viewOf } from "./settings.js";
import { bayes, draw } from "./windows.js";

const FACTS = ["length", "signal", "recipe", "architectures", "optimisers", "choices", "ranges", "defaults", "noises", "references"];
const LABELS = { architecture: "Architecture", size: "Hidden size", optimiser: "Optimiser", learning_rate: "Learning rate",
  batch_size: "Batch, windows", steps: "Steps", seed: "Seed", sigma: "Noise, std. dev.", axis: "Vertical axis" };
const SCALES = { excess: "Distance above Bayes", error: "Error" };
const NAMES = { excess: "% above Bayes", error: "mean squared error" };
const DASHES = { noise: "dotted", bayes: "solid", best_linear: "dashed", last_value: "dashed" };
const ROLES = ["red", "violet", "teal"]; // of earlier runs
const LEAST = 1e-4; // excess at the foot of a logarithmic axis
const SHOWN = 100; // values of the series that are forecast
const CALM = 500; // ms between two drawings where little motion is asked for

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};
const count = (value) => value.toLocaleString("en");
const percent = (share) => (share < 1 ? `${(100 * share).toFixed(share < 0.01 ? 2 : 1)}%` : `${count(Math.round(100 * share))}%`);
const seconds = (value) => (value < 100 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`);

const namesOf = (axis) => ({ x: "steps of training", y: NAMES[axis], file: `training-${axis}` });

/** Shows the view in an element; returns a function that ends the worker and removes the view. The host is as for all views. */
export function train(root, host) {
  const facts = Object.fromEntries(FACTS.map((name) => [name, host.get(name)]));
  let { settings, axis, refused } = settingsOf(host.get("view") ?? {}, facts); // refused: what the address asks for and cannot have
  let run = null; // { id, settings, label, state, step, seconds, points: [{ step, loss, excess }], forecasts }
  let earlier = []; // runs whose curves stay
  let series = null; // of the forecasts that are drawn: { values, windows, bayes } at a level of noise
  let worker = null;
  let runs = 0;

  const find = {};
  const named = (name, node) => (find[name] = node);
  const panel = (title, ...children) => element("div", { class: "panel" }, element("h2", {}, title), ...children);
  const button = (name, label, act, classes = "button") => named(name, element("button", { type: "button", class: classes, onclick: act }, label));
  const place = (name) => named(name, element("div"));
  const view = element("div", { class: "tr" },
    named("refused", element("div", { class: "notice", role: "status" })),
    element("p", { class: "lead" }, "Notice the bend near the line of the best linear forecaster: what falls below it does what no weighted sum ",
      "of the window can do. ", button("adam", "Adam at its usual learning rate", () => choose("optimiser", "adam"), "tr-link"), " stays near that line."),
    element("div", { class: "split" },
      element("div", { class: "stack" },
        panel("The error during training",
          element("div", { class: "buttons" }, button("act", "Start", act, "button primary"), button("reset", "Reset", reset)),
          named("standing", element("p", { class: "standing" })),
          element("div", { class: "buttons tr-scales", role: "group", "aria-label": "Vertical axis" },
            ...AXES.map((key) => [key, SCALES[key]]).map(([key, label]) => button(key, label, () => adopt(settings, key), "choice"))),
          place("course"),
          named("numbers", element("div", { class: "numbers" }))),
        panel("The forecast during training", place("forecasts"), named("caption", element("p", { class: "hint" })))),
      element("div", { class: "stack" },
        panel("Settings of the next run", named("form", element("div", { class: "tr-form" })),
          element("div", { class: "buttons" }, button("share", "Copy the link", share), button("usual", "Usual settings", () => adopt({ ...facts.defaults }))),
          named("shared", element("p", { class: "hint" }))),
        panel("The trained weights", element("p", { class: "hint" }, "The weights of the step with the least error, averaged as the recipe says, under PyTorch's names. ",
          "safetensors.torch.load_file reads them."), element("div", { class: "buttons" }, button("weights", "Download", () => worker.postMessage({ kind: "weights" })))))),
    named("told", element("p", { class: "unseen", "aria-live": "polite" })));
  root.append(view);
  const course = new Chart(find.course, namesOf(axis), { isLog: true, isLogAcross: true });
  const numbers = numbersIn(find.numbers);
  const forecasts = new Chart(find.forecasts, { x: "steps of the series", y: "value", file: "training-forecasts" });

  // ---- the worker

  function start() {
    keep();
    if (series?.sigma !== settings.sigma) series = seriesOf(settings.sigma);
    run = { id: ++runs, settings: { ...settings }, label: labelOf(settings), state: "running", step: 0, seconds: 0, points: [], forecasts: null };
    worker ??= listen(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    const { length, signal, recipe } = facts;
    const given = { length, signal, recipe, bayes: errorsOf(settings.sigma).bayes };
    worker.postMessage({ kind: "start", id: run.id, settings: run.settings, facts: given, series: series.windows });
    tell("Training.");
  }

  function listen(one) {
    one.onmessage = ({ data }) => {
      if (data.id !== run?.id) return; // of a run that is gone
      if (data.kind === "weights") return void offer(data.bytes);
      if (data.kind === "failed") return void fail(data.message);
      const before = run.points.at(-1)?.excess ?? Infinity;
      Object.assign(run, { step: data.step, seconds: data.seconds, best: data.best, forecasts: data.forecasts ?? run.forecasts });
      run.points.push(...data.evaluations);
      if (data.isDone) run.state = "done";
      const now = run.points.at(-1)?.excess ?? Infinity;
      if (data.isDone) tell(`Finished. ${words()}`);
      else if (before > linear(run) && now <= linear(run)) tell("The network is now better than the best linear forecaster.");
      later();
    };
    one.onerror = (event) => fail(event.message || "the worker could not be loaded");
    return one;
  }

  function act() {
    if (!run || run.state === "done" || run.state === "failed") start();
    else {
      run.state = run.state === "running" ? "paused" : "running";
      worker.postMessage({ kind: run.state === "running" ? "continue" : "pause" });
      tell(run.state === "running" ? "Training." : `Paused. ${words()}`);
    }
    show();
  }

  /** Sets the run aside; its curve stays. */
  function keep() {
    if (run?.points.length > 1) earlier = [run, ...earlier.filter(({ label }) => label !== run.label)].slice(0, ROLES.length);
    run = null;
  }

  function reset() {
    if (run) {
      worker.postMessage({ kind: "pause" });
      keep();
    } else earlier = [];
    show();
  }

  function fail(message) {
    worker?.terminate();
    worker = null;
    if (!run) return void show(); // it was reset meanwhile
    run.state = "failed";
    run.message = message;
    tell(message);
    show();
  }

  function offer(bytes) {
    const { architecture, size, optimiser, seed } = run.settings;
    save(new Blob([bytes]), `${architecture}-k${size}-${optimiser}-seed${seed}.safetensors`);
  }

  // ---- the settings

  function choose(name, value) {
    const next = { ...settings, [name]: value };
    const [before, after] = [usual(settings, facts), usual(next, facts)];
    for (const key of ["learning_rate", "steps"]) if (name !== key && settings[key] === before[key]) next[key] = after[key];
    if (name === "optimiser") next.learning_rate = after.learning_rate; // that of one says nothing about the other
    adopt(next);
  }

  function adopt(next, nextAxis = axis) {
    ({ settings, axis, refused } = settingsOf(viewOf(next, nextAxis, facts), facts));
    host.tell([], viewOf(settings, axis, facts));
    show();
  }

  function offered(name) {
    if (name === "architecture" || name === "optimiser") {
      return Object.entries(facts[`${name}s`]).map(([value, { label }]) => [value, label]);
    }
    const usual = name === "size" ? facts.architectures[settings.architecture].sizes : name === "sigma" ? facts.noises.map(({ sigma }) => sigma) : facts.choices[name];
    return [...new Set([...usual, settings[name]])].sort((a, b) => a - b).map((value) => [value, count(value) === "0" && value ? String(value) : value < 1 ? String(value) : count(value)]);
  }

  function fill() {
    for (const name of Object.keys(settings)) {
      const select = (find[name] ??= find.form.appendChild(element("label", { class: "control" }, element("span", {}, LABELS[name]),
        element("select", { "data-knob": name, onchange: ({ target }) => choose(name, ["architecture", "optimiser"].includes(name) ? target.value : Number(target.value)) })))).lastChild;
      const options = offered(name);
      const key = JSON.stringify(options);
      if (select.dataset.options !== key) {
        select.dataset.options = key;
        select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
      }
      select.value = String(settings[name]);
    }
  }

  async function share() {
    host.tell([], viewOf(settings, axis, facts));
    const url = new URL(location.href);
    url.search = new URLSearchParams(viewOf(settings, axis, facts));
    const isCopied = await navigator.clipboard?.writeText(url.href).then(() => true, () => false);
    find.shared.textContent = isCopied ? "Copied. The link gives the same run: the same curve, bit for bit." : url.href;
  }

  // ---- what is shown

  const errorsOf = (sigma) => facts.noises.find((one) => one.sigma === sigma).mse;
  const linear = (of) => excessOf(of.settings.sigma, "best_linear");
  const excessOf = (sigma, name) => errorsOf(sigma)[name] / errorsOf(sigma).bayes - 1;
  const labelOf = ({ architecture, size, optimiser, learning_rate, batch_size, seed, sigma }) => {
    const { defaults } = facts;
    const rest = [batch_size !== defaults.batch_size && `batch ${batch_size}`, seed !== defaults.seed && `seed ${seed}`, sigma !== defaults.sigma && `noise ${sigma}`];
    return [`${facts.architectures[architecture].label} ${size}`, `${facts.optimisers[optimiser].label} ${learning_rate}`, ...rest.filter(Boolean)].join(", ");
  };
  const tell = (sentence) => { find.told.textContent = sentence; };

  /** The series that the forecasts are drawn on, one step ahead of each window in it. */
  function seriesOf(sigma) {
    const { length: L } = facts;
    const signal = sine({ ...facts.signal, sigma });
    const { windows: values } = draw(signal, L + SHOWN, 1, new Stream(0, PURPOSES.series));
    const windows = Float32Array.from({ length: SHOWN * L }, (_, n) => values[Math.floor(n / L) + (n % L)]);
    return { sigma, values, windows, bayes: bayes(signal, L, windows) };
  }

  /** The standing of the run as a sentence. */
  function words() {
    const { steps } = run.settings;
    const now = run.points.at(-1);
    if (!now) return "The first error is measured after a few steps.";
    const [best, last] = ["best_linear", "last_value"].map((name) => excessOf(run.settings.sigma, name));
    const standing = now.excess < 0.01 ? "within one per cent of the best possible forecast"
      : now.excess > last ? `worse than repeating the last value (${percent(last)})`
        : now.excess > 1.15 * best ? `worse than the best linear forecaster (${percent(best)})`
          : now.excess > 0.85 * best ? `about as good as the best linear forecaster (${percent(best)})`
            : `better than the best linear forecaster (${percent(best)})`;
    return `After ${count(run.step)} of ${count(steps)} steps it is ${percent(now.excess)} above Bayes, ${standing}.`;
  }

  const height = (point, sigma) => (axis === "error" ? errorsOf(sigma).bayes * (1 + point.excess) : 100 * Math.max(point.excess, LEAST));

  let drawn = ""; // what the chart of the error shows
  function showCourse() {
    const key = [run?.id, run?.points.length, axis, settings.steps, settings.sigma, ...earlier.map(({ id }) => id)].join();
    if (drawn === key) return;
    drawn = key;
    const sigma = (run?.settings ?? settings).sigma;
    const errors = errorsOf(sigma);
    const all = [...(run ? [run] : []), ...earlier];
    const first = Math.min(...all.map(({ points }) => points[0]?.step ?? Infinity), 10);
    const most = Math.max(settings.steps, ...all.map((one) => one.settings.steps));
    const reached = all.flatMap((of) => of.points.map((point) => height(point, of.settings.sigma)));
    const highest = 1.1 * Math.max(...reached, 0);
    const y = axis === "error" ? [0.95 * errors.noise, Math.max(6 * errors.last_value, highest)]
      : [Math.min(...reached) < 1 ? 0.1 : 1, Math.max(5000, highest)];
    const line = (name, role, points, width) => ({ kind: "line", name, role, x: points.map(([x]) => x), y: points.map(([, y]) => y), dash: "solid", width });
    const lines = Object.entries(facts.references).flatMap(([name, words]) => {
      const value = axis === "error" ? errors[name] : 100 * (errors[name] / errors.bayes - 1);
      return value > y[0] ? [{ ...line(words, name, [[first, value], [most, value]], 1.8), dash: DASHES[name], isTold: true }] : [];
    });
    const curve = (of, name, role, width) => line(name, role, of.points.map((point) => [point.step, height(point, of.settings.sigma)]), width);
    if (axis === "error" && run) lines.push(line("loss of the batches", "muted", run.points.map(({ step, loss }) => [step, loss]), 1));
    lines.push(...earlier.map((of, n) => curve(of, `earlier: ${of.label}`, ROLES[n], 1.8)));
    if (run) lines.push(curve(run, run.label, "model", 2.4));
    const references = Object.entries(facts.references).map(([name, words]) => `${words} ${percent(excessOf(sigma, name)).replace("-", "−")}`).join(", ");
    const label = `${SCALES[axis]} by training step. ${run?.points.length ? words() : "No run yet."} Above Bayes: ${references}.`;
    course.name(namesOf(axis));
    course.draw({ x: [first, most], y, series: lines, label });
  }

  let forecast = null; // that is drawn
  function showForecasts() {
    if (!series || (!run && series.sigma !== settings.sigma)) series = seriesOf(settings.sigma);
    const key = run?.forecasts ?? series;
    if (forecast === key) return;
    forecast = key;
    const { length: L, signal } = facts;
    const reach = signal.amplitude + 3 * series.sigma;
    const line = (name, role, values, width) => ({ kind: "line", name, role, x: Array.from(values, (_, n) => L + n + 1), y: Array.from(values), dash: "solid", width });
    forecasts.draw({
      x: [1, L + SHOWN], y: scaleOf([-reach, reach]),
      series: [{ kind: "dots", name: "series", role: "seen", x: Array.from(series.values, (_, n) => n + 1), y: Array.from(series.values), shape: "circle", size: 5 },
        line("Bayes", "bayes", series.bayes, 1.8), ...(run?.forecasts ? [line("network", "model", run.forecasts, 2.4)] : [])],
      label: `A noisy series, and forecasts of its values, each from the ${L} before it.`,
    });
    find.caption.textContent = `No training saw this series. Each forecast is one step ahead, from the ${L} values before it.`;
  }

  function showNumbers() {
    const sigma = (run?.settings ?? settings).sigma;
    const now = run?.points.at(-1);
    numbers([{ name: "this run", value: now ? percent(now.excess) : "–", detail: "above Bayes", role: "model" },
      ...["best_linear", "last_value"].map((name) => ({ name: facts.references[name], value: percent(excessOf(sigma, name)), detail: "above Bayes", role: name })),
      { name: "speed", value: run?.seconds ? count(Math.round(run.step / run.seconds)) : "–", detail: "steps a second", role: "muted" },
      { name: "time", value: run ? seconds(run.seconds) : "–", detail: run ? `${count(run.step * run.settings.batch_size)} windows seen` : "", role: "muted" }]);
  }

  const writtenAs = (name, value) => facts[`${name}s`]?.[value]?.label ?? SCALES[value] ?? (value >= 1000 ? count(value) : String(value));

  /** What a link asked for and did not get, as sentences. */
  function showRefused() {
    find.refused.classList.toggle("gone", !refused.length);
    find.refused.replaceChildren(...refused.map(({ name, given, allowed: { among, least, most, isWhole }, taken }) => {
      const words = (value) => writtenAs(name, value);
      const range = among ? `one of ${among.join(", ")}` : `a ${isWhole ? "whole " : ""}number from ${words(least)} to ${words(most)}`;
      const short = given.length > 40 ? `${given.slice(0, 40)}…` : given;
      return element("p", {}, `${LABELS[name]}: the address asks for “${short}”, but it has to be ${range}. ${words(taken)} is set instead.`);
    }));
  }

  function show() {
    const state = run?.state;
    showRefused();
    find.act.textContent = { running: "Pause", paused: "Continue" }[state] ?? "Start";
    find.reset.textContent = run || !earlier.length ? "Reset" : "Forget earlier curves";
    find.reset.disabled = !run && !earlier.length;
    find.weights.disabled = !run?.best || !worker; // they are in the worker
    for (const key of Object.keys(SCALES)) find[key].setAttribute("aria-pressed", String(key === axis));
    find.standing.classList.toggle("error-line", state === "failed");
    find.standing.textContent = state === "failed" ? `The run failed: ${run.message}.` : run ? words() : "Press Start: the curve falls towards the lines of the references.";
    fill();
    showNumbers();
    showCourse();
    showForecasts();
  }

  let asked = 0;
  let shownAt = -Infinity;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  /** Draws before the next frame; where little motion is asked for, twice a second. */
  function later() {
    if (asked) return;
    asked = requestAnimationFrame(function due(now) {
      if (calm.matches && now - shownAt < CALM && run?.state === "running") {
        asked = requestAnimationFrame(due);
        return;
      }
      [asked, shownAt] = [0, now];
      show();
    });
  }

  const deaf = host.listen?.("view", () => {
    ({ settings, axis, refused } = settingsOf(host.get("view") ?? {}, facts));
    show();
  });
  show();
  return () => {
    cancelAnimationFrame(asked);
    worker?.terminate();
    deaf?.();
    course.close();
    forecasts.close();
    view.remove();
  };
}
