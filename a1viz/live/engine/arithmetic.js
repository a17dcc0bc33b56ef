// Products, quotients and powers of sums of products: what each operator of arithmetic makes of them.

import { TABLES } from "./operators.js";
import { asFloat, denominator, isIntegral, plus, quotientOf } from "./rationals.js";
import { UNIT, ZERO, factorTerm, invertedTerm, isNormal, raisedTerm } from "./terms.js";

/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./terms.js").Sum} Sum */
/** @typedef {import("./rationals.js").Rational} Rational */
/** @typedef {import("./rebuilding.js").Rebuilder} Rebuilder */

/**
 * What each makes of its operands; null leaves the operator as it is.
 * @type {Map<string, (to: Rebuilder, node: Node, operands: Sum[]) => Sum | null>}
 */
export const ARITHMETIC = new Map(Object.entries({
  mul: productOf,
  div(to, node, [above, below]) {
    const divisor = below.length ? to.asProduct(below) : ZERO;
    const inverse = divisor.number ? invertedTerm(divisor) : ZERO;
    return inverse.number && isNormal(inverse.number) ? productOf(to, node, [above, [inverse]]) : null;
  },
  power(to, node, [base, power]) {
    const exponent = numberIn(power);
    return exponent === null || !base.length ? null : raisedSum(to, base, exponent, to.shapes(node)[0]);
  },
  sqrt: (to, node, [form]) => [factorTerm(to.rebuilt(form, node.shape), quotientOf(1n, 2n))],
  // the derivative of a power: b a^(b - 1)
  dpow(to, node, [base, power]) {
    const exponent = numberIn(power);
    if (exponent === null || !base.length) return null;
    const found = exponent ? raisedSum(to, base, plus(exponent, -1), node.shape) : [];
    return found && found.map((term) => term.times(exponent));
  },
  // what is passed on, or spread out: whoever takes a sum apart knows what shape it is to have
  identity: (to, node, [form]) => form,
  fill: (to, node, [form]) => form,
  ones: () => [UNIT],
}));

/** @param {Rebuilder} to @param {Node} node @param {Sum[]} operands @returns {Sum} */
function productOf(to, node, [a, b]) {
  const found = to.product(to.asProduct(a), to.asProduct(b));
  return found.number ? [found] : [];
}

/** The number that an exponent is. @param {Sum} form @returns {Rational | null} */
function numberIn(form) {
  if (!form.length) return 0;
  return form.length === 1 && form[0].isNumber ? form[0].number : null;
}

/**
 * To the power of a number: wholes are counted, halves are roots; others stay as they are, for x^0.3 x^0.7 is not x below 0.
 * @param {Rebuilder} to @param {Sum} form @param {Rational} exponent @param {Shape} shape @returns {Sum | null}
 */
function raisedSum(to, form, exponent, shape) {
  if (exponent === 0) return [UNIT];
  if (isIntegral(exponent) && Math.abs(asFloat(exponent)) <= TABLES.arithmetic.largest) {
    const base = to.asProduct(form);
    if (!base.number) return asFloat(exponent) > 0 ? [] : null;
    const power = raisedTerm(base, asFloat(exponent));
    if (isNormal(power.number)) return [power];
  }
  const name = to.rebuilt(form, shape);
  return [denominator(exponent) === 2n ? factorTerm(name, exponent) : factorTerm(to.make("power", [name, to.builder.constant(asFloat(exponent))]))];
}
