// Whether a pattern, an expression of a1viz's own tables, describes a node of a graph, and in which ways; and what a sum is made of.

import { ShapeError, assert, isSame } from "./base.js";
import { attributesOf, isDeclared, isLeaf } from "./nodes.js";
import { TABLES, opOf } from "./operators.js";
import { canonical } from "./attributes.js";
import { AttributeName, treeAttributes } from "./trees.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./building.js").Builder} Builder */
/** @typedef {import("./trees.js").Tree} Tree */
/** @typedef {import("./trees.js").Applied} Applied */
/** @typedef {Map<string, any>} Found what the variables of a pattern stand for, and its names of attributes */
/** @typedef {{has(name: string): boolean}} Names */
/** @typedef {Map<string, Map<string, {operators: string[], found: [number, Node][]}>>} Index */

export const COMMUTATIVE = new Set(TABLES.matching.commutative);
/** @type {Map<string, number[]>} the signs of a sum's operands */
export const SUM_SIGNS = new Map(Object.entries(TABLES.matching.sum_signs));
const [SUMS, PLACES] = [new Set(TABLES.matching.sums), new Set(TABLES.matching.places)];
const NOTHING = new Set();

/**
 * What a value is made of by sums, signs, axes in another order or place, zeros beside it and numbers in front: itself and all parts.
 * @param {Map<string, Node>} nodes @param {string} name @returns {Set<string>}
 */
export function partsOfSum(nodes, name) {
  return reached(name, (current) => partsOfNode(nodes, /** @type {Node} */ (nodes.get(current))));
}

/** A name, and what is reached from it. @param {string} name @param {(name: string) => string[]} further */
function reached(name, further) {
  const found = new Set([name]);
  // a set is gone through with what is added meanwhile
  for (const current of found) for (const next of further(current)) found.add(next);
  return found;
}

/** @param {Map<string, Node>} nodes @param {Node} node @returns {string[]} */
function partsOfNode(nodes, node) {
  const at = (/** @type {string} */ name) => /** @type {Node} */ (nodes.get(name));
  if (SUMS.has(node.op)) return node.inputs;
  if (PLACES.has(node.op) || (node.op === "sum" && ["matmul", "outer"].includes(at(node.inputs[0]).op))) return node.inputs.slice(0, 1);
  if (!["mul", "div", "select"].includes(node.op)) return [];
  const factors = node.inputs.filter((i) => at(i).shape.length);
  if (node.op === "div" && !(factors.length === 1 && factors[0] === node.inputs[0])) return [];
  const holdsOuter = (/** @type {string} */ i) => [...reached(i, (j) => (at(j).op === "mul" ? at(j).inputs : []))].some((j) => at(j).op === "outer");
  return factors.length === 1 ? factors : factors.filter(holdsOuter).slice(0, 1);
}

/**
 * The terms of a sum with their signs, in order: what its automatic sums are made of, but for those that are `known`.
 * @param {Map<string, Node>} nodes @param {string} name @param {Names} [known] @returns {[number, string][]}
 */
export function signedTerms(nodes, name, known = NOTHING) {
  /** @type {[number, string][]} */
  const found = [];
  /** @type {[number, string][]} */
  const waiting = [[1, name]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [sign, current] = next;
    const node = /** @type {Node} */ (nodes.get(current));
    const signs = SUM_SIGNS.get(node.op);
    if (!signs || (current !== name && (isDeclared(node) || known.has(current)))) found.push([sign, current]);
    else for (let k = signs.length - 1; k >= 0; k -= 1) waiting.push([sign * signs[k], node.inputs[k]]);
  }
  return found;
}

/**
 * Every way in which `pattern` describes the node `name`, given what its variables already stand for. It looks at how the operands of
 * `name` are computed, except for those in `opaque`; null stands for all variables with a name of their own.
 * @param {Builder} builder @param {Tree} pattern @param {string} name @param {Found} found @param {Names | null} [opaque] @returns {Generator<Found>}
 */
export function* matches(builder, pattern, name, found, opaque = NOTHING) {
  if (typeof pattern === "string") {
    if (!found.has(pattern)) yield new Map(found).set(pattern, name);
    else if (isWrittenAlike(builder, found.get(pattern), name)) yield found;
    return;
  }
  const node = builder.node(name);
  if (typeof pattern === "number") {
    if (node.op === "constant" && node.value === pattern && !isDeclared(node)) yield found;
    return;
  }
  if (node.op !== pattern.op || node.inputs.length !== pattern.operands.length) return;
  const known = pattern.attrs.length || node.attrs.length ? withAttributes(builder, pattern, node, found) : found;
  if (!known) return;
  yield* matchesOfAll(builder, pattern.operands, node.inputs, known, opaque);
  if (COMMUTATIVE.has(node.op)) yield* matchesOfAll(builder, pattern.operands, [...node.inputs].reverse(), known, opaque);
}

