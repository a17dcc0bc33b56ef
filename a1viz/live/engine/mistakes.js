// What is wrong with a token that stands where it cannot stand, in the language's own words, with what to write instead.

import { TABLES } from "./operators.js";
import { END, RESERVED } from "./tokens.js";

/** @typedef {import("./tokens.js").Token} Token */
/** @typedef {import("./tokens.js").SourceLines} SourceLines */
/**
 * @typedef {object} Waiting A sign or a bracket whose right side is not complete.
 * @property {number} binding how strongly it holds its right side; a bracket: 0
 * @property {string} kind prefix, infix, keyword, slice, group, list, entry or call
 * @property {string} word
 * @property {number} start
 * @property {[any, number, number] | null} of what is called, or has the entry
 * @property {number} first how many values stand before the arguments
 */

export const { language: LANGUAGE, steps: STEPS, quotes: QUOTES } = TABLES.reading.mistakes;
/** @type {Map<string, string>} */
export const CLOSING = new Map(Object.entries(TABLES.reading.mistakes.closing));
const CLOSES = [...CLOSING.values()];
// signs that have a value on their left
const SIGNS_AFTER = new Set(TABLES.reading.mistakes.signs);
// what stands where a value is expected and is none, and what to write
const SAYS = new Map(Object.entries(TABLES.reading.mistakes.says));

/** A token, the others, and what waits for the end of its right side there. */
export class Place {
  /** @param {SourceLines} source @param {Token[]} tokens @param {number} k @param {Waiting[]} waiting */
  constructor(source, tokens, k, waiting) {
    this.source = source;
    this.tokens = tokens;
    this.k = k;
    this.token = tokens[k];
    /** @type {Token} */
    this.before = k ? tokens[k - 1] : [END, "", 0, 0];
    this.after = tokens[Math.min(k + 1, tokens.length - 1)];
    // the innermost bracket, and whether it holds arguments
    this.bracket = waiting.findLast((w) => !w.binding);
    this.inCall = this.bracket?.kind === "call";
  }

  /** @param {string} message */
  error(message) {
    return this.source.error(this.token[2], message);
  }
}

/** @param {Place} place */
export function neverOpened(place) {
  const word = place.token[1];
  return place.error(`there is no ${word === ")" ? "(" : "["} that this ${word} closes`);
}

/** A token that stands where a value is expected. @param {Place} place */
export function noValue(place) {
  const [kind, word] = place.token;
  const [before, { bracket }] = [place.before[1], place];
  if (kind === END && bracket) return neverClosed(place.source, bracket);
  if (kind === END) return place.error(`the right side of ${before || "="} is missing`);
  if (["True", "False", "None"].includes(word)) return place.error(noNumber(place, word));
  if (word === "|" && place.after[1] === "|") return place.error("|| is not in the language; write norm(x), or norm2(x) for its square");
  if (word === "{" && before === "^") return place.error("{ is not in the language; write W.T for the transpose, ** for a power");
  if ((word === "'" || word === '"') && place.inCall && ["(", ",", "="].includes(before)) {
    return place.error(`this ${word} is never closed on its line; add ${word}`);
  }
  if (word === ":" && before === ":") return place.error(STEPS);
  if (kind === "text" || (SAYS.has(word) && (word !== ":" || bracket))) return place.error(SAYS.get(word) ?? QUOTES);
  if (CLOSES.includes(word) && !bracket) return neverOpened(place);
  if (CLOSES.includes(word) && CLOSING.has(before)) {
    return place.error(`there is nothing between ${before} and ${word}${before === "[" ? "; write which entry, as in x[0]" : ""}`);
  }
  if ((word === "*" || word === "**") && (before === "(" || before === ",") && bracket?.of && place.inCall) {
    return place.source.error(bracket.of[1], `${bracket.of[0].word} takes its arguments one by one, without stars`);
  }
  if (SIGNS_AFTER.has(word)) return place.error(`a value is missing ${before ? `between ${before} and ${word}` : `before ${word}`}`);
  return place.error(`${word} is not in the language: ${LANGUAGE}`);
}

/** A token that stands after a value and goes on with nothing; all signs before it are applied. @param {Place} place */
export function noOperator(place) {
  const [kind, word, start] = place.token;
  const { before, after, bracket } = place;
  if (bracket && kind === END) return neverClosed(place.source, bracket);
  if (word === "'" && before[0] === "name") {
    return place.error(`a name cannot have a quote; write ${before[1]}_prime, or ${before[1]}.T for the transpose`);
  }
  if (word === "'") return place.error("a quote is not in the language; write .T for the transpose");
  if (kind === "text" || (SAYS.has(word) && (word !== ":" || bracket))) return place.error(SAYS.get(word) ?? QUOTES);
  if (word === "," && before[0] === "number" && after[0] === "number" && before[3] === start && start + 1 === after[2]) {
    return place.error(`a number has a decimal point; write ${before[1]}.${after[1]}`);
  }
  if (word === ",") return place.error("a comma stands only in a call, a list or an entry; write one value");
  if (word === "=" && place.inCall) return place.error("before = stands a name alone, as in axis=0; == compares");
  if (word === "=") return place.error("= gives a name its value outside of all brackets; == compares");
  if ((kind === "name" && !RESERVED.has(word)) || kind === "number") {
    const times = before[0] === "number" ? `${before[1]} * ${word}` : "* for a product entry by entry, @ for one of matrices";
    return place.error(`an operator is missing between ${before[1]} and ${word}; write ${times}`);
  }
  return place.error(`${word} is not in the language: ${LANGUAGE}`);
}

/** @param {SourceLines} source @param {Waiting} bracket */
function neverClosed(source, bracket) {
  return source.error(bracket.start, `this ${bracket.word} is never closed; add ${CLOSING.get(bracket.word)}`);
}

/** What is said of True, False and None where they do not stand. @param {Place} place @param {string} word */
function noNumber(place, word) {
  return `${word} is not a number${place.inCall ? `; it is given by name, as in ${word === "None" ? "axis" : "keepdims"}=${word}` : ""}`;
}
