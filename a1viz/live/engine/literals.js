// What a tree is without a graph: attributes made of numbers and names of sizes, and constants made of numbers. Nothing here recurses.

import { ShapeError, didYouMean, isSame, isWhole } from "./base.js";
import { LIMITS } from "./operators.js";
import { added, divided, multiplied } from "./sizes.js";
import { LITERALS, errorAt, sourceOf } from "./expressions.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {[any, Shape]} Constant a number, or nested lists of numbers; and their shape */

/** Unless a variable has that name. */
export const CONSTANTS = new Map([["inf", Infinity], ["pi", Math.PI]]);

/** What a tree comes to: the value of each part from those of its operands, innermost first. @template T @param {Expr} root @param {(node: Expr, operands: T[]) => T} valueOf @returns {T} */
export function foldedTree(root, valueOf) {
  /** @type {Map<Expr, T>} */
  const done = new Map();
  /** @type {[Expr, boolean][]} */
  const waiting = [[root, false]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, ready] = next;
    if (ready || !node.operands.length) done.set(node, valueOf(node, node.operands.map((operand) => /** @type {T} */ (done.get(operand)))));
    else {
      waiting.push([node, true]);
      for (let k = node.operands.length - 1; k >= 0; k -= 1) waiting.push([node.operands[k], false]);
    }
  }
  return /** @type {T} */ (done.get(root));
}

/** An attribute: a number, the name of a size, what + - * // makes of them, a list, a text, true, false or null. @param {Expr} root @param {Set<string>} sizes @returns {any} */
export function attributeOfTree(root, sizes) {
  return unboxed(boxedAttribute(root, sizes));
}

/** The same, where a number that is no whole one is in a box. @param {Expr} root @param {Set<string>} sizes @returns {any} */
function boxedAttribute(root, sizes) {
  return foldedTree(root, (node, operands) => {
    try {
      return readAttribute(node, operands, sizes);
    } catch (error) {
      throw error instanceof ShapeError ? errorAt(node, error.message) : error;
    }
  });
}

/** @param {any} value */
const unboxed = (value) => value?.float ?? value;

/** @param {Expr} node @param {any[]} operands @param {Set<string>} sizes @returns {any} */
function readAttribute(node, operands, sizes) {
  const { kind, word } = node;
  if (kind === "number") return isWhole(node.number) ? node.number : { float: node.number };
  if (kind === "list") return operands.map(unboxed);
  if (kind === "text") return word;
  if (kind === "literal") return LITERALS.get(word);
  if (kind === "name" && sizes.has(word)) return word;
  if (kind === "name") throw errorAt(node, `${word} is neither a number nor the name of a size${didYouMean(word, sizes)}`);
  if (kind === "prefix" && operands[0]?.float !== undefined) return word === "-" ? { float: -operands[0].float } : operands[0];
  if ((kind !== "prefix" && kind !== "infix") || !["+", "-", "*", "//"].includes(word) || !operands.every(isSize)) {
    const hint = word === "/" ? `; write ${sourceOf(node.operands[0])} // ${sourceOf(node.operands[1])}` : "";
    throw errorAt(node, `${sourceOf(node)} is not made of whole numbers and names of sizes by + - * //${hint}`);
  }
  const [a, b] = operands;
  if (kind === "prefix") return multiplied(word === "-" ? -1 : 1, a);
  if (word === "*") return multiplied(a, b);
  return word === "//" ? divided(a, b) : added(a, b, word === "+" ? 1 : -1);
}

/** @param {any} value */
function isSize(value) {
  return typeof value === "string" || Number.isInteger(value);
}

/** The size that an expression is. @param {Expr} root @param {Set<string>} sizes @returns {Dim} */
export function sizeOfTree(root, sizes) {
  const found = boxedAttribute(root, sizes);
  if (isSize(found) && root.kind !== "text") return found;
  throw errorAt(root, `${sourceOf(root)} is not a size: a whole number, a name of one, or + - * // of them`);
}

/** A list as numbers, with its shape. @param {Expr} root @param {(name: string) => boolean} isVariable @returns {Constant} */
export function constantOf(root, isVariable) {
  return foldedTree(root, (/** @type {Expr} */ node, /** @type {Constant[]} */ operands) => readConstant(node, operands, isVariable));
}

/** @param {Expr} node @param {Constant[]} operands @param {(name: string) => boolean} isVariable @returns {Constant} */
function readConstant(node, operands, isVariable) {
  const { kind, word } = node;
  const values = operands.map(([value]) => value);
  if (kind === "list") return [values, listShape(node, operands.map(([, shape]) => shape))];
  if (kind === "number") return [node.number, []];
  if (kind === "name" && CONSTANTS.has(word) && !isVariable(word)) return [CONSTANTS.get(word), []];
  if ((kind !== "prefix" && kind !== "infix") || !["+", "-", "*", "/", "**"].includes(word) || operands.some(([, shape]) => shape.length)) {
    throw errorAt(node, `a list holds numbers, as in [1, 2, 3], and ${sourceOf(node)} is none${kind === "list" ? "" : "; stack(a, b) makes a vector of scalars"}`);
  }
  const found = values.length === 2 ? computedNumber(word, values[0], values[1]) : word === "-" ? -values[0] : values[0];
  if (found === null) throw errorAt(node, `${sourceOf(node)} is not a number`);
  return [found, []];
}

/** What Python makes of two numbers; null where that is none. @param {string} sign @param {number} a @param {number} b */
function computedNumber(sign, a, b) {
  if (sign === "+") return a + b;
  if (sign === "-") return a - b;
  if (sign === "*") return a * b;
  if (sign === "/") return b === 0 ? null : a / b;
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  const found = a ** b;
  const isNone = Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(found);
  return isNone ? null : found;
}

/** The shape of a list of values of these shapes, which must be one. @param {Expr} node @param {Shape[]} shapes @returns {Shape} */
function listShape(node, shapes) {
  const [first = []] = shapes;
  const different = shapes.find((shape) => !isSame(shape, first));
  if (different) {
    const kinds = [first, different].map((shape) => (shape.length ? `a list ${shape.length > 1 ? "of lists" : `of ${shape[0]}`}` : "a number"));
    throw errorAt(node, `${sourceOf(node)}: a list holds numbers, or lists of one length, got ${kinds.join(" and ")}`);
  }
  if (first.length >= LIMITS.AXES) throw errorAt(node, `lists are nested more than ${LIMITS.AXES} deep; a value has at most ${LIMITS.AXES} axes`);
  return [shapes.length, ...first];
}
