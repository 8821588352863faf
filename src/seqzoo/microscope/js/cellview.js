// The cell of the chosen unit at the chosen step: its diagram and its equations, one beside the other.
import { diagramIn } from "./diagram.js";
import { equationsIn } from "./equations.js";
import { numbersOf } from "./numbers.js";
import { holding } from "./state.js";
import { mark, number, say } from "./words.js";

const NARROW = 520; // CSS pixels of the diagram's place
const SERIES = new Set(["y", "v", "others"]); // in the units of the series

/** A value of the series, with at most five digits. */
const plain = (value) => (Math.abs(value) < 1000 ? number(value) : Number(value.toPrecision(5)).toLocaleString("en").replace("-", "−"));

/** Builds the view; `draw` writes the facts, `at` shows a share of the step on its way (null: all has arrived). */
export function cellView({ find, cell }) {
  const place = find(".mz-figure");
  const equations = equationsIn(find(".mz-equations"), cell);
  let diagram = null;
  let numbers;
  function draw({ state, now, outModel, known, channels }) {
    const { step, unit, ahead } = state;
    const weight = cell.headWeight[ahead * cell.size + unit] * now.frame.spread;
    numbers = numbersOf(cell, now, state, { known, ahead, weight, answer: (value) => outModel(value) });
    const heldOf = (name) => holding(state.freeze, name, unit);
    const spell = (slot) => (SERIES.has(slot) ? spelled(slot, numbers[slot]) : null);
    const isAblated = state.ablate.has(unit);
    diagram?.show(numbers, heldOf, spell);
    equations.show(numbers, heldOf, isAblated, spell);
    const title = `unit ${unit} of ${cell.size}, step ${step + 1} of ${now.L}`;
    say(find('[data-out="cell"]'), title);
    mark(place, "aria-label", `The cell, ${title}. The equations beside it hold its numbers.`);
    const value = state.window[state.order[step]];
    const isScaled = Math.abs(value - numbers.x) > 1e-9;
    say(find(".mz-foot"), `${isScaled ? `x is ${plain(value)}, scaled for the network. ` : ""}w, U and b are weights of this unit; ` +
      `U h sums over ${cell.size === 1 ? "its state" : `all ${cell.size} units`}.` +
      `${channels.length ? ` k is what ${channels.join(", ")} add.` : ""}`);
  }
  return {
    draw,
    /** Lays the diagram out for a width in CSS pixels. */
    fit(wide) {
      const isNarrow = wide < NARROW;
      if (diagram && diagram.isNarrow === isNarrow) return;
      diagram = diagramIn(place, cell, isNarrow);
    },
    at(share) {
      if (!numbers) return; // out of view, and not drawn yet
      diagram?.tokens(share, numbers);
      equations.reach(share);
    },
  };
}

function spelled(slot, value) {
  return slot === "others" ? plain(Math.abs(value)) : plain(value);
}
