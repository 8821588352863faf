// The HTML of the microscope: its sections, controls and empty canvases.
import glossary from "../../_glossary.json" with { type: "json" };
import { FIRST } from "./state.js";
import { linearOf, TERMS } from "./words.js";

const define = (word, meaning) => `<dfn tabindex="0" title="${meaning}">${word}</dfn>`;

/** The heat maps: for every name a heading, a canvas, and buttons if it is a gate. */
function maps(cell) {
  return cell.names.map((name) => {
    const [word, meaning] = TERMS[name];
    const choices = cell.shut.includes(name) ? [["free", ""], ["shut", "0"], ["open", "1"]]
      : cell.gates.includes(name) ? [["free", ""], ["at 0", "0"]] : [];
    const buttons = choices.map(([label, value]) =>
      `<button type="button" data-gate="${name}" data-value="${value}">${label}</button>`).join("");
    return `<div class="mz-head"><h3><b>${name}</b> ${define(word, meaning)}</h3>
      <span class="mz-scale"><span data-low="${name}"></span><i class="${cell.shut.includes(name) ? "mz-opening" : ""}"></i><span data-high="${name}"></span></span>
      ${buttons && `<span class="mz-group" role="group" aria-label="Hold ${word} ${name}">${buttons}</span>`}</div>
      <div class="mz-heat" data-heat="${name}" data-wire="${name}"><canvas class="mz-map" role="img" data-map="${name}"></canvas>
        <div class="mz-spot" hidden></div><div class="mz-tip" hidden></div></div>`;
  }).join("");
}

const key = (shape, words) => `<span><i class="mz-${shape}"></i>${words}</span>`;
const button = (attribute, words) => `<button type="button" data-${attribute}>${words}</button>`;
const picture = (part) => `<canvas role="img" data-part="${part}"></canvas>`;
const title = (word, meaning) => `<h3>${define(word, meaning)}</h3>`;

/** Input, derivative and heat maps, above one another on one time axis. */
function overTime(cell, points, signal, hasBayes, channels) {
  const linear = linearOf(signal);
  const weights = linear === "best linear" ? define(`${linear} weights`, glossary[linear]) : `${linear} weights`;
  const choice = `<label>maps show <select data-do="units"><option value="first">the top ${FIRST} units</option>
    <option value="all">all ${cell.size} units</option></select></label>`;
  return `<section class="mz-time" aria-label="Over time">
    <div class="mz-head">${title("Input", glossary.input)}
      <span class="mz-keys">
        ${key("dash", define("answer so far", glossary["answer so far"]))}
        ${key("disc mz-lin", linear)} ${key("disc", "network")} ${hasBayes ? key("disc mz-bay", "Bayes") : ""}</span>
      <span class="mz-group" role="group" aria-label="Order in which the values are read">${button('order="plain"', "in order")}${
  button('order="reverse"', "reversed")}${button('order="shuffle"', "shuffled")}</span></div>
    <div class="mz-window">${picture("window")}${points}</div>
    <p class="mz-outside" role="status"></p>
    <p class="mz-hint">Drag a value, or focus one: ↑ ↓ change it, ← → move to its neighbour.</p>
    ${channels.length ? known(channels) : ""}
    <div class="mz-head">
      ${title("Influence of each input", glossary["influence of each input"])}
      <span class="mz-keys">${key("bar", "network")}
        ${key("rule", weights)}
        ${hasBayes ? key("disc mz-ring", define("Bayes", glossary.Bayes)) : ""}
      </span></div>
    ${picture("derivative")}
    <div class="mz-tools">
      <label><input type="checkbox" data-do="sort" checked> sort units by
        ${define("contribution", glossary.contribution)}</label>
      ${cell.size > FIRST ? choice : ""}
      <span class="mz-hint">bars beside h: contribution</span>
    </div>
    ${maps(cell)}
  </section>`;
}

/** The channels beside the value, a row for each; a changed value does not change them. */
function known(channels) {
  return `<div class="mz-head">${title("Known in advance", `The calendar of the step after each value: ${channels.join(", ")}.`)}
      <span class="mz-keys">${channels.join(", ")}, from −1 to 1</span></div>
    ${picture("known")}`;
}

const responds = ({ of, by }) => `The last state of the unit after windows of ${of}, by ${by}. Dashed: this window.`;

