// What the microscope says: each term's definition, the page it is made of.

export const TERMS = {
  i: ["input gate", "How much of the candidate g each unit takes into its cell state: 0 nothing, 1 all of it."],
  f: ["forget gate", "How much of its cell state each unit keeps from the step before: 0 forgets, 1 keeps all."],
  g: ["candidate", "What each unit would write into its cell state, between −1 and 1."],
  o: ["output gate", "How much of its cell state each unit shows: 0 hides it, 1 shows it."],
  c: ["cell state", "The memory of each unit: what it kept plus what it took in, c′ = f c + i g."],
  h: ["hidden state", "What each unit passes to the next step and to the output."],
  r: ["reset gate", "How much of the past each unit uses for its candidate n: 0 ignores it, 1 uses all."],
  z: ["update gate", "How much of its state each unit keeps: 1 keeps all, 0 replaces it with the candidate."],
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
      ${buttons && `<span class="mz-group" role="group" aria-label="Hold the ${word} ${name}">${buttons}</span>`}</div>
      <canvas class="mz-map" role="img" data-map="${name}"></canvas>`;
  }).join("");
}

export function skeleton(cell, L) {
  const points = Array.from({ length: L }, (_, t) =>
    `<div class="mz-point" role="slider" data-step="${t}" tabindex="${t === L - 1 ? 0 : -1}"></div>`).join("");
  return `
  <header><h2></h2><p class="mz-notice" role="status"></p></header>
  <div class="mz-body">
    <section class="mz-time" aria-label="Over time">
      <div class="mz-head"><h3>${define("Input", "The values that the network reads, oldest first. Drag any of them.")}</h3>
        <span class="mz-keys"><span><i class="mz-dash"></i>${define("forecast so far", "What the network says of each value from those before it.")}</span>
        <span><i class="mz-disc mz-lin"></i>best linear</span> <span><i class="mz-disc"></i>network</span> <span><i class="mz-disc mz-bay"></i>Bayes</span></span></div>
      <div class="mz-window"><canvas role="img" data-part="window"></canvas>${points}</div>
      <p class="mz-hint">Drag a value, or focus one: ↑ ↓ change it, ← → go to its neighbour.</p>
      <div class="mz-head"><h3>${define("Derivative of the forecast", "How much the forecast changes per unit of change of each value.")}</h3>
        <span class="mz-keys"><span><i class="mz-bar"></i>network</span> <span><i class="mz-rule"></i>${define("best linear weights", "Those of the affine forecaster with the least error on this signal.")}</span>
        <span><i class="mz-disc mz-ring"></i>${define("Bayes", "The derivative of the best forecast that can exist: the conditional mean.")}</span></span></div>
      <canvas role="img" data-part="derivative"></canvas>
      <div class="mz-tools">
        <label><input type="checkbox" data-do="sort" checked> sort units by ${define("contribution", "A unit's state times its output weight: what it adds to the forecast.")}</label>
        ${cell.gates.length ? `<label>hold gates in <select data-do="scope"><option value="all">all units</option><option value="one">the chosen unit</option></select></label>` : ""}
        <span class="mz-scale">−1 or shut <i></i> +1 or open</span>
      </div>
      ${maps(cell)}
    </section>
    <section class="mz-side" aria-label="Forecast, time and unit">
      <div class="mz-card"><h3>Forecast of the next value</h3><dl class="mz-said"></dl></div>
      <div class="mz-card"><h3>Time</h3>
        <label class="mz-row">step <output data-out="step"></output><input type="range" data-do="step" min="1" max="${L}" value="${L}"></label>
        <div class="mz-buttons"><button type="button" data-do="play">Play</button>
        <span class="mz-group" role="group" aria-label="Order in which the values are read">
          <button type="button" data-order="plain">as it came</button><button type="button" data-order="reverse">reversed</button><button type="button" data-order="shuffle">shuffled</button></span>
        <button type="button" data-do="reset">Reset</button></div></div>
      <div class="mz-card"><h3>Unit</h3>
        <div class="mz-buttons"><label>unit <select data-do="unit"></select></label>
        <button type="button" data-do="ablate">Ablate</button></div>
        <p class="mz-unit"></p>
        <canvas role="img" data-part="curves"></canvas><p class="mz-keys mz-legend"></p>
        <div data-if="sine"><h4>${define("What it responds to", "The unit's last state after windows of the clean sine, by the phase of their last value. The dashed line is now.")}</h4>
        <canvas role="img" data-part="phase"></canvas></div></div>
      <div class="mz-card"><h3>${define("Path of the hidden state", "The hidden state after each step, in the two directions in which it varies most.")}</h3>
        <canvas role="img" data-part="path"></canvas><p class="mz-hint" data-out="path"></p></div>
    </section>
  </div>`;
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
  const ring = "Dots: where each phase of the clean sine ends (colour: phase). Black: this window on its way. ";
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
  alternative('[data-part="path"]', `Path of the hidden state in two directions, which hold ${shares} of the variance.`);
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
  const gate = kept ? ` The ${TERMS[kept][0]} keeps ${Math.round(100 * mean(now.steps[kept]))} % of the ` +
    `${kept === "f" ? "cell" : "hidden"} state from one step to the next, on average.` : "";
  const away = (list) => Math.hypot(...now.slopes.map((slope, t) => slope - list[t]));
  const nearer = bayes && away(bayes.derivative) < away(linear) ? "the best forecast that can exist" : "a straight rule";
  const attends = bayes ? ` What it attends to (the bars) is nearer to ${nearer} (${nearer[0] === "t" ? "dots" : "lines"}).` : "";
  return `Notice: ${count} of ${cell.size} units carry half of the forecast.${gate}${attends}`;
}
