// Equations that were typed become a graph: leaves that nobody declared are guessed, values that nobody gave are drawn, and what is wrong is said.

import { DerivativeError, EquationError, GraphError, InputError } from "../engine/base.js";
import { Graph, documentOf, isLeaf } from "../engine/nodes.js";
import { sizeOf } from "../engine/sizes.js";
import { Builder } from "../engine/building.js";
import { gather } from "../engine/leaves.js";
import { statementsOf } from "../engine/syntax.js";
import { declare, goalProblems } from "../engine/declarations.js";
import { finish, joinedErrors, readEquations } from "../engine/equations.js";
import { highlighted } from "../engine/completion.js";
import { guessedLeaves } from "../engine/guessing.js";
import { lossOf } from "../engine/losses.js";
import { jointGraph } from "../engine/derivation.js";
import { arrayOf, nestedNumbers } from "./numbers.js";

/** @typedef {import("../engine/guessing.js").Leaf} Leaf */
/** @typedef {import("./typed_state.js").TypedState} TypedState */
/**
 * @typedef {object} Understood
 * @property {Graph} graph
 * @property {Map<string, Leaf>} leaves all that the equations read
 * @property {Set<string>} guessed those that nobody declared
 * @property {Map<string, number>} sizes
 * @property {Map<string, any>} values of all leaves
 * @property {Map<string, any>} cotangents of what is differentiated, unless it is a loss
 * @property {string} problem why there are no derivatives
 */

// variables of a graph that is drawn, those inside equations included; and numbers that one shows, and that all have together
const [PAGE_NODES, PAGE_ARRAY, PAGE_NUMBERS] = [3000, 100000, 3000000];
const USUAL_SIZE = 3;
// operators that are no number for a negative one: what they read is drawn positive
const OF_POSITIVE = new Set(["log", "sqrt"]);

/**
 * The leaves that a state's equations read, and how large sizes are, whether or not the equations fit.
 * @param {TypedState} state @returns {Pick<Understood, "leaves" | "guessed" | "sizes">}
 */
export function leavesRead(state) {
  const pieces = highlighted(state.text);
  const wordsOf = (/** @type {string} */ kind) => pieces.filter((piece) => piece.kind === kind).map(({ start, end }) => state.text.slice(start, end));
  const [read, assigned] = [new Set(wordsOf("name")), new Set(wordsOf("target"))];
  const declared = new Map([...state.leaves].filter(([name]) => read.has(name) && !assigned.has(name)));
  const guesses = guessedLeaves(statementsOf(state.text, []), declared);
  const found = [...declared, ...guesses.leaves];
  const leaves = new Map([...found.filter(([, leaf]) => leaf.kind !== "parameter"), ...found.filter(([, leaf]) => leaf.kind === "parameter")]);
  return { leaves, guessed: new Set(guesses.leaves.keys()), sizes: sizesIn(state, leaves, guesses.sizes) };
}

/** A state without what its equations no longer read, as a link should have it. @param {TypedState} state @returns {TypedState} */
export function stateInUse(state) {
  const { leaves, sizes } = leavesRead(state);
  const words = new Set(state.text.match(/[A-Za-z_]\w*/g));
  /** @template T @param {Map<string, T>} table @param {{has(name: string): boolean}} names @returns {Map<string, T>} */
  const only = (table, names) => new Map([...table].filter(([name]) => names.has(name)));
  return {
    ...state, leaves: only(state.leaves, leaves), sizes: only(state.sizes, sizes), values: only(state.values, leaves),
    cotangents: only(state.cotangents, words), symbols: only(state.symbols, words),
    loss: words.has(state.loss) ? state.loss : "", outputs: state.outputs.filter((name) => words.has(name)),
  };
}

/** What a state says. Throws what is wrong with it, in the words of the engine. @param {TypedState} state @returns {Understood} */
export function understood(state) {
  const { leaves, guessed, sizes } = leavesRead(state);
  const builder = new Builder([], new Set(), PAGE_NODES);
  for (const [name, leaf] of leaves) {
    const shape = leaf.kind === "label" ? { class: leaf.class, shape: leaf.shape } : leaf.shape;
    declare(builder, name, leaf.kind === "label" ? "input" : leaf.kind, shape);
  }
  /** @type {EquationError[]} */
  const problems = [];
  const targets = readEquations(state.text, builder, problems, sizes.keys());
  if (problems.length) throw joinedErrors(problems);
  const isThere = (/** @type {string} */ name) => builder.nodes.has(name) && builder.nodes.get(name)?.op !== "label";
  const outputs = state.outputs.filter(isThere);
  const loss = goalProblems(builder, [], state.loss).size ? "" : state.loss;
  const symbols = new Map([...state.symbols].filter(([name]) => builder.nodes.has(name)));
  const told = documentOf({ title: state.title, loss, sizes, symbols });
  const plain = finish(builder, state.name, targets, told, outputs);
  checkPageSize(plain, sizes);
  const values = valuesIn(plain, state.values, sizes);
  const { cotangents, problem } = cotangentsIn(plain, state.cotangents, sizes);
  const graph = new Graph(plain.name, plain.nodes, plain.outputs, { ...plain.document, values, cotangents });
  return { graph, leaves, guessed, sizes, values, cotangents, problem: problem || derivativeProblem(graph) };
}

