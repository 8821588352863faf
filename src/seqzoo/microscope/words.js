// What the microscope says: each term's definition, the page it is made of.

export const TERMS = {
  i: ["input gate", "How much of the candidate g each unit takes into its cell state: 0 nothing, 1 all of it."],
  f: ["forget gate", "How much of its cell state each unit keeps from the step before: 0 forgets, 1 keeps all.",
    "cell state"],
  g: ["candidate", "What each unit would write into its cell state, between −1 and 1."],
  o: ["output gate", "How much of its cell state each unit shows: 0 hides it, 1 shows it."],
  c: ["cell state", "The memory of each unit: what it kept plus what it took in, c′ = f c + i g."],
  h: ["hidden state", "What each unit passes to the next step and to the output."],
  r: ["reset gate", "How much of the past each unit uses for its candidate n: 0 ignores it, 1 uses all."],
  z: ["update gate", "How much of its state each unit keeps: 1 keeps all, 0 replaces it with the candidate.",
    "hidden state"],
  n: ["candidate", "The new state each unit proposes, between −1 and 1."],
};

export const CURVES = {
  i: ["green", [6, 3], 2], f: ["blue", [], 2.5], g: ["pink", [2, 2], 2], o: ["yellow", [8, 3, 2, 3], 2],
  r: ["green", [6, 3], 2], z: ["blue", [], 2.5], n: ["pink", [2, 2], 2],
  c: ["orange", [], 2.5], h: ["ink", [], 3],
};

export const number = (value, digits = 3) => value.toFixed(digits).replace("-", "−");
export const signed = (value, digits = 3) => (value < 0 ? "" : "+") + number(value, digits);

const define = (word, meaning) => `<dfn tabindex="0" title="${meaning}">${word}</dfn>`;

/** The rows of heat maps: every name has its heading, its buttons if it is a gate, and its canvas. */
function maps(cell) {
  return cell.names.map((name) => {
    const [word, meaning] = TERMS[name];
    const choices = cell.shut.includes(name) ? [["free", ""], ["shut", "0"], ["open", "1"]]
      : cell.gates.includes(name) ? [["free", ""], ["at 0", "0"]] : [];
    const buttons = choices.map(([label, value]) =>
      `<button type="button" data-gate="${name}" data-value="${value}">${label}</button>`).join("");
    return `<div class="mz-head"><h3><b>${name}</b> ${define(word, meaning)}</h3>
      <span class="mz-range" data-range="${name}"></span>
      ${buttons && `<span class="mz-group" role="group" aria-label="Hold ${word} ${name}">${buttons}</span>`}</div>
      <canvas class="mz-map" role="img" data-map="${name}"></canvas>`;
  }).join("");
}

const key = (shape, words) => `<span><i class="mz-${shape}"></i>${words}</span>`;
const button = (attribute, words) => `<button type="button" data-${attribute}>${words}</button>`;
const picture = (part) => `<canvas role="img" data-part="${part}"></canvas>`;
const title = (word, meaning) => `<h3>${define(word, meaning)}</h3>`;

/** Input, derivative and heat maps, one above another on one time axis. */
function overTime(cell, points) {
  const scope = `<label>hold gates in <select data-do="scope"><option value="all">all units</option>
    <option value="one">the chosen unit</option></select></label>`;
  return `<section class="mz-time" aria-label="Over time">
    <div class="mz-head">${title("Input", "The values that the network reads, oldest first. Drag any of them.")}
      <span class="mz-keys">
        ${key("dash", define("forecast so far", "What the network says of each value from those before it."))}
        ${key("disc mz-lin", "best linear")} ${key("disc", "network")} ${key("disc mz-bay", "Bayes")}</span></div>
    <div class="mz-window">${picture("window")}${points}</div>
    <p class="mz-hint">Drag a value, or focus one: ↑ ↓ change it, ← → go to its neighbour.</p>
    <div class="mz-head">
      ${title("Derivative of the forecast", "How much the forecast changes per unit of change of each value.")}
      <span class="mz-keys">${key("bar", "network")}
        ${key("rule", define("best linear weights", "Of the affine forecaster with the least error on this signal."))}
        ${key("disc mz-ring", define("Bayes", "Of the best forecast that can exist, the conditional mean."))}
      </span></div>
    ${picture("derivative")}
    <div class="mz-tools">
      <label><input type="checkbox" data-do="sort" checked> sort units by
        ${define("contribution", "A unit's state times its output weight: what it adds to the forecast.")}</label>
      ${cell.gates.length ? scope : ""}
      <span class="mz-scale">−1 or shut <i></i> +1 or open</span>
    </div>
    ${maps(cell)}
  </section>`;
}

