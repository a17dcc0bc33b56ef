// What several equations of a derivation have in common gets an equation of its own, as a book writes delta.

import { freeName } from "./base.js";
import { TABLES } from "./operators.js";
import { isDeclared, isLeaf, reading } from "./nodes.js";

/** @typedef {import("./nodes.js").Node} Node */

const { ending, least: LEAST_SHARED, part: PART } = TABLES.shared_parts;
// of a cotangent's name
const ENDING = new RegExp(ending);

/**
 * The same equations with what at least two of them have in common under a name of its own: `delta_z` for a part with `z_bar`.
 * @param {Map<string, Node>} named @param {Map<string, string>} roots for each equation of a cotangent the automatic node that it is
 * @returns {Node[]}
 */
export function withSharedParts(named, roots) {
  const nodes = [...named.values()];
  const readers = readersOf(named, roots);
  const sizes = operatorCounts(nodes, roots);
  /** @type {Node[]} */
  const found = [];
  for (const node of nodes.toReversed()) {
    if (isDeclared(node) || isLeaf(node)) continue;
    const own = /** @type {Set<string>} */ (readers.get(node.name));
    const isPart = own.size > 1 && (sizes.get(node.name) ?? 0) >= LEAST_SHARED;
    if (isPart) found.push(node);
    for (const name of node.inputs) for (const reader of isPart ? [node.name] : own) readers.get(name)?.add(reader);
  }
  /** @type {Map<string, string>} */
  const parts = new Map();
  const used = new Set(named.keys());
  // the inner ones first
  for (const node of found.reverse()) {
    parts.set(node.name, freeName(partName(named, node, roots), used));
    used.add(/** @type {string} */ (parts.get(node.name)));
  }
  return parts.size ? nodes.map((node) => withParts(node, roots, parts)) : nodes;
}

/** The equations that read each automatic node by itself, not through another. @param {Map<string, Node>} named @param {Map<string, string>} roots */
function readersOf(named, roots) {
  const found = new Map([...named.keys()].map((name) => [name, /** @type {Set<string>} */ (new Set())]));
  for (const [equation, root] of roots) found.get(root)?.add(equation);
  return found;
}

/**
 * How many operators each automatic node is made of, where a cotangent is among its variables; else none.
 * @param {Node[]} nodes @param {Map<string, string>} roots
 */
function operatorCounts(nodes, roots) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  const hasBar = new Set();
  for (const node of nodes) {
    const isOuter = isDeclared(node) || isLeaf(node);
    sizes.set(node.name, isOuter ? 0 : node.inputs.reduce((total, i) => total + (sizes.get(i) ?? 0), 1));
    if (isOuter ? roots.has(node.name) : node.inputs.some((i) => hasBar.has(i))) hasBar.add(node.name);
  }
  for (const name of sizes.keys()) if (!hasBar.has(name)) sizes.set(name, 0);
  return sizes;
}

/**
 * `delta_z` for a part with `z_bar` in it, the first that it names; in that variable's block.
 * @param {Map<string, Node>} named @param {Node} node @param {Map<string, string>} roots
 */
function partName(named, node, roots) {
  const waiting = [node.name];
  let name = node.name;
  while (waiting.length) {
    name = /** @type {string} */ (waiting.pop());
    if (roots.has(name)) break;
    const next = /** @type {Node} */ (named.get(name));
    if (!isDeclared(next)) waiting.push(...next.inputs.toReversed());
  }
  const variable = (roots.has(name) ? name : "").replace(ENDING, "");
  const cut = variable.lastIndexOf(".") + 1;
  return variable.slice(0, cut) + PART + variable.slice(cut);
}

/** @param {Node} node @param {Map<string, string>} roots @param {Map<string, string>} parts @returns {Node} */
function withParts(node, roots, parts) {
  const found = node.inputs.some((i) => parts.has(i)) ? reading(node, node.inputs.map((i) => parts.get(i) ?? i)) : node;
  const root = parts.get(roots.get(node.name) ?? "");
  if (root !== undefined) return { ...found, op: "identity", inputs: [root], attrs: [] };
  const name = parts.get(node.name);
  return name === undefined ? found : { ...found, name, block: name.slice(0, Math.max(name.lastIndexOf("."), 0)) };
}
