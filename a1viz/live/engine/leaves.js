// What a graph is run on: given values checked against core shapes, defaults from the document, the rest drawn from a seed.
// A leaf whose array has one axis more than its core shape is batched.

import { InputError, counted, didYouMean, shown } from "./base.js";
import { namesOf, sizeOf } from "./sizes.js";
import { shapeText } from "./shapes.js";
import { entriesIn, tensorFrom, tensorOf } from "./tensors.js";
import { checkWork } from "./work.js";
import { normalNumbers, uniformNumbers } from "./random_numbers.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./tensors.js").Tensor} Tensor */
/**
 * @typedef {object} Gathered Checked values of a graph's leaves.
 * @property {Map<string, Tensor>} arrays
 * @property {Set<string>} batched leaves whose arrays have a batch axis in front
 * @property {Map<string, number>} sizes what each named size is
 * @property {Map<string, string>} sizedBy the leaf each named size was learnt from
 * @property {number | null} batch how many examples, null for a single one
 */

/**
 * Check the given values, fill in the document's, and draw what is still missing: a vector from N(0, 1), a matrix from N(0, 1 / columns), an
 * array of more axes from N(0, 1 / the entries of one element of its first axis), labels uniformly; each leaf from its own stream, seeded by its
 * name and `seed`, so that adding a variable changes no other. The numbers are not those that NumPy draws.
 * @param {Graph} graph @param {Map<string, any>} given
 * @param {{seed?: number, sized?: boolean}} [how] `sized` holds the values to the document's sizes @returns {Gathered}
 */
export function gather(graph, given, { seed = 0, sized = false } = {}) {
  checkGiven(graph, given.keys());
  const { values, sizes, fixed } = graph.document;
  /** @type {Gathered} */
  const inputs = { arrays: new Map(), batched: new Set(), sizes: new Map(sized ? sizes : []), sizedBy: new Map(), batch: null };
  for (const [name, block] of fixed) {
    inputs.sizes.set(name, /** @type {number} */ (sizes.get(name)));
    inputs.sizedBy.set(name, `${block} is repeated ${name} times`);
  }
  for (const [from, whose] of /** @type {[Map<string, any>, string][]} */ ([[given, ""], [values, "the document's "]])) {
    for (const node of graph.leaves) {
      if (from.has(node.name) && !inputs.arrays.has(node.name)) {
        const array = leafArray(node, from.get(node.name));
        bindLeaf(inputs, node, array, whose);
        inputs.arrays.set(node.name, array);
      }
    }
  }
  for (const [name, size] of sizes) if (!inputs.sizes.has(name)) inputs.sizes.set(name, size);
  checkComposed(inputs);
  if (!graph.leaves.length || graph.leaves.some((node) => !given.has(node.name))) {
    const numbers = [...given.keys()].reduce((sum, name) => sum + (inputs.arrays.get(name)?.data.length ?? 0), 0);
    checkWork(graph, inputs.sizes, inputs.batch || 1, numbers);
  }
  for (const node of graph.leaves) {
    if (!inputs.arrays.has(node.name)) inputs.arrays.set(node.name, drawnLeaf(node, inputs, seed));
    else if (node.op === "label") checkClasses(node, inputs);
  }
  return inputs;
}

/** Refuses a name that is no leaf. @param {Graph} graph @param {Iterable<string>} given */
export function checkGiven(graph, given) {
  const names = new Set(graph.leaves.map((node) => node.name));
  for (const name of given) {
    if (!names.has(name)) {
      const what = graph.has(name) ? "is computed, not given" : "is not a variable of this graph";
      throw new InputError(`${name} ${what}; the leaves are ${[...names].sort().join(", ") || "none"}${didYouMean(name, names)}`);
    }
  }
}

/** Sizes made of others, such as D+H, against what these are. @param {Gathered} inputs */
function checkComposed({ sizes, sizedBy }) {
  for (const [dim, size] of sizes) {
    const names = namesOf(dim);
    if (names[0] === dim || !names.every((name) => sizes.has(name))) continue;
    const own = new Map(names.map((name) => [name, /** @type {number} */ (sizes.get(name))]));
    if (sizeOf(dim, own) !== size) {
      throw new InputError(`${dim} is ${size} (${sizedBy.get(dim)}), but ${[...own].map(([name, n]) => `${name} is ${n}`).join(", ")}`);
    }
  }
}

