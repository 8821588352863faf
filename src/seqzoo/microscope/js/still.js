// The diagram of a cell as it is at a moment, for a figure: with its styles in it, since a file has no style sheet.
import { dress } from "./palette.js";

const KEPT = ["fill", "stroke", "stroke-width", "stroke-linejoin", "stroke-dasharray", "opacity", "paint-order", "font-family",
  "font-size", "font-style", "font-weight", "text-anchor"];
const ABSENT = ".mz-tokens, .mz-reach, .mz-free, .mz-zero"; // what is there to be touched, or moves

/** Colours as every program knows them: a mixed one is computed as color(srgb 0.1 0.2 0.3). */
const plain = (value) => value.replace(/color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)\)/g, (_, ...parts) =>
  `rgb(${parts.slice(0, 3).map((part) => Math.round(255 * part)).join(", ")})`);

/** The figure of a diagram, in the given colours: what takes the place of a `Paper`. */
export function stillOf(diagram, ink) {
  const page = diagram.closest(".mz");
  const host = document.createElement("div");
  host.className = "mz";
  host.style.cssText = "position: absolute; left: -9999px; width: 1000px";
  dress(host, ink);
  const copy = diagram.cloneNode(true);
  for (const node of copy.querySelectorAll(ABSENT)) node.remove();
  for (const node of copy.querySelectorAll(".mz-lit, .mz-later")) node.classList.remove("mz-lit", "mz-later");
  for (const word of copy.querySelectorAll(".mz-word")) word.style.display = "inline"; // on the page, a held gate has a button there
  host.append(copy);
  page.parentElement.append(host);
  const nodes = [...copy.querySelectorAll("*")];
  const styles = nodes.map((node) => {
    const style = getComputedStyle(node);
    return style.display === "none" ? null : KEPT.map((name) => `${name}: ${plain(style.getPropertyValue(name))}`).join("; ");
  });
  host.remove();
  nodes.forEach((node, n) => {
    if (styles[n] === null) return void node.remove();
    for (const { name } of [...node.attributes]) if (/^(class|role|tabindex|aria-|data-)/.test(name)) node.removeAttribute(name);
    node.style.cssText = styles[n]; // a page may forbid styles in attributes
  });
  const [, , wide, high] = copy.getAttribute("viewBox").split(" ").map(Number);
  for (const { name } of [...copy.attributes]) if (/^(class|data-)/.test(name)) copy.removeAttribute(name);
  copy.setAttribute("width", wide);
  copy.setAttribute("height", high);
  return { wide, high, marks: [new XMLSerializer().serializeToString(copy)] };
}
