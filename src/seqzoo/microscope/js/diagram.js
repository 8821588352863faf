// The diagram of a cell as SVG: wires as thick as their numbers are large, and gates as valves.
import { RADIUS, along, anatomyOf, arrowOf, pathOf, shortened } from "./anatomy.js";
import { figure, worded } from "./numbers.js";
import { gateColour } from "./palette.js";
import { mark, say, TERMS } from "./words.js";

/** The symbol of each number at an end of a wire, and what is set below the line. */
const SYMBOLS = { x: ["x", "t"], h0: ["h", "t−1"], c0: ["c", "t−1"], c: ["c", "t"], h: ["h", "t"], y: ["ŷ", ""], b: ["b", ""] };
const HUES = { x: "grey", c0: "c", h0: "h", kept: "c", new: "c", squash: "c", rest: "z", read: "h", b: "grey", "h.sum": "grey", y: "model" };
const TRACK = { top: 12, tall: 56, wide: 8 };

/** The custom property with the colour of a number. */
export function hueOf(key, cell) {
  const hue = HUES[key] ?? key;
  const isState = cell.architecture === "gru" && (key === "kept" || key === "new"); // there the state is h
  return `var(--${gateColour(isState ? "h" : hue) ?? hue})`;
}

/** Gives what has a number's colour its custom property: a page may forbid styles in attributes. */
export function tint(place, cell) {
  for (const node of place.querySelectorAll("[data-hue]")) node.style.setProperty("--hue", hueOf(node.dataset.hue, cell));
}

const isSigned = (cell, name) => !cell.shut.includes(name);

/** The share of its track at which the handle of a gate stands. */
const levelOf = (cell, name, value) => (isSigned(cell, name) ? (value + 1) / 2 : value);

const attributes = (values) => Object.entries(values).map(([name, value]) => ` ${name}="${value}"`).join("");
const tag = (name, values, body = "") => `<${name}${attributes(values)}>${body}</${name}>`;

function symbol(letter, below) {
  const italic = tag("tspan", { class: "mz-sym" }, letter);
  return below ? italic + tag("tspan", { class: "mz-sub", dy: 4 }, below) + tag("tspan", { dy: -4 }, "\u200b") : italic;
}

function gate(cell, { name, x, y, wide, tall }) {
  const track = { x: wide - TRACK.wide - (wide < 60 ? 9 : 16), y: TRACK.top, width: TRACK.wide, height: TRACK.tall, rx: TRACK.wide / 2 };
  const [word] = TERMS[name];
  const middle = wide / 2;
  const between = isSigned(cell, name) ? tag("path", { class: "mz-zero", d: `M${track.x - 2} ${TRACK.top + TRACK.tall / 2}h${TRACK.wide + 4}` }) : "";
  return tag("g", { class: "mz-gate", transform: `translate(${x} ${y})`, "data-wire": name, "data-hue": name },
    tag("g", { class: "mz-valve", role: "slider", tabindex: 0, "data-valve": name, "aria-orientation": "vertical",
      "aria-label": `${word} ${name}`, "aria-valuemin": isSigned(cell, name) ? -1 : 0, "aria-valuemax": 1 },
    tag("rect", { class: "mz-box", width: wide, height: tall, rx: 10 })
      + tag("text", { class: "mz-name", x: wide < 60 ? 9 : 16, y: 46 }, symbol(name, ""))
      + tag("text", { class: "mz-value", x: middle, y: tall - 25, "text-anchor": "middle", "data-slot": name })
      + tag("rect", { class: "mz-track", ...track }) + between
      + tag("rect", { class: "mz-fill", x: track.x, width: TRACK.wide, rx: TRACK.wide / 2 })
      + tag("rect", { class: "mz-grip", x: track.x - 5, width: TRACK.wide + 10, height: 7, rx: 3.5 })
      + tag("text", { class: "mz-word", x: middle, y: tall - 9, "text-anchor": "middle" }, word.split(" ")[0]))
    + tag("g", { class: "mz-free", role: "button", tabindex: -1, "data-free": name, "aria-label": `release ${word} ${name}` },
      tag("rect", { x: 3, y: tall - 21, width: wide - 6, height: 18, rx: 7 })
      + tag("text", { x: middle, y: tall - 8, "text-anchor": "middle" }, "release")));
}

