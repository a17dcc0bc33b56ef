// A printed operand in LaTeX: how strongly it binds, brackets that grow, fractions that lie flat inside others.

import { BINDING_OF, TABLES } from "./operators.js";
import { numberText } from "./printing.js";

// higher than a line of letters
const TALL = /\\(?:frac|sum|prod|begin)/;
const TRANSPOSE = "^{\\top}";
const BRACKET_PARTS = /(\{[^{}]*\}|\\mathrm|\\log|\\[a-z]*arrow)|(\\langle|[(\[])|(\\rangle|[)\]])|(\\\||\|)/g;
const PLACEHOLDER = /\{\{|\}\}|\{(\w+)(?::(\w+))?\}/g;
// begins with what reaches to the end
const LARGE = /^(?:(\\frac\{1\}\{[^{}]*\} )?\\(sum|prod)_|\\log )/;

/** An operand in LaTeX; `flat` is the same with a / b for fractions, where it has any. */
export class Maths {
  /** @param {string} text @param {number} [binding] @param {Maths | null} [flat] */
  constructor(text, binding = BINDING_OF.atom, flat = null) {
    this.text = text;
    this.binding = binding;
    this.flat = flat;
  }

  toString() {
    return this.text;
  }

  /** The operand where a template asks for it: in parentheses if it binds less than that. @param {string | number} place */
  as(place) {
    if (place === "T") return transposedLatex(this);
    if (place === "I") return invertedLatex(this);
    if (place === "F") return (this.flat ?? this).text;
    const isWeak = place === "H" ? this.binding < BINDING_OF.hadamard || this.binding === BINDING_OF.product : this.binding < Number(place);
    return isWeak ? parenthesised(this.text) : this.text;
  }

  /** @returns {Maths} */
  get lying() {
    return this.flat ?? this;
  }
}

/** A superscript is joined, W^(1) to W^(1)T; a second transpose undoes the first. @param {Maths} operand */
export function transposedLatex({ text, binding }) {
  if (binding !== BINDING_OF.superscript) return (binding === BINDING_OF.atom ? text : parenthesised(text)) + TRANSPOSE;
  const at = text.lastIndexOf("^{");
  const above = text.slice(at + 2, -1);
  const turned = above.endsWith("\\top") ? above.slice(0, -4) : `${above}\\top`;
  return text.slice(0, at) + (turned && `^{${turned}}`);
}

/** The inverse matrix; that of a transpose is one superscript. @param {Maths} operand */
function invertedLatex({ text, binding }) {
  if (binding === BINDING_OF.superscript && text.endsWith(TRANSPOSE)) return `${text.slice(0, -TRANSPOSE.length)}^{-\\top}`;
  return `${binding > BINDING_OF.superscript ? text : parenthesised(text)}^{-1}`;
}

/** @param {string} text */
export function parenthesised(text) {
  return TALL.test(text) ? `\\left(${text}\\right)` : `(${text})`;
}

/**
 * A template filled with operands; brackets of the template grow around what is tall.
 * @param {string} template @param {number} binding @param {Record<string, Maths | string>} operands by their names, or by their places
 */
export function composed(template, binding, operands) {
  const lying = Object.entries(operands).map(([name, value]) => [name, value instanceof Maths ? value.lying : value]);
  const isTall = Object.values(operands).some((value) => value instanceof Maths && value.flat);
  const flat = isTall ? new Maths(filledTemplate(template, Object.fromEntries(lying)), binding) : null;
  return new Maths(filledTemplate(template, operands), binding, flat);
}

/** @param {string} template @param {Record<string, any>} operands */
function filledTemplate(template, operands) {
  const fill = (/** @type {string} */ form) => form.replace(PLACEHOLDER, (found, name, place) => {
    if (!name) return found[0];
    return place ? operands[name].as(place) : String(operands[name]);
  });
  const text = fill(template);
  return TALL.test(text) ? fill(growing(template)) : text;
}

