// Attributes of an application: axes, permutations, shapes, indices; what an operator needs besides its operands, in one form each.
// Axes are those of the core, counted from its end. What is left out says: a reduction of the whole value has no attributes, and an
// operator that works along one axis has none where that is the last one.

import { ShapeError, counted, didYouMean, isSame, isWhole, reprValue, shown } from "./base.js";
import { LAST } from "./operators.js";
import { added, divided, multiplied } from "./sizes.js";
import { described } from "./shapes.js";
import { groupCount, perAxis } from "./window_shapes.js";
import { checkedFormula } from "./formulas.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./operators.js").Op} Op */
/** @typedef {(op: Op, value: any, shapes: Shape[]) => any} Reader */

/**
 * The attributes of `op` applied to operands of these shapes, each in its one form; those that say nothing are left out.
 * @param {Op} op @param {Map<string, any>} given @param {Shape[]} shapes @param {() => string[]} labels @returns {import("./nodes.js").Attrs}
 */
export function canonical(op, given, shapes, labels) {
  const known = op.defaults;
  for (const name of given.keys()) {
    if (!known.size) throw new ShapeError(`${op.name} takes no ${name}`);
    const takes = `it takes ${[...known.keys()].join(", ")}`;
    if (!known.has(name)) throw new ShapeError(`${op.name} takes no ${name}${didYouMean(name, known.keys())}; ${takes}`);
  }
  let found = new Map([...known, ...given]);
  for (const [name, value] of found) if (value === undefined) throw new ShapeError(`${op.name} needs ${name}=`);
  try {
    found = new Map([...found].map(([name, value]) => [name, ATTRIBUTE_READERS[name](op, value, shapes)]));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${op.name}(${labels().join(", ")}): ${error.message}`);
  }
  const inverse = found.get("inverse") ?? null;
  // of a permutation
  if (inverse) found = new Map([["axes", fromEnd(inverse.length).map((k) => inverse.indexOf(k) - inverse.length)]]);
  found.delete("inverse");
  if (found.has("keepdims") && op.shape === "reduced") {
    const [every, axis] = [fromEnd(shapes[0].length), found.get("axis")];
    if (axis === null || isSame(axis, every)) found = new Map(found.get("keepdims") && every.length ? Object.entries({ axis: every, keepdims: true }) : []);
  }
  if (op.shape === "expanded") found.delete("keepdims");
  // windows side by side
  if (found.has("stride") && isSame(found.get("stride"), found.get("size"))) found.delete("stride");
  const says = (/** @type {[string, any]} */ [name, value]) => value !== null && !isSame(value, name === "axis" ? LAST : known.get(name));
  return [...found].filter(says).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** All axes, counted from the end. @param {number} rank */
const fromEnd = (rank) => Array.from({ length: rank }, (_, k) => k - rank);
/** One value as a list of one. @param {any} value @returns {any[]} */
const listed = (value) => (Array.isArray(value) ? value : [value]);

/** One axis where the operator's default is one; else a list, or null for the whole value. @type {Reader} */
function axisOf(op, value, shapes) {
  const shape = shapes[["scattered", "axes_back"].includes(op.shape) ? shapes.length - 1 : 0];
  const rank = shape.length + (op.shape === "expanded" ? listed(value).length : Number(op.shape === "stacked"));
  const isOne = typeof op.defaults.get("axis") === "number";
  // those work along several alike
  if (isOne && !["same", "axes_last", "axes_back"].includes(op.shape)) return countedFromEnd(value, rank, shape);
  if (value === null && op.defaults.get("axis") !== undefined) return isOne ? (rank === 1 ? LAST : fromEnd(rank)) : null;
  const found = listed(value).map((axis) => countedFromEnd(axis, rank, shape)).sort((a, b) => a - b);
  if (new Set(found).size < found.length) throw new ShapeError(`axis=${shown(listed(value))} names an axis twice`);
  return isOne && found.length === 1 ? found[0] : found;
}

/** @param {any} axis @param {number} rank @param {Shape} shape @returns {number} */
function countedFromEnd(axis, rank, shape) {
  if (!isWhole(axis)) throw new ShapeError(`an axis is a whole number, got ${shown(axis)}`);
  const axes = rank ? `; its axes are 0 to ${rank - 1}` : "";
  if (axis < -rank || axis >= rank) throw new ShapeError(`there is no axis ${axis}: it is ${described(shape)}${axes}`);
  return axis >= 0 ? axis - rank : axis;
}

/** All axes in another order; null where the last two change places, which is what the operator does by itself. @type {Reader} */
function permutationOf(op, value, shapes) {
  if (value === null) return null;
  const rank = shapes[0].length;
  const found = listed(value).map((axis) => countedFromEnd(axis, rank, shapes[0]));
  const order = fromEnd(rank);
  if (!isSame([...found].sort((a, b) => a - b), order)) {
    throw new ShapeError(`the axes ${reprValue(listed(value))} are not those of ${described(shapes[0])}, each once`);
  }
  return isSame(found, [...order.slice(0, -2), -1, -2]) ? null : found;
}

/** Sizes; -1 stands once for what is left over of the operand's. @type {Reader} */
function shapeOf(op, value, shapes) {
  const values = listed(value);
  const isSize = (/** @type {any} */ size, /** @type {number} */ least) => typeof size === "string" || (isWhole(size) && size >= least);
  for (const size of values) {
    if (op.shape === "given" && !isSize(size, 0)) throw new ShapeError(`a size is a whole number of at least 0, or named, got ${shown(size)}`);
    if (!isSize(size, -1)) throw new ShapeError(`a shape is a list of sizes such as [2, 6], got ${shown(value)}`);
  }
  const open = values.filter((size) => size === -1).length;
  if (open > 1 || (open && !shapes.length)) throw new ShapeError(`-1 stands once in a shape, for what is left over, got ${shown(value)}`);
  return values.map((size) => (size === -1 ? leftOver(shapes[0], values) : size));
}

/**
 * What a shape has besides the sizes in `values`: a quotient of products, names cancelled.
 * @param {Shape} shape @param {Dim[]} values @returns {Dim}
 */
function leftOver(shape, values) {
  const have = [...shape];
  const want = values.filter((size) => size !== -1 && !(have.includes(size) && have.splice(have.indexOf(size), 1)));
  const [total, known] = [multiplied(...have), multiplied(...want)];
  if (typeof known === "number" && typeof total === "number" && (known === 0 || total % known)) {
    throw new ShapeError(`${described(shape)} cannot be divided into rows of ${known}`);
  }
  return known === 1 ? total : divided(total, known);
}

/** Of each axis, where its slice begins and ends. @type {Reader} */
function indexOf(op, value, shapes) {
  const shape = shapes[shapes.length - 1];
  const isEnd = (/** @type {any} */ end) => end === null || typeof end === "string" || isWhole(end);
  if (!Array.isArray(value) || !value.every((pair) => listed(pair).length === 2 && listed(pair).every(isEnd))) {
    throw new ShapeError(`an index is a list of two bounds for each axis, as in [[0, 2], [1, 3]], got ${shown(value)}`);
  }
  if (value.length > shape.length) throw new ShapeError(`there are ${counted(value.length, "indices")}, but it is ${described(shape)}`);
  return shape.map((size, k) => boundsOf(value[k] ?? [null, null], size));
}

/** @param {[Dim | null, Dim | null]} pair @param {Dim} size @returns {[Dim, Dim]} */
function boundsOf([first, last], size) {
  let [start, stop] = [first ?? 0, last ?? size].map((end) => {
    const found = typeof end === "number" && end < 0 ? added(size, end) : end;
    return typeof end === "number" && typeof found === "number" ? Math.max(0, found) : found;
  });
  if (typeof size === "number" && typeof start === "number" && typeof stop === "number") {
    start = Math.min(start, size);
    stop = Math.max(start, Math.min(stop, size));
  }
  const length = added(stop, start, -1);
  // x[3:1] has no entries
  return [start, typeof length === "number" && length < 0 ? start : stop];
}

/** @type {{[name: string]: Reader}} */
const ATTRIBUTE_READERS = {
  axis: axisOf, axes: permutationOf, inverse: permutationOf, shape: shapeOf, index: indexOf,
  stride: (op, value) => perAxis(op, "stride", value, 1), padding: (op, value) => perAxis(op, "padding", value, 0),
  size: (op, value) => perAxis(op, "size", value, 1), groups: (op, value) => groupCount(value),
  formula: (op, value, shapes) => checkedFormula(value, shapes.length),
  keepdims(op, value) {
    if (typeof value !== "boolean") throw new ShapeError(`keepdims is True or False, got ${shown(value)}`);
    return value;
  },
  k(op, value) {
    if (isWhole(value) || typeof value === "string") return value;
    throw new ShapeError(`k is a whole number: how much further up the diagonal is, got ${shown(value)}`);
  },
};
