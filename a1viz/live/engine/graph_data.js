// A graph from the plain data that the build wrote.

import { Graph, checkedGraph, documentOf } from "./nodes.js";

/** A number, or lists of them, from JSON, where NaN, the infinities and -0 are texts. @param {any} value @returns {any} */
export function numbersOf(value) {
  return Array.isArray(value) ? value.map(numbersOf) : typeof value === "string" ? Number(value) : value;
}

/** A graph as `graph_data.py` writes it. @param {any} data */
export function graphOf(data) {
  const names = data.nodes.map((/** @type {any} */ row) => row[0]);
  const nodes = data.nodes.map((/** @type {any} */ [name, op, inputs = [], shape = [], value = null, block = "", attrs = []]) => ({
    name, op, inputs: inputs.map((/** @type {number} */ k) => names[k]), shape, value: op === "constant" ? numbersOf(value) : value, block, attrs,
  }));
  return checkedGraph(new Graph(data.name, nodes, data.outputs.map((/** @type {number} */ k) => names[k]), documentOf(data.document ?? {})));
}
