// The places of everything in the diagram of a cell, in the units of its picture. No DOM.
// A wire leads along points [[x, y], ...] and carries the number `key`; `span` is when it does, within a step from 0 to 1.

const TOP = 56; // of the line of the state that is carried on
const MID = 114; // of the products below that line
const GATE = { top: 146, tall: 108 };
const BOTTOM = GATE.top + GATE.tall;
const FROM_X = 298; // the line of the input
const FROM_H = 316; // the line of the hidden state of the step before
export const RADIUS = 12; // of an operation
const SQUASH = 20; // half the width of a tanh

/**
 * A wire. `label` [x, y, anchor] is the place of its number, which may be that of another key; `isFeed` makes it thin, whatever
 * its number.
 */
const wire = (key, span, points, more = {}) => ({ key, span, points, isArrow: true, ...more });

/** The two lines that feed the gates at `columns`, and the junctions on them. */
function feeds(columns, enter, fromX, span) {
  const last = columns.at(-1);
  const wires = [
    wire("x", span, [[fromX, 358], [fromX, FROM_X], [last + 5, FROM_X]], { isFeed: true, isArrow: false }),
    wire("h0", span, [...enter, [last - 5, FROM_H]], { isFeed: true, isArrow: false }),
  ];
  if (fromX > columns[0]) {
    wires.push(wire("x", null, [[fromX, FROM_X], [columns[0] + 5, FROM_X]], { isFeed: true, isArrow: false }));
  }
  for (const x of columns) {
    wires.push(wire("x", null, [[x + 5, FROM_X], [x + 5, BOTTOM]], { isFeed: true }));
    wires.push(wire("h0", null, [[x - 5, FROM_H], [x - 5, BOTTOM]], { isFeed: true }));
  }
  const dots = columns.flatMap((x) => [["x", x + 5, FROM_X], ["h0", x - 5, FROM_H]]);
  return { wires, dots: [...dots, ["x", fromX, FROM_X]] };
}

const gatesAt = (names, columns, wide) => names.map((name, n) =>
  ({ name, x: columns[n] - wide / 2, y: GATE.top, wide, tall: GATE.tall, middle: columns[n] }));

function lstm(isNarrow) {
  const [width, wide] = isNarrow ? [360, 54] : [700, 80];
  const columns = isNarrow ? [36, 102, 167, 232] : [146, 260, 366, 480];
  const [f, i, g, o] = columns;
  const out = isNarrow ? 288 : 602;
  const cross = (i + g) / 2;
  const middle = GATE.top + GATE.tall / 2;
  const fromX = isNarrow ? 69 : 203;
  const fed = feeds(columns, [[0, FROM_H]], fromX, [0, 0.26]);
  return {
    width, top: 16, height: 352, gates: gatesAt(["f", "i", "g", "o"], columns, wide),
    ops: [["kept", "×", f, TOP], ["new", "×", cross, MID], ["c", "+", cross, TOP], ["squash", "tanh", out, MID - 8],
      ["h", "×", out, middle]],
    dots: [...fed.dots, ["c", out, TOP], ["h", out, FROM_H]],
    wires: [...fed.wires,
      wire("c0", [0.2, 0.42], [[0, TOP], [f - RADIUS, TOP]]),
      wire("f", [0.3, 0.42], [[f, GATE.top], [f, TOP + RADIUS]]),
      wire("i", [0.3, 0.42], [[i, GATE.top], [i, MID], [cross - RADIUS, MID]]),
      wire("g", [0.3, 0.42], [[g, GATE.top], [g, MID], [cross + RADIUS, MID]]),
      wire("kept", [0.45, 0.58], [[f + RADIUS, TOP], [cross - RADIUS, TOP]], { label: [(f + cross) / 2, isNarrow ? TOP + 21 : TOP - 12, "middle"] }),
      wire("new", [0.45, 0.58], [[cross, MID - RADIUS], [cross, TOP + RADIUS]], { label: [cross + 11, (TOP + MID) / 2 + 5, "start"] }),
      wire("c", [0.6, 0.8], [[cross + RADIUS, TOP], [width, TOP]]),
      wire("c", null, [[out, TOP], [out, MID - 18]]),
      wire("o", [0.66, 0.8], [[o + wide / 2, middle], [out - RADIUS, middle]]),
      wire("squash", [0.7, 0.8], [[out, MID + 2], [out, middle - RADIUS]], { label: [out + 9, 160, "start"] }),
      wire("h", [0.82, 0.96], [[out, middle + RADIUS], [out, FROM_H], [width, FROM_H]]),
      wire("y", null, [[out, FROM_H], [out, 346]], { isFeed: true }),
    ],
    ends: [["c0", 2, TOP - 18, "start"], ["h0", 2, FROM_H + 21, "start"], ["x", fromX + 9, 356, "start"],
      ["c", width - 2, TOP - 18, "end"], ["h", width - 2, FROM_H + (isNarrow ? 21 : -14), "end"], ["y", out - 9, 357, "end"]],
  };
}

