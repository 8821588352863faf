// The strip above two microscopes: both forecasts of the same window and that of Bayes, on one axis.
import { dressAs } from "./palette.js";
import { hide, number, say, signed } from "./words.js";

const ROOM = 0.12; // of the axis, beyond the outermost forecasts
const LEAST = 0.02; // the least length of the axis, as a share of the range of the window

const written = (value, write) => (Number.isFinite(value) ? write(value) : "…");

/** The strip: `show` draws the figures of both sides, in the colours of `root`; it hides while there is one side. */
export function versus() {
  const element = document.createElement("section");
  element.className = "mz-versus"; // whose style hides it
  element.hidden = true;
  element.setAttribute("aria-label", "Both forecasts");
  element.innerHTML = '<h3></h3><div class="mz-lanes"></div><p class="mz-hint"></p>';
  const [heading, lanes, ends] = element.children;

  function show(figures, root) {
    hide(element, figures.length < 2 || figures.some((each) => !each));
    if (element.hidden) return;
    dressAs(element, root, "mz-versus");
    const [first] = figures;
    const { state, bayes, values, isBayesKnown } = first;
    const rows = figures.map(({ name, forecasts, now }, n) => ({ name, value: forecasts[now.L - 1], kind: n ? "other" : "model" }));
    if (isBayesKnown) rows.push({ name: "Bayes", value: bayes?.forecast ?? NaN, kind: "bayes" }); // on its way during a drag
    const all = rows.map(({ value }) => value).filter(Number.isFinite);
    const least = LEAST * (Math.max(...values) - Math.min(...values)) || 1e-9;
    const middle = (Math.min(...all) + Math.max(...all)) / 2;
    const long = Math.max(Math.max(...all) - Math.min(...all), least) * (1 + 2 * ROOM);
    const place = (value) => 50 + (100 * (value - middle)) / long;
    const ahead = state.ahead ? `, ${state.ahead + 1} steps ahead` : "";
    say(heading, `Both forecasts of this window${ahead}`);
    const base = isBayesKnown ? rows[2] : rows[0];
    lanes.replaceChildren(...rows.map(({ name, value, kind }) => {
      const far = name === base.name ? "" : `${written(value - base.value, (gap) => signed(gap, 4))} from ${base.name}`;
      const made = ["span", "span", "b", "span"].map((tag) => document.createElement(tag));
      [made[0].textContent, made[2].textContent, made[3].textContent] = [name, written(value, number), far];
      made[1].className = "mz-lane";
      const dot = document.createElement("i");
      dot.className = `mz-is-${kind}`;
      dot.style.left = `${place(value)}%`;
      dot.hidden = !Number.isFinite(value);
      const rule = document.createElement("i");
      rule.className = "mz-base";
      rule.style.left = `${place(base.value)}%`;
      rule.hidden = !Number.isFinite(base.value);
      made[1].append(rule, dot);
      made[1].setAttribute("aria-hidden", "true");
      const row = document.createElement("div");
      row.append(...made);
      return row;
    }));
    say(ends, `The axis goes from ${number(middle - long / 2)} to ${number(middle + long / 2)}.`);
  }
  return { element, show };
}
