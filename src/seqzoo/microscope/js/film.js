// The film of a training: its loss with the reference lines, a slider along it, and the weights of each moment.
import { makeCell, parseSafetensors } from "./cell.js";
import { mark, number } from "./words.js";

const PACE = { moving: 280, still: 1000 }; // ms of a frame while it plays; the second where motion is to be reduced
const [WIDE, TALL, EDGE] = [1000, 170, 8]; // units of the picture of the loss
const [ROOM, MOST] = [1.6, 4]; // the largest error drawn, as a multiple of the largest and of the least reference
const AHEAD = 4; // frames fetched before they are shown

const tag = (name, values, body = "") =>
  `<${name}${Object.entries(values).map(([key, value]) => ` ${key}="${value}"`).join("")}>${body}</${name}>`;

const written = (value, digits) => (value < 0.1 && value > 1e-6 ? value.toPrecision(digits) : number(value));

/**
 * The cells of films, each fetched once and computed by the core that `core` promises: a function of the address of a film,
 * the step, the architecture and the channels.
 */
export function framesOf(fetch, core) {
  const kept = new Map();
  return (address, step, architecture, channels) => {
    const place = `${address}${step}.safetensors`;
    if (!kept.has(place)) {
      const cell = Promise.all([fetch(place), core()])
        .then(([bytes, compiled]) => makeCell(architecture, parseSafetensors(bytes), channels, compiled));
      kept.set(place, cell);
      cell.catch(() => kept.delete(place)); // it can be asked for again
    }
    return kept.get(place);
  };
}

/**
 * The strip of a film in `element`. `given()` returns, newly at each call:
 *   steps, planned: the steps recorded so far, and those of the whole film; both begin with 0.
 *   address: that of a frame is this, the step and ".safetensors".
 *   curve, other: [[step, error], ...] of this training and of the one beside it; references: [[name, error, colour], ...]; unit: what the error is.
 *   frame: the step to begin with; null for the newest.
 * host: frame(address, step) is a promise of a cell, see `framesOf`; cast(cell, isLast, step) shows it; told(step) reports a
 * chosen step, null for the newest.
 */
