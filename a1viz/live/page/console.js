// What the browser's console and other scripts call: `a1viz.parse(text, leaves)` and the graph that it gives.

import { InputError } from "../engine/base.js";
import { parse } from "../engine/equations.js";
import { derive } from "../engine/derivation.js";
import { grad, run } from "../engine/interpreter.js";
import { mark } from "../engine/marking.js";

/** An array of the engine as a number or nested lists. @param {{shape: number[], data: ArrayLike<number>}} value @returns {any} */
export function nestedOf({ shape, data }) {
  let parts = Array.from(data);
  for (let k = shape.length - 1; k > 0; k -= 1) {
    const count = shape.slice(0, k).reduce((product, size) => product * size, 1);
    parts = /** @type {any} */ (Array.from({ length: count }, (_, i) => parts.slice(i * shape[k], (i + 1) * shape[k])));
  }
  return shape.length ? parts : parts[0];
}

/** @param {Map<string, any>} values */
function plainOf(values) {
  return Object.fromEntries([...values].map(([name, value]) => [name, nestedOf(value)]));
}

/** @param {any} given */
function givenMap(given) {
  if (given === null || typeof given !== "object") throw new InputError("expected an object of names, such as {x: [1, 2]}");
  return given instanceof Map ? given : new Map(Object.entries(given));
}

/** Equations as a graph that can be run, differentiated and asked. */
class TypedGraph {
  /** @param {import("../engine/nodes.js").Graph} graph */
  constructor(graph) {
    this.graph = graph;
  }

  /** The values of the outputs, or of every variable with `trace`. @param {any} [values] @param {{trace?: boolean}} [how] */
  run(values = {}, how = {}) {
    return plainOf(run(this.graph, givenMap(values), how));
  }

  /** The outputs, and the gradients `x_bar`, ... @param {any} [values] @param {{wrt?: string[], cotangents?: any, of?: string}} [how] */
  grad(values = {}, { wrt = undefined, cotangents = undefined, of = "" } = {}) {
    return plainOf(grad(this.graph, givenMap(values), { wrt: wrt ?? null, cotangents: cotangents ? givenMap(cotangents) : null, of }));
  }

  /** The backprop equations, a text a line. @param {{wrt?: string[], of?: string, substitute?: boolean}} [how] */
  derive({ wrt = undefined, of = "", substitute = false } = {}) {
    return derive(this.graph, wrt ?? null, { of, substitute }).steps.map((step) => step.text);
  }

  /** Whether an answer to "what is the cotangent of `name`" is right, and what to say. @param {string} name @param {string} answer */
  mark(name, answer) {
    const { right, say } = mark(this.graph, name, answer);
    return { right, say };
  }

  toString() {
    return `a graph of ${this.graph.declaredNames.join(", ")}`;
  }
}

export const PAGE_API = Object.freeze({
  /** Read equations; `leaves` gives shapes as `a1viz.parse` in Python takes them. @param {string} text @param {any} [leaves] @param {any} [how] */
  parse: (text, leaves = {}, how = {}) => new TypedGraph(parse(text, givenMap(leaves), how)),
});
/** @type {any} */ (globalThis).a1viz = Object.assign(/** @type {any} */ (globalThis).a1viz ?? {}, PAGE_API);
