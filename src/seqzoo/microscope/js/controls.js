// The controls of the page: dragging, keys, buttons, play. They call methods of the desk, which holds the state.
import { timeAxis } from "./draw.js";
import { valueAt } from "./paint.js";
import { player } from "./play.js";
import { hold, holding, orderNamed } from "./state.js";
import { mark } from "./words.js";

/** Connects every control of the page to the desk, and sets `desk.press`. Returns a function that closes the player. */
export function listen(desk, view) {
  desk.press = () => press(desk);
  drag(desk);
  for (const map of desk.all("[data-map]")) map.addEventListener("click", (event) => pick(desk, map, event));
  for (const button of desk.all("[data-gate]")) {
    button.addEventListener("click", () => {
      const { gate, value } = button.dataset;
      const unit = desk.state.scope === "one" ? desk.state.unit : null;
      desk.change({ freeze: hold(desk.state.freeze, gate, unit, value === "" ? null : Number(value)) });
    });
  }
  let shuffles = 0;
  for (const button of desk.all("[data-order]")) {
    button.addEventListener("click", () => {
      const orderName = button.dataset.order === "shuffle" ? `shuffle${shuffles++ % 1000}` : button.dataset.order;
      desk.change({ orderName, order: orderNamed(orderName, desk.L) });
    });
  }
  desk.player = player(desk, view, desk.find('[data-do="play"]'));
  return acts(desk, desk.player);
}

/** Sets the controls to the state. */
function press({ state, all, find, past, aheads }) {
  const set = (button, isOn) => mark(button, "aria-pressed", String(isOn));
  for (const button of all("[data-gate]")) {
    const held = holding(state.freeze, button.dataset.gate, state.scope === "one" ? state.unit : null);
    set(button, button.dataset.value === (held ? String(held.value) : ""));
  }
  for (const button of all("[data-order]")) set(button, state.orderName.startsWith(button.dataset.order));
  set(find('[data-do="ablate"]'), state.ablate.has(state.unit));
  find('[data-do="unit"]').value = state.unit;
  find('[data-do="sort"]').checked = state.isSorted;
  if (find('[data-do="units"]')) find('[data-do="units"]').value = state.isWhole ? "all" : "first";
  if (find('[data-do="scope"]')) find('[data-do="scope"]').value = state.scope;
  if (aheads > 1) find('[data-do="ahead"]').value = state.ahead + 1;
  mark(find('[data-do="undo"]'), "aria-disabled", String(!past.views.length));
}

/** Moves the values by mouse, touch, pen or arrow keys. */
function drag(desk) {
  const { find, points, L, state, past } = desk;
  const plot = find(".mz-window");
  let box; // of the plot during a drag; reading it at each move would force a layout
  const at = (event) => [timeAxis(desk.wide(), L).step(event.clientX - box.left),
    valueAt(event.clientY - box.top, state)];
  /** The sentence above keeps its height while a value moves: with fewer lines it would draw the value from the pointer. */
  let width;
  const keep = () => {
    const notice = find(".mz-notice");
    if (notice.offsetWidth !== width) notice.style.minHeight = "";
    width = notice.offsetWidth;
    notice.style.minHeight = `${notice.getBoundingClientRect().height}px`;
  };
  plot.addEventListener("pointerdown", (event) => {
    keep();
    box = desk.canvas("window").getBoundingClientRect();
    const [t, value] = at(event);
    if (t < 0 || t >= L || event.button !== 0 || desk.held !== null) return;
    past.remember(state);
    desk.held = t;
    plot.setPointerCapture(event.pointerId);
    points.forEach((point, n) => (point.tabIndex = n === t ? 0 : -1));
    points[t].toggleAttribute("data-held", true);
    points[t].focus({ preventScroll: true });
    event.preventDefault();
    desk.poke(t, value);
  });
  plot.addEventListener("pointermove", (event) => desk.held !== null && desk.poke(desk.held, at(event)[1]));
  for (const end of ["pointerup", "pointercancel"]) {
    plot.addEventListener(end, () => {
      if (desk.held === null) return;
      points[desk.held].toggleAttribute("data-held", false);
      desk.held = null;
      desk.settle();
    });
  }
  plot.addEventListener("keydown", (event) => {
    const t = points.indexOf(event.target);
    const moves = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -L, End: L };
    if (t < 0 || !(event.key in moves || event.key in steps)) return;
    event.preventDefault();
    if (event.key in moves) {
      if (!event.repeat) keep();
      past.remember(state, `value ${t}`);
      desk.poke(t, state.window[state.order[t]] + (moves[event.key] * state.limit) / 40);
      return desk.press();
    }
    const next = Math.max(0, Math.min(L - 1, t + steps[event.key]));
    points[t].tabIndex = -1;
    points[next].tabIndex = 0;
    points[next].focus();
  });
  plot.addEventListener("keyup", (event) => /^(Arrow(Up|Down)|Page(Up|Down))$/.test(event.key) && desk.settle());
}

/** Chooses the unit and the step at a clicked place of a heat map. */
function pick(desk, map, event) {
  const { state, L } = desk;
  const box = map.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * state.shown.length);
  const step = timeAxis(desk.wide(), L).step(event.clientX - box.left);
  const within = (n, count) => Math.max(0, Math.min(count - 1, n));
  desk.look({ unit: state.shown[within(row, state.shown.length)], step: within(step, L) });
}

/** Connects the controls that exist once. Returns a function that closes the player. */
function acts(desk, play) {
  const { state, L, past, base, find } = desk;
  function undo() {
    const before = past.undo(state);
    if (before) desk.change(before, false);
  }
  const works = {
    step: (input) => {
      play.stop();
      desk.look({ step: Number(input.value) - 1 });
    },
    units: (input) => desk.look({ isWhole: input.value === "all" }),
    unit: (input) => desk.look({ unit: Number(input.value) }),
    scope: (input) => desk.look({ scope: input.value }),
    ahead: (input) => desk.look({ ahead: Number(input.value) - 1 }),
    sort: (input) => {
      state.isSorted = input.checked;
      desk.sort();
    },
    ablate: () => {
      const ablate = new Set(state.ablate);
      if (!ablate.delete(state.unit)) ablate.add(state.unit);
      desk.change({ ablate });
    },
    undo,
    reset: () => {
      play.stop();
      desk.change({ freeze: [], ablate: new Set(), orderName: "plain", order: orderNamed("plain", L), step: L - 1,
        window: [...base.start] });
    },
    draw: () => { // Python answers by setting `start`
      desk.change({ draw: (state.draw + 1) % 1000000, window: [...base.start] }, false);
    },
    play: () => play.toggle(),
  };
  for (const [name, work] of Object.entries(works)) {
    const control = find(`[data-do="${name}"]`);
    if (!control) continue;
    const event = { button: "click", select: "change", input: "input" }[control.localName];
    control.addEventListener(event, () => work(control));
  }
  find(".mz-cell").addEventListener("keydown", (event) => {
    const isPressed = event.target.matches("select, button, [role=button]"); // what a space is for
    if (event.key === " " && !isPressed) {
      event.preventDefault();
      return play.toggle();
    }
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move || event.target.matches("select, input")) return;
    event.preventDefault();
    play.stop();
    desk.look({ step: Math.max(0, Math.min(L - 1, state.step + move)) });
  });
  find(".mz-page").addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    undo();
  });
  return play.close;
}
