// When an identity applies, and the attributes of its replacement that shapes decide: the words that the exported rows are written with.

import { isSame } from "./base.js";
import { LAST, TABLES } from "./operators.js";
import { partsOfSum } from "./matching.js";
import { split } from "./formulas.js";
import { multiplied } from "./sizes.js";
import { without } from "./shapes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./building.js").Builder} Builder */
/** @typedef {import("./matching.js").Found} Found */

const POSITIVE = new Set(TABLES.conditions.positive);
const ALWAYS_POSITIVE = new Set(TABLES.conditions.always_positive);
const STRUCTURED = new Set(TABLES.conditions.structured);

/** Whether a value is what an identity takes apart, or a sum of values of which one is. @param {Builder} builder @param {string} name */
function isStructured(builder, name) {
  const nodes = [...partsOfSum(builder.nodes, name)].map((term) => builder.node(term));
  return nodes.some((node) => STRUCTURED.has(node.op) && !(node.op === "scatter" && node.shape.length === 1));
}

/**
 * Whether exponentials, and what has none but positive values, are all that a value is made of by sums, products and powers.
 * @param {Builder} builder @param {string} name
 */
export function isPositive(builder, name) {
  const waiting = [name];
  const seen = new Set(waiting);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = builder.node(next);
    if (node.op === "constant") {
      if (!(node.value > 0)) return false;
    } else if (!ALWAYS_POSITIVE.has(node.op)) {
      const parts = node.op === "pick" || node.op === "power" ? node.inputs.slice(0, 1) : POSITIVE.has(node.op) ? node.inputs : [];
      if (!parts.length) return false;
      for (const part of parts) if (!seen.has(part)) waiting.push(part);
      parts.forEach((part) => seen.add(part));
    }
  }
  return true;
}

/** @type {Record<string, (builder: Builder, found: Found, ...names: string[]) => boolean>} */
export const CONDITIONS = {
  ranks: (builder, found, rank, ...names) => names.every((n) => builder.shape(found.get(n)).length === Number(rank)),
  looped: (builder, found) => !CONDITIONS.ranks(builder, found, "1", "a", "b"),
  same_shape: (builder, found, first, ...names) => names.every((n) => isSame(builder.shape(found.get(n)), builder.shape(found.get(first)))),
  positive: (builder, found, ...names) => names.some((n) => isPositive(builder, found.get(n))),
  uncertain: (builder, found, name) => !isPositive(builder, found.get(name)),
  not_of_products: (builder, found) => !["a", "b"].every((n) => builder.node(found.get(n)).op === "matmul"),
  number_beside_more: (builder, found) => !builder.shape(found.get("s")).length && builder.shape(found.get("a")).length >= found.get("k").length,
  structured_multiple: (builder, found) =>
    !builder.shape(found.get("s")).length && builder.shape(found.get("a")).length > 0 && isStructured(builder, found.get("a")),
  lacks: (builder, found, name) => areLoops(found) && Math.max(...found.get("axis")) < -builder.shape(found.get(name)).length,
  full: (builder, found, name) => {
    const [s, x, t] = ["s", name, found.has("t") ? "t" : "k"].map((n) => builder.shape(found.get(n)));
    const isBroadcast = t.length > s.length || t.some((a, k) => a !== 1 && a !== s[k + s.length - t.length]);
    return isSame(s, without(x, found.get("axis") ?? LAST)) && !isBroadcast;
  },
  by_label: (builder, found) => builder.node(found.get("t")).op !== "constant",
  by_number: (builder, found) => builder.node(found.get("k")).op === "constant" && !builder.shape(found.get("k")).length,
  in_order: (builder, found) => {
    const p = /** @type {number[] | null} */ (found.get("p"));
    return p !== null && p.every((axis, k) => k - axis === p.length);
  },
};