const RESPONDS = "The unit's last state after windows of the clean sine, by phase of their last value. Dashed: now.";
const PATH = "The hidden state after each step, in the two directions in which it varies most.";

/** Forecast, time, the chosen unit, the path of the hidden state. */
function beside(L) {
  return `<section class="mz-side" aria-label="Forecast, time and unit">
    <div class="mz-card"><h3>Forecast of the next value</h3><dl class="mz-said"></dl></div>
    <div class="mz-card"><h3>Time</h3>
      <div class="mz-row"><span>step <output data-out="step"></output></span>
        <input type="range" data-do="step" aria-label="step" min="1" max="${L}" value="${L}"></div>
      <div class="mz-buttons">${button('do="play"', "Play")}
        <span class="mz-group" role="group" aria-label="Order in which the values are read">
          ${button('order="plain"', "as it came")}${button('order="reverse"', "reversed")}
          ${button('order="shuffle"', "shuffled")}</span>${button('do="reset"', "Reset")}</div></div>
    <div class="mz-card"><h3>Unit</h3>
      <div class="mz-buttons"><label>unit <select data-do="unit"></select></label>
        ${button('do="ablate" title="Force its hidden state to 0 at every step."', "Ablate")}</div>
      <p class="mz-unit"></p>
      ${picture("curves")}<p class="mz-keys mz-legend"></p>
      <div data-if="sine"><h4>${define("What it responds to", RESPONDS)}</h4>${picture("phase")}</div></div>
    <div class="mz-card">${title("Path of the hidden state", PATH)}
      ${picture("path")}<p class="mz-hint" data-out="path"></p></div>
  </section>`;
}

export function skeleton(cell, L) {
  const points = Array.from({ length: L }, (_, t) =>
    `<div class="mz-point" role="slider" data-step="${t}" tabindex="${t === L - 1 ? 0 : -1}"></div>`).join("");
  return `<header><h2></h2><p class="mz-notice"></p></header>
    <div class="mz-body">${overTime(cell, points)}${beside(L)}</div>`;
}

