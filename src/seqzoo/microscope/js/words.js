// The texts of the microscope: names of gates and states, what to notice, text alternatives of the pictures.
import glossary from "../../_glossary.json" with { type: "json" };
import { isTouched, moved } from "./state.js";

/** For each gate and state its name and definition; for a gate that keeps a state, the name of that state. */
export const TERMS = {
  i: ["input gate", glossary["input gate"]],
  f: ["forget gate", glossary["forget gate"], "cell state"],
  g: ["candidate", glossary["candidate g"]],
  o: ["output gate", glossary["output gate"]],
  c: ["cell state", glossary["cell state"]],
  h: ["hidden state", glossary["hidden state"]],
  r: ["reset gate", glossary["reset gate"]],
  z: ["update gate", glossary["update gate"], "hidden state"],
  n: ["candidate", glossary["candidate n"]],
};

/** Dash and width of the curve of a gate or state. */
export const CURVES = {
  i: [[6, 3], 2], f: [[], 2.5], g: [[2, 2], 2], o: [[8, 3, 2, 3], 2],
  r: [[6, 3], 2], z: [[], 2.5], n: [[2, 2], 2],
  c: [[], 2.5], h: [[], 3],
};

/** A number with as many decimals, or fewer from 100 on: "0.123", "153.2", "36,781". */
export function number(value, digits = 3) {
  const whole = Math.floor(Math.log10(Math.max(Math.abs(value), 1)));
  if (whole < 2) return value.toFixed(digits).replace("-", "−");
  const kept = { minimumFractionDigits: 0, maximumFractionDigits: Math.max(0, 4 - whole) };
  return (Math.abs(value) < 1e12 ? value.toLocaleString("en", kept) : value.toPrecision(6)).replace("-", "−");
}
export const signed = (value, digits = 3) => (value < 0 ? "" : "+") + number(value, digits);

/** Sets an attribute of an element if its value differs. */
export const mark = (place, name, words) => place.getAttribute(name) !== words && place.setAttribute(name, words);

/** The name of the linear forecaster: best linear, or that of the facts if the process is unknown. */
export const linearOf = (signal) => signal.linear ?? "best linear";

/** The role of the colour of that forecaster. */
export const linearRole = (signal) => (signal.linear ? "line" : "best_linear");

/** The heading of the forecast, and its short label on the time axis. */
export function goalOf(signal, ahead) {
  if (signal.family === "recall") return ["Answer: the value after the cue", "answer"];
  if (!ahead) return ["Forecast of the next value", "next"];
  return [`Forecast of the value ${ahead + 1} steps ahead`, `+${ahead + 1}`];
}

/** How good the Bayes forecast is: the best possible for a drawn window, but not for any other. */
function standingOf({ state, start, isGiven, standings }) {
  return standings[isGiven || state.orderName !== "plain" || moved(state, start).length ? 1 : 0];
}

/** Writes a text if it differs, into the text that is there: another node would begin a search for `:has` in the whole page. */
export function say(place, words) {
  const [text] = place.childNodes;
  if (!text) place.textContent = words;
  else if (text.data !== words) text.data = words;
}

/** Hides or shows an element if that changes anything. */
export const hide = (place, isHidden) => place.hidden !== isHidden && (place.hidden = isHidden);

/** Writes the forecasts. */
export function tell(find, facts) {
  const { state: { step }, now: { L }, untouched, forecasts, straight, bayes, isBayesKnown, signal } = facts;
  const rows = [["this network", number(forecasts[L - 1])], [linearOf(signal), number(straight)]];
  if (facts.standings.length) {
    rows.push([`Bayes (${standingOf(facts)})`, bayes ? number(bayes.forecast) : isBayesKnown ? "…" : "—"]);
  }
  if (untouched !== null) rows.push(["this network untouched", number(untouched)]);
  if (step < L - 1) rows.push([`after step ${step + 1}`, number(forecasts[step])]);
  const list = find(".mz-said");
  while (list.children.length > 2 * rows.length) list.lastChild.remove();
  rows.flat().forEach((words, n) =>
    say(list.children[n] ?? list.appendChild(document.createElement(n % 2 ? "dd" : "dt")), words));
}

