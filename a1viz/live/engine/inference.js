// The core shape of an application: by the operator's signature, or by a rule of its own. Nodes get theirs here.

import { ShapeError, counted, isSame } from "./base.js";
import { LAST, LIMITS } from "./operators.js";
import { added, multiplied } from "./sizes.js";
import { appliedText } from "./printing.js";
import { bind, broadcast, clash, described, dimOf, has, shapeText, without, wrongRank } from "./shapes.js";
import { WINDOW_SHAPES } from "./window_shapes.js";
import { letterSizes, split } from "./formulas.js";
import { canonical } from "./attributes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./nodes.js").Attrs} Attrs */
/** @typedef {import("./operators.js").Op} Op */
/** @typedef {import("./shapes.js").Labels} Labels */
/** @typedef {import("./window_shapes.js").Rule} Rule */

/**
 * The attributes of an application in their one form, and its core shape.
 * @param {Op} op @param {Shape[]} shapes @param {Attrs | Map<string, any>} attrs @param {Labels} labels @returns {[Attrs, Shape]}
 */
export function inferred(op, shapes, attrs, labels) {
  const form = canonical(op, new Map(attrs), shapes, labels);
  return [form, resultShape(op, shapes, labels, form)];
}

/**
 * The core shape of `op` applied to operands of these core shapes; an error names the operands as `labels` gives them.
 * @param {Op} op @param {Shape[]} shapes @param {Labels} labels @param {Attrs} [attrs] @returns {Shape}
 */
export function resultShape(op, shapes, labels, attrs = []) {
  const wanted = op.inputs.length * (op.isVariadic ? shapes.length : 1);
  if (shapes.length !== wanted || (!shapes.length && op.args.length)) {
    throw new ShapeError(`${op.name} takes ${op.isVariadic ? "at least 1 argument" : counted(wanted, "arguments")}, got ${shapes.length}`);
  }
  if (op.isElementwise) return broadcast(op, shapes, labels);
  let result;
  if (op.shape) result = (WINDOW_SHAPES[op.shape] ?? SHAPE_RULES[op.shape])(op, shapes, new Map(attrs), labels);
  else {
    const [bound, loops] = bind(op, shapes, labels);
    result = [...broadcast(op, loops, labels, shapes), ...op.output.map((axis) => dimOf(axis, bound))];
  }
  if (result.length > LIMITS.AXES) throw new ShapeError(`${appliedText(op, labels())} has ${result.length} axes; a value has at most ${LIMITS.AXES}`);
  return result;
}

/** Raise unless they have an axis. @param {Op} op @param {Shape[]} shapes @param {Labels} labels */
function needsAxes(op, shapes, labels) {
  shapes.forEach((shape, k) => {
    if (!shape.length) throw new ShapeError(wrongRank(op, labels()[k], 1, shape));
  });
}

/**
 * A shape with one more axis in it, counted from the end of what comes out.
 * @param {Shape} shape @param {number} axis @param {Dim} size @returns {Shape}
 */
function withAxis(shape, axis, size) {
  const at = shape.length + axis + 1;
  return [...shape.slice(0, at), size, ...shape.slice(at)];
}

/** A shape with another size along an axis. @param {Shape} shape @param {number} axis @param {Dim} size @returns {Shape} */
const resized = (shape, axis, size) => shape.map((old, k) => (k === shape.length + axis ? size : old));
/** @param {Map<string, any>} attrs @returns {number} */
const axisIn = (attrs) => attrs.get("axis") ?? LAST;
/** @type {Rule} */
const likeLast = (op, shapes) => shapes[shapes.length - 1];

