// What the browser's console and other scripts call: `a1viz.parse(text, leaves)` and the graph that it gives.

import { InputError, shown } from "../engine/base.js";
import { parse } from "../engine/equations.js";
import { equationsText } from "../engine/expression_text.js";
import { derive } from "../engine/derivation.js";
import { grad, run } from "../engine/interpreter.js";
import { mark } from "../engine/marking.js";
import { nestedNumbers } from "./numbers.js";

/** Arrays by name, as numbers and nested lists. @param {Map<string, any>} values */
function plainValues(values) {
  return Object.fromEntries([...values].map(([name, value]) => [name, nestedNumbers(value)]));
}

/** What a caller gives by name. @param {any} given @param {string} example */
function valuesByName(given, example) {
  if (given instanceof Map) return given;
  if (given === null || typeof given !== "object" || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw new InputError(`expected values by name, such as ${example}`);
  }
  return new Map(Object.entries(given));
}

/** Equations as a graph that can be run, differentiated and asked. */
class TypedGraph {
  /** @type {import("../engine/nodes.js").Graph} */
  #graph;

  /** @param {import("../engine/nodes.js").Graph} graph */
  constructor(graph) {
    this.#graph = graph;
    Object.freeze(this);
  }

  /** The values of the outputs, or of every variable with `trace`. @param {any} [values] @param {{trace?: boolean}} [how] */
  run(values = {}, { trace = false } = {}) {
    return plainValues(run(this.#graph, valuesByName(values, "{x: [1, 2]}"), { trace }));
  }

  /**
   * The outputs, and the gradients `x_bar`, ...
   * @param {any} [values] @param {{wrt?: string | string[] | null, cotangents?: any, of?: string}} [how]
   */
  grad(values = {}, { wrt = null, cotangents = null, of = "" } = {}) {
    const handed = cotangents === null ? null : valuesByName(cotangents, "{y: [1, 0]}");
    return plainValues(grad(this.#graph, valuesByName(values, "{x: [1, 2]}"), { wrt, cotangents: handed, of }));
  }

  /** The backprop equations, a text a line. @param {{wrt?: string | string[] | null, of?: string, substitute?: boolean}} [how] */
  derive({ wrt = null, of = "", substitute = false } = {}) {
    return derive(this.#graph, typeof wrt === "string" ? [wrt] : wrt, { of, substitute }).steps.map((step) => step.text);
  }

  /** Whether an answer to "what is the cotangent of `name`" is right, and what to say. @param {string} name @param {string} answer */
  mark(name, answer) {
    if (typeof answer !== "string") throw new InputError(`an answer is a text such as "W.T @ y_bar", got ${shown(answer)}`);
    const { right, say } = mark(this.#graph, name, answer);
    return { right, say };
  }

  toString() {
    return equationsText(this.#graph);
  }
}

/**
 * Read equations; `leaves` gives shapes as `a1viz.parse` in Python takes them, `parameters` those of parameters.
 * @param {string} text @param {any} [leaves] @param {any} [how]
 */
const parseTyped = (text, leaves = {}, how = {}) => new TypedGraph(parse(text, valuesByName(leaves, "{x: [3]}"), how ?? {}));
/** @type {any} */ (globalThis).a1viz = Object.freeze({ parse: parseTyped });
