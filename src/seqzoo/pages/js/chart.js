// A chart as SVG: lines, dots and bands over a horizontal axis, with a legend, a text alternative and downloads.
// Colours are roles of the palette: on the page the custom properties of the theme, in a file those of light pages on white.
import { inks } from "../../microscope/js/palette.js";
import { csv, raster, save } from "../../microscope/js/save.js";
import { escaped, framed, LOOK } from "../../microscope/js/svg.js";

const LINES = 6; // about the largest number of steps of an axis
const DASHES = { solid: "", dashed: "7 4", dotted: "2.5 3", long: "14 4" };
const NEAR = 8; // px around the plot in which lines are still drawn, and the pointer still asks for values
const FAR = 10000;
const LINE = 15; // px from one line of text to the next
const LETTER = 6.6; // px, about
const TALL = 44; // px above and below the plot: the names of the axes and the labels

/** A text with minus signs where a number has a hyphen; a name such as "lstm.sine-h50" keeps it. An exponent has no plus. */
export const typeset = (text) => String(text).replace(/(?:(?<![\w.)-])|(?<=\d[eE]))-(?=\.?\d)/g, "−").replace(/(?<=\d)e\+(?=\d)/g, "e");
/** A value as text with so many digits; with an exponent where it would be too long to read. */
export const inDigits = (value, digits) => (Math.abs(value) < 1e12 ? value.toLocaleString("en", { maximumSignificantDigits: digits })
  : String(Number(value.toPrecision(4))));
/** A value as text with so many decimals; with fewer digits where it is large. */
export const inDecimals = (value, decimals) => (Math.abs(value) < 1e4 ? value.toFixed(decimals)
  : Math.abs(value) < 1e7 ? inDigits(value, 6) : Number(value.toPrecision(4)).toExponential());
/** As many numbers from one on. */
export const range = (from, count) => Array.from({ length: count }, (_, n) => from + n);
const short = (value) => String(Math.round(100 * value) / 100);

/** Both ends of an axis and the step between its lines, rounded so that a drag seldom moves them. */
export function scaleOf(values, lines = LINES) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const least = Math.max((high - low) / lines, 1e-6 * Math.max(Math.abs(low), Math.abs(high)), 1e-30);
  const decade = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10, 20].map((part) => part * decade).find((one) => one >= least);
  const plain = (value) => Number(value.toPrecision(12)); // without rounding, a label could read 1.2000000000000002
  return [plain(step * Math.floor(low / step)), plain(step * Math.ceil(high / step)), plain(step)];
}

/** The labelled values of a scale, and their texts. */
function marksOf([low, high, step], isLog) {
  if (isLog) {
    const marks = [];
    for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
      for (const part of high / low > 300 ? [1] : [1, 2, 5]) marks.push(Number((part * 10 ** decade).toPrecision(3)));
    }
    return marks.filter((value) => value >= low * 0.999 && value <= high * 1.001).map((value) => [value, plainly(value)]);
  }
  const count = Math.round((high - low) / step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: count + 1 }, (_, n) => {
    const value = low + n * step;
    const words = digits <= 9 && Math.abs(value) < 1e15 ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
      : String(Number(value.toPrecision(4)));
    return [value, typeset(words.replace(/^-0(\.0*)?$/, "0"))];
  });
}

const plainly = (value) => typeset(inDigits(value, 3));

const SHAPES = {
  circle: (x, y, r) => `M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0z`,
  triangle: (x, y, r) => `M${short(x)} ${short(y - r)}L${short(x + r)} ${short(y + 0.8 * r)}H${short(x - r)}z`,
  diamond: (x, y, r) => `M${short(x)} ${short(y - r)}L${short(x + r)} ${short(y)}L${short(x)} ${short(y + r)}L${short(x - r)} ${short(y)}z`,
};

/** The picture of a series in the legend, as SVG in a box of 20 x 12. */
function iconOf({ kind, role, shape, dash, width }, colour) {
  if (kind === "band") return `<rect y="1" width="20" height="10" rx="2" fill="${colour(role)}" opacity="0.3"/>`;
  if (kind === "dots") return `<path d="${SHAPES[shape](10, 6, shape === "circle" ? 4 : 6)}" fill="${colour(role)}"/>`;
  return `<path d="M0 6H20" fill="none" stroke="${colour(role)}" stroke-width="${width}" stroke-dasharray="${DASHES[dash]}"/>`;
}

export class Chart {
  #hidden = new Set(); // names of series that the visitor has switched off
  #drawn = null;
  #size = [0, 0];

