// Gates as valves: a handle that is dragged, or moved by keys, holds its gate; the button beneath it lets it go.
import { hold } from "./state.js";

const KEYS = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.2, PageDown: -0.2 };
const TRACK = 56; // units of the diagram from one end of a handle's way to the other

/** Connects the valves of a diagram; they hold gates through `desk`, in one unit or in all as its state says. */
export function valves(desk, place) {
  const { state, past, cell } = desk;
  const lowest = (gate) => (cell.shut.includes(gate) ? 0 : -1);
  const unit = () => (state.scope === "one" ? state.unit : null);
  const set = (gate, value) => {
    const bound = Math.max(lowest(gate), Math.min(1, value));
    desk.grip({ freeze: hold(state.freeze, gate, unit(), Number(bound.toFixed(2))) });
  };
  const valueOf = (gate) => desk.value(gate, state.step, state.unit);
  const gateOf = (event) => event.target.closest?.("[data-valve]")?.dataset.valve;
  const release = (gate) => {
    desk.change({ freeze: hold(state.freeze, gate, unit(), null) });
    place.querySelector(`[data-valve="${gate}"]`)?.focus({ preventScroll: true });
  };
  let grip = null;
  place.addEventListener("pointerdown", (event) => {
    const gate = gateOf(event);
    if (!gate || event.button !== 0) return;
    const svg = place.querySelector("svg");
    const scale = svg.getBoundingClientRect().width / Number(svg.dataset.wide);
    grip = { gate, from: event.clientY, value: valueOf(gate), reach: (TRACK * scale) / (1 - lowest(gate)), isMoved: false };
    place.setPointerCapture(event.pointerId);
    place.querySelector(`[data-valve="${gate}"]`).focus({ preventScroll: true });
    event.preventDefault();
  });
  place.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const by = grip.from - event.clientY;
    if (!grip.isMoved && Math.abs(by) < 3) return; // a click holds nothing
    if (!grip.isMoved) past.remember(state);
    grip.isMoved = true;
    set(grip.gate, grip.value + by / grip.reach);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    place.addEventListener(end, () => {
      if (grip?.isMoved) desk.change({}, false);
      grip = null;
    });
  }
  place.addEventListener("keydown", (event) => {
    const gate = gateOf(event);
    if (!gate) {
      const free = event.target.closest?.("[data-free]")?.dataset.free;
      if (!free || !["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      return release(free);
    }
    const ends = { Home: lowest(gate), End: 1 };
    if (event.key === "Escape" || event.key === "Delete" || event.key === "Backspace") return release(gate);
    if (!(event.key in KEYS) && !(event.key in ends)) return;
    event.preventDefault();
    past.remember(state, `valve ${gate}`);
    set(gate, ends[event.key] ?? valueOf(gate) + KEYS[event.key]);
  });
  place.addEventListener("keyup", (event) => gateOf(event) && (event.key in KEYS || /^(Home|End)$/.test(event.key)) && desk.change({}, false));
  place.addEventListener("click", (event) => {
    const free = event.target.closest?.("[data-free]")?.dataset.free;
    if (free) release(free);
  });
  place.addEventListener("dblclick", (event) => gateOf(event) && release(gateOf(event)));
}
