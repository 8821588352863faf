// Handles over the values of a window on a chart: drag one, or focus it and use the arrow keys.

const MOVES = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const NEAR = 24; // px from a handle within which a press takes it, rather than brings it there
const MANY = 60; // from more handles on, they are small

const round = (value) => String(Number(value.toPrecision(6)));
const middle = (handle) => {
  const { left, top, width, height } = handle.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
};

function handle(n, L) {
  const one = document.createElement("div");
  one.className = "point";
  for (const [name, value] of Object.entries({ role: "slider", "aria-label": `value ${n + 1} of ${L}`, "aria-orientation": "vertical" })) one.setAttribute(name, value);
  return one;
}

/**
 * Makes an element a group of handles; `moved(n, value)` is called for each change, and once more when a drag has ended.
 *   isWide: whether a press anywhere in the element takes the handle above or below it.
 * Returns { show, held }: show(values, { place, up, step, limit }) puts the handles where place(n, value), [left, top] in the terms of
 * CSS, says. up(y) is the value at a height in px within the element. An arrow key moves a value by `step`; none goes beyond `limit`
 * on both sides of 0. `held` is the number of the value that is dragged, or null.
 */
export function handles(element, moved, { isWide = false } = {}) {
  let all = [...element.children];
  let [values, step, limit, up] = [[], 1, 1, null];
  let held = null; // the value that is dragged, and how far the pointer is from its middle
  let current = all.length - 1; // of the value that the Tab key reaches
  const of = (target) => all.indexOf(target.closest?.(".point"));
  const within = (n) => Math.max(0, Math.min(all.length - 1, n));
  function change(n, value) {
    values[n] = Math.max(-limit, Math.min(limit, value)); // the next key may come before the next drawing
    moved(n, values[n]);
  }

  /** The handle that a press takes, or -1. */
  function taken({ target, clientX }) {
    if (!isWide) return of(target);
    const away = all.map((one) => Math.abs(middle(one)[0] - clientX));
    return away.indexOf(Math.min(...away));
  }

  element.addEventListener("pointerdown", (event) => {
    const n = taken(event);
    if (event.button !== 0 || n < 0) return;
    event.preventDefault();
    all[n].setPointerCapture(event.pointerId);
    all[n].focus({ preventScroll: true });
    all[n].classList.add("held");
    const off = event.clientY - middle(all[n])[1];
    held = { n, off: Math.abs(off) < NEAR ? off : 0 };
    if (!held.off) move(event);
  });
  function move(event) {
    if (!held) return;
    held.isMoved = true;
    change(held.n, up(event.clientY - held.off - element.getBoundingClientRect().top));
  }
  element.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, () => {
      if (!held) return;
      const { n, isMoved } = held;
      all[n]?.classList.remove("held");
      held = null;
      if (isMoved) change(n, values[n]);
    });
  }
  element.addEventListener("focusin", ({ target }) => {
    const n = of(target);
    if (n < 0) return;
    all[current].tabIndex = -1;
    all[current = n].tabIndex = 0;
  });
  element.addEventListener("keydown", (event) => {
    const { key } = event;
    if (!(key in MOVES || key in STEPS) || of(event.target) < 0) return;
    event.preventDefault();
    if (key in MOVES) change(current, values[current] + MOVES[key] * step);
    else all[within(current + STEPS[key])].focus();
  });

  function fill(L) {
    element.replaceChildren(...Array.from({ length: L }, (_, n) => handle(n, L)));
    element.classList.toggle("dense", L > MANY);
    [all, held, current] = [[...element.children], null, L - 1];
    all.forEach((one, n) => { one.tabIndex = n === current ? 0 : -1; });
  }

  return {
    show(now, { place, ...ways }) {
      if (all.length !== now.length) fill(now.length);
      [values, step, limit, up] = [[...now], ways.step, ways.limit, ways.up];
      now.forEach((value, n) => {
        [all[n].style.left, all[n].style.top] = place(n, value);
        for (const [name, number] of [["now", value], ["min", -limit], ["max", limit]]) all[n].setAttribute(`aria-value${name}`, round(number));
      });
    },
    get held() {
      return held?.n ?? null;
    },
  };
}

/** The handles of a window [L] over a chart of steps from now: as `handles`, but of show(values, { step, limit }). */
export function handlesOver(chart, moved) {
  chart.plot.insertAdjacentHTML("beforeend", '<div class="points" role="group" aria-label="The window: up and down change a value"></div>');
  const group = handles(chart.plot.lastElementChild, moved);
  return {
    show(values, ways) {
      const { across, down, up } = chart;
      group.show(values, { place: (n, value) => [`${across(n + 1 - values.length)}px`, `${down(value)}px`], up, ...ways });
    },
    get held() {
      return group.held;
    },
  };
}
