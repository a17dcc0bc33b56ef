// The derivative rules of einsum, which follow from its indices: what pulls a cotangent back, or pushes a tangent, is an einsum again.
// An operand's cotangent has the operand's letters: the others and `bar` are multiplied and summed over all else. A letter that only this
// operand has was summed over, or nothing: each of its entries counts once, times one. A letter that stands twice in it, as in a trace, is
// two letters in the cotangent, which is 0 where they differ: times the identity matrix.

import { attributesOf } from "./nodes.js";
import { split } from "./formulas.js";

/** @typedef {import("./trees.js").Tree} Tree */

const NEW_LETTERS = "ijklmnabcdefghopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * The einsum that pulls `bar` back to operand k: its formula, and its operands by their positions in the node, `bar`, or made for letters:
 * `ones ij`, `eye ik`.
 * @param {string} formula @param {number} k @returns {[string, string[]]}
 */
export function pulledBack(formula, k) {
  const [letters, result] = split(formula);
  const parts = letters.map((own, j) => (j === k ? [result, "bar"] : [own, `x${j}`]));
  const unused = [...NEW_LETTERS].filter((letter) => !formula.includes(letter));
  const twins = [];
  let target = "";
  for (const letter of letters[k]) {
    const next = target.includes(letter) ? /** @type {string} */ (unused.shift()) : letter;
    target += next;
    if (next !== letter) twins.push(letter + next);
  }
  const others = [...twins, ...parts.map(([own]) => own)];
  const alone = [...new Set(letters[k])].filter((letter) => !others.some((own) => own.includes(letter))).join("");
  if (alone) parts.push([alone, `ones ${alone}`]);
  for (const pair of twins) parts.push([pair, `eye ${pair}`]);
  return [`${parts.map(([own]) => own).join()}->${target}`, parts.map(([, operand]) => operand)];
}

/**
 * The rule that pulls `bar` back to operand k, of this shape; the operands are x0, x1, ...
 * @param {import("./nodes.js").Node} node @param {number} k @param {import("./nodes.js").Shape} shape @returns {Tree}
 */
export function pullback(node, k, shape) {
  const given = attributesOf(node).get("formula");
  const [formula, operands] = pulledBack(given, k);
  const own = split(given)[0][k];
  const made = operands.map((operand) => {
    const [op, letters] = operand.split(" ");
    if (!letters) return operand;
    const sizes = [...letters].filter((letter) => own.includes(letter)).map((letter) => shape[own.lastIndexOf(letter)]);
    return { op, operands: [], attrs: /** @type {[string, any][]} */ ([["shape", op === "eye" ? [...sizes, ...sizes] : sizes]]) };
  });
  return { op: "einsum", operands: made, attrs: [["formula", formula]] };
}
