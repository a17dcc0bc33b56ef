// Core shapes: how those of operands meet, by a signature or by broadcasting; and shapes in words. Serves every message about a shape.

import { ShapeError, counted, isSame } from "./base.js";
import { added } from "./sizes.js";
import { appliedText } from "./printing.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./operators.js").Op} Op */
/** @typedef {() => string[]} Labels the operands as the user wrote them */

/**
 * Which size each axis of the signature has, and the axes left over in each operand: its loops.
 * @param {Op} op @param {Shape[]} shapes @param {Labels} labels @returns {[Map<string, any>, Shape[]]}
 */
export function bind(op, shapes, labels) {
  /** @type {Map<string, any>} */
  const bound = new Map();
  const loops = op.inputs.map((axes, i) => {
    const shape = shapes[i];
    const cut = axes[0] === "*" ? 0 : shape.length - axes.length;
    if (cut < 0) throw new ShapeError(wrongRank(op, labels()[i], axes.length, shape));
    axes.forEach((axis, k) => {
      const size = axis === "*" ? shape : shape[cut + k];
      if (bound.has(axis) && !isSame(bound.get(axis), size)) {
        if (new Set(axes).size < axes.length && !op.inputs.slice(0, i).some((before) => before.includes(axis))) {
          throw new ShapeError(`${op.word}: ${labels()[i]} must be square, but it is ${described(shape)}`);
        }
        const meet = op.inputs.map((names) => (axis !== "*" && names.includes(axis) ? names.indexOf(axis) - names.length : null));
        throw new ShapeError(clash(op, labels(), shapes, meet));
      }
      bound.set(axis, size);
    });
    return axes[0] === "*" ? [] : shape.slice(0, cut);
  });
  return [bound, loops];
}

/** @param {Op} op @param {string} label @param {number} rank @param {Shape} shape */
export function wrongRank(op, label, rank, shape) {
  return `${op.word}: ${label} must be ${rank > 2 ? "at least " : ""}${kindOfRank(rank)}, but it is ${described(shape)}`;
}

/** @param {string} axis @param {Map<string, any>} bound @returns {Dim} */
export function dimOf(axis, bound) {
  if (/^\d+$/.test(axis)) return Number(axis);
  return bound.has(axis) ? bound.get(axis) : axis.split("+").reduce((total, name) => added(total, bound.get(name)), /** @type {Dim} */ (0));
}

/** A shape without one axis, counted from the end. @param {Shape} shape @param {number} axis @returns {Shape} */
export function without(shape, axis) {
  return shape.filter((_, k) => k !== shape.length + axis);
}

/**
 * NumPy's broadcasting between core shapes, where a size may be a name; `whole` are the operands', where these are their loops.
 * @param {Op} op @param {Shape[]} shapes @param {Labels} labels @param {Shape[]} [whole] @returns {Shape}
 */
export function broadcast(op, shapes, labels, whole = shapes) {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.filter((s) => s.length >= rank - axis).map((s) => s[s.length + axis - rank]));
    sizes.delete(1);
    if (sizes.size > 1) {
      const meet = shapes.map((s, i) => (s.length >= rank - axis ? axis - rank - (whole[i].length - s.length) : null));
      throw new ShapeError(clash(op, labels(), whole, meet));
    }
    return [...sizes, 1][0];
  });
}

/**
 * Which axes should meet and do not: `W1 @ x: shapes (5, 4) and (3,) do not match; W1 has 4 columns, x has 3 entries`.
 * @param {Op} op @param {string[]} labels @param {Shape[]} shapes @param {(number | null)[]} meet
 */
export function clash(op, labels, shapes, meet) {
  const each = shapes.map((shape, i) => `${labels[i]} ${has(shape, meet[i])}`).join(", ");
  return `${appliedText(op, labels)}: shapes ${shapes.map(shapeText).join(" and ")} do not match; ${each}`;
}

/** @param {number} rank */
function kindOfRank(rank) {
  return ["a scalar", "a vector", "a matrix"][rank] ?? `an array of ${rank} axes`;
}

/** A shape in words: `a vector (D,)`. @param {Shape} shape */
export function described(shape) {
  return shape.length ? `${kindOfRank(shape.length)} ${shapeText(shape)}` : "a scalar";
}

/**
 * What a value of this shape has, or what it has along one axis, counted from the end: `has 4 columns`.
 * @param {Shape} shape @param {number | null} [axis]
 */
export function has(shape, axis = null) {
  const rank = shape.length;
  if (!rank) return "is a scalar";
  if (rank === 1) return `has ${counted(shape[0], "entries")}`;
  const size = axis === null ? 0 : shape[rank + axis];
  if (rank > 2) return axis === null ? `has ${rank} axes` : `has ${counted(size, "entries")} along axis ${rank + axis}`;
  if (axis === null) return `has ${counted(shape[0], "rows")} and ${counted(shape[1], "columns")}`;
  return `has ${counted(size, ["rows", "columns"][rank + axis])}`;
}

/** A shape as Python writes it, with names bare: `(D,)`. @param {Shape} shape */
export function shapeText(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}
