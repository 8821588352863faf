// Random numbers that a seed decides: xoshiro128** (Blackman & Vigna 2018), started by splitmix32. Each stream is of
// a seed, a purpose and a number, for example of a batch, so that a run can go on at any step.
// ../random.js draws as NumPy does, by functions whose last digits differ between browsers.
import { log } from "../numerals.js";

export const PURPOSES = { weights: 1, batches: 2, heldOut: 3, series: 4 };

const turned = (x, by) => (x << by) | (x >>> (32 - by));

function mixed(x) {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

export class Stream {
  constructor(seed, purpose, number = 0) {
    let at = [seed, purpose, number].reduce((state, part) => mixed((state ^ part) + 0x9e3779b9), 0);
    this.state = Int32Array.from({ length: 4 }, () => mixed((at = (at + 0x9e3779b9) | 0)));
    this.spare = null; // normal numbers are made in pairs
  }

  /** A whole number from 0 to 2^32 - 1. */
  next() {
    const s = this.state;
    const result = Math.imul(turned(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = turned(s[3], 11);
    return result;
  }

  /** A number from 0 to 1, below 1, in steps of 2^-53. */
  uniform() {
    const upper = this.next() >>> 5;
    return (upper * 67108864 + (this.next() >>> 6)) / 9007199254740992;
  }

  /** A number of the normal distribution, by Marsaglia's polar method. */
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    let x, y, s;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      s = x * x + y * y;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * log(s)) / s);
    this.spare = y * scale;
    return x * scale;
  }
}
