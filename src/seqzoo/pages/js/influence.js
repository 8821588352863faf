// The influence of each input: charts and sentences of derivatives, the model's, that of Bayes, and the weights of a linear
// forecaster. No DOM.
//
// A look is { name, step, context [L], model, bayes, linear, whole, standing, linearName, outside }: one window, and
// { forecast, derivative [L] } of each forecaster at it, `step` values ahead. `bayes` is null where the process is unknown, `whole`,
// the model with nothing switched off, where nothing is. `model.error` bounds the error of a difference quotient.
import glossary from "../../_glossary.json" with { type: "json" };
import { escaped } from "../../microscope/js/svg.js";
import { inDecimals, inDigits, range, scaleOf, typeset } from "./chart.js";
import { term } from "./controls.js";
import { marksOf } from "./familiarity.js";

const FLAT = 1e-6;
const norm = (values) => Math.hypot(...values);

/** The cosine of the angle between two derivatives: 1 if they are proportional; 0 if either is flat. */
export const cosine = (one, other) => (norm(one) < FLAT || norm(other) < FLAT ? 0
  : one.reduce((sum, value, t) => sum + value * other[t], 0) / norm(one) / norm(other));

/** Name, slope and looks of each forecaster; the model is last, and so drawn on top. */
function linesOf({ name, model, bayes, linear, whole, linearName }) {
  const rows = [
    { name: linearName, slope: linear, role: "best_linear", dash: "dotted", shape: "triangle", size: 17 },
    { name: "Bayes", slope: bayes, role: "bayes", dash: "dashed", shape: "diamond", size: 15 },
    { name, slope: model, role: "model", dash: "solid", shape: "circle", size: 9 },
  ];
  return [{ name: "nothing off", slope: whole, role: "grey", dash: "long", shape: "circle", size: 12 }, ...rows].filter(({ slope }) => slope);
}

/** A forecast as text: of a measured series with six digits, whatever its size. */
const figure = ({ bayes }, value) => (bayes ? inDecimals(value, 4) : inDigits(value, 6));

/** The place of the largest size; of those that differ by rounding only, the first. */
const largest = (values) => values.reduce((best, value, t) => (Math.abs(value) > (1 + 1e-9) * Math.abs(values[best]) ? t : best), 0);

/** What the chart of the derivatives draws. */
export function derivatives(look) {
  const L = look.context.length;
  const lines = linesOf(look);
  const x = range(1 - L, L);
  const told = lines.toReversed().map(({ name, slope: { derivative } }) =>
    `${name} depends most on the value at ${largest(derivative) + 1 - L}, by ${derivative[largest(derivative)].toFixed(3)} per unit`);
  return {
    x: [1 - L - 0.03 * L, 0], y: scaleOf([0, ...lines.flatMap(({ slope }) => Array.from(slope.derivative))]), zero: true,
    series: lines.map(({ name, slope, role, dash }) =>
      ({ kind: "line", name, role, x, y: Array.from(slope.derivative), dash, width: role === "model" ? 2.5 : 2 })),
    label: `The influence of each of ${L} inputs on each forecast: ${told.join("; ")}.`,
  };
}

/** What the chart of the window draws; `poked` is the place in it of the value that the sliders change, null for none. */
export function windowed(look, poked) {
  const { context, step, outside } = look;
  const L = context.length;
  const lines = linesOf(look);
  const dots = (name, role, x, y, shape, size) => ({ kind: "dots", name, role, x, y, shape, size });
  const told = lines.toReversed().map(({ name, slope }) => `${name} ${figure(look, slope.forecast)}`).join(", ");
  return {
    x: [1 - L - 0.03 * L, step + 1], y: scaleOf([...context, ...lines.map(({ slope }) => slope.forecast)]),
    series: [
      ...(poked === null ? [] : [dots("changed", "red", [poked + 1 - L], [context[poked]], "circle", 18)]),
      dots("window", "seen", range(1 - L, L), context, "circle", 7),
      ...lines.map(({ name, slope, role, shape, size }) => dots(name, role, [step], [slope.forecast], shape, size)),
    ],
    marks: marksOf(outside, context),
    label: `The last ${L} values and the forecasts of ${step === 1 ? "the next" : `the value ${step} steps ahead`}: ${told}.`,
  };
}

const number = (value, sign = "+") => `<b class=num>${typeset(`${value < 0 ? "" : sign}${value.toFixed(3)}`)}</b>`;
const placeOf = (L, t) => (t === L - 1 ? "the last value" : `the value ${L - 1 - t} before the last`);
const sum = (values) => values.reduce((all, value) => all + value, 0);

/** Sentences that compare the derivatives of the model and of Bayes, or of the linear forecaster, as HTML. */
export function words(look) {
  const { context: { length: L }, model: { derivative: own, error }, bayes, linear } = look;
  const [name, linearName] = [escaped(look.name.replace(/, (\d+ off)$/, " with $1")), escaped(look.linearName)];
  if (norm(own) < FLAT) return `In this window, no value moves the forecast of ${name}: the influence of each is zero.`;
  const [rival, whose] = bayes ? [bayes.derivative, "Bayes"] : [linear.derivative, linearName];
  const most = largest(own);
  const alike = term("cosine", glossary.cosine);
  const toLinear = number(cosine(own, linear.derivative), "");
  const sentences = [`In this window, ${name} depends most on <strong>${placeOf(L, most)}</strong>: the forecast moves by ` +
    `${number(own[most])} per unit of it (${whose}: ${number(rival[most])}).`];
  const apart = Array.from(own, (value, t) => value - rival[t]);
  const worst = largest(apart);
  if (!bayes) sentences.push(`Its ${alike} to the weights of ${linearName} is ${toLinear}.`);
  else if (norm(rival) < FLAT) sentences.push("No value moves the forecast of Bayes: after this window, the next value is certain.");
  else if (Math.abs(apart[worst]) > 1e-3) {
    sentences.push(`Its ${alike} to the influences in Bayes is ${number(cosine(own, rival), "")}, to the best linear weights ${toLinear}. ` +
      `It is farthest from Bayes at ${placeOf(L, worst)}: ${number(own[worst])} against ${number(rival[worst])}.`);
  } else sentences.push(`Each influence equals that in Bayes; the ${alike} to the best linear weights is ${toLinear}.`);
  sentences.push(`If all values rise together, it moves by ${number(sum(own))} per unit (${whose}: ${number(sum(rival))}).`);
  sentences.push(error ? `An influence is a derivative, by a difference quotient; its error is below ${error.toFixed(5)}.` : "An influence is a derivative.");
  return sentences.join(" ");
}

/** The forecasts as `numbersIn` shows them. */
export function forecasts(look) {
  const { bayes, model, standing } = look;
  const [best, whose] = bayes ? [bayes, "Bayes"] : [model, "the model"];
  return linesOf(look).toReversed().map(({ name, slope, role }) => {
    const away = slope.forecast - best.forecast;
    const words = bayes ? inDecimals(away, 4) : inDigits(away, 4);
    return {
      name: glossary[name] ? term(name, glossary[name]) : escaped(name), value: figure(look, slope.forecast), role,
      detail: slope === best ? standing : `${away < 0 ? "" : "+"}${words} from ${whose}`,
    };
  });
}
