// The units of a feed-forward model: its first filters or its heads, drawn, each with a switch; and its input picture.
import glossary from "../../_glossary.json" with { type: "json" };
import palette from "../../_palette.json" with { type: "json" };
import { escaped } from "../../microscope/js/svg.js";
import { button, term } from "./controls.js";
import { gramian } from "./feedforward.js";

const FULL = 0.5; // share of a row of attention with the full colour
const SHADES = 12; // of each colour; all cells of one shade share one path

const [above, below] = [palette.roles.above, palette.roles.below];
const SIGNS = `${above[0].toUpperCase()}${above.slice(1)} is above zero, ${below} below`;
const SCALE = `${SIGNS}; all share one scale.`;

/** The word for a unit of each architecture, the title of the panel, and how to read it. */
const KINDS = {
  mlp: ["unit", "Units of the first layer",
    `Each unit is a row of the first weight matrix: a bar for each value of the window, the oldest at the left. ${SCALE}`],
  tcn: ["kernel", "Kernels of the first convolution",
    `Each kernel slides over the window and weighs three neighbours: two steps back, one step back, now. ${SCALE}`],
  gaf_cnn: ["kernel", "Kernels of the first convolution",
    "Each kernel slides over the picture and weighs 3 x 3 pixels of its two channels. Cosines of sums are on the left, sines of " +
    `differences on the right. ${SCALE}`],
  transformer: ["head", "Attention of each head",
    "Each row is a step, the last at the bottom, and each column a value of the window. The colour is the share of attention, full " +
    "from one half on. Each row sums to 1, and no step sees a later one."],
};

const cut = (value) => Math.max(-1, Math.min(1, value));

/** The SVG of weights [L] as bars around zero; a weight of `most` reaches the edge. */
export function bars(values, most) {
  const path = (side) => values.map((value, n) => [cut(value / most), n]).filter(([share]) => (share > 0) === side)
    .map(([share, n]) => `M${n + 0.1} 0h.8v${(-share).toFixed(3)}h-.8z`).join("");
  return `<svg viewBox="0 -1 ${values.length} 2" preserveAspectRatio="none" aria-hidden="true"><path d="${path(true)}" fill="var(--above)"/>` +
    `<path d="${path(false)}" fill="var(--below)"/><path d="M0 0h${values.length}" class="zero"/></svg>`;
}

/** The SVG of a map, its first row at the top; an absolute value of `most` has the full colour. */
export function heat(rows, most) {
  const paths = new Map();
  rows.forEach((row, y) => {
    const levels = Array.from(row, (value) => Math.round(SHADES * cut(value / most)));
    for (let start = 0, end; start < levels.length; start = end) {
      for (end = start + 1; levels[end] === levels[start];) end++;
      if (levels[start]) paths.set(levels[start], `${paths.get(levels[start]) ?? ""}M${start} ${y}h${end - start}v1h${start - end}z`);
    }
  });
  const shade = (level) => `color-mix(in srgb,var(--${level > 0 ? "above" : "below"}) ${Math.round((100 * Math.abs(level)) / SHADES)}%,var(--soft))`;
  const columns = Math.max(...rows.map((row) => row.length));
  return `<svg viewBox="0 0 ${columns} ${rows.length}" class="heat" aria-hidden="true">${[...paths].map(([level, path]) =>
    `<path d="${path}" fill="${shade(level)}"/>`).join("")}</svg>`;
}

const slices = (values, size) => Array.from({ length: values.length / size }, (_, n) => values.subarray(n * size, (n + 1) * size));

/** The weights of a first filter: of a network that reads channels beside the values, those of the values. */
function weightsOf({ shape, data }, unit, L) {
  const size = data.length / shape[0];
  return data.subarray(unit * size, unit * size + [0, 0, Math.min(L, size), shape[2], size][shape.length]);
}

/** The SVG of a first filter: bars for those of a row or of one channel, a map for each channel of a kernel of 3 x 3. */
function filterOf(filters, unit, most, L) {
  const own = weightsOf(filters, unit, L);
  return filters.shape.length < 4 ? bars(Array.from(own), most) : slices(own, 9).map((channel) => heat(slices(channel, 3), most)).join("");
}

