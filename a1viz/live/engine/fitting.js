// Whether a graph fits the sizes that the arrays give it: what shapes made of names leave open, such as `reshape(x, [2, 3])` of D entries.

import { InputError, ShapeError, counted, keyOf } from "./base.js";
import { opOf } from "./operators.js";
import { INNER, isDeclared, isLeaf } from "./nodes.js";
import { namesOf, sizeOf } from "./sizes.js";
import { atSizes } from "./attribute_sizes.js";
import { shapeText } from "./shapes.js";
import { resultShape } from "./inference.js";
import { expressionText } from "./expression_text.js";
import { entriesIn } from "./tensors.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {Map<string, number>} KnownSizes */

// rules of shapes that count windows
const COUNTS_WINDOWS = ["convolved", "pooled"];
// characters of an expression in a message
const FIT_LIMIT = 60;

/**
 * Refuses an entry, a slice, a shape or a window that does not fit at these sizes, with the expression as written.
 * @param {Graph} graph @param {KnownSizes} sizes
 */
export function checkFit(graph, sizes) {
  graph.once(`fits ${keyOf([...sizes])}`, () => refuseMisfits(graph, sizes));
}

/** @param {Graph} graph @param {KnownSizes} sizes */
function refuseMisfits(graph, sizes) {
  for (const node of graph.nodes) {
    if (isLeaf(node) || !(["reshape", "slice", "pick"].includes(node.op) || COUNTS_WINDOWS.includes(opOf(node.op).shape))) continue;
    const problem = misfit(graph, node, sizes);
    if (problem) throw new InputError(`${writtenAs(graph, node)}: ${problem}${fitPlace(graph, node, sizes)}`);
  }
}

/**
 * What does not fit; nothing, if all does, or if no array gives a size.
 * @param {Graph} graph @param {Node} node @param {KnownSizes} sizes @returns {string}
 */
function misfit(graph, node, sizes) {
  const shapes = node.inputs.map((name) => graph.node(name).shape.map((dim) => sizeOf(dim, sizes) ?? NaN));
  const attributes = atSizes(node.attrs, sizes);
  if ([...shapes, ...attributes.values()].flat(3).some((size) => size === undefined || Number.isNaN(size))) return "";
  const [shape] = shapes;
  if (node.op === "pick") return missingEntry(graph.node(node.inputs[1]), shape[shape.length + (attributes.get("axis") ?? -1)], sizes);
  if (node.op === "slice") {
    const index = /** @type {[number, number][]} */ (attributes.get("index"));
    const wrong = index.findIndex(([start, stop], k) => !(start >= 0 && start <= stop && stop <= shape[k]));
    return wrong < 0 ? "" : `there are ${counted(shape[wrong], "entries")}, and none from ${index[wrong][0]} to ${index[wrong][1]}`;
  }
  if (node.op === "reshape") return misshapen(shape, attributes.get("shape"));
  try {
    resultShape(opOf(node.op), shapes, () => node.inputs.map((name) => writtenAs(graph, graph.node(name))), [...attributes]);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const start = `${node.op}: `;
    return error.message.startsWith(start) ? error.message.slice(start.length) : error.message;
  }
  return "";
}

/** A fixed entry that is not there. @param {Node} index @param {number} n @param {KnownSizes} sizes */
function missingEntry(index, n, sizes) {
  if (!["constant", "size"].includes(index.op) || index.shape.length) return "";
  const k = index.op === "size" ? (sizeOf(index.value, sizes) ?? 0) : Math.trunc(index.value);
  if (k >= 0 && k < n) return "";
  return `there is no entry ${k}; ${n ? `entries are counted from 0 to ${n - 1}` : "there are no entries"}`;
}

/** @param {number[]} shape @param {number[]} wanted */
function misshapen(shape, wanted) {
  if (entriesIn(shape) === entriesIn(wanted) && wanted.every((size) => size >= 0)) return "";
  return `${counted(entriesIn(shape), "entries")} of shape ${shapeText(shape)} do not make the shape ${shapeText(wanted)}`;
}

/** A node's expression as written, or the name that it has. @param {Graph} graph @param {Node} node */
function writtenAs(graph, node) {
  return isDeclared(node) && isLeaf(node) ? node.name : expressionText(graph, node.name, { limit: FIT_LIMIT });
}

/** The equation, and what the sizes are of which the shapes are made. @param {Graph} graph @param {Node} node @param {KnownSizes} sizes */
function fitPlace(graph, node, sizes) {
  const inputs = node.inputs.map((name) => graph.node(name));
  const sizesUsed = inputs.filter((input) => input.op === "size").map((input) => input.value);
  const dims = [...inputs.flatMap((input) => input.shape), ...node.shape, ...sizesUsed];
  const names = new Set(dims.flatMap(namesOf).filter((name) => sizes.has(name)));
  const known = [...names].map((name) => `${name} is ${sizes.get(name)}`).join(", ");
  return ` (in the equation of ${node.name.split(INNER)[0]}${known ? `; ${known}` : ""})`;
}
