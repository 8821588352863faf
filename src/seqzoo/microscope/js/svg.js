// A surface that records drawings as SVG. It has only the operations that draw.js uses.

/** The attributes of all texts of a drawing. */
export const LOOK = `font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12"`;
const short = (value) => String(Math.round(100 * value) / 100);

/** Any text, escaped for SVG. */
export const escaped = (words) =>
  String(words).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);

/** Takes the place of a canvas and of its context. */
export class Paper {
  style = {};
  marks = [];
  globalAlpha = 1;
  lineWidth = 1;

  getContext() {
    return this;
  }

  setTransform() {} // SVG has no pixels

  clearRect(_x, _y, width, height) {
    Object.assign(this, { wide: width, high: height, marks: [], dash: "" });
  }

  setLineDash(dash) {
    this.dash = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  }

  beginPath() {
    this.path = "";
  }

  moveTo(x, y) {
    this.path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.path += `L${short(x)} ${short(y)}`;
  }

  /** Adds a full circle; draw.js uses no other arc. */
  arc(x, y, radius) {
    const across = short(2 * radius);
    const half = `a${short(radius)} ${short(radius)} 0 1 0`;
    this.path += `M${short(x - radius)} ${short(y)}${half} ${across} 0${half} -${across} 0z`;
  }

  put(tag, attributes, body) {
    const faint = this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
    this.marks.push(`<${tag} ${attributes}${faint}${body === undefined ? "/>" : `>${body}</${tag}>`}`);
  }

  pen() {
    return `stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"${this.dash}`;
  }

  stroke() {
    this.put("path", `d="${this.path}" fill="none" ${this.pen()} stroke-linejoin="round"`);
  }

  fill() {
    this.put("path", `d="${this.path}" fill="${this.fillStyle}"`);
  }

  fillRect(x, y, width, height) {
    this.put("rect", `${this.box(x, y, width, height)} fill="${this.fillStyle}"`);
  }

  strokeRect(x, y, width, height) {
    this.put("rect", `${this.box(x, y, width, height)} fill="none" ${this.pen()}`);
  }

  box(x, y, width, height) {
    return `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
  }

  fillText(words, x, y) {
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const down = short(y + 4); // the middle of a line of 12 px; not every program knows dominant-baseline
    this.put("text", `x="${short(x)}" y="${down}" text-anchor="${anchor}" fill="${this.fillStyle}"`, escaped(words));
  }

  /** Adds a picture or, with eight numbers, a part of it. It is enlarged first, so that viewers do not blur it. */
  drawImage(picture, ...box) {
    const [x, y, width, height] = box.slice(-4);
    const [left, top, across, down] = box.length > 4 ? box : [0, 0, picture.width, picture.height];
    const large = document.createElement("canvas");
    large.width = across * Math.ceil((2 * width) / across);
    large.height = down * Math.ceil((2 * height) / down);
    const ctx = large.getContext("2d");
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(picture, left, top, across, down, 0, 0, large.width, large.height);
    this.put("image", `${this.box(x, y, width, height)} preserveAspectRatio="none" href="${large.toDataURL()}"`);
  }
}

/** The SVG of a whole file: a drawing of a size on its own ground, with its title. */
export const framed = (drawing, { title, width, height, ground }) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${LOOK} role="img">` +
  `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="${ground}"/>\n${drawing}\n</svg>\n`;

/** The SVG of a line of text, from one text or from a list of [colour, words]. */
function phrase(y, words, style) {
  const runs = typeof words === "string" ? escaped(words)
    : words.map(([colour, run]) => `<tspan fill="${colour}">${escaped(run)}</tspan>`).join("   ");
  return `<text x="12" y="${y}" xml:space="preserve" ${style}>${runs}</text>`;
}

/** One complete SVG with figures { paper, title, keys: [[colour, words]] } below one another. */
export function svgOf(heading, caption, figures, ink) {
  const width = 24 + Math.max(...figures.map(({ paper }) => paper.wide));
  const body = [phrase(26, heading, `font-size="16" font-weight="600" fill="${ink.ink}"`)];
  let y = 26;
  for (const part of caption) body.push(phrase((y += 18), part, `fill="${ink.muted}"`));
  for (const { paper, title, keys } of figures) {
    body.push(phrase((y += 30), title, `font-size="14" font-weight="600" fill="${ink.ink}"`));
    if (keys.length) body.push(phrase((y += 18), keys, ""));
    body.push(`<g transform="translate(12 ${(y += 10)})">${paper.marks.join("")}</g>`);
    y += paper.high;
  }
  const height = Math.ceil(y + 14);
  return framed(body.join("\n"), { title: heading, width, height, ground: ink.paper });
}
