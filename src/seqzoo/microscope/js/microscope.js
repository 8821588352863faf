// The microscope: a page that loads the weights, and recomputes everything in the browser at every change.
import { cellView } from "./cellview.js";
import { parseSafetensors, makeCell, forward, contributions, derivative, principal } from "./cell.js";
import { listen } from "./controls.js";
import { offerDownloads } from "./download.js";
import { lighting } from "./light.js";
import { skeleton } from "./page.js";
import { legend, paint } from "./paint.js";
import { dress, inks } from "./palette.js";
import { questionOf, respond, responding } from "./response.js";
import { enter, frameOf, leave, through } from "./scaling.js";
import { Past, fromView, isTouched, rowsShown, taken, toView } from "./state.js";
import { valves } from "./valves.js";
import { linearRole, say, signed } from "./words.js";

const DARK = "(prefers-color-scheme: dark)";
const PAUSE = 120; // ms between two reports to Python during a drag
const REST = 100; // ms without a change after which all is drawn

/**
 * Opens the microscope in an element; returns a function that removes it. `host` connects it to its surroundings:
 *   get(name): a fact from Python or the state last told. These are fixed: name, architecture, scale (see
 *     `frameOf`), signal, standings, channels (the names [D - 1] of those
 *     beside the value). These may change: start, known [L][D - 1], window, view, bayes, outside, is_given,
 *     best_linear [H][L], best_linear_bias [H]; those of the references when `start` does.
 *   weights(): a promise of the bytes of the safetensors file.
 *   core(): a promise of the compiled core, see core.js, or of null.
 *   tell(window, view): reports the current window and view.
 *   listen(name, follow): calls `follow` whenever `name` changes; returns a function that stops this.
 * Side by side, see pair.js, it also has:
 *   leads: whether it is the first one, whose order of units a twin takes over.
 *   share(name, value): hands "peer", the state that the visitor chose, or "moving", the share of a step, to the other microscope;
 *     what the other one hands over is in get("peer") and get("moving").
 *   drawn(figures, root): called after each drawing.
 *   ready({ of, share, cast }): `of` names the shape of the network, which twins have in common; `share` hands over the state;
 *     `cast` shows other weights, as of another moment of the training.
 */