/** Rules for what a signature cannot say. @type {{[name: string]: Rule}} */
const SHAPE_RULES = {
  reduced(op, [shape], attrs) {
    if (!attrs.has("axis")) return [];
    const axes = [attrs.get("axis")].flat();
    const isIn = (/** @type {number} */ k) => axes.includes(k - shape.length);
    return attrs.get("keepdims") ? shape.map((size, k) => (isIn(k) ? 1 : size)) : shape.filter((_, k) => !isIn(k));
  },
  expanded(op, [shape], attrs) {
    const axes = attrs.get("axis");
    const [rank, sizes] = [shape.length + axes.length, [...shape]];
    return Array.from({ length: rank }, (_, k) => (axes.includes(k - rank) ? 1 : /** @type {Dim} */ (sizes.shift())));
  },
  squeezed(op, [shape], attrs, labels) {
    const [rank, axes] = [shape.length, attrs.get("axis")];
    for (const axis of axes) {
      if (shape[rank + axis] !== 1) throw new ShapeError(`${op.name}: ${labels()[0]} ${has(shape, axis)}; only an axis of one entry can be left out`);
    }
    return shape.filter((_, k) => !axes.includes(k - rank));
  },
  same(op, shapes, attrs, labels) {
    if (!attrs.has("axis")) needsAxes(op, shapes.slice(0, 1), labels);
    return shapes[0];
  },
  permuted(op, [shape], attrs, labels) {
    const rank = shape.length;
    if (attrs.has("axes")) return attrs.get("axes").map((/** @type {number} */ axis) => shape[rank + axis]);
    if (rank < 2) throw new ShapeError(wrongRank(op, labels()[0], 2, shape));
    return [...shape.slice(0, -2), shape[rank - 1], shape[rank - 2]];
  },
  reshaped(op, [old], attrs, labels) {
    const shape = attrs.get("shape");
    const [have, want] = [multiplied(...old), multiplied(...shape)];
    // a run says whether names fit: D for h * d
    if (typeof added(have, want, -1) === "number" && have !== want) {
      throw new ShapeError(`${op.name}: ${labels()[0]} is ${described(old)}, of ${have} entries; ${shapeText(shape)} has ${want}`);
    }
    return shape;
  },
  given: (op, shapes, attrs) => attrs.get("shape"),
  indexed(op, shapes, attrs, labels) {
    const sizes = letterSizes(op, attrs.get("formula"), shapes, labels);
    return [...split(attrs.get("formula"))[1]].map((letter) => /** @type {Dim} */ (sizes.get(letter)));
  },
  sliced: (op, shapes, attrs) => attrs.get("index").map((/** @type {[Dim, Dim]} */ [start, stop]) => added(stop, start, -1)),
  untaken(op, shapes, attrs, labels) {
    const [s, t, x] = shapes;
    if (!x.length || !isSame(s, [...t, ...x.slice(1)])) throw new ShapeError(clash(op, labels(), shapes, [null, null, null]));
    return x;
  },
  like_last: likeLast,
  axes_back: likeLast,
  axes_last(op, [shape], attrs) {
    const places = [axisIn(attrs)].flat().map((axis) => shape.length + axis);
    return [...shape.filter((_, k) => !places.includes(k)), multiplied(...places.map((k) => shape[k]))];
  },
  picked(op, shapes, attrs, labels) {
    const [x, t] = shapes;
    needsAxes(op, [x], labels);
    return broadcast(op, [without(x, axisIn(attrs)), t], labels, shapes);
  },
  scattered(op, shapes, attrs, labels) {
    const [s, t, x] = shapes;
    const axis = axisIn(attrs);
    return withAxis(broadcast(op, [s, t, without(x, axis)], labels, shapes), axis, x[x.length + axis]);
  },
  taken(op, [x, t], attrs, labels) {
    needsAxes(op, [x], labels);
    return [...t, ...x.slice(1)];
  },
  retaken(op, shapes, attrs, labels) {
    const [s, u, t] = shapes;
    const meet = [s.length ? -s.length : null, u.length ? -1 : null, null];
    if (!isSame(s.slice(0, u.length), u)) throw new ShapeError(clash(op, labels(), shapes, meet));
    return [...t, ...s.slice(u.length)];
  },
  stacked: (op, shapes, attrs, labels) => withAxis(broadcast(op, shapes, labels), axisIn(attrs), shapes.length),
  concatenated(op, shapes, attrs, labels) {
    const [[a, b], axis] = [shapes, axisIn(attrs)];
    needsAxes(op, shapes, labels);
    const isLike = a.length === b.length;
    for (let k = -a.length; k < 0; k += 1) {
      const [m, n] = [a[a.length + k], b[b.length + k]];
      if (!isLike || (k !== axis && m !== n)) throw new ShapeError(clash(op, labels(), shapes, Array(2).fill(isLike ? k : null)));
    }
    return resized(a, axis, added(a[a.length + axis], b[b.length + axis]));
  },
  cut(op, shapes, attrs, labels) {
    const [[v, x], axis] = [shapes, axisIn(attrs)];
    needsAxes(op, shapes, labels);
    if (v.length !== x.length || !isSame(without(v, axis), without(x, axis))) throw new ShapeError(clash(op, labels(), shapes, [null, null]));
    return resized(v, axis, x[x.length + axis]);
  },
};
