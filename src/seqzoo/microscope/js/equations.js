// The equations of a cell in MathML, first in symbols and then with the numbers of one unit at one step.
import { hueOf, slotsOf, tint } from "./diagram.js";
import { ROWS, figure } from "./numbers.js";
import { hide, say } from "./words.js";

const row = (inner, wire) => (wire ? `<mrow data-wire="${wire}">${inner}</mrow>` : `<mrow>${inner}</mrow>`);
const mi = (letter) => `<mi>${letter}</mi>`;
const mo = (sign) => (/[()^′]/.test(sign) ? `<mo stretchy="false">${sign}</mo>` : `<mo lspace="0.24em" rspace="0.24em">${sign}</mo>`);
const THIN = '<mspace width="0.17em"></mspace>';
const sub = (letter, below) => `<msub>${mi(letter)}${below}</msub>`;
const call = (name, inner) => `${mi(name)}${mo("(")}${inner}${mo(")")}`;

/** The symbol of a number. */
function symbol(key) {
  const before = row(`${mi("t")}<mo lspace="0" rspace="0">−</mo><mn>1</mn>`);
  if (key === "h0" || key === "c0") return row(sub(key[0], before), key);
  if (key === "y") return row(`<mover accent="true">${mi("y")}${mo("^")}</mover>`, key);
  return row(["c", "h", "x"].includes(key) ? sub(key, mi("t")) : mi(key), key);
}

/** The place of a number; `as` is its form, see `worded`. */
const slot = (name, wire, as = "") => `<mn data-slot="${name}" data-wire="${wire}"${as && ` data-as="${as}"`}></mn>`;
const added = (name, wire) => `<mrow data-wire="${wire}"><mo form="infix" lspace="0.24em" rspace="0.24em">+</mo>${slot(name, wire, "abs")}</mrow>`;

/** The sum within a gate: in symbols, and in numbers. */
function sum(name, cell) {
  const known = cell.channels > 1;
  const weighted = (weight, key) => row(mi(weight) + THIN + symbol(key), key);
  const terms = [weighted("w", "x"), ...(known ? [row(sub("k", mi("t")), "known")] : [])];
  const numbers = [slot(`${name}.x`, "x"), ...(known ? [added(`${name}.known`, "known")] : [])];
  if (name === "n") {
    const past = row(weighted("U", "h0") + mo("+") + `${mi("b′")}`);
    return [[...terms, row(mi("b"), "b"), row(symbol("r") + THIN + mo("(") + past + mo(")"), "read")].join(mo("+")),
      [...numbers, added("n.b", "b"), mo("+"), row(slot("r", "r") + mo("×") + slot("n.h0", "h0", "paren"), "read")].join("")];
  }
  return [[...terms, weighted("U", "h0"), row(mi("b"), "b")].join(mo("+")),
    [...numbers, added(`${name}.h0`, "h0"), added(`${name}.b`, "b")].join("")];
}

const product = (wire, ...keys) => row(keys.map((key, n) => slot(key, key, n ? "paren" : "")).join(mo("×")), wire);

/** Right-hand sides in symbols and in numbers. */
function sides(key, cell) {
  if (key === "y") {
    return [row(mi("v") + THIN + symbol("h"), "h") + mo("+") + "<mtext>the other units</mtext>",
      row(slot("v", "h") + mo("×") + slot("h", "h", "paren"), "h") + added("others", "others")];
  }
  if (key === "c") {
    return [row(symbol("f") + THIN + symbol("c0"), "kept") + mo("+") + row(symbol("i") + THIN + symbol("g"), "new"),
      product("kept", "f", "c0") + mo("+") + product("new", "i", "g")];
  }
  if (key === "h" && cell.architecture === "lstm") {
    return [symbol("o") + THIN + row(mi("tanh") + THIN + symbol("c"), "squash"), slot("o", "o") + mo("×") + slot("squash", "squash", "paren")];
  }
  if (key === "h" && cell.architecture === "gru") {
    const rest = row(mo("(") + "<mn>1</mn>" + mo("−") + symbol("z") + mo(")"), "rest");
    return [row(rest + THIN + symbol("n"), "new") + mo("+") + row(symbol("z") + THIN + symbol("h0"), "kept"),
      product("new", "rest", "n") + mo("+") + product("kept", "z", "h0")];
  }
  const name = cell.shut.includes(key) ? "σ" : "tanh";
  return sum(key, cell).map((inner) => call(name, inner));
}

const CAPTIONS = {
  lstm: { f: "how much memory is kept", i: "how much is let in", g: "what could be written", o: "how much is shown",
    c: "the memory", h: "what is passed on", y: "the answer so far" },
  gru: { z: "how much is kept", r: "how much past is used", n: "the state proposed", h: "what is passed on", y: "the answer so far" },
  rnn: { h: "what is passed on", y: "the answer so far" },
};

const math = (inner) => `<math>${inner}</math>`;

/** The markup of all equations. */
export function equationsOf(cell) {
  return ROWS[cell.architecture].map((key) => {
    const [symbols, numbers] = sides(key, cell);
    return `<div class="mz-eq" data-eq="${key}" data-hue="${key}">
      <div class="mz-law">${math(symbol(key) + mo("=") + symbols)}<small>${CAPTIONS[cell.architecture][key]}</small></div>
      <div class="mz-put">${math(mo("=") + numbers)} ${math(`<mo lspace="0" rspace="0.24em">=</mo>${slot(key, key)}`)}</div>
      <div class="mz-put mz-instead" hidden><span></span></div></div>`;
  }).join("");
}

/** The equations in an element: `show` puts numbers in, `reach` marks those that are computed at a share of a step. */
export function equationsIn(place, cell) {
  place.innerHTML = equationsOf(cell);
  for (const node of place.querySelectorAll("[data-wire]")) node.style.setProperty("--hue", hueOf(node.dataset.wire, cell));
  tint(place, cell);
  const write = slotsOf(place);
  const rows = [...place.querySelectorAll(".mz-eq")].map((node) =>
    ({ node, key: node.dataset.eq, put: node.querySelector(".mz-put"), instead: node.querySelector(".mz-instead") }));
  return {
    show(numbers, heldOf, isAblated, spell) {
      write(numbers, spell);
      for (const { key, put, instead } of rows) {
        const held = cell.gates.includes(key) && heldOf(key);
        const isOff = key === "h" && isAblated;
        const words = held ? `held at ${figure(numbers[key])}; free, it would be ${figure(numbers[`${key}.free`])}`
          : isOff ? `0: the unit is switched off; otherwise ${figure(numbers["h.free"])}` : "";
        hide(put, Boolean(words));
        hide(instead, !words);
        if (words) say(instead.firstChild, words);
      }
    },
    /** Marks the rows that are computed at a share of a step; null marks none. */
    reach(share) {
      rows.forEach(({ node, key }) => node.classList.toggle("mz-now", share !== null && isComputed(cell, key, share)));
    },
  };
}

function isComputed(cell, key, share) {
  if (key === "y") return share >= 0.94;
  if (cell.gates.includes(key)) return share >= 0.26 && share < 0.46 && (key !== "n" || share >= 0.4);
  if (key === "c") return share >= 0.45 && share < 0.7;
  return share >= (cell.architecture === "rnn" ? 0.38 : 0.66) && share < 0.96;
}
