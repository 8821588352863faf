// Made by tools/bundle.py with esbuild 0.28.2 of modules a836f29f58f4df32; change those, not this.
// src/seqzoo/microscope/js/anatomy.js
var TOP = 56;
var MID = 114;
var GATE = { top: 146, tall: 108 };
var BOTTOM = GATE.top + GATE.tall;
var FROM_X = 298;
var FROM_H = 316;
var RADIUS = 12;
var SQUASH = 20;
var wire = (key2, span, points, more = {}) => ({ key: key2, span, points, isArrow: true, ...more });
function feeds(columns, enter2, fromX, span) {
  const last = columns.at(-1);
  const wires = [
    wire("x", span, [[fromX, 358], [fromX, FROM_X], [last + 5, FROM_X]], { isFeed: true, isArrow: false }),
    wire("h0", span, [...enter2, [last - 5, FROM_H]], { isFeed: true, isArrow: false })
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
var gatesAt = (names, columns, wide) => names.map((name, n) => ({ name, x: columns[n] - wide / 2, y: GATE.top, wide, tall: GATE.tall, middle: columns[n] }));
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
    width,
    top: 16,
    height: 352,
    gates: gatesAt(["f", "i", "g", "o"], columns, wide),
    ops: [
      ["kept", "×", f, TOP],
      ["new", "×", cross, MID],
      ["c", "+", cross, TOP],
      ["squash", "tanh", out, MID - 8],
      ["h", "×", out, middle]
    ],
    dots: [...fed.dots, ["c", out, TOP], ["h", out, FROM_H]],
    wires: [
      ...fed.wires,
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
      wire("y", null, [[out, FROM_H], [out, 346]], { isFeed: true })
    ],
    ends: [
      ["c0", 2, TOP - 18, "start"],
      ["h0", 2, FROM_H + 21, "start"],
      ["x", fromX + 9, 356, "start"],
      ["c", width - 2, TOP - 18, "end"],
      ["h", width - 2, FROM_H + (isNarrow ? 21 : -14), "end"],
      ["y", out - 9, 357, "end"]
    ]
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
  const isPast = ({ key: key2, points: [[x]] }) => key2 === "h0" && x === n - 5;
  return {
    width,
    top: 16,
    height: 352,
    gates: gatesAt(["z", "r", "n"], columns, wide),
    ops: [["kept", "×", z, TOP], ["rest", "1−", r, MID], ["new", "×", n, MID], ["h", "+", n, TOP], ["read", "×", n - 5, cross, 9]],
    dots: [...fed.dots, ["h0", branch, TOP], ["z", z, MID], ["h", out, TOP]],
    wires: [
      ...fed.wires.filter((one) => !isPast(one)),
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
      wire("y", null, [[out, TOP], [out, 150]], { isFeed: true })
    ],
    ends: [
      ["h0", 2, TOP - 18, "start"],
      ["x", fromX + 9, 356, "start"],
      ["h", width - 2, TOP - 18, "end"],
      ["y", out, 170, "middle"]
    ]
  };
}
function rnn(isNarrow) {
  const width = isNarrow ? 360 : 700;
  const [sum2, squash, out] = isNarrow ? [128, 208, 290] : [270, 420, 580];
  const line2 = 124;
  return {
    width,
    top: 30,
    height: 208,
    gates: [],
    ops: [["h.sum", "+", sum2, line2], ["h", "tanh", squash, line2]],
    dots: [["h", out, line2]],
    wires: [
      wire("h0", [0, 0.35], [[0, line2], [sum2 - RADIUS, line2]], { label: [sum2 - 16, line2 + 19, "end", "h.h0", "Uh"] }),
      wire("x", [0, 0.35], [[sum2, 226], [sum2, line2 + RADIUS]], { label: [sum2 + 10, line2 + 44, "start", "h.x", "wx"] }),
      wire("b", [0, 0.35], [[sum2, 46], [sum2, line2 - RADIUS]], { isFeed: true }),
      wire("h.sum", [0.4, 0.6], [[sum2 + RADIUS, line2], [squash - SQUASH, line2]], { label: [(sum2 + squash) / 2 - 4, line2 - 12, "middle"] }),
      wire("h", [0.64, 0.95], [[squash + SQUASH, line2], [width, line2]]),
      wire("y", null, [[out, line2], [out, 200]], { isFeed: true })
    ],
    ends: [
      ["h0", 2, line2 - 18, "start"],
      ["x", sum2 + 10, 228, "start"],
      ["b", sum2 + 10, 52, "start", "h.b"],
      ["h", width - 2, line2 - 18, "end"],
      ["y", out, 220, "middle"]
    ]
  };
}
var KINDS = { lstm, gru, rnn };
var anatomyOf = (architecture, isNarrow) => KINDS[architecture](isNarrow);
var LONG = 9;
function shortened(points) {
  const [[a, b], [x, y]] = points.slice(-2);
  const share = Math.max(0, 1 - LONG / Math.hypot(x - a, y - b));
  return [...points.slice(0, -1), [a + (x - a) * share, b + (y - b) * share]];
}
function pathOf(points, round = 9) {
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
function along(points, share) {
  const lengths = points.slice(1).map(([x, y], n) => Math.hypot(x - points[n][0], y - points[n][1]));
  let left = share * lengths.reduce((sum2, long) => sum2 + long, 0);
  for (let n = 0; n < lengths.length; n++) {
    if (left <= lengths[n] || n === lengths.length - 1) {
      const part = lengths[n] ? Math.min(1, left / lengths[n]) : 1;
      return points[n].map((from, axis) => from + (points[n + 1][axis] - from) * part);
    }
    left -= lengths[n];
  }
  return points[0];
}
function arrowOf(points) {
  const [[a, b], [x, y]] = points.slice(-2);
  const long = Math.hypot(x - a, y - b);
  const [right, down] = [(x - a) / long, (y - b) / long];
  const at = (back, aside) => `${x - back * right - aside * down} ${y - back * down + aside * right}`;
  return `M${x} ${y}L${at(LONG, 5)}L${at(LONG, -5)}z`;
}

// src/seqzoo/microscope/js/cell.js
var CELLS = {
  lstm: { names: ["i", "f", "g", "o", "c", "h"], gates: ["i", "f", "g", "o"], shut: ["i", "f", "o"] },
  gru: { names: ["r", "z", "n", "h"], gates: ["r", "z", "n"], shut: ["r", "z"] },
  rnn: { names: ["h"], gates: [], shut: [] }
};
function parseSafetensors(bytes) {
  const view = bytes instanceof ArrayBuffer ? new DataView(bytes) : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 8) throw new Error(`the weights have ${view.byteLength} bytes; a safetensors file has more`);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > view.byteLength) throw new Error("the header of the weights is longer than the file");
  const text2 = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + 8, length));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start, end2] }] of Object.entries(JSON.parse(text2))) {
    if (name === "__metadata__") continue;
    const count = shape.reduce((product2, n) => product2 * n, 1);
    if (dtype !== "F32") throw new Error(`the tensor ${name} is ${dtype}; expected F32`);
    if (end2 - start !== 4 * count || 8 + length + end2 > view.byteLength) throw new Error(`the tensor ${name} is cut`);
    const data = new Float64Array(count);
    for (let n = 0; n < count; n++) data[n] = view.getFloat32(8 + length + start + 4 * n, true);
    tensors[name] = { shape, data };
  }
  return tensors;
}
function makeCell(architecture, tensors, channels = 1) {
  const kind = CELLS[architecture];
  if (!kind) throw new Error(`no cell ${architecture}; expected one of ${Object.keys(CELLS).join(", ")}`);
  const blocks = Math.max(1, kind.gates.length);
  const take = (name, shape) => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`the weights lack ${name}`);
    if (shape && String(tensor.shape) !== String(shape)) {
      throw new Error(`${name} is [${tensor.shape}]; expected [${shape}]`);
    }
    return tensor.data;
  };
  const size = tensors[`${architecture}.weight_hh_l0`]?.shape[1];
  const horizon = tensors["head.bias"]?.shape[0];
  const rows = blocks * size;
  const fromInput = take(`${architecture}.weight_ih_l0`, [rows, channels]);
  return {
    architecture,
    ...kind,
    size,
    horizon,
    blocks,
    channels,
    fromX: fromInput.filter((_, at) => at % channels === 0),
    fromKnown: fromInput.filter((_, at) => at % channels !== 0),
    fromH: take(`${architecture}.weight_hh_l0`, [rows, size]),
    biasX: take(`${architecture}.bias_ih_l0`, [rows]),
    biasH: take(`${architecture}.bias_hh_l0`, [rows]),
    headWeight: take("head.weight", [horizon, size]),
    headBias: take("head.bias", [horizon])
  };
}
var sigmoid = (x) => 0.5 * (1 + Math.tanh(0.5 * x));
var held = (constant, value) => Number.isNaN(constant) ? value : constant;
function lstm2(cell, x, biasX, u, k, before, frozen) {
  const K = cell.size;
  const sum2 = (block) => cell.fromX[block * K + k] * x + biasX[block * K + k] + u[block * K + k];
  const i = held(frozen.i[k], sigmoid(sum2(0)));
  const f = held(frozen.f[k], sigmoid(sum2(1)));
  const g = held(frozen.g[k], Math.tanh(sum2(2)));
  const o = held(frozen.o[k], sigmoid(sum2(3)));
  const c = f * before.c(k) + i * g;
  return { i, f, g, o, c, h: o * Math.tanh(c) };
}
function gru2(cell, x, biasX, u, k, before, frozen) {
  const K = cell.size;
  const own = (block) => cell.fromX[block * K + k] * x + biasX[block * K + k];
  const r = held(frozen.r[k], sigmoid(own(0) + u[k]));
  const z = held(frozen.z[k], sigmoid(own(1) + u[K + k]));
  const n = held(frozen.n[k], Math.tanh(own(2) + r * u[2 * K + k]));
  return { r, z, n, h: (1 - z) * n + z * before.h(k) };
}
function rnn2(cell, x, biasX, u, k) {
  return { h: Math.tanh(cell.fromX[k] * x + biasX[k] + u[k]) };
}
function biased(cell, known2) {
  if (cell.channels === 1) return cell.biasX;
  const sums = Float64Array.from(cell.biasX);
  addProduct(cell.fromKnown, known2, sums);
  return sums;
}
var STEPS = { lstm: lstm2, gru: gru2, rnn: rnn2 };
function forward(cell, window, changes = {}, known2 = []) {
  const K = cell.size;
  const L = window.length;
  const order = changes.order ?? Array.from(window, (_, t) => t);
  const frozen = Object.fromEntries(cell.gates.map((gate2) => [gate2, new Float64Array(K).fill(NaN)]));
  for (const { gate: gate2, unit, value } of changes.freeze ?? []) {
    if (!frozen[gate2]) throw new Error(`${cell.architecture} has no gate ${gate2}; it has ${cell.gates.join(", ")}`);
    if (unit == null) frozen[gate2].fill(value);
    else frozen[gate2][unit] = value;
  }
  const alive = new Uint8Array(K).fill(1);
  for (const unit of changes.ablate ?? []) alive[unit] = 0;
  const steps = Object.fromEntries(cell.names.map((name) => [name, new Float64Array(L * K)]));
  const fromHidden = new Float64Array(L * cell.blocks * K);
  const last = (values, t) => (k) => t > 0 ? values[(t - 1) * K + k] : 0;
  for (let t = 0; t < L; t++) {
    const u = fromHidden.subarray(t * cell.blocks * K, (t + 1) * cell.blocks * K);
    u.set(cell.biasH);
    if (t > 0) addProduct(cell.fromH, steps.h.subarray((t - 1) * K, t * K), u);
    const before = { h: last(steps.h, t), c: steps.c && last(steps.c, t) };
    const biasX = biased(cell, known2[order[t]]);
    for (let k = 0; k < K; k++) {
      const now = STEPS[cell.architecture](cell, window[order[t]], biasX, u, k, before, frozen);
      if (!alive[k]) now.h = 0;
      for (const name of cell.names) steps[name][t * K + k] = now[name];
    }
  }
  return { L, window, order, frozen, alive, steps, fromHidden, forecast: head(cell, steps.h, L - 1) };
}
function head(cell, states, t) {
  const K = cell.size;
  return Float64Array.from(cell.headBias, (bias, ahead) => {
    let sum2 = bias;
    for (let k = 0; k < K; k++) sum2 += cell.headWeight[ahead * K + k] * states[t * K + k];
    return sum2;
  });
}
function contributions(cell, trace, t = trace.L - 1, ahead = 0) {
  const K = cell.size;
  return Float64Array.from({ length: K }, (_, k) => cell.headWeight[ahead * K + k] * trace.steps.h[t * K + k]);
}
function derivative(cell, trace, ahead = 0) {
  const K = cell.size;
  const { steps, frozen, alive } = trace;
  const slopes = new Float64Array(trace.L);
  const toH = Float64Array.from({ length: K }, (_, k) => cell.headWeight[ahead * K + k]);
  const toC = new Float64Array(K);
  const toX = new Float64Array(cell.blocks * K);
  const toU = new Float64Array(cell.blocks * K);
  for (let t = trace.L - 1; t >= 0; t--) {
    const at = t * K;
    const previous = (name, k) => t > 0 ? steps[name][at - K + k] : 0;
    const free = (gate2, k) => Number.isNaN(frozen[gate2][k]) ? 1 : 0;
    for (let k = 0; k < K; k++) {
      const dh = alive[k] ? toH[k] : 0;
      toH[k] = 0;
      if (cell.architecture === "lstm") {
        const [i, f, g, o, c] = ["i", "f", "g", "o", "c"].map((name) => steps[name][at + k]);
        const squashed = Math.tanh(c);
        const dc = toC[k] + dh * o * (1 - squashed * squashed);
        toX[k] = dc * g * i * (1 - i) * free("i", k);
        toX[K + k] = dc * previous("c", k) * f * (1 - f) * free("f", k);
        toX[2 * K + k] = dc * i * (1 - g * g) * free("g", k);
        toX[3 * K + k] = dh * squashed * o * (1 - o) * free("o", k);
        toC[k] = dc * f;
      } else if (cell.architecture === "gru") {
        const [r, z, n] = ["r", "z", "n"].map((name) => steps[name][at + k]);
        const dn = dh * (1 - z) * (1 - n * n) * free("n", k);
        toX[k] = dn * trace.fromHidden[(t * 3 + 2) * K + k] * r * (1 - r) * free("r", k);
        toX[K + k] = dh * (previous("h", k) - n) * z * (1 - z) * free("z", k);
        toX[2 * K + k] = dn;
        toH[k] = dh * z;
      } else {
        toX[k] = dh * (1 - steps.h[at + k] ** 2);
      }
    }
    toU.set(toX);
    if (cell.architecture === "gru") for (let k = 0; k < K; k++) toU[2 * K + k] *= steps.r[at + k];
    for (let row2 = 0; row2 < cell.blocks * K; row2++) {
      slopes[trace.order[t]] += cell.fromX[row2] * toX[row2];
      if (toU[row2] !== 0) for (let k = 0; k < K; k++) toH[k] += cell.fromH[row2 * K + k] * toU[row2];
    }
  }
  return slopes;
}
function principal(points, K) {
  const n = points.length / K;
  const mean3 = new Float64Array(K);
  for (let at = 0; at < points.length; at++) mean3[at % K] += points[at] / n;
  const rest = Float64Array.from(points, (value, at) => value - mean3[at % K]);
  const total = rest.reduce((sum2, value) => sum2 + value * value, 0);
  const axes = [];
  const shares = [];
  for (let component = 0; component < 2; component++) {
    let axis = normal(Float64Array.from({ length: K }, (_, k) => Math.cos(1 + k + 7 * component)));
    let size = 0;
    for (let round = 0; round < 500; round++) {
      const next = new Float64Array(K);
      for (let p = 0; p < n; p++) {
        let dot2 = 0;
        for (let k = 0; k < K; k++) dot2 += rest[p * K + k] * axis[k];
        for (let k = 0; k < K; k++) next[k] += dot2 * rest[p * K + k];
      }
      size = Math.hypot(...next);
      if (size <= 1e-14 * total || size === 0) break;
      const before = axis;
      axis = normal(next);
      if (axis.every((value, k) => Math.abs(value - before[k]) < 1e-10)) break;
    }
    const largest = axis.reduce((most, value) => Math.abs(value) > Math.abs(most) ? value : most, 0);
    if (largest < 0) axis = axis.map((value) => -value);
    axes.push(axis);
    shares.push(total > 0 ? size / total : 0);
    for (let p = 0; p < n; p++) {
      let dot2 = 0;
      for (let k = 0; k < K; k++) dot2 += rest[p * K + k] * axis[k];
      for (let k = 0; k < K; k++) rest[p * K + k] -= dot2 * axis[k];
    }
  }
  return { mean: mean3, axes, shares };
}
function project({ mean: mean3, axes }, points) {
  const K = mean3.length;
  return Array.from({ length: points.length / K }, (_, p) => axes.map((axis) => axis.reduce((sum2, value, k) => sum2 + value * (points[p * K + k] - mean3[k]), 0)));
}
function shuffled(L, turn) {
  const order = Array.from({ length: L }, (_, t) => t);
  let seed = 12345 + 7919 * turn;
  for (let n = L - 1; n > 0; n--) {
    seed = (1103515245 * seed + 12345) % 2147483648;
    const other = Math.floor(seed / 2147483648 * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}
function normal(vector) {
  const size = Math.hypot(...vector) || 1;
  return vector.map((value) => value / size);
}
function addProduct(matrix, vector, out) {
  const K = vector.length;
  for (let row2 = 0; row2 < out.length; row2++) {
    let sum2 = 0;
    for (let k = 0, at = row2 * K; k < K; k++, at++) sum2 += matrix[at] * vector[k];
    out[row2] += sum2;
  }
}

// src/seqzoo/microscope/js/numbers.js
var sigmoid2 = (x) => 0.5 * (1 + Math.tanh(0.5 * x));
var ROWS = {
  lstm: ["f", "i", "g", "o", "c", "h", "y"],
  gru: ["z", "r", "n", "h", "y"],
  rnn: ["h", "y"]
};
function numbersOf(cell, trace, { step, unit }, { known: known2 = [], ahead = 0, weight, answer }) {
  const K = cell.size;
  const at = trace.order[step];
  const now = (name) => trace.steps[name][step * K + unit];
  const before = (name) => step > 0 ? trace.steps[name][(step - 1) * K + unit] : 0;
  const numbers = { x: trace.window[at], h0: before("h") };
  for (const name of cell.names) numbers[name] = now(name);
  const sums = cell.gates.length ? cell.gates : ["h"];
  sums.forEach((name, block) => {
    const row2 = block * K + unit;
    const wide = cell.channels - 1;
    let rest = 0;
    for (let d = 0; d < wide; d++) rest += cell.fromKnown[row2 * wide + d] * known2[at][d];
    const hidden = trace.fromHidden[step * cell.blocks * K + row2];
    const isReset = name === "n";
    const terms = {
      x: cell.fromX[row2] * numbers.x,
      known: rest,
      h0: hidden - (isReset ? 0 : cell.biasH[row2]),
      b: cell.biasX[row2] + (isReset ? 0 : cell.biasH[row2])
    };
    const past = isReset ? numbers.r * terms.h0 : terms.h0;
    const sum2 = terms.x + terms.known + terms.b + past;
    for (const [term, value] of Object.entries(terms)) numbers[`${name}.${term}`] = value;
    numbers[`${name}.sum`] = sum2;
    numbers[`${name}.free`] = cell.shut.includes(name) ? sigmoid2(sum2) : Math.tanh(sum2);
  });
  if (cell.architecture === "lstm") {
    const { f, i, g, c, o } = numbers;
    numbers.c0 = before("c");
    Object.assign(numbers, { kept: f * numbers.c0, new: i * g, squash: Math.tanh(c) });
    numbers["h.free"] = o * numbers.squash;
  }
  if (cell.architecture === "gru") {
    const { z, n, r, h0 } = numbers;
    Object.assign(numbers, { kept: z * h0, rest: 1 - z, new: (1 - z) * n, read: r * numbers["n.h0"] });
    numbers["h.free"] = numbers.kept + numbers.new;
  }
  if (cell.architecture === "rnn") numbers.b = numbers["h.b"];
  numbers.y = answer(head(cell, trace.steps.h, step)[ahead]);
  numbers.v = weight;
  numbers.others = numbers.y - weight * numbers.h;
  return numbers;
}
function figure(value) {
  const size = Math.abs(value);
  if (size < 5e-4) return "0";
  const digits = size < 0.0995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return value.toFixed(digits).replace("-", "−");
}
function worded(value, as) {
  if (as === "abs") return figure(Math.abs(value));
  return as === "paren" && figure(value).startsWith("−") ? `(${figure(value)})` : figure(value);
}

// src/seqzoo/_palette.json
var palette_default = {
  colours: {
    ink: ["#1b2026", "#e8ebef"],
    muted: ["#5a626c", "#a3acb7"],
    grey: ["#7a828c", "#8f98a3"],
    blue: ["#0072b2", "#56b4e9"],
    red: ["#a84300", "#ff9559"],
    amber: ["#ad7b00", "#f0b440"],
    green: ["#00785a", "#4fd6ac"],
    pink: ["#a8487f", "#ee9fcb"],
    teal: ["#2a8f96", "#84dbe4"],
    violet: ["#5b2f95", "#9581ea"],
    olive: ["#7f8230", "#e3e565"],
    slate: ["#2a3850", "#cfdcf2"],
    indigo: ["#6663e8", "#b3b0ff"],
    maroon: ["#7a1420", "#e4566a"],
    brown: ["#5b3f01", "#c08552"]
  },
  surfaces: {
    ground: ["#f6f7f9", "#12161b"],
    card: ["#ffffff", "#1a2027"],
    soft: ["#eef1f5", "#232a33"],
    rule: ["#e2e5ea", "#2c333c"],
    middle: ["#f6f5f1", "#1e2229"],
    on_blue: ["#ffffff", "#0c1720"],
    paper: ["#ffffff", "#ffffff"]
  },
  roles: {
    model: "blue",
    truth: "ink",
    seen: "grey",
    noise: "grey",
    bayes: "amber",
    best_linear: "green",
    linear: "green",
    line: "teal",
    last_value: "pink",
    seasonal_naive: "violet",
    partner: "violet",
    above: "blue",
    below: "red",
    open: "violet",
    intact: "blue",
    permuted: "violet",
    shuffled: "red"
  },
  models: {
    lstm: "blue",
    gru: "violet",
    mlp: "red",
    linear: "olive",
    tcn: "slate",
    rnn: "maroon",
    transformer: "indigo",
    gaf_cnn: "brown"
  },
  gates: {
    i: "green",
    f: "blue",
    g: "pink",
    o: "amber",
    r: "green",
    z: "blue",
    n: "pink",
    c: "red",
    h: "ink"
  }
};

// src/seqzoo/microscope/js/palette.js
var INKS = [0, 1].map((side) => {
  const values = Object.entries({ ...palette_default.colours, ...palette_default.surfaces }).map(([name, pair]) => [name, pair[side]]);
  const inks2 = Object.fromEntries(values);
  for (const [role, name] of Object.entries(palette_default.roles)) inks2[role] = inks2[name];
  return { ...inks2, isDark: side === 1 };
});
var inks = (isDark2) => INKS[Number(isDark2)];
var gateColour = (name) => palette_default.gates[name];
function dress(element, ink) {
  for (const [name, value] of Object.entries(ink)) {
    if (name !== "isDark") element.style.setProperty(`--${name.replaceAll("_", "-")}`, value);
  }
}

// src/seqzoo/_glossary.json
var glossary_default = {
  "90% interval": "Split conformal prediction sets a radius that covered 90% of fresh windows of the training signal; elsewhere it promises nothing.",
  Bayes: "Bayes is the conditional mean given the window: on its own signal, no forecaster has a lower expected squared error.",
  "Gramian angular field": "Each value x becomes an angle arccos(x / 1.5); a pixel holds the cosine of two angles' sum or the sine of their difference.",
  Holm: "Holm's correction raises the p-values of several comparisons, so that a difference by chance stays as rare as for one comparison.",
  SOAP: "SOAP is an optimiser: Adam in the eigenvectors of averaged gradient products, which estimate the curvature of the loss.",
  "answer so far": "The answer so far is what the network would forecast if the window ended at that step.",
  "best linear": "The best linear forecast is the weighted sum of the window with the least expected squared error; its weights are exact.",
  bundle: "A bundle is the folder that a model ships in: weights, two deployable files, golden tensors, a card and a manifest with checksums.",
  "candidate g": "The candidate is what each unit would write into its cell state, between −1 and 1.",
  "candidate n": "The candidate is the new state that each unit proposes, between −1 and 1.",
  "cell state": "The cell state is the memory of each unit: what it kept plus what it took in, c′ = f c + i g.",
  contribution: "The contribution of a unit is its state times its output weight: what it adds to the forecast.",
  cosine: "The cosine compares two lists of weights by angle: 1 means alike up to a factor, 0 means nothing in common.",
  coverage: "The coverage is the share of fresh windows whose true value fell inside the band.",
  direct: "A direct forecast has weights fitted for each step ahead, so that no forecast is fed back.",
  excess: "The excess is how far a forecaster's squared error lies above that of Bayes, in per cent of it; 0% is optimal.",
  floor: "A floor is the expected error of a reference forecaster, known exactly or by quadrature.",
  "forget gate": "The forget gate sets how much of its cell state each unit keeps from the step before: 0 nothing, 1 all.",
  "golden tensors": "Golden tensors are inputs with the outputs that every engine must reproduce within a stated tolerance.",
  "hidden state": "The hidden state is what each unit passes to the next step and to the output.",
  "influence of each input": "The influence of an input is the derivative of the forecast: its change per unit of change of that value, while the others stay.",
  input: "The input is the window that the network reads, oldest value first; each value can be dragged.",
  "input gate": "The input gate sets how much of the candidate g each unit takes into its cell state: 0 nothing, 1 all.",
  "last value": "The last value, repeated, is the simplest forecast.",
  noise: "The noise floor is the variance of the noise: the error that remains where the clean signal is known.",
  "output gate": "The output gate sets how much of its cell state each unit shows: 0 hides it, 1 shows it.",
  path: "The path shows the hidden state after each step, in the two directions in which the states vary most.",
  recursive: "A recursive forecast reads the model's own earlier forecasts as values of its window.",
  "reset gate": "The reset gate sets how much of the past each unit uses for its candidate n: 0 none, 1 all.",
  skill: "The skill is how far a forecaster comes from the last value, 0, to Bayes, 1, by mean squared error.",
  "split conformal": "Split conformal intervals have one radius for each step: the one that covered their level of the errors on values kept apart.",
  "straight line": "The straight line is fitted to the window by least squares and extended.",
  "switch off": "To switch a unit off is to hold its state at 0: it adds nothing to the forecast, and other units read 0 from it.",
  "switched off": "A part that is switched off outputs zero; the number is the root mean square change of the forecast over fresh windows.",
  truth: "The truth is the signal without its noise.",
  "update gate": "The update gate sets how much of its state each unit keeps: 1 keeps all, 0 replaces it with the candidate."
};

// src/seqzoo/microscope/js/state.js
var CHANGES = ["freeze", "ablate", "order", "values"];
var LARGEST = 1e12;
var FIRST = 8;
function whole(text2, low, high) {
  return /^-?\d{1,9}$/.test(text2) ? Math.max(low, Math.min(high, Number(text2))) : null;
}
function unitOf(cell, text2) {
  return /^\d{1,9}$/.test(text2) && Number(text2) < cell.size ? Number(text2) : null;
}
function orderNamed(name, L) {
  const plain3 = Array.from({ length: L }, (_, t) => t);
  if (name.startsWith("shuffle")) return shuffled(L, Number(name.slice(7)));
  return name === "reverse" ? plain3.toReversed() : plain3;
}
function hold(freeze, gate2, unit, value) {
  const rest = freeze.filter((one) => one.gate !== gate2 || unit !== null && one.unit !== unit);
  if (value === null) {
    return rest.length < freeze.length ? rest : freeze.filter((one) => one.gate !== gate2);
  }
  return [...rest, { gate: gate2, unit, value }].sort((a, b) => (a.unit ?? -1) - (b.unit ?? -1));
}
var holding = (freeze, gate2, unit) => freeze.findLast((one) => one.gate === gate2 && (one.unit === null || one.unit === unit));
function fromView(view, { cell, start, first, aheads }) {
  const L = start.length;
  const given = (key2) => ["string", "number"].includes(typeof view?.[key2]) ? String(view[key2]) : "";
  const items = (key2) => given(key2).slice(0, 2e4).split("~");
  const state = {
    draw: whole(given("draw"), 0, 999999) ?? 0,
    step: (whole(given("t"), 1, L) ?? L) - 1,
    unit: unitOf(cell, given("unit")) ?? first,
    ahead: (whole(given("ahead"), 1, aheads) ?? 1) - 1,
    scope: given("scope") === "one" ? "one" : "all",
    isSorted: given("sort") !== "off",
    isWhole: given("units") === "all",
    orderName: /^(reverse|shuffle\d{1,3})$/.test(given("order")) ? given("order") : "plain",
    freeze: [],
    ablate: new Set(items("ablate").map((text2) => unitOf(cell, text2)).filter((unit) => unit !== null)),
    window: [...start]
  };
  state.order = orderNamed(state.orderName, L);
  for (const item of items("freeze")) {
    const [, gate2, value, unit] = /^([a-z])(-?(?:\d|\d?\.\d{1,9}))(?:_(\d+))?$/.exec(item) ?? [];
    const isBeyond = value > 1 || value < (cell.shut.includes(gate2) ? 0 : -1);
    const at = unit === void 0 ? null : unitOf(cell, unit);
    if (!cell.gates.includes(gate2) || isBeyond || unit !== void 0 && at === null) continue;
    state.freeze = hold(state.freeze, gate2, at, Number(value));
  }
  for (const item of items("values")) {
    const [place, value] = item.split("_");
    const isPlace = /^\d{1,4}$/.test(place) && place >= 1 && place <= L;
    if (!isPlace || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) continue;
    state.window[place - 1] = Math.max(-LARGEST, Math.min(LARGEST, Number(value)));
  }
  return state;
}
function toView(state, { start, first }) {
  const view = {};
  if (state.draw) view.draw = String(state.draw);
  if (state.step !== start.length - 1) view.t = String(state.step + 1);
  if (state.unit !== first) view.unit = String(state.unit);
  if (state.ahead) view.ahead = String(state.ahead + 1);
  if (state.scope === "one") view.scope = "one";
  if (!state.isSorted) view.sort = "off";
  if (state.isWhole) view.units = "all";
  if (state.orderName !== "plain") view.order = state.orderName;
  const freeze = state.freeze.map(({ gate: gate2, unit, value }) => `${gate2}${value}${unit === null ? "" : `_${unit}`}`);
  if (freeze.length) view.freeze = freeze.join("~");
  if (state.ablate.size) view.ablate = [...state.ablate].sort((a, b) => a - b).join("~");
  const values = moved(state, start).map((t) => `${t + 1}_${state.window[t]}`);
  if (values.length) view.values = values.join("~");
  return view;
}
function rowsShown({ rows, ranked, unit, isWhole }) {
  if (isWhole) return rows;
  const first = /* @__PURE__ */ new Set([...ranked.slice(0, FIRST), unit]);
  return rows.filter((one) => first.has(one));
}
var moved = (state, start) => [...state.window.keys()].filter((t) => state.window[t] !== start[t]);
function taken(given, { aheads, isTwin }) {
  const { window, order, orderName, draw, step, scope, isSorted, isWhole, unit, freeze, ablate } = given;
  const shared = { window: [...window], order, orderName, draw, step, scope, isSorted, isWhole, ahead: Math.min(given.ahead, aheads - 1) };
  return isTwin ? { ...shared, unit, freeze, ablate: new Set(ablate) } : shared;
}
var isTouched = (state) => state.freeze.length > 0 || state.ablate.size > 0 || state.orderName !== "plain";
var Past = class {
  constructor(base) {
    this.base = base;
    this.views = [];
  }
  /** Stores the state. Successive changes with the same tag are undone together. */
  remember(state, tag2 = null) {
    if (tag2 !== null && tag2 === this.tag) return;
    this.tag = tag2;
    this.views.push(toView(state, this.base));
    if (this.views.length > 200) this.views.shift();
  }
  /** The state before the last change, with the current view of it; null if there is none. */
  undo(state) {
    this.tag = null;
    const before = this.views.pop();
    if (!before) return null;
    const view = toView(state, this.base);
    for (const key2 of CHANGES) {
      delete view[key2];
      if (key2 in before) view[key2] = before[key2];
    }
    return fromView(view, this.base);
  }
};

// src/seqzoo/microscope/js/words.js
var TERMS = {
  i: ["input gate", glossary_default["input gate"]],
  f: ["forget gate", glossary_default["forget gate"], "cell state"],
  g: ["candidate", glossary_default["candidate g"]],
  o: ["output gate", glossary_default["output gate"]],
  c: ["cell state", glossary_default["cell state"]],
  h: ["hidden state", glossary_default["hidden state"]],
  r: ["reset gate", glossary_default["reset gate"]],
  z: ["update gate", glossary_default["update gate"], "hidden state"],
  n: ["candidate", glossary_default["candidate n"]]
};
var CURVES = {
  i: [[6, 3], 2],
  f: [[], 2.5],
  g: [[2, 2], 2],
  o: [[8, 3, 2, 3], 2],
  r: [[6, 3], 2],
  z: [[], 2.5],
  n: [[2, 2], 2],
  c: [[], 2.5],
  h: [[], 3]
};
function number(value, digits = 3) {
  const whole2 = Math.floor(Math.log10(Math.max(Math.abs(value), 1)));
  if (whole2 < 2) return value.toFixed(digits).replace("-", "−");
  const kept = { minimumFractionDigits: 0, maximumFractionDigits: Math.max(0, 4 - whole2) };
  return (Math.abs(value) < 1e12 ? value.toLocaleString("en", kept) : value.toPrecision(6)).replace("-", "−");
}
var signed = (value, digits = 3) => (value < 0 ? "" : "+") + number(value, digits);
var mark = (place, name, words) => place.getAttribute(name) !== words && place.setAttribute(name, words);
var linearOf = (signal) => signal.linear ?? "best linear";
var linearRole = (signal) => signal.linear ? "line" : "best_linear";
function goalOf(signal, ahead) {
  if (signal.family === "recall") return ["Answer: the value after the cue", "answer"];
  if (!ahead) return ["Forecast of the next value", "next"];
  return [`Forecast of the value ${ahead + 1} steps ahead`, `+${ahead + 1}`];
}
function standingOf({ state, start, isGiven, standings }) {
  return standings[isGiven || state.orderName !== "plain" || moved(state, start).length ? 1 : 0];
}
function say(place, words) {
  const [text2] = place.childNodes;
  if (!text2) place.textContent = words;
  else if (text2.data !== words) text2.data = words;
}
var hide = (place, isHidden) => place.hidden !== isHidden && (place.hidden = isHidden);
function write(find, facts) {
  const { cell, state, now, untouched, forecasts, straight, bayes, isBayesKnown, own, scale, signal, aheads } = facts;
  const { step, unit } = state;
  const { L } = now;
  const rows = [["this network", number(forecasts[L - 1])], [linearOf(signal), number(straight)]];
  if (facts.standings.length) {
    rows.push([`Bayes (${standingOf(facts)})`, bayes ? number(bayes.forecast) : isBayesKnown ? "…" : "—"]);
  }
  if (untouched !== null) rows.push(["this network untouched", number(untouched)]);
  if (step < L - 1) rows.push([`after step ${step + 1}`, number(forecasts[step])]);
  const list2 = find(".mz-said");
  while (list2.children.length > 2 * rows.length) list2.lastChild.remove();
  rows.flat().forEach((words, n) => say(list2.children[n] ?? list2.appendChild(document.createElement(n % 2 ? "dd" : "dt")), words));
  say(find('[data-out="goal"]'), goalOf(signal, state.ahead)[0]);
  if (aheads > 1) say(find('[data-out="ahead"]'), `${state.ahead + 1} of ${aheads}`);
  const isPlain = state.orderName === "plain";
  say(find('[data-out="aside"]'), isPlain ? "" : "The other forecasters read the values in their original order.");
  say(find(".mz-notice"), isTouched(state) || moved(state, facts.start).length ? changed(facts) : notice(facts));
  say(find(".mz-outside"), facts.strange);
  say(find('[data-out="step"]'), `${step + 1} of ${L}`);
  find('[data-do="step"]').value = step + 1;
  const last = own("h")[L - 1];
  const weight = cell.headWeight[state.ahead * cell.size + unit] * scale;
  say(find(".mz-unit"), unitIn(facts, last, weight));
  say(find('[data-out="path"]'), pathIn(facts));
  describe(find, facts, last);
}
function unitIn({ state, now, untouched, forecasts, scale, part }, last, weight) {
  const { ablate, freeze, orderName, unit } = state;
  if (ablate.has(unit) && ablate.size === 1 && !freeze.length && orderName === "plain") {
    const move = forecasts[now.L - 1] - untouched;
    return `Unit ${unit} (switched off) added ${signed(part)} to the forecast. Without it the forecast moves by ${signed(move)}: ${signed(-part)} because that is gone, ${signed(move + part)} because the other units no longer read its state.`;
  }
  const adds = `adds ${signed(now.parts[unit] * scale)} to the forecast: its state ${number(last)} times its output weight ${number(weight)}.`;
  if (ablate.has(unit)) return `Unit ${unit} (switched off) ${adds}`;
  return `Unit ${unit} ${adds} Switched off, it moves the forecast by another amount: the other units read its state, and change too.`;
}
function pathIn({ now, question }) {
  if (!now.plane.shares.some((share) => share > 0)) return "All states are equal, so there is no path.";
  const shares = now.plane.shares.map((share) => `${Math.round(100 * share)} %`).join(" and ");
  const answer = question && `Dots: last states of windows of ${question.of}, hue by ${question.what}. Line: the states of this window. `;
  return `${answer ?? ""}The two directions hold ${shares} of the variance${question ? " of the dots" : ""}.`;
}
function describe(find, facts, last) {
  const { cell, state, now, forecasts, straight, linear, bayes, own, question, signal, ranges } = facts;
  const { step, unit } = state;
  const { L } = now;
  const alternative = (part, words) => mark(find(`[data-part="${part}"], [data-map="${part}"]`), "aria-label", words);
  const best = bayes ? `, Bayes (${standingOf(facts)}) ${number(bayes.forecast)}` : "";
  const ours = facts.isAsked ? "" : `network ${number(forecasts[L - 1])}, `;
  alternative("window", `Input of ${L} values, the last ${number(state.window[state.order[L - 1]])}. ${goalOf(signal, state.ahead)[0]}: ${ours}${linearOf(signal)} ${number(straight)}${best}.`);
  if (facts.channels.length) {
    const there = facts.channels.map((name, at) => `${name} ${number(facts.known[state.order[step]][at])}`);
    alternative("known", `Known in advance at step ${step + 1}: ${there.join(", ")}.`);
  }
  const top = now.slopes.reduce((most, slope, t) => Math.abs(slope) > Math.abs(now.slopes[most]) ? t : most, 0);
  const bayesThere = bayes ? `, of Bayes ${number(bayes.derivative[top])}` : "";
  alternative("derivative", `Influence of each input on the forecast: largest at value ${top + 1}, ${number(now.slopes[top])}; ${linearOf(signal)} weight there ${number(linear[top])}${bayesThere}.`);
  for (const name of cell.names) {
    ["low", "high"].forEach((side) => say(find(`[data-${side}="${name}"]`), ranges[name][side]));
    alternative(name, `${TERMS[name][0]} ${name}: ${cell.size} units over ${L} steps; mean ${number(mean(now.steps[name]))}; unit ${unit} at step ${step + 1}: ${number(own(name)[step])}.`);
  }
  const each = cell.names.map((name) => `${name} ${number(own(name)[step])}`).join(", ");
  alternative("curves", `Unit ${unit} at step ${step + 1}: ${each}.`);
  alternative("path", `Path of the hidden state over ${L} steps.`);
  if (question) alternative("response", `State of unit ${unit} by ${question.by}; now ${number(last)}.`);
}
var mean = (values) => values.reduce((sum2, value) => sum2 + value, 0) / values.length;
var list = (words) => words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
function doneTo(state) {
  const what = state.freeze.map(({ gate: gate2, unit, value }) => `the ${TERMS[gate2][0]} held at ${String(value).replace("-", "−")}${unit === null ? "" : ` in unit ${unit}`}`);
  const units = [...state.ablate].sort((a, b) => a - b);
  if (units.length) what.push(`${units.length === 1 ? "unit" : "units"} ${list(units)} switched off`);
  if (state.orderName !== "plain") {
    what.push(`the values read ${state.orderName === "reverse" ? "backwards" : "in random order"}`);
  }
  return list(what);
}
function changed({ state, start, now, untouched, forecasts, origin, outModel, bayes, straight, linear, intercept, signal }) {
  const forecast = forecasts[now.L - 1];
  const sentences = [];
  const places = moved(state, start);
  if (places.length) {
    const before = outModel(origin.forecast[state.ahead], origin);
    const after = untouched ?? forecast;
    const was = linear.reduce((sum2, weight, t2) => sum2 + weight * start[t2], intercept);
    const [t] = places;
    const what = places.length > 1 ? `${places.length} values changed` : `value ${t + 1} at ${number(state.window[t])} instead of ${number(start[t])}`;
    sentences.push(`with ${what}, the forecast of the untouched network goes from ${number(before)} to ${number(after)} (${signed(after - before)}), the ${linearOf(signal)} one by ${signed(straight - was)}.`);
  }
  if (untouched !== null) {
    const gap = (value) => number(Math.abs(value - bayes.forecast));
    const far = bayes ? `; its distance from Bayes was ${gap(untouched)} and is ${gap(forecast)}` : "";
    sentences.push(`${sentences.length ? "With" : "with"} ${doneTo(state)}, the forecast goes from ${number(untouched)} to ${number(forecast)} (${signed(forecast - untouched)})${far}.`);
  }
  return `Notice: ${sentences.join(" ")}`;
}
function notice(facts) {
  const { cell, now, linear, bayes } = facts;
  const parts = Array.from(now.parts, Math.abs).sort((a, b) => b - a);
  const half = parts.reduce((sum2, part) => sum2 + part, 0) / 2;
  let count = 0;
  for (let sum2 = 0; sum2 < half; count++) sum2 += parts[count];
  const memoryGate = { lstm: "f", gru: "z" }[cell.architecture];
  const share = memoryGate && Math.round(100 * mean(now.steps[memoryGate]));
  const [word, , memory] = TERMS[memoryGate ?? "h"];
  const gate2 = memoryGate ? `, and the ${word} keeps ${share} % of the ${memory} at each step on average` : "";
  const away = (list2) => Math.hypot(...now.slopes.map((slope, t) => slope - list2[t]));
  const isNearer = bayes && away(bayes.derivative) < away(linear);
  const [near, far] = [`Bayes, ${standingOf(facts)} (circles)`, "the best linear rule (lines)"];
  const both = isNearer ? [near, far] : [far, near];
  const attends = `the influence of each input (bars) is nearer to ${both.join(" than to ")}; `;
  return `Notice: ${bayes ? attends : ""}${count} of ${cell.size} units carry half of all contributions to the forecast${gate2}.`;
}

// src/seqzoo/microscope/js/diagram.js
var SYMBOLS = { x: ["x", "t"], h0: ["h", "t−1"], c0: ["c", "t−1"], c: ["c", "t"], h: ["h", "t"], y: ["ŷ", ""], b: ["b", ""] };
var HUES = { x: "grey", c0: "c", h0: "h", kept: "c", new: "c", squash: "c", rest: "z", read: "h", b: "grey", "h.sum": "grey", y: "model" };
var TRACK = { top: 12, tall: 56, wide: 8 };
function hueOf(key2, cell) {
  const hue = HUES[key2] ?? key2;
  const isState = cell.architecture === "gru" && (key2 === "kept" || key2 === "new");
  return `var(--${gateColour(isState ? "h" : hue) ?? hue})`;
}
var isSigned = (cell, name) => !cell.shut.includes(name);
var levelOf = (cell, name, value) => isSigned(cell, name) ? (value + 1) / 2 : value;
var attributes = (values) => Object.entries(values).map(([name, value]) => ` ${name}="${value}"`).join("");
var tag = (name, values, body = "") => `<${name}${attributes(values)}>${body}</${name}>`;
function symbol(letter, below) {
  const italic = tag("tspan", { class: "mz-sym" }, letter);
  return below ? italic + tag("tspan", { class: "mz-sub", dy: 4 }, below) + tag("tspan", { dy: -4 }, "​") : italic;
}
function gate(cell, { name, x, y, wide, tall }) {
  const track = { x: wide - TRACK.wide - (wide < 60 ? 9 : 16), y: TRACK.top, width: TRACK.wide, height: TRACK.tall, rx: TRACK.wide / 2 };
  const [word] = TERMS[name];
  const middle = wide / 2;
  const between = isSigned(cell, name) ? tag("path", { class: "mz-zero", d: `M${track.x - 2} ${TRACK.top + TRACK.tall / 2}h${TRACK.wide + 4}` }) : "";
  return tag(
    "g",
    { class: "mz-gate", transform: `translate(${x} ${y})`, "data-wire": name, style: `--hue: ${hueOf(name, cell)}` },
    tag(
      "g",
      {
        class: "mz-valve",
        role: "slider",
        tabindex: 0,
        "data-valve": name,
        "aria-orientation": "vertical",
        "aria-label": `${word} ${name}`,
        "aria-valuemin": isSigned(cell, name) ? -1 : 0,
        "aria-valuemax": 1
      },
      tag("rect", { class: "mz-box", width: wide, height: tall, rx: 10 }) + tag("text", { class: "mz-name", x: wide < 60 ? 9 : 16, y: 46 }, symbol(name, "")) + tag("text", { class: "mz-value", x: middle, y: tall - 25, "text-anchor": "middle", "data-slot": name }) + tag("rect", { class: "mz-track", ...track }) + between + tag("rect", { class: "mz-fill", x: track.x, width: TRACK.wide, rx: TRACK.wide / 2 }) + tag("rect", { class: "mz-grip", x: track.x - 5, width: TRACK.wide + 10, height: 7, rx: 3.5 }) + tag("text", { class: "mz-word", x: middle, y: tall - 9, "text-anchor": "middle" }, word.split(" ")[0])
    ) + tag(
      "g",
      { class: "mz-free", role: "button", tabindex: -1, "data-free": name, "aria-label": `release ${word} ${name}` },
      tag("rect", { x: 3, y: tall - 21, width: wide - 6, height: 18, rx: 7 }) + tag("text", { x: middle, y: tall - 8, "text-anchor": "middle" }, "release")
    )
  );
}
function operation([key2, sign, x, y, radius = RADIUS]) {
  const isWide = sign.length > 2;
  const shape = isWide ? tag("rect", { x: x - 20, y: y - 11, width: 40, height: 22, rx: 11 }) : tag("circle", { cx: x, cy: y, r: radius });
  return tag("g", { class: "mz-op", "data-wire": key2 }, shape + tag("text", { class: sign.length > 1 ? "mz-fn" : "", x, y: y + (isWide ? 4 : 5), "text-anchor": "middle" }, sign));
}
function label([x, y, anchor, slot2, factor], key2) {
  const of = factor ? `${tag("tspan", { class: "mz-sym" }, factor)} ` : "";
  return tag(
    "text",
    { class: "mz-num", x, y, "text-anchor": anchor, "data-wire": key2, "data-show": key2 },
    of + tag("tspan", { "data-slot": slot2 ?? key2 })
  );
}
function end([key2, x, y, anchor, slot2 = key2]) {
  return tag(
    "text",
    { class: "mz-num mz-end", x, y, "text-anchor": anchor, "data-wire": key2, "data-show": key2 },
    `${symbol(...SYMBOLS[key2])}${tag("tspan", { dx: 5, "data-slot": slot2 })}`
  );
}
function drawingOf(cell, anatomy) {
  const { width, top, height, wires, gates, ops, dots, ends } = anatomy;
  const line2 = ({ key: key2, points, isFeed, isArrow }) => {
    const d = pathOf(isArrow ? shortened(points) : points);
    return tag(
      "g",
      { class: `mz-wire${isFeed ? " mz-feed" : ""}`, "data-wire": key2, style: `--hue: ${hueOf(key2, cell)}` },
      tag("path", { class: "mz-reach", d }) + tag("path", { class: "mz-flow", d, "data-flow": isFeed ? "" : key2 }) + (isArrow ? tag("path", { class: "mz-arrow", d: arrowOf(points) }) : "")
    );
  };
  const sums = gates.map(({ name, middle, y, tall }) => {
    const sum2 = tag("tspan", { "data-slot": `${name}.sum` });
    const squash = cell.shut.includes(name) ? "σ" : "tanh";
    return tag(
      "text",
      { class: "mz-sum", x: middle + 11, y: y + tall + 17, "data-wire": name, "data-show": `${name}.sum` },
      width < 400 ? sum2 : `${squash}(${sum2})`
    );
  });
  return tag(
    "svg",
    { viewBox: `0 ${top} ${width} ${height}`, class: "mz-cell-svg", "data-wide": width },
    [
      ...wires.map(line2),
      ...dots.map(([key2, cx, cy]) => tag("circle", { class: "mz-dot", cx, cy, r: 3, style: `--hue: ${hueOf(key2, cell)}` })),
      ...ops.map(operation),
      ...gates.map((one) => gate(cell, one)),
      ...sums,
      ...wires.filter((one) => one.label).map((one) => label(one.label, one.key)),
      ...ends.map(end),
      tag("g", { class: "mz-tokens", "aria-hidden": "true" })
    ].join("")
  );
}
function slotsOf(place) {
  const nodes = [...place.querySelectorAll("[data-slot]")].map((node) => {
    const { slot: slot2, as } = node.dataset;
    return { node, slot: slot2, as, sign: as === "abs" ? node.previousElementSibling : null, text: null };
  });
  return (numbers, spell) => {
    for (const one of nodes) {
      const text2 = spell(one.slot) ?? worded(numbers[one.slot], one.as);
      const sign = one.sign && (numbers[one.slot] < 0 ? "−" : "+");
      if (text2 + sign === one.text) continue;
      one.text = text2 + sign;
      say(one.node, text2);
      if (one.sign) say(one.sign, sign);
    }
  };
}
function diagramIn(place, cell, isNarrow) {
  const anatomy = anatomyOf(cell.architecture, isNarrow);
  place.innerHTML = drawingOf(cell, anatomy);
  const all = (selector) => [...place.querySelectorAll(selector)];
  const write2 = slotsOf(place);
  const flows = all("[data-flow]:not([data-flow=''])");
  const valves2 = all(".mz-gate").map((group) => ({
    group,
    name: group.dataset.wire,
    slider: group.querySelector(".mz-valve"),
    fill: group.querySelector(".mz-fill"),
    grip: group.querySelector(".mz-grip"),
    free: group.querySelector(".mz-free")
  }));
  const shown = /* @__PURE__ */ new Map();
  for (const node of all("[data-show]")) shown.set(node.dataset.show, [...shown.get(node.dataset.show) ?? [], node]);
  const layer = place.querySelector(".mz-tokens");
  const lines = all(".mz-wire").map((group, n) => ({ group, from: beginning(anatomy.wires, anatomy.wires[n]) }));
  const carriers = anatomy.wires.filter(({ span }) => span).map((one) => ({ ...one, token: null }));
  return {
    anatomy,
    isNarrow,
    show(numbers, heldOf, spell) {
      write2(numbers, spell);
      for (const flow of flows) {
        const size = Math.min(1, Math.abs(numbers[flow.dataset.flow])) ** 0.7;
        flow.style.strokeWidth = (1.5 + 5 * size).toFixed(1);
      }
      for (const { group, name, slider, fill, grip, free } of valves2) {
        const level = levelOf(cell, name, numbers[name]);
        const zero = isSigned(cell, name) ? 0.5 : 0;
        const y = (share) => TRACK.top + TRACK.tall * (1 - share);
        mark(fill, "y", y(Math.max(level, zero)).toFixed(1));
        mark(fill, "height", (TRACK.tall * Math.abs(level - zero)).toFixed(1));
        mark(grip, "y", (y(level) - 3.5).toFixed(1));
        const held2 = heldOf(name);
        if (group.classList.contains("mz-held") !== Boolean(held2)) {
          group.classList.toggle("mz-held", Boolean(held2));
          free.setAttribute("tabindex", held2 ? 0 : -1);
        }
        mark(slider, "aria-valuenow", numbers[name].toFixed(2));
        mark(slider, "aria-valuetext", `${figure(numbers[name])}${held2 ? `, held in ${held2.unit === null ? "all units" : `unit ${held2.unit}`}` : ""}`);
      }
    },
    /** Shows the numbers that are on their way at a share of a step, and hides those that have not arrived; null ends it. */
    tokens(share, numbers) {
      for (const one of carriers) {
        const isOn = share !== null && share >= one.span[0] && share < one.span[1];
        if (!isOn) {
          one.token?.remove();
          one.token = null;
          continue;
        }
        if (!one.token) {
          layer.insertAdjacentHTML("beforeend", tag(
            "g",
            { class: "mz-token", style: `--hue: ${hueOf(one.key, cell)}` },
            `${tag("rect", { x: -19, y: -10, width: 38, height: 20, rx: 10 })}${tag("text", { y: 4, "text-anchor": "middle" }, figure(numbers[one.key]))}`
          ));
          one.token = layer.lastElementChild;
        }
        const part = (share - one.span[0]) / (one.span[1] - one.span[0]);
        const [x, y] = along(one.points, part * part * (3 - 2 * part));
        one.token.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      }
      for (const [key2, nodes] of shown) {
        const isLate = share !== null && share < arrival(carriers, key2);
        for (const node of nodes) node.classList.toggle("mz-later", isLate);
      }
      const isLater = (from) => share !== null && share < from;
      for (const { group, from } of lines) group.classList.toggle("mz-later", isLater(from));
      for (const { group, name } of valves2) group.classList.toggle("mz-later", isLater(beginning(carriers, { key: name })));
    }
  };
}
function beginning(wires, { key: key2, span, isFeed }) {
  if (span) return span[0];
  if (key2 === "y") return 0.9;
  return isFeed && key2 !== "read" ? 0 : Math.min(1, ...wires.filter((one) => one.key === key2 && one.span).map((one) => one.span[0]));
}
function arrival(carriers, key2) {
  if (["x", "h0", "c0", "b"].includes(key2)) return 0;
  if (key2 === "y") return 0.96;
  if (key2.endsWith(".sum") && !carriers.some((one) => one.key === key2)) return 0.26;
  return Math.min(1, ...carriers.filter((one) => one.key === key2).map((one) => one.span[1]));
}

// src/seqzoo/microscope/js/equations.js
var row = (inner, wire2) => wire2 ? `<mrow data-wire="${wire2}">${inner}</mrow>` : `<mrow>${inner}</mrow>`;
var mi = (letter) => `<mi>${letter}</mi>`;
var mo = (sign) => /[()^′]/.test(sign) ? `<mo stretchy="false">${sign}</mo>` : `<mo lspace="0.24em" rspace="0.24em">${sign}</mo>`;
var THIN = '<mspace width="0.17em"></mspace>';
var sub = (letter, below) => `<msub>${mi(letter)}${below}</msub>`;
var call = (name, inner) => `${mi(name)}${mo("(")}${inner}${mo(")")}`;
function symbol2(key2) {
  const before = row(`${mi("t")}<mo lspace="0" rspace="0">−</mo><mn>1</mn>`);
  if (key2 === "h0" || key2 === "c0") return row(sub(key2[0], before), key2);
  if (key2 === "y") return row(`<mover accent="true">${mi("y")}${mo("^")}</mover>`, key2);
  return row(["c", "h", "x"].includes(key2) ? sub(key2, mi("t")) : mi(key2), key2);
}
var slot = (name, wire2, as = "") => `<mn data-slot="${name}" data-wire="${wire2}"${as && ` data-as="${as}"`}></mn>`;
var added = (name, wire2) => `<mrow data-wire="${wire2}"><mo form="infix" lspace="0.24em" rspace="0.24em">+</mo>${slot(name, wire2, "abs")}</mrow>`;
function sum(name, cell) {
  const known2 = cell.channels > 1;
  const weighted = (weight, key2) => row(mi(weight) + THIN + symbol2(key2), key2);
  const terms = [weighted("w", "x"), ...known2 ? [row(sub("k", mi("t")), "known")] : []];
  const numbers = [slot(`${name}.x`, "x"), ...known2 ? [added(`${name}.known`, "known")] : []];
  if (name === "n") {
    const past = row(weighted("U", "h0") + mo("+") + `${mi("b′")}`);
    return [
      [...terms, row(mi("b"), "b"), row(symbol2("r") + THIN + mo("(") + past + mo(")"), "read")].join(mo("+")),
      [...numbers, added("n.b", "b"), mo("+"), row(slot("r", "r") + mo("×") + slot("n.h0", "h0", "paren"), "read")].join("")
    ];
  }
  return [
    [...terms, weighted("U", "h0"), row(mi("b"), "b")].join(mo("+")),
    [...numbers, added(`${name}.h0`, "h0"), added(`${name}.b`, "b")].join("")
  ];
}
var product = (wire2, ...keys) => row(keys.map((key2, n) => slot(key2, key2, n ? "paren" : "")).join(mo("×")), wire2);
function sides(key2, cell) {
  if (key2 === "y") {
    return [
      row(mi("v") + THIN + symbol2("h"), "h") + mo("+") + "<mtext>the other units</mtext>",
      row(slot("v", "h") + mo("×") + slot("h", "h", "paren"), "h") + added("others", "others")
    ];
  }
  if (key2 === "c") {
    return [
      row(symbol2("f") + THIN + symbol2("c0"), "kept") + mo("+") + row(symbol2("i") + THIN + symbol2("g"), "new"),
      product("kept", "f", "c0") + mo("+") + product("new", "i", "g")
    ];
  }
  if (key2 === "h" && cell.architecture === "lstm") {
    return [symbol2("o") + THIN + row(mi("tanh") + THIN + symbol2("c"), "squash"), slot("o", "o") + mo("×") + slot("squash", "squash", "paren")];
  }
  if (key2 === "h" && cell.architecture === "gru") {
    const rest = row(mo("(") + "<mn>1</mn>" + mo("−") + symbol2("z") + mo(")"), "rest");
    return [
      row(rest + THIN + symbol2("n"), "new") + mo("+") + row(symbol2("z") + THIN + symbol2("h0"), "kept"),
      product("new", "rest", "n") + mo("+") + product("kept", "z", "h0")
    ];
  }
  const name = cell.shut.includes(key2) ? "σ" : "tanh";
  return sum(key2, cell).map((inner) => call(name, inner));
}
var CAPTIONS = {
  lstm: {
    f: "how much memory is kept",
    i: "how much is let in",
    g: "what could be written",
    o: "how much is shown",
    c: "the memory",
    h: "what is passed on",
    y: "the answer so far"
  },
  gru: { z: "how much is kept", r: "how much past is used", n: "the state proposed", h: "what is passed on", y: "the answer so far" },
  rnn: { h: "what is passed on", y: "the answer so far" }
};
var math = (inner) => `<math>${inner}</math>`;
function equationsOf(cell) {
  return ROWS[cell.architecture].map((key2) => {
    const [symbols, numbers] = sides(key2, cell);
    return `<div class="mz-eq" data-eq="${key2}" style="--hue: ${hueOf(key2, cell)}">
      <div class="mz-law">${math(symbol2(key2) + mo("=") + symbols)}<small>${CAPTIONS[cell.architecture][key2]}</small></div>
      <div class="mz-put">${math(mo("=") + numbers)} ${math(`<mo lspace="0" rspace="0.24em">=</mo>${slot(key2, key2)}`)}</div>
      <div class="mz-put mz-instead" hidden><span></span></div></div>`;
  }).join("");
}
function equationsIn(place, cell) {
  place.innerHTML = equationsOf(cell);
  for (const node of place.querySelectorAll("[data-wire]")) node.style.setProperty("--hue", hueOf(node.dataset.wire, cell));
  const write2 = slotsOf(place);
  const rows = [...place.querySelectorAll(".mz-eq")].map((node) => ({ node, key: node.dataset.eq, put: node.querySelector(".mz-put"), instead: node.querySelector(".mz-instead") }));
  return {
    show(numbers, heldOf, isAblated, spell) {
      write2(numbers, spell);
      for (const { key: key2, put, instead } of rows) {
        const held2 = cell.gates.includes(key2) && heldOf(key2);
        const isOff = key2 === "h" && isAblated;
        const words = held2 ? `held at ${figure(numbers[key2])}; free, it would be ${figure(numbers[`${key2}.free`])}` : isOff ? `0: the unit is switched off; otherwise ${figure(numbers["h.free"])}` : "";
        hide(put, Boolean(words));
        hide(instead, !words);
        if (words) say(instead.firstChild, words);
      }
    },
    /** Marks the rows that are computed at a share of a step; null marks none. */
    reach(share) {
      rows.forEach(({ node, key: key2 }) => node.classList.toggle("mz-now", share !== null && isComputed(cell, key2, share)));
    }
  };
}
function isComputed(cell, key2, share) {
  if (key2 === "y") return share >= 0.94;
  if (cell.gates.includes(key2)) return share >= 0.26 && share < 0.46 && (key2 !== "n" || share >= 0.4);
  if (key2 === "c") return share >= 0.45 && share < 0.7;
  return share >= (cell.architecture === "rnn" ? 0.38 : 0.66) && share < 0.96;
}

// src/seqzoo/microscope/js/cellview.js
var NARROW = 520;
var SERIES = /* @__PURE__ */ new Set(["y", "v", "others"]);
var plain = (value) => Math.abs(value) < 1e3 ? number(value) : Number(value.toPrecision(5)).toLocaleString("en").replace("-", "−");
function cellView({ find, cell }) {
  const place = find(".mz-figure");
  const equations = equationsIn(find(".mz-equations"), cell);
  let diagram = null;
  let numbers;
  function draw({ state, now, outModel, known: known2, channels }) {
    const { step, unit, ahead } = state;
    const weight = cell.headWeight[ahead * cell.size + unit] * now.frame.spread;
    numbers = numbersOf(cell, now, state, { known: known2, ahead, weight, answer: (value2) => outModel(value2) });
    const heldOf = (name) => holding(state.freeze, name, unit);
    const spell = (slot2) => SERIES.has(slot2) ? spelled(slot2, numbers[slot2]) : null;
    const isAblated = state.ablate.has(unit);
    diagram?.show(numbers, heldOf, spell);
    equations.show(numbers, heldOf, isAblated, spell);
    const title2 = `unit ${unit} of ${cell.size}, step ${step + 1} of ${now.L}`;
    say(find('[data-out="cell"]'), title2);
    mark(place, "aria-label", `The cell, ${title2}. The equations beside it hold its numbers.`);
    const value = state.window[state.order[step]];
    const isScaled = Math.abs(value - numbers.x) > 1e-9;
    say(find(".mz-foot"), `${isScaled ? `x is ${plain(value)}, scaled for the network. ` : ""}w, U and b are weights of this unit; U h sums over ${cell.size === 1 ? "its state" : `all ${cell.size} units`}.${channels.length ? ` k is what ${channels.join(", ")} add.` : ""}`);
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
      diagram?.tokens(share, numbers);
      equations.reach(share);
    }
  };
}
function spelled(slot2, value) {
  return slot2 === "others" ? plain(Math.abs(value)) : plain(value);
}

// src/seqzoo/microscope/js/draw.js
function tableOf(isDark2) {
  const { below, middle, above } = inks(isDark2);
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [low, between, high] = [below, middle, above].map(channels);
  return Uint32Array.from({ length: 256 }, (_, n) => {
    const at = (n - 127.5) / 127.5;
    const far = at < 0 ? low : high;
    const share = Math.abs(at) ** 0.85;
    const [r, g, b] = between.map((value, channel) => Math.round(value + share * (far[channel] - value)));
    return 255 << 24 | b << 16 | g << 8 | r;
  });
}
function openingOf(isDark2) {
  const { middle, open: open2 } = inks(isDark2);
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [low, high] = [middle, open2].map(channels);
  return Uint32Array.from({ length: 256 }, (_, n) => {
    const [r, g, b] = low.map((value, channel) => Math.round(value + n / 255 * (high[channel] - value)));
    return 255 << 24 | b << 16 | g << 8 | r;
  });
}
var TABLES = [false, true].map(tableOf);
var OPENINGS = [false, true].map(openingOf);
function lettered(ctx) {
  ctx.font = "12px system-ui, sans-serif";
  return ctx;
}
function surface(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
    canvas.ctx = null;
  }
  const ctx = canvas.ctx ??= lettered(canvas.getContext("2d"));
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}
function timeAxis(width, L) {
  const left = width < 560 ? 42 : 50;
  const slot2 = (width - left - 8) / (L + 1);
  return { width, left, slot: slot2, L, x: (t) => left + (t + 0.5) * slot2, step: (x) => Math.floor((x - left) / slot2) };
}
function line(ctx, x0, y0, x1, y1, colour, width = 1, dash = []) {
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
}
function trail(ctx, points, colour, width = 2, dash = []) {
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  points.forEach(([x, y], n) => n ? ctx.lineTo(x, y) : ctx.moveTo(x, y));
  ctx.stroke();
  ctx.setLineDash([]);
}
function dot(ctx, x, y, radius, colour, edge) {
  ctx.beginPath();
  ctx.arc(x, y, Math.max(radius, 0), 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
  if (edge) {
    ctx.strokeStyle = edge;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
}
function text(ctx, words, x, y, colour, align = "right") {
  ctx.fillStyle = colour;
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillText(words, x, y);
}
function short(value, figures) {
  const notation = Math.abs(value) >= 1e4 ? "compact" : "standard";
  return value.toLocaleString("en", { notation, maximumSignificantDigits: figures, useGrouping: false });
}
function yAxis(ctx, axis, y, limit, ink, middle = 0) {
  for (const value of [middle - limit, middle, middle + limit]) {
    const digits = Math.abs(value) >= 10 ? 0 : 1;
    const label2 = middle ? short(value, axis.left < 50 ? 3 : 4) : value.toFixed(digits);
    text(ctx, value === 0 ? "0" : label2.replace("-", "−"), axis.left - 6, y(value), ink.muted);
    line(ctx, axis.left, Math.round(y(value)) + 0.5, axis.width, Math.round(y(value)) + 0.5, ink.rule);
  }
}
var scaleY = (height, limit, middle = 0) => (value) => height / 2 - (value - middle) / limit * (height / 2 - 12);
function drawWindow(canvas, axis, height, { values, limit, middle, forecasts, marks, step }, ink) {
  const ctx = surface(canvas, axis.width, height);
  const y = scaleY(height, limit, middle);
  const next = axis.x(axis.L);
  ctx.fillStyle = ink.rule;
  ctx.globalAlpha = 0.45;
  ctx.fillRect(next - axis.slot / 2, 0, axis.slot, height);
  ctx.globalAlpha = 1;
  yAxis(ctx, axis, y, limit, ink, middle);
  column(ctx, axis, step, 0, height, ink);
  const points = Array.from(values, (value, t) => [axis.x(t), y(value)]);
  trail(ctx, points, ink.muted, 1.5);
  points.forEach(([x, at]) => dot(ctx, x, at, 3.5, ink.ink));
  trail(ctx, Array.from(forecasts, (value, t) => [axis.x(t + 1), y(value)]), ink.model, 1.5, [3, 3]);
  for (const { value, colour, hollow, shift } of marks) {
    const at = Math.max(6, Math.min(height - 6, y(value)));
    dot(ctx, next + shift * Math.min(13, axis.slot / 3), at, 5, hollow ? ink.card : ink[colour], ink[colour]);
  }
}
function drawDerivative(canvas, axis, height, { slopes, linear, role, bayes, labels, next, step }, ink) {
  const ctx = surface(canvas, axis.width, height + 18);
  const limit = Math.max(0.05, ...[...slopes, ...linear, ...bayes ?? []].map(Math.abs));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  column(ctx, axis, step, 0, height, ink);
  const wide = axis.slot * 0.62;
  slopes.forEach((slope, t) => {
    ctx.fillStyle = slope < 0 ? ink.below : ink.above;
    ctx.fillRect(axis.x(t) - wide / 2, Math.min(y(0), y(slope)), wide, Math.max(1, Math.abs(y(slope) - y(0))));
  });
  for (const [colour, width] of [[ink.card, 5.5], [ink[role], 3]]) {
    linear.forEach((weight, t) => line(ctx, axis.x(t) - wide * 0.72, y(weight), axis.x(t) + wide * 0.72, y(weight), colour, width));
  }
  bayes?.forEach((slope, t) => dot(ctx, axis.x(t), y(slope), Math.min(3.5, axis.slot / 4), ink.card, ink.bayes));
  ticks(ctx, axis, labels, height + 9, axis.width - 1 - 7 * (next.length + 1), ink);
  text(ctx, next, axis.width - 1, height + 9, ink.muted);
}
function ticks(ctx, axis, labels, y, end2, ink) {
  const every = Math.ceil(20 / axis.slot) ** 2;
  labels.forEach((label2, t) => {
    if (t % every === 0 && axis.x(t) + 4 * String(label2).length < end2) text(ctx, label2, axis.x(t), y, ink.muted, "center");
  });
}
function column(ctx, axis, step, top, bottom, ink) {
  ctx.globalAlpha = 0.9;
  ctx.strokeStyle = ink.ink;
  ctx.lineWidth = 1.25;
  ctx.strokeRect(axis.left + step * axis.slot + 0.5, top + 0.5, axis.slot - 1, bottom - top - 1);
  ctx.globalAlpha = 1;
}
function drawHeat(canvas, axis, height, { values, K, rows, range, step, row: row2, bars, labels }, ink) {
  const ctx = surface(canvas, axis.width, height + (labels ? 18 : 0));
  if (labels) ticks(ctx, axis, labels, height + 9, axis.width, ink);
  const { L } = axis;
  const picture2 = canvas.picture ??= document.createElement("canvas");
  const count = rows.length;
  if (picture2.width !== L || picture2.height !== count) {
    [picture2.width, picture2.height] = [L, count];
    canvas.image = picture2.getContext("2d").createImageData(L, count);
  }
  const inner = picture2.getContext("2d");
  const { image } = canvas;
  const pixels = new Uint32Array(image.data.buffer);
  const table2 = (range.isOpening ? OPENINGS : TABLES)[Number(ink.isDark)];
  const scale = 256 / (range.to - range.from);
  for (let n = 0; n < count; n++) {
    for (let t = 0; t < L; t++) {
      pixels[n * L + t] = table2[Math.max(0, Math.min(255, Math.floor((values[t * K + rows[n]] - range.from) * scale)))];
    }
  }
  inner.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.globalAlpha = 0.3;
  ctx.drawImage(picture2, axis.left, 0, L * axis.slot, height);
  ctx.globalAlpha = 1;
  ctx.drawImage(picture2, 0, 0, step + 1, count, axis.left, 0, (step + 1) * axis.slot, height);
  column(ctx, axis, step, 0, height, ink);
  const tall = height / count;
  const at = (row2 + 0.5) * tall;
  ctx.strokeStyle = ink.ink;
  ctx.lineWidth = 1;
  const top = Math.round(at - tall / 2) - 0.5;
  ctx.strokeRect(axis.left - 0.5, top, L * axis.slot + 1, Math.max(3, Math.round(tall) + 1));
  if (tall >= 12) rows.forEach((unit, n) => text(ctx, `#${unit}`, axis.left - 6, (n + 0.5) * tall, n === row2 ? ink.ink : ink.muted));
  else text(ctx, `#${rows[row2]}`, axis.left - 6, Math.max(7, Math.min(height - 7, at)), ink.ink);
  if (!bars) return;
  const most = Math.max(1e-9, ...Array.from(bars, Math.abs));
  const middle = axis.x(L);
  rows.forEach((unit, n) => {
    const long = bars[unit] / most * (axis.slot / 2 - 2);
    ctx.fillStyle = long < 0 ? ink.below : ink.above;
    ctx.fillRect(Math.min(middle, middle + long), n * tall, Math.max(0.5, Math.abs(long)), Math.max(1, tall - 0.5));
  });
}
function drawRows(canvas, axis, tall, { rows, step }, ink) {
  const count = rows[0].length;
  const ctx = surface(canvas, axis.width, count * tall);
  const table2 = TABLES[Number(ink.isDark)];
  rows.forEach((row2, t) => row2.forEach((value, at) => {
    const pixel = table2[Math.max(0, Math.min(255, Math.floor((value + 1) * 128)))];
    ctx.globalAlpha = t <= step ? 1 : 0.3;
    ctx.fillStyle = `rgb(${pixel & 255} ${pixel >> 8 & 255} ${pixel >> 16 & 255})`;
    ctx.fillRect(axis.left + t * axis.slot, at * tall, axis.slot + 0.5, tall - 1);
  }));
  ctx.globalAlpha = 1;
  column(ctx, axis, step, 0, count * tall, ink);
}
function drawCurves(canvas, axis, height, { curves, step }, ink) {
  const ctx = surface(canvas, axis.width, height);
  const limit = Math.max(1, ...curves.flatMap(({ values }) => values.map(Math.abs)));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  line(ctx, axis.x(step), 4, axis.x(step), height - 4, ink.muted);
  for (const { values, colour, dash, width } of curves) {
    trail(ctx, values.map((value, t) => [axis.x(t), y(value)]), ink[colour], width, dash);
    dot(ctx, axis.x(step), y(values[step]), 3, ink[colour]);
  }
}
var huedInk = (hue, ink) => `hsl(${hue} 75% ${ink.isDark ? 62 : 44}%)`;
function drawPath(canvas, width, height, { path, ring, step }, ink) {
  const ctx = surface(canvas, width, height);
  const all = [...path, ...ring.map(({ at }) => at)];
  const [low, high] = [0, 1].map((side) => [0, 1].map((d) => Math[side ? "max" : "min"](...all.map((p) => p[d]))));
  const size = Math.max(high[0] - low[0], high[1] - low[1]);
  const isPoint = size < 1e-9;
  const scale = Math.min(width - 56, height - 44) / (isPoint ? 1 : size);
  const place = ([a, b]) => [
    width / 2 + (a - (low[0] + high[0]) / 2) * scale,
    height / 2 - (b - (low[1] + high[1]) / 2) * scale
  ];
  const middle = place([0, 0]);
  for (const { at, hue, label: label2 } of ring) {
    const [x2, y2] = place(at);
    dot(ctx, x2, y2, 4, huedInk(hue, ink));
    const far = Math.hypot(x2 - middle[0], y2 - middle[1]) || 1;
    if (label2 === null || isPoint) continue;
    const [right, down] = [(x2 - middle[0]) / far, (y2 - middle[1]) / far];
    text(ctx, label2, x2 + 20 * right, y2 + 16 * down, ink.ink, "center");
  }
  const points = path.map(place);
  trail(ctx, points, ink.muted, 1.5);
  points.slice(0, step).forEach(([x2, y2]) => dot(ctx, x2, y2, 2.5, ink.ink));
  dot(ctx, ...points[step], 6, ink.ink, ink.card);
  const [[x, y]] = points;
  if (!isPoint) text(ctx, "first value", x + 8, y - 9, ink.muted, x > width - 80 ? "right" : "left");
}
function drawResponse(canvas, width, height, { dots, now }, ink) {
  const axis = timeAxis(width, dots.length - 1);
  const ctx = surface(canvas, width, height + 16);
  const limit = Math.max(0.1, ...dots.map(({ value }) => Math.abs(value)), Math.abs(now));
  const y = scaleY(height, limit);
  yAxis(ctx, axis, y, limit, ink);
  line(ctx, axis.left, y(now), axis.width, y(now), ink.ink, 1, [4, 3]);
  dots.forEach(({ hue, label: label2, value }, n) => {
    dot(ctx, axis.x(n), y(value), 3.5, huedInk(hue, ink));
    if (label2 !== null) text(ctx, label2, Math.min(axis.x(n), width - 12), height + 8, ink.muted, "center");
  });
}

// src/seqzoo/microscope/js/paint.js
var TALL = { window: 190, derivative: 120, curves: 130, path: 230, response: 90, row: 12 };
var valueAt = (y, { limit, middle }) => middle + (TALL.window / 2 - y) / (TALL.window / 2 - 12) * limit;
function legend(place, cell, ink) {
  place.replaceChildren(...cell.names.map((name) => {
    const [dash, width] = CURVES[name];
    const one = document.createElement("span");
    const stroke = document.createElement("i");
    stroke.style.cssText = `width: 18px; border-top: ${width}px ${dash.length ? "dashed" : "solid"} ${ink[gateColour(name)]}`;
    one.append(stroke, name);
    return one;
  }));
}
function shownOf(facts) {
  const { cell, state, now, linear, intercept, bayes, outModel, untouched, signal } = facts;
  const { L } = now;
  const K = cell.size;
  const inOrder = (values) => state.order.map((position) => values[position]);
  const forecasts = Array.from({ length: L }, (_, t) => outModel(head(cell, now.steps.h, t)[state.ahead]));
  const isFresh = (bayes.ahead ?? 1) === state.ahead + 1 && bayes.window?.every((value, t) => Math.abs(value - state.window[t]) < 1e-9);
  const own = (name) => Array.from({ length: L }, (_, t) => now.steps[name][t * K + state.unit]);
  return {
    ...facts,
    inOrder,
    forecasts,
    own,
    isBayesKnown: Boolean(bayes.window),
    values: inOrder(state.window),
    next: goalOf(signal, state.ahead)[1],
    straight: linear.reduce((sum2, weight, t) => sum2 + weight * state.window[t], intercept),
    bayes: isFresh ? bayes : null,
    untouched: untouched ? outModel(untouched.forecast[state.ahead]) : null,
    isAsked: document.documentElement.hasAttribute("data-guess"),
    // a tour asks what the network does: that is not shown
    part: contributions(cell, untouched || now, L - 1, state.ahead)[state.unit] * now.frame.spread
  };
}
function rangeOf(cell, state, name) {
  if (cell.shut.includes(name)) return { from: 0, to: 1, isOpening: true, low: "0 shut", high: "1 open" };
  const to = state.limits[name] ?? 1;
  const beyond = name in state.limits && to < 1 ? " and beyond" : "";
  return { from: -to, to, isOpening: false, low: number(-to, 1), high: `${number(to, 1)}${beyond}` };
}
var heightOf = (count) => count * Math.max(4, Math.min(16, Math.floor(144 / count)));
function pictures(canvas, facts, ink, wide, side, isAlone = false) {
  const figures = shownOf(facts);
  const on = (name, put) => {
    const surface2 = canvas(name);
    if (surface2) put(surface2);
  };
  const { cell, state, now, answers, linear, inOrder, forecasts, own, bayes, straight, untouched, values, next } = figures;
  const role = linearRole(facts.signal);
  const { step, unit } = state;
  const { L } = now;
  const K = cell.size;
  const axis = timeAxis(wide, L);
  const slopes = facts.bayes.derivative;
  const labels = state.order.map((t) => t + 1);
  const marks = [{ value: straight, colour: role, shift: -1 }, { value: forecasts[L - 1], colour: "model", shift: 0 }];
  if (bayes) marks.push({ value: bayes.forecast, colour: "bayes", shift: 1 });
  if (untouched !== null) marks.unshift({ value: untouched, colour: "model", hollow: true, shift: 0 });
  const { limit, middle } = state;
  const isTold = ({ colour, hollow }) => !figures.isAsked || colour !== "model" || hollow;
  on("window", (to) => drawWindow(to, axis, TALL.window, {
    values,
    limit,
    middle,
    marks: marks.filter(isTold),
    step,
    forecasts: figures.isAsked ? [] : forecasts
  }, ink));
  if (facts.channels.length) on("known", (to) => drawRows(to, axis, TALL.row, { rows: inOrder(facts.known), step }, ink));
  on("derivative", (to) => drawDerivative(to, axis, TALL.derivative, {
    slopes: inOrder(now.slopes),
    linear: inOrder(linear),
    role,
    bayes: slopes && inOrder(slopes),
    labels,
    next,
    step
  }, ink));
  const ranges = {};
  const tall = heightOf(state.shown.length);
  for (const name of cell.names) {
    const range = ranges[name] = rangeOf(cell, state, name);
    on(name, (to) => drawHeat(to, axis, tall, {
      values: now.steps[name],
      K,
      rows: state.shown,
      step,
      range,
      row: state.shown.indexOf(unit),
      bars: name === "h" && now.parts,
      labels: isAlone && labels
    }, ink));
  }
  const curves = cell.names.map((name) => {
    const [dash, width] = CURVES[name];
    return { values: own(name), colour: gateColour(name), dash, width };
  });
  on("curves", (to) => drawCurves(to, timeAxis(side, L), TALL.curves, { curves, step }, ink));
  const path = project(now.plane, now.steps.h);
  on("path", (to) => drawPath(to, side, TALL.path, { path, ring: answers?.dots ?? [], step }, ink));
  if (answers) {
    const dots = answers.dots.map(({ hue, label: label2 }, n) => ({ hue, label: label2, value: answers.states[n * K + unit] }));
    on("response", (to) => drawResponse(to, side, TALL.response, { dots, now: own("h")[L - 1] }, ink));
  }
  return { ...figures, ranges };
}
function paint(find, canvas, points, facts, ink, wide, side) {
  const figures = pictures(canvas, facts, ink, wide, side);
  const { state, values } = figures;
  const axis = timeAxis(wide, values.length);
  const y = scaleY(TALL.window, state.limit, state.middle);
  points.forEach((point, t) => {
    point.style.transform = `translate(${axis.x(t)}px, ${y(values[t])}px)`;
    mark(point, "aria-label", `value ${state.order[t] + 1} of ${values.length}`);
    mark(point, "aria-valuenow", values[t].toFixed(3));
    mark(point, "aria-valuemin", (state.middle - state.limit).toFixed(3));
    mark(point, "aria-valuemax", (state.middle + state.limit).toFixed(3));
  });
  write(find, figures);
  return figures;
}

// src/seqzoo/microscope/js/play.js
var WHOLE = 26e3;
var BOUNDS = [450, 1300];
var PACE = { still: 1e3, away: 300 };
function player(desk, view, button2) {
  const { state, L, find } = desk;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const duration = Math.max(BOUNDS[0], Math.min(BOUNDS[1], WHOLE / L));
  let [isOn, isSeen, frame, timer, began] = [false, true, 0, 0, 0];
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    if (isSeen === isIntersecting) return;
    isSeen = isIntersecting;
    if (isOn) go();
  });
  seen.observe(find(".mz-figure"));
  function stop() {
    if (!isOn) return;
    isOn = false;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    view.at(null);
    button2.textContent = "Play";
  }
  function next() {
    if (state.step >= L - 1 || !desk.wide()) return stop();
    desk.look({ step: state.step + 1 });
    go();
  }
  function go() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    if (still.matches || !isSeen) {
      view.at(null);
      timer = setTimeout(next, still.matches ? PACE.still : PACE.away);
      return;
    }
    began = 0;
    const draw = (time) => {
      began ||= time;
      const share = (time - began) / duration;
      if (share >= 1) return next();
      view.at(share);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
  }
  return {
    stop,
    toggle() {
      if (isOn) return stop();
      isOn = true;
      button2.textContent = "Pause";
      if (state.step === L - 1) desk.look({ step: 0 });
      go();
    },
    close() {
      stop();
      seen.disconnect();
    }
  };
}

