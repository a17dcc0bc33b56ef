// What somebody may have meant: words and signs of papers, NumPy and PyTorch, and how they are written here.

import { didYouMean } from "./base.js";
import { TABLES } from "./operators.js";

// what Python calls white space
export const SPACES = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";
const SUGGESTED = TABLES.reading.suggestions;
/** @type {Map<string, string>} a word of elsewhere, in small letters and without _ -> how it is written here */
export const SYNONYMS = new Map(SUGGESTED.written.flatMap((/** @type {string[]} */ [text, names]) => names.split(" ").map((name) => [name, text])));
const NO_OPERATOR = new Set(SUGGESTED.nothing);
const WRITTEN_CONSTANTS = new Map(Object.entries(SUGGESTED.constants));
const KEYWORDS_HERE = new Map(Object.entries(SUGGESTED.keywords));
/** @type {[RegExp, string][]} */
const PAPER_SIGNS = SUGGESTED.signs.map((/** @type {string[]} */ [pattern, instead]) => [new RegExp(`^(?:${pattern.replaceAll("\\s*", SPACES)})`), instead]);

/** What to append to a message about an operator that is not there. @param {string} name @param {string[]} operators */
export function ofOperator(name, operators) {
  const plain = name.toLowerCase().replaceAll("_", "");
  if (SYNONYMS.has(plain)) return `; write ${SYNONYMS.get(plain)}`;
  return (!NO_OPERATOR.has(plain) && didYouMean(name, operators)) || `; ${SUGGESTED.reference}`;
}

/** The same for a name by which nothing is given. @param {string} name @param {string[]} known */
export function ofKeyword(name, known) {
  const here = KEYWORDS_HERE.get(name);
  return here && known.includes(here) ? `; write ${here}=` : didYouMean(name, known);
}

/** The same for a name that is no variable. @param {string} name @param {Iterable<string>} known */
export function ofVariable(name, known) {
  return WRITTEN_CONSTANTS.has(name) ? `; write ${WRITTEN_CONSTANTS.get(name)}` : didYouMean(name, known);
}

/** How to write the sign a text begins with, or nothing. @param {string} text */
export function ofSign(text) {
  return PAPER_SIGNS.find(([pattern]) => pattern.test(text))?.[1] ?? "";
}
