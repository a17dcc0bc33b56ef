// Equations as text to a graph: a subset of Python's expressions, read by rules of our own and never evaluated.

import { EquationError, GraphError, shown } from "./base.js";
import { LIMITS } from "./operators.js";
import { documentOf } from "./nodes.js";
import { Builder } from "./building.js";
import { statementsOf } from "./syntax.js";
import { declare, givenProblems, goalProblems } from "./declarations.js";
import { EquationReader } from "./reader.js";

/** @typedef {import("./nodes.js").Document} Document */
/** @typedef {Map<string, any> | Record<string, any>} Table */

/** @param {Table} [given] @returns {Map<string, any>} */
const tableOf = (given = {}) => (given instanceof Map ? given : new Map(Object.entries(given ?? {})));

/**
 * Read equations into a graph. `leaves` gives each leaf's core shape: `{x: ["D"], W: [3, "D"], s: [], t: {class: 5}}`; those in `parameters` are drawn
 * inside the equations. The outputs are the variables nobody uses, unless `outputs` names them. What is thrown has all `problems`.
 * @param {string} text @param {Table} [leaves]
 * @param {{parameters?: Table, name?: string, values?: Table, symbols?: Table, outputs?: string | string[], loss?: string, inputs?: Table, most?: number}} [how]
 */
export function parse(text, leaves = {}, { parameters = {}, name = "graph", values = {}, symbols = {}, outputs = [], loss = "", inputs = {}, most = Infinity } = {}) {
  const builder = new Builder([], new Set(), most);
  for (const [kind, given] of /** @type {[string, Table][]} */ ([["input", leaves], ["input", inputs], ["parameter", parameters]])) {
    for (const [leaf, shape] of tableOf(given)) {
      try {
        declare(builder, leaf, kind, shape);
      } catch (error) {
        throw error instanceof GraphError ? new EquationError(error.message) : error;
      }
    }
  }
  if (typeof text !== "string") throw new EquationError(`expected equations as text, such as 'z = W @ x', got ${shown(text)}`);
  /** @type {EquationError[]} */
  const problems = [];
  const targets = readEquations(text, builder, problems);
  if (problems.length) throw joinedErrors(problems);
  const named = typeof outputs === "string" ? [outputs] : outputs;
  for (const problem of goalProblems(builder, named, loss).values()) throw new EquationError(problem);
  const graph = finish(builder, name, targets, documentOf({ loss, values: tableOf(values), symbols: tableOf(symbols) }), named);
  const wrong = givenProblems(graph);
  if (wrong.length) throw joinedErrors(wrong.map((problem) => new EquationError(problem)));
  return graph;
}

/** The graph of all equations read; its outputs are those named, or the targets nobody uses. @param {Builder} builder @param {string} name @param {string[]} targets @param {Document} [document] @param {string[]} [outputs] */
export function finish(builder, name, targets, document = undefined, outputs = []) {
  const used = new Set([...builder.nodes.values()].flatMap((node) => node.inputs));
  return builder.graph(name, outputs.length ? outputs : targets.filter((target) => !used.has(target)), document, targets);
}

/** Add the equations of a text to `builder`; what is wrong is added to `problems`. The names assigned, in order. @param {string} text @param {Builder} builder @param {EquationError[]} problems @param {Iterable<string>} [sizes] */
export function readEquations(text, builder, problems, sizes = []) {
  /** @type {EquationError[]} */
  const found = [];
  const statements = statementsOf(text, found);
  const targets = new EquationReader(builder, found, statements, sizes).targets();
  found.sort((a, b) => a.line - b.line || a.column - b.column);
  for (const error of found.slice(0, LIMITS.EQUATION_PROBLEMS)) problems.push(error.line ? error : new EquationError(error.fact, 1));
  return targets;
}

/** One error for all problems; it stands at the first. @param {EquationError[]} problems */
export function joinedErrors(problems) {
  const [first] = problems;
  const error = new EquationError(first.fact, first.line, first.column);
  error.problems = problems;
  error.message = problems.map((problem) => problem.message).join("\n");
  return error;
}