function operation([key, sign, x, y, radius = RADIUS]) {
  const isWide = sign.length > 2;
  const shape = isWide ? tag("rect", { x: x - 20, y: y - 11, width: 40, height: 22, rx: 11 }) : tag("circle", { cx: x, cy: y, r: radius });
  return tag("g", { class: "mz-op", "data-wire": key }, shape
    + tag("text", { class: sign.length > 1 ? "mz-fn" : "", x, y: y + (isWide ? 4 : 5), "text-anchor": "middle" }, sign));
}

function label([x, y, anchor, slot, factor], key) {
  const of = factor ? `${tag("tspan", { class: "mz-sym" }, factor)} ` : "";
  return tag("text", { class: "mz-num", x, y, "text-anchor": anchor, "data-wire": key, "data-show": key },
    of + tag("tspan", { "data-slot": slot ?? key }));
}

function end([key, x, y, anchor, slot = key]) {
  return tag("text", { class: "mz-num mz-end", x, y, "text-anchor": anchor, "data-wire": key, "data-show": key },
    `${symbol(...SYMBOLS[key])}${tag("tspan", { dx: 5, "data-slot": slot })}`);
}

/** The markup of the diagram. */
export function drawingOf(cell, anatomy) {
  const { width, top, height, wires, gates, ops, dots, ends } = anatomy;
  const line = ({ key, points, isFeed, isArrow }) => {
    const d = pathOf(isArrow ? shortened(points) : points);
    return tag("g", { class: `mz-wire${isFeed ? " mz-feed" : ""}`, "data-wire": key, "data-hue": key },
      tag("path", { class: "mz-reach", d }) + tag("path", { class: "mz-flow", d, "data-flow": isFeed ? "" : key })
      + (isArrow ? tag("path", { class: "mz-arrow", d: arrowOf(points) }) : ""));
  };
  const sums = gates.map(({ name, middle, y, tall }) => {
    const sum = tag("tspan", { "data-slot": `${name}.sum` });
    const squash = cell.shut.includes(name) ? "σ" : "tanh";
    return tag("text", { class: "mz-sum", x: middle + 11, y: y + tall + 17, "data-wire": name, "data-show": `${name}.sum` },
      width < 400 ? sum : `${squash}(${sum})`);
  });
  return tag("svg", { viewBox: `0 ${top} ${width} ${height}`, class: "mz-cell-svg", "data-wide": width },
    [...wires.map(line),
      ...dots.map(([key, cx, cy]) => tag("circle", { class: "mz-dot", cx, cy, r: 3, "data-hue": key })),
      ...ops.map(operation), ...gates.map((one) => gate(cell, one)), ...sums,
      ...wires.filter((one) => one.label).map((one) => label(one.label, one.key)), ...ends.map(end),
      tag("g", { class: "mz-tokens", "aria-hidden": "true" })].join(""));
}

/** The nodes within an element whose text is a number, with a function that writes them. */
export function slotsOf(place) {
  const nodes = [...place.querySelectorAll("[data-slot]")].map((node) => {
    const { slot, as } = node.dataset;
    return { node, slot, as, sign: as === "abs" ? node.previousElementSibling : null, text: null };
  });
  return (numbers, spell) => {
    for (const one of nodes) {
      const text = spell(one.slot) ?? worded(numbers[one.slot], one.as);
      const sign = one.sign && (numbers[one.slot] < 0 ? "−" : "+");
      if (text + sign === one.text) continue;
      one.text = text + sign;
      say(one.node, text);
      if (one.sign) say(one.sign, sign);
    }
  };
}

