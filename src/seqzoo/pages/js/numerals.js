// Functions of one number that have the same bits in every browser: +, -, *, / and the square root are exact by the
// standard, while the digits of Math.exp and its like are each browser's own. So a seed gives the same curve everywhere.

const LN2 = [0.6931471803691238, 1.9082149292705877e-10]; // in two parts: a multiple of the first is exact
const HALF_PI = [1.5707963267341256, 6.077100506506192e-11];
const bits = new Float64Array(1);
const [low, high] = [0, 1]; // of a number: the order of all machines that run browsers
const halves = new Uint32Array(bits.buffer);

/** e^x for -700 < x < 700; 0 below. */
export function exp(x) {
  if (x < -700) return 0;
  const n = Math.round(x / (LN2[0] + LN2[1]));
  const r = x - n * LN2[0] - n * LN2[1];
  let sum = 1;
  for (let k = 13; k > 0; k--) sum = 1 + (sum * r) / k;
  halves[low] = 0;
  halves[high] = (n + 1023) << 20; // 2^n
  return sum * bits[0];
}

/** The natural logarithm of a normal number above 0. */
export function log(x) {
  bits[0] = x;
  let n = (halves[high] >>> 20) - 1023;
  halves[high] = (halves[high] & 0xfffff) | (1023 << 20); // from 1 to 2
  let m = bits[0];
  if (m > 1.4142135623730951) {
    m /= 2;
    n++;
  }
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let k = 23; k > 0; k -= 2) sum = sum * s * s + 1 / k;
  return n * LN2[0] + (n * LN2[1] + 2 * s * sum);
}

/** [cos x, sin x] for |x| below 10^5. */
export function circle(x) {
  const n = Math.round(x / (HALF_PI[0] + HALF_PI[1]));
  const r = x - n * HALF_PI[0] - n * HALF_PI[1];
  let [c, s] = [1, 1];
  for (let k = 16; k > 0; k -= 2) {
    c = 1 - (c * r * r) / (k * (k - 1));
    s = 1 - (s * r * r) / (k * (k + 1));
  }
  s *= r;
  return [[c, s], [-s, c], [-c, -s], [s, -c]][n & 3];
}

/** The density of the normal distribution. */
export const normalDensity = (x) => 0.3989422804014327 * exp(-0.5 * x * x);