function gru(isNarrow) {
  const [width, wide] = isNarrow ? [360, 54] : [700, 80];
  const columns = isNarrow ? [54, 132, 218] : [164, 308, 452];
  const [z, r, n] = columns;
  const branch = isNarrow ? 12 : 66;
  const out = isNarrow ? 306 : 602;
  const middle = GATE.top + GATE.tall / 2;
  const cross = 276;
  const between = (r + n) / 2 - (isNarrow ? 2 : 0);
  const fromX = isNarrow ? 93 : 236;
  const fed = feeds(columns, [[branch, TOP], [branch, FROM_H]], fromX, [0, 0.26]);
  const isPast = ({ key, points: [[x]] }) => key === "h0" && x === n - 5; // goes through the reset gate
  return {
    width, top: 16, height: 352, gates: gatesAt(["z", "r", "n"], columns, wide),
    ops: [["kept", "×", z, TOP], ["rest", "1−", r, MID], ["new", "×", n, MID], ["h", "+", n, TOP], ["read", "×", n - 5, cross, 9]],
    dots: [...fed.dots, ["h0", branch, TOP], ["z", z, MID], ["h", out, TOP]],
    wires: [...fed.wires.filter((one) => !isPast(one)),
      wire("h0", null, [[n - 5, FROM_H], [n - 5, cross + 9]], { isFeed: true }),
      wire("read", [0.42, 0.48], [[n - 5, cross - 9], [n - 5, BOTTOM]], { isFeed: true }),
      wire("h0", [0.3, 0.5], [[0, TOP], [z - RADIUS, TOP]]),
      wire("r", [0.3, 0.42], [[r + wide / 2, middle], [between, middle], [between, cross], [n - 14, cross]]),
      wire("z", [0.36, 0.5], [[z, GATE.top], [z, TOP + RADIUS]]),
      wire("z", null, [[z, MID], [r - RADIUS - 2, MID]]),
      wire("rest", [0.5, 0.62], [[r + RADIUS + 2, MID], [n - RADIUS, MID]], { label: [(r + n) / 2, MID - 9, "middle"] }),
      wire("n", [0.5, 0.62], [[n, GATE.top], [n, MID + RADIUS]]),
      wire("kept", [0.64, 0.78], [[z + RADIUS, TOP], [n - RADIUS, TOP]], { label: [(z + n) / 2, TOP - 12, "middle"] }),
      wire("new", [0.66, 0.78], [[n, MID - RADIUS], [n, TOP + RADIUS]], { label: [n + 11, (TOP + MID) / 2 + 5, "start"] }),
      wire("h", [0.8, 0.96], [[n + RADIUS, TOP], [width, TOP]]),
      wire("y", null, [[out, TOP], [out, 150]], { isFeed: true }),
    ],
    ends: [["h0", 2, TOP - 18, "start"], ["x", fromX + 9, 356, "start"], ["h", width - 2, TOP - 18, "end"],
      ["y", out, 170, "middle"]],
  };
}

