// Tokens to a tree, by how strongly each sign holds its sides: a subset of Python's expressions, with its precedence and its own words.
// What is not complete waits on a stack, so nothing here recurses.

import { EquationError, assert, grouped } from "./base.js";
import { LIMITS, OPS, TABLES } from "./operators.js";
import { ofOperator } from "./suggestions.js";
import { END, RESERVED, SourceLines, numberOfToken, tokensOf } from "./tokens.js";
import { CLOSING, Place, STEPS, neverOpened, noOperator, noValue } from "./mistakes.js";

/** @typedef {import("./tokens.js").Token} Token */
/** @typedef {import("./mistakes.js").Waiting} Waiting */
/**
 * @typedef {object} Expr A part of an expression, and where it stands.
 * @property {string} kind name, number, literal, text, prefix, infix, transpose, entry, slice, open, list or call
 * @property {string} word the name, the number or the text as it is written, the sign, what is called
 * @property {Expr[]} operands of an entry the value and its indices, of a slice its two ends, each `open` where it is left out
 * @property {SourceLines} source
 * @property {number} start
 * @property {number} end
 * @property {number} number
 * @property {[string, Expr][]} named what a call is given by name
 */

/** What a text may call. @type {string[]} */
export const OPERATORS = [...OPS.values()].filter((op) => !op.batch).map((op) => op.name);
const READING = TABLES.reading.expressions;
const COMPARISONS = new Set(READING.comparisons);
/** Only what a call is given by name. @type {Map<string, boolean | null>} */
export const LITERALS = new Map(Object.entries(READING.literals));
/** @type {Map<string, [number, number]>} how strongly a sign holds its left and its right side */
const BINDING = new Map(Object.entries(READING.binding));
/** @type {Map<string, string>} signs that are not in the language, and what to write of a and b */
const FOREIGN = new Map(Object.entries(READING.foreign));

/** @param {string} kind @param {string} word @param {Expr[]} operands @param {SourceLines} source @param {number} start @param {number} end @param {Partial<Expr>} [more] @returns {Expr} */
export function exprOf(kind, word, operands, source, start, end, more = {}) {
  return { kind, word, operands, source, start, end, number: 0, named: [], ...more };
}

/** An error that stands where `node` does. @param {Expr} node @param {string} message */
export function errorAt(node, message) {
  return node.source.error(node.start, message);
}

/** What the reader wrote, cut when long. @param {Expr} node */
export function sourceOf(node) {
  return node.source.quoted(node.start, node.end);
}

/** A single expression. @param {string} text */
export function expressionOf(text) {
  const source = new SourceLines(text);
  return readExpression(source, tokensOf(source)[0]);
}

/** The expression that some tokens are; the last of them is its end. @param {SourceLines} source @param {Token[]} tokens @returns {Expr} */
export function readExpression(source, tokens) {
  return new ExpressionReader(source, tokens).read();
}

/** Reads one expression; a value is kept with where it begins and ends, its brackets included. */
class ExpressionReader {
  /** @param {SourceLines} source @param {Token[]} tokens */
  constructor(source, tokens) {
    this.source = source;
    this.tokens = tokens;
    /** @type {[Expr, number, number][]} */
    this.values = [];
    /** @type {Waiting[]} */
    this.waiting = [];
    this.depth = 0;
    this.terms = 0;
  }

  read() {
    let wantsValue = true;
    this.tokens.forEach((token, k) => {
      wantsValue = wantsValue ? this.beforeValue(k, token) : this.afterValue(k, token);
    });
    return this.values[0][0];
  }

  /** Take a token where a value is expected; whether one still is. @param {number} k @param {Token} token @returns {boolean} */
  beforeValue(k, token) {
    const [kind, word, start] = token;
    if (kind === "name" && !RESERVED.has(word)) {
      if (this.tokens[k + 1][1] !== "=" || !this.isArgument(k)) return this.leaf(token, kind, word);
      return this.wait(READING.named, "keyword", word, start);
    }
    if (kind === "number") {
      try {
        return this.leaf(token, kind, word, numberOfToken(word));
      } catch (error) {
        throw error instanceof EquationError && !error.line ? this.error(token, error.fact) : error;
      }
    }
    if (word === "+" || word === "-") {
      this.count(token);
      return this.wait(READING.prefix, "prefix", word, start);
    }
    if (word === "(" || word === "[") return this.open(token, word === "(" ? "group" : "list", null);
    return this.inBracket(k, token);
  }

