// Drawing on canvases: a shared time axis, heat maps, bars, curves and a path.
import { inks } from "./palette.js";

/** The 256 colours of a heat map, from below over the middle to above, as pixel values. */
function tableOf(isDark) {
  const { below, middle, above } = inks(isDark);
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [low, between, high] = [below, middle, above].map(channels);
  return Uint32Array.from({ length: 256 }, (_, n) => {
    const at = (n - 127.5) / 127.5;
    const far = at < 0 ? low : high;
    const share = Math.abs(at) ** 0.85; // makes small values visible
    const [r, g, b] = between.map((value, channel) => Math.round(value + share * (far[channel] - value)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}

/** The 256 colours of a gate, from shut to open, as pixel values. */
function openingOf(isDark) {
  const { middle, open } = inks(isDark);
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [low, high] = [middle, open].map(channels);
  return Uint32Array.from({ length: 256 }, (_, n) => {
    const [r, g, b] = low.map((value, channel) => Math.round(value + (n / 255) * (high[channel] - value)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}

const TABLES = [false, true].map(tableOf);
const OPENINGS = [false, true].map(openingOf);

/** A context with its font, which lasts until the canvas is resized: to set it reads the style of the page. */
function lettered(ctx) {
  ctx.font = "12px system-ui, sans-serif";
  return ctx;
}

/** The context of a canvas, cleared, in CSS pixels. The canvas is resized only if its size has changed. */
export function surface(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
    canvas.ctx = null;
  }
  const ctx = (canvas.ctx ??= lettered(canvas.getContext("2d")));
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/** The time axis of input, derivative and heat maps: L steps and a place for the forecast. */
export function timeAxis(width, L) {
  const left = width < 560 ? 42 : 50;
  const slot = (width - left - 8) / (L + 1);
  return { width, left, slot, L, x: (t) => left + (t + 0.5) * slot, step: (x) => Math.floor((x - left) / slot) };
}

function line(ctx, x0, y0, x1, y1, colour, width = 1, dash = []) {
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
}

function trail(ctx, points, colour, width = 2, dash = []) {
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  points.forEach(([x, y], n) => (n ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
  ctx.setLineDash([]);
}

function dot(ctx, x, y, radius, colour, edge) {
  ctx.beginPath();
  ctx.arc(x, y, Math.max(radius, 0), 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
  if (edge) {
    ctx.strokeStyle = edge;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
}

function text(ctx, words, x, y, colour, align = "right") {
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillText(words, x, y);
}

// A number that fits the margin beside an axis: "171", "83.1", "130K".
function short(value, figures) {
  if (Math.abs(value) >= 1e15) return value.toExponential(0).replace("e+", "e");
  const notation = Math.abs(value) >= 1e4 ? "compact" : "standard";
  return value.toLocaleString("en", { notation, maximumSignificantDigits: figures, useGrouping: false });
}

function yAxis(ctx, axis, y, limit, ink, middle = 0) {
  for (const value of [middle - limit, middle, middle + limit]) {
    const digits = Math.abs(value) >= 10 ? 0 : 1;
    const label = middle || Math.abs(value) >= 1e4 ? short(value, axis.left < 50 ? 3 : 4) : value.toFixed(digits);
    text(ctx, value === 0 ? "0" : label.replace("-", "−"), axis.left - 6, y(value), ink.muted);
    line(ctx, axis.left, Math.round(y(value)) + 0.5, axis.width, Math.round(y(value)) + 0.5, ink.rule);
  }
}

export const scaleY = (height, limit, middle = 0) => (value) =>
  height / 2 - ((value - middle) / limit) * (height / 2 - 12);

/** Draws the values [L], the forecast after every step [L], and all forecasts at the place of the next value. */
export function drawWindow(canvas, axis, height, { values, limit, middle, forecasts, marks, step }, ink) {
  const ctx = surface(canvas, axis.width, height);
  const y = scaleY(height, limit, middle);
  const next = axis.x(axis.L);
  ctx.fillStyle = ink.rule;
  ctx.globalAlpha = 0.45;
  ctx.fillRect(next - axis.slot / 2, 0, axis.slot, height);
  ctx.globalAlpha = 1;
  yAxis(ctx, axis, y, limit, ink, middle);
  column(ctx, axis, step, 0, height, ink);
  const points = Array.from(values, (value, t) => [axis.x(t), y(value)]);
  trail(ctx, points, ink.muted, 1.5);
  points.forEach(([x, at]) => dot(ctx, x, at, 3.5, ink.ink)); // on the page, a handle lies above each
  trail(ctx, Array.from(forecasts, (value, t) => [axis.x(t + 1), y(value)]), ink.model, 1.5, [3, 3]);
  for (const { value, colour, hollow, shift } of marks) { // side by side, because they are often equal
    const at = Math.max(6, Math.min(height - 6, y(value)));
    dot(ctx, next + shift * Math.min(13, axis.slot / 3), at, 5, hollow ? ink.card : ink[colour], ink[colour]);
  }
}

/** Draws the derivative by each input [L] as bars, the best linear weights as lines, that of Bayes as dots. */
export function drawDerivative(canvas, axis, height, { slopes, linear, role, bayes, labels, next, step }, ink) {
  const ctx = surface(canvas, axis.width, height + 18);
  const limit = Math.max(0.05, ...[...slopes, ...linear, ...(bayes ?? [])].map(Math.abs));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  column(ctx, axis, step, 0, height, ink);
  const wide = axis.slot * 0.62;
  slopes.forEach((slope, t) => {
    ctx.fillStyle = slope < 0 ? ink.below : ink.above;
    ctx.fillRect(axis.x(t) - wide / 2, Math.min(y(0), y(slope)), wide, Math.max(1, Math.abs(y(slope) - y(0))));
  });
  for (const [colour, width] of [[ink.card, 5.5], [ink[role], 3]]) { // with an edge, because a bar may lie beneath
    linear.forEach((weight, t) =>
      line(ctx, axis.x(t) - wide * 0.72, y(weight), axis.x(t) + wide * 0.72, y(weight), colour, width));
  }
  bayes?.forEach((slope, t) => dot(ctx, axis.x(t), y(slope), Math.min(3.5, axis.slot / 4), ink.card, ink.bayes));
  ticks(ctx, axis, labels, height + 9, axis.width - 1 - 7 * (next.length + 1), ink);
  text(ctx, next, axis.width - 1, height + 9, ink.muted);
}

/** Labels each step that ends before `end` with the original position of its value. */
function ticks(ctx, axis, labels, y, end, ink) {
  const every = Math.ceil(20 / axis.slot) ** 2;
  labels.forEach((label, t) => {
    if (t % every === 0 && axis.x(t) + 4 * String(label).length < end) text(ctx, label, axis.x(t), y, ink.muted, "center");
  });
}

function column(ctx, axis, step, top, bottom, ink) {
  ctx.globalAlpha = 0.9;
  ctx.strokeStyle = ink.ink;
  ctx.lineWidth = 1.25;
  ctx.strokeRect(axis.left + step * axis.slot + 0.5, top + 0.5, axis.slot - 1, bottom - top - 1);
  ctx.globalAlpha = 1;
}

/** Draws one gate or state [L * K] over steps and units, coloured over a range, with a row for each unit of `rows`. */
export function drawHeat(canvas, axis, height, { values, K, rows, range, step, row, bars, labels }, ink) {
  const ctx = surface(canvas, axis.width, height + (labels ? 18 : 0));
  if (labels) ticks(ctx, axis, labels, height + 9, axis.width, ink);
  const { L } = axis;
  const picture = (canvas.picture ??= document.createElement("canvas"));
  const count = rows.length;
  if (picture.width !== L || picture.height !== count) {
    [picture.width, picture.height] = [L, count];
    canvas.image = picture.getContext("2d").createImageData(L, count);
  }
  const inner = picture.getContext("2d");
  const { image } = canvas;
  const pixels = new Uint32Array(image.data.buffer);
  const table = (range.isOpening ? OPENINGS : TABLES)[Number(ink.isDark)];
  const scale = 256 / (range.to - range.from);
  for (let n = 0; n < count; n++) {
    for (let t = 0; t < L; t++) {
      pixels[n * L + t] = table[Math.max(0, Math.min(255, Math.floor((values[t * K + rows[n]] - range.from) * scale)))];
    }
  }
  inner.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.globalAlpha = 0.3; // steps that are not read yet
  ctx.drawImage(picture, axis.left, 0, L * axis.slot, height);
  ctx.globalAlpha = 1;
  ctx.drawImage(picture, 0, 0, step + 1, count, axis.left, 0, (step + 1) * axis.slot, height);
  column(ctx, axis, step, 0, height, ink);
  const tall = height / count;
  const at = (row + 0.5) * tall;
  ctx.strokeStyle = ink.ink;
  ctx.lineWidth = 1;
  const top = Math.round(at - tall / 2) - 0.5;
  ctx.strokeRect(axis.left - 0.5, top, L * axis.slot + 1, Math.max(3, Math.round(tall) + 1));
  if (tall >= 12) rows.forEach((unit, n) => text(ctx, `#${unit}`, axis.left - 6, (n + 0.5) * tall, n === row ? ink.ink : ink.muted));
  else text(ctx, `#${rows[row]}`, axis.left - 6, Math.max(7, Math.min(height - 7, at)), ink.ink);
  if (!bars) return;
  const most = Math.max(1e-9, ...Array.from(bars, Math.abs));
  const middle = axis.x(L);
  rows.forEach((unit, n) => {
    const long = (bars[unit] / most) * (axis.slot / 2 - 2);
    ctx.fillStyle = long < 0 ? ink.below : ink.above;
    ctx.fillRect(Math.min(middle, middle + long), n * tall, Math.max(0.5, Math.abs(long)), Math.max(1, tall - 0.5));
  });
}

/** Draws channels from -1 to 1 over the steps, a row for each: rows [L][D - 1]. */
export function drawRows(canvas, axis, tall, { rows, step }, ink) {
  const count = rows[0].length;
  const ctx = surface(canvas, axis.width, count * tall);
  const table = TABLES[Number(ink.isDark)];
  rows.forEach((row, t) => row.forEach((value, at) => {
    const pixel = table[Math.max(0, Math.min(255, Math.floor((value + 1) * 128)))];
    ctx.globalAlpha = t <= step ? 1 : 0.3; // steps that are not read yet
    ctx.fillStyle = `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
    ctx.fillRect(axis.left + t * axis.slot, at * tall, axis.slot + 0.5, tall - 1);
  }));
  ctx.globalAlpha = 1;
  column(ctx, axis, step, 0, count * tall, ink);
}

/** Draws curves over the steps: [{ values, colour, dash, width }]. */
export function drawCurves(canvas, axis, height, { curves, step }, ink) {
  const ctx = surface(canvas, axis.width, height);
  const limit = Math.max(1, ...curves.flatMap(({ values }) => values.map(Math.abs)));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  line(ctx, axis.x(step), 4, axis.x(step), height - 4, ink.muted);
  for (const { values, colour, dash, width } of curves) {
    trail(ctx, values.map((value, t) => [axis.x(t), y(value)]), ink[colour], width, dash);
    dot(ctx, axis.x(step), y(values[step]), 3, ink[colour]);
  }
}

const huedInk = (hue, ink) => `hsl(${hue} 75% ${ink.isDark ? 62 : 44}%)`;

/** Draws the path of the hidden state in a plane, over the last states of the windows of a question. */
export function drawPath(canvas, width, height, { path, ring, step }, ink) {
  const ctx = surface(canvas, width, height);
  const all = [...path, ...ring.map(({ at }) => at)];
  const [low, high] = [0, 1].map((side) => [0, 1].map((d) => Math[side ? "max" : "min"](...all.map((p) => p[d]))));
  const size = Math.max(high[0] - low[0], high[1] - low[1]);
  const isPoint = size < 1e-9; // the labels would overlap
  const scale = Math.min(width - 56, height - 44) / (isPoint ? 1 : size);
  const place = ([a, b]) => [
    width / 2 + (a - (low[0] + high[0]) / 2) * scale,
    height / 2 - (b - (low[1] + high[1]) / 2) * scale,
  ];
  const middle = place([0, 0]);
  for (const { at, hue, label } of ring) {
    const [x, y] = place(at);
    dot(ctx, x, y, 4, huedInk(hue, ink));
    const far = Math.hypot(x - middle[0], y - middle[1]) || 1;
    if (label === null || isPoint) continue;
    const [right, down] = [(x - middle[0]) / far, (y - middle[1]) / far];
    text(ctx, label, x + 20 * right, y + 16 * down, ink.ink, "center");
  }
  const points = path.map(place);
  trail(ctx, points, ink.muted, 1.5);
  points.slice(0, step).forEach(([x, y]) => dot(ctx, x, y, 2.5, ink.ink));
  dot(ctx, ...points[step], 6, ink.ink, ink.card);
  const [[x, y]] = points;
  if (!isPoint) text(ctx, "first value", x + 8, y - 9, ink.muted, x > width - 80 ? "right" : "left");
}

/** Draws the state of a unit for each window of a question: [{ hue, label, value }]. */
export function drawResponse(canvas, width, height, { dots, now }, ink) {
  const axis = timeAxis(width, dots.length - 1);
  const ctx = surface(canvas, width, height + 16);
  const limit = Math.max(0.1, ...dots.map(({ value }) => Math.abs(value)), Math.abs(now));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  line(ctx, axis.left, y(now), axis.width, y(now), ink.ink, 1, [4, 3]);
  dots.forEach(({ hue, label, value }, n) => {
    dot(ctx, axis.x(n), y(value), 3.5, huedInk(hue, ink));
    if (label !== null) text(ctx, label, Math.min(axis.x(n), width - 12), height + 8, ink.muted, "center");
  });
}
