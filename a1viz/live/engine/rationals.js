// Exact numbers as Python's int and Fraction: a whole one up to 2 ** 53 is a number, with which sums are fast, any other two BigInts.

/** @typedef {number | {n: bigint, d: bigint}} Rational in lowest terms, d > 0 */

// more than a float has
const BITS = 66;

/** @param {Rational} a @returns {bigint} */
export const numerator = (a) => (typeof a === "number" ? BigInt(a) : a.n);
/** @param {Rational} a @returns {bigint} */
export const denominator = (a) => (typeof a === "number" ? 1n : a.d);
/** @param {Rational} a */
export const isIntegral = (a) => typeof a === "number" || a.d === 1n;
/** @param {Rational} a @returns {number} of the sign of a */
export const signOf = (a) => (typeof a === "number" ? a : a.n > 0n ? 1 : -1);
/** As a key. @param {Rational} a */
export const rationalText = (a) => (typeof a === "number" ? String(a) : `${a.n}/${a.d}`);

/** @param {bigint} n @param {bigint} d not 0 @returns {Rational} */
export function quotientOf(n, d) {
  let [a, b] = [n, d];
  while (b) [a, b] = [b, a % b];
  if (a < 0n !== d < 0n) a = -a;
  const [above, below] = [n / a, d / a];
  const whole = below === 1n ? Number(above) : NaN;
  return Number.isSafeInteger(whole) ? whole : { n: above, d: below };
}

/** A finite float, as exact as it is written. @param {number} value */
export function rationalOf(value) {
  if (Number.isSafeInteger(value)) return value + 0;
  if (Number.isInteger(value)) return quotientOf(BigInt(value), 1n);
  const [digits, exponent = "0"] = String(value).split("e");
  const [whole, part = ""] = digits.split(".");
  const power = Number(exponent) - part.length;
  return quotientOf(BigInt(whole + part) * 10n ** BigInt(Math.max(power, 0)), 10n ** BigInt(Math.max(-power, 0)));
}

/** @param {Rational} a @param {Rational} b @returns {Rational} */
export function plus(a, b) {
  const sum = typeof a === "number" && typeof b === "number" ? a + b : NaN;
  if (Number.isSafeInteger(sum)) return sum;
  return quotientOf(numerator(a) * denominator(b) + numerator(b) * denominator(a), denominator(a) * denominator(b));
}

/** @param {Rational} a @param {Rational} b @returns {Rational} */
export function times(a, b) {
  const product = typeof a === "number" && typeof b === "number" ? a * b : NaN;
  return Number.isSafeInteger(product) ? product : quotientOf(numerator(a) * numerator(b), denominator(a) * denominator(b));
}

/** @param {Rational} a @returns {Rational} */
export const negated = (a) => (typeof a === "number" ? -a : { n: -a.n, d: a.d });
/** @param {Rational} a @returns {Rational} */
export const absolute = (a) => (signOf(a) < 0 ? negated(a) : a);
/** One over it. @param {Rational} a not 0 @returns {Rational} */
export const reciprocal = (a) => (a === 1 || a === -1 ? a : quotientOf(denominator(a), numerator(a)));
/** @param {Rational} a @param {number} k a whole number, 0 or more @returns {Rational} */
export const toPower = (a, k) => (a === 1 || k === 1 ? a : quotientOf(numerator(a) ** BigInt(k), denominator(a) ** BigInt(k)));
/** @param {Rational} a @param {Rational} b */
export const isLess = (a, b) => signOf(plus(a, negated(b))) < 0;

/** The nearest float, or infinity. @param {Rational} a @returns {number} */
export function asFloat(a) {
  if (typeof a === "number") return a;
  const n = a.n < 0n ? -a.n : a.n;
  const wanted = BITS - n.toString(2).length + a.d.toString(2).length;
  // below 2 ** -1022 floats have fewer digits: whole multiples of the least
  const isTiny = wanted > BITS + 1021;
  const bits = isTiny ? 1074 : wanted;
  const [above, below] = bits > 0 ? [n << BigInt(bits), a.d] : [n, a.d << BigInt(-bits)];
  const [whole, rest] = [above / below, above % below];
  const isUp = 2n * rest > below || (2n * rest === below && whole % 2n === 1n);
  // else a last digit that says whether there is a rest, far behind those that count
  const digits = Number(isTiny ? whole + BigInt(isUp) : whole | BigInt(rest > 0n));
  // two steps, for a float has no 2 ** 1074
  const half = Math.trunc(bits / 2);
  const found = digits * 2 ** -half * 2 ** (half - bits);
  return a.n < 0n ? -found : found;
}