  /** Take a token where a value is expected that stands there only in some brackets. @param {number} k @param {Token} token */
  inBracket(k, token) {
    const [kind, word, start] = token;
    const before = this.wordBefore(k);
    const { kind: inside = "", word: opening = "" } = this.waiting.at(-1) ?? {};
    if (word === "=" && inside === "keyword" && before !== "=") return true;
    if (word === ":" && inside === "entry" && (before === "[" || before === ",")) {
      this.openEnd(start);
      return this.slice(token);
    }
    if ((word === "]" || word === ",") && inside === "slice") {
      this.openEnd(start);
      return this.afterValue(k, token);
    }
    if (word === CLOSING.get(opening) && (before === "," || (before === opening && (inside === "call" || inside === "list")))) return this.close(k, token);
    if (kind !== END && [",", ")", ""].includes(this.tokens[k + 1][1])) {
      if (kind === "text" && (this.isArgument(k) || before === "=")) return this.leaf(token, kind, word.slice(1, -1));
      if (LITERALS.has(word) && inside === "keyword") return this.leaf(token, "literal", word);
    }
    throw noValue(this.place(k));
  }

  /** @param {number} k */
  wordBefore(k) {
    return k ? this.tokens[k - 1][1] : "";
  }

  /** @param {number} k */
  place(k) {
    return new Place(this.source, this.tokens, k, this.waiting);
  }

  /** Whether an argument of a call begins with this token. @param {number} k */
  isArgument(k) {
    return this.waiting.at(-1)?.kind === "call" && ["(", ","].includes(this.wordBefore(k));
  }

  /** @param {Token} token @param {string} kind @param {string} word @param {number} [number] */
  leaf(token, kind, word, number = 0) {
    const [, , start, end] = token;
    this.count(token);
    return this.value(exprOf(kind, word, [], this.source, start, end, { number }), start, end);
  }

  /** @param {Expr} expr @param {number} start @param {number} end */
  value(expr, start, end) {
    this.values.push([expr, start, end]);
    return false;
  }

  /** @param {number} binding @param {string} kind @param {string} word @param {number} start @param {[Expr, number, number] | null} [of] */
  wait(binding, kind, word, start, of = null) {
    this.waiting.push({ binding, kind, word, start, of, first: this.values.length });
    return true;
  }

  /** Take a token after a value; whether another value is expected. @param {number} k @param {Token} token @returns {boolean} */
  afterValue(k, token) {
    const [kind, word, start] = token;
    const binding = BINDING.get(word);
    if (binding) {
      if (COMPARISONS.has(word) && this.isInside((w) => COMPARISONS.has(w.word))) throw this.error(token, READING.chained);
      this.complete(binding[0]);
      return this.wait(binding[1], "infix", word, start);
    }
    if (word === ")" || word === "]") return this.close(k, token);
    if (CLOSING.has(word)) {
      const of = this.pop();
      if (word === "(" && of[0].kind !== "name") throw this.notCalled(of[1], of[2], "; write * for a product");
      return this.open(token, word === "(" ? "call" : "entry", of);
    }
    if (kind === "attribute") return this.transpose(k, token);
    if (word === ":" && this.isInside((w) => w.kind === "slice")) throw this.error(token, STEPS);
    this.complete(0);
    const inside = this.waiting.at(-1)?.kind ?? "";
    if (word === ":" && inside === "entry") return this.slice(token);
    if (word === "," && ["call", "list", "entry"].includes(inside)) return true;
    if (kind !== END || this.waiting.length) throw noOperator(this.place(k));
    return false;
  }

  /** @returns {[Expr, number, number]} */
  pop() {
    const found = this.values.pop();
    assert(found);
    return found;
  }

  /** Take the : after the first end of a slice. @param {Token} token */
  slice(token) {
    this.count(token);
    return this.wait(READING.named, "slice", ":", token[2]);
  }

  /** An end of a slice that is left out. @param {number} place */
  openEnd(place) {
    this.value(exprOf("open", "", [], this.source, place, place), place, place);
  }

  /** @param {Token} token */
  count(token) {
    this.terms += 1;
    if (this.terms <= LIMITS.EQUATION_TERMS) return;
    const most = `an equation has at most ${grouped(LIMITS.EQUATION_TERMS)} names, numbers, signs and .T`;
    throw this.error(token, `${most}, and this one has more; split it into several equations`);
  }

