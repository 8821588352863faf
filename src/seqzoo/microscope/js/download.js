// Downloads: every figure as SVG and PNG, every number as CSV.
import { figuresOf } from "./page.js";
import { pictures } from "./paint.js";
import { gateColour, inks } from "./palette.js";
import { csv, raster, save } from "./save.js";
import { stillOf } from "./still.js";
import { Paper, svgOf } from "./svg.js";
import { CURVES, doneTo, linearOf, linearRole } from "./words.js";
import { moved } from "./state.js";

const WIDE = { time: 900, side: 480 }; // widths of the figures, whatever the size of the page

/** The legend of a figure, as [colour, words]. */
function keysOf(part, { cell, state, question, signal, standings, channels }, ranges, ink) {
  const linear = linearOf(signal);
  const bayes = (shape) => (standings.length ? [[ink.bayes, `${shape} Bayes`]] : []);
  const forecasts = [[ink[linearRole(signal)], `● ${linear}`], [ink.model, "● network"], ...bayes("●")];
  if (part === "cell") return [[ink.muted, "a line is as thick as its number is large"]];
  if (part === "window") return [[ink.ink, "•─• values read"], [ink.model, "┄ answer so far"], ...forecasts];
  if (part === "known") return [[ink.below, "■ −1"], [ink.above, "■ 1"], [ink.muted, channels.join(", ")]];
  if (part === "derivative") {
    return [[ink.above, "■ network"], [ink[linearRole(signal)], `▬ ${linear} weights`], ...bayes("○")];
  }
  if (part === "curves") {
    return cell.names.map((name) => [ink[gateColour(name)], `${CURVES[name][0].length ? "┄" : "━"} ${name}`]);
  }
  if (part === "response") return [[ink.muted, `last state of unit ${state.unit} by ${question.by}; dashed: now`]];
  if (part === "path") return question ? [[ink.muted, `dots: windows of ${question.of}; line: this window`]] : [];
  const { isOpening, low, high } = ranges[part];
  const bars = part === "h" ? "; bars at the right: contribution" : "";
  return [[isOpening ? ink.muted : ink.below, `${isOpening ? "□" : "■"} ${low}`], [isOpening ? ink.open : ink.above, `■ ${high}`], [ink.muted, `a row is a unit, a column a step${bars}`]];
}

/** The SVG of one figure, or of "all", on white in the light colours; `diagram` is that of the cell. */
function drawing(part, facts, diagram) {
  const ink = inks(false);
  const papers = { cell: stillOf(diagram, ink) };
  const canvas = (name) => (papers[name] ??= new Paper());
  const { ranges } = pictures(canvas, facts, ink, WIDE.time, WIDE.side, true);
  const { cell, question, state, now, name, start, channels } = facts;
  const figures = figuresOf(cell, question, channels).filter(([key]) => part === "all" || key === part)
    .map(([key, title]) => ({ paper: papers[key], title, keys: keysOf(key, facts, ranges, ink) }));
  const caption = [`step ${state.step + 1} of ${now.L}, unit ${state.unit}`];
  if (state.ahead) caption[0] += `, forecast ${state.ahead + 1} steps ahead`;
  const changes = [moved(state, start).map((t) => `value ${t + 1}`).join(", "), doneTo(state)];
  if (changes[0]) caption.push(`changed: ${changes[0].length < 100 ? changes[0] : "many values"}`);
  if (changes[1]) caption.push(`with ${changes[1]}`);
  return svgOf(`${name} under the microscope`, caption, figures, ink);
}

/** The CSV of every number, one in a row. Steps and positions count from 1, units from 0; values are in series units. */
function table({ cell, state, now, linear, bayes, outModel, scale, channels, known }) {
  const K = cell.size;
  const rows = [["quantity", "step", "position", "unit", "value"]];
  const put = (quantity, step, position, unit, value) => rows.push([quantity, step, position, unit, value]);
  state.order.forEach((position, t) => put("window", t + 1, position + 1, "", state.window[position]));
  channels.forEach((name, at) =>
    state.order.forEach((position, t) => put(name, t + 1, position + 1, "", known[position][at])));
  now.forecast.forEach((value, ahead) => put("forecast", now.L + ahead + 1, "", "", outModel(value, now, ahead)));
  state.order.forEach((position, t) => {
    put("derivative", t + 1, position + 1, "", now.slopes[position]);
    put("best_linear_weight", t + 1, position + 1, "", linear[position]);
    const isFresh = bayes.window?.every((value, n) => value === state.window[n]) && bayes.ahead === state.ahead + 1;
    if (isFresh) put("bayes_derivative", t + 1, position + 1, "", bayes.derivative[position]);
  });
  for (let k = 0; k < K; k++) put("contribution", now.L, "", k, now.parts[k] * scale);
  for (const name of cell.names) {
    state.order.forEach((position, t) => {
      for (let k = 0; k < K; k++) put(name, t + 1, position + 1, k, now.steps[name][t * K + k]);
    });
  }
  return csv(rows);
}

/** Connects the buttons of the menu; `facts` returns the current state when one is pressed. */
export function offerDownloads({ find, all }, facts) {
  const status = find('[data-out="saved"]');
  const menu = find(".mz-menu");
  const close = (isAway) => {
    if (!menu.open || !isAway) return;
    menu.open = false;
    status.textContent = "";
  };
  menu.addEventListener("focusout", (event) => close(event.relatedTarget && !menu.contains(event.relatedTarget)));
  find(".mz-page").addEventListener("pointerdown", () => close(true));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close(true);
    find("summary").focus();
  });
  for (const button of all("[data-save]")) {
    button.addEventListener("click", async () => {
      const [kind, part, given] = [button.dataset.save, find('[data-pick="figure"]').value, facts()];
      const plain = given.name.replace(/[^\w.-]/g, "_");
      const file = kind === "csv" ? `${plain}.csv` : `${plain}-${part}.${kind}`;
      try {
        if (kind === "csv") save(new Blob([table(given)], { type: "text/csv" }), file);
        else {
          const svg = drawing(part, given, find(".mz-cell-svg"));
          save(kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await raster(svg), file);
        }
        status.textContent = `Saved ${file}.`;
      } catch (error) {
        status.textContent = `${file} could not be made: ${error.message}.`;
      }
    });
  }
}
