// The widget: weights in, a page that recomputes everything in the browser at every touch.
import {
  parseSafetensors, makeCell, forward, contributions, derivative, principal, ringOf, shuffled,
} from "./cell.js";
import { inks, timeAxis } from "./draw.js";
import { signed, skeleton } from "./words.js";
import { paint, legend, valueAt } from "./paint.js";

const PAUSE = 120; // ms between two reports of the window to Python while it is dragged

/** The bytes of the weights: over REST where there is a url, else asked of Python, which answers once. */
function fetchWeights(model) {
  const url = model.get("url");
  if (url) {
    return fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url}`);
      return answer.arrayBuffer();
    });
  }
  return new Promise((resolve) => {
    const take = (content, buffers) => {
      if (content?.kind !== "weights") return;
      model.off("msg:custom", take);
      resolve(buffers[0]);
    };
    model.on("msg:custom", take);
    model.send({ kind: "weights" });
  });
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "mz";
  el.append(root);
  const undo = [];
  let gone = false;
  root.textContent = "Fetching the weights…";
  fetchWeights(model)
    .then((bytes) => makeCell(model.get("architecture"), parseSafetensors(bytes)))
    .then((cell) => gone || undo.push(show(model, root, cell)))
    .catch((error) => {
      root.innerHTML = '<p class="mz-error" role="alert"></p>';
      root.firstChild.textContent = `The microscope cannot show this model: ${error.message}.`;
    });
  return () => {
    gone = true;
    undo.forEach((one) => one());
    root.remove();
  };
}

/** Builds the page of a cell and keeps it up to date; returns what takes it down. */
function show(model, root, cell) {
  const K = cell.size;
  const [centre, scale] = model.get("scale");
  const L = model.get("window").length;
  const linear = model.get("best_linear");
  const sine = model.get("sine");
  root.innerHTML = skeleton(cell, L);
  const find = (selector) => root.querySelector(selector);
  const all = (selector) => [...root.querySelectorAll(selector)];
  const canvas = (part) => find(`[data-part="${part}"]`);
  const points = all(".mz-point");
  find("h2").textContent = `${model.get("name")} under the microscope`;
  if (!sine.length) find('[data-if="sine"]').remove();

  const plain = Array.from({ length: L }, (_, t) => t);
  const state = { window: [...model.get("window")], freeze: {}, ablate: new Set(), order: plain, orderName: "plain",
    step: L - 1, unit: 0, rows: Array.from({ length: K }, (_, k) => k), limit: 1, limits: {} };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let ink = inks(dark.matches);
  let [wide, side] = [0, 0]; // CSS pixels, kept by the observer: reading them here would force a layout
  let held = null; // the step under the pointer while it drags
  let now, untouched, ring, timer, report;

  const isTouched = () => state.ablate.size || Object.keys(state.freeze).length || state.orderName !== "plain";
  const changes = () => ({ freeze: Object.values(state.freeze), ablate: [...state.ablate], order: state.order });
  const cleanSine = (phase) => plain.map((t) => sine[0] * Math.sin(phase - sine[1] * (L - 1 - t)));
  const inModel = (window) => window.map((value) => (value - centre) / scale);
  const outModel = (value) => value * scale + centre;
  const shown = (t) => state.window[state.order[t]];

  function recompute(isNew) {
    now = forward(cell, inModel(state.window), changes());
    now.slopes = derivative(cell, now);
    now.parts = contributions(cell, now);
    untouched = isTouched() ? forward(cell, inModel(state.window)) : now;
    if (isNew || !ring) ring = sine.length ? ringOf(cell, (phase) => inModel(cleanSine(phase)), changes()) : null;
    now.plane = ring?.plane ?? principal(now.steps.h, K);
  }

  function sort() {
    const isSorted = find('[data-do="sort"]').checked;
    const parts = contributions(cell, untouched);
    state.rows = [...state.rows.keys()];
    if (isSorted) state.rows.sort((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
    const chooser = find('[data-do="unit"]');
    const option = (unit) => new Option(`#${unit} (${signed(parts[unit] * scale)})`, unit);
    chooser.replaceChildren(...state.rows.map(option));
    chooser.value = state.unit;
  }

  function rescale() {
    const states = cell.names.filter((name) => !cell.gates.includes(name));
    for (const name of states) { // full colour from the 98th percentile on
      const sizes = Float64Array.from(now.steps[name], Math.abs).sort();
      state.limits[name] = Math.max(0.1, Math.ceil(10 * sizes[Math.floor(0.98 * sizes.length)]) / 10);
    }
    state.limit = 1.2 * Math.max(0.5, ...state.window.map(Math.abs), Math.abs(outModel(now.forecast[0])));
  }

  function draw() {
    if (!wide) return;
    const facts = { cell, state, now, ring, linear, scale, outModel, untouched: isTouched() && untouched,
      intercept: model.get("best_linear_bias"), bayes: model.get("bayes") };
    paint(find, points, facts, ink, wide, side);
  }

  function buttons() {
    const press = (button, isOn) => button.setAttribute("aria-pressed", String(isOn));
    all("[data-gate]").forEach((button) => {
      const found = state.freeze[button.dataset.gate];
      press(button, button.dataset.value === (found ? String(found.value) : ""));
    });
    all("[data-order]").forEach((button) => press(button, button.dataset.order === state.orderName));
    press(find('[data-do="ablate"]'), state.ablate.has(state.unit));
    find('[data-do="unit"]').value = state.unit;
  }

  function refresh({ isNew = true } = {}) {
    recompute(isNew);
    buttons();
    draw();
  }

  function settle() { // a drag is over: only now may rows and scale move
    clearTimeout(report);
    report = undefined;
    model.set("window", [...state.window]);
    model.save_changes();
    rescale();
    sort();
    draw();
  }

  function change(t, value) {
    state.window[state.order[t]] = Math.max(-state.limit, Math.min(state.limit, value));
    recompute(false);
    draw();
    report ??= setTimeout(() => {
      report = undefined;
      model.set("window", [...state.window]);
      model.save_changes();
    }, PAUSE);
  }

  function choose(unit, step = state.step) {
    Object.assign(state, { unit, step });
    buttons();
    draw();
  }

  const at = (event) => {
    const box = canvas("window").getBoundingClientRect();
    const axis = timeAxis(wide, L);
    return [axis.step(event.clientX - box.left), valueAt(event.clientY - box.top, state.limit)];
  };
  const plot = find(".mz-window");
  plot.addEventListener("pointerdown", (event) => {
    const [t, value] = at(event);
    if (t < 0 || t >= L || event.button !== 0) return;
    held = t;
    plot.setPointerCapture(event.pointerId);
    points.forEach((point, n) => (point.tabIndex = n === t ? 0 : -1));
    points[t].toggleAttribute("data-held", true);
    points[t].focus({ preventScroll: true });
    event.preventDefault();
    change(t, value);
  });
  plot.addEventListener("pointermove", (event) => held !== null && change(held, at(event)[1]));
  for (const end of ["pointerup", "pointercancel"]) {
    plot.addEventListener(end, () => {
      if (held === null) return;
      points[held].toggleAttribute("data-held", false);
      held = null;
      settle();
    });
  }
  plot.addEventListener("keydown", (event) => {
    const t = points.indexOf(event.target);
    const moves = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (t < 0 || !(event.key in moves || event.key in steps)) return;
    event.preventDefault();
    if (event.key in moves) return change(t, shown(t) + (moves[event.key] * state.limit) / 40);
    const next = Math.max(0, Math.min(L - 1, t + steps[event.key]));
    points[t].tabIndex = -1;
    points[next].tabIndex = 0;
    points[next].focus();
  });
  all("[data-map]").forEach((map) => map.addEventListener("pointerdown", (event) => {
    const box = map.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * K);
    const step = timeAxis(wide, L).step(event.clientX - box.left);
    choose(state.rows[Math.max(0, Math.min(K - 1, row))], Math.max(0, Math.min(L - 1, step)));
  }));
  all("[data-gate]").forEach((button) => button.addEventListener("click", () => {
    const { gate, value } = button.dataset;
    const unit = find('[data-do="scope"]').value === "one" ? state.unit : null;
    if (value === "") delete state.freeze[gate];
    else state.freeze[gate] = { gate, unit, value: Number(value) };
    refresh();
  }));

  let shuffles = 0;
  all("[data-order]").forEach((button) => button.addEventListener("click", () => {
    state.orderName = button.dataset.order;
    const orders = { plain, reverse: plain.toReversed() };
    state.order = orders[state.orderName] ?? shuffled(L, shuffles++);
    refresh();
  }));

  const play = find('[data-do="play"]');
  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  const acts = {
    step: (input) => choose(state.unit, Number(input.value) - 1),
    unit: (input) => choose(Number(input.value)),
    sort: () => (sort(), draw()),
    ablate: () => {
      if (!state.ablate.delete(state.unit)) state.ablate.add(state.unit);
      refresh();
    },
    reset: () => {
      stop();
      Object.assign(state, { freeze: {}, order: plain, orderName: "plain", step: L - 1 });
      state.window = [...model.get("start")];
      state.ablate.clear();
      refresh();
      settle();
    },
    play: () => {
      if (timer) return stop();
      if (state.step === L - 1) choose(state.unit, 0);
      play.textContent = "Pause";
      const pace = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 300;
      timer = setInterval(() => (state.step < L - 1 ? choose(state.unit, state.step + 1) : stop()), pace);
    },
  };
  for (const [name, act] of Object.entries(acts)) {
    const control = find(`[data-do="${name}"]`);
    const event = { button: "click", select: "change", input: "input" }[control.localName];
    control.addEventListener(event, () => act(control));
  }

  const fromOutside = () => {
    const given = model.get("window");
    if (held !== null || report || given.length !== L || given.every((value, t) => value === state.window[t])) return;
    state.window = [...given];
    refresh({ isNew: false });
    rescale();
    sort();
    draw();
  };
  const repaint = () => {
    ink = inks(dark.matches);
    legend(find(".mz-legend"), cell, ink);
    draw();
  };
  const observer = new ResizeObserver(() => {
    [wide, side] = [canvas("window").clientWidth, canvas("path").clientWidth];
    draw();
  });
  model.on("change:window", fromOutside);
  model.on("change:bayes", draw);
  dark.addEventListener("change", repaint);
  recompute(true);
  rescale();
  sort();
  choose(state.rows[0]);
  repaint();
  observer.observe(canvas("window"));
  observer.observe(canvas("path"));
  return () => {
    stop();
    clearTimeout(report);
    observer.disconnect();
    dark.removeEventListener("change", repaint);
    model.off("change:window", fromOutside);
    model.off("change:bayes", draw);
  };
}

export default { render };
