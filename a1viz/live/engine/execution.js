// Every node's value: a graph is made ready once for the shapes of what it is run on, then run as often as numbers change.
// A batch is a leading axis, which a graph never mentions: a value is batched if it has one axis more than its node's shape.

import { InputError, assert } from "./base.js";
import { TABLES, opOf } from "./operators.js";
import { isLeaf } from "./nodes.js";
import { entriesIn, frontOf, tensorFrom, tensorOf } from "./tensors.js";
import { ELEMENTWISE_KERNELS } from "./elementwise_kernels.js";
import { REDUCTION_KERNELS } from "./reduction_kernels.js";
import { PRODUCT_KERNELS } from "./product_kernels.js";
import { WINDOW_KERNELS } from "./window_kernels.js";
import { MATRIX_KERNELS } from "./matrix_kernels.js";
import { ENTRY_KERNELS } from "./entry_kernels.js";

/** @typedef {import("./tensors.js").Tensor} Tensor */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {Map<string, number>} Sizes */
/** @typedef {(dim: import("./nodes.js").Dim, sizes: Sizes) => number | undefined} SizeOf */

/** @type {Map<string, import("./tensors.js").Kernel>} of each row that has one */
export const KERNELS = new Map([
  ...ELEMENTWISE_KERNELS, ...REDUCTION_KERNELS, ...PRODUCT_KERNELS, ...WINDOW_KERNELS, ...MATRIX_KERNELS, ...ENTRY_KERNELS,
]);

/**
 * A graph made ready: `run` gives every node's value, on leaves as arrays or as numbers in lists. What depends on shapes alone is done again only
 * where these are others; the arrays of a run are written anew by the next. Sizes made of others, such as D+H, need `sizeOf`, or are in `sizes`.
 * @param {Graph} graph @param {SizeOf} [sizeOf]
 */
export function prepare(graph, sizeOf = (dim, sizes) => (typeof dim === "string" ? sizes.get(dim) : dim)) {
  /** @type {[string, (arrays: Map<string, Tensor>) => Map<string, Tensor>]} */
  let plan = ["", () => new Map()];
  const run = (/** @type {Map<string, any>} */ given, sizes = graph.document.sizes, /** @type {number | null} */ batch = null) => {
    const arrays = new Map([...given].map(([name, value]) => [name, value?.data ? value : tensorFrom(value)]));
    const key = JSON.stringify([[...arrays].map(([name, { shape }]) => [name, shape]), [...sizes], batch]);
    if (plan[0] !== key) plan = [key, plannedRun(graph, arrays, new Map(sizes), batch, sizeOf)];
    return plan[1](arrays);
  };
  return { run };
}

/**
 * @param {Graph} graph @param {Map<string, Tensor>} arrays @param {Sizes} sizes to which those are added that arrays tell
 * @param {number | null} batch @param {SizeOf} sizeOf
 */
function plannedRun(graph, arrays, sizes, batch, sizeOf) {
  for (const [name, array] of arrays) {
    const { shape } = graph.node(name);
    const more = array.shape.length - shape.length;
    if (more) batch ??= array.shape[0];
    shape.forEach((dim, k) => typeof dim === "string" && sizes.set(dim, array.shape[k + more]));
  }
  /** @type {Map<string, Tensor>} */
  const values = new Map();
  /** @type {{node: Node, compute: import("./tensors.js").Compute, out: Float64Array, xs: Float64Array[]}[]} */
  const steps = [];
  /** @type {Map<string, import("./tensors.js").Planned>} */
  const known = new Map();
  /** @type {(value: any) => any} */
  const atSize = (value) => (Array.isArray(value) ? value.map(atSize) : sizeOf(value, sizes));
  for (const node of graph.nodes) {
    if (isLeaf(node)) {
      const { shape, data } = arrays.get(node.name) ?? tensorFrom(node.op === "size" ? atSize(node.value) : node.value);
      values.set(node.name, tensorOf(shape, data.slice()));
    } else {
      const operands = node.inputs.map((name) => /** @type {Tensor} */ (values.get(name)));
      const [shapes, ranks] = [operands.map((x) => x.shape), node.inputs.map((name) => graph.node(name).shape.length)];
      const key = JSON.stringify([node.op, node.attrs, shapes, ranks]);
      const attributes = node.attrs.map(([name, value]) => [name, TABLES.sized.includes(name) ? atSize(value) : value]);
      const { shape, compute } = known.get(key) ?? guarded(() => node, () => plannedFor(node, Object.fromEntries(attributes), shapes, ranks, batch));
      known.set(key, { shape, compute });
      const result = tensorOf(shape, compute ? undefined : operands[0].data);
      values.set(node.name, result);
      if (compute) steps.push({ node, compute, out: result.data, xs: operands.map((x) => x.data) });
    }
  }
  return (/** @type {Map<string, Tensor>} */ given) => {
    for (const [name, { data }] of given) values.get(name)?.data.set(data);
    let at = 0;
    guarded(() => steps[at].node, () => { for (; at < steps.length; at += 1) steps[at].compute(steps[at].out, steps[at].xs); });
    return values;
  };
}

/** What `f` gives; what it refuses, with the node's name. @template T @param {() => Node} at @param {() => T} f @returns {T} */
function guarded(at, f) {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { name, op } = at();
    throw new InputError(`${name}: ${opOf(op).word} failed: ${error.message}`);
  }
}

/**
 * How one node is computed from operands of these shapes.
 * @param {Node} node @param {import("./tensors.js").Attributes} attributes @param {number[][]} shapes @param {number[]} ranks of their cores
 * @param {number | null} batch @returns {import("./tensors.js").Planned}
 */
function plannedFor(node, attributes, shapes, ranks, batch) {
  const [op, kernel] = [opOf(node.op), KERNELS.get(node.op)];
  assert(kernel && (batch !== null || !op.batch), `${op.name} has no kernel, or no batch`);
  if (op.batch) return kernel(shapes.map((shape, k) => (shape.length > ranks[k] ? shape : [1, ...shape])), attributes, ranks, [Number(batch)]);
  let operands = shapes;
  if (op.isElementwise || (op.isVariadic && !op.ranked)) operands = alignedShapes(shapes, ranks, ranks);
  else if (!op.ranked) {
    // what `*` in a signature means: the axes of the core as one
    const isWhole = op.inputs.map((axes) => axes[0] === "*" && !node.attrs.length);
    const fronts = shapes.map((shape, k) => frontOf(shape, ranks[k]));
    operands = shapes.map((shape, k) => (isWhole[k] ? [...fronts[k], entriesIn(shape.slice(fronts[k].length))] : shape));
    if (shapes.length > 1 && !isWhole.includes(true)) operands = alignedShapes(shapes, ranks.map((rank, k) => rank - op.inputs[k].length), ranks);
  }
  return kernel(operands, attributes, ranks, []);
}

/**
 * Axes between the batch and the loops where operands with different ones meet: (N) * (N, n) becomes (N, 1) * (N, n).
 * @param {number[][]} shapes @param {number[]} loops @param {number[]} ranks
 */
function alignedShapes(shapes, loops, ranks) {
  const most = Math.max(...loops);
  return shapes.map((shape, k) => (shape.length > ranks[k] ? shape.toSpliced(1, 0, ...Array(most - loops[k]).fill(1)) : shape));
}

