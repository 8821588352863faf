// From numbers to pictures: every canvas of the page, and then its words.
import { head, project } from "./cell.js";
import { timeAxis, scaleY, drawWindow, drawDerivative, drawHeat, drawCurves, drawPath, drawPhase } from "./draw.js";
import { CURVES, number, write } from "./words.js";

const TALL = { window: 190, derivative: 120, curves: 130, path: 230, phase: 90, maps: 760 };

/** The value that a height in the window's plot stands for. */
export const valueAt = (y, limit) => ((TALL.window / 2 - y) / (TALL.window / 2 - 12)) * limit;

/** What the curves of a unit are drawn like. */
export function legend(place, cell, ink) {
  place.replaceChildren(...cell.names.map((name) => {
    const [colour, dash, width] = CURVES[name];
    const one = document.createElement("span");
    const stroke = document.createElement("i");
    stroke.style.cssText = `width: 18px; border-top: ${width}px ${dash.length ? "dashed" : "solid"} ${ink[colour]}`;
    one.append(stroke, name);
    return one;
  }));
}

export function paint(find, points, facts, ink, wide, side) {
  const { cell, state, now, ring, linear, intercept, bayes, outModel, untouched, scale } = facts;
  const { step, unit, order } = state;
  const { L } = now;
  const K = cell.size;
  const axis = timeAxis(wide, L);
  const canvas = (part) => find(`[data-part="${part}"]`);
  const inOrder = (list) => order.map((position) => list[position]);

  const values = inOrder(state.window);
  const said = order.map((_, t) => outModel(head(cell, now.steps.h, t)[0]));
  const straight = linear.reduce((sum, weight, t) => sum + weight * state.window[t], intercept);
  const isFresh = bayes.window?.every((value, t) => Math.abs(value - state.window[t]) < 1e-9);
  const before = untouched ? outModel(untouched.forecast[0]) : null;
  const marks = [{ value: straight, colour: "ink", shift: -1 }, { value: said[L - 1], colour: "blue", shift: 0 }];
  if (isFresh) marks.push({ value: bayes.forecast, colour: "green", shift: 1 });
  if (untouched) marks.unshift({ value: before, colour: "blue", hollow: true, shift: 0 });
  drawWindow(canvas("window"), axis, TALL.window, { values, limit: state.limit, said, marks, step }, ink);
  const y = scaleY(TALL.window, state.limit);
  points.forEach((point, t) => {
    point.style.transform = `translate(${axis.x(t)}px, ${y(values[t])}px)`;
    point.setAttribute("aria-label", `value ${order[t] + 1} of ${L}`);
    point.setAttribute("aria-valuenow", values[t].toFixed(3));
    point.setAttribute("aria-valuemin", (-state.limit).toFixed(3));
    point.setAttribute("aria-valuemax", state.limit.toFixed(3));
  });
  drawDerivative(canvas("derivative"), axis, TALL.derivative, { slopes: inOrder(now.slopes), linear: inOrder(linear),
    bayes: bayes.derivative && inOrder(bayes.derivative), labels: order.map((t) => t + 1), step }, ink);

  const ranges = {};
  const tall = K * Math.max(1, Math.min(5, Math.round(TALL.maps / (K * cell.names.length))));
  for (const name of cell.names) {
    const isGate = cell.shut.includes(name);
    const high = state.limits[name] ?? 1;
    const beyond = name in state.limits && high < 1;
    ranges[name] = isGate ? "0 to 1" : `${number(-high, 1)} to ${number(high, 1)}${beyond ? " and beyond" : ""}`;
    if (name === "h") ranges[name] += "; bars at the right: contribution";
    drawHeat(find(`[data-map="${name}"]`), axis, tall, { values: now.steps[name], K, rows: state.rows, step,
      low: isGate ? 0 : -high, high, row: state.rows.indexOf(unit), bars: name === "h" && now.parts }, ink);
  }

  const own = (name) => order.map((_, t) => now.steps[name][t * K + unit]);
  const curves = cell.names.map((name) => {
    const [colour, dash, width] = CURVES[name];
    return { values: own(name), colour, dash, width };
  });
  drawCurves(canvas("curves"), timeAxis(side, L), TALL.curves, { curves, step }, ink);
  const path = project(now.plane, now.steps.h);
  drawPath(canvas("path"), side, TALL.path, { path, ring: ring?.dots ?? [], step }, ink);
  if (ring) {
    const dots = ring.phases.map((phase, n) => ({ phase, value: ring.states[n * K + unit] }));
    drawPhase(canvas("phase"), side, TALL.phase, { dots, now: own("h")[L - 1] }, ink);
  }
  write(find, { cell, state, now, untouched: before, said, straight, linear, own, ranges, scale,
    bayes: isFresh ? bayes : null, hasRing: Boolean(ring) });
}