function rnn(isNarrow) {
  const width = isNarrow ? 360 : 700;
  const [sum, squash, out] = isNarrow ? [128, 208, 290] : [270, 420, 580];
  const line = 124;
  return {
    width, top: 30, height: 208, gates: [],
    ops: [["h.sum", "+", sum, line], ["h", "tanh", squash, line]],
    dots: [["h", out, line]],
    wires: [
      wire("h0", [0, 0.35], [[0, line], [sum - RADIUS, line]], { label: [sum - 16, line + 19, "end", "h.h0", "Uh"] }),
      wire("x", [0, 0.35], [[sum, 226], [sum, line + RADIUS]], { label: [sum + 10, line + 44, "start", "h.x", "wx"] }),
      wire("b", [0, 0.35], [[sum, 46], [sum, line - RADIUS]], { isFeed: true }),
      wire("h.sum", [0.4, 0.6], [[sum + RADIUS, line], [squash - SQUASH, line]], { label: [(sum + squash) / 2 - 4, line - 12, "middle"] }),
      wire("h", [0.64, 0.95], [[squash + SQUASH, line], [width, line]]),
      wire("y", null, [[out, line], [out, 200]], { isFeed: true }),
    ],
    ends: [["h0", 2, line - 18, "start"], ["x", sum + 10, 228, "start"], ["b", sum + 10, 52, "start", "h.b"],
      ["h", width - 2, line - 18, "end"], ["y", out, 220, "middle"]],
  };
}

const KINDS = { lstm, gru, rnn };

/** The anatomy of a cell, for a wide or a narrow page: { width, height, gates, ops, dots, wires, ends }. */
export const anatomyOf = (architecture, isNarrow) => KINDS[architecture](isNarrow);

const LONG = 9; // an arrow

/** Points without the last LONG units, on which the arrow lies. */
export function shortened(points) {
  const [[a, b], [x, y]] = points.slice(-2);
  const share = Math.max(0, 1 - LONG / Math.hypot(x - a, y - b));
  return [...points.slice(0, -1), [a + (x - a) * share, b + (y - b) * share]];
}

/** The path of a wire, with round corners. */
export function pathOf(points, round = 9) {
  const near = ([x, y], [a, b], far) => {
    const long = Math.hypot(a - x, b - y);
    const share = Math.min(far, long / 2) / long;
    return [x + (a - x) * share, y + (b - y) * share];
  };
  return points.map((point, n) => {
    if (n === 0) return `M${point.join(" ")}`;
    if (n === points.length - 1) return `L${point.join(" ")}`;
    return `L${near(point, points[n - 1], round).join(" ")}Q${point.join(" ")} ${near(point, points[n + 1], round).join(" ")}`;
  }).join("");
}

/** The place at a share from 0 to 1 of the way along points. */
export function along(points, share) {
  const lengths = points.slice(1).map(([x, y], n) => Math.hypot(x - points[n][0], y - points[n][1]));
  let left = share * lengths.reduce((sum, long) => sum + long, 0);
  for (let n = 0; n < lengths.length; n++) {
    if (left <= lengths[n] || n === lengths.length - 1) {
      const part = lengths[n] ? Math.min(1, left / lengths[n]) : 1;
      return points[n].map((from, axis) => from + (points[n + 1][axis] - from) * part);
    }
    left -= lengths[n];
  }
  return points[0];
}

/** The triangle at the end of a wire. */
export function arrowOf(points) {
  const [[a, b], [x, y]] = points.slice(-2);
  const long = Math.hypot(x - a, y - b);
  const [right, down] = [(x - a) / long, (y - b) / long];
  const at = (back, aside) => `${x - back * right - aside * down} ${y - back * down + aside * right}`;
  return `M${x} ${y}L${at(LONG, 5)}L${at(LONG, -5)}z`;
}
