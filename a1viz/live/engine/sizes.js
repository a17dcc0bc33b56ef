// Sizes: whole numbers, names, and what `+ - * //` makes of them, as text in one form: `D+H`, `2*T-1`, `(H+1)//2`.
// A size is a polynomial in names and in quotients; each quotient is a letter of its own wherever sizes are multiplied or compared.

import { ShapeError, assert } from "./base.js";
import { LIMITS } from "./operators.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {Map<string, number>} Terms a polynomial: sorted factors, joined by spaces -> coefficient; no factors is "" */

const SIZE_TOKEN = /\d+|[A-Za-z][\p{L}\p{N}_.]*|\/\/|[-+*()]/gu;
const SIZE_WORDS = /[\p{L}\p{N}_.]+/gu;
/** @type {Map<string, Terms>} */
const READ_SIZES = new Map();

/** A size as a polynomial: its factors are names, and quotients in brackets. @param {Dim} dim @returns {Terms} */
export function termsOf(dim) {
  if (typeof dim === "number") return new Map([["", dim]]);
  let found = READ_SIZES.get(dim);
  if (!found) {
    const words = [...(dim.match(SIZE_TOKEN) ?? []), ""].reverse();
    found = readSum(words);
    assert(words.length === 1, `${dim} is no size`);
    if (READ_SIZES.size > 4096) READ_SIZES.clear();
    READ_SIZES.set(dim, found);
  }
  return found;
}

/** @param {Terms} terms */
export const factorsOf = (terms) => [...terms].map(([key, k]) => /** @type {[string[], number]} */ ([key ? key.split(" ") : [], k]));

/** @param {string[]} words those left, the next one last @returns {Terms} */
function readSum(words) {
  /** @type {Terms} */
  let total = new Map();
  let sign = 1;
  for (;;) {
    if (words.at(-1) === "+" || words.at(-1) === "-") sign = words.pop() === "+" ? 1 : -1;
    total = addedTerms(total, readProduct(words), sign);
    if (words.at(-1) !== "+" && words.at(-1) !== "-") return total;
  }
}

/** @param {string[]} words @returns {Terms} */
function readProduct(words) {
  /** @type {Terms} */
  let product = new Map([["", 1]]);
  for (let sign = "*"; ; sign = /** @type {string} */ (words.pop())) {
    const word = /** @type {string} */ (words.pop());
    const factor = word === "(" ? readSum(words) : new Map(/^\d+$/.test(word) ? [["", Number(word)]] : [[word, 1]]);
    if (word === "(") assert(words.pop() === ")");
    product = sign === "*" ? multipliedTerms(product, factor) : quotientTerms(product, factor);
    if (words.at(-1) !== "*" && words.at(-1) !== "//") return product;
  }
}

/** @param {Terms} a @param {Terms} b @param {number} sign @returns {Terms} */
function addedTerms(a, b, sign) {
  const found = new Map(a);
  for (const [key, value] of b) found.set(key, (found.get(key) ?? 0) + sign * value);
  return new Map([...found].filter(([, value]) => value));
}

/** @param {Terms} a @param {Terms} b @returns {Terms} */
function multipliedTerms(a, b) {
  /** @type {Terms} */
  const found = new Map();
  for (const [one, m] of factorsOf(a)) {
    for (const [other, n] of factorsOf(b)) {
      const key = [...one, ...other].sort().join(" ");
      found.set(key, (found.get(key) ?? 0) + m * n);
      if (!found.get(key)) found.delete(key);
    }
  }
  return found;
}

/** @param {Terms} a @param {Terms} b @returns {Terms} */
function quotientTerms(a, b) {
  let k = numberOfTerms(b);
  if (k === 0) throw new ShapeError(`a size is divided by 0: ${textOf(a)} // 0`);
  if (k === null || k < 0) return new Map([[`${bracketed(a)}//${bracketed(b)}`, 1]]);
  const [left, by] = [(/** @type {number} */ value) => value - by * Math.floor(value / by), k];
  // (k m + r) // k = m + r // k
  const whole = new Map([...a].filter(([key, value]) => !left(value) || !key).map(([key, value]) => [key, Math.floor(value / by)]));
  for (const [key, value] of whole) if (!value) whole.delete(key);
  let rest = new Map([...a].filter(([, value]) => left(value)).map(([key, value]) => [key, key ? value : left(value)]));
  if (numberOfTerms(rest) !== null) return whole;
  const name = [...rest.keys()].find((key) => key.includes("//") && !key.includes(" ") && rest.get(key) === 1);
  if (name !== undefined && [...rest.keys()].every((key) => key === name || !key)) {
    // (a // b + r) // k = (a + b r) // (b k)
    const [inner, below] = splitQuotient(name).map(termsOf);
    const number = numberOfTerms(below);
    if (number !== null) {
      rest = addedTerms(inner, multipliedTerms(below, new Map([["", rest.get("") ?? 0]])), 1);
      return addedTerms(whole, quotientTerms(rest, new Map([["", k * (number || 1)]])), 1);
    }
  }
  return addedTerms(whole, new Map([[`${bracketed(rest)}//${k}`, 1]]), 1);
}

/** @param {Terms} terms */
function bracketed(terms) {
  const text = textOf(terms);
  return /^[\p{L}\p{N}_.]+$/u.test(text) ? text : `(${text})`;
}

/** The number that a polynomial is, if it has no names. @param {Terms} terms */
function numberOfTerms(terms) {
  return !terms.size || (terms.size === 1 && terms.has("")) ? (terms.get("") ?? 0) : null;
}