/** The diagram in an element: `show` writes numbers, `tokens` shows those on their way at a share of a step. */
export function diagramIn(place, cell, isNarrow) {
  const anatomy = anatomyOf(cell.architecture, isNarrow);
  place.innerHTML = drawingOf(cell, anatomy);
  tint(place, cell);
  const all = (selector) => [...place.querySelectorAll(selector)];
  const write = slotsOf(place);
  const flows = all("[data-flow]:not([data-flow=''])");
  const valves = all(".mz-gate").map((group) => ({ group, name: group.dataset.wire, slider: group.querySelector(".mz-valve"),
    fill: group.querySelector(".mz-fill"), grip: group.querySelector(".mz-grip"), free: group.querySelector(".mz-free") }));
  const shown = new Map();
  for (const node of all("[data-show]")) shown.set(node.dataset.show, [...(shown.get(node.dataset.show) ?? []), node]);
  const layer = place.querySelector(".mz-tokens");
  const lines = all(".mz-wire").map((group, n) => ({ group, from: beginning(anatomy.wires, anatomy.wires[n]) }));
  const carriers = anatomy.wires.filter(({ span }) => span).map((one) => ({ ...one, token: null }));
  return {
    anatomy, isNarrow,
    show(numbers, heldOf, spell) {
      write(numbers, spell);
      for (const flow of flows) {
        const size = Math.min(1, Math.abs(numbers[flow.dataset.flow])) ** 0.7;
        flow.style.strokeWidth = (1.5 + 5 * size).toFixed(1);
      }
      for (const { group, name, slider, fill, grip, free } of valves) {
        const level = levelOf(cell, name, numbers[name]);
        const zero = isSigned(cell, name) ? 0.5 : 0;
        const y = (share) => TRACK.top + TRACK.tall * (1 - share);
        mark(fill, "y", y(Math.max(level, zero)).toFixed(1));
        mark(fill, "height", (TRACK.tall * Math.abs(level - zero)).toFixed(1));
        mark(grip, "y", (y(level) - 3.5).toFixed(1));
        const held = heldOf(name);
        if (group.classList.contains("mz-held") !== Boolean(held)) {
          group.classList.toggle("mz-held", Boolean(held));
          free.setAttribute("tabindex", held ? 0 : -1);
        }
        mark(slider, "aria-valuenow", numbers[name].toFixed(2));
        mark(slider, "aria-valuetext", `${figure(numbers[name])}${held ? `, held in ${held.unit === null ? "all units" : `unit ${held.unit}`}` : ""}`);
      }
    },
    /** Shows the numbers that are on their way at a share of a step, and hides those that have not arrived; null ends it. */
    tokens(share, numbers) {
      for (const one of carriers) {
        const isOn = share !== null && share >= one.span[0] && share < one.span[1];
        if (!isOn) {
          one.token?.remove();
          one.token = null;
          continue;
        }
        if (!one.token) {
          layer.insertAdjacentHTML("beforeend", tag("g", { class: "mz-token", "data-hue": one.key },
            `${tag("rect", { x: -19, y: -10, width: 38, height: 20, rx: 10 })}${tag("text", { y: 4, "text-anchor": "middle" }, figure(numbers[one.key]))}`));
          one.token = layer.lastElementChild;
          tint(layer, cell);
        }
        const part = (share - one.span[0]) / (one.span[1] - one.span[0]);
        const [x, y] = along(one.points, part * part * (3 - 2 * part));
        one.token.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      }
      for (const [key, nodes] of shown) {
        const isLate = share !== null && share < arrival(carriers, key);
        for (const node of nodes) node.classList.toggle("mz-later", isLate);
      }
      const isLater = (from) => share !== null && share < from;
      for (const { group, from } of lines) group.classList.toggle("mz-later", isLater(from));
      for (const { group, name } of valves) group.classList.toggle("mz-later", isLater(beginning(carriers, { key: name })));
    },
  };
}

/** The share of a step at which the number of a wire sets out. */
function beginning(wires, { key, span, isFeed }) {
  if (span) return span[0];
  if (key === "y") return 0.9;
  return isFeed && key !== "read" ? 0 : Math.min(1, ...wires.filter((one) => one.key === key && one.span).map((one) => one.span[0]));
}

/** The share of a step at which a number arrives. */
function arrival(carriers, key) {
  if (["x", "h0", "c0", "b"].includes(key)) return 0;
  if (key === "y") return 0.96;
  if (key.endsWith(".sum") && !carriers.some((one) => one.key === key)) return 0.26;
  return Math.min(1, ...carriers.filter((one) => one.key === key).map((one) => one.span[1]));
}