/** Everything in words: what to notice, the numbers, and the alternatives of the pictures. */
export function write(find, facts) {
  const { cell, state, now, untouched, said, straight, linear, bayes, ranges, own, scale, hasRing } = facts;
  const { step, unit } = state;
  const { L } = now;
  const say = (place, words) => {
    if (place.textContent !== words) place.textContent = words;
  };
  const rows = [["this network", number(said[L - 1])], ["best linear", number(straight)]];
  rows.push(["Bayes (the best possible)", bayes ? number(bayes.forecast) : "…"]);
  if (untouched !== null) rows.push(["this network untouched", number(untouched)]);
  if (step < L - 1) rows.push([`after step ${step + 1}`, number(said[step])]);
  const list = find(".mz-said");
  while (list.children.length > 2 * rows.length) list.lastChild.remove();
  rows.flat().forEach((words, n) =>
    say(list.children[n] ?? list.appendChild(document.createElement(n % 2 ? "dd" : "dt")), words));
  say(find(".mz-notice"), notice(facts));
  say(find('[data-out="step"]'), `${step + 1} of ${L}`);
  find('[data-do="step"]').value = step + 1;
  const last = own("h")[L - 1];
  const isAblated = state.ablate.has(unit) ? " (ablated)" : "";
  say(find(".mz-unit"), `Unit ${unit}${isAblated} adds ${signed(now.parts[unit] * scale)} to the forecast: ` +
    `its state ${number(last)} times its output weight ${number(cell.headWeight[unit] * scale)}.`);
  const shares = now.plane.shares.map((share) => `${Math.round(100 * share)} %`).join(" and ");
  const ring = "Dots: where windows of the clean sine end, hue by phase. Line: this window on its way. ";
  say(find('[data-out="path"]'), `${hasRing ? ring : ""}The two directions hold ${shares} of the variance.`);

  const alternative = (part, words) => find(part).setAttribute("aria-label", words);
  alternative('[data-part="window"]',
    `Input of ${L} values; forecast ${number(said[L - 1])}, best linear ${number(straight)}.`);
  const top = now.slopes.reduce((best, slope, t) => (Math.abs(slope) > Math.abs(now.slopes[best]) ? t : best), 0);
  alternative('[data-part="derivative"]', `Derivative of the forecast: largest at value ${top + 1}, ` +
    `${number(now.slopes[top])}; best linear weight there ${number(linear[top])}.`);
  for (const name of cell.names) {
    say(find(`[data-range="${name}"]`), ranges[name]);
    alternative(`[data-map="${name}"]`, `${TERMS[name][0]} ${name}: ${cell.size} units over ${L} steps; ` +
      `mean ${number(mean(now.steps[name]))}; unit ${unit} at step ${step + 1}: ${number(own(name)[step])}.`);
  }
  const each = cell.names.map((name) => `${name} ${number(own(name)[step])}`).join(", ");
  alternative('[data-part="curves"]', `Unit ${unit} at step ${step + 1}: ${each}.`);
  alternative('[data-part="path"]', `Path of the hidden state: two directions hold ${shares} of its variance.`);
  if (hasRing) {
    alternative('[data-part="phase"]', `State of unit ${unit} against the phase of the signal; now ${number(last)}.`);
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One sentence on what to notice in this window, or of what was done to the network. */
function notice({ cell, state, now, untouched, said, linear, bayes }) {
  const forecast = said[now.L - 1];
  if (untouched !== null) {
    const what = Object.entries(state.freeze).map(([gate, { unit, value }]) =>
      `the ${TERMS[gate][0]} held at ${value}${unit === null ? "" : ` in unit ${unit}`}`);
    const units = [...state.ablate];
    if (units.length) what.push(`${units.length === 1 ? "unit" : "units"} ${units.join(", ")} ablated`);
    if (state.orderName !== "plain") {
      what.push(`the values read ${state.orderName === "reverse" ? "backwards" : "in random order"}`);
    }
    return `Notice: with ${what.join(" and ")}, the forecast goes from ${number(untouched)} to ${number(forecast)} ` +
      `(${signed(forecast - untouched)}).`;
  }
  const parts = Array.from(now.parts, Math.abs).sort((a, b) => b - a);
  const half = parts.reduce((sum, part) => sum + part, 0) / 2;
  let count = 0;
  for (let sum = 0; sum < half; count++) sum += parts[count];
  const kept = { lstm: "f", gru: "z" }[cell.architecture];
  const share = kept && Math.round(100 * mean(now.steps[kept]));
  const [word, , memory] = TERMS[kept ?? "h"];
  const gate = kept ? `, and the ${word} keeps ${share} % of the ${memory} at each step on average` : "";
  const away = (list) => Math.hypot(...now.slopes.map((slope, t) => slope - list[t]));
  const isNearer = bayes && away(bayes.derivative) < away(linear);
  const [near, far] = ["the best forecast that can exist (circles)", "the best linear rule (lines)"];
  const both = isNearer ? [near, far] : [far, near];
  const attends = `what the network attends to (bars) is nearer to ${both.join(" than to ")}; `;
  return `Notice: ${bayes ? attends : ""}${count} of ${cell.size} units carry half of the forecast${gate}.`;
}