// src/seqzoo/microscope/js/controls.js
function listen(desk, view) {
  desk.press = () => press(desk);
  drag(desk);
  for (const map of desk.all("[data-map]")) map.addEventListener("click", (event) => pick(desk, map, event));
  for (const button2 of desk.all("[data-gate]")) {
    button2.addEventListener("click", () => {
      const { gate: gate2, value } = button2.dataset;
      const unit = desk.state.scope === "one" ? desk.state.unit : null;
      desk.change({ freeze: hold(desk.state.freeze, gate2, unit, value === "" ? null : Number(value)) });
    });
  }
  let shuffles = 0;
  for (const button2 of desk.all("[data-order]")) {
    button2.addEventListener("click", () => {
      const orderName = button2.dataset.order === "shuffle" ? `shuffle${shuffles++ % 1e3}` : button2.dataset.order;
      desk.change({ orderName, order: orderNamed(orderName, desk.L) });
    });
  }
  desk.player = player(desk, view, desk.find('[data-do="play"]'));
  return acts(desk, desk.player);
}
function press({ state, all, find, past, aheads }) {
  const mark2 = (button2, isOn) => button2.setAttribute("aria-pressed", String(isOn));
  for (const button2 of all("[data-gate]")) {
    const held2 = holding(state.freeze, button2.dataset.gate, state.scope === "one" ? state.unit : null);
    mark2(button2, button2.dataset.value === (held2 ? String(held2.value) : ""));
  }
  for (const button2 of all("[data-order]")) mark2(button2, state.orderName.startsWith(button2.dataset.order));
  mark2(find('[data-do="ablate"]'), state.ablate.has(state.unit));
  find('[data-do="unit"]').value = state.unit;
  find('[data-do="sort"]').checked = state.isSorted;
  if (find('[data-do="units"]')) find('[data-do="units"]').value = state.isWhole ? "all" : "first";
  if (find('[data-do="scope"]')) find('[data-do="scope"]').value = state.scope;
  if (aheads > 1) find('[data-do="ahead"]').value = state.ahead + 1;
  find('[data-do="undo"]').setAttribute("aria-disabled", String(!past.views.length));
}
function drag(desk) {
  const { find, points, L, state, past } = desk;
  const plot = find(".mz-window");
  let box;
  const at = (event) => [
    timeAxis(desk.wide(), L).step(event.clientX - box.left),
    valueAt(event.clientY - box.top, state)
  ];
  let width;
  const keep = () => {
    const notice2 = find(".mz-notice");
    if (notice2.offsetWidth !== width) notice2.style.minHeight = "";
    width = notice2.offsetWidth;
    notice2.style.minHeight = `${notice2.getBoundingClientRect().height}px`;
  };
  plot.addEventListener("pointerdown", (event) => {
    keep();
    box = desk.canvas("window").getBoundingClientRect();
    const [t, value] = at(event);
    if (t < 0 || t >= L || event.button !== 0 || desk.held !== null) return;
    past.remember(state);
    desk.held = t;
    plot.setPointerCapture(event.pointerId);
    points.forEach((point, n) => point.tabIndex = n === t ? 0 : -1);
    points[t].toggleAttribute("data-held", true);
    points[t].focus({ preventScroll: true });
    event.preventDefault();
    desk.poke(t, value);
  });
  plot.addEventListener("pointermove", (event) => desk.held !== null && desk.poke(desk.held, at(event)[1]));
  for (const end2 of ["pointerup", "pointercancel"]) {
    plot.addEventListener(end2, () => {
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
      desk.poke(t, state.window[state.order[t]] + moves[event.key] * state.limit / 40);
      return desk.press();
    }
    const next = Math.max(0, Math.min(L - 1, t + steps[event.key]));
    points[t].tabIndex = -1;
    points[next].tabIndex = 0;
    points[next].focus();
  });
  plot.addEventListener("keyup", (event) => /^(Arrow(Up|Down)|Page(Up|Down))$/.test(event.key) && desk.settle());
}
function pick(desk, map, event) {
  const { state, L } = desk;
  const box = map.getBoundingClientRect();
  const row2 = Math.floor((event.clientY - box.top) / box.height * state.shown.length);
  const step = timeAxis(desk.wide(), L).step(event.clientX - box.left);
  const within2 = (n, count) => Math.max(0, Math.min(count - 1, n));
  desk.look({ unit: state.shown[within2(row2, state.shown.length)], step: within2(step, L) });
}
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
      desk.change({
        freeze: [],
        ablate: /* @__PURE__ */ new Set(),
        orderName: "plain",
        order: orderNamed("plain", L),
        step: L - 1,
        window: [...base.start]
      });
    },
    draw: () => {
      desk.change({ draw: (state.draw + 1) % 1e6, window: [...base.start] }, false);
    },
    play: () => play.toggle()
  };
  for (const [name, work] of Object.entries(works)) {
    const control = find(`[data-do="${name}"]`);
    if (!control) continue;
    const event = { button: "click", select: "change", input: "input" }[control.localName];
    control.addEventListener(event, () => work(control));
  }
  find(".mz-cell").addEventListener("keydown", (event) => {
    const isPressed = event.target.matches("select, button, [role=button]");
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

// src/seqzoo/microscope/js/page.js
var define = (word, meaning) => `<dfn tabindex="0" title="${meaning}">${word}</dfn>`;
function maps(cell) {
  return cell.names.map((name) => {
    const [word, meaning] = TERMS[name];
    const choices = cell.shut.includes(name) ? [["free", ""], ["shut", "0"], ["open", "1"]] : cell.gates.includes(name) ? [["free", ""], ["at 0", "0"]] : [];
    const buttons = choices.map(([label2, value]) => `<button type="button" data-gate="${name}" data-value="${value}">${label2}</button>`).join("");
    return `<div class="mz-head"><h3><b>${name}</b> ${define(word, meaning)}</h3>
      <span class="mz-scale"><span data-low="${name}"></span><i class="${cell.shut.includes(name) ? "mz-opening" : ""}"></i><span data-high="${name}"></span></span>
      ${buttons && `<span class="mz-group" role="group" aria-label="Hold ${word} ${name}">${buttons}</span>`}</div>
      <div class="mz-heat" data-heat="${name}" data-wire="${name}"><canvas class="mz-map" role="img" data-map="${name}"></canvas>
        <div class="mz-spot" hidden></div><div class="mz-tip" hidden></div></div>`;
  }).join("");
}
var key = (shape, words) => `<span><i class="mz-${shape}"></i>${words}</span>`;
var button = (attribute, words) => `<button type="button" data-${attribute}>${words}</button>`;
var picture = (part) => `<canvas role="img" data-part="${part}"></canvas>`;
var title = (word, meaning) => `<h3>${define(word, meaning)}</h3>`;
function overTime(cell, points, signal, hasBayes, channels) {
  const linear = linearOf(signal);
  const weights = linear === "best linear" ? define(`${linear} weights`, glossary_default[linear]) : `${linear} weights`;
  const choice = `<label>maps show <select data-do="units"><option value="first">the top ${FIRST} units</option>
    <option value="all">all ${cell.size} units</option></select></label>`;
  return `<section class="mz-time" aria-label="Over time">
    <div class="mz-head">${title("Input", glossary_default.input)}
      <span class="mz-keys">
        ${key("dash", define("answer so far", glossary_default["answer so far"]))}
        ${key("disc mz-lin", linear)} ${key("disc", "network")} ${hasBayes ? key("disc mz-bay", "Bayes") : ""}</span>
      <span class="mz-group" role="group" aria-label="Order in which the values are read">${button('order="plain"', "in order")}${button('order="reverse"', "reversed")}${button('order="shuffle"', "shuffled")}</span></div>
    <div class="mz-window">${picture("window")}${points}</div>
    <p class="mz-outside" role="status"></p>
    <p class="mz-hint">Drag a value, or focus one: ↑ ↓ change it, ← → move to its neighbour.</p>
    ${channels.length ? known(channels) : ""}
    <div class="mz-head">
      ${title("Influence of each input", glossary_default["influence of each input"])}
      <span class="mz-keys">${key("bar", "network")}
        ${key("rule", weights)}
        ${hasBayes ? key("disc mz-ring", define("Bayes", glossary_default.Bayes)) : ""}
      </span></div>
    ${picture("derivative")}
    <div class="mz-tools">
      <label><input type="checkbox" data-do="sort" checked> sort units by
        ${define("contribution", glossary_default.contribution)}</label>
      ${cell.size > FIRST ? choice : ""}
      <span class="mz-hint">bars beside h: contribution</span>
    </div>
    ${maps(cell)}
  </section>`;
}
function known(channels) {
  return `<div class="mz-head">${title("Known in advance", `The calendar of the step after each value: ${channels.join(", ")}.`)}
      <span class="mz-keys">${channels.join(", ")}, from −1 to 1</span></div>
    ${picture("known")}`;
}
var responds = ({ of, by }) => `The last state of the unit after windows of ${of}, by ${by}. Dashed: this window.`;
var farther = (aheads) => `<div class="mz-row"><span>steps ahead <output data-out="ahead"></output></span>
  <input type="range" data-do="ahead" aria-label="steps ahead" min="1" max="${aheads}" value="1"></div>`;
function within(cell, L) {
  const scope = `<label>hold gates in <select data-do="scope"><option value="all">all units</option>
    <option value="one">this unit</option></select></label>`;
  const grab = cell.gates.length ? "Grab a gate by its handle to hold it, or press ↑ ↓ on it. " : "";
  return `<section class="mz-cell" aria-label="The cell">
    <div class="mz-desk">
      ${button('do="play"', "Play")}
      <label class="mz-row mz-steps"><span>step <output data-out="step"></output></span>
        <input type="range" data-do="step" aria-label="step" min="1" max="${L}" value="${L}"></label>
      <label>unit <select data-do="unit"></select></label>
      ${button(`do="ablate" title="${glossary_default["switch off"]}"`, "Switch off")}
      ${cell.gates.length ? scope : ""}
    </div>
    <div class="mz-anatomy">
      <div><h3>The cell: <span data-out="cell"></span></h3>
        <div class="mz-figure" role="group" tabindex="0" aria-keyshortcuts="ArrowLeft ArrowRight Space"></div>
        <p class="mz-hint">${grab}← → step, space plays.</p></div>
      <div><div class="mz-equations" role="group" tabindex="0" aria-label="Equations with the numbers of this step"></div>
        <p class="mz-hint mz-foot"></p></div>
    </div></section>`;
}
function beside(aheads, question) {
  return `<section class="mz-side" aria-label="Forecast and unit">
    <div class="mz-card"><h3 data-out="goal"></h3><dl class="mz-said"></dl>${aheads > 1 ? farther(aheads) : ""}
      <p class="mz-hint" data-out="aside"></p></div>
    <div class="mz-card"><h3>Unit</h3>
      <p class="mz-unit"></p>
      ${picture("curves")}<p class="mz-keys mz-legend"></p>
      ${question ? `<h4>${define("What it responds to", responds(question))}</h4>${picture("response")}` : ""}</div>
    <div class="mz-card">${title("Path of the hidden state", glossary_default.path)}
      ${picture("path")}<p class="mz-hint" data-out="path"></p></div>
  </section>`;
}
function figuresOf(cell, question, channels) {
  const beside2 = channels.length ? [["known", "Known in advance"]] : [];
  const maps2 = cell.names.map((name) => [name, `${name}, ${TERMS[name][0]}`]);
  const answer = question ? [["response", "What the unit responds to"]] : [];
  return [
    ["cell", "The cell"],
    ["window", "Input and forecast"],
    ...beside2,
    ["derivative", "Influence of each input"],
    ...maps2,
    ["curves", "The unit's gates and states"],
    ...answer,
    ["path", "Path of the hidden state"]
  ];
}
function downloads(cell, question, channels) {
  const options = [["all", "all figures"], ...figuresOf(cell, question, channels)];
  return `<details class="mz-menu"><summary>Download</summary><div>
    <label>figure <select data-pick="figure">${options.map(([part, words]) => `<option value="${part}">${words}</option>`).join("")}</select></label>
    ${button('save="svg"', "SVG")} ${button('save="png"', "PNG")} ${button('save="csv"', "all numbers, CSV")}
    <span role="status" class="mz-hint" data-out="saved"></span></div></details>`;
}
function skeleton({ cell, L, aheads, question, signal, hasBayes, channels }) {
  const points = Array.from({ length: L }, (_, t) => `<div class="mz-point" role="slider" data-step="${t}" tabindex="${t === L - 1 ? 0 : -1}"></div>`).join("");
  return `<header><div class="mz-top"><h2></h2>
      <div class="mz-buttons">${button('do="draw"', "New window")}${button('do="undo"', "Undo")}${button('do="reset"', "Reset")}
        ${downloads(cell, question, channels)}</div></div>
      </header>
    <div class="mz-page">${within(cell, L)}
    <p class="mz-notice"></p><p class="mz-aloud" role="status"></p>
    <div class="mz-body">${overTime(cell, points, signal, hasBayes, channels)}${beside(aheads, question)}</div></div>`;
}

// src/seqzoo/microscope/js/still.js
var KEPT = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-linejoin",
  "stroke-dasharray",
  "opacity",
  "paint-order",
  "font-family",
  "font-size",
  "font-style",
  "font-weight",
  "text-anchor"
];
var ABSENT = ".mz-tokens, .mz-reach, .mz-free, .mz-zero";
var plain2 = (value) => value.replace(/color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)\)/g, (_, ...parts) => `rgb(${parts.slice(0, 3).map((part) => Math.round(255 * part)).join(", ")})`);
function stillOf(diagram, ink) {
  const page = diagram.closest(".mz");
  const host = document.createElement("div");
  host.className = "mz";
  host.style.cssText = "position: absolute; left: -9999px; width: 1000px";
  dress(host, ink);
  const copy = diagram.cloneNode(true);
  for (const node of copy.querySelectorAll(ABSENT)) node.remove();
  for (const node of copy.querySelectorAll(".mz-lit, .mz-later")) node.classList.remove("mz-lit", "mz-later");
  for (const word of copy.querySelectorAll(".mz-word")) word.style.display = "inline";
  host.append(copy);
  page.parentElement.append(host);
  const nodes = [...copy.querySelectorAll("*")];
  const styles = nodes.map((node) => {
    const style = getComputedStyle(node);
    return style.display === "none" ? null : KEPT.map((name) => `${name}: ${plain2(style.getPropertyValue(name))}`).join("; ");
  });
  host.remove();
  nodes.forEach((node, n) => {
    if (styles[n] === null) return void node.remove();
    for (const { name } of [...node.attributes]) if (/^(class|role|tabindex|aria-|data-)/.test(name)) node.removeAttribute(name);
    node.setAttribute("style", styles[n]);
  });
  const [, , wide, high] = copy.getAttribute("viewBox").split(" ").map(Number);
  for (const { name } of [...copy.attributes]) if (/^(class|data-)/.test(name)) copy.removeAttribute(name);
  copy.setAttribute("width", wide);
  copy.setAttribute("height", high);
  return { wide, high, marks: [new XMLSerializer().serializeToString(copy)] };
}