/**
 * What the pattern's names stand for, those of attributes too; null where the node has other attributes.
 * @param {Builder} builder @param {Applied} pattern @param {Node} node @param {Found} found
 */
function withAttributes(builder, pattern, node, found) {
  const attributes = attributesOf(node);
  const named = pattern.attrs.filter(([, value]) => value instanceof AttributeName);
  const known = new Map([...named.map(([name, value]) => /** @type {[string, any]} */ ([value.name, attributes.get(name)])), ...found]);
  const shapes = node.inputs.map((i) => builder.shape(i));
  try {
    return isSame(canonical(opOf(node.op), treeAttributes(pattern, known), shapes, () => [...node.inputs]), node.attrs) ? known : null;
  } catch (error) {
    // an axis that this value has not
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

/**
 * Whether two nodes are one, or are written alike: a + b in one place and a + b in another.
 * @param {Builder} builder @param {string} first @param {string} second
 */
export function isWrittenAlike(builder, first, second) {
  if (first === second) return true;
  const waiting = [[first, second]];
  const seen = new Set();
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    const key = pair.join("\n");
    if (pair[0] === pair[1] || seen.has(key)) continue;
    seen.add(key);
    const [one, other] = pair.map((name) => builder.node(name));
    if (isDeclared(one) || isDeclared(other) || isLeaf(one) || one.op !== other.op || one.inputs.length !== other.inputs.length) return false;
    if (!isSame(one.attrs, other.attrs)) return false;
    one.inputs.forEach((i, k) => waiting.push([i, other.inputs[k]]));
  }
  return true;
}

/**
 * @param {Builder} builder @param {Tree[]} patterns @param {string[]} names @param {Found} found @param {Names | null} opaque
 * @param {number} [k] @returns {Generator<Found>}
 */
function* matchesOfAll(builder, patterns, names, found, opaque, k = 0) {
  if (k === patterns.length) yield found;
  else if (typeof patterns[k] !== "object" || !(opaque ? opaque.has(names[k]) : isDeclared(builder.node(names[k])))) {
    for (const first of matches(builder, patterns[k], names[k], found, opaque)) yield* matchesOfAll(builder, patterns, names, first, opaque, k + 1);
  }
}

/**
 * The nodes below `name` that a match looked at: where the pattern has an operator.
 * @param {Builder} builder @param {Applied} pattern @param {string} name @param {Found} found
 */
export function insideMatch(builder, pattern, name, found) {
  /** @type {Set<string>} */
  const lookedAt = new Set();
  /** @type {[Applied, string][]} */
  const waiting = [[pattern, name]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [tree, current] = next;
    const { inputs } = builder.node(current);
    const orders = COMMUTATIVE.has(tree.op) ? [inputs, [...inputs].reverse()] : [inputs];
    const order = orders.find((o) => !matchesOfAll(builder, tree.operands, o, found, NOTHING).next().done);
    assert(order, "a match is there");
    tree.operands.forEach((part, k) => {
      if (typeof part !== "object") return;
      lookedAt.add(order[k]);
      waiting.push([part, order[k]]);
    });
  }
  return lookedAt;
}

/** @param {Tree} tree @returns {Set<string>} */
export function operatorsOf(tree) {
  return new Set(typeof tree === "object" ? [tree.op, ...tree.operands.flatMap((part) => [...operatorsOf(part)])] : []);
}

/** The applications of each operator, by the operators of their operands; each with its place in the graph. @param {Graph} graph @returns {Index} */
export function byOperands(graph) {
  /** @type {Index} */
  const index = new Map();
  graph.nodes.forEach((node, place) => {
    if (!node.inputs.length) return;
    const operators = node.inputs.map((i) => graph.node(i).op);
    const key = operators.join();
    let alike = index.get(node.op);
    if (!alike) index.set(node.op, (alike = new Map()));
    const group = alike.get(key);
    if (group) group.found.push([place, node]);
    else alike.set(key, { operators, found: [[place, node]] });
  });
  return index;
}

/**
 * The nodes that have the pattern's operator and whose operands have those of the pattern's operands, in the order of the graph.
 * @param {Index} index @param {Applied} pattern
 */
export function candidates(index, pattern) {
  const asked = pattern.operands.map((o) => (typeof o === "object" ? o.op : typeof o === "string" ? "" : "constant"));
  const orders = COMMUTATIVE.has(pattern.op) ? [asked, [...asked].reverse()] : [asked];
  const fits = (/** @type {string[]} */ operators) => orders.some((order) => order.every((a, k) => !a || a === operators[k]));
  const groups = [...(index.get(pattern.op) ?? new Map()).values()].filter(({ operators }) => operators.length === asked.length && fits(operators));
  return groups.flatMap(({ found }) => found).sort((a, b) => a[0] - b[0]).map(([, node]) => node);
}
