// Entries: what stands in the brackets of `e[...]`, checked against the value; slices first, then what is taken along each axis.

import { EquationError } from "./base.js";
import { TABLES } from "./operators.js";
import { added } from "./sizes.js";
import { sizeOperand } from "./printing.js";
import { described, has } from "./shapes.js";
import { errorAt, sourceOf } from "./expressions.js";
import { sizeOfTree } from "./literals.js";
import { classesOf } from "./blocks.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./building.js").Builder} Builder */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {[Dim | null, Dim | null]} Bounds where a slice begins and ends; null for where the axis does */
/**
 * @typedef {object} Taken A row of the table that an entry takes; its index is a variable, a size, or none.
 * @property {string} op
 * @property {Dim | null} index
 * @property {[string, any][]} attributes
 */

/** @type {Map<string, [number, number, number]>} places of value and index, and the axis */
export const INDEX_PLACES = new Map(Object.entries(TABLES.reading.entries.indexed));

/** The indices that are variables, as class labels are; all others are numbers, made of sizes perhaps. @param {Expr} entry @param {(name: string) => boolean} isVariable */
export function computedIndices(entry, isVariable) {
  return entry.operands.slice(1).filter((i) => ["call", "entry", "transpose"].includes(i.kind) || (i.kind === "name" && isVariable(i.word)));
}

/**
 * What is taken of `value`, one after the other; `nodes` are those of the indices that are variables, `sizes` the names of sizes.
 * @param {Builder} builder @param {Expr} entry @param {string} value @param {Map<Expr, string>} nodes @param {Set<string>} sizes @returns {Taken[]}
 */
export function takenBy(builder, entry, value, nodes, sizes) {
  const shape = builder.shape(value);
  const [of, ...indices] = entry.operands;
  if (indices.length > shape.length) {
    const given = shape.length ? `there are ${indices.length} indices` : "has no entries";
    throw entryError(entry, `${sourceOf(of)} is ${described(shape)}, and ${given}`);
  }
  const bounds = indices.map((index, k) => sliceBounds(entry, index, sizes, shape[k]));
  /** @type {Taken[]} */
  const steps = bounds.some(([start, stop]) => start !== null || stop !== null) ? [{ op: "slice", index: null, attributes: [["index", bounds]] }] : [];
  let [axis, rank] = [0, shape.length];
  indices.forEach((index, k) => {
    const found = nodes.get(index);
    if (index.kind === "slice") axis += 1;
    else if (found !== undefined) {
      const node = builder.node(found);
      checkLabel(builder, entry, index, node, shape, k);
      if (node.shape.length && index !== indices[0]) {
        const hint = `pick(${sourceOf(of)}, ${sourceOf(index)}) takes an entry of each row`;
        throw entryError(entry, `an array of labels stands first, as in E[t]; ${hint}`);
      }
      const isRow = !axis && (node.shape.length > 0 || rank > 1);
      steps.push({ op: isRow ? "take" : "pick", index: node.name, attributes: isRow ? [] : [["axis", axis]] });
      axis += node.shape.length;
      rank += node.shape.length - 1;
    } else {
      const given = wholeIndex(entry, index, sizes, shape[k]);
      const dim = typeof given === "number" && given < 0 ? added(shape[k], given) : given;
      checkNumber(entry, index, dim, shape[k]);
      steps.push({ op: "pick", index: dim, attributes: [["axis", axis]] });
      rank -= 1;
    }
  });
  return steps;
}

/** Where a slice begins and ends; nothing for a whole axis, and for what is no slice. @param {Expr} entry @param {Expr} index @param {Set<string>} sizes @param {Dim} size @returns {Bounds} */
function sliceBounds(entry, index, sizes, size) {
  if (index.kind !== "slice") return [null, null];
  const [start, stop] = index.operands.map((end) => (end.kind === "open" ? null : wholeIndex(entry, end, sizes, size)));
  const begins = start === null || start === 0 || (typeof start === "number" && typeof size === "number" && start <= -size);
  const ends = stop === null || stop === size || (typeof stop === "number" && typeof size === "number" && stop >= size);
  return begins && ends ? [null, null] : [start, stop];
}

/**
 * The same for a call that takes a value and an index, as pick(P, t) does.
 * @param {Builder} builder @param {Expr} call @param {string} op @param {string[]} operands @param {Map<string, any>} attributes
 */
export function checkIndex(builder, call, op, operands, attributes) {
  const [of, place, ofRow] = /** @type {[number, number, number]} */ (INDEX_PLACES.get(op));
  const [shape, node, index] = [builder.shape(operands[of]), builder.node(operands[place]), call.operands[place]];
  const axis = attributes.get("axis") === undefined ? ofRow : attributes.get("axis");
  // an error of its own, which the axis will raise
  if (!Number.isInteger(axis) || axis < -shape.length || axis >= shape.length) return;
  const along = axis < 0 ? axis + shape.length : axis;
  if (node.op === "constant" && !node.shape.length) checkNumber(call, index, Number.isInteger(node.value) ? node.value : -1, shape[along]);
  else if (node.op !== "size") checkLabel(builder, call, index, node, shape, along, call.operands[of]);
}

/** @param {Expr} tree @param {string} message */
function entryError(tree, message) {
  return errorAt(tree, `${sourceOf(tree)}: ${message}`);
}

/** An index that is a number, or made of sizes; less than a name is counted from the end. @param {Expr} entry @param {Expr} index @param {Set<string>} sizes @param {Dim} size @returns {Dim} */
function wholeIndex(entry, index, sizes, size) {
  try {
    const dim = sizeOfTree(index, sizes);
    return typeof dim === "string" && dim.startsWith("-") ? added(size, dim) : dim;
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
    if (index.kind === "number") throw entryError(entry, `entries are counted in whole numbers, got ${sourceOf(index)}`);
    throw entryError(entry, `an index is a number or a class label, and ${sourceOf(index)} is neither`);
  }
}

/** @param {Expr} tree @param {Expr} index @param {Dim} dim @param {Dim} size */
function checkNumber(tree, index, dim, size) {
  const beyond = added(dim, size, -1);
  if (!(typeof dim === "number" && dim < 0) && !(typeof beyond === "number" && beyond >= 0)) return;
  const said = size ? `entries are counted from 0 to ${sizeOperand(added(size, -1)).text}` : "there are no entries";
  throw entryError(tree, `${said}, got ${sourceOf(index)}`);
}

/**
 * Throw unless a variable can be an index along an axis of a value of this shape.
 * @param {Builder} builder @param {Expr} tree @param {Expr} index @param {Node} node @param {Shape} shape @param {number} axis @param {Expr} [of]
 */
function checkLabel(builder, tree, index, node, shape, axis, of = tree.operands[0]) {
  const [classes, size] = [classesOf(builder, node.name), shape[axis]];
  if (classes === null) throw entryError(tree, `an index is a number or a class label, and ${sourceOf(index)} is neither`);
  if (classes !== size && isPlain(classes) && isPlain(size)) {
    const said = `${sourceOf(index)} is a label of ${classes} classes, but ${sourceOf(of)} ${has(shape, axis - shape.length)}`;
    throw entryError(tree, said);
  }
}

/** Whether a size is a number or a name: of one that is made of others, a run says whether it fits. @param {Dim} dim */
function isPlain(dim) {
  return typeof dim === "number" || /^[\w.]+$/.test(dim);
}
