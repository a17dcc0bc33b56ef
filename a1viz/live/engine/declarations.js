// What is declared, checked: leaves with their names, shapes, classes and values, symbols, and what the graph is for.

import { GraphError, InputError, didYouMean, shown } from "./base.js";
import { LIMITS, TABLES } from "./operators.js";
import { isDeclared, isLeaf } from "./nodes.js";
import { Builder } from "./building.js";
import { gather } from "./leaves.js";
import { described } from "./shapes.js";
import { RESERVED } from "./tokens.js";
import { numberProblem, symbolProblem } from "./schema.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Shape} Shape */

/** Add a leaf with a shape as documents and `parse` write it. @param {Builder} builder @param {string} name @param {string} kind @param {any} shape */
export function declare(builder, name, kind, shape) {
  checkName(name);
  if (TABLES.reading.declarations.keywords.includes(name)) {
    const said = "is a keyword of run, grad, compile, gradient_norms or ntk, so no variable can be given by it; choose another name";
    throw new GraphError(`${name} ${said}`);
  }
  if (!shape || typeof shape !== "object" || Array.isArray(shape)) builder.leaf(name, kind, readShape(name, shape));
  else {
    const keys = Object.keys(shape);
    if (!keys.includes("class") || keys.some((key) => key !== "class" && key !== "shape")) {
      throw new GraphError(`${name}: a table must be {class = N} or {class = N, shape = ["T"]}, got ${shown(shape)}`);
    }
    if (shape.class === 0) throw new GraphError(`${name}: a label needs at least 1 class, got 0`);
    builder.leaf(name, "label", readShape(name, keys.includes("shape") ? shape.shape : []), readDim(name, shape.class));
  }
}

/** @param {string} name @param {any} shape @returns {Shape} */
function readShape(name, shape) {
  if (!Array.isArray(shape)) throw new GraphError(`${name}: a shape must be a list such as ["D"] or a table {class = "N"}, got ${shown(shape)}`);
  if (shape.length > LIMITS.AXES) {
    throw new GraphError(`${name}: shape ${shown(shape)} has ${shape.length} axes; the value for one example has at most ${LIMITS.AXES}`);
  }
  return shape.map((size) => readDim(name, size));
}

/** @param {string} name @param {any} size @returns {Dim} */
function readDim(name, size) {
  if (typeof size === "string" && /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/.test(size)) return size;
  if (Number.isInteger(size) && size >= 0 && size < 2 ** 31) return size;
  throw new GraphError(`${name}: a size must be a whole number from 0 or a name, got ${Number.isInteger(size) ? size : shown(size)}`);
}

/** Throw unless the language can spell this name. @param {string} name */
export function checkName(name) {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new GraphError(`${shown(name)} is not a name: letters, digits and _ only, not beginning with a digit`);
  if (RESERVED.has(name)) throw new GraphError(`${name} is a reserved word; choose another name`);
  if (name.length > LIMITS.NAME_CHARACTERS) {
    throw new GraphError(`${shown(name)} is too long for a name: ${name.length} characters, at most ${LIMITS.NAME_CHARACTERS}`);
  }
}

/** What is wrong with the names of outputs and of the loss, by key. @param {Builder} builder @param {any} outputs @param {any} loss @returns {Map<string, string>} */
export function goalProblems({ nodes }, outputs, loss) {
  const problems = new Map();
  if (typeof loss !== "string" || !Array.isArray(outputs) || !outputs.every((name) => typeof name === "string")) {
    const said = `outputs and loss are names of variables, as in outputs=['y'], loss='J', got ${shown(outputs)} and ${shown(loss)}`;
    return problems.set("loss", said);
  }
  if (new Set(outputs).size < outputs.length) problems.set("outputs", `outputs name each variable once, got ${shown(outputs)}`);
  const variables = [...nodes.values()].filter(isDeclared).map((node) => node.name);
  for (const name of outputs) {
    if (!variables.includes(name) || nodes.get(name)?.op === "label") {
      problems.set("outputs", `${shown(name)} in outputs is not a variable${didYouMean(name, variables)}`);
    }
  }
  const goal = nodes.get(loss);
  if (loss && (!goal || !isDeclared(goal) || isLeaf(goal))) {
    problems.set("loss", `the loss ${shown(loss)} is not a variable with an equation${didYouMean(loss, variables)}`);
  } else if (goal?.shape.length) problems.set("loss", `the loss must be a scalar, but ${loss} is ${described(goal.shape)}`);
  return problems;
}

/** What is wrong with the values and symbols of a graph, which has no sizes but those of its values. @param {Graph} graph @returns {string[]} */
export function givenProblems(graph) {
  const { values, symbols } = graph.document;
  const wrong = [...values].map(([name, value]) => (value?.data instanceof Float64Array ? "" : numberProblem(name, value, "value", false)));
  for (const [name, symbol] of symbols) wrong.push(symbolProblem(name, symbol));
  const leaves = graph.leaves.map((node) => node.name);
  for (const name of values.keys()) {
    const what = graph.has(name) ? "is computed by an equation, so it has no value of its own" : "is no input or parameter";
    if (!leaves.includes(name)) wrong.push(`${shown(name)} in [values] ${what}${didYouMean(name, leaves)}`);
  }
  for (const name of symbols.keys()) {
    if (!graph.has(name)) wrong.push(`${shown(name)} in [symbols] is not a variable${didYouMean(name, graph.declaredNames)}`);
  }
  const problems = wrong.filter(Boolean);
  if (problems.length) return problems;
  try {
    gather(new Builder(graph.leaves.filter((node) => values.has(node.name))).graph(graph.name, []), values);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
  }
  return problems;
}
