// The values of a graph, and its gradients by running the backward graph. A batch is a leading axis; a graph never mentions it.

import { InputError, shown } from "./base.js";
import { isLeaf } from "./nodes.js";
import { sizeOf } from "./sizes.js";
import { broadcastShape, offsetsOf, stridesIn, tensorOf } from "./tensors.js";
import { prepare } from "./execution.js";
import { gather } from "./leaves.js";
import { checkFit } from "./fitting.js";
import { givenGraph, givenNames, seeds } from "./losses.js";
import { derivedName, everyVariable } from "./autodiff.js";
import { stable } from "./rewriting.js";
import { backwardGraph, outputsAndLoss, withTotals } from "./gradient_graphs.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./tensors.js").Tensor} Tensor */
/** @typedef {Map<string, Tensor>} Values names to arrays, in the order of the graph */

/** @param {Tensor} tensor @returns {Tensor} */
const ownCopyOf = ({ shape, data }) => tensorOf(shape, data.slice());

/**
 * The values of `names`; the next run writes new ones into the same arrays.
 * @param {Graph} graph @param {Pick<import("./leaves.js").Gathered, "arrays" | "sizes" | "batch">} inputs @param {Iterable<string>} names
 * @returns {Values}
 */
export function execute(graph, { arrays, sizes, batch }, names) {
  const values = graph.once("prepared", () => prepare(graph, sizeOf)).run(arrays, sizes, batch);
  return new Map([...names].map((name) => [name, /** @type {Tensor} */ (values.get(name))]));
}

/**
 * The values of a graph's outputs, or of every declared variable with `trace`. `values` gives leaves by name, each of its core shape or with a batch
 * axis in front; what is not given is the document's, or drawn from `seed`. What depends on no batched leaf has no batch axis.
 * @param {Graph} graph @param {Map<string, any>} [values] @param {{trace?: boolean, seed?: number}} [how] @returns {Values}
 */
export function run(graph, values = new Map(), { trace = false, seed = 0 } = {}) {
  const inputs = gather(graph, values, { seed });
  checkFit(graph, inputs.sizes);
  return new Map([...execute(stable(graph), inputs, trace ? graph.declaredNames : graph.outputs)].map(([name, value]) => [name, ownCopyOf(value)]));
}

/**
 * The outputs and the gradients `x_bar`, ... of `wrt` (default: of every variable). The loss is the scalar `of`, the document's `loss`, or the only
 * output. With a loss, a batch gives each batched or computed variable each example's own gradient, and a leaf without a batch axis the gradient of
 * the mean loss (without `mean`: of the total). With `cotangents` (or the document's) it is the plain vector-Jacobian product, a sum over the batch.
 * @param {Graph} given @param {Map<string, any>} [values]
 * @param {{wrt?: string | string[] | null, cotangents?: Map<string, any> | null, of?: string, mean?: boolean, seed?: number}} [how] @returns {Values}
 */
export function grad(given, values = new Map(), { wrt = null, cotangents = null, of = "", mean = true, seed = 0 } = {}) {
  const graph = givenGraph(given, of, cotangents);
  if (cotangents !== null && !(cotangents instanceof Map)) {
    throw new InputError(`cotangents are given by name, as in cotangents={'${graph.outputs[0] ?? "y"}': ...}, got ${shown(cotangents)}`);
  }
  const handedIn = seeds(graph, cotangents);
  refuseMissing(graph, handedIn, cotangents);
  const [full, bars] = backwardGraph(graph, wrt === null ? everyVariable(graph) : givenNames(wrt), handedIn);
  const told = [...(cotangents ?? [])].map(([name, value]) => /** @type {[string, any]} */ ([derivedName(graph, name, "bar"), value]));
  const inputs = gather(full, new Map([...values, ...told]), { seed });
  checkFit(graph, inputs.sizes);
  const { batch, batched } = inputs;
  const isMean = mean && !handedIn.length;
  if (batch === 0 && isMean) throw new InputError("the batch is empty: a mean gradient needs at least one example");
  const totals = batch === null ? [] : [...bars.keys()].filter((name) => isLeaf(graph.node(name)) && !batched.has(name));
  const [plan, sums] = withTotals(full, totals.map((name) => /** @type {string} */ (bars.get(name))));
  const found = execute(plan, inputs, plan.outputs);
  const valueOf = (/** @type {string} */ name) => ownCopyOf(/** @type {Tensor} */ (found.get(name)));
  /** @type {Values} */
  const result = new Map(outputsAndLoss(graph).map((name) => [name, valueOf(name)]));
  for (const [name, bar] of bars) {
    let value = valueOf(sums.get(bar) ?? bar);
    if (totals.includes(name)) value = isMean ? tensorOf(value.shape, value.data.map((x) => x / Number(batch))) : value;
    else if (batch !== null) value = ofEachExample(value, batch, graph.node(name).shape.length);
    result.set(derivedName(graph, name, "bar"), value);
  }
  return result;
}

/**
 * With a batch axis, that of all alike if it has none.
 * @param {Tensor} value @param {number} batch @param {number} rank of its core @returns {Tensor}
 */
function ofEachExample({ shape, data }, batch, rank) {
  const front = shape.slice(0, shape.length - rank);
  const result = tensorOf([...broadcastShape(front, [batch]), ...shape.slice(front.length)]);
  offsetsOf(result.shape, stridesIn(shape, result.shape)).forEach((from, to) => { result.data[to] = data[from]; });
  return result;
}

/**
 * A variable whose cotangent is neither given nor in the document.
 * @param {Graph} graph @param {string[]} wanted @param {Map<string, any> | null} cotangents
 */
export function refuseMissing(graph, wanted, cotangents) {
  const missing = wanted.find((name) => !cotangents?.has(name) && !graph.document.cotangents.has(name));
  if (missing === undefined) return;
  const scalar = graph.outputs.find((output) => !graph.node(output).shape.length);
  const which = scalar === undefined ? "" : `say which scalar is, of='${scalar}', or `;
  throw new InputError(`${graph.name} has no scalar loss; ${which}give the cotangent of ${missing} as cotangents={'${missing}': ...}`);
}
