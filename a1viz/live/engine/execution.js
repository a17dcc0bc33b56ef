// Every node's value: a graph is made ready once for the shapes of what it is run on, then run as often as numbers change.
// A batch is a leading axis, which a graph never mentions: a value is batched if it has one axis more than its node's shape.

import { A1vizError, InputError, assert } from "./base.js";
import { opOf } from "./operators.js";
import { isLeaf } from "./nodes.js";
import { sizeOf } from "./sizes.js";
import { atSizes } from "./attribute_sizes.js";
import { tensorFrom, entriesIn, tensorOf } from "./tensors.js";
import { ELEMENTWISE_KERNELS } from "./elementwise_kernels.js";
import { REDUCTION_KERNELS } from "./reduction_kernels.js";
import { PRODUCT_KERNELS } from "./product_kernels.js";
import { WINDOW_KERNELS } from "./window_kernels.js";
import { MATRIX_KERNELS } from "./matrix_kernels.js";
import { ENTRY_KERNELS } from "./entry_kernels.js";

/** @typedef {import("./tensors.js").Tensor} Tensor */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Graph} Graph */
/**
 * @typedef {object} Inputs What a graph is run on.
 * @property {Map<string, Tensor>} arrays of its leaves
 * @property {Map<string, number>} sizes
 * @property {number | null} batch how many examples, null for a single one
 */
/** @type {Map<string, import("./tensors.js").Kernel>} of each row that has one */
export const KERNELS = new Map([
  ...ELEMENTWISE_KERNELS, ...REDUCTION_KERNELS, ...PRODUCT_KERNELS, ...WINDOW_KERNELS, ...MATRIX_KERNELS, ...ENTRY_KERNELS,
]);

/**
 * A graph made ready: `run` gives every node's value, on leaves as arrays or as numbers in lists. What depends on shapes alone is done again only
 * where these are others; the arrays of a run are written anew by the next.
 * @param {Graph} graph
 */
export function prepare(graph) {
  /** @type {{key: string, run: (arrays: Map<string, Tensor>) => Map<string, Tensor>} | null} */
  let plan = null;
  const run = (/** @type {Map<string, any>} */ given, /** @type {Map<string, number>} */ sizes = graph.document.sizes, /** @type {number | null} */ batch = null) => {
    const arrays = new Map([...given].map(([name, value]) => [name, value?.data ? value : tensorFrom(value)]));
    const key = JSON.stringify([[...arrays].map(([name, { shape }]) => [name, shape]), [...sizes], batch]);
    plan = plan?.key === key ? plan : { key, run: plannedRun(graph, arrays, ...learnt(graph, arrays, sizes, batch)) };
    return plan.run(arrays);
  };
  return { run };
}

/** The sizes and the batch that arrays tell. @param {Graph} graph @param {Map<string, Tensor>} arrays @param {Map<string, number>} sizes @param {number | null} batch @returns {[Map<string, number>, number | null]} */
function learnt(graph, arrays, sizes, batch) {
  const known = new Map(sizes);
  for (const [name, array] of arrays) {
    const { shape } = graph.node(name);
    const more = array.shape.length - shape.length;
    if (more) batch ??= array.shape[0];
    shape.forEach((dim, k) => typeof dim === "string" && known.set(dim, array.shape[k + more]));
  }
  return [known, batch];
}

/** @param {Graph} graph @param {Map<string, Tensor>} arrays @param {Map<string, number>} sizes @param {number | null} batch */
function plannedRun(graph, arrays, sizes, batch) {
  /** @type {Map<string, Tensor>} */
  const values = new Map();
  /** @type {{node: Node, compute: import("./tensors.js").Compute, out: Float64Array, xs: Float64Array[]}[]} */
  const steps = [];
  for (const node of graph.nodes) {
    if (isLeaf(node)) values.set(node.name, leafValue(node, arrays, sizes));
    else {
      const operands = node.inputs.map((name) => /** @type {Tensor} */ (values.get(name)));
      const { shape, compute } = plannedFor(node, operands.map((x) => x.shape), rankOf(graph, node), sizes, batch);
      const result = tensorOf(shape, compute ? undefined : operands[0].data);
      values.set(node.name, result);
      if (compute) steps.push({ node, compute, out: result.data, xs: operands.map((x) => x.data) });
    }
  }
  return (/** @type {Map<string, Tensor>} */ given) => {
    for (const [name, { data }] of given) values.get(name)?.data.set(data);
    for (const { node, compute, out, xs } of steps) {
      try {
        compute(out, xs);
      } catch (error) {
        throw failedAt(node, error);
      }
    }
    return values;
  };
}

