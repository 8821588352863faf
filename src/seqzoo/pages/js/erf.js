// The error function, good to 1e-15: a Taylor polynomial around the nearest of many places.
import { exp } from "./numerals.js";

const PLACES = 64; // in a unit
const END = 6; // beyond it, erf is 1 to the last digit
const TERMS = 7;

/** erf(x) = 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, whose terms have one sign. */
function series(x) {
  let [sum, term] = [x, x];
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * exp(-x * x) * sum;
}

/** The coefficients of the polynomial around each place; the derivatives of exp(-x^2) follow from Hermite's recursion. */
const TABLE = new Float64Array((PLACES * END + 1) * TERMS);
for (let place = 0; place <= PLACES * END; place++) {
  const x = place / PLACES;
  let [before, now] = [0, (2 / Math.sqrt(Math.PI)) * exp(-x * x)];
  TABLE[place * TERMS] = x ? series(x) : 0;
  for (let n = 1, factorial = 1; n < TERMS; n++) {
    factorial *= n;
    TABLE[place * TERMS + n] = now / factorial;
    [before, now] = [now, -2 * x * now - 2 * (n - 1) * before];
  }
}

function erf(x) {
  const size = Math.abs(x);
  if (!(size < END)) return Number.isNaN(x) ? NaN : Math.sign(x);
  const place = Math.round(size * PLACES);
  const off = size - place / PLACES;
  let sum = 0;
  for (let n = TERMS - 1; n >= 0; n--) sum = sum * off + TABLE[place * TERMS + n];
  return x < 0 ? -sum : sum;
}

/** The distribution function of the normal distribution. */
export const normalCdf = (x) => 0.5 * (1 + erf(x * Math.SQRT1_2));