/** A value as an array of numbers. @param {Node} node @param {any} value @returns {Tensor} */
function leafArray(node, value) {
  if (value?.data instanceof Float64Array) return value;
  const plain = ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;
  const array = tensorFrom(plain);
  const whole = wholeShape(plain);
  if (whole.length < array.shape.length || [plain].flat(whole.length).some(Array.isArray)) {
    const ragged = "setting an array element with a sequence. The requested array has an inhomogeneous shape after";
    const fact = `${ragged} ${whole.length} dimensions. The detected shape was ${shapeText(whole)} + inhomogeneous part.`;
    throw new InputError(`${node.name}: ${shown(value)} is not an array: ${fact}`);
  }
  const entries = [plain].flat(Infinity);
  if (!entries.every((entry) => typeof entry === "number" || typeof entry === "boolean")) {
    throw new InputError(`${node.name}: expected real numbers, got ${shown(value)}`);
  }
  if (node.op === "label" && !array.data.every((entry) => Number.isInteger(entry) && Math.abs(entry) < 2 ** 63)) {
    throw new InputError(`${node.name}: a class label is a whole number, got ${shown(value)}`);
  }
  return array;
}

/** The shape of lists as far as they are equally long. @param {any} value */
function wholeShape(value) {
  const shape = [];
  for (let parts = [value]; parts.every(Array.isArray) && parts.every((part) => part.length === parts[0].length); parts = parts.flat()) {
    if (!parts.length) break;
    shape.push(parts[0].length);
  }
  return shape;
}

/**
 * Check an array's shape, learn the named sizes from it, and whether it is batched.
 * @param {Gathered} inputs @param {Node} node @param {Tensor} array @param {string} whose
 */
function bindLeaf(inputs, node, { shape }, whose) {
  const extra = shape.length - node.shape.length;
  const said = `${node.name}: ${whose}value has`;
  const expected = `${said} shape ${shapeText(shape)}, expected ${shapeText(node.shape)}`;
  if (extra !== 0 && extra !== 1) throw new InputError(`${expected}, or (batch, ...) in front of it`);
  node.shape.forEach((want, k) => {
    const size = shape[k + extra];
    const isNamed = typeof want === "string";
    if (isNamed && !inputs.sizes.has(want)) {
      inputs.sizes.set(want, size);
      inputs.sizedBy.set(want, `from ${node.name}`);
    }
    const known = isNamed ? inputs.sizes.get(want) : want;
    if (known === size) return;
    const by = isNamed && inputs.sizedBy.has(want) ? ` (${inputs.sizedBy.get(want)})` : "";
    const clash = isNamed ? `${want} is ${known}${by}` : `that axis has ${known}`;
    throw new InputError(`${expected}, and ${clash}${whose ? `; give ${node.name} too` : ""}`);
  });
  if (!extra) return;
  if (inputs.batch !== null && inputs.batch !== shape[0]) {
    throw new InputError(`${said} a batch of ${shape[0]}, but another input has ${counted(inputs.batch, "examples")}`);
  }
  inputs.batch = shape[0];
  inputs.batched.add(node.name);
}

/** @param {Node} node @param {Map<string, number>} sizes */
const numberOfClasses = (node, sizes) => (typeof node.value === "string" ? sizes.get(node.value) : node.value) ?? null;

/** @param {Node} node @param {Gathered} inputs */
function checkClasses(node, { arrays, sizes }) {
  const classes = numberOfClasses(node, sizes);
  const wrong = classes === null ? undefined : arrays.get(node.name)?.data.find((label) => label < 0 || label >= classes);
  if (wrong === undefined || classes === null) return;
  throw new InputError(`${node.name}: class ${wrong} is out of range; ${node.name} has ${classes} classes, 0 to ${classes - 1}`);
}

/** @param {Node} node @param {Gathered} inputs @param {number} seed @returns {Tensor} */
function drawnLeaf(node, { sizes }, seed) {
  const isLabel = node.op === "label";
  const shape = node.shape.map((dim) => sizeOf(dim, sizes));
  const classes = numberOfClasses(node, sizes) ?? 0;
  if (shape.includes(undefined) || (isLabel && !classes)) {
    const noun = !isLabel ? "" : node.shape.length ? "class labels of " : "a class label";
    const what = noun && !node.shape.length ? noun : `${noun}shape ${shapeText(node.shape)}`;
    throw new InputError(`${node.name} has no value; give ${node.name}=..., ${what}`);
  }
  const drawn = tensorOf(/** @type {number[]} */ (shape));
  const next = uniformNumbers(`${seed} ${node.name}`);
  const scale = Math.max(entriesIn(drawn.shape.slice(1)), 1) ** -0.5;
  const normal = normalNumbers(next);
  return tensorOf(drawn.shape, drawn.data.map(() => (isLabel ? Math.floor(next() * classes) : scale * normal())));
}
