// The compiled core (native/core.cpp) as WebAssembly: LSTM, GRU and RNN in float32, forward with every gate and state,
// and backward. No DOM. core.wasm is the module; `python native/build.py microscope` builds it.

const NUMBERS = { lstm: 0, gru: 1, rnn: 2 };
const TAPED = { lstm: ["h", "c", "i", "f", "g", "o"], gru: ["h", "r", "z", "n", "q"], rnn: ["h"] }; // of a step, in their order
const LINE = 64; // bytes; vectors of weights are to lie in one cache line
const [PARAMETERS, PACKED, FORWARD, TAPE, BACKWARD] = [0, 1, 2, 3, 4]; // what `size` can be asked for

/** The core from the bytes of core.wasm. Throws where WebAssembly, or its vectors of 128 bits, are not to be had. */
export async function compiled(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return new Core(instance.exports);
}

let only = null;

/** The one core of a page, from the bytes that `fetch` promises; null where there can be none. */
export function coreOfPage(fetch) {
  only ??= fetch().then(compiled).catch(() => null);
  return only;
}

/**
 * The functions, and the memory that all networks share: what a call returns is overwritten by the next call.
 * The module allocates nothing; all memory beyond its first pages is laid out here.
 */
export class Core {
  #named;
  #memory;
  #base;
  #packed = null; // the parameters that lie there packed
  #taped = null; // what was computed last

  constructor(exports) {
    this.#memory = exports.memory;
    this.#base = exports.memory.buffer.byteLength;
    exports.memory.grow(1); // for the shape, with which the sizes of the rest are asked for
    this.#named = (name) => exports[`seqzoo_${name}_wasm32`];
  }

  /** Floats that a shape needs of one kind; negative if the core does not take the shape. */
  #size(what, T, B) {
    return Number(this.#named("size")(this.#base, what, BigInt(T), BigInt(B)));
  }

  #floats(at, count) {
    return new Float32Array(this.#memory.buffer, at, count); // anew each time: memory that grows is another buffer
  }

  /** Lays out memory for a shape { architecture, D, K, H } and B windows of T steps; null if the core does not take it. */
  #lay({ architecture, D, K, H }, T, B) {
    new Int32Array(this.#memory.buffer, this.#base, 4).set([NUMBERS[architecture], D, K, H]);
    if (this.#size(PARAMETERS, T, B) < 0 || T > 4096) return null;
    const [parameters, packed, forward, tape, backward] =
      [PARAMETERS, PACKED, FORWARD, TAPE, BACKWARD].map((what) => this.#size(what, T, B));
    const sizes = { shape: 4, parameters, packed, outputs: B * H, slopes: B * H, windows: B * T * D, ofWindows: B * T * D,
      gradients: parameters, scratch: Math.max(forward, backward), tape };
    const at = {};
    let end = this.#base;
    for (const [name, count] of Object.entries(sizes)) {
      at[name] = end;
      end += LINE * Math.ceil((4 * count) / LINE);
    }
    at.step = this.#size(TAPE, 1, 1); // floats between two steps of a tape
    at.lanes = 1;
    while (this.#size(TAPE, 1, at.lanes + 1) === at.step) at.lanes++;
    const lack = end - this.#memory.buffer.byteLength;
    try {
      if (lack > 0) this.#memory.grow(Math.ceil(lack / 65536));
    } catch {
      return null;
    }
    return { at, sizes };
  }

  /**
   * The outputs [B * H] of windows [B * T * D], `of(name)`, a state or gate [T * K] of the first window, and `last()`, the
   * last h [B * K] of all. Null if the core does not take the shape, or there is no memory for it.
   * parameters: all weights, one after another in PyTorch's order; the same array must hold the same numbers.
   */
  forward(shape, parameters, windows, T) {
    const B = windows.length / T / shape.D;
    this.#taped = null; // the shape in memory is no longer that of the last tape
    const room = this.#lay(shape, T, B);
    if (!room) return null;
    const { at, sizes } = room;
    if (this.#packed !== parameters) {
      this.#floats(at.parameters, sizes.parameters).set(parameters);
      this.#named("pack")(this.#base, at.parameters, at.packed);
      this.#packed = parameters;
    }
    this.#floats(at.windows, windows.length).set(windows);
    this.#named("forward")(this.#base, BigInt(T), BigInt(B), at.packed, at.windows, at.outputs, at.tape, at.scratch);
    const run = { outputs: this.#floats(at.outputs, B * shape.H).slice(), of: (name) => this.#read(shape, T, at, name),
      last: () => this.#last(shape, T, B, at) };
    this.#taped = { run, shape, T, B, room };
    return run;
  }

  /** A state or gate [T * K] of the first window: windows lie side by side in a tape, as many as `lanes`. */
  #read({ architecture, K }, T, { step, lanes, tape }, name) {
    const values = this.#floats(tape, T * step);
    const first = TAPED[architecture].indexOf(name) * K * lanes;
    const result = new Float64Array(T * K);
    for (let t = 0, n = 0; t < T; t++) {
      for (let k = 0, at = t * step + first; k < K; k++, at += lanes) result[n++] = values[at];
    }
    return result;
  }

  /** The last state h [B * K]: it comes first in a step, and tapes of as many windows as there are lanes lie one after another. */
  #last({ K }, T, B, { step, lanes, tape }) {
    const values = this.#floats(tape, Math.ceil(B / lanes) * T * step);
    const result = new Float64Array(B * K);
    for (let b = 0; b < B; b++) {
      const from = (Math.floor(b / lanes) * T + T - 1) * step + (b % lanes);
      for (let k = 0; k < K; k++) result[b * K + k] = values[from + k * lanes];
    }
    return result;
  }

  /**
   * The gradients of all parameters and of the windows, by those of the outputs [B * H]: { parameters, windows [B * T * D] },
   * views of the memory. Null unless `run` is what `forward` returned last.
   */
  backward(run, slopes) {
    if (this.#taped?.run !== run) return null;
    const { shape, T, B, room: { at, sizes } } = this.#taped;
    this.#floats(at.slopes, B * shape.H).set(slopes);
    this.#named("backward")(this.#base, BigInt(T), BigInt(B), at.packed, at.windows, at.tape, at.slopes, at.gradients,
      at.ofWindows, at.scratch);
    return { parameters: this.#floats(at.gradients, sizes.parameters), windows: this.#floats(at.ofWindows, sizes.windows) };
  }
}