/** A template whose brackets grow. @param {string} template */
export function growing(template) {
  let isOpen = false;
  return template.replace(BRACKET_PARTS, (found, kept, opens, _, bar) => {
    if (kept) return found;
    if (bar) isOpen = !isOpen;
    return (opens || (bar && isOpen) ? "\\left" : "\\right") + found;
  });
}

/** A fraction; inside another one, or in an exponent, it is a / b. @param {Maths} top @param {Maths} below */
export function fractionLatex(top, below) {
  const flat = new Maths(`${top.lying.as(20)} / ${below.lying.as(25)}`, BINDING_OF.function);
  return new Maths(`\\frac{${top.as("F")}}{${below.as("F")}}`, BINDING_OF.fraction, flat);
}

/**
 * Two factors side by side, a number first without a space; a sum or a log that comes last reaches to the end.
 * @param {Maths} left @param {Maths} right
 */
export function productLatex(left, right) {
  const isLarge = LARGE.test(right.text) || (right.binding === BINDING_OF.function && right.text.startsWith("\\log"));
  const weakest = isLarge ? BINDING_OF.function : BINDING_OF.product;
  const isNumber = /^(?:\d+\.?\d*|\.\d+)$/.test(left.text) && !/^(\\[a-z]+\{)?\\mathrm/.test(right.text);
  const areSizes = [left, right].every((factor) => /^[A-Z]( [A-Z])*$/.test(factor.text));
  const sign = right.binding >= weakest && /^\d/.test(right.text) ? " \\cdot " : isNumber || areSizes ? " " : " \\, ";
  return composed(`{0:20}${sign}{1:${weakest}}`, weakest, { 0: left, 1: right });
}

/** An entry of what is printed. @param {Maths} operand @param {string} index */
export function withBelow({ text, binding }, index) {
  const isWhole = binding === BINDING_OF.atom && (text.endsWith(")") || !/[_^]\{/.test(text));
  return new Maths(`${isWhole ? text : parenthesised(text)}_{${index}}`);
}

/** @param {number} value */
export function numberLatex(value) {
  const { atom, power, product, sum } = BINDING_OF;
  if (value === Math.PI) return new Maths("\\pi");
  const [mantissa, exponent] = numberText(value).replace("inf", "\\infty").split("e");
  if (exponent === undefined) return new Maths(mantissa, value >= 0 ? atom : sum);
  const raised = `10^{${Number(exponent)}}`;
  if (mantissa === "1" || mantissa === "-1") return new Maths(mantissa.slice(0, -1) + raised, value >= 0 ? power : sum);
  return new Maths(`${mantissa} \\cdot ${raised}`, value >= 0 ? product : sum);
}

/** A number as an exponent: 3/2, not 1.5. @param {number} value */
export function exponentLatex(value) {
  const halves = Number.isInteger(2 * value) ? 2 : 4;
  const isFraction = Math.abs(value) < 100 && !Number.isInteger(value) && Number.isInteger(4 * value);
  return isFraction ? `${value * halves}/${halves}` : numberLatex(value).text;
}

/** Numbers as a column or a matrix; of more axes as nested lists. @param {any[]} value */
export function arrayLatex(value) {
  const isMatrix = Array.isArray(value[0]) && !value.some((row) => row.some(Array.isArray));
  if (!isMatrix && value.some(Array.isArray)) return new Maths(`\\mathrm{${numberText(value)}}`);
  const rows = value.map((row) => (isMatrix ? row : [row]).map((/** @type {number} */ x) => numberLatex(x).text).join(" & "));
  const inside = rows.join(" \\\\ ");
  const columns = rows.length ? rows[0].split("&").length : 0;
  if (columns > TABLES.notation.columns) return new Maths(`\\left[\\begin{array}{${"c".repeat(columns)}}${inside}\\end{array}\\right]`);
  return new Maths(`\\begin{bmatrix}${inside}\\end{bmatrix}`);
}