// src/seqzoo/microscope/js/svg.js
var FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
var short2 = (value) => String(Math.round(100 * value) / 100);
var escaped = (words) => String(words).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
var Paper = class {
  style = {};
  marks = [];
  globalAlpha = 1;
  lineWidth = 1;
  getContext() {
    return this;
  }
  setTransform() {
  }
  // SVG has no pixels
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
    this.path += `M${short2(x)} ${short2(y)}`;
  }
  lineTo(x, y) {
    this.path += `L${short2(x)} ${short2(y)}`;
  }
  /** Adds a full circle; draw.js uses no other arc. */
  arc(x, y, radius) {
    const across = short2(2 * radius);
    const half = `a${short2(radius)} ${short2(radius)} 0 1 0`;
    this.path += `M${short2(x - radius)} ${short2(y)}${half} ${across} 0${half} -${across} 0z`;
  }
  put(tag2, attributes2, body) {
    const faint = this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
    this.marks.push(`<${tag2} ${attributes2}${faint}${body === void 0 ? "/>" : `>${body}</${tag2}>`}`);
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
    return `x="${short2(x)}" y="${short2(y)}" width="${short2(width)}" height="${short2(height)}"`;
  }
  fillText(words, x, y) {
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const down = short2(y + 4);
    this.put("text", `x="${short2(x)}" y="${down}" text-anchor="${anchor}" fill="${this.fillStyle}"`, escaped(words));
  }
  /** Adds a picture or, with eight numbers, a part of it. It is enlarged first, so that viewers do not blur it. */
  drawImage(picture2, ...box) {
    const [x, y, width, height] = box.slice(-4);
    const [left, top, across, down] = box.length > 4 ? box : [0, 0, picture2.width, picture2.height];
    const large = document.createElement("canvas");
    large.width = across * Math.ceil(2 * width / across);
    large.height = down * Math.ceil(2 * height / down);
    const ctx = large.getContext("2d");
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(picture2, left, top, across, down, 0, 0, large.width, large.height);
    this.put("image", `${this.box(x, y, width, height)} preserveAspectRatio="none" href="${large.toDataURL()}"`);
  }
};
function phrase(y, words, style) {
  const runs = typeof words === "string" ? escaped(words) : words.map(([colour, run]) => `<tspan fill="${colour}">${escaped(run)}</tspan>`).join("   ");
  return `<text x="12" y="${y}" xml:space="preserve" ${style}>${runs}</text>`;
}
function svgOf(heading, caption, figures, ink) {
  const width = 24 + Math.max(...figures.map(({ paper }) => paper.wide));
  const body = [phrase(26, heading, `font-size="16" font-weight="600" fill="${ink.ink}"`)];
  let y = 26;
  for (const part of caption) body.push(phrase(y += 18, part, `fill="${ink.muted}"`));
  for (const { paper, title: title2, keys } of figures) {
    body.push(phrase(y += 30, title2, `font-size="14" font-weight="600" fill="${ink.ink}"`));
    if (keys.length) body.push(phrase(y += 18, keys, ""));
    body.push(`<g transform="translate(12 ${y += 10})">${paper.marks.join("")}</g>`);
    y += paper.high;
  }
  const height = Math.ceil(y + 14);
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12" role="img"><title>${escaped(heading)}</title><rect ${size} fill="${ink.paper}"/>
${body.join("\n")}
</svg>
`;
}

// src/seqzoo/microscope/js/download.js
var WIDE = { time: 900, side: 480 };
var FINE = 2;
function keysOf(part, { cell, state, question, signal, standings, channels }, ranges, ink) {
  const linear = linearOf(signal);
  const bayes = (shape) => standings.length ? [[ink.bayes, `${shape} Bayes`]] : [];
  const forecasts = [[ink[linearRole(signal)], `● ${linear}`], [ink.model, "● network"], ...bayes("●")];
  if (part === "cell") return [[ink.muted, "a line is as thick as its number is large"]];
  if (part === "window") return [[ink.ink, "•─• values read"], [ink.model, "┄ answer so far"], ...forecasts];
  if (part === "known") return [[ink.below, "■ −1"], [ink.above, "■ 1"], [ink.muted, channels.join(", ")]];
  if (part === "derivative") {
    return [[ink.above, "■ network"], [ink[linearRole(signal)], `▬ ${linear} weights`], ...bayes("○")];
  }
  if (part === "curves") {
    return cell.names.map((name) => [ink[gateColour(name)], `${CURVES[name][0].length ? "┄" : "━"} ${name}`]);
  }
  if (part === "response") return [[ink.muted, `last state of unit ${state.unit} by ${question.by}; dashed: now`]];
  if (part === "path") return question ? [[ink.muted, `dots: windows of ${question.of}; line: this window`]] : [];
  const { isOpening, low, high } = ranges[part];
  const bars = part === "h" ? "; bars at the right: contribution" : "";
  return [[isOpening ? ink.muted : ink.below, `${isOpening ? "□" : "■"} ${low}`], [isOpening ? ink.open : ink.above, `■ ${high}`], [ink.muted, `a row is a unit, a column a step${bars}`]];
}
function drawing(part, facts, diagram) {
  const ink = inks(false);
  const papers = { cell: stillOf(diagram, ink) };
  const canvas = (name2) => papers[name2] ??= new Paper();
  const { ranges } = pictures(canvas, facts, ink, WIDE.time, WIDE.side, true);
  const { cell, question, state, now, name, start, channels } = facts;
  const figures = figuresOf(cell, question, channels).filter(([key2]) => part === "all" || key2 === part).map(([key2, title2]) => ({ paper: papers[key2], title: title2, keys: keysOf(key2, facts, ranges, ink) }));
  const caption = [`step ${state.step + 1} of ${now.L}, unit ${state.unit}`];
  if (state.ahead) caption[0] += `, forecast ${state.ahead + 1} steps ahead`;
  const changes = [moved(state, start).map((t) => `value ${t + 1}`).join(", "), doneTo(state)];
  if (changes[0]) caption.push(`changed: ${changes[0].length < 100 ? changes[0] : "many values"}`);
  if (changes[1]) caption.push(`with ${changes[1]}`);
  return svgOf(`${name} under the microscope`, caption, figures, ink);
}
async function raster(svg) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * FINE, image.height * FINE];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}
function table({ cell, state, now, linear, bayes, outModel, scale, channels, known: known2 }) {
  const K = cell.size;
  const rows = [["quantity", "step", "position", "unit", "value"]];
  const put = (quantity, step, position, unit, value) => rows.push([quantity, step, position, unit, value]);
  state.order.forEach((position, t) => put("window", t + 1, position + 1, "", state.window[position]));
  channels.forEach((name, at) => state.order.forEach((position, t) => put(name, t + 1, position + 1, "", known2[position][at])));
  now.forecast.forEach((value, ahead) => put("forecast", now.L + ahead + 1, "", "", outModel(value, now, ahead)));
  state.order.forEach((position, t) => {
    put("derivative", t + 1, position + 1, "", now.slopes[position]);
    put("best_linear_weight", t + 1, position + 1, "", linear[position]);
    const isFresh = bayes.window?.every((value, n) => value === state.window[n]) && bayes.ahead === state.ahead + 1;
    if (isFresh) put("bayes_derivative", t + 1, position + 1, "", bayes.derivative[position]);
  });
  for (let k = 0; k < K; k++) put("contribution", now.L, "", k, now.parts[k] * scale);
  for (const name of cell.names) {
    state.order.forEach((position, t) => {
      for (let k = 0; k < K; k++) put(name, t + 1, position + 1, k, now.steps[name][t * K + k]);
    });
  }
  return `${rows.map((row2) => row2.join(",")).join("\n")}
`;
}
function save(blob, file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
}
function offerDownloads({ find, all }, facts) {
  const status = find('[data-out="saved"]');
  const menu = find(".mz-menu");
  const close = (isAway) => {
    if (!menu.open || !isAway) return;
    menu.open = false;
    status.textContent = "";
  };
  menu.addEventListener("focusout", (event) => close(event.relatedTarget && !menu.contains(event.relatedTarget)));
  find(".mz-page").addEventListener("pointerdown", () => close(true));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close(true);
    find("summary").focus();
  });
  for (const button2 of all("[data-save]")) {
    button2.addEventListener("click", async () => {
      const [kind, part, given] = [button2.dataset.save, find('[data-pick="figure"]').value, facts()];
      const plain3 = given.name.replace(/[^\w.-]/g, "_");
      const file = kind === "csv" ? `${plain3}.csv` : `${plain3}-${part}.${kind}`;
      try {
        if (kind === "csv") save(new Blob([table(given)], { type: "text/csv" }), file);
        else {
          const svg = drawing(part, given, find(".mz-cell-svg"));
          save(kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await raster(svg), file);
        }
        status.textContent = `Saved ${file}.`;
      } catch (error) {
        status.textContent = `${file} could not be made: ${error.message}.`;
      }
    });
  }
}

// src/seqzoo/microscope/js/light.js
var MAPS = { c0: ["c", 1], h0: ["h", 1] };
function lighting(desk, root) {
  const { state, all, find } = desk;
  let lit = null;
  let isClear = false;
  const spots = all(".mz-spot");
  let isPointed = false;
  const shine = (key2) => {
    isPointed = false;
    if (key2 === lit) return;
    for (const node of root.querySelectorAll(".mz-lit")) node.classList.remove("mz-lit");
    lit = key2;
    if (key2) for (const node of root.querySelectorAll(`[data-wire="${CSS.escape(key2)}"]`)) node.classList.add("mz-lit");
    place();
  };
  const point = (key2) => {
    if (!key2 && !isPointed) return;
    shine(key2);
    isPointed = true;
  };
  function place() {
    const [name, back] = MAPS[lit] ?? [lit, 0];
    if (isClear && !lit) return;
    isClear = !lit;
    const axis = timeAxis(desk.wide(), desk.L);
    for (const spot of spots) {
      const step = state.step - back;
      const row2 = state.shown.indexOf(state.unit);
      const isHere = spot.parentElement.dataset.heat === name && step >= 0 && row2 >= 0;
      spot.hidden = !isHere;
      if (!isHere) continue;
      const tall = 100 / state.shown.length;
      const isAll = lit === "h0";
      Object.assign(spot.style, {
        left: `${axis.left + step * axis.slot}px`,
        width: `${axis.slot}px`,
        top: isAll ? "0" : `${row2 * tall}%`,
        height: isAll ? "100%" : `${tall}%`
      });
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
      const unit = state.shown[Math.floor(y / box.height * state.shown.length)];
      tip.hidden = step < 0 || step >= desk.L || unit === void 0;
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

// src/seqzoo/microscope/js/response.js
var QUARTERS = ["0", "½π", "π", "3⁄2π"];
function phases(amplitude, frequency, L, of) {
  const points = Array.from({ length: 48 }, (_, n) => {
    const phase = 2 * Math.PI * n / 48;
    const window = Array.from({ length: L }, (_2, t) => amplitude * Math.sin(phase - frequency * (L - 1 - t)));
    return { window, hue: 360 * n / 48, label: n % 12 ? null : QUARTERS[n / 12] };
  });
  return { points, by: `the phase of their last value`, of: `the clean sine${of}`, what: "phase" };
}
function memories({ cue, spread }, L) {
  const place = Math.floor((L - 1) / 2);
  const points = Array.from({ length: 41 }, (_, n) => {
    const value = (n - 20) / 10 * spread;
    const window = Array.from({ length: L }, (_2, t) => t === place ? cue : t === place + 1 ? value : 0);
    return { window, hue: 25 + 4.5 * n, label: n % 20 ? null : value.toFixed(1).replace("-", "−") };
  });
  return { points, by: "the value after the cue", of: "zeros with a cue in the middle", what: "value" };
}
function questionOf(signal, L) {
  const { family, amplitude, angular_frequency: frequency, lowest, highest } = signal;
  if (family === "sine") return phases(amplitude, frequency, L, "");
  const middle = (lowest + highest) / 2;
  if (family === "sine_any") return phases(amplitude, middle, L, ` at the middle frequency (${middle.toFixed(2)})`);
  return family === "recall" && L > 2 ? memories(signal, L) : null;
}
function* responding(cell, { points }, inModel, changes) {
  const K = cell.size;
  const states = new Float64Array(points.length * K);
  for (const [n, { window }] of points.entries()) {
    const { steps, L } = forward(cell, inModel(window), changes);
    states.set(steps.h.subarray((L - 1) * K), n * K);
    if (n % 6 === 5) yield;
  }
  const plane = principal(states, K);
  const at = project(plane, states);
  return { plane, states, dots: points.map(({ hue, label: label2 }, n) => ({ at: at[n], hue, label: label2 })) };
}
function respond(...given) {
  const run = responding(...given);
  let at = run.next();
  while (!at.done) at = run.next();
  return at.value;
}

// src/seqzoo/microscope/js/scaling.js
function frameOf([centre, scale, least, season], window) {
  if (least === void 0) return { level: centre, spread: scale, isOwn: false };
  const level = centre + mean2(window.map((value) => value - centre));
  const own = Math.sqrt(mean2(window.map((value) => (value - level) ** 2)));
  return { level, spread: Math.max(own, least), isOwn: true, isLeast: own <= least, last: season ? window.slice(-season) : null };
}
var enter = ({ level, spread }, window) => window.map((value) => (value - level) / spread);
var leave = ({ level, spread, last }, forecast, ahead = 0) => forecast * spread + (last ? last[ahead % last.length] : level);
function through({ isOwn, isLeast, last }, slopes, input, forecast, ahead = 0) {
  if (!isOwn) return slopes;
  const L = slopes.length;
  const slope = mean2(slopes);
  const stretch = isLeast ? 0 : (forecast - slopes.reduce((sum2, value, t) => sum2 + value * input[t], 0)) / L;
  const from = last ? L - last.length + ahead % last.length : -1;
  return slopes.map((value, t) => value - slope + stretch * input[t] + (last ? Number(t === from) : 1 / L));
}
var mean2 = (values) => values.reduce((sum2, value) => sum2 + value, 0) / values.length;

// src/seqzoo/microscope/js/valves.js
var KEYS = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.2, PageDown: -0.2 };
var TRACK2 = 56;
function valves(desk, place) {
  const { state, past, cell } = desk;
  const lowest = (gate2) => cell.shut.includes(gate2) ? 0 : -1;
  const unit = () => state.scope === "one" ? state.unit : null;
  const set = (gate2, value) => {
    const bound = Math.max(lowest(gate2), Math.min(1, value));
    desk.grip({ freeze: hold(state.freeze, gate2, unit(), Number(bound.toFixed(2))) });
  };
  const valueOf = (gate2) => desk.value(gate2, state.step, state.unit);
  const gateOf = (event) => event.target.closest?.("[data-valve]")?.dataset.valve;
  const release = (gate2) => {
    desk.change({ freeze: hold(state.freeze, gate2, unit(), null) });
    place.querySelector(`[data-valve="${gate2}"]`)?.focus({ preventScroll: true });
  };
  let grip = null;
  place.addEventListener("pointerdown", (event) => {
    const gate2 = gateOf(event);
    if (!gate2 || event.button !== 0) return;
    const svg = place.querySelector("svg");
    const scale = svg.getBoundingClientRect().width / Number(svg.dataset.wide);
    grip = { gate: gate2, from: event.clientY, value: valueOf(gate2), reach: TRACK2 * scale / (1 - lowest(gate2)), isMoved: false };
    place.setPointerCapture(event.pointerId);
    place.querySelector(`[data-valve="${gate2}"]`).focus({ preventScroll: true });
    event.preventDefault();
  });
  place.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const by = grip.from - event.clientY;
    if (!grip.isMoved && Math.abs(by) < 3) return;
    if (!grip.isMoved) past.remember(state);
    grip.isMoved = true;
    set(grip.gate, grip.value + by / grip.reach);
  });
  for (const end2 of ["pointerup", "pointercancel"]) {
    place.addEventListener(end2, () => {
      if (grip?.isMoved) desk.change({}, false);
      grip = null;
    });
  }
  place.addEventListener("keydown", (event) => {
    const gate2 = gateOf(event);
    if (!gate2) {
      const free = event.target.closest?.("[data-free]")?.dataset.free;
      if (!free || !["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      return release(free);
    }
    const ends = { Home: lowest(gate2), End: 1 };
    if (event.key === "Escape" || event.key === "Delete" || event.key === "Backspace") return release(gate2);
    if (!(event.key in KEYS) && !(event.key in ends)) return;
    event.preventDefault();
    past.remember(state, `valve ${gate2}`);
    set(gate2, ends[event.key] ?? valueOf(gate2) + KEYS[event.key]);
  });
  place.addEventListener("keyup", (event) => gateOf(event) && (event.key in KEYS || /^(Home|End)$/.test(event.key)) && desk.change({}, false));
  place.addEventListener("click", (event) => {
    const free = event.target.closest?.("[data-free]")?.dataset.free;
    if (free) release(free);
  });
  place.addEventListener("dblclick", (event) => gateOf(event) && release(gateOf(event)));
}

// src/seqzoo/microscope/js/microscope.js
var DARK = "(prefers-color-scheme: dark)";
var PAUSE = 120;
var REST = 100;
function open(el, host) {
  const root = document.createElement("div");
  root.className = "mz";
  dress(root, inks(isDark(matchMedia(DARK))));
  el.append(root);
  const undo = [];
  let gone = false;
  root.textContent = "Fetching the weights…";
  host.weights().then((bytes) => makeCell(host.get("architecture"), parseSafetensors(bytes), 1 + (host.get("channels") ?? []).length)).then((cell) => gone || undo.push(show(host, root, cell))).catch((error) => {
    root.innerHTML = '<p class="mz-error" role="alert"></p>';
    root.firstChild.textContent = `The microscope cannot show this model: ${error.message}.`;
  });
  return () => {
    gone = true;
    undo.forEach((one) => one());
    root.remove();
  };
}
function isDark(system) {
  const { theme } = document.documentElement.dataset;
  return /^(light|dark)$/.test(theme) ? theme === "dark" : (document.body.dataset.jpThemeLight ?? String(!system.matches)) === "false";
}
function show(host, root, cell) {
  const K = cell.size;
  const shape = `${cell.architecture} ${K}`;
  const scale = host.get("scale");
  const start = host.get("start");
  const L = start.length;
  const [name, signal] = ["name", "signal"].map((key2) => host.get(key2));
  const inModel = (window) => enter(frameOf(scale, window), window);
  const outModel = (value, trace = now, ahead = state.ahead) => leave(trace.frame, value, ahead);
  const channels = host.get("channels") ?? [];
  let known2 = host.get("known") ?? [];
  const read = (window, changes2) => ({ ...forward(cell, inModel(window), changes2, known2), frame: frameOf(scale, window) });
  let origin = read(start);
  const largest = () => {
    const sizes = contributions(cell, origin).map(Math.abs);
    return sizes.indexOf(Math.max(...sizes));
  };
  const aheads = host.get("best_linear_bias").length;
  const base = { cell, start, aheads, first: largest() };
  const question = questionOf(signal, L);
  root.innerHTML = skeleton({
    cell,
    L,
    aheads,
    question,
    signal,
    channels,
    hasBayes: host.get("standings").length > 0
  });
  const places = /* @__PURE__ */ new Map();
  const find = (selector) => {
    if (!places.get(selector)?.isConnected) places.set(selector, root.querySelector(selector));
    return places.get(selector);
  };
  const all = (selector) => [...root.querySelectorAll(selector)];
  const canvas = (part) => find(`[data-part="${part}"], [data-map="${part}"]`);
  find("h2").textContent = `${name} under the microscope`;
  for (const part of all("section")) part.ariaLabel += `, ${name}`;
  const system = matchMedia(DARK);
  const past = new Past(base);
  const state = { rows: Array.from({ length: K }, (_, k) => k), shown: [], limit: 1, middle: 0, limits: {} };
  let ink = inks(false);
  let [wide, side] = [0, 0];
  let bayes = host.get("bayes");
  let told = host.get("view");
  let now, untouched, answers, report, wait;
  let ranks = null;
  const changes = () => ({ freeze: state.freeze, ablate: [...state.ablate], order: state.order });
  function recompute() {
    now = read(state.window, changes());
    const { ahead } = state;
    now.slopes = through(now.frame, derivative(cell, now, ahead), now.window, now.forecast[ahead], ahead);
    now.parts = contributions(cell, now, L - 1, state.ahead);
    if (!isTouched(state)) untouched = now;
    else if (!untouched?.of.every((value, t) => value === state.window[t])) untouched = read(state.window);
    untouched.of = [...state.window];
    now.plane = answers?.plane ?? principal(now.steps.h, K);
  }
  function askAgain(isLater) {
    clearTimeout(wait);
    if (!question) return;
    const take = (responses) => {
      answers = responses;
      now.plane = answers.plane;
    };
    if (!isLater) return void take(respond(cell, question, inModel, changes()));
    const run = responding(cell, question, inModel, changes());
    const go = () => {
      const at = run.next();
      if (!at.done) return void (wait = setTimeout(go));
      take(at.value);
      draw();
    };
    wait = setTimeout(go, 30);
  }
  function sort() {
    const parts = contributions(cell, untouched, L - 1, state.ahead);
    const numbered = [...state.rows.keys()];
    state.ranked = ranks ?? numbered.toSorted((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
    state.rows = state.isSorted ? state.ranked : numbered;
    state.shown = rowsShown(state);
    const option = (unit) => new Option(`#${unit} (${signed(parts[unit] * now.frame.spread)})`, unit);
    find('[data-do="unit"]').replaceChildren(...state.rows.map(option));
    find('[data-do="unit"]').value = state.unit;
  }
  function rescale() {
    const states = cell.names.filter((name2) => !cell.gates.includes(name2));
    for (const name2 of states) {
      const sizes = Float64Array.from(now.steps[name2], Math.abs).sort();
      state.limits[name2] = Math.max(0.1, Math.ceil(10 * sizes[Math.floor(0.98 * sizes.length)]) / 10);
    }
    const every = [...state.window, outModel(now.forecast[state.ahead])];
    if (signal.family) {
      state.limit = 1.2 * Math.max(0.5, ...every.map(Math.abs));
      return;
    }
    const [low, high] = [Math.min(...every), Math.max(...every)];
    state.middle = (low + high) / 2;
    state.limit = 0.6 * (high - low) || scale[1];
  }
  function facts() {
    return {
      cell,
      state,
      start: base.start,
      now,
      answers,
      question,
      channels,
      known: known2,
      scale: now.frame.spread,
      outModel,
      origin,
      name,
      signal,
      bayes,
      aheads,
      standings: host.get("standings"),
      isGiven: host.get("is_given"),
      strange: host.get("outside") ?? "",
      linear: host.get("best_linear")[state.ahead],
      intercept: host.get("best_linear_bias")[state.ahead],
      untouched: isTouched(state) && untouched
    };
  }
  const away = /* @__PURE__ */ new Set();
  const nameOf = ({ dataset }) => dataset.part ?? dataset.map;
  let resting;
  function drawAway() {
    clearTimeout(resting);
    resting = void 0;
    if (wide) pictures((part) => away.has(part) ? canvas(part) : null, facts(), ink, wide, side);
  }
  const sight = new IntersectionObserver((entries) => {
    if (resting && entries.some(({ isIntersecting }) => isIntersecting)) drawAway();
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) away.delete(nameOf(target));
      else away.add(nameOf(target));
    }
  });
  const OF_BAYES = /* @__PURE__ */ new Set(["window", "derivative"]);
  let later = 0;
  const drawLater = () => later ||= requestAnimationFrame(() => draw(OF_BAYES));
  function draw(parts) {
    cancelAnimationFrame(later);
    later = 0;
    if (!wide) return;
    const given = facts();
    const isDrawn = (part) => !away.has(part) && (!parts || parts.has(part));
    const figures = paint(find, (part) => isDrawn(part) ? canvas(part) : null, desk.points, given, ink, wide, side);
    clearTimeout(resting);
    if (away.size) resting = setTimeout(drawAway, REST);
    view.draw(given);
    lights.place();
    host.drawn?.(figures, root);
  }
  function tell(isOver) {
    const send = () => {
      report = void 0;
      told = toView(state, base);
      host.tell([...state.window], told);
    };
    if (!isOver) return void (report ??= setTimeout(send, PAUSE));
    clearTimeout(report);
    send();
    find(".mz-aloud").textContent = find(".mz-notice").textContent;
  }
  const share = (isOver) => host.share?.("peer", { ...state, of: shape, isOver });
  const desk = {
    cell,
    state,
    base,
    past,
    L,
    find,
    all,
    canvas,
    aheads,
    points: all(".mz-point"),
    held: null,
    wide: () => wide,
    /** Changes the view. Only another step ahead needs a new computation. */
    look(given) {
      const isFarther = "ahead" in given && given.ahead !== state.ahead;
      Object.assign(state, given);
      if (isFarther) {
        recompute();
        rescale();
        sort();
      }
      state.shown = rowsShown(state);
      desk.press();
      draw();
      if ("isWhole" in given || "unit" in given) drawAway();
      tell();
      share(isFarther);
    },
    sort() {
      sort();
      draw();
      drawAway();
      tell();
      share(true);
    },
    /** Changes the value that is read at a step. */
    poke(t, value) {
      const bound = state.middle + Math.max(-state.limit, Math.min(state.limit, value - state.middle));
      const grain = signal.family ? 1e-3 : 10 ** (Math.floor(Math.log10(state.limit)) - 3);
      state.window[state.order[t]] = Number((Math.round(bound / grain) * grain).toPrecision(15));
      recompute();
      draw();
      tell();
      share(false);
    },
    /** Holds a gate during a drag of its valve. */
    grip(given) {
      Object.assign(state, given);
      recompute();
      draw();
      desk.press();
      tell();
      share(false);
    },
    /** The number of a gate or state. */
    value: (name2, step, unit) => now.steps[name2][step * K + unit],
    /** Ends a drag: sorts the rows and sets the scale again. */
    settle() {
      rescale();
      sort();
      desk.press();
      draw();
      drawAway();
      tell(true);
      share(true);
    },
    /** Changes the network or its window. */
    change(given, isKept = true) {
      if (isKept) past.remember(state);
      desk.apply(given);
      tell(true);
    },
    /** Applies a changed state. */
    apply(given) {
      Object.assign(state, given);
      recompute();
      rescale();
      sort();
      desk.press();
      draw();
      drawAway();
      askAgain(true);
      share(true);
    }
  };
  function follow(given) {
    if (given.step !== state.step) desk.player.stop();
    Object.assign(state, taken(given, { aheads, isTwin: given.of === shape }));
    if (!host.leads) ranks = given.of === shape ? given.ranked : null;
    recompute();
    if (given.isOver) {
      rescale();
      sort();
      askAgain(true);
    }
    state.shown = rowsShown(state);
    desk.press();
    draw();
    if (given.isOver) drawAway();
    tell(given.isOver);
    if (host.leads && given.isOver) share(true);
  }
  function cast(other, isLast) {
    Object.assign(cell, other);
    [origin, untouched] = [read(base.start), void 0];
    recompute();
    if (isLast) {
      rescale();
      sort();
      askAgain(true);
    }
    draw();
    if (isLast) drawAway();
  }
  const within2 = cellView(desk);
  const view = {
    ...within2,
    at(portion) {
      within2.at(portion);
      host.share?.("moving", portion);
    }
  };
  const lights = lighting(desk, root);
  valves(desk, find(".mz-figure"));
  const same = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
  const outside = {
    window: () => {
      const given = host.get("window");
      const isOurs = desk.held !== null || report || given.every((value, t) => value === state.window[t]);
      if (isOurs || given.length !== L) return;
      desk.apply({ window: [...given] });
      tell();
    },
    view: () => {
      const given = host.get("view");
      if (desk.held !== null || same(given, told) || same(given, toView(state, base))) return;
      told = given;
      desk.apply(fromView(given, base));
      tell();
    },
    start: () => {
      const { draw: draw2, values } = host.get("view") ?? {};
      const view2 = { ...toView(state, base), unit: state.unit, draw: draw2, values };
      base.start = host.get("start");
      known2 = host.get("known") ?? [];
      untouched = void 0;
      origin = read(base.start);
      base.first = largest();
      past.views.length = 0;
      desk.apply(fromView(view2, base));
      tell(true);
    },
    outside: () => say(find(".mz-outside"), host.get("outside") ?? ""),
    peer: () => follow(host.get("peer")),
    moving: () => {
      const portion = host.get("moving");
      if (portion !== null) desk.player.stop();
      within2.at(portion);
    },
    bayes: () => {
      bayes = host.get("bayes");
      drawLater();
    }
  };
  const repaint = () => {
    const dark = isDark(system) && !printing;
    root.classList.toggle("mz-dark", dark);
    ink = inks(dark);
    dress(root, { ...ink, linear: ink[linearRole(signal)] });
    legend(find(".mz-legend"), cell, ink);
    draw();
    drawAway();
  };
  let printing = false;
  const print = (event) => {
    printing = event.type === "beforeprint";
    repaint();
  };
  const observer = new ResizeObserver(() => {
    [wide, side] = [canvas("window").clientWidth, canvas("path").clientWidth];
    if (wide) view.fit(find(".mz-figure").clientWidth);
    draw();
  });
  const theme = new MutationObserver(repaint);
  Object.assign(state, fromView(host.get("view"), base));
  const isElsewhere = state.window.some((value, t) => value !== host.get("window")[t]);
  if (isElsewhere && !host.get("view").values) state.window = [...host.get("window")];
  recompute();
  askAgain(false);
  const stop = listen(desk, view);
  offerDownloads(desk, facts);
  rescale();
  sort();
  desk.press();
  repaint();
  if (isElsewhere || !same(host.get("view"), toView(state, base))) tell(true);
  const deaf = Object.entries(outside).map(([name2, follow2]) => host.listen(name2, follow2));
  system.addEventListener("change", repaint);
  for (const when of ["beforeprint", "afterprint"]) addEventListener(when, print);
  theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  theme.observe(document.documentElement, { attributeFilter: ["data-theme", "data-guess"] });
  for (const one of all("canvas")) sight.observe(one);
  observer.observe(canvas("window"));
  observer.observe(canvas("path"));
  observer.observe(find(".mz-figure"));
  host.ready?.({ of: shape, share: () => share(true), cast });
  return () => {
    stop();
    clearTimeout(report);
    clearTimeout(wait);
    clearTimeout(resting);
    cancelAnimationFrame(later);
    sight.disconnect();
    observer.disconnect();
    theme.disconnect();
    system.removeEventListener("change", repaint);
    for (const when of ["beforeprint", "afterprint"]) removeEventListener(when, print);
    deaf.forEach((stop2) => stop2());
  };
}

// src/seqzoo/microscope/hosts/fetched.js
async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url}`);
  return answer.arrayBuffer();
}

// src/seqzoo/microscope/hosts/anywidget.js
function asked(model) {
  return new Promise((resolve) => {
    const take = (content, buffers) => {
      if (content?.kind !== "weights") return;
      model.off("msg:custom", take);
      resolve(buffers[0]);
    };
    model.on("msg:custom", take);
    model.send({ kind: "weights" });
  });
}
function render({ model, el }) {
  return open(el, {
    get: (name) => model.get(name),
    weights: () => model.get("url") ? fetched(model.get("url")) : asked(model),
    tell(window, view) {
      model.set("window", window);
      model.set("view", view);
      model.save_changes();
    },
    listen(name, follow) {
      model.on(`change:${name}`, follow);
      return () => model.off(`change:${name}`, follow);
    }
  });
}
var anywidget_default = { render };
export {
  anywidget_default as default
};
