// The widget: weights in, a page that recomputes everything in the browser at every touch.
import { parseSafetensors, makeCell, forward, head, contributions, derivative, principal, project } from "./cell.js";
import { inks, timeAxis, scaleY, drawWindow, drawDerivative, drawHeat, drawCurves, drawPath, drawPhase } from "./draw.js";
import { CURVES, signed, skeleton, write } from "./words.js";

const RING = 48; // windows of the clean sine, one for each phase
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
  find(".mz-legend").innerHTML = cell.names.map((name) => `<i data-curve="${name}"></i>${name}`).join(" ");

  const plain = Array.from({ length: L }, (_, t) => t);
  const state = { window: [...model.get("window")], freeze: {}, ablate: new Set(), order: plain, orderName: "plain",
    step: L - 1, unit: 0, rows: Array.from({ length: K }, (_, k) => k), limit: 1 };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let ink = inks(dark.matches);
  let [wide, side] = [0, 0]; // CSS pixels, kept by the observer: reading them here would force a layout
  let held = null; // the step under the pointer while it drags
  let now, untouched, ring, timer, report;

  const isTouched = () => state.ablate.size || Object.keys(state.freeze).length || state.orderName !== "plain";
  const changes = () => ({ freeze: Object.values(state.freeze), ablate: [...state.ablate], order: state.order });
  const inModel = (window) => window.map((value) => (value - centre) / scale);
  const outModel = (value) => value * scale + centre;
  const shown = (t) => state.window[state.order[t]];
  const rowHeight = () => Math.max(1, Math.min(5, Math.floor(760 / (K * cell.names.length))));

  function recompute(isNew) {
    now = forward(cell, inModel(state.window), changes());
    now.slopes = derivative(cell, now);
    now.parts = contributions(cell, now);
    untouched = isTouched() ? forward(cell, inModel(state.window)) : now;
    if (isNew || !ring) ring = sine.length ? ringOf() : null;
    now.plane = ring?.plane ?? principal(now.steps.h, K);
  }

  /** The states that windows of the clean sine end in, with this intervention; they fix the plane of the path. */
  function ringOf() {
    const [amplitude, frequency] = sine;
    const states = new Float64Array(RING * K);
    const phases = Array.from({ length: RING }, (_, n) => (2 * Math.PI * n) / RING);
    phases.forEach((phase, n) => {
      const values = plain.map((t) => amplitude * Math.sin(phase - frequency * (L - 1 - t)));
      states.set(forward(cell, inModel(values), changes()).steps.h.subarray((L - 1) * K), n * K);
    });
    const plane = principal(states, K);
    const labels = { 0: "0", 12: "½π", 24: "π", 36: "3⁄2π" };
    const dots = project(plane, states).map((at, n) => ({ at, phase: phases[n], label: labels[n] }));
    return { plane, states, phases, dots };
  }

  function sort() {
    const isSorted = find('[data-do="sort"]').checked;
    const parts = contributions(cell, untouched);
    state.rows = [...state.rows.keys()];
    if (isSorted) state.rows.sort((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
    const chooser = find('[data-do="unit"]');
    chooser.replaceChildren(...state.rows.map((unit) => new Option(`#${unit} (${signed(parts[unit] * scale, 3)})`, unit)));
    chooser.value = state.unit;
  }

  function rescale() {
    state.limit = 1.2 * Math.max(0.5, ...state.window.map(Math.abs), Math.abs(outModel(now.forecast[0])));
  }

  function draw() {
    if (!wide) return;
    const axis = timeAxis(wide, L);
    const { step, unit } = state;
    const said = plain.map((t) => outModel(head(cell, now.steps.h, t)[0]));
    const values = plain.map(shown);
    const straight = linear.reduce((sum, weight, t) => sum + weight * state.window[t], model.get("best_linear_bias"));
    const bayes = model.get("bayes");
    const isFresh = bayes.window?.every((value, t) => Math.abs(value - state.window[t]) < 1e-9);
    const y = scaleY(190, state.limit);
    const marks = [{ value: straight, colour: "ink" }, { value: outModel(now.forecast[0]), colour: "blue" }];
    if (isFresh) marks.unshift({ value: bayes.forecast, colour: "green" });
    if (isTouched()) marks.unshift({ value: outModel(untouched.forecast[0]), colour: "blue", hollow: true });
    drawWindow(canvas("window"), axis, 190, { values, limit: state.limit, said, marks, step }, ink);
    points.forEach((point, t) => {
      point.style.transform = `translate(${axis.x(t)}px, ${y(values[t])}px)`;
      point.setAttribute("aria-label", `value ${state.order[t] + 1} of ${L}`);
      point.setAttribute("aria-valuenow", values[t].toFixed(3));
      point.setAttribute("aria-valuemin", (-state.limit).toFixed(3));
      point.setAttribute("aria-valuemax", state.limit.toFixed(3));
    });
    const inOrder = (list) => state.order.map((position) => list[position]);
    drawDerivative(canvas("derivative"), axis, 120, { slopes: inOrder([...now.slopes]), linear: inOrder(linear), step,
      bayes: bayes.derivative && inOrder(bayes.derivative), labels: state.order.map((t) => t + 1) }, ink);
    const ranges = {};
    for (const name of cell.names) {
      const isGate = cell.shut.includes(name);
      const most = name === "c" ? Math.max(1, now.steps.c.reduce((m, v) => Math.max(m, Math.abs(v)), 0)) : 1;
      ranges[name] = isGate ? "0 to 1" : `−${number(most, 1)} to ${number(most, 1)}`;
      drawHeat(find(`[data-map="${name}"]`), axis, rowHeight() * K, { values: now.steps[name], K, rows: state.rows,
        low: isGate ? 0 : -most, high: most, step, row: state.rows.indexOf(unit), bars: name === "h" && now.parts }, ink);
    }
    const own = (name) => plain.map((t) => now.steps[name][t * K + unit]);
    const curves = cell.names.map((name) => {
      const [colour, dash, width] = CURVES[name];
      return { values: own(name), colour, dash, width };
    });
    drawCurves(canvas("curves"), timeAxis(side, L), 130, { curves, step }, ink);
    const path = project(now.plane, now.steps.h);
    drawPath(canvas("path"), side, 250, { path, ring: ring?.dots ?? [], step }, ink);
    if (ring) {
      const dots = ring.phases.map((phase, n) => ({ phase, value: ring.states[n * K + unit] }));
      drawPhase(canvas("phase"), side, 90, { dots, now: own("h")[L - 1] }, ink);
    }
    write(find, { cell, state, now, untouched: isTouched() ? outModel(untouched.forecast[0]) : null, said, straight, linear,
      bayes: isFresh ? bayes.forecast : null, ranges, own, scale, hasRing: Boolean(ring) });
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
    return [axis.step(event.clientX - box.left), (95 - (event.clientY - box.top)) * (state.limit / 83)];
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
  function shuffled() { // of a fixed sequence, so that a class sees the same
    const order = [...plain];
    let seed = 12345 + 7919 * shuffles++;
    for (let n = L - 1; n > 0; n--) {
      seed = (1103515245 * seed + 12345) % 2147483648;
      const other = Math.floor((seed / 2147483648) * (n + 1));
      [order[n], order[other]] = [order[other], order[n]];
    }
    return order;
  }
  all("[data-order]").forEach((button) => button.addEventListener("click", () => {
    state.orderName = button.dataset.order;
    state.order = { plain: () => plain, reverse: () => [...plain].reverse(), shuffle: shuffled }[state.orderName]();
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
      Object.assign(state, { freeze: {}, order: plain, orderName: "plain", step: L - 1, window: [...model.get("start")] });
      state.ablate.clear();
      refresh();
      settle();
    },
    play: () => {
      if (timer) return stop();
      if (state.step === L - 1) choose(state.unit, 0);
      play.textContent = "Pause";
      timer = setInterval(() => (state.step < L - 1 ? choose(state.unit, state.step + 1) : stop()), 300);
    },
  };
  for (const [name, act] of Object.entries(acts)) {
    const control = find(`[data-do="${name}"]`);
    control.addEventListener({ BUTTON: "click", SELECT: "change", INPUT: "input" }[control.tagName], () => act(control));
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
  observer.observe(canvas("window"));
  observer.observe(canvas("path"));
  buttons();
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
