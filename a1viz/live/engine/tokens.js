// Text to tokens: names, numbers and signs, each with its place; the first half of the reader of the equation language.

import { EquationError, shownText } from "./base.js";
import { LIMITS, TABLES } from "./operators.js";
import { SPACES, ofSign } from "./suggestions.js";

/** @typedef {[string, string, number, number]} Token name, number, attribute, text, sign or end; what is written; where it begins and ends */

/** @type {Set<string>} */
export const RESERVED = new Set(TABLES.reading.tokens.reserved);
const ASCII_FOR = new Map(Object.entries(TABLES.reading.tokens.ascii_for));
const GREEK_LETTERS = new Map(Object.entries(TABLES.reading.tokens.greek));
const DIGITS = "\\d(?:_?\\d)*";
const NUMBER = new RegExp(
  "^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\\d)*"
  + `|(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?|${DIGITS}[eE][+-]?${DIGITS})$`,
);
export const KINDS = ["", "name", "number", "attribute", "text", "sign"];
// a group a kind: of a number, whatever begins like one; after a name a quote is the prime of a paper
export const PIECES = "([A-Za-z_]\\w*)|(0[xX]\\w*|(?:\\d|\\.\\d)[\\w.]*(?:(?<=[eE])[+-](?=\\d)[\\w.]*)*)|(\\.\\s*[A-Za-z_]\\w*)"
  + "|((?<![\\w)\\]'.])(?:'[^'\\n#]*'|\"[^\"\\n#]*\"))|(\\*\\*=|//=|<<=|>>=|\\*\\*|//|<<|>>|[-+*/@%&|^<>=!:]=|\\S)";
const TOKEN = new RegExp(`\\s*(?:${PIECES})`, "g");
// an equation, or what a call is given by name
export const BEGINS = /^[A-Za-z_][\w, ]*=[^=]/;
const NAMED_LINE = /^[A-Za-z_]\w*[ \t]*=[^=]/;
const CODE_BRACKETS = /(?:(\w)[ \t]*)?([([{])|[)\]}]/g;
const IS_BLANK = new RegExp(`^${SPACES}$`);
export const END = "end";

/** Lines of a text that belong together, without comments and without the margin of the whole text. */
export class SourceLines {
  /** @param {string} text @param {number} [line] of the first @param {number} [margin] */
  constructor(text, line = 1, margin = 0) {
    this.text = text;
    this.line = line;
    this.margin = margin;
  }

  /** Line and column, counted from 1. @param {number} offset @returns {[number, number]} */
  place(offset) {
    const before = this.text.slice(0, offset);
    return [this.line + before.split("\n").length - 1, offset - before.lastIndexOf("\n") + this.margin];
  }

  /** @param {number} offset @param {string} message */
  error(offset, message) {
    return new EquationError(message, ...this.place(offset));
  }

  /** What the reader wrote there, on one line, cut when long. @param {number} start @param {number} end */
  quoted(start, end) {
    const text = this.text.slice(start, end).replaceAll("\\\n", " ").replace(/[ \t\n]+/g, " ").trim();
    return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
  }
}

/** Lines that belong together: an open parenthesis or a backslash goes on in the next line. @param {string} text */
export function partsOf(text) {
  let lines = text.replace(/\r\n?/g, "\n").split("\n").map((line) => line.split("#", 1)[0]);
  const margin = marginOf(lines);
  lines = lines.map((line) => line.slice(margin));
  /** @type {SourceLines[]} */
  const parts = [];
  /** @type {string[]} */
  let part = [];
  let [first, depth] = [1, 0];
  const finish = () => {
    parts.push(new SourceLines(part.join("\n"), first, margin));
    [part, depth] = [[], 0];
  };
  /** @type {Set<number> | null} */
  let named = null;
  lines.forEach((line, k) => {
    if (part.length && BEGINS.test(line)) {
      named ??= givenByName(lines);
      if (!named.has(k + 1)) finish();
    }
    if (!part.length && IS_BLANK.test(line)) return;
    if (!part.length) first = k + 1;
    part.push(line);
    depth += deeper(line);
    if (depth <= 0 && !line.endsWith("\\")) finish();
  });
  if (part.length) finish();
  return parts;
}

/** How many brackets of a line are left open. @param {string} line */
function deeper(line) {
  let found = 0;
  for (const c of line) found += Number("([{".includes(c)) - Number(")]}".includes(c));
  return found;
}

/** How far all lines are indented, as in a text written inside a function. @param {string[]} lines */
function marginOf(lines) {
  const indents = lines.filter((line) => !IS_BLANK.test(line)).map((line) => /** @type {string[]} */ (/^[ \t]*/.exec(line))[0]);
  let [first = ""] = indents;
  for (const indent of indents) {
    let k = 0;
    while (k < first.length && first[k] === indent[k]) k += 1;
    first = first.slice(0, k);
  }
  return first.length;
}

