// The random numbers of NumPy's default_rng: a link opens the same window in the app, which draws it in Python, and in a
// page without a server. Seeding as in numpy.random.SeedSequence, numbers of PCG64 (O'Neill 2014), normal numbers by the
// ziggurat of 256 strips (Marsaglia & Tsang 2000).

const mask = (1n << 128n) - 1n;
const FACTOR = 0x2360ed051fc65da44385df649fccf645n;
const TAIL = 3.6541528853610088; // where the ziggurat ends
const AREA = 0.00492867323399141; // of a strip
const UNIT = 2 ** -53;

/** The words [8] of 32 bits that a seed of up to 2^53 gives PCG64. */
function words(seed) {
  const hashing = (start, factor) => {
    let constant = start;
    return (value) => {
      let mixed = value ^ constant;
      constant = Math.imul(constant, factor);
      mixed = Math.imul(mixed, constant);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
  };
  const blend = (x, y) => {
    const mixed = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const hash = hashing(0x43b0d7e5, 0x931e8875);
  const pool = [seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0, 0].map(hash);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = blend(pool[to], hash(pool[from]));
  }
  const out = hashing(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: 8 }, (_, n) => out(pool[n % 4]));
}

let strips = null; // of the ziggurat: { accept, width, height }, [256] each

function ziggurat() {
  if (strips) return strips;
  const [accept, width, height] = [0, 0, 0].map(() => new Float64Array(256));
  const density = (x) => Math.exp(-0.5 * x * x);
  const scale = 2 ** 52;
  accept[0] = (TAIL * density(TAIL) / AREA) * scale;
  [width[0], height[0]] = [AREA / density(TAIL) / scale, 1];
  let x = TAIL;
  [width[255], height[255]] = [x / scale, density(x)];
  for (let n = 254; n > 0; n--) {
    const above = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    accept[n + 1] = (above / x) * scale;
    x = above;
    [width[n], height[n]] = [x / scale, density(x)];
  }
  return (strips = { accept, width, height });
}

export class Random {
  #state = 0n;
  #step;
  #half = null; // the other 32 bits of a number

  constructor(seed) {
    const at = words(seed).map(BigInt);
    const long = (n) => (((at[n + 1] << 32n) | at[n]) << 64n) | (at[n + 3] << 32n) | at[n + 2];
    this.#step = ((long(4) << 1n) | 1n) & mask;
    this.#turn();
    this.#state = (this.#state + long(0)) & mask;
    this.#turn();
  }

  #turn() {
    this.#state = (this.#state * FACTOR + this.#step) & mask;
  }

  /** 64 bits. */
  #next() {
    this.#turn();
    const by = this.#state >> 122n;
    const folded = (this.#state >> 64n) ^ (this.#state & 0xffffffffffffffffn);
    return ((folded >> by) | (folded << (64n - by))) & 0xffffffffffffffffn;
  }

  /** A number from 0 to 1, below 1. */
  uniform() {
    return Number(this.#next() >> 11n) * UNIT;
  }

  /** A whole number from 0 to `count` - 1, by Lemire's method. */
  below(count) {
    if (count === 1) return 0;
    const wide = BigInt(count);
    for (const least = (2n ** 32n - wide) % wide; ; ) {
      const product = BigInt(this.#word()) * wide;
      if ((product & 0xffffffffn) >= least) return Number(product >> 32n);
    }
  }

  #word() {
    if (this.#half !== null) {
      const word = this.#half;
      this.#half = null;
      return word;
    }
    const both = this.#next();
    this.#half = both >> 32n;
    return both & 0xffffffffn;
  }

  /** The numbers from 0 to `count` - 1 in another order; a place is drawn by its bits, until one is not too large. */
  permutation(count) {
    const order = Array.from({ length: count }, (_, n) => n);
    for (let n = count - 1; n > 0; n--) {
      const bits = BigInt(2 ** (32 - Math.clz32(n)) - 1);
      let other;
      do other = Number(this.#word() & bits); while (other > n);
      [order[n], order[other]] = [order[other], order[n]];
    }
    return order;
  }

  /** A number of the normal distribution. */
  normal() {
    const { accept, width, height } = ziggurat();
    for (;;) {
      const bits = this.#next();
      const strip = Number(bits & 0xffn);
      const size = Number((bits >> 9n) & 0xfffffffffffffn);
      const sign = (bits >> 8n) & 1n ? -1 : 1;
      const x = size * width[strip];
      if (size < accept[strip]) return sign * x;
      if (strip === 0) {
        for (;;) {
          const far = -Math.log1p(-this.uniform()) / TAIL;
          const off = -Math.log1p(-this.uniform());
          if (2 * off > far * far) return (Math.floor(size / 256) % 2 ? -1 : 1) * (TAIL + far);
        }
      }
      if ((height[strip - 1] - height[strip]) * this.uniform() + height[strip] < Math.exp(-0.5 * x * x)) return sign * x;
    }
  }

  normals(count) {
    return Array.from({ length: count }, () => this.normal());
  }
}