/** @param {TypedState} state @param {Map<string, Leaf>} leaves @param {Map<string, number>} guessed @returns {Map<string, number>} */
function sizesIn(state, leaves, guessed) {
  const dims = [...leaves.values()].flatMap((leaf) => [...leaf.shape, ...(leaf.class === undefined ? [] : [leaf.class])]);
  const names = dims.filter((dim) => typeof dim === "string");
  const sizes = new Map([...names, ...guessed.keys()].map((name) => [name, state.sizes.get(name) ?? guessed.get(name) ?? USUAL_SIZE]));
  const words = new Set(state.text.match(/\w+/g));
  for (const [name, size] of state.sizes) if (!leaves.has(name) && words.has(name)) sizes.set(name, size);
  return sizes;
}

/** Whether a page can show it. @param {Graph} graph @param {Map<string, number>} sizes */
function checkPageSize(graph, sizes) {
  let total = 0;
  for (const node of graph.nodes) {
    const entries = node.shape.reduce((/** @type {number} */ product, dim) => product * (sizeOf(dim, sizes) ?? 1), Number(1));
    total += entries;
    if (entries <= PAGE_ARRAY && total <= PAGE_NUMBERS) continue;
    const array = `${node.name.split(":")[0] || "an array"} has ${entries} numbers; a page shows at most ${PAGE_ARRAY}`;
    const said = entries > PAGE_ARRAY ? array : `the graph computes more than ${PAGE_NUMBERS} numbers, the most that a page does`;
    throw new InputError(`${said}; take smaller sizes`);
  }
}

/**
 * The values that fit, the others drawn; as few digits as can be read.
 * @param {Graph} graph @param {Map<string, any>} given @param {Map<string, number>} sizes
 */
function valuesIn(graph, given, sizes) {
  const fits = new Map([...given].filter(([name, value]) => graph.has(name) && isLeaf(graph.node(name)) && hasFit(graph.node(name), value, sizes)));
  const inputs = gather(graph, fits, {});
  const positive = new Set(graph.nodes.flatMap((node) => (OF_POSITIVE.has(node.op) ? node.inputs : [])));
  return new Map(graph.leaves.map(({ name }) => {
    const drawn = /** @type {import("../engine/tensors.js").Tensor} */ (inputs.arrays.get(name));
    const rounded = (/** @type {number} */ number) => Math.round(number * 10) / 10 + 0;
    return [name, fits.get(name) ?? nestedNumbers(drawn, positive.has(name) ? (number) => Math.abs(rounded(number)) || 0.1 : rounded)];
  }));
}

/**
 * Whether a value has a variable's shape, or one axis more for a batch.
 * @param {import("../engine/nodes.js").Node} node @param {any} value @param {Map<string, number>} sizes
 */
function hasFit(node, value, sizes) {
  const { shape, data } = arrayOf(value);
  const core = node.shape.map((dim) => sizeOf(dim, sizes));
  if (![0, 1].includes(shape.length - core.length) || !core.every((size, k) => size === shape[shape.length - core.length + k])) return false;
  const classes = typeof node.value === "string" ? sizes.get(node.value) : node.value;
  return node.op !== "label" || data.every((label) => Number.isInteger(label) && label >= 0 && label < classes);
}

/**
 * The cotangents that are handed in where there is no loss: those given that fit, else ones.
 * @param {Graph} graph @param {Map<string, any>} given @param {Map<string, number>} sizes
 */
function cotangentsIn(graph, given, sizes) {
  /** @type {Map<string, any>} */
  const none = new Map();
  if (!graph.outputs.length) return { cotangents: none, problem: "" };
  if (lossOf(graph)) return { cotangents: none, problem: "" };
  const known = [...given.keys()].filter((name) => graph.outputs.includes(name));
  const names = known.length ? known : graph.outputs;
  const label = names.find((name) => graph.node(name).op === "label");
  if (label !== undefined) return { cotangents: none, problem: `${label} is a class label and has no cotangent` };
  const ones = (/** @type {string} */ name) => {
    const shape = graph.node(name).shape.map((dim) => sizeOf(dim, sizes) ?? 1);
    return nestedNumbers({ shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1) });
  };
  const isFit = (/** @type {string} */ name) => given.has(name) && hasFit(graph.node(name), given.get(name), sizes);
  const cotangents = new Map(names.map((name) => [name, isFit(name) ? given.get(name) : ones(name)]));
  return { cotangents, problem: "" };
}

/** Why a graph has no derivatives, if it has none. @param {Graph} graph */
function derivativeProblem(graph) {
  if (!graph.outputs.length) return "there is nothing to differentiate yet";
  try {
    jointGraph(graph, true);
    return "";
  } catch (error) {
    if (error instanceof DerivativeError || error instanceof GraphError) return error.message;
    throw error;
  }
}