/** Writes the sentences: what to notice, what is outside training, about the unit and about the path. */
export function write(find, facts) {
  const { cell, state, now, own, scale, signal, aheads } = facts;
  const { step, unit } = state;
  const { L } = now;
  say(find('[data-out="goal"]'), goalOf(signal, state.ahead)[0]);
  if (aheads > 1) say(find('[data-out="ahead"]'), `${state.ahead + 1} of ${aheads}`);
  const isPlain = state.orderName === "plain";
  say(find('[data-out="aside"]'), isPlain ? "" : "The other forecasters read the values in their original order.");
  say(find(".mz-notice"), isTouched(state) || moved(state, facts.start).length ? changed(facts) : notice(facts));
  say(find(".mz-outside"), facts.strange);
  say(find('[data-out="step"]'), `${step + 1} of ${L}`);
  find('[data-do="step"]').value = step + 1;
  const last = own("h")[L - 1];
  const weight = cell.headWeight[state.ahead * cell.size + unit] * scale;
  say(find(".mz-unit"), unitIn(facts, last, weight));
  say(find('[data-out="path"]'), pathIn(facts));
}

/** What the chosen unit adds to the forecast, and why the forecast moves by another amount once it is switched off. */
function unitIn({ state, now, untouched, forecasts, scale, part }, last, weight) {
  const { ablate, freeze, orderName, unit } = state;
  if (ablate.has(unit) && ablate.size === 1 && !freeze.length && orderName === "plain") {
    const move = forecasts[now.L - 1] - untouched;
    return `Unit ${unit} (switched off) added ${signed(part)} to the forecast. Without it the forecast moves by ${signed(move)}: ` +
      `${signed(-part)} because that is gone, ${signed(move + part)} because the other units no longer read its state.`;
  }
  const adds = `adds ${signed(now.parts[unit] * scale)} to the forecast: its state ${number(last)} times its output weight ${number(weight)}.`;
  if (ablate.has(unit)) return `Unit ${unit} (switched off) ${adds}`;
  return `Unit ${unit} ${adds} Switched off, it moves the forecast by another amount: the other units read its state, and change too.`;
}

function pathIn({ now, question }) {
  if (!now.plane.shares.some((share) => share > 0)) return "All states are equal, so there is no path.";
  const shares = now.plane.shares.map((share) => `${Math.round(100 * share)}%`).join(" and ");
  const answer = question && `Dots: last states of windows of ${question.of}, hue by ${question.what}. ` +
    "Line: the states of this window. ";
  return `${answer ?? ""}The two directions hold ${shares} of the variance${question ? " of the dots" : ""}.`;
}

