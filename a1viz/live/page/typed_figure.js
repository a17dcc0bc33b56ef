// What the build writes beside a picture, made in the page: a typed graph as it is run, forward and backward, its numbers and its equations.

import { TABLES } from "../engine/operators.js";
import { dependents, innerNodes, isDeclared, isLeaf } from "../engine/nodes.js";
import { sizeOf } from "../engine/sizes.js";
import { dimsIn } from "../engine/attribute_sizes.js";
import { expressionText } from "../engine/expression_text.js";
import { gather } from "../engine/leaves.js";
import { checkFit } from "../engine/fitting.js";
import { lossOf } from "../engine/losses.js";
import { stable } from "../engine/rewriting.js";
import { derivedName, everyVariable, joined } from "../engine/autodiff.js";
import { backwardGraph, withTotals } from "../engine/gradient_graphs.js";
import { adjointNames } from "../engine/derivation.js";
import { nestedNumbers } from "./numbers.js";

/** @typedef {import("../engine/nodes.js").Graph} Graph */
/**
 * @typedef {object} TypedFigure
 * @property {any} data as `LiveFigure` takes it
 * @property {import("../engine/leaves.js").Gathered} inputs
 * @property {(name: string, isBar: boolean) => number[]} shapeOf the shape of a variable's numbers, with the batch
 */

const FORMAT_WRITTEN = 1;

/**
 * @param {Graph} graph @param {Map<string, any>} values of leaves @param {Map<string, any>} cotangents of what is no loss, all that are needed
 * @param {Graph | null} joint the forward and backward graph as it is printed; null where nothing is differentiated
 * @returns {TypedFigure}
 */
export function typedFigure(graph, values, cotangents, joint) {
  const wanted = [...cotangents.keys()];
  const [full, bars] = joint ? backwardGraph(graph, everyVariable(graph), wanted) : [stable(graph), /** @type {Map<string, string>} */ (new Map())];
  const told = wanted.map((name) => /** @type {[string, any]} */ ([derivedName(graph, name, "bar"), cotangents.get(name)]));
  const inputs = gather(full, new Map([...values, ...told]), {});
  checkFit(graph, inputs.sizes);
  const { batch, batched } = inputs;
  const totals = batch === null ? [] : [...bars.keys()].filter((name) => isLeaf(graph.node(name)) && !batched.has(name));
  const [plan, sums] = withTotals(full, totals.map((name) => /** @type {string} */ (bars.get(name))));
  const whole = joint ? joined(stable(graph), plan) : full;
  const barOf = new Map([...bars].map(([name, bar]) => [name, sums.get(bar) ?? bar]));
  const data = figureData(graph, whole, inputs, barOf);
  data.totals = wanted.length ? [] : totals;
  data.loss = wanted.length || !joint ? "" : lossOf(graph);
  data.texts = equationTexts(graph, joint);
  const moving = dependents(graph, batched);
  const shapeOf = (/** @type {string} */ name, /** @type {boolean} */ isBar) => {
    const core = graph.node(name).shape.map((dim) => sizeOf(dim, inputs.sizes) ?? 1);
    const isBatched = isBar ? batch !== null && !totals.includes(name) : moving.has(name) && batch !== null;
    return isBatched ? [Number(batch), ...core] : core;
  };
  return { data, inputs, shapeOf };
}

/**
 * @param {Graph} graph @param {Graph} whole @param {import("../engine/leaves.js").Gathered} inputs @param {Map<string, string>} bars
 * @returns {any}
 */
function figureData(graph, whole, inputs, bars) {
  const places = new Map(whole.nodes.map((node, k) => [node.name, k]));
  const placeOf = (/** @type {string} */ name) => /** @type {number} */ (places.get(name));
  const short = (/** @type {string} */ name) => (isDeclared(whole.node(name)) ? name : `:${placeOf(name)}`);
  const sizes = new Map(inputs.sizes);
  const know = (/** @type {any} */ dim) => {
    const size = typeof dim === "string" && !sizes.has(dim) ? sizeOf(dim, inputs.sizes) : undefined;
    if (size !== undefined) sizes.set(dim, size);
  };
  const nodes = whole.nodes.map((node, k) => {
    if (node.op === "size" || node.op === "label") know(node.value);
    if (node.attrs.some(([name]) => TABLES.sized.includes(name))) dimsIn(node.attrs).forEach(know);
    const name = isDeclared(node) ? node.name : 0;
    return [name, node.op, node.inputs.map((i) => k - placeOf(i)), node.shape, node.value, "", node.attrs];
  });
  const outputs = new Set([...graph.declaredNames, ...bars.values()]);
  return {
    format: FORMAT_WRITTEN,
    graph: { name: graph.name, nodes, outputs: [...outputs].map(placeOf), document: { ...graph.document, values: new Map(), cotangents: [], sizes } },
    variables: graph.declaredNames.length,
    values: Object.fromEntries([...inputs.arrays].map(([name, array]) => [name, nestedNumbers(array)])),
    bars: Object.fromEntries([...bars].map(([name, bar]) => [name, short(bar)])),
    batch: inputs.batch ?? 0,
  };
}

/**
 * The right side of each variable's equation, and of each cotangent's.
 * @param {Graph} graph @param {Graph | null} joint @returns {Record<string, string>}
 */
function equationTexts(graph, joint) {
  const computed = graph.declaredNames.filter((name) => !isLeaf(graph.node(name)));
  const found = computed.map((name) => [name, expressionText(graph, name, { columns: true })]);
  if (joint) {
    const bars = [...adjointNames(graph, joint).values()].flat().filter((bar) => joint.node(bar).op !== "input");
    found.push(...bars.map((bar) => [bar, expressionText(joint, bar, { columns: true })]));
  }
  return Object.fromEntries(found);
}

/** The declared variables that an equation reads, in the order of its text. @param {Graph} graph @param {string} name */
export function variablesRead(graph, name) {
  const donors = TABLES.rewriting.donors;
  const read = innerNodes(graph, name).flatMap((node) => node.inputs.filter((_, k) => donors[node.op] !== k));
  return [...new Set(read)].filter((i) => isDeclared(graph.node(i)));
}
