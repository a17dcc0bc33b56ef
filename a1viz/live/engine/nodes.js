// Graphs: named nodes in the order of the equations, each with an operator, its inputs and a core shape.

import { GraphError, assert, didYouMean, quoted } from "./base.js";
import { LAST, LEAVES, OPS, opOf } from "./operators.js";

/** @typedef {number | string} Dim a size: a number, or the text of sizes.js */
/** @typedef {Dim[]} Shape */
/** @typedef {[string, any][]} Attrs in one form, by name */
/**
 * @typedef {object} Node One variable; never changed once made.
 * @property {string} name
 * @property {string} op
 * @property {string[]} inputs
 * @property {Shape} shape
 * @property {any} value a constant's number or nested numbers, a label's number of classes, the size that a `size` is
 * @property {string} block
 * @property {Attrs} attrs
 */
/**
 * @typedef {object} Document What the graph's document says besides equations.
 * @property {string} title
 * @property {string} loss
 * @property {Map<string, number>} sizes
 * @property {Map<string, any>} values
 * @property {Map<string, any>} cotangents
 * @property {Map<string, string>} symbols
 * @property {Map<string, string>} blocks
 * @property {Map<string, number>} repeats
 * @property {Map<string, string>} fixed
 */

// stands in automatic names; the language cannot spell it
export const INNER = ":";
/** @type {Document} */
export const NO_DOCUMENT = documentOf({});

/** @param {any} told plain data @returns {Document} */
export function documentOf(told) {
  const mapOf = (/** @type {any} */ given) => new Map(given instanceof Map ? given : Object.entries(given ?? {}));
  const cotangents = Array.isArray(told.cotangents) ? new Map(told.cotangents.map((/** @type {string} */ name) => [name, null])) : mapOf(told.cotangents);
  const { title = "", loss = "" } = told;
  const [sizes, values, symbols, blocks, repeats, fixed] = ["sizes", "values", "symbols", "blocks", "repeats", "fixed"].map((name) => mapOf(told[name]));
  return { title, loss, sizes, values, cotangents, symbols, blocks, repeats, fixed };
}

/** @param {string} name @param {string} op @param {Partial<Node>} [more] @returns {Node} */
export function nodeOf(name, op, more = {}) {
  return { name, op, inputs: [], shape: [], value: null, block: "", attrs: [], ...more };
}

/** The same application of other operands of the same shapes. @param {Node} node @param {string[]} inputs */
export function reading(node, inputs) {
  return { ...node, inputs };
}

/** All attributes of an application, those that are left out too: what a rule may name. @param {import("./operators.js").Op} op @param {Attrs} attrs @returns {Map<string, any>} */
export function effective(op, attrs) {
  if (!op.defaults.size) return new Map();
  return new Map([...op.defaults].map(([name, value]) => /** @type {[string, any]} */ ([name, typeof value === "number" && name === "axis" ? LAST : value])).concat(attrs));
}

/** All attributes, those with their defaults too. @param {Node} node */
export const attributesOf = (node) => effective(opOf(node.op), node.attrs);

/** @param {Node} node */
export const isLeaf = (node) => LEAVES.includes(node.op);
/** Whether a run must be given it. @param {Node} node */
export const isGiven = (node) => isLeaf(node) && node.op !== "constant" && node.op !== "size";
/** Whether an equation or a declaration gave it its name. @param {Node} node */
export const isDeclared = (node) => !node.name.includes(INNER);

/** Nodes in an order in which each comes after its inputs; `outputs` are what the graph is for. */
export class Graph {
  /** @param {string} name @param {Node[]} nodes @param {string[]} outputs @param {Document} [document] */
  constructor(name, nodes, outputs, document = NO_DOCUMENT) {
    this.name = name;
    this.nodes = nodes;
    this.outputs = outputs;
    this.document = document;
    /** @type {Map<string, Node>} */
    this.byName = new Map(nodes.map((node) => [node.name, node]));
    /** @type {Map<string, any>} what was read off this graph already, by the name of what it is */
    this.known = new Map();
  }

  /** @param {string} name @returns {Node} */
  node(name) {
    const found = this.byName.get(name);
    if (!found) throw new GraphError(`${this.name} has no variable ${quoted(String(name))}${didYouMean(String(name), this.declaredNames)}`);
    return found;
  }

  /** @param {string} name */
  has(name) {
    return this.byName.has(name);
  }

  /** A fact of this graph, computed when it is first asked for. @template T @param {string} key @param {() => T} compute @returns {T} */
  once(key, compute) {
    if (!this.known.has(key)) this.known.set(key, compute());
    return this.known.get(key);
  }

  /** @returns {string[]} */
  get declaredNames() {
    return this.once("declaredNames", () => this.nodes.filter(isDeclared).map((node) => node.name));
  }

  /** Inputs, labels and parameters. @returns {Node[]} */
  get leaves() {
    return this.once("leaves", () => this.nodes.filter(isGiven));
  }

  /** @returns {string[]} */
  get parameters() {
    return this.once("parameters", () => this.nodes.filter((node) => node.op === "parameter").map((node) => node.name));
  }

  /** Every operator and kind of leaf. @returns {Set<string>} */
  get operators() {
    return this.once("operators", () => new Set(this.nodes.map((node) => node.op)));
  }

  /** Who reads each node, in order; a node that reads it twice is there twice. @returns {Map<string, string[]>} */
  get uses() {
    return this.once("uses", () => {
      const found = new Map(this.nodes.map((node) => [node.name, /** @type {string[]} */ ([])]));
      for (const node of this.nodes) for (const name of node.inputs) found.get(name)?.push(node.name);
      return found;
    });
  }
}

/** `sources`, and everything that depends on them. @param {Graph} graph @param {Iterable<string>} sources */
export function dependents(graph, sources) {
  const found = new Set(sources);
  for (const node of graph.nodes) if (node.inputs.some((i) => found.has(i))) found.add(node.name);
  return found;
}

/** The graph itself, if every node comes after its inputs and every output is there. @param {Graph} graph */
export function checkedGraph(graph) {
  const seen = new Set();
  for (const node of graph.nodes) {
    assert(OPS.has(node.op) || isLeaf(node), node.op);
    for (const i of node.inputs) if (!seen.has(i)) throw new GraphError(`${node.name} uses ${i} before it is given`);
    seen.add(node.name);
  }
  for (const name of graph.outputs) if (!seen.has(name)) throw new GraphError(`${graph.name} has no variable ${quoted(name)} to be an output`);
  return graph;
}

/** The same nodes, for other outputs. @param {Graph} graph @param {string[]} outputs */
export function withOutputs(graph, outputs) {
  return checkedGraph(new Graph(graph.name, graph.nodes, [...outputs], graph.document));
}

/** The automatic nodes that `name`'s own equation is made of, operands first, `name` itself last. @param {Graph} graph @param {string} name @returns {Node[]} */
export function innerNodes(graph, name) {
  /** @type {Node[]} */
  const order = [];
  const seen = new Set();
  /** @type {[string, boolean][]} */
  const waiting = [[name, false]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [current, ready] = next;
    const node = /** @type {Node} */ (graph.byName.get(current));
    if (ready) order.push(node);
    else if (!seen.has(current)) {
      seen.add(current);
      waiting.push([current, true]);
      for (let k = node.inputs.length - 1; k >= 0; k -= 1) if (node.inputs[k].includes(INNER)) waiting.push([node.inputs[k], false]);
    }
  }
  return order;
}