/** Writes the text alternatives of the pictures, and the names and values of the points. */
export function label(find, points, facts) {
  const { cell, state, now, forecasts, straight, linear, bayes, own, question, signal, ranges, values } = facts;
  const { step, unit, middle, limit } = state;
  const { L } = now;
  const last = own("h")[L - 1];
  points.forEach((point, t) => {
    mark(point, "aria-label", `value ${state.order[t] + 1} of ${L}`);
    mark(point, "aria-valuenow", values[t].toFixed(3));
    mark(point, "aria-valuemin", (middle - limit).toFixed(3));
    mark(point, "aria-valuemax", (middle + limit).toFixed(3));
  });
  const alternative = (part, words) =>
    mark(find(`[data-part="${part}"], [data-map="${part}"]`), "aria-label", words);
  const best = bayes ? `, Bayes (${standingOf(facts)}) ${number(bayes.forecast)}` : "";
  const ours = facts.isAsked ? "" : `network ${number(forecasts[L - 1])}, `;
  alternative("window", `Input of ${L} values, the last ${number(state.window[state.order[L - 1]])}. ` +
    `${goalOf(signal, state.ahead)[0]}: ${ours}${linearOf(signal)} ${number(straight)}${best}.`);
  if (facts.channels.length) {
    const there = facts.channels.map((name, at) => `${name} ${number(facts.known[state.order[step]][at])}`);
    alternative("known", `Known in advance at step ${step + 1}: ${there.join(", ")}.`);
  }
  const top = now.slopes.reduce((most, slope, t) => (Math.abs(slope) > Math.abs(now.slopes[most]) ? t : most), 0);
  const bayesThere = bayes ? `, of Bayes ${number(bayes.derivative[top])}` : "";
  alternative("derivative", `Influence of each input on the forecast: largest at value ${top + 1}, ` +
    `${number(now.slopes[top])}; ${linearOf(signal)} weight there ${number(linear[top])}${bayesThere}.`);
  for (const name of cell.names) {
    ["low", "high"].forEach((side) => say(find(`[data-${side}="${name}"]`), ranges[name][side]));
    alternative(name, `${TERMS[name][0]} ${name}: ${cell.size} units over ${L} steps; ` +
      `mean ${number(mean(now.steps[name]))}; unit ${unit} at step ${step + 1}: ${number(own(name)[step])}.`);
  }
  const each = cell.names.map((name) => `${name} ${number(own(name)[step])}`).join(", ");
  alternative("curves", `Unit ${unit} at step ${step + 1}: ${each}.`);
  alternative("path", `Path of the hidden state over ${L} steps.`); // what it shows is written beneath
  if (question) alternative("response", `State of unit ${unit} by ${question.by}; now ${number(last)}.`);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/** The changes to the network in words, as "the forget gate held at 0 and unit 3 switched off". */
export function doneTo(state) {
  const what = state.freeze.map(({ gate, unit, value }) =>
    `the ${TERMS[gate][0]} held at ${String(value).replace("-", "−")}${unit === null ? "" : ` in unit ${unit}`}`);
  const units = [...state.ablate].sort((a, b) => a - b);
  if (units.length) what.push(`${units.length === 1 ? "unit" : "units"} ${list(units)} switched off`);
  if (state.orderName !== "plain") {
    what.push(`the values read ${state.orderName === "reverse" ? "backwards" : "in random order"}`);
  }
  return list(what);
}

/** The changes and their effects in words: first of the window, then of the network on that window. */
function changed({ state, start, now, untouched, forecasts, origin, outModel, bayes, straight, linear, intercept, signal }) {
  const forecast = forecasts[now.L - 1];
  const sentences = [];
  const places = moved(state, start);
  if (places.length) {
    const before = outModel(origin.forecast[state.ahead], origin);
    const after = untouched ?? forecast;
    const was = linear.reduce((sum, weight, t) => sum + weight * start[t], intercept);
    const [t] = places;
    const what = places.length > 1 ? `${places.length} values changed`
      : `value ${t + 1} at ${number(state.window[t])} instead of ${number(start[t])}`;
    sentences.push(`with ${what}, the forecast of the untouched network goes from ${number(before)} to ` +
      `${number(after)} (${signed(after - before)}), the ${linearOf(signal)} one by ${signed(straight - was)}.`);
  }
  if (untouched !== null) {
    const gap = (value) => number(Math.abs(value - bayes.forecast));
    const far = bayes ? `; its distance from Bayes was ${gap(untouched)} and is ${gap(forecast)}` : "";
    sentences.push(`${sentences.length ? "With" : "with"} ${doneTo(state)}, the forecast goes from ` +
      `${number(untouched)} to ${number(forecast)} (${signed(forecast - untouched)})${far}.`);
  }
  return `Notice: ${sentences.join(" ")}`;
}

/** A sentence on what to notice in this window. */
function notice(facts) {
  const { cell, now, linear, bayes } = facts;
  const parts = Array.from(now.parts, Math.abs).sort((a, b) => b - a);
  const half = parts.reduce((sum, part) => sum + part, 0) / 2;
  let count = 0;
  for (let sum = 0; sum < half; count++) sum += parts[count];
  const memoryGate = { lstm: "f", gru: "z" }[cell.architecture];
  const share = memoryGate && Math.round(100 * mean(now.steps[memoryGate]));
  const [word, , memory] = TERMS[memoryGate ?? "h"];
  const gate = memoryGate ? `, and the ${word} keeps ${share}% of the ${memory} at each step on average` : "";
  const away = (list) => Math.hypot(...now.slopes.map((slope, t) => slope - list[t]));
  const isNearer = bayes && away(bayes.derivative) < away(linear);
  const [near, far] = [`Bayes, ${standingOf(facts)} (circles)`, "the best linear rule (lines)"];
  const both = isNearer ? [near, far] : [far, near];
  const attends = `the influence of each input (bars) is nearer to ${both.join(" than to ")}; `;
  return `Notice: ${bayes ? attends : ""}${count} of ${cell.size} units carry half of all contributions to the ` +
    `forecast${gate}.`;
}
