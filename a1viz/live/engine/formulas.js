// Formulas of einsum, "ij,jk->ik": letters name the axes of the operands and of the result, which is the sum over all other letters.

import { ShapeError, counted, shown } from "./base.js";
import { LIMITS } from "./operators.js";
import { appliedText } from "./printing.js";
import { described } from "./shapes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./operators.js").Op} Op */

const FORMULA_EXAMPLE = 'such as "ij,jk->ik"';

/** The letters of each operand, and those of the result. @param {string} formula @returns {[string[], string]} */
export function split(formula) {
  const [operands, result = ""] = formula.split("->");
  return [operands.split(","), result];
}

/** A formula without spaces, if it is one for so many operands. @param {any} value @param {number} operands @returns {string} */
export function checkedFormula(value, operands) {
  const fail = (/** @type {string} */ fact) => {
    throw new ShapeError(fact);
  };
  if (typeof value !== "string") fail(`the formula is a text ${FORMULA_EXAMPLE}, got ${shown(value)}`);
  const formula = value.replace(/\s+/g, "");
  if (formula.includes(".")) fail(`${shown(value)}: write a letter for every axis instead of ...; the batch has none`);
  if (!formula.includes("->")) fail(`${shown(value)}: write the result out, ${FORMULA_EXAMPLE}`);
  if (!/^[A-Za-z]*(,[A-Za-z]*)*->[A-Za-z]*$/.test(formula)) {
    fail(`${shown(value)} is not a formula; it has letters for the axes, commas between operands and one arrow, ${FORMULA_EXAMPLE}`);
  }
  const [names, result] = split(formula);
  const { FORMULA_OPERANDS: mostOperands, FORMULA_LETTERS: mostLetters } = LIMITS;
  if (names.length !== operands) fail(`${shown(value)} is for ${counted(names.length, "operands")}, got ${operands}`);
  if (operands > mostOperands) fail(`a formula has at most ${mostOperands} operands, got ${operands}; write it as several`);
  const letters = new Set(names.join(""));
  if (letters.size > mostLetters) fail(`a formula has at most ${mostLetters} letters, got ${letters.size}`);
  for (const letter of result) {
    if (result.split(letter).length > 2) fail(`${shown(value)}: the result names ${letter} twice`);
    if (!letters.has(letter)) fail(`${shown(value)}: no operand has the letter ${letter} of the result`);
  }
  return formula;
}

/**
 * The size of each letter; an operand of other axes is refused, and a letter of two sizes.
 * @param {Op} op @param {string} formula @param {Shape[]} shapes @param {() => string[]} labels @returns {Map<string, Dim>}
 */
export function letterSizes(op, formula, shapes, labels) {
  /** @type {Map<string, Dim>} */
  const sizes = new Map();
  // the operand that a letter's size is from
  /** @type {Map<string, number>} */
  const first = new Map();
  const fail = (/** @type {string} */ problem) => {
    throw new ShapeError(`${appliedText(op, labels(), new Map([["formula", `"${formula}"`]]))}: ${problem}`);
  };
  split(formula)[0].forEach((letters, k) => {
    const shape = shapes[k];
    if (letters.length !== shape.length) fail(`"${letters}" names ${counted(letters.length, "axes")}, but ${labels()[k]} is ${described(shape)}`);
    [...letters].forEach((letter, axis) => {
      const size = shape[axis];
      if (!sizes.has(letter)) {
        sizes.set(letter, size);
        first.set(letter, k);
      } else if (sizes.get(letter) !== size) {
        const [one, other] = [/** @type {number} */ (first.get(letter)), k].map((i) => `in ${labels()[i]}, ${described(shapes[i])}`);
        fail(`${letter} is ${sizes.get(letter)} ${one}, but ${size} ${other}`);
      }
    });
  });
  return sizes;
}

/**
 * The axes that the signature names, or a formula, of each operand.
 * @param {Op} op @param {Map<string, any>} attributes @returns {Iterable<string>[]}
 */
export function namedAxes(op, attributes) {
  return op.indexed ? split(attributes.get("formula"))[0] : op.inputs;
}
