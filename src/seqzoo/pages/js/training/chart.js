// A chart of lines as SVG whose colours follow the page, by classes of training.css.
import { escaped } from "../../../microscope/js/svg.js";

const ROOM = { left: 54, right: 14, top: 12, bottom: 42 };
const short = (value) => value.toFixed(1);

/** Places for words on an axis, from least to most: powers of ten with some of their multiples, or round steps. */
function ticks({ least, most, isLog }, few) {
  if (!isLog) {
    const rough = (most - least) / few;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    const first = Math.ceil(least / step - 1e-9);
    return Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
  }
  const decades = Array.from({ length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 }, (_, n) => Math.floor(Math.log10(least)) + n);
  const all = (multiples) => decades.flatMap((power) => multiples.map((n) => Number((n * 10 ** power).toPrecision(3)))).filter((n) => n >= least && n <= most);
  return [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].map(all).find((places) => places.length <= few + 1) ?? all([1]);
}

/**
 * A chart in an element; returns { draw, close }. draw({ x, y, lines, label }): an axis is { least, most, isLog, words, written };
 * a line is { kind, points: [[x, y]], words, isDotted }, where `words` stand at its right end.
 */
export function chart(element) {
  const svg = element.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  svg.setAttribute("role", "img");
  let last = null;
  let wide = 0;

  function draw(given) {
    last = given;
    const high = svg.clientHeight || 360;
    wide = svg.clientWidth;
    if (!wide) return; // hidden
    const { x, y, lines, label } = given;
    const place = ({ least, most, isLog }, value) => (isLog ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least));
    const [across, down] = [wide - ROOM.left - ROOM.right, high - ROOM.top - ROOM.bottom];
    const atX = (value) => ROOM.left + across * place(x, value);
    const atY = (value) => ROOM.top + down * (1 - place(y, value));
    const [grid, drawn, parts] = [[], [], []];
    const text = (at, to, words, classes, anchor) => parts.push(`<text x="${short(at)}" y="${short(to)}" class="${classes}" text-anchor="${anchor}">${escaped(words)}</text>`);
    for (const value of ticks(y, Math.max(3, Math.floor(down / 48)))) {
      grid.push(`<path class="tr-grid" d="M${ROOM.left} ${short(atY(value))}H${short(ROOM.left + across)}"/>`);
      text(ROOM.left - 8, atY(value) + 4, y.written(value), "tr-tick", "end");
    }
    for (const value of ticks(x, Math.max(2, Math.floor(across / 80)))) text(Math.min(atX(value), wide - 3.6 * x.written(value).length), high - ROOM.bottom + 18, x.written(value), "tr-tick", "middle"); // a longer one would be cut
    text(ROOM.left + across, high - 6, x.words, "tr-axis", "end");
    const taken = []; // by words at the right end, which must not overlap
    for (const { kind, points, words, isDotted } of lines) {
      if (!points.length) continue;
      const d = points.map(([px, py]) => `${short(atX(px))} ${short(atY(py))}`);
      drawn.push(isDotted ? `<path class="tr-dots ${kind}" d="M${d.join("h0M")}h0"/>` : `<path class="tr-line ${kind}" d="M${d.join("L")}"/>`);
      if (!words) continue;
      const to = atY(points.at(-1)[1]) - 6;
      const right = Math.min(ROOM.left + across - 4, ...taken.filter((other) => Math.abs(other.to - to) < 14).map(({ left }) => left));
      taken.push({ to, left: right - 7 * words.length - 10 });
      text(right, to, words, `tr-words ${kind}`, "end");
    }
    const cut = `x="${ROOM.left}" y="${ROOM.top}" width="${across}" height="${down}"`; // lines end at the edge of the chart
    grid.push(`<svg ${cut} viewBox="${ROOM.left} ${ROOM.top} ${across} ${down}">${drawn.join("")}</svg>`);
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.setAttribute("aria-label", label);
    svg.innerHTML = [...grid, ...parts].join("");
  }

  const watch = new ResizeObserver(() => { if (last && svg.clientWidth !== wide) draw(last); });
  watch.observe(svg);
  return { draw, close: () => { watch.disconnect(); svg.remove(); } };
}