/** @type {Record<string, (builder: Builder, found: Found, ...names: string[]) => Record<string, any> | null>} */
export const SHAPED_ATTRIBUTES = {
  // how the rows of A.T and of B, along axes in front and along that which a product sums over, become those of one matrix each
  merged: (builder, found) => {
    const [A, B, axes] = [builder.shape(found.get("A")), builder.shape(found.get("B")), /** @type {number[]} */ (found.get("axis"))];
    if (!areLoops(found) || Math.min(...axes) < -Math.min(A.length, B.length) || axes.some((axis) => A.at(axis) !== B.at(axis))) return null;
    const [[p, u], [q, v]] = [rowsAsOne(A, axes, -1, -2), rowsAsOne(B, axes, -2, -1)];
    return { p, u, q, v };
  },
  // a fixed entry along an axis as a slice
  as_part: (builder, found) => {
    const [shape, axis, k] = [builder.shape(found.get("x")), found.get("axis"), builder.node(found.get("k")).value];
    return { at: [axis], index: shape.map((size, j) => (j - shape.length === axis ? [k, k + 1] : [0, size])) };
  },
  own_shape: (builder, found, name) => ({ shape: builder.shape(found.get(name)) }),
  // the axes of one operand of an einsum of two whose letters nothing else has, and the formula without them
  alone: (builder, found, name) => {
    const k = "AB".indexOf(name);
    const [operands, result] = split(found.get("formula"));
    const [own, other] = [[...operands[k]], operands[1 - k] + result];
    const isAlone = (/** @type {string} */ letter) => !other.includes(letter) && own.filter((c) => c === letter).length === 1;
    const axis = own.flatMap((letter, j) => (isAlone(letter) ? [j - own.length] : []));
    operands[k] = own.filter((letter) => !isAlone(letter)).join("");
    return axis.length ? { axis, g: `${operands.join()}->${result}` } : null;
  },
  // an einsum of two operands as a product of matrices: letters in both and the result are loops, others in both are summed over
  as_product: (builder, found) => {
    const [[first, second], result] = split(found.get("formula"));
    /** @type {Map<string, Dim>} */
    const sizes = new Map();
    [...builder.shape(found.get("A")), ...builder.shape(found.get("B"))].forEach((size, k) => sizes.set((first + second)[k], size));
    const only = (/** @type {string} */ own, /** @type {string} */ other) => [...own].filter((c) => result.includes(c) && !other.includes(c));
    const [rows, columns] = [only(first, second), only(second, first)];
    const loops = [...result].filter((c) => first.includes(c) && second.includes(c));
    const summed = [...first].filter((c) => second.includes(c) && !result.includes(c));
    const letters = [...first, ...second];
    const isTwice = new Set(first).size + new Set(second).size < letters.length;
    const isElsewhere = letters.some((c) => ![rows, columns, loops, summed].some((group) => group.includes(c)));
    if (!rows.length || !columns.length || isTwice || isElsewhere) return null;
    const order = (/** @type {Iterable<string>} */ wanted, /** @type {string[]} */ of) => [...wanted].map((c) => of.indexOf(c) - of.length);
    const size = (/** @type {string} */ c) => /** @type {Dim} */ (sizes.get(c));
    const shape = (/** @type {string[][]} */ ...groups) => [...loops.map(size), ...groups.map((group) => multiplied(...group.map(size)))];
    const whole = [...loops, ...rows, ...columns];
    return {
      p: order([...loops, ...rows, ...summed], [...first]), u: shape(rows, summed), q: order([...loops, ...summed, ...columns], [...second]),
      v: shape(summed, columns), w: whole.map(size), r: order(result, whole),
    };
  },
};

/** Whether a sum is over axes in front of a product's last two alone. @param {Found} found */
function areLoops(found) {
  const axes = found.get("axis");
  return Array.isArray(axes) && Math.max(...axes) < -2;
}

/**
 * The order of the axes, and the shape with those summed over as one.
 * @param {Shape} shape @param {number[]} axes @param {number} along @param {number} last @returns {[number[], Shape]}
 */
function rowsAsOne(shape, axes, along, last) {
  const at = (/** @type {number} */ axis) => /** @type {Dim} */ (shape.at(axis));
  const kept = shape.slice(2).map((_, k) => k - shape.length).filter((axis) => !axes.includes(axis));
  return [[...kept, ...axes, along, last], [...kept.map(at), multiplied(...[...axes, along].map(at)), at(last)]];
}
