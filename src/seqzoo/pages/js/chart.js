// A chart as SVG: lines, dots and bands over a horizontal axis, with a legend, a text alternative and downloads.
// Colours are roles of the palette: on the page the custom properties of the theme, in a file those of light pages on white.
import { inks } from "../../microscope/js/palette.js";
import { raster, save } from "../../microscope/js/save.js";
import { escaped } from "../../microscope/js/svg.js";

const LINES = 6; // about the largest number of steps of an axis
const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const DASHES = { solid: "", dashed: "7 4", dotted: "2.5 3", long: "14 4" };
const TALL = 44; // px above and below the plot: the names of the axes and the labels

/** A text with minus signs where a number has a hyphen; a name such as "lstm.sine-h50" keeps it. */
export const typeset = (text) => String(text).replace(/(?:(?<![\w.)-])|(?<=\d[eE]))-(?=\.?\d)/g, "−");
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
      : value.toPrecision(4);
    return [value, typeset(words.replace(/^-0(\.0*)?$/, "0"))];
  });
}

const plainly = (value) => typeset(value.toLocaleString("en", { maximumSignificantDigits: 3, useGrouping: value >= 1e4 }));

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
   *   isLog: whether the vertical axis is logarithmic.
   *   onPlaced: called after each drawing.
   */
  constructor(element, names, { isLog = false, onPlaced = () => {} } = {}) {
    Object.assign(this, { names, isLog, onPlaced });
    element.insertAdjacentHTML("beforeend", `<div class="pv-legend" role="group" aria-label="Lines of the chart"></div>
      <div class="pv-plot"><div class="chart pv-chart" role="img" aria-label="Loading"></div><div class="tip pv-tip" hidden></div></div>
      <div class="saves"><span aria-hidden="true">Download</span>${["svg", "png", "csv"].map((kind) =>
    `<button type="button" data-save="${kind}" aria-label="${escaped(`Download ${names.y} by ${names.x} as ${kind.toUpperCase()}`)}">${kind.toUpperCase()}</button>`).join("")}</div>`);
    [this.legend, this.plot, this.saves] = [...element.children].slice(-3);
    [this.element, this.tip] = this.plot.children;
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

  /**
   * Draws series over one another, the first one lowest.
   *   series: [{ kind: "line" | "dots" | "band", name, role, x, y, dash, width, shape, size, low, high, of, longest }], with `y` of
   *     lines and dots, `low` and `high` of bands. One that is `of` another has no place in the legend, and is hidden with it.
   *     `longest` is the longest name that it may get: the legend keeps room for it.
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
    const named = series.filter(({ of }) => !of).sort((a, b) => Boolean(a.longest) - Boolean(b.longest)); // the room for a longer name comes last
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
    if (!size[0]) return; // in a tab that is not open
    this.#size = size;
    this.element.innerHTML = this.#picture(...size, variable);
    this.onPlaced();
  }

  #picture(width, height, colour) {
    const { x: [first, last], y, marks = [], zero = false } = this.#drawn;
    const labels = marksOf(y, this.isLog);
    const box = this.#box(width, height, labels);
    const flat = this.isLog ? Math.log : (value) => value;
    const across = (value) => box.left + ((value - first) / (last - first)) * (box.right - box.left);
    const down = (value) => box.bottom - ((flat(value) - flat(y[0])) / (flat(y[1]) - flat(y[0]))) * (box.bottom - box.top);
    Object.assign(this, { across, down, up: (px) => y[0] + ((box.bottom - px) / (box.bottom - box.top)) * (y[1] - y[0]), box });
    const out = [];
    const text = (at, to, words, anchor, role = "muted") =>
      out.push(`<text x="${short(at)}" y="${short(to)}" text-anchor="${anchor}" fill="${colour(role)}"${role === "red" ? ` stroke="${colour("card")}" stroke-width="3" paint-order="stroke"` : ""}>${escaped(words)}</text>`);
    for (const [value, words] of labels) {
      out.push(`<path d="M${box.left} ${short(down(value))}H${box.right}" stroke="${colour(zero && value === 0 ? "grey" : "rule")}" fill="none"/>`);
      text(box.left - 8, down(value) + 4, words, "end");
    }
    for (const value of stepsOf(first, last, box.right - box.left)) {
      const words = typeset(value.toLocaleString("en"));
      text(Math.min(across(value), width - 3.6 * words.length), box.bottom + 19, words, "middle"); // a longer one would be cut
    }
    if (!zero) out.push(`<path d="M${box.left} ${box.bottom}H${box.right}" stroke="${colour("grey")}" fill="none"/>`);
    text((box.left + box.right) / 2, height - 6, this.names.x, "middle");
    text(2, 13, this.names.y, "start");
    const inside = (value) => Math.min(box.bottom + 8, Math.max(box.top - 8, down(value))); // lines may leave the plot
    for (const one of this.#shown) {
      const { kind, role, x } = one;
      if (kind === "band") {
        const ahead = x.map((at, n) => `${short(across(at))} ${short(inside(one.high[n]))}`);
        const back = x.map((at, n) => `${short(across(at))} ${short(inside(one.low[n]))}`).reverse();
        if (x.length === 1) out.push(`<path d="M${ahead[0]}L${back[0]}" stroke="${colour(role)}" stroke-width="9" opacity="0.25" fill="none"/>`);
        else out.push(`<path d="M${ahead.join("L")}L${back.join("L")}z" fill="${colour(role)}" opacity="0.16"/>`);
      } else if (kind === "line") {
        const path = x.map((at, n) => `${short(across(at))} ${short(inside(one.y[n]))}`).join("L");
        out.push(`<path d="M${path}" fill="none" stroke="${colour(role)}" stroke-width="${one.width}" stroke-dasharray="${DASHES[one.dash]}" stroke-linejoin="round"/>`);
      } else {
        out.push(`<path d="${x.map((at, n) => SHAPES[one.shape](across(at), inside(one.y[n]), one.size / 2)).join("")}" fill="${colour(role)}"/>`);
      }
    }
    for (const { x, y: value, words } of marks) {
      const [at, to] = [across(x), inside(value)];
      out.push(`<circle cx="${short(at)}" cy="${short(to)}" r="9.5" fill="none" stroke="${colour("red")}" stroke-width="2"/>`);
      const [isLeft, isLow] = [at > (box.left + box.right) / 2, to > (box.top + box.bottom) / 2];
      words?.forEach((line, n) => text(at, to + (isLow ? -48 : 30) + 15 * n, line, isLeft ? "end" : "start", "red"));
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12">${out.join("")}</svg>`;
  }

  /** Shows the values of all series at the step beneath the pointer. */
  #point(event) {
    if (!this.#drawn) return;
    const box = this.element.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const { x: [first, last] } = this.#drawn;
    const at = Math.round(first + ((left - this.box.left) / (this.box.right - this.box.left)) * (last - first));
    const rows = this.#shown.filter(({ kind }) => kind !== "band").map((one) => [one, one.y[nearest(one.x, at)]]);
    const there = rows.filter(([one, value]) => value !== undefined && Math.abs(one.x[nearest(one.x, at)] - at) < 1);
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
    const keys = this.#shown.filter(({ of }) => !of);
    let [at, row] = [0, 0];
    const legend = keys.map((one) => {
      const wide = 6.6 * one.name.length + 44;
      if (at && at + wide > width) [at, row] = [0, row + 1];
      const key = `<g transform="translate(${at} ${20 * row})">${iconOf(one, colour)}<text x="27" y="10" fill="${light.muted}">${escaped(one.name)}</text></g>`;
      at += wide;
      return key;
    });
    const above = 20 * (row + 1) + 12;
    const [wide, high] = [width + 32, height + above + 32];
    const result = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" font-family="${FONT}" font-size="12"><title>${escaped(this.element.ariaLabel)}</title><rect width="${wide}" height="${high}" fill="${light.paper}"/><g transform="translate(16 16)">${legend.join("")}</g><g transform="translate(16 ${16 + above})">${this.#picture(width, height, colour).replace(/^<svg[^>]*>|<\/svg>$/g, "")}</g></svg>\n`;
    this.#picture(width, height, variable);
    return result;
  }

  /** A row for each place on the axis, and a column for each series that is shown. */
  get csv() {
    const columns = this.#shown.toSorted((a, b) => Boolean(a.of) - Boolean(b.of)).flatMap((one) => (one.kind === "band"
      ? [[`${one.name}, lower end`, one.x, one.low], [`${one.name}, upper end`, one.x, one.high]] : [[one.name, one.x, one.y]]));
    const places = [...new Set(columns.flatMap(([, x]) => x))].sort((a, b) => a - b);
    const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const maps = columns.map(([, x, y]) => new Map(x.map((at, n) => [at, y[n]])));
    const rows = places.map((at) => [at, ...maps.map((map) => map.get(at) ?? "")]);
    return `${[[this.names.x, ...columns.map(([name]) => name)].map(cell), ...rows].map((row) => row.join(",")).join("\n")}\n`;
  }

  async save(kind) {
    const blob = kind === "csv" ? new Blob([this.csv], { type: "text/csv" })
      : kind === "svg" ? new Blob([this.svg], { type: "image/svg+xml" }) : await raster(this.svg);
    save(blob, `${this.names.file.replace(/[^\w.-]+/g, "-")}.${kind}`);
  }
}

const variable = (role) => `var(--${role.replaceAll("_", "-")})`;
const nearest = (places, at) => places.reduce((best, place, n) => (Math.abs(place - at) < Math.abs(places[best] - at) ? n : best), 0);

/** The labelled whole steps of a horizontal axis of a width in pixels. */
function stepsOf(first, last, width) {
  const [low, high, step] = scaleOf([first, last], Math.max(2, Math.floor(width / 64)));
  const every = Math.max(1, Math.round(step));
  return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, n) => Math.round(low) + n * every).filter((at) => at >= first && at <= last);
}