export function open(el, host) {
  const root = document.createElement("div");
  root.className = "mz";
  dress(root, inks(isDark(matchMedia(DARK))));
  el.append(root);
  const undo = [];
  let gone = false;
  root.textContent = "Fetching the weights…";
  Promise.all([host.weights(), host.core()])
    .then(([bytes, core]) =>
      makeCell(host.get("architecture"), parseSafetensors(bytes), 1 + (host.get("channels") ?? []).length, core))
    .then((cell) => gone || undo.push(show(host, root, cell)))
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

/** Whether the page is dark: by the theme of the site or of JupyterLab if there is one, else by the system. */
function isDark(system) {
  const { theme } = document.documentElement.dataset;
  return /^(light|dark)$/.test(theme) ? theme === "dark" : (document.body.dataset.jpThemeLight ?? String(!system.matches)) === "false";
}

/** Builds the page of a cell and keeps it up to date. Returns a function that disconnects it. */
function show(host, root, cell) {
  const K = cell.size;
  const shape = `${cell.architecture} ${K}`;
  const scale = host.get("scale");
  const start = host.get("start"); // only the first one: `base` has the current one
  const L = start.length;
  const [name, signal] = ["name", "signal"].map((key) => host.get(key));
  const inModel = (window) => enter(frameOf(scale, window), window);
  const outModel = (value, trace = now, ahead = state.ahead) => leave(trace.frame, value, ahead);
  const channels = host.get("channels") ?? [];
  let known = host.get("known") ?? []; // of the first window; a changed value leaves them as they are
  const read = (window, changes) =>
    ({ ...forward(cell, inModel(window), changes, known), frame: frameOf(scale, window) });
  let origin = read(start);
  const largest = () => { // the unit chosen at first
    const sizes = contributions(cell, origin).map(Math.abs);
    return sizes.indexOf(Math.max(...sizes));
  };
  const aheads = host.get("best_linear_bias").length;
  const base = { cell, start, aheads, first: largest() };
  const question = questionOf(signal, L);
  root.innerHTML = skeleton({ cell, L, aheads, question, signal, channels,
    hasBayes: host.get("standings").length > 0 });
  const places = new Map();
  const find = (selector) => { // a drag asks for some fifty, each time for the same
    if (!places.get(selector)?.isConnected) places.set(selector, root.querySelector(selector));
    return places.get(selector);
  };
  const all = (selector) => [...root.querySelectorAll(selector)];
  const canvas = (part) => find(`[data-part="${part}"], [data-map="${part}"]`);
  find("h2").textContent = `${name} under the microscope`;
  for (const part of all("section")) part.ariaLabel += `, ${name}`; // another network may stand beside it

  const system = matchMedia(DARK);
  const past = new Past(base);
  const state = { rows: Array.from({ length: K }, (_, k) => k), shown: [], limit: 1, middle: 0, limits: {} };
  let ink = inks(false);
  let [wide, side] = [0, 0]; // CSS pixels, set by the observer: reading them here would force a layout
  let bayes = host.get("bayes");
  let told = host.get("view"); // the view that Python has
  let now, untouched, answers, report, wait;
  let ranks = null; // the order of the units of a twin that leads

  const changes = () => ({ freeze: state.freeze, ablate: [...state.ablate], order: state.order });

  function recompute() {
    now = read(state.window, changes());
    const { ahead } = state;
    now.slopes = through(now.frame, derivative(cell, now, ahead), now.window, now.forecast[ahead], ahead);
    now.parts = contributions(cell, now, L - 1, state.ahead);
    if (!isTouched(state)) untouched = now;
    else if (!untouched?.of.every((value, t) => value === state.window[t])) untouched = read(state.window);
    untouched.of = [...state.window]; // a gate that is dragged leaves it as it is
    now.plane = answers?.plane ?? principal(now.steps.h, K);
  }

  /** Computes the states at the windows of the question, after drawing the current window, because it takes longer. */
  function askAgain(isLater) {
    clearTimeout(wait);
    if (!question) return;
    const take = (responses) => {
      answers = responses;
      now.plane = answers.plane;
    };
    if (!isLater) return void take(respond(cell, question, inModel, changes()));
    const run = responding(cell, question, inModel, changes());
    const go = () => {
      const at = run.next();
      if (!at.done) return void (wait = setTimeout(go));
      take(at.value);
      draw();
    };
    wait = setTimeout(go, 30);
  }

  function sort() {
    const parts = contributions(cell, untouched, L - 1, state.ahead);
    const numbered = [...state.rows.keys()];
    state.ranked = ranks ?? numbered.toSorted((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
    state.rows = state.isSorted ? state.ranked : numbered;
    state.shown = rowsShown(state);
    const option = (unit) => new Option(`#${unit} (${signed(parts[unit] * now.frame.spread)})`, unit);
    find('[data-do="unit"]').replaceChildren(...state.rows.map(option));
    find('[data-do="unit"]').value = state.unit;
  }

  function rescale() {
    const states = cell.names.filter((name) => !cell.gates.includes(name));
    for (const name of states) { // full colour at the 98th percentile
      const sizes = Float64Array.from(now.steps[name], Math.abs).sort();
      state.limits[name] = Math.max(0.1, Math.ceil(10 * sizes[Math.floor(0.98 * sizes.length)]) / 10);
    }
    const every = [...state.window, outModel(now.forecast[state.ahead])];
    if (signal.family) { // a signal swings about 0
      state.limit = 1.2 * Math.max(0.5, ...every.map(Math.abs));
      return;
    }
    const [low, high] = [Math.min(...every), Math.max(...every)];
    state.middle = (low + high) / 2;
    state.limit = 0.6 * (high - low) || scale[1];
  }

  function facts() {
    return { cell, state, start: base.start, now, answers, question, channels, known, scale: now.frame.spread, outModel, origin, name,
      signal, bayes, aheads, standings: host.get("standings"), isGiven: host.get("is_given"),
      strange: host.get("outside") ?? "",
      linear: host.get("best_linear")[state.ahead], intercept: host.get("best_linear_bias")[state.ahead],
      untouched: isTouched(state) && untouched };
  }

  const PARTS = ["cell", "curves", "words", "path", "derivative", ...(question ? ["response"] : []), ...cell.names,
    ...(channels.length ? ["known"] : []), "window", "labels"];
  const stale = new Set(); // the parts that show an earlier state
  const away = new Set(); // those out of view
  const nameOf = ({ dataset }) => dataset.part ?? dataset.map;
  let resting; // ends in the drawing of what is stale
  let turn = 0;
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) away.delete(nameOf(target));
      else away.add(nameOf(target));
    }
    if (resting && entries.some(({ isIntersecting }) => isIntersecting)) drawStale();
  });

  const OF_BAYES = ["window", "derivative", "words"];
  let later = 0; // the frame that will show what Python computed, unless something is drawn before
  const drawLater = () => {
    for (const part of OF_BAYES) stale.add(part); // what is drawn before may be other parts only
    later ||= requestAnimationFrame(() => draw(OF_BAYES));
  };

  /** Draws what is stale and due; the rest once nothing has changed for a while. */
  function refresh(isDue) {
    cancelAnimationFrame(later);
    clearTimeout(resting);
    later = 0;
    resting = undefined;
    if (!wide) return;
    const due = new Set([...stale].filter(isDue));
    for (const part of due) stale.delete(part);
    const given = facts();
    const figures = paint(find, due, canvas, desk.points, given, ink, wide, side);
    if (due.has("cell")) view.draw(given); // afterwards: a canvas that is drawn while elements are changed forces a layout
    lights.place();
    if (stale.size) resting = setTimeout(drawStale, REST);
    host.drawn?.(figures, root);
  }

  const drawStale = () => refresh(() => true);

  /** Draws parts anew, those out of view a little later. */
  function draw(parts = PARTS) {
    for (const part of parts) stale.add(part);
    refresh((part) => parts.includes(part) && !away.has(part));
  }

  function drawAll() {
    for (const part of PARTS) stale.add(part);
    drawStale();
  }

  /** Draws a moment of a drag: what is held and, in turn, half of what else is in view; all of it would not keep up. */
  function drawHalf(held) {
    for (const part of PARTS) stale.add(part);
    turn = 1 - turn;
    const rest = PARTS.filter((part) => part !== held && part !== "labels" && !away.has(part));
    refresh((part) => part === held || rest.indexOf(part) % 2 === turn);
  }

  /** Reports the window and the view to Python, at most every PAUSE ms. */
  function tell(isOver) {
    const send = () => {
      report = undefined;
      told = toView(state, base);
      host.tell([...state.window], told);
    };
    if (!isOver) return void (report ??= setTimeout(send, PAUSE));
    clearTimeout(report);
    send();
    find(".mz-aloud").textContent = find(".mz-notice").textContent; // read aloud only after a drag
  }

  /** Hands what is looked at to the microscope beside this one. */
  const share = (isOver, isHeld = false) => host.share?.("peer", { ...state, of: shape, isOver, isHeld });

  const desk = { cell, state, base, past, L, find, all, canvas, aheads, points: all(".mz-point"), held: null,
    wide: () => wide,
    /** Changes the view. Only another step ahead needs a new computation. */
    look(given) {
      const isFarther = "ahead" in given && given.ahead !== state.ahead;
      Object.assign(state, given);
      if (isFarther) {
        recompute();
        rescale();
        sort();
      }
      state.shown = rowsShown(state);
      desk.press();
      if ("isWhole" in given || "unit" in given) drawAll(); // maps may get another height
      else draw();
      tell();
      share(isFarther);
    },
    sort() {
      sort();
      drawAll();
      tell();
      share(true);
    },
    /** Changes the value that is read at a step. */
    poke(t, value) {
      const bound = state.middle + Math.max(-state.limit, Math.min(state.limit, value - state.middle));
      const grain = signal.family ? 0.001 : 10 ** (Math.floor(Math.log10(state.limit)) - 3);
      state.window[state.order[t]] = Number((Math.round(bound / grain) * grain).toPrecision(15));
      recompute();
      drawHalf("window");
      tell();
      share(false, true);
    },
    /** Holds a gate during a drag of its valve. */
    grip(given) {
      Object.assign(state, given);
      recompute();
      drawHalf("cell");
      desk.press();
      tell();
      share(false, true);
    },
    /** The number of a gate or state. */
    value: (name, step, unit) => now.steps[name][step * K + unit],
    /** Ends a drag: sorts the rows and sets the scale again. */
    settle() {
      rescale();
      sort();
      desk.press();
      drawAll();
      tell(true);
      share(true);
    },
    /** Changes the network or its window. */
    change(given, isKept = true) {
      if (isKept) past.remember(state);
      desk.apply(given);
      tell(true);
    },
    /** Applies a changed state. */
    apply(given) {
      Object.assign(state, given);
      recompute();
      rescale();
      sort();
      desk.press();
      drawAll();
      askAgain(true);
      share(true);
    },
  };

  /** Takes over what the microscope beside this one shows, as far as this cell has it. */
  function follow(given) {
    if (given.step !== state.step) desk.player.stop();
    Object.assign(state, taken(given, { aheads, isTwin: given.of === shape }));
    if (!host.leads) ranks = given.of === shape ? given.ranked : null;
    recompute();
    if (given.isOver) {
      rescale();
      sort();
      askAgain(true);
    }
    state.shown = rowsShown(state);
    desk.press();
    if (given.isOver) drawAll();
    else if (given.isHeld) drawHalf("window");
    else draw();
    tell(given.isOver);
    if (host.leads && given.isOver) share(true); // a twin shows the units in this order
  }

  /** Shows other weights of the same shape; `isLast` sets the scales and the order of the units by them. */
  function cast(other, isLast) {
    Object.assign(cell, other);
    [origin, untouched] = [read(base.start), undefined];
    recompute();
    if (isLast) {
      rescale();
      sort();
      askAgain(true);
    }
    if (isLast) drawAll();
    else draw();
  }

  const within = cellView(desk);
  const view = { ...within,
    at(portion) {
      within.at(portion);
      host.share?.("moving", portion);
    } };
  const lights = lighting(desk, root);
  valves(desk, find(".mz-figure"));

  const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  const outside = {
    window: () => {
      const given = host.get("window");
      const isOurs = desk.held !== null || report || given.every((value, t) => value === state.window[t]);
      if (isOurs || given.length !== L) return;
      desk.apply({ window: [...given] });
      tell();
    },
    view: () => {
      const given = host.get("view");
      if (desk.held !== null || same(given, told) || same(given, toView(state, base))) return; // an echo of our own report
      told = given;
      desk.apply(fromView(given, base));
      tell();
    },
    start: () => {
      const { draw, values } = host.get("view") ?? {}; // of that window
      const view = { ...toView(state, base), unit: state.unit, draw, values };
      base.start = host.get("start");
      known = host.get("known") ?? [];
      untouched = undefined;
      origin = read(base.start);
      base.first = largest();
      past.views.length = 0; // earlier views belong to another window
      desk.apply(fromView(view, base));
      tell(true);
    },
    outside: () => say(find(".mz-outside"), host.get("outside") ?? ""),
    peer: () => follow(host.get("peer")),
    moving: () => {
      const portion = host.get("moving");
      if (portion !== null) desk.player.stop(); // one plays at a time
      within.at(portion);
    },
    bayes: () => {
      bayes = host.get("bayes");
      drawLater();
    },
  };
  const repaint = () => {
    const dark = isDark(system) && !printing;
    root.classList.toggle("mz-dark", dark);
    ink = inks(dark);
    dress(root, { ...ink, linear: ink[linearRole(signal)] });
    legend(find(".mz-legend"), cell, ink);
    drawAll();
  };
  let printing = false;
  const print = (event) => {
    printing = event.type === "beforeprint";
    repaint();
  };
  let sizes;
  const observer = new ResizeObserver(() => {
    const widest = (selector) => Math.max(...all(selector).map((one) => one.clientWidth)); // a tour hides all but some
    const now = [widest(".mz-time canvas"), widest(".mz-side canvas"), find(".mz-figure").clientWidth];
    if (String(now) === String(sizes)) return;
    sizes = now;
    const [over, beside, figure] = now;
    [wide, side] = over || beside || figure ? [over || wide || figure, beside || side || figure] : [0, 0];
    if (figure) view.fit(figure);
    draw();
  });
  const theme = new MutationObserver(repaint);

  Object.assign(state, fromView(host.get("view"), base));
  const isElsewhere = state.window.some((value, t) => value !== host.get("window")[t]);
  if (isElsewhere && !host.get("view").values) state.window = [...host.get("window")];
  recompute();
  askAgain(false);
  const stop = listen(desk, view);
  offerDownloads(desk, facts);
  rescale();
  sort();
  desk.press();
  repaint();
  if (isElsewhere || !same(host.get("view"), toView(state, base))) tell(true);
  const deaf = Object.entries(outside).map(([name, follow]) => host.listen(name, follow));
  system.addEventListener("change", repaint);
  for (const when of ["beforeprint", "afterprint"]) addEventListener(when, print);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  theme.observe(document.documentElement, { attributeFilter: ["data-theme", "data-guess"] });
  for (const one of all("[data-part], [data-map]")) sight.observe(one);
  for (const one of [...all("canvas"), find(".mz-figure")]) observer.observe(one);
  host.ready?.({ of: shape, share: () => share(true), cast });
  return () => {
    stop();
    clearTimeout(report);
    clearTimeout(wait);
    clearTimeout(resting);
    cancelAnimationFrame(later);
    sight.disconnect();
    observer.disconnect();
    theme.disconnect();
    system.removeEventListener("change", repaint);
    for (const when of ["beforeprint", "afterprint"]) removeEventListener(when, print);
    deaf.forEach((stop) => stop());
  };
}
