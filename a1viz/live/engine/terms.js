// Sums of products as a reader collects them: a number in front, factors with exponents above and below a fraction's line.

import { absolute, isIntegral, isLess, negated, numerator, denominator, plus, rationalOf } from "./rationals.js";
import { rationalText, reciprocal, signOf, times, toPower } from "./rationals.js";

/** @typedef {import("./rationals.js").Rational} Rational */
/** @typedef {Map<string, Rational>} Powers */
/** @typedef {Term[]} Sum */

const MOST_NORMAL = 10n ** 300n;
/** @type {Powers} */
export const NO_FACTORS = new Map();

/** `number` times the factors `up`, divided by the factors `down`, each with its exponent, in the order in which they were written. */
export class Term {
  /**
   * @param {Rational} number @param {Powers} up @param {Powers} down
   * @param {boolean} [isDecimal] whether it is written with a point, as 0.1, and not as a fraction
   */
  constructor(number, up, down, isDecimal = false) {
    this.number = number;
    this.up = up;
    this.down = down;
    this.isDecimal = isDecimal;
    this.known = "";
  }

  /** What like terms have in common. */
  get key() {
    if (!this.known) this.known = `${powersKey(this.up)}/${powersKey(this.down)}`;
    return this.known;
  }

  get isNumber() {
    return !this.up.size && !this.down.size;
  }

  /** Its one factor, where it is that and a number; else nothing. */
  get only() {
    if (this.up.size !== 1 || this.down.size) return "";
    const [[name, exponent]] = this.up;
    return exponent === 1 ? name : "";
  }

  /** @param {Rational} number */
  times(number) {
    return number === 1 ? this : this.with(times(this.number, number));
  }

  /** The same factors with another number. @param {Rational} number @param {boolean} [isDecimal] */
  with(number, isDecimal = this.isDecimal) {
    const found = new Term(number, this.up, this.down, isDecimal);
    found.known = this.known;
    return found;
  }

  /** Divided by factors that it has. @param {Powers} up @param {Powers} down */
  without(up, down) {
    return up.size || down.size ? new Term(this.number, withoutPowers(this.up, up), withoutPowers(this.down, down), this.isDecimal) : this;
  }

  /** What is to stand apart, with the number, and the rest. @param {(name: string) => boolean} isApart @returns {[Term, Term]} */
  split(isApart) {
    const [up, down] = [this.up, this.down].map((side) => new Map([...side].filter(([name]) => isApart(name))));
    return [new Term(this.number, up, down, this.isDecimal), new Term(1, withoutPowers(this.up, up), withoutPowers(this.down, down))];
  }
}

export const UNIT = new Term(1, NO_FACTORS, NO_FACTORS);
export const ZERO = new Term(0, NO_FACTORS, NO_FACTORS);

/** Whether a sum is 1. @param {Sum} form */
export const isUnit = (form) => form.length === 1 && form[0].number === 1 && form[0].isNumber && !form[0].isDecimal;

/** A finite number, as exact as it is written. @param {number} value */
export function numberTerm(value) {
  return new Term(rationalOf(value), NO_FACTORS, NO_FACTORS, !Number.isInteger(value));
}

/** @param {string} name @param {Rational} [exponent] */
export function factorTerm(name, exponent = 1) {
  const side = new Map([[name, absolute(exponent)]]);
  return signOf(exponent) > 0 ? new Term(1, side, NO_FACTORS) : new Term(1, NO_FACTORS, side);
}

/**
 * The product; what stands above and below the line cancels where it `isSafe`, never 0, or where none of it is left above.
 * @param {Term} a @param {Term} b @param {(name: string) => boolean} isSafe
 */
export function productOfTerms(a, b, isSafe) {
  if (a === UNIT || b === UNIT) return a === UNIT ? b : a;
  const [up, down] = [joinedPowers(a.up, b.up), joinedPowers(a.down, b.down)];
  for (const [name, above] of down.size ? [...up] : []) {
    const below = down.get(name);
    if (below === undefined || (isLess(below, above) && !isSafe(name))) continue;
    const rest = plus(above, negated(below));
    up.delete(name);
    down.delete(name);
    if (rest) (signOf(rest) > 0 ? up : down).set(name, absolute(rest));
  }
  return new Term(times(a.number, b.number), up, down, a.isDecimal || b.isDecimal);
}