export function filmIn(element, given, host) {
  element.setAttribute("aria-label", "Film of the training");
  element.innerHTML = `<h3>The cell during training</h3><svg class="mz-loss" viewBox="0 0 ${WIDE} ${TALL}" preserveAspectRatio="none" aria-hidden="true"></svg>
    <div class="mz-marks" aria-hidden="true"></div>
    <input type="range" aria-label="step of the training" min="0" step="1">
    <div class="mz-row mz-frames"><button type="button" data-do="film">Play</button><b class="mz-said-of"></b></div>
    <p class="mz-hint"></p>`;
  const find = (selector) => element.querySelector(selector);
  const [loss, marks, button, slider, words, hint] = [".mz-loss", ".mz-marks", "button", "input", ".mz-said-of", ".mz-hint"].map(find);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let film = given();
  let at = film.frame === null ? film.steps.length - 1 : nearest(film.frame);
  let isNewest = film.frame === null;
  let [isOn, timer, shown, gone] = [false, 0, -1, false];

  /** The frame of the last step up to this one. */
  function nearest(step) {
    let frame = 0;
    while (frame + 1 < film.steps.length && film.steps[frame + 1] <= step) frame++;
    return frame;
  }

  const cellAt = (step) => host.frame(film.address, step);

  /** The place of a step along the film, from 0 to 1: even from frame to frame, and in ratios between them. */
  function along(step) {
    const { planned } = film;
    let n = 0;
    while (n + 2 < planned.length && planned[n + 1] <= step) n++;
    const [from, to] = [Math.log(Math.max(planned[n], 0.5)), Math.log(Math.max(planned[n + 1] ?? 1, 1))];
    const share = (Math.log(Math.max(step, 0.5)) - from) / (to - from || 1);
    return Math.min(1, (n + share) / (planned.length - 1));
  }

  /** Heights of errors, in ratios around the references; the first errors lie above. */
  function scale() {
    const levels = film.references.map((one) => one[1]);
    const reached = Math.min(...film.curve.map((one) => one[1]));
    const top = Math.min(ROOM * Math.max(...levels), MOST * Math.min(...levels));
    const [low, high] = [Math.log(Math.max(Math.min(...levels, reached), 1e-300)), Math.log(Math.max(top, film.curve.length ? 1.5 * reached : 0))];
    return (value) => TALL - EDGE - ((Math.log(Math.max(value, 1e-300)) - low) / (high - low || 1)) * (TALL - 2 * EDGE);
  }

  /** The error at a step in words: that of its evaluation, or between those around it; empty before the first one. */
  function errorAt(step) {
    const after = film.curve.findIndex(([one]) => one >= step);
    const [to, high] = film.curve.at(after) ?? [Infinity, 0];
    if (after < 0 || (after === 0 && to > step)) return "";
    if (to === step) return `: ${film.unit} ${written(high, 3)}`;
    const [from, low] = film.curve[after - 1];
    return `: ${film.unit} about ${written(low + ((high - low) * Math.log(step / from)) / Math.log(to / from), 2)}`;
  }

  function drawLoss() {
    const [x, y] = [(step) => (WIDE * along(step)).toFixed(1), scale()];
    const lines = film.references.map(([, value, colour]) => tag("path", { class: "mz-level", d: `M0 ${y(value).toFixed(1)}H${WIDE}`, style: `--hue: var(--${colour})` }));
    const course = (curve, kind) => tag("path", { class: kind, d: curve.filter(([step]) => step <= film.planned.at(-1))
      .map(([step, value], n) => `${n ? "L" : "M"}${x(step)} ${y(value).toFixed(1)}`).join("") });
    loss.innerHTML = `${lines.join("")}${course(film.other, "mz-other")}${course(film.curve, "mz-course")}${tag("path", { class: "mz-here", d: "" })}`;
    const last = film.planned.at(-1);
    const round = [0, 1, 10, 100, 1000, 10000].filter((step) => step < last && along(last) - along(step) > 0.16 && (step !== 1 || along(1) > 0.04));
    marks.replaceChildren(...[...round, last].map((step) => {
      const one = document.createElement("span");
      one.textContent = step.toLocaleString("en");
      one.style.left = `${100 * along(step)}%`;
      return one;
    }));
    const red = film.other.length ? ", red: of the run beside it" : "";
    hint.textContent = `Blue line: ${film.unit} of this run${red}. Across: ${film.references.map(([name]) => name).join(", ")}. ` +
      "Click the curve, or drag the slider; ← → go from frame to frame.";
  }

  function describe() {
    const step = film.steps[at];
    mark(find(".mz-here") ?? loss, "d", `M${(WIDE * along(step)).toFixed(1)} 0V${TALL}`);
    slider.max = film.planned.length - 1;
    slider.value = at;
    const text = step === 0 ? "Before training"
      : `After ${step.toLocaleString("en")} of ${film.planned.at(-1).toLocaleString("en")} steps${errorAt(step)}`;
    mark(slider, "aria-valuetext", text);
    if (words.textContent !== text) words.textContent = text;
  }

  /** Shows the frame that is chosen, once its weights are there; a later choice overtakes it. */
  async function show() {
    const frame = at;
    describe();
    const cell = await cellAt(film.steps[frame]).catch((error) => {
      words.textContent = `These weights cannot be shown: ${error.message}.`;
    });
    if (!cell || gone || frame !== at || frame === shown) return;
    shown = frame;
    host.cast(cell, frame === film.steps.length - 1, film.steps[frame]);
    for (let next = frame + 1; next <= frame + AHEAD && next < film.steps.length; next++) cellAt(film.steps[next]).catch(() => {});
  }

  function go(frame) {
    at = Math.max(0, Math.min(film.steps.length - 1, frame));
    isNewest = at === film.steps.length - 1;
    host.told(isNewest ? null : film.steps[at]);
    return show();
  }

  function stop() {
    isOn = false;
    clearTimeout(timer);
    button.textContent = "Play";
  }

  async function next() {
    if (at >= film.steps.length - 1) return stop();
    await go(at + 1);
    clearTimeout(timer); // of another click while these weights were fetched
    if (isOn) timer = setTimeout(next, still.matches ? PACE.still : PACE.moving);
  }

  button.addEventListener("click", () => {
    if (isOn) return stop();
    isOn = true;
    button.textContent = "Pause";
    if (at >= film.steps.length - 1) at = -1;
    next();
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  const pick = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    stop();
    const box = loss.getBoundingClientRect();
    go(Math.round(((event.clientX - box.left) / box.width) * (film.planned.length - 1)));
  };
  loss.addEventListener("pointerdown", (event) => {
    loss.setPointerCapture(event.pointerId);
    pick(event);
  });
  loss.addEventListener("pointermove", pick);
  drawLoss();
  describe();
  return {
    show,
    /** Takes what the run has recorded meanwhile; the newest frame stays the newest. */
    update() {
      film = given();
      if (isNewest && !isOn) at = film.steps.length - 1;
      drawLoss();
      show();
    },
    close() {
      gone = true;
      stop();
    },
  };
}
