// Branches that `where` does not take: which variables are in them, and under which conditions. Where a condition is 0 so is the cotangent,
// and 0 times an infinite derivative is no number; so what leaves such a branch is selected again.

import { isSame } from "./base.js";
import { INNER, attributesOf, isLeaf } from "./nodes.js";
import { opOf } from "./operators.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./trees.js").Tree} Tree */
/**
 * @typedef {object} Condition A variable that is 0 where the branch is not taken, with axes of one entry put in where the branch has more.
 * @property {string} name
 * @property {number[]} axes from the end, as `expand` has them
 * @property {Shape} shape with them
 */

// branches inside one another that are masked one by one; of more, the innermost
const DEEPEST_BRANCHES = 8;

/**
 * For each node that only branches not taken may need, the conditions under which it is. What is `given` a cotangent counts whatever is
 * selected.
 * @param {Graph} graph @param {Iterable<string>} given
 */
export function conditionsOf(graph, given) {
  /** @type {Map<string, Condition[]>} */
  const found = new Map();
  if (!graph.operators.has("select")) return found;
  /** @type {Map<string, Condition[][]>} of each use, the conditions */
  const uses = new Map([...graph.outputs, ...given].map((name) => [name, [[]]]));
  for (let place = graph.nodes.length - 1; place >= 0; place -= 1) {
    const node = graph.nodes[place];
    if (isLeaf(node)) continue;
    const [first, ...others] = uses.get(node.name) ?? [[]];
    const held = first.filter((c) => others.every((way) => holds(way, c)) && conditionBefore(graph, node, c));
    if (held.length) found.set(node.name, held);
    const passed = held.map((c) => /** @type {Condition} */ (conditionBefore(graph, node, c)));
    const op = opOf(node.op);
    node.inputs.forEach((argument, k) => {
      if (op.rules[op.isVariadic ? 0 : k] === "0") return;
      const ways = uses.get(argument) ?? [];
      uses.set(argument, ways);
      ways.push([...passed, ...(node.op === "select" ? [conditionOf(graph.node(node.inputs[0]))] : [])].slice(-DEEPEST_BRANCHES));
    });
  }
  return found;
}

/** @param {Condition[]} conditions @param {Condition} wanted */
function holds(conditions, wanted) {
  return conditions.some((c) => c.name === wanted.name && isSame(c.axes, wanted.axes) && isSame(c.shape, wanted.shape));
}

/**
 * A variable as a condition; that of an expanded one, which each derivative may have expanded anew, is the other's.
 * @param {Node} node @returns {Condition}
 */
function conditionOf(node) {
  if (node.op === "expand") return { name: node.inputs[0], axes: attributesOf(node).get("axis"), shape: node.shape };
  return { name: node.name, axes: [], shape: node.shape };
}

/**
 * The condition of a node's value as one of its operands, where each of their entries is under one entry of it.
 * @param {Graph} graph @param {Node} node @param {Condition} condition @returns {Condition | null}
 */
function conditionBefore(graph, node, condition) {
  const op = opOf(node.op);
  const { shape } = condition;
  if (!shape.length) return condition;
  if (!spreads(shape, node.shape)) return null;
  const given = attributesOf(node).get("axis");
  /** @type {number[]} */
  const axes = typeof given === "number" ? [given] : (given ?? []);
  const isAlong = axes.every((axis) => -axis > shape.length || shape.at(axis) === 1);
  // those work along an axis, and so does softmax
  if (op.isElementwise || (op.shape === "same" && isAlong)) return condition;
  if (op.name === "expand") return squeezedCondition(condition, axes);
  if (["reduced", "squeezed"].includes(op.shape) && axes.length) {
    return attributesOf(node).get("keepdims") ? condition : expandedCondition(condition, axes, graph.node(node.inputs[0]).shape.length);
  }
  return null;
}

/**
 * The condition with an axis of one entry where a reduction has taken one away; those in front of all its own need none.
 * @param {Condition} condition @param {number[]} axes @param {number} rank @returns {Condition}
 */
function expandedCondition({ name, axes: own, shape }, axes, rank) {
  // where the axes of the reduction's value were
  const places = Array.from({ length: rank }, (_, k) => -k - 1).filter((k) => !axes.includes(k));
  const wanted = new Map(places.slice(0, shape.length).map((k, j) => [k, shape[shape.length - 1 - j]]));
  const all = Array.from({ length: Math.max(0, ...[...wanted.keys()].map((k) => -k)) }, (_, k) => k).reverse().map((k) => -k - 1);
  const putIn = all.filter((k) => !wanted.has(k));
  return { name, axes: [...own.map((k) => places[-k - 1]), ...putIn].sort((a, b) => a - b), shape: all.map((k) => wanted.get(k) ?? 1) };
}

/**
 * The condition without axes of one entry that were put in; null where it has such an axis of its own.
 * @param {Condition} condition @param {number[]} axes @returns {Condition | null}
 */
function squeezedCondition({ name, axes: own, shape }, axes) {
  const places = shape.map((_, k) => k - shape.length).filter((k) => !axes.includes(k));
  if (axes.some((axis) => -axis <= shape.length && !own.includes(axis))) return null;
  const putIn = places.flatMap((place, k) => (own.includes(place) ? [k - places.length] : []));
  return { name, axes: putIn, shape: places.map((k) => /** @type {import("./nodes.js").Dim} */ (shape.at(k))) };
}

/** Whether a value of the first shape, broadcast, has an entry for each of the second. @param {Shape} shape @param {Shape} over */
function spreads(shape, over) {
  return shape.length <= over.length && shape.every((a, k) => a === 1 || a === over[k + over.length - shape.length]);
}

/**
 * A rule that hands a cotangent to an argument, selected once more by the conditions that the argument leaves; and their names.
 * @param {Graph} graph @param {Node} node @param {string} argument @param {Tree} rule
 * @param {Map<string, Condition[]>} conditions @returns {[Tree, [string, string][]]}
 */
export function selectedRule(graph, node, argument, rule, conditions) {
  /** @type {[string, string][]} */
  const names = [];
  for (const condition of conditions.get(node.name) ?? []) {
    const before = conditionBefore(graph, node, condition);
    if (!before || holds(conditions.get(argument) ?? [], before)) continue;
    const name = INNER + before.name;
    names.push([name, before.name]);
    const mask = before.axes.length ? { op: "expand", operands: [name], attrs: /** @type {[string, any][]} */ ([["axis", before.axes]]) } : name;
    rule = { op: "select", operands: [mask, rule], attrs: [] };
  }
  return [rule, names];
}
