// Downloads of a chart as it is shown. The SVG that ECharts writes has the light colours of the options on white, also
// when the page is dark.
(() => {
  const paper = () => getComputedStyle(document.documentElement).getPropertyValue("--paper");
  const MARGIN = 16;
  const escaped = (text) => text.replace(/[&<>]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[mark]);
  const title = (axis) => axis?.[0]?.name || "";

  function picture(chart) {
    const label = chart.getDom().getAttribute("aria-label") || "";
    const [width, height] = [chart.getWidth() + 2 * MARGIN, chart.getHeight() + 2 * MARGIN];
    const drawn = chart.renderToSVGString().replace(/^<svg/, `<svg x="${MARGIN}" y="${MARGIN}"`);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
      + `<title>${escaped(label)}</title><rect width="100%" height="100%" fill="${paper()}"/>${drawn}</svg>\n`;
  }

  async function pixels(chart) {
    const address = URL.createObjectURL(new Blob([picture(chart)], { type: "image/svg+xml" }));
    try {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = 2 * image.naturalWidth;
      canvas.height = 2 * image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((done) => canvas.toBlob(done, "image/png"));
    } finally {
      URL.revokeObjectURL(address);
    }
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
    // Twelve digits, because sums of decimals have rounding errors.
    const cell = (value) => {
      const text = typeof value === "number" ? String(Number(value.toPrecision(12))) : String(value ?? "");
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = ordered.map((row) => columns.map((_, index) => (index ? row.cells[index] : written(base?.[0], row.at))));
    return [columns, ...lines].map((line) => line.map(cell).join(",")).join("\n") + "\n";
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
    png: pixels,
    csv: async (chart) => new Blob([table(chart)], { type: "text/csv" }),
  };

  window.saveChart = async (chart, kind) => {
    if (!chart?.getOption()?.series?.length) return; // the chart is still empty
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await kinds[kind](chart));
    link.download = name(chart, kind);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
})();