/** A phrase on which values the last step reads, given its row [L] of attention. */
function reads(shares) {
  const L = shares.length;
  const place = shares.indexOf(Math.max(...shares));
  const mean = shares.reduce((sum, share, s) => sum + share * (L - 1 - s), 0);
  return `the last step reads most, ${Math.round(100 * shares[place])}%, from ${L - 1 - place} back; on average ${mean.toFixed(1)} back`;
}

/**
 * Fills an element with the panels of a network. Returns { follow, mark }: follow(input, attention) draws what depends on the
 * window [L], given in the network's units, and mark(off) shows which units are off.
 *   network: a FeedForward of feedforward.js.
 *   units: { first, effects }: [[unit, effect]] with the most effective unit first, or the heads in order, of which `first` are shown
 *     before a button asks for the rest.
 *   asText(effect): in units of the series.
 *   flip(unit): called at a click; with null, to switch all on.
 */
export function unitPanels(element, network, L, { first, effects }, asText, flip) {
  const { architecture, filters, heads } = network;
  const [word, title, meaning] = KINDS[architecture];
  const most = filters ? effects.reduce((largest, [unit]) => Math.max(largest, ...weightsOf(filters, unit, L).map(Math.abs)), 1e-12) : 1;
  const named = (unit) => (filters ? String(unit) : `${Math.floor(unit / heads) + 1}.${(unit % heads) + 1}`);
  element.innerHTML = `<div class="stack">${architecture === "gaf_cnn" ? PICTURES : ""}<div class="panel"><h3>${title}</h3>
    <p class="muted">${meaning} The number below each is how far the forecast moves when the ${word} is ${term("switched off", glossary["switched off"])}. Click one to switch it off.</p>
    <div class="units ${architecture}" role="group" aria-label="${title}"></div><div class="buttons"></div></div></div>`;
  const [grid, buttons] = [element.querySelector(".units"), element.querySelector(".buttons")];
  const pictures = [...element.querySelectorAll("figure .drawing")];
  const switches = new Map();
  let current = new Set();

  function show(rows) {
    for (const [unit, effect] of rows) {
      grid.insertAdjacentHTML("beforeend", `<button type="button" class="unit" data-unit="${unit}"><span class="drawing">${
        filters ? filterOf(filters, unit, most, L) : ""}</span><span><b>${named(unit)}</b> ${asText(effect)}</span></button>`);
      const one = grid.lastElementChild;
      one.ariaLabel = `${word} ${named(unit)}: moves the forecast by ${asText(effect)} when off`;
      one.ariaPressed = String(current.has(unit));
      one.addEventListener("click", () => flip(unit));
      switches.set(unit, one);
    }
  }
  show(effects.slice(0, first));
  button(buttons, "Switch all on", () => flip(null));
  const rest = effects.slice(first);
  if (rest.length) {
    const more = button(buttons, `Show the other ${rest.length}`, () => {
      more.remove();
      show(rest);
      switches.get(rest[0][0]).focus(); // it was on the button
      if (latest) follow(...latest);
    });
  }

  let latest = null;
  function follow(input, attention) {
    latest = [input, attention];
    attention?.forEach((map, unit) => {
      const one = switches.get(unit);
      if (!one) return;
      one.firstElementChild.innerHTML = heat(map.map((row) => [...row, ...Array(L - row.length).fill(0)]), FULL);
      one.ariaLabel = `${word} ${named(unit)}: ${reads(map.at(-1))}`;
    });
    if (pictures.length) slices(gramian(input), L * L).forEach((channel, n) => { pictures[n].innerHTML = heat(slices(channel, L), 1); });
  }

  return {
    mark(off) {
      current = off;
      for (const [unit, one] of switches) one.ariaPressed = String(off.has(unit));
    },
    follow,
  };
}

const PICTURES = `<div class="panel"><h3>The input picture: the window as a ${term("Gramian angular field", glossary["Gramian angular field"])}</h3>
  <p class="muted">${SIGNS}; the oldest value at the top and at the left.</p><div class="pictures">${
  ["Cosine of the sum of two angles", "Sine of their difference"].map((name) =>
    `<figure><div class="drawing" role="img" aria-label="${escaped(name)}, for every pair of values of the window"></div><figcaption>${escaped(name)}</figcaption></figure>`).join("")}</div></div>`;
