// The builder of graphs: every node's inputs must be there before it, and its shape is inferred. The second half of Python's `nodes`.

import { GraphError, freeName, reprFloat } from "./base.js";
import { opOf } from "./operators.js";
import { Graph, INNER, NO_DOCUMENT, checkedGraph, isGiven, nodeOf } from "./nodes.js";
import { inferred } from "./inference.js";

/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./nodes.js").Attrs} Attrs */
/** @typedef {import("./nodes.js").Document} Document */

/** Collects nodes; every node's inputs must be there before it, and its shape is inferred. */
export class Builder {
  /** @param {Iterable<Node>} [nodes] @param {{has(name: string): boolean}} [avoid] names that new automatic nodes must not take @param {number} [most] */
  constructor(nodes = [], avoid = new Set(), most = Infinity) {
    /** @type {Map<string, Node>} */
    this.nodes = new Map();
    for (const node of nodes) this.nodes.set(node.name, node);
    this.avoid = avoid;
    // nodes that equations may make
    this.most = most;
    /** @type {Map<string, number>} */
    this.counts = new Map();
  }

  /** @param {string} name @returns {Node} */
  node(name) {
    return /** @type {Node} */ (this.nodes.get(name));
  }

  /** @param {Node} node */
  put(node) {
    if (this.nodes.has(node.name)) throw new GraphError(`${node.name} is given twice; each name is assigned once`);
    this.nodes.set(node.name, node);
    return node.name;
  }

  /** @param {string} name @param {string} op @param {Shape} [shape] @param {any} [value] @param {string} [block] */
  leaf(name, op, shape = [], value = null, block = "") {
    return this.put(nodeOf(name, op, { shape, value, block }));
  }

  /** A number, or numbers as nested lists of this shape. @param {any} value @param {Shape} [shape] */
  constant(value, shape = []) {
    const name = INNER + reprNumbers(value);
    if (!this.nodes.has(name)) this.nodes.set(name, nodeOf(name, "constant", { shape, value }));
    return name;
  }

  /** A size as a number. @param {Dim} dim */
  size(dim) {
    if (typeof dim === "number") return this.constant(dim);
    const name = INNER + dim;
    if (!this.nodes.has(name)) this.nodes.set(name, nodeOf(name, "size", { value: dim }));
    return name;
  }

  /** A new automatic name that belongs to `owner`. @param {string} owner */
  fresh(owner) {
    for (;;) {
      const count = (this.counts.get(owner) ?? 0) + 1;
      this.counts.set(owner, count);
      const name = `${owner}${INNER}${count}`;
      if (!this.nodes.has(name) && !this.avoid.has(name)) return name;
    }
  }

  /** `name`, or the first of `name2`, ... that is not taken. @param {string} name */
  free(name) {
    return freeName(name, this.nodes);
  }

  /**
   * Add an application of `op`; `owner` names the equation that an automatic name belongs to, `labels` gives the operands as the reader wrote them.
   * @param {string} op @param {string[]} inputs
   * @param {{name?: string, owner?: string, block?: string, labels?: () => string[], attrs?: Attrs | Map<string, any>}} [how]
   */
  add(op, inputs, { name = "", owner = "", block = "", labels = undefined, attrs = [] } = {}) {
    const shapes = inputs.map((i) => this.node(i).shape);
    const [form, shape] = inferred(opOf(op), shapes, attrs, labels ?? (() => [...inputs]));
    return this.put({ name: name || this.fresh(owner), op, inputs: [...inputs], shape, value: null, block, attrs: form });
  }

  /** Give a node that nobody reads yet another name; it comes last then. @param {string} old @param {string} name */
  rename(old, name) {
    const node = this.node(old);
    this.nodes.delete(old);
    return this.put({ ...node, name });
  }

  /** @param {string} name */
  shape(name) {
    return this.node(name).shape;
  }

  /** The finished graph: only what `outputs` and `keep` need, and all leaves. @param {string} name @param {string[]} outputs @param {Document} [document] @param {Iterable<string>} [keep] */
  graph(name, outputs, document = NO_DOCUMENT, keep = []) {
    const needed = new Set([...outputs, ...keep]);
    const all = [...this.nodes.values()];
    for (let k = all.length - 1; k >= 0; k -= 1) if (needed.has(all[k].name)) for (const i of all[k].inputs) needed.add(i);
    return checkedGraph(new Graph(name, all.filter((node) => needed.has(node.name) || isGiven(node)), [...outputs], document));
  }
}

/** Numbers in lists as Python's repr of tuples. @param {any} value @returns {string} */
function reprNumbers(value) {
  if (!Array.isArray(value)) return reprFloat(value);
  return value.length === 1 ? `(${reprNumbers(value[0])},)` : `(${value.map(reprNumbers).join(", ")})`;
}
