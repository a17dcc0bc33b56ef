// Text to equations: names on the left of =, an expression on the right; what cannot be read is said, each problem at its place.

import { EquationError, grouped, quoted } from "./base.js";
import { LIMITS, OPS } from "./operators.js";
import { ofOperator } from "./suggestions.js";
import { RESERVED, partsOf, tokensOf } from "./tokens.js";
import { OPERATORS, errorAt, readExpression } from "./expressions.js";

/** @typedef {import("./tokens.js").Token} Token */
/** @typedef {import("./tokens.js").SourceLines} SourceLines */
/** @typedef {import("./expressions.js").Expr} Expr */

const ONE_ASSIGNMENT = "expected one assignment such as z = W @ x, got ";

/** An equation: the names on the left, and the expression on the right. */
export class Equation {
  /** @param {string[]} names @param {Expr} value @param {SourceLines} source @param {number} start */
  constructor(names, value, source, start) {
    this.names = names;
    this.value = value;
    this.source = source;
    this.start = start;
  }

  get line() {
    return this.source.place(this.start)[0];
  }

  /** An error that stands where the equation begins. @param {string} message */
  error(message) {
    return this.source.error(this.start, message);
  }
}

/** The error itself, if it is one of equations; any other is thrown on. @param {unknown} error @param {() => string[]} names whose equation it is */
function problemOf(error, names) {
  if (!(error instanceof EquationError)) throw error;
  error.names = names();
  return error;
}

/** The equations of a text; what cannot be read is added to `problems`, each equation by itself, so that all are reported. @param {string} text @param {EquationError[]} problems */
export function statementsOf(text, problems) {
  /** @type {Equation[]} */
  const statements = [];
  if (text.length > LIMITS.EQUATIONS_CHARACTERS && [...text].length > LIMITS.EQUATIONS_CHARACTERS) {
    const most = `at most ${grouped(LIMITS.EQUATIONS_CHARACTERS)} are read`;
    problems.push(new EquationError(`the equations have ${grouped([...text].length)} characters; ${most}`));
    return statements;
  }
  for (const source of partsOf(text)) {
    /** @type {Token[][]} */
    let parts = [];
    try {
      parts = tokensOf(source);
    } catch (error) {
      problems.push(problemOf(error, () => source.text.split("=", 1)[0].match(/[\p{L}\p{N}_]+/gu) ?? []));
    }
    for (const tokens of parts) {
      try {
        statements.push(statementOf(source, tokens));
      } catch (error) {
        problems.push(problemOf(error, () => tokens.slice(0, assignments(tokens)[0] ?? 0).filter(([kind]) => kind === "name").map(([, word]) => word)));
      }
      if (problems.length >= LIMITS.EQUATION_PROBLEMS) return statements;
    }
  }
  if (!statements.length && !problems.length) problems.push(new EquationError("there is no equation; write one such as z = W @ x"));
  return statements;
}

/** Which tokens are the = of an equation, outside all brackets. @param {Token[]} tokens */
function assignments(tokens) {
  /** @type {number[]} */
  const found = [];
  let depth = 0;
  tokens.forEach(([, word], k) => {
    if (word === "=" && !depth) found.push(k);
    depth += Number(["(", "[", "{"].includes(word)) - Number([")", "]", "}"].includes(word));
  });
  return found;
}

/** @param {SourceLines} source @param {Token[]} tokens */
function statementOf(source, tokens) {
  const [start, end] = [tokens[0][2], tokens[tokens.length - 1][2]];
  if (tokens.length === 1) throw source.error(start, "an equation is missing before this ;");
  const [k, next] = assignments(tokens);
  if (k === undefined) {
    const hint = tokens.some(([, word]) => word === "==") ? "; == compares, and = gives a name its value" : "";
    throw source.error(start, ONE_ASSIGNMENT + source.quoted(start, end) + hint);
  }
  if (next > k + 1) throw source.error(start, ONE_ASSIGNMENT + source.quoted(start, end));
  const names = leftSide(source, tokens.slice(0, k), tokens[k]);
  return new Equation(names, readExpression(source, tokens.slice(k + 1)), source, start);
}

/** The names that are assigned, from what stands before the =. @param {SourceLines} source @param {Token[]} given @param {Token} equals */
function leftSide(source, given, equals) {
  if (!given.length) throw source.error(equals[2], "the left side of = is missing; write a name, as in z = W @ x");
  given.forEach(([, word, place], k) => {
    if (/^['"]/.test(word)) throw source.error(place, `a name cannot have a quote; write ${k ? given[k - 1][1] : "y"}_prime`);
    if (RESERVED.has(word)) throw source.error(place, `${word} is a reserved word; choose another name`);
  });
  const size = given.length;
  let k = 0;
  while (k < Math.floor(size / 2) && given[k][1] === "(" && given[size - 1 - k][1] === ")") k += 1;
  const inner = given.slice(k, size - k);
  if (!inner.length || inner.some(([kind, word], place) => (place % 2 ? word !== "," : kind !== "name"))) {
    throw source.error(given[0][2], `the left side must be a name, got ${source.quoted(given[0][2], given[size - 1][3])}`);
  }
  return inner.filter((_, place) => place % 2 === 0).map(([, word]) => word);
}

/** Throw unless the name that is called is an operator of the language, and is given something. @param {Expr} call @param {{has(name: string): boolean}} variables */
export function checkOperator(call, variables) {
  const name = call.word;
  const isOperator = OPERATORS.includes(name);
  if (!isOperator && variables.has(name)) throw errorAt(call, `${name} is a variable and cannot be called; write * for a product, [ ] for an entry`);
  if (!isOperator) throw errorAt(call, `unknown operator ${quoted(name)}${ofOperator(name, OPERATORS)}`);
  const op = OPS.get(name);
  if (!call.operands.length && op?.args.length) throw errorAt(call, `${name} takes arguments: ${op.call}`);
}

/** The variables of an expression. @param {Expr} root */
export function namesIn(root) {
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind === "name") found.add(node.word);
    for (const operand of node.operands) waiting.push(operand);
    for (const [, value] of node.named) waiting.push(value);
  }
  return found;
}

/** A chain of uses from `name` back to itself, or nothing. @param {string} name @param {Map<string, string[]>} uses */
export function cycleThrough(name, uses) {
  /** @type {Map<string, string>} */
  const above = new Map();
  const waiting = [name];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for (const used of uses.get(current) ?? []) {
      if (used === name) {
        const chain = [name];
        for (; current !== name; current = /** @type {string} */ (above.get(current))) chain.push(current);
        return [name, ...chain.reverse()];
      }
      if (!above.has(used)) {
        above.set(used, current);
        waiting.push(used);
      }
    }
  }
  return [];
}