const farther = (aheads) => `<div class="mz-row"><span>steps ahead <output data-out="ahead"></output></span>
  <input type="range" data-do="ahead" aria-label="steps ahead" min="1" max="${aheads}" value="1"></div>`;

/** The cell: its diagram, its equations, and the controls of step and unit. */
function within(cell, L) {
  const scope = `<label>hold gates in <select data-do="scope"><option value="all">all units</option>
    <option value="one">this unit</option></select></label>`;
  const grab = cell.gates.length ? "Grab a gate by its handle to hold it, or press ↑ ↓ on it. " : "";
  return `<section class="mz-cell" aria-label="The cell">
    <div class="mz-desk">
      ${button('do="play"', "Play")}
      <label class="mz-row mz-steps"><span>step <output data-out="step"></output></span>
        <input type="range" data-do="step" aria-label="step" min="1" max="${L}" value="${L}"></label>
      <label>unit <select data-do="unit"></select></label>
      ${button(`do="ablate" title="${glossary["switch off"]}"`, "Switch off")}
      ${cell.gates.length ? scope : ""}
    </div>
    <div class="mz-anatomy" data-part="cell">
      <div><h3>The cell: <span data-out="cell"></span></h3>
        <div class="mz-figure" role="group" tabindex="0" aria-keyshortcuts="ArrowLeft ArrowRight Space"></div>
        <p class="mz-hint">${grab}← → step, space plays.</p></div>
      <div><div class="mz-equations" role="group" tabindex="0" aria-label="Equations with the numbers of this step"></div>
        <p class="mz-hint mz-foot"></p></div>
    </div></section>`;
}

/** Forecast, the chosen unit, the path of the hidden state. */
function beside(aheads, question) {
  return `<section class="mz-side" aria-label="Forecast and unit">
    <div class="mz-card"><h3 data-out="goal"></h3><dl class="mz-said"></dl>${aheads > 1 ? farther(aheads) : ""}
      <p class="mz-hint" data-out="aside"></p></div>
    <div class="mz-card"><h3>Unit</h3>
      <p class="mz-unit"></p>
      ${picture("curves")}<p class="mz-keys mz-legend"></p>
      ${question ? `<h4>${define("What it responds to", responds(question))}</h4>${picture("response")}` : ""}</div>
    <div class="mz-card">${title("Path of the hidden state", glossary.path)}
      ${picture("path")}<p class="mz-hint" data-out="path"></p></div>
  </section>`;
}

/** All figures as [part, title], in the order of the page. */
export function figuresOf(cell, question, channels) {
  const beside = channels.length ? [["known", "Known in advance"]] : [];
  const maps = cell.names.map((name) => [name, `${name}, ${TERMS[name][0]}`]);
  const answer = question ? [["response", "What the unit responds to"]] : [];
  return [["cell", "The cell"], ["window", "Input and forecast"], ...beside, ["derivative", "Influence of each input"], ...maps,
    ["curves", "The unit's gates and states"], ...answer, ["path", "Path of the hidden state"]];
}

function downloads(cell, question, channels) {
  const options = [["all", "all figures"], ...figuresOf(cell, question, channels)];
  return `<details class="mz-menu"><summary>Download</summary><div>
    <label>figure <select data-pick="figure">${options.map(([part, words]) =>
    `<option value="${part}">${words}</option>`).join("")}</select></label>
    ${button('save="svg"', "SVG")} ${button('save="png"', "PNG")} ${button('save="csv"', "all numbers, CSV")}
    <span role="status" class="mz-hint" data-out="saved"></span></div></details>`;
}

export function skeleton({ cell, L, aheads, question, signal, hasBayes, channels }) {
  const points = Array.from({ length: L }, (_, t) =>
    `<div class="mz-point" role="slider" data-step="${t}" tabindex="${t === L - 1 ? 0 : -1}"></div>`).join("");
  return `<header><div class="mz-top"><h2></h2>
      <div class="mz-buttons">${button('do="draw"', "New window")}${button('do="undo"', "Undo")}${button('do="reset"', "Reset")}
        ${downloads(cell, question, channels)}</div></div>
      </header>
    <div class="mz-page">${within(cell, L)}
    <p class="mz-notice"></p><p class="mz-aloud" role="status"></p>
    <div class="mz-body">${overTime(cell, points, signal, hasBayes, channels)}${beside(aheads, question)}</div></div>`;
}