  /** @param {Token} token @param {string} kind @param {[Expr, number, number] | null} of */
  open(token, kind, of) {
    this.depth += 1;
    if (this.depth > LIMITS.EQUATION_NESTING) {
      throw this.error(token, `brackets are nested more than ${LIMITS.EQUATION_NESTING} deep; split the equation into several`);
    }
    return this.wait(0, kind, token[1], token[2], of);
  }

  /** Apply the signs that hold the last value more strongly than the one that comes now holds its left side. @param {number} left */
  complete(left) {
    for (let last = this.waiting.at(-1); last && last.binding > left; last = this.waiting.at(-1)) {
      this.waiting.pop();
      const { kind, word } = last;
      const [right, begin, end] = this.pop();
      if (kind === "prefix" || kind === "keyword") this.value(exprOf(kind, word, [right], this.source, last.start, end), last.start, end);
      else {
        const [value, start, stop] = this.pop();
        if (FOREIGN.has(word)) throw this.source.error(start, this.foreign(word, right, [start, stop, begin, end]));
        this.value(exprOf(kind, word, [value, right], this.source, start, end), start, end);
      }
    }
  }

  /** @param {string} word @param {Expr} right @param {number[]} places of both sides */
  foreign(word, right, [start, stop, begin, end]) {
    const hint = /** @type {string} */ (FOREIGN.get(word === "^" && right.word === "T" ? "^T" : word));
    const said = hint.replace(/\{([ab])\}/g, (_, side) => (side === "a" ? this.source.quoted(start, stop) : this.source.quoted(begin, end)));
    return `${this.source.quoted(start, end)} is not in the language: ${said}`;
  }

  /** Whether a sign of some kind waits inside the innermost bracket. @param {(w: Waiting) => boolean} holds */
  isInside(holds) {
    for (let k = this.waiting.length - 1; k >= 0 && this.waiting[k].binding; k -= 1) if (holds(this.waiting[k])) return true;
    return false;
  }

  /** @param {number} k @param {Token} token */
  close(k, token) {
    const [, word, , end] = token;
    this.complete(0);
    const opened = this.waiting.pop();
    if (!opened) throw neverOpened(this.place(k));
    this.depth -= 1;
    const closing = CLOSING.get(opened.word);
    if (closing !== word) throw this.error(token, `this ${word} closes no ${opened.word}; write ${closing}`);
    if (opened.kind === "group") return this.value(this.pop()[0], opened.start, end);
    const given = this.values.splice(opened.first).map(([argument]) => argument);
    const { kind, of, start } = opened;
    if (!of) return this.value(exprOf(kind, "[,]", given, this.source, start, end), start, end);
    const term = kind === "entry" ? exprOf(kind, "[]", [of[0], ...given], this.source, of[1], end) : this.call(of, given, end);
    return this.value(term, of[1], end);
  }

  /** A call, with what it is given in order and what by name. @param {[Expr, number, number]} of @param {Expr[]} given @param {number} end */
  call(of, given, end) {
    const operands = given.filter((argument) => argument.kind !== "keyword");
    /** @type {Map<string, Expr>} */
    const named = new Map();
    for (const argument of operands.length < given.length ? given : []) {
      const isNamed = argument.kind === "keyword";
      if (!isNamed && named.size) throw errorAt(argument, `${sourceOf(argument)} stands after what is given by name; plain arguments come first`);
      if (isNamed && named.has(argument.word)) throw errorAt(argument, `${argument.word} is given twice`);
      if (isNamed) named.set(argument.word, argument.operands[0]);
    }
    return exprOf("call", of[0].word, operands, this.source, of[1], end, { named: [...named] });
  }

  /** @param {number} k @param {Token} token */
  transpose(k, token) {
    const [, word, , end] = token;
    const [value, start] = this.pop();
    const name = word.replace(/^[. \t\n\\]+/, "");
    if (name !== "T" && this.tokens[k + 1][1] === "(") {
      throw this.notCalled(start, end, OPERATORS.includes(name) ? `; write ${name}(...)` : ofOperator(name, OPERATORS));
    }
    if (name !== "T") throw this.source.error(start, `the only attribute is .T, the transpose; got .${name}`);
    this.count(token);
    return this.value(exprOf("transpose", ".T", [value], this.source, start, end), start, end);
  }

  /** @param {Token} token @param {string} message */
  error(token, message) {
    return this.source.error(token[2], message);
  }

  /** @param {number} start @param {number} end @param {string} hint */
  notCalled(start, end, hint) {
    return this.source.error(start, `only operators can be called, got ${this.source.quoted(start, end)}${hint}`);
  }
}
