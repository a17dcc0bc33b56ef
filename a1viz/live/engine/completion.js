// What an editor of equations asks: what each piece of a text is, whatever the text, and how a word that is begun may go on.

import { OPS, opOf } from "./operators.js";
import { SYNONYMS } from "./suggestions.js";
import { BEGINS, KINDS, PIECES, RESERVED } from "./tokens.js";
import { LITERALS, OPERATORS } from "./expressions.js";

/**
 * @typedef {object} Piece
 * @property {number} start
 * @property {number} end
 * @property {string} kind comment, target, name, operator, keyword, literal, number, text, attribute, sign, bracket, or wrong for what is not in the language
 */
/** @typedef {{text: string, kind: string, about: string}} Way what may stand for a word, of what kind, and how it is used */

const PIECE = new RegExp(`(\\s+)|(#[^\\n\\r]*)|${PIECES}`, "gu");
const PIECE_KINDS = ["", "space", "comment", ...KINDS.slice(1)];

/** Goes through the pieces of a text, and knows in which brackets each stands. */
class Scanner {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** @type {Piece[]} */
    this.pieces = [];
    /** @type {string[]} what is called at each open bracket; nothing for what is no call */
    this.brackets = [];
    // where the statement begins, and whether its = is read
    this.first = 0;
    this.isAssigned = false;
    let isNext = false;
    for (const match of text.matchAll(PIECE)) {
      let k = 1;
      while (match[k] === undefined) k += 1;
      const [start, word] = [match.index, match[0]];
      if (k === 1) isNext ||= /[\n\r]/.test(word);
      else {
        if (isNext) this.nextLine(start);
        this.take(PIECE_KINDS[k], word, start, start + word.length);
        isNext = false;
      }
    }
  }

  /** A statement begins. */
  restart() {
    this.brackets = [];
    this.first = this.pieces.length;
    this.isAssigned = false;
  }

  /** A line begins; with it a statement, unless a bracket or a backslash goes on. @param {number} start */
  nextLine(start) {
    const before = this.before();
    if (before === "\\") return;
    const isNext = before !== "(" && before !== "," && BEGINS.test(this.text.slice(start, start + 1000).split("\n", 1)[0]);
    if (isNext || !this.brackets.length) this.restart();
  }

  /** What is written before the piece that comes now, comments left out; nothing at the beginning of a statement. */
  before() {
    for (let k = this.pieces.length - 1; k >= this.first; k -= 1) {
      if (this.pieces[k].kind !== "comment") return this.text.slice(this.pieces[k].start, this.pieces[k].end);
    }
    return "";
  }

  /** @param {string} kind @param {string} word @param {number} start @param {number} end */
  take(kind, word, start, end) {
    let found = kind;
    if (kind === "name") found = this.kindOfName(word, end);
    else if (kind === "sign") {
      found = this.kindOfSign(word);
      if (word === "(" || word === "[") this.brackets.push(word === "(" && /^[A-Za-z_]/.test(this.before()) ? this.before() : "");
      else if (word === ")" || word === "]") this.brackets.pop();
    }
    this.pieces.push({ start, end, kind: found });
    if (word === ";") this.restart();
    if (word !== "=" || this.brackets.length || this.isAssigned) return;
    this.isAssigned = true;
    for (const piece of this.pieces.slice(this.first)) if (["name", "operator"].includes(piece.kind)) piece.kind = "target";
  }

  /** @param {string} word @param {number} end */
  kindOfName(word, end) {
    if (LITERALS.has(word)) return "literal";
    if (RESERVED.has(word)) return "wrong";
    const [next] = /^[ \t]*(=(?!=)|\()?/.exec(this.text.slice(end, end + 100)) ?? [""];
    if (next.endsWith("=") && this.brackets.at(-1) && ["(", ","].includes(this.before())) return "keyword";
    return next.endsWith("(") && OPERATORS.includes(word) ? "operator" : "name";
  }

  /** @param {string} word */
  kindOfSign(word) {
    if ("()[]".includes(word)) return "bracket";
    return SIGNS_READ.has(word) ? "sign" : "wrong";
  }
}

const SIGNS_READ = new Set("+ - * / @ ** // < <= > >= == != = , : ; \\".split(" "));

/** The pieces of a text, in order, each with its kind: all but white space, whatever the text. @param {string} text @returns {Piece[]} */
export function highlighted(text) {
  return new Scanner(text).pieces;
}

/**
 * What may stand for the word at a position, which reaches from `start` to `end`: variables first, then what else is known by that name.
 * @param {string} text @param {number} position @param {Iterable<string>} [names] of leaves @returns {{start: number, end: number, ways: Way[]}}
 */
export function completions(text, position, names = []) {
  const start = position - (/\w*$/.exec(text.slice(Math.max(0, position - 200), position)) ?? [""])[0].length;
  const end = position + (/^\w*/.exec(text.slice(position, position + 200)) ?? [""])[0].length;
  const scanned = new Scanner(text.slice(0, start));
  const last = scanned.pieces.at(-1);
  const begun = text.slice(start, position);
  const isComment = last?.kind === "comment" && !/[\n\r]/.test(text.slice(last.end, start));
  if (isComment || /^\d/.test(begun)) return { start, end, ways: [] };
  if (scanned.before() === ".") return { start, end, ways: "T".startsWith(begun) ? [{ text: "T", kind: "attribute", about: "the transpose" }] : [] };
  /** @type {Way[]} */
  const ways = [];
  const call = scanned.brackets.at(-1) ?? "";
  const variables = new Set([...names, ...targetsOf(text.slice(0, start)), ...targetsOf(text.slice(end))]);
  for (const name of variables) ways.push({ text: name, kind: "name", about: "" });
  if (OPS.has(call)) for (const name of opOf(call).defaults.keys()) ways.push({ text: `${name}=`, kind: "keyword", about: opOf(call).call });
  for (const name of OPERATORS) ways.push({ text: `${name}(`, kind: "operator", about: opOf(name).call });
  const plain = begun.toLowerCase();
  const found = ways.filter((way) => way.text.toLowerCase().startsWith(plain) && way.text !== begun);
  const meant = SYNONYMS.get(plain.replaceAll("_", ""));
  if (meant) found.push({ text: meant, kind: "operator", about: `${begun} is written ${meant}` });
  return { start, end, ways: found };
}

/** The names that a text assigns, each once. @param {string} text */
function targetsOf(text) {
  return new Set(highlighted(text).filter((piece) => piece.kind === "target").map((piece) => text.slice(piece.start, piece.end)));
}
