// What belongs together lights together: a wire, its terms in the equations, its cell in a map.
import { timeAxis } from "./draw.js";

/** For each wire the map of its number, and how many steps before the current one it lies. */
const MAPS = { c0: ["c", 1], h0: ["h", 1] };

/**
 * Lights whatever has the key of what is beneath the pointer or has the focus. `desk` holds the state; `root` is the page.
 * Returns `place`, which puts the frames in the maps in their places again.
 */
export function lighting(desk, root) {
  const { state, all, find } = desk;
  let lit = null;
  let isClear = false; // whether nothing is framed
  const spots = all(".mz-spot");
  let isPointed = false; // whether the pointer lit it
  const shine = (key) => {
    isPointed = false;
    if (key === lit) return;
    for (const node of root.querySelectorAll(".mz-lit")) node.classList.remove("mz-lit");
    lit = key;
    if (key) for (const node of root.querySelectorAll(`[data-wire="${CSS.escape(key)}"]`)) node.classList.add("mz-lit");
    place();
  };
  /** The same for what is beneath the pointer; its leaving, as when the page scrolls, ends nothing that a key began. */
  const point = (key) => {
    if (!key && !isPointed) return;
    shine(key);
    isPointed = true;
  };
  /** Frames the number of the lit wire in its map, and the value that is read in the input. */
  function place() {
    const [name, back] = MAPS[lit] ?? [lit, 0];
    if (isClear && !lit) return; // of a drag
    isClear = !lit;
    const axis = timeAxis(desk.wide(), desk.L);
    for (const spot of spots) {
      const step = state.step - back;
      const row = state.shown.indexOf(state.unit);
      const isHere = spot.parentElement.dataset.heat === name && step >= 0 && row >= 0;
      spot.hidden = !isHere;
      if (!isHere) continue;
      const tall = 100 / state.shown.length;
      const isAll = lit === "h0"; // U h reads all units
      Object.assign(spot.style, { left: `${axis.left + step * axis.slot}px`, width: `${axis.slot}px`,
        top: isAll ? "0" : `${row * tall}%`, height: isAll ? "100%" : `${tall}%` });
    }
    desk.points.forEach((handle, t) => handle.classList.toggle("mz-lit", lit === "x" && t === state.step));
  }
  const keyOf = (target) => target.closest?.("[data-wire]")?.dataset.wire ?? null;
  root.addEventListener("pointerover", (event) => !event.target.closest("[data-heat]") && point(keyOf(event.target)));
  root.addEventListener("pointerleave", () => point(null));
  root.addEventListener("focusin", (event) => shine(keyOf(event.target)));
  root.addEventListener("focusout", () => shine(null));
  for (const heat of all("[data-heat]")) {
    const tip = heat.querySelector(".mz-tip");
    heat.addEventListener("pointermove", (event) => {
      const box = heat.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const step = timeAxis(desk.wide(), desk.L).step(x);
      const unit = state.shown[Math.floor((y / box.height) * state.shown.length)];
      tip.hidden = step < 0 || step >= desk.L || unit === undefined;
      if (tip.hidden) return;
      const name = heat.dataset.heat;
      tip.textContent = `${name} of #${unit} at step ${step + 1}: ${desk.value(name, step, unit).toFixed(3).replace("-", "−")}`;
      tip.style.transform = `translate(${Math.min(x + 12, box.width - 190)}px, ${y + 16}px)`;
      const isBefore = (name === "c" || name === "h") && step === state.step - 1;
      point(isBefore && find(`[data-wire="${name}0"]`) ? `${name}0` : name);
    });
    heat.addEventListener("pointerleave", () => {
      tip.hidden = true;
      point(null);
    });
  }
  readable(find(".mz-equations"), shine);
  return { place };
}

/** Lets ↑ and ↓ lead through the terms of the equations. */
function readable(place, shine) {
  const terms = [...place.querySelectorAll("[data-wire]")].filter((node) => !node.querySelector("[data-wire]"));
  let at = -1;
  place.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    for (let n = 0; n < terms.length; n++) {
      at = (at + move + terms.length) % terms.length;
      if (terms[at].checkVisibility()) break;
    }
    shine(terms[at].dataset.wire);
  });
}