/** @param {Graph} graph @param {Node} node */
const rankOf = (graph, node) => node.inputs.map((name) => graph.node(name).shape.length);

/** @param {Node} node @param {Map<string, Tensor>} arrays @param {Map<string, number>} sizes @returns {Tensor} */
function leafValue(node, arrays, sizes) {
  if (node.op === "size") return tensorOf([], Float64Array.of(sizeOf(node.value, sizes) ?? NaN));
  const found = node.op === "constant" ? tensorFrom(node.value) : arrays.get(node.name);
  assert(typeof found === "object", node.name);
  return tensorOf(found.shape, found.data.slice());
}

/** @param {Node} node @param {unknown} error */
function failedAt(node, error) {
  const isKnown = error instanceof RangeError || error instanceof A1vizError;
  return isKnown ? new InputError(`${node.name}: ${opOf(node.op).word} failed: ${error.message}`) : error;
}

/** How one node is computed from operands of these shapes. @param {Node} node @param {number[][]} shapes @param {number[]} ranks of their cores @param {Map<string, number>} sizes @param {number | null} batch @returns {import("./tensors.js").Planned} */
function plannedFor(node, shapes, ranks, sizes, batch) {
  const [op, kernel] = [opOf(node.op), KERNELS.get(node.op)];
  assert(kernel, `${op.name} is made of others, and expand_bodies has put them there`);
  let operands = shapes;
  if (op.batch) {
    assert(batch !== null, `${op.name} without a batch`);
    operands = shapes.map((shape, k) => (shape.length > ranks[k] ? shape : [1, ...shape]));
  } else if (op.isElementwise || (op.isVariadic && !op.ranked)) operands = alignedShapes(shapes, ranks, ranks);
  else if (!op.ranked) {
    const isWhole = op.inputs.map((axes) => axes[0] === "*" && !node.attrs.length);
    operands = shapes.map((shape, k) => (isWhole[k] ? flatCore(shape, ranks[k]) : shape));
    if (shapes.length > 1 && !isWhole.some(Boolean)) operands = alignedShapes(shapes, ranks.map((rank, k) => rank - op.inputs[k].length), ranks);
  }
  try {
    return kernel(operands, Object.fromEntries(atSizes(node.attrs, sizes)), ranks, op.batch && batch !== null ? [batch] : []);
  } catch (error) {
    throw failedAt(node, error);
  }
}

/** Axes between the batch and the loops where operands with different ones meet: (N) * (N, n) becomes (N, 1) * (N, n). @param {number[][]} shapes @param {number[]} loops @param {number[]} ranks */
function alignedShapes(shapes, loops, ranks) {
  const most = Math.max(...loops);
  return shapes.map((shape, k) => (shape.length > ranks[k] && loops[k] < most ? [shape[0], ...Array(most - loops[k]).fill(1), ...shape.slice(1)] : shape));
}

/** The core axes as one: what `*` in a signature means. @param {number[]} shape @param {number} rank */
function flatCore(shape, rank) {
  const front = shape.slice(0, shape.length - rank);
  return [...front, entriesIn(shape.slice(front.length))];
}

/** One node's value. @param {Node} node @param {Tensor[]} operands @param {number[]} ranks @param {Map<string, number>} [sizes] @param {number | null} [batch] @returns {Tensor} */
export function appliedTo(node, operands, ranks, sizes = new Map(), batch = null) {
  const { shape, compute } = plannedFor(node, operands.map((x) => x.shape), ranks, sizes, batch);
  const result = tensorOf(shape, compute ? undefined : operands[0].data.slice());
  try {
    compute?.(result.data, operands.map((x) => x.data));
  } catch (error) {
    throw failedAt(node, error);
  }
  return result;
}

/** The values of `names`; the next run writes new ones into the same arrays. @param {Graph} graph @param {Inputs} inputs @param {Iterable<string>} names @returns {Map<string, Tensor>} */
export function execute(graph, { arrays, sizes, batch }, names) {
  const values = graph.once("prepared", () => prepare(graph)).run(arrays, sizes, batch);
  return new Map([...names].map((name) => [name, values.get(name)]));
}