/** One over it, whose number is not 0. @param {Term} a */
export function invertedTerm(a) {
  return new Term(reciprocal(a.number), a.down, a.up, a.isDecimal);
}

/** To a whole power, not 0. @param {Term} a @param {number} exponent @returns {Term} */
export function raisedTerm(a, exponent) {
  if (exponent < 0) return raisedTerm(invertedTerm(a), -exponent);
  const [up, down] = [a.up, a.down].map((side) => new Map([...side].map(([name, e]) => [name, times(e, exponent)])));
  return new Term(toPower(a.number, exponent), up, down, a.isDecimal);
}

/** Like terms as one, where the first of them stood; those that cancel are gone. @param {Iterable<Term>} terms @returns {Sum} */
export function collectedTerms(terms) {
  /** @type {Map<string, Term>} */
  const found = new Map();
  for (const term of terms) {
    const before = found.get(term.key);
    found.set(term.key, before ? before.with(plus(before.number, term.number), term.isDecimal || before.isDecimal) : term);
  }
  return [...found.values()].filter((term) => term.number);
}

/**
 * What all terms have in common, taken out in front: factors, and a number where it is the same in all but for the sign.
 * @param {Sum} terms @returns {[Term, Sum]}
 */
export function contentOf(terms) {
  const first = terms[0];
  if (terms.length === 1) return [first, [UNIT]];
  let { up, down } = first;
  for (const term of terms) [up, down] = [commonPowers(up, term.up), commonPowers(down, term.down)];
  const isSameSize = new Set(terms.map((term) => rationalText(absolute(term.number)))).size === 1;
  const size = isSameSize ? absolute(first.number) : 1;
  const number = terms.every((term) => signOf(term.number) < 0) ? negated(size) : size;
  const isDecimal = number !== 1 && terms.some((term) => term.isDecimal);
  return [new Term(number, up, down, isDecimal), terms.map((term) => term.without(up, down).times(reciprocal(number)))];
}

/** Whether it is 0, or a float is as near to it as floats are. @param {Rational} number */
export function isNormal(number) {
  if (typeof number === "number") return true;
  const size = absolute(number);
  const [n, d] = [numerator(size), denominator(size)];
  return n * MOST_NORMAL > d && n < d * MOST_NORMAL;
}

/** The first term that is added comes first: b - a for -a + b. @param {Sum} terms @returns {Sum} */
export function uprightTerms(terms) {
  const first = terms.findIndex((term) => signOf(term.number) > 0);
  return first > 0 ? [terms[first], ...terms.slice(0, first), ...terms.slice(first + 1)] : terms;
}

/** Whether an exponent is a whole even number. @param {Rational} exponent */
export const isEven = (exponent) => isIntegral(exponent) && numerator(exponent) % 2n === 0n;

/** @param {Powers} side */
function powersKey(side) {
  if (!side.size) return "";
  const found = [...side].map(([name, e]) => (e === 1 ? name : `${name}\t${rationalText(e)}`));
  return found.length > 1 ? found.sort().join("\n") : found[0];
}

/** @param {Powers} a @param {Powers} b @returns {Powers} */
function joinedPowers(a, b) {
  const found = new Map(a);
  for (const [name, e] of b) found.set(name, plus(found.get(name) ?? 0, e));
  return found;
}

/** @param {Powers} powers @param {Powers} gone @returns {Powers} */
function withoutPowers(powers, gone) {
  if (!gone.size) return powers;
  const left = [...powers].map(([name, e]) => /** @type {[string, Rational]} */ ([name, plus(e, negated(gone.get(name) ?? 0))]));
  return new Map(left.filter(([, e]) => e));
}

/** @param {Powers} a @param {Powers} b @returns {Powers} */
function commonPowers(a, b) {
  if (a === b || !a.size) return a;
  const both = [...a].filter(([name]) => b.has(name));
  return new Map(both.map(([name, e]) => [name, isLess(/** @type {Rational} */ (b.get(name)), e) ? /** @type {Rational} */ (b.get(name)) : e]));
}
