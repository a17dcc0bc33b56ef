// How a name is written on paper: W1 as a W with (1) above, z1 with 1 below, alpha as the Greek letter, z1_bar with a bar.

import { TABLES } from "./operators.js";
import { factorsOf, splitQuotient, termsOf } from "./sizes.js";

/** @typedef {import("./nodes.js").Dim} Dim */

/** @type {Set<string>} */
export const GREEK = new Set(TABLES.notation.greek);
const ACCENTED = /^(.+)_(bar|dot|hat|tilde)(\d*)(_total)?$/;
const LETTER_AND_NUMBER = /^([A-Za-z]+?)(\d+)$/;

/** The block instance that a variable lives in, and its name there. @param {string} name @returns {[string, string]} */
export function partedName(name) {
  const at = name.lastIndexOf(".");
  return at < 0 ? ["", name] : [name.slice(0, at), name.slice(at + 1)];
}

/** @param {string} name */
export const homeOf = (name) => partedName(name)[0];
/** A name with an accent, taken apart; null for one without. @param {string} name */
export const accentOf = (name) => ACCENTED.exec(name);

/**
 * Base, subscript, superscript and accents of a name; `symbols` is the document's own notation, which comes first.
 * @param {Map<string, string>} symbols @param {string} name @returns {[string, string, string, string[]]}
 */
export function nameParts(symbols, name) {
  const accents = [];
  let [copies, stem, where] = ["", partedName(name)[1], name];
  for (;;) {
    const given = symbols.get(where) || (where.includes(".") && symbols.get(where.replace(/\d+(?=\.)/g, "")));
    const found = given ? null : accentOf(stem);
    if (!found) {
      const [base, sub, sup] = given ? givenNotation(given) : automaticNotation(stem);
      return [base, sub, [sup, copies && `[${copies}]`].filter(Boolean).join(), accents];
    }
    accents.unshift(found[2]);
    copies = [found[3], found[4] && "\\mathrm{total}", copies].filter(Boolean).join();
    where = where.slice(0, where.length - stem.length + found[1].length);
    stem = found[1];
  }
}

/** @param {string} text of the document, which the schema holds to this form @returns {[string, string, string]} */
function givenNotation(text) {
  const [, base, primes, sub = "", sup = ""] = /** @type {string[]} */ (/^([A-Za-z]+)('*)(?:_([A-Za-z0-9]+))?(?:\^(.+))?$/.exec(text));
  return [base, sub, "\\prime".repeat(primes.length) + sup];
}

/** @param {string} stem @returns {[string, string, string]} */
function automaticNotation(stem) {
  let primes = "";
  for (; stem.endsWith("_prime") && stem !== "_prime"; primes += "\\prime") stem = stem.slice(0, -"_prime".length);
  const at = stem.indexOf("_");
  const whole = at > 0 ? stem.slice(0, at) : stem.replaceAll("_", "\\_");
  const [base, digits] = lettersAndNumber(whole);
  const below = at > 0 ? indicesIn(stem.slice(at + 1)) : [];
  if (digits && /^[A-Z]/.test(base) && !below.length) return [base, "", `(${digits})${primes}`];
  return [base, [digits, ...below].filter(Boolean).join(), primes];
}

/** @param {string} text @returns {[string, string]} */
function lettersAndNumber(text) {
  const found = LETTER_AND_NUMBER.exec(text);
  return found ? [found[1], found[2]] : [text, ""];
}

/** @param {string} text what stands below, in words joined by _ */
const indicesIn = (text) => text.split("_").filter(Boolean).map(indexLatex);

/** @param {string} part @returns {string} */
function indexLatex(part) {
  if (GREEK.has(part)) return `\\${part}`;
  // h1 below a letter is h_1
  const [base, digits] = lettersAndNumber(part);
  if (digits && (base.length === 1 || GREEK.has(base))) return `${indexLatex(base)}_{${digits}}`;
  return part.length > 1 && !/^\d+$/.test(part) ? `\\mathrm{${part}}` : part;
}

/** A base in the type of its rank: bold from a vector on. @param {string} base @param {number} rank */
export function letterOf(base, rank) {
  if (GREEK.has(base)) return rank ? `\\boldsymbol{\\${base}}` : `\\${base}`;
  if (base.length > 1) return `\\mathrm{${base}}`;
  return rank ? `\\mathbf{${base}}` : base;
}

/** A letter with an accent; one that spans the whole of a word. @param {string} letter @param {string} accent @param {boolean} isWide */
export function accented(letter, accent, isWide) {
  return `${TABLES.notation[isWide ? "wide" : "accents"][accent]}{${letter}}`;
}

/** A size in LaTeX. @param {Dim} dim @returns {string} */
export function sizeLatex(dim) {
  if (typeof dim === "number") return String(dim);
  const terms = factorsOf(termsOf(dim));
  const isLater = (/** @type {[string[], number]} */ [names, k]) => 2 * Number(k < 0) + Number(!names.length);
  terms.sort((a, b) => isLater(a) - isLater(b) || inOrder(a[0], b[0]));
  const printed = terms.map(([names, k]) => {
    const number = Math.abs(k);
    const factors = [...(number !== 1 || !names.length ? [String(number)] : []), ...names.map(sizeFactor)];
    return (k < 0 ? "- " : "+ ") + factors.join(" ");
  });
  return printed.join(" ").replace(/^\+ /, "").replace(/^- /, "-") || "0";
}

/** The order of lists of names. @param {string[]} a @param {string[]} b */
function inOrder(a, b) {
  const k = a.findIndex((name, at) => name !== b[at]);
  return k < 0 ? a.length - b.length : k >= b.length || a[k] > b[k] ? 1 : -1;
}

/** @param {string} name @returns {string} */
function sizeFactor(name) {
  if (name.includes("//")) {
    const [a, b] = splitQuotient(name).map((part) => inBrackets(sizeLatex(part)));
    return `\\lfloor ${a} / ${b} \\rfloor`;
  }
  const local = partedName(name)[1];
  const at = local.indexOf("_");
  const [base, digits] = lettersAndNumber(at < 0 ? local : local.slice(0, at));
  const below = [digits, ...(at < 0 ? [] : indicesIn(local.slice(at + 1)))].filter(Boolean).join();
  return letterOf(base, 0) + (below ? `_{${below}}` : "");
}

/** @param {string} text */
const inBrackets = (text) => (text.includes(" ") ? `(${text})` : text);