  /**
   * Puts an empty chart into an element.
   *   names: { x, y, file }: of the axes, and of the files that it is saved as.
   *   isLog, isLogAcross: whether the vertical and the horizontal axis are logarithmic.
   *   onPlaced: called after each drawing.
   */
  constructor(element, names, { isLog = false, isLogAcross = false, onPlaced = () => {} } = {}) {
    Object.assign(this, { isLog, isLogAcross, onPlaced });
    element.insertAdjacentHTML("beforeend", `<div class="pv-legend" role="group" aria-label="Lines of the chart"></div>
      <div class="pv-plot"><div class="chart pv-chart" role="img" aria-label="Loading"></div><div class="tip pv-tip" hidden></div></div>
      <div class="saves"><span aria-hidden="true">Download</span>${["svg", "png", "csv"].map((kind) =>
    `<button type="button" data-save="${kind}">${kind.toUpperCase()}</button>`).join("")}</div>`);
    [this.legend, this.plot, this.saves] = [...element.children].slice(-3);
    [this.element, this.tip] = this.plot.children;
    this.name(names);
    this.saves.addEventListener("click", ({ target }) => target.dataset.save && this.save(target.dataset.save));
    this.legend.addEventListener("click", ({ target }) => {
      const key = target.closest("button");
      if (!key) return;
      const { name } = key.dataset;
      if (!this.#hidden.delete(name)) this.#hidden.add(name);
      key.ariaPressed = String(!this.#hidden.has(name));
      this.#render();
    });
    this.watcher = new ResizeObserver(() => {
      const size = [this.element.clientWidth, this.element.clientHeight];
      if (this.#drawn && size.some((side, n) => side !== this.#size[n])) this.#render();
    });
    this.watcher.observe(this.element);
    this.element.addEventListener("pointermove", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => { this.tip.hidden = true; });
  }

  close() {
    this.watcher.disconnect();
  }

  /** Gives the axes other names. */
  name(names) {
    this.names = names;
    for (const button of this.saves.querySelectorAll("button")) button.ariaLabel = `Download ${names.y} by ${names.x} as ${button.textContent}`;
  }

  /**
   * Draws series over one another, the first one lowest.
   *   series: [{ kind: "line" | "dots" | "band", name, role, x, y, dash, width, shape, size, low, high, of, longest, isTold }], with
   *     `y` of lines and dots, `low` and `high` of bands. One that is `of` another has no place in the legend, and is hidden with it.
   *     `longest` is the longest name that it may get: the legend keeps room for it. One that `isTold` has its name at its right end
   *     instead of in the legend.
   *   x: [low, high] of the horizontal axis; y: as scaleOf gives it.
   *   marks: [{ x, y, words }]: rings, with words beside some.
   *   zero: whether a line stands out at the value 0.
   *   label: the text alternative.
   */
  draw(drawn) {
    this.#drawn = drawn;
    this.element.ariaLabel = typeset(drawn.label);
    this.#keys(drawn.series);
    this.#render();
  }

  #keys(series) {
    const named = series.filter(isInLegend).sort((a, b) => Boolean(a.longest) - Boolean(b.longest)); // the room for a longer name comes last
    const words = named.map(({ name, longest }) => `${name}/${longest ?? ""}`).join("|");
    if (this.told === words) return;
    this.told = words;
    this.legend.innerHTML = named.map((one) => `<button type="button" data-name="${escaped(one.name)}" aria-pressed="${!this.#hidden.has(one.name)}"><svg viewBox="0 0 20 12" aria-hidden="true">${iconOf(one, variable)}</svg><span data-longest="${escaped(one.longest ?? "")}">${escaped(one.name)}</span></button>`).join("");
  }

  get #shown() {
    return this.#drawn.series.filter(({ name, of }) => !this.#hidden.has(of ?? name));
  }

  /** The plot's box within the chart. */
  #box(width, height, labels) {
    const left = 14 + 7 * Math.max(...labels.map(([, words]) => words.length));
    return { left, right: width - 14, top: 26, bottom: height - TALL };
  }