/**
 * Which lines, counted from 1, go on with what a call is given by name, as `axis=0)` does, and begin no equation.
 *
 * Such a line comes after ( or , of a call that is closed before the next equation begins; where it never is, its bracket is what is wrong,
 * and the line an equation, unless it ends with a comma.
 * @param {string[]} lines
 */
function givenByName(lines) {
  let before = "";
  /** @type {Set<number>} */
  const found = new Set();
  /** @type {(number[] | null)[]} for each open bracket the lines that may be given to it; null for what is no call */
  let waiting = [];
  lines.forEach((line, k) => {
    const text = line.slice(0, endBefore(line, line.length, " \t\\"));
    if (BEGINS.test(line)) {
      const last = waiting.at(-1);
      if (!last || !/[(,]$/.test(before) || !NAMED_LINE.test(line)) waiting = [];
      else if (text.endsWith(",") && !deeper(line)) found.add(k + 1);
      else last.push(k + 1);
    }
    for (const [, call, opens] of line.matchAll(CODE_BRACKETS)) {
      if (opens) waiting.push(call && opens === "(" ? [] : null);
      else for (const given of waiting.pop() ?? []) found.add(given);
    }
    before = text || before;
  });
  return found;
}

/** The tokens of each statement; the last of each is its end. @param {SourceLines} source @returns {Token[][]} */
export function tokensOf(source) {
  const { text } = source;
  const bad = /[^\t\n -~]/u.exec(text);
  if (bad) throw source.error(bad.index, `${shownText(bad[0])} is not in the language; ${ofSign(text.slice(bad.index, bad.index + 9)) || writtenInASCII(bad[0])}`);
  if (" \t".includes(text[0])) throw source.error(0, "this line is indented; equations begin at the same margin");
  /** @type {Token[][]} */
  const statements = [[]];
  const last = textEnd(text);
  // a backslash goes on in the next line
  for (const match of text.slice(0, last).replaceAll("\\\n", " \n").matchAll(TOKEN)) {
    let k = 1;
    while (match[k] === undefined) k += 1;
    const [kind, word] = [KINDS[k], match[k]];
    const end = match.index + match[0].length;
    const start = end - word.length;
    if (word === ";") {
      statements.at(-1)?.push([END, "", start, start]);
      statements.push([]);
      continue;
    }
    if (kind === "name" && word.length > LIMITS.NAME_CHARACTERS) {
      throw source.error(start, `${shownText(word)} is too long for a name: ${word.length} characters, at most ${LIMITS.NAME_CHARACTERS}`);
    }
    statements.at(-1)?.push([kind, word, start, end]);
  }
  statements.at(-1)?.push([END, "", last, last]);
  // after the last semicolon, or nothing but a backslash
  if (statements.at(-1)?.length === 1) statements.pop();
  return statements;
}

/** Where a text ends, without the white space and the backslashes that go on in an empty line. @param {string} text */
function textEnd(text) {
  let end = endBefore(text, text.length, " \t\n");
  while (end && text[end - 1] === "\\" && text[end] === "\n") end = endBefore(text, end - 1, " \t\n");
  return end;
}

/** Where a text ends without some characters at its end. @param {string} text @param {number} end @param {string} characters */
function endBefore(text, end, characters) {
  while (end && characters.includes(text[end - 1])) end -= 1;
  return end;
}

/** How to write in ASCII what a paper prints. @param {string} character */
function writtenInASCII(character) {
  return `write ${ASCII_FOR.get(character) ?? GREEK_LETTERS.get(character) ?? "names with letters, digits and _"}`;
}

/** The value of a number as Python writes them; what it throws has no place. @param {string} literal */
export function numberOfToken(literal) {
  if (!NUMBER.test(literal)) throw new EquationError(malformed(literal));
  const value = Number(literal.replaceAll("_", ""));
  if (!Number.isFinite(value)) throw new EquationError("this number is too large for a float");
  return value;
}

/** @param {string} literal */
function malformed(literal) {
  const said = literal.length <= 40 ? literal : `${literal.slice(0, 39)}…`;
  const product = /^([\d_.]+)(?![jJ]$)([A-Za-z]\w*)$/.exec(literal);
  if (product && NUMBER.test(product[1]) && !/^0[xXoObB]/.test(literal)) {
    return `an operator is missing in ${said}; write ${product[1].slice(0, 40)} * ${product[2].slice(0, 40)}`;
  }
  return `${said} is not a number${/^0[\d_]+$/.test(literal) ? "; leave out the zeros in front" : ""}`;
}
