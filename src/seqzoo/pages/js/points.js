// Handles over the values of a window on a chart: drag one, or focus it and use the arrow keys.

const MOVES = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** Handles for L values in an element; `moved(n, value)` is called for each change. Returns show(values, place, step, up). */
export function handles(element, L, moved) {
  element.insertAdjacentHTML("beforeend", `<div class="points${L > 60 ? " dense" : ""}" role="group" aria-label="The window: up and down change a value">${Array.from({ length: L }, (_, n) =>
    `<div class="point" role="slider" aria-label="value ${n + 1} of ${L}" aria-orientation="vertical" tabindex="${n === L - 1 ? 0 : -1}"></div>`).join("")}</div>`);
  const points = element.lastElementChild;
  const all = [...points.children];
  let [values, step, limit, up] = [[], 1, 1, null];
  let held = null; // the value that is dragged, and how far the pointer is from its middle
  let current = L - 1;
  const of = (target) => all.indexOf(target.closest?.(".point"));
  const round = (value) => String(Number(value.toPrecision(6)));
  function change(n, value) {
    values[n] = Math.max(-limit, Math.min(limit, value)); // the next key may come before the next drawing
    moved(n, values[n]);
  }

  points.addEventListener("pointerdown", (event) => {
    const n = of(event.target);
    if (event.button !== 0 || n < 0) return;
    event.preventDefault();
    all[n].setPointerCapture(event.pointerId);
    all[n].focus({ preventScroll: true });
    all[n].classList.add("held");
    const box = all[n].getBoundingClientRect();
    held = { n, off: event.clientY - (box.top + box.height / 2) };
  });
  points.addEventListener("pointermove", (event) => {
    if (!held) return;
    change(held.n, up(event.clientY - held.off - points.getBoundingClientRect().top));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    points.addEventListener(end, () => {
      if (held) all[held.n].classList.remove("held");
      held = null;
    });
  }
  points.addEventListener("focusin", ({ target }) => {
    const n = of(target);
    if (n < 0) return;
    all[current].tabIndex = -1;
    all[current = n].tabIndex = 0;
  });
  points.addEventListener("keydown", (event) => {
    const { key } = event;
    if (!(key in MOVES || key in STEPS) || of(event.target) < 0) return;
    event.preventDefault();
    if (key in MOVES) change(current, values[current] + MOVES[key] * step);
    else all[Math.max(0, Math.min(L - 1, current + STEPS[key]))].focus();
  });

  return (now, place, by, above) => {
    [values, step, up] = [now, by, above];
    if (!held) limit = Math.max(100 * step, 2 * now.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    now.forEach((value, n) => {
      const [x, y] = place(n, value);
      all[n].style.left = `${x}px`;
      all[n].style.top = `${y}px`;
      all[n].setAttribute("aria-valuenow", round(value));
      all[n].setAttribute("aria-valuemin", round(-limit));
      all[n].setAttribute("aria-valuemax", round(limit));
    });
  };
}