  #render() {
    const size = [this.element.clientWidth, this.element.clientHeight];
    if (size[0] < 80) return; // in a tab that is not open, or not laid out yet
    this.#size = size;
    this.element.innerHTML = this.#picture(...size, variable);
    this.onPlaced();
  }

  #picture(width, height, colour) {
    const { x: [first, last], y, marks = [], zero = false } = this.#drawn;
    const labels = marksOf(y, this.isLog);
    const box = this.#box(width, height, labels);
    const share = (value, [low, high], isLog) => (isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
    const across = (value) => box.left + share(value, [first, last], this.isLogAcross) * (box.right - box.left);
    const down = (value) => box.bottom - share(value, y, this.isLog) * (box.bottom - box.top);
    Object.assign(this, { across, down, up: (px) => y[0] + ((box.bottom - px) / (box.bottom - box.top)) * (y[1] - y[0]), box });
    const out = [];
    const text = (at, to, words, anchor, role = "muted") =>
      out.push(`<text x="${short(at)}" y="${short(to)}" text-anchor="${anchor}" fill="${colour(role)}"${role !== "muted" ? ` stroke="${colour("card")}" stroke-width="3" paint-order="stroke"` : ""}>${escaped(words)}</text>`);
    for (const [value, words] of labels) {
      out.push(`<path d="M${box.left} ${short(down(value))}H${box.right}" stroke="${colour(zero && value === 0 ? "grey" : "rule")}" fill="none"/>`);
      text(box.left - 8, down(value) + 4, words, "end");
    }
    const steps = this.isLogAcross ? marksOf([first, last], true) : stepsOf(first, last, box.right - box.left).map((value) => [value, typeset(value.toLocaleString("en"))]);
    for (const [value, words] of steps) {
      text(Math.min(across(value), width - 3.6 * words.length), box.bottom + 19, words, "middle"); // a longer one would be cut
    }
    if (!zero) out.push(`<path d="M${box.left} ${box.bottom}H${box.right}" stroke="${colour("grey")}" fill="none"/>`);
    text((box.left + box.right) / 2, height - 6, this.names.x, "middle");
    text(2, 13, this.names.y, "start");
    const edges = [box.top - NEAR, box.bottom + NEAR];
    const inside = (value) => Math.min(edges[1], Math.max(edges[0], down(value)));
    const far = (value) => Math.min(edges[1] + FAR, Math.max(edges[0] - FAR, down(value))); // numbers that every program can read
    const told = []; // names over the right ends of their lines: { to, right, name }
    const lines = [];
    for (const one of this.#shown) {
      const { kind, role, x } = one;
      if (!x.length) continue;
      if (kind === "band") {
        const ahead = x.map((at, n) => `${short(across(at))} ${short(far(one.high[n]))}`);
        const back = x.map((at, n) => `${short(across(at))} ${short(far(one.low[n]))}`).reverse();
        if (x.length === 1) lines.push(`<path d="M${ahead[0]}L${back[0]}" stroke="${colour(role)}" stroke-width="9" opacity="0.25" fill="none"/>`);
        else lines.push(`<path d="M${ahead.join("L")}L${back.join("L")}z" fill="${colour(role)}" opacity="0.16"/>`);
      } else if (kind === "line") {
        const path = x.map((at, n) => `${short(across(at))} ${short(far(one.y[n]))}`).join("L");
        lines.push(`<path d="M${path}" fill="none" stroke="${colour(role)}" stroke-width="${one.width}" stroke-dasharray="${DASHES[one.dash]}" stroke-linejoin="round"/>`);
        if (!one.isTold) continue;
        const to = inside(one.y.at(-1)) - 6;
        const beside = told.filter((other) => Math.abs(other.to - to) < LINE).map(({ right, name }) => right - LETTER * name.length - 12);
        told.push({ to, right: Math.min(box.right - 4, ...beside), name: one.name });
      } else {
        lines.push(`<path d="${x.map((at, n) => SHAPES[one.shape](across(at), inside(one.y[n]), one.size / 2)).join("")}" fill="${colour(role)}"/>`);
      }
    }
    const [left, wide, high] = [box.left - NEAR, box.right - box.left + 2 * NEAR, edges[1] - edges[0]]; // what lies beyond is cut
    out.push(`<svg x="${left}" y="${edges[0]}" width="${wide}" height="${high}" viewBox="${left} ${edges[0]} ${wide} ${high}">${lines.join("")}</svg>`);
    for (const { to, right, name } of told) text(right, to, name, "end", "ink");
    for (const { x, y: value, words } of marks) {
      const [at, to] = [across(x), inside(value)];
      out.push(`<circle cx="${short(at)}" cy="${short(to)}" r="9.5" fill="none" stroke="${colour("red")}" stroke-width="2"/>`);
      const [isLeft, isLow] = [at > (box.left + box.right) / 2, to > (box.top + box.bottom) / 2];
      words?.forEach((line, n) => text(at, to + (isLow ? -48 : 30) + LINE * n, line, isLeft ? "end" : "start", "red"));
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${LOOK}>${out.join("")}</svg>`;
  }

  /** Shows the values of all series at the step beneath the pointer. */
  #point(event) {
    if (!this.#drawn) return;
    const box = this.element.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const lines = this.#shown.filter(({ kind, isTold }) => kind !== "band" && !isTold);
    const at = nearest(lines.flatMap(({ x }) => x), (place) => Math.abs(this.across(place) - left));
    const isNear = left > this.box.left - NEAR && left < this.box.right + NEAR;
    const there = isNear ? lines.map((one) => [one, one.y[one.x.indexOf(at)]]).filter(([, value]) => value !== undefined) : [];
    this.tip.hidden = !there.length || event.buttons > 0;
    if (this.tip.hidden) return;
    this.tip.innerHTML = `<b>${escaped(typeset(at.toLocaleString("en")))} ${escaped(this.names.x)}</b>${there.map(([one, value]) =>
      `<span><svg viewBox="0 0 20 12" aria-hidden="true">${iconOf(one, variable)}</svg>${escaped(one.name)}</span><span>${escaped(typeset(Number(value.toPrecision(4))))}</span>`).join("")}`;
    const width = this.tip.offsetWidth;
    this.tip.style.left = `${left + 18 + width < box.width ? left + 18 : Math.max(0, left - 18 - width)}px`;
    this.tip.style.top = `${Math.max(0, Math.min(top - 20, box.height - this.tip.offsetHeight))}px`;
  }

  /** The chart as an SVG file: in the light colours, with its legend. */
  get svg() {
    const light = inks(false);
    const colour = (role) => light[role];
    const [width, height] = this.#size;
    const keys = this.#shown.filter(isInLegend);
    let [at, row] = [0, 0];
    const legend = keys.map((one) => {
      const wide = LETTER * one.name.length + 44;
      if (at && at + wide > width) [at, row] = [0, row + 1];
      const key = `<g transform="translate(${at} ${20 * row})">${iconOf(one, colour)}<text x="27" y="10" fill="${light.muted}">${escaped(one.name)}</text></g>`;
      at += wide;
      return key;
    });
    const above = 20 * (row + 1) + 12;
    const plot = this.#picture(width, height, colour).replace(/^<svg[^>]*>|<\/svg>$/g, "");
    const result = framed(`<g transform="translate(16 16)">${legend.join("")}</g><g transform="translate(16 ${16 + above})">${plot}</g>`, {
      title: this.element.ariaLabel, width: width + 32, height: height + above + 32, ground: light.paper,
    });
    this.#picture(width, height, variable);
    return result;
  }

  /** A row for each place on the axis, and a column for each series that is shown. */
  get csv() {
    const columns = this.#shown.toSorted((a, b) => Boolean(a.of) - Boolean(b.of)).flatMap((one) => (one.kind === "band"
      ? [[`${one.name}, lower end`, one.x, one.low], [`${one.name}, upper end`, one.x, one.high]] : [[one.name, one.x, one.y]]));
    const places = [...new Set(columns.flatMap(([, x]) => x))].sort((a, b) => a - b);
    const maps = columns.map(([, x, y]) => new Map(x.map((at, n) => [at, y[n]])));
    const rows = places.map((at) => [at, ...maps.map((map) => map.get(at) ?? "")]);
    return csv([[this.names.x, ...columns.map(([name]) => name)], ...rows]);
  }

  async save(kind) {
    const blob = kind === "csv" ? new Blob([this.csv], { type: "text/csv" })
      : kind === "svg" ? new Blob([this.svg], { type: "image/svg+xml" }) : await raster(this.svg);
    save(blob, `${this.names.file.replace(/[^\w.-]+/g, "-")}.${kind}`);
  }
}

const variable = (role) => `var(--${role.replaceAll("_", "-")})`;
const isInLegend = ({ of, isTold }) => !of && !isTold;
const nearest = (places, away) => places.reduce((best, place) => (away(place) < away(best) ? place : best), places[0]);

/** The labelled whole steps of a horizontal axis of a width in pixels. */
function stepsOf(first, last, width) {
  const [low, high, step] = scaleOf([first, last], Math.max(2, Math.floor(width / 64)));
  const every = Math.max(1, Math.round(step));
  return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, n) => Math.round(low) + n * every).filter((at) => at >= first && at <= last);
}
