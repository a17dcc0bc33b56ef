// How much a graph computes at given sizes; and a bound on it for values that nobody has given: a size is quickly written.

import { InputError, grouped, keyOf } from "./base.js";
import { LIMITS, TABLES, opOf } from "./operators.js";
import { namesOf, sizeOf } from "./sizes.js";
import { namedAxes } from "./formulas.js";
import { entriesIn } from "./tensors.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Dim} Dim */

/**
 * Refuses a graph that computes out of proportion to the `given` numbers, for so many `examples`.
 * @param {Graph} graph @param {Map<string, number>} sizes @param {number} examples @param {number} given
 */
export function checkWork(graph, sizes, examples, given) {
  const limit = Math.max(LIMITS.NUMBERS, LIMITS.GIVEN_TIMES * given);
  const sorted = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
  const work = graph.once(`work ${keyOf(sorted)}`, () => graph.nodes.reduce((sum, node) => sum + workOf(graph, node, sizes), 0));
  if (examples * work <= limit) return;
  const at = sorted.map(([name, size]) => `${name} = ${grouped(size)}`).join(", ") || "these shapes";
  throw new InputError(
    `${graph.name} with ${at} computes more than ${grouped(limit)} numbers, the most where not all values are given; take smaller sizes, ` +
      "or give every input and parameter",
  );
}

/**
 * How many numbers a node reads and makes; of products `at_once` multiplications count as one more.
 * @param {Graph} graph @param {import("./nodes.js").Node} node @param {Map<string, number>} sizes
 */
function workOf(graph, node, sizes) {
  // of a size that nobody has given nothing is said
  const known = (/** @type {Dim} */ dim) => {
    const ones = namesOf(dim).map((name) => /** @type {[string, number]} */ ([name, 1]));
    return sizeOf(dim, new Map([...ones, ...sizes])) ?? 1;
  };
  const shapes = node.inputs.map((name) => graph.node(name).shape.map(known));
  const numbers = [node.shape.map(known), ...shapes].reduce((sum, shape) => sum + entriesIn(shape), 0);
  if (!node.inputs.length) return numbers;
  const op = opOf(node.op);
  /** @type {Map<string, number>} */
  const letters = new Map();
  const pair = (/** @type {Iterable<string>} */ axes, /** @type {number[]} */ shape) => [...axes].reverse().forEach((axis, k) => {
    if (k < shape.length) letters.set(axis, shape[shape.length - 1 - k]);
  });
  [...namedAxes(op, new Map(node.attrs))].forEach((axes, k) => pair(axes, shapes[k] ?? []));
  pair(op.output, node.shape.map(known));
  const products = op.muls.split(" + ").map((product) => product.split(" ").filter((axis) => letters.has(axis)));
  const taken = products.reduce((sum, axes) => sum + (axes.length ? entriesIn(axes.map((axis) => letters.get(axis) ?? 1)) : 0), 0);
  return numbers + Math.floor((taken || entriesIn([...letters.values()])) / TABLES.at_once);
}
