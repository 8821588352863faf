// Downloads of a chart of ECharts as it is shown. The SVG that it writes has the light colours of the options, also when
// the page is dark.
import { inks } from "../../microscope/js/palette.js";
import { csv, raster, save } from "../../microscope/js/save.js";
import { framed } from "../../microscope/js/svg.js";

const MARGIN = 16;
const title = (axis) => axis?.[0]?.name || "";

function picture(chart) {
  const drawn = chart.renderToSVGString().replace(/^<svg/, `<svg x="${MARGIN}" y="${MARGIN}"`);
  return framed(drawn, {
    title: chart.getDom().getAttribute("aria-label") || "", ground: inks(false).paper,
    width: chart.getWidth() + 2 * MARGIN, height: chart.getHeight() + 2 * MARGIN,
  });
}

// The place of a point on an axis, or the name of its category.
const placed = (axis, value) => (axis?.type === "category" ? (axis.data?.[value] ?? value) : value);
const written = (axis, value) => (axis?.type === "time" ? new Date(value).toISOString().replace(/\.000Z$|Z$/, "") : value);

// The CSV: a row for each place on the axis, a column for each visible series. A second point at one place gets another
// row. A chart has the height of a band over its lower end (see charts.py); the table has the upper end, their sum.
function table(chart) {
  const option = chart.getOption();
  const lying = option.yAxis?.[0]?.type === "category";
  const [base, other] = lying ? [option.yAxis, option.xAxis] : [option.xAxis, option.yAxis];
  const chosen = option.legend?.[0]?.selected || {};
  const columns = [title(base) || "x"];
  const rows = new Map();
  const below = new Map();
  for (const series of option.series) {
    if (chosen[series.name] === false || chosen[series.stack] === false) continue;
    const seen = new Map();
    const start = columns.length;
    const upper = series.stackStrategy === "all" && below.has(series.stack);
    (series.data || []).forEach((item, index) => {
      const point = item?.value ?? item;
      const [place, ...values] = !Array.isArray(point)
        ? [index, point]
        : lying ? [point[1], point[0], ...point.slice(2)] : point;
      const at = placed(base?.[0], place);
      const count = (seen.get(at) || 0) + 1;
      seen.set(at, count);
      const key = `${count} ${at}`;
      if (!rows.has(key)) rows.set(key, { at, count, cells: [] });
      if (upper) values[0] += below.get(series.stack).get(key) ?? 0;
      values.forEach((value, part) => { rows.get(key).cells[start + part] = value; });
      if (series.stack) below.set(series.stack, (below.get(series.stack) || new Map()).set(key, values[0]));
      while (columns.length < start + values.length) {
        const part = columns.length - start;
        const name = series.name || title(other) || "y";
        columns.push(part ? `${name}, ${series.dimensions?.[part + 1]?.name ?? part + 1}`
          : upper ? `${name}, upper end` : name);
      }
    });
  }
  const number = (row) => (typeof row.at === "number" ? row.at : NaN);
  const ordered = [...rows.values()].sort((a, b) => number(a) - number(b) || a.count - b.count || 0);
  const exact = (value) => (typeof value === "number" ? Number(value.toPrecision(12)) : value); // sums of decimals have rounding errors
  const lines = ordered.map((row) => columns.map((_, index) => (index ? row.cells[index] : written(base?.[0], row.at))));
  return csv([columns, ...lines].map((line) => line.map(exact)));
}

// As "lstm.sine-rollout-mean-squared-error.svg".
function name(chart, kind) {
  const option = chart.getOption();
  const view = chart.getDom().closest("[role=tabpanel]")?.id.replace("panel-", "");
  const parts = [decodeURIComponent(location.pathname.split("/").pop()) || "seqzoo", view, title(option.yAxis)];
  const words = parts.filter(Boolean).map((part) => part.toLowerCase().replace(/[^a-z0-9._]+/g, "-"));
  return `${words.join("-").replace(/-+$/, "")}.${kind}`;
}

const kinds = {
  svg: async (chart) => new Blob([picture(chart)], { type: "image/svg+xml" }),
  png: (chart) => raster(picture(chart)),
  csv: async (chart) => new Blob([table(chart)], { type: "text/csv" }),
};

export async function saveChart(chart, kind) {
  if (!chart?.getOption()?.series?.length) return; // the chart is still empty
  save(await kinds[kind](chart), name(chart, kind));
}
