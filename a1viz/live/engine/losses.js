// What is differentiated: a scalar loss, or the variables whose cotangents are handed in.

import { DerivativeError, GraphError, InputError, shown } from "./base.js";
import { Graph } from "./nodes.js";
import { described } from "./shapes.js";

/** @typedef {string | Iterable<string> | Map<string, any>} GivenNames one name, or several; of a Map its keys */

/** Names, each once; a text is one name. @param {GivenNames} names @returns {string[]} */
export function givenNames(names) {
  const found = typeof names === "string" ? [names] : names instanceof Map ? [...names.keys()] : names?.[Symbol.iterator] ? [...names] : [names];
  if (found.some((name) => typeof name !== "string")) {
    throw new GraphError(`expected the name of a variable such as 'x', or a list of names, got ${shown(names)}`);
  }
  return [...new Set(/** @type {string[]} */ (found))];
}

/**
 * The variables whose cotangents are handed in; empty where the graph has one scalar loss. The document's cotangents are the default; a
 * graph without a loss hands in those of all outputs.
 * @param {Graph} graph @param {GivenNames | null} [cotangents] @returns {string[]}
 */
export function seeds(graph, cotangents = null) {
  const names = givenNames(cotangents ?? graph.document.cotangents);
  for (const name of names) if (graph.node(name).op === "label") throw new DerivativeError(`${name} is a class label and has no cotangent`);
  if (!graph.outputs.length) {
    throw new DerivativeError(`${graph.name} computes nothing, so there is nothing to differentiate; give it an equation`);
  }
  return names.length || lossOf(graph) ? names : graph.outputs;
}

/** The scalar that is differentiated: the document's `loss`, or the only output; nothing where there is none. @param {Graph} graph */
export function lossOf(graph) {
  if (graph.document.loss || graph.outputs.length !== 1) return graph.document.loss;
  return graph.node(graph.outputs[0]).shape.length ? "" : graph.outputs[0];
}

/** The graph that is given, with the loss `of`, if that is said. @param {Graph} graph @param {string} of @param {any} cotangents */
export function givenGraph(graph, of, cotangents) {
  if (typeof of !== "string") throw new InputError(`of is the name of one scalar variable, such as of='J', got ${shown(of)}`);
  if (of && cotangents !== null) throw new InputError("of and cotangents both say what is differentiated; leave one out");
  return withLoss(graph, of);
}

/**
 * The same graph, whose loss is the scalar variable `of`; the graph itself where that is not said.
 * @param {Graph} graph @param {string} of @returns {Graph}
 */
export function withLoss(graph, of) {
  if (!of) return graph;
  const node = graph.node(of);
  if (node.shape.length || node.op === "label" || node.op === "constant") {
    throw new DerivativeError(`${of} is ${node.op === "label" ? "a class label" : described(node.shape)}; only a scalar can be a loss`);
  }
  return graph.once(`loss ${of}`, () => new Graph(graph.name, graph.nodes, graph.outputs, { ...graph.document, loss: of, cotangents: new Map() }));
}
