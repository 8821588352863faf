// Draws every figure from the computed numbers, and then writes the texts.
import { contributions, head, project } from "./cell.js";
import {
  timeAxis, scaleY, drawWindow, drawDerivative, drawHeat, drawRows, drawCurves, drawPath, drawResponse,
} from "./draw.js";
import { gateColour } from "./palette.js";
import { CURVES, goalOf, label, linearRole, number, tell, write } from "./words.js";

const TALL = { window: 190, derivative: 120, curves: 130, path: 230, response: 90, row: 12 };

/** The value at a height in the plot of the window. */
export const valueAt = (y, { limit, middle }) => middle + ((TALL.window / 2 - y) / (TALL.window / 2 - 12)) * limit;

/** Writes the legend of the curves of a unit. */
export function legend(place, cell, ink) {
  place.replaceChildren(...cell.names.map((name) => {
    const [dash, width] = CURVES[name];
    const one = document.createElement("span");
    const stroke = document.createElement("i");
    stroke.style.cssText = `width: 18px; border-top: ${width}px ${dash.length ? "dashed" : "solid"} ${ink[gateColour(name)]}`;
    one.append(stroke, name);
    return one;
  }));
}

/** The facts, with the numbers that the figures show. */
function shownOf(facts) {
  const { cell, state, now, linear, intercept, bayes, outModel, untouched, signal } = facts;
  const { L } = now;
  const K = cell.size;
  const inOrder = (values) => state.order.map((position) => values[position]);
  const forecasts = Array.from({ length: L }, (_, t) => outModel(head(cell, now.steps.h, t)[state.ahead]));
  const isFresh = (bayes.ahead ?? 1) === state.ahead + 1 &&
    bayes.window?.every((value, t) => Math.abs(value - state.window[t]) < 1e-9);
  const own = (name) => Array.from({ length: L }, (_, t) => now.steps[name][t * K + state.unit]);
  return { ...facts, inOrder, forecasts, own, isBayesKnown: Boolean(bayes.window), values: inOrder(state.window),
    next: goalOf(signal, state.ahead)[1],
    straight: linear.reduce((sum, weight, t) => sum + weight * state.window[t], intercept),
    bayes: isFresh ? bayes : null, untouched: untouched ? outModel(untouched.forecast[state.ahead]) : null,
    isAsked: document.documentElement.hasAttribute("data-guess"), // a tour asks what the network does: that is not shown
    part: contributions(cell, untouched || now, L - 1, state.ahead)[state.unit] * now.frame.spread };
}

/** The colours of a gate or state: its range, whether it is that of a gate from shut to open, and both ends in words. */
function rangeOf(cell, state, name) {
  if (cell.shut.includes(name)) return { from: 0, to: 1, isOpening: true, low: "0 shut", high: "1 open" };
  const to = state.limits[name] ?? 1;
  const beyond = name in state.limits && to < 1 ? " and beyond" : "";
  return { from: -to, to, isOpening: false, low: number(-to, 1), high: `${number(to, 1)}${beyond}` };
}

/** The height of a map of some units: rows of a few can be told apart, and those of many can be seen. */
const heightOf = (count) => count * Math.max(4, Math.min(16, Math.floor(144 / count)));

/** Draws every figure on the surface that `canvas` returns for its name, if any. Returns the numbers that they show. */
export function pictures(canvas, facts, ink, wide, side, isAlone = false) {
  const figures = shownOf(facts);
  const on = (name, put) => {
    const surface = canvas(name);
    if (surface) put(surface);
  };
  const { cell, state, now, answers, linear, inOrder, forecasts, own, bayes, straight, untouched, values, next } = figures;
  const role = linearRole(facts.signal);
  const { step, unit } = state;
  const { L } = now;
  const K = cell.size;
  const axis = timeAxis(wide, L);
  const slopes = facts.bayes.derivative; // during a drag, those of a moment ago
  const labels = state.order.map((t) => t + 1);
  const marks = [{ value: straight, colour: role, shift: -1 }, { value: forecasts[L - 1], colour: "model", shift: 0 }];
  if (bayes) marks.push({ value: bayes.forecast, colour: "bayes", shift: 1 });
  if (untouched !== null) marks.unshift({ value: untouched, colour: "model", hollow: true, shift: 0 });
  const { limit, middle } = state;
  const isTold = ({ colour, hollow }) => !figures.isAsked || colour !== "model" || hollow;
  on("window", (to) => drawWindow(to, axis, TALL.window, { values, limit, middle, marks: marks.filter(isTold), step,
    forecasts: figures.isAsked ? [] : forecasts }, ink));
  if (facts.channels.length) on("known", (to) => drawRows(to, axis, TALL.row, { rows: inOrder(facts.known), step }, ink));
  on("derivative", (to) => drawDerivative(to, axis, TALL.derivative, { slopes: inOrder(now.slopes),
    linear: inOrder(linear), role, bayes: slopes && inOrder(slopes), labels, next, step }, ink));
  const ranges = {};
  const tall = heightOf(state.shown.length);
  for (const name of cell.names) {
    const range = (ranges[name] = rangeOf(cell, state, name));
    on(name, (to) => drawHeat(to, axis, tall, { values: now.steps[name], K, rows: state.shown, step, range,
      row: state.shown.indexOf(unit), bars: name === "h" && now.parts, labels: isAlone && labels }, ink));
  }
  const curves = cell.names.map((name) => {
    const [dash, width] = CURVES[name];
    return { values: own(name), colour: gateColour(name), dash, width };
  });
  on("curves", (to) => drawCurves(to, timeAxis(side, L), TALL.curves, { curves, step }, ink));
  const path = project(now.plane, now.steps.h);
  on("path", (to) => drawPath(to, side, TALL.path, { path, ring: answers?.dots ?? [], step }, ink));
  if (answers) {
    const dots = answers.dots.map(({ hue, label }, n) => ({ hue, label, value: answers.states[n * K + unit] }));
    on("response", (to) => drawResponse(to, side, TALL.response, { dots, now: own("h")[L - 1] }, ink));
  }
  return { ...figures, ranges };
}

/** Draws the parts of the page that are due from the facts. Returns the numbers that they show. */
export function paint(find, due, canvas, points, facts, ink, wide, side) {
  const figures = pictures((part) => (due.has(part) ? canvas(part) : null), facts, ink, wide, side);
  const { state, values } = figures;
  if (due.has("window")) {
    const axis = timeAxis(wide, values.length);
    const y = scaleY(TALL.window, state.limit, state.middle);
    points.forEach((point, t) => (point.style.transform = `translate(${axis.x(t)}px, ${y(values[t])}px)`));
    tell(find, figures);
  }
  if (due.has("words")) write(find, figures);
  if (due.has("labels")) label(find, points, figures);
  return figures;
}