/** A polynomial in its one form: a number last, what is taken away after what is not. @param {Terms} terms */
export function textOf(terms) {
  const rank = (/** @type {[string, number]} */ [key, value]) => Number(value < 0) * 2 + Number(!key);
  const order = [...terms].sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  const text = order.map(([key, value]) => (value < 0 ? "-" : "+") + sizeTermText(key, Math.abs(value))).join("");
  return text.replace(/^\+/, "") || "0";
}

/** @param {string} key @param {number} coefficient */
function sizeTermText(key, coefficient) {
  const names = key ? key.split(" ") : [];
  const isAlone = names.length + Number(coefficient > 1) <= 1;
  const factors = names.map((name) => (name.includes("//") && !isAlone ? `(${name})` : name));
  return [...(coefficient !== 1 || !key ? [coefficient] : []), ...factors].join("*");
}

/** @param {Terms} terms @returns {Dim} */
function dimOfTerms(terms) {
  for (const value of terms.values()) {
    if (Math.abs(value) >= 2 ** 63) throw new ShapeError("a size has at most 19 digits, and this would be one of more");
  }
  const most = LIMITS.SIZE_TERMS;
  const number = numberOfTerms(terms);
  if (number !== null) return number;
  if (terms.size > most) throw new ShapeError(`a size is a sum of at most ${most} others, and this would be one of ${terms.size}`);
  const text = textOf(terms);
  if (text.length > most && (text.match(SIZE_WORDS) ?? []).length > 2 * most) {
    throw new ShapeError(`a size is made of at most ${2 * most} names and numbers, and this would be made of more`);
  }
  return text;
}

/** Whether a size is one name or one quotient, and no sum or product. @param {Dim} dim */
export function isSingle(dim) {
  const terms = [...termsOf(dim)];
  return typeof dim === "string" && terms.length === 1 && terms[0][0] !== "" && !terms[0][0].includes(" ") && terms[0][1] === 1;
}

/** The sum of two sizes, or with the sign -1 their difference. @param {Dim} a @param {Dim} b @param {number} [sign] @returns {Dim} */
export function added(a, b, sign = 1) {
  return dimOfTerms(addedTerms(termsOf(a), termsOf(b), sign));
}

/** The product of sizes. @param {...Dim} dims @returns {Dim} */
export function multiplied(...dims) {
  return dimOfTerms(dims.map(termsOf).reduce(multipliedTerms, new Map([["", 1]])));
}

/** The quotient of two sizes, rounded down; exact where that is certain. @param {Dim} a @param {Dim} b @returns {Dim} */
export function divided(a, b) {
  return dimOfTerms(quotientTerms(termsOf(a), termsOf(b)));
}

/** A size as a number; `undefined` for one that is not known. @param {Dim} dim @param {Map<string, number>} sizes @returns {number | undefined} */
export function sizeOf(dim, sizes) {
  if (typeof dim === "number") return dim;
  if (sizes.has(dim)) return sizes.get(dim);
  let total = 0;
  for (const [names, coefficient] of factorsOf(termsOf(dim))) {
    const product = names.reduce((value, name) => value * (sizeOfFactor(name, sizes) ?? NaN), coefficient);
    if (Number.isNaN(product)) return undefined;
    total += product;
  }
  return total;
}

/** @param {string} name @param {Map<string, number>} sizes */
function sizeOfFactor(name, sizes) {
  if (!name.includes("//")) return sizes.get(name);
  const [a, b] = splitQuotient(name).map((side) => sizeOf(side, sizes) ?? NaN);
  if (b === 0) throw new ShapeError(`a size is divided by 0: ${name}`);
  return Math.floor(a / b);
}

/** The two sides of a quotient: of the last // outside all brackets. @param {string} name @returns {[Dim, Dim]} */
export function splitQuotient(name) {
  let depth = 0;
  for (let k = name.length - 1; k > 0; k -= 1) {
    depth += Number(name[k] === ")") - Number(name[k] === "(");
    if (!depth && name.slice(k - 1, k + 1) === "//") return [dimOfTerms(termsOf(name.slice(0, k - 1))), dimOfTerms(termsOf(name.slice(k + 1)))];
  }
  throw new Error(`${name} is no quotient`);
}

/** The names in a size. @param {Dim} dim @returns {string[]} */
export function namesOf(dim) {
  return typeof dim === "number" ? [] : (dim.match(SIZE_TOKEN) ?? []).filter((word) => /^[A-Za-z]/.test(word));
}

/** A size with other sizes put in for its names. @param {Dim} dim @param {Map<string, Dim>} names @returns {Dim} */
export function withNames(dim, names) {
  if (typeof dim === "number") return dim;
  const found = names.get(dim);
  if (found !== undefined) return found;
  /** @type {Terms} */
  let total = new Map();
  for (const [factors, coefficient] of factorsOf(termsOf(dim))) {
    const product = factors.map((name) => termsOf(renamedFactor(name, names))).reduce(multipliedTerms, new Map([["", coefficient]]));
    total = addedTerms(total, product, 1);
  }
  return dimOfTerms(total);
}

/** @param {string} name @param {Map<string, Dim>} names @returns {Dim} */
function renamedFactor(name, names) {
  if (!name.includes("//")) return names.get(name) ?? name;
  const [a, b] = splitQuotient(name).map((side) => withNames(side, names));
  return divided(a, b);
}
