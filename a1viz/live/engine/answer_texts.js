// Sizes and numbers as paper and speech write them, in the signs of the language: ℝ^{n×d}, a 5 by 5 matrix, 9·30/40 = 6.75.

import { A1vizError } from "./base.js";
import { parse } from "./equations.js";
import { run } from "./interpreter.js";

export const DECIMAL_NUMBER = /^[-+]?(\d+\.?(\d*)|\.(\d+))(?:e([-+]?\d{1,3}))?$/i;
export const SPACE_OF_ARRAYS = /^\s*(?:ℝ|R|\\mathbb\s*\{?\s*R\s*\}?)\s*\^/;
const WORDS_OF_SHAPES = /\b(?:matrix|vector|array|of|with|length|size|shape|entries|numbers|rows|columns)\b/gi;
const FRACTION = /(\d*)\s*([\u00bc-\u00be\u2150-\u215e])/g;
const POWER = /[⁰¹²³⁴-⁹⁻]+/g;
/** @type {[RegExp, string][]} */
const SIGNS_OF_NUMBERS = [
  [/[−–]/g, "-"], [/[·⋅×]/g, "*"], [/÷/g, "/"], [/\^/g, "**"],
  [/(?<=[\d)])\s*x\s*(?=[\d(])/g, "*"], [/\)\s*\(/g, ") * ("], [/(?<![\w.])(\d+\.?\d*)\s*\(/g, "$1 * ("],
];
const CALLED_WITHOUT_PARENTHESES = /\b(?:ln|log|exp|sqrt|sin|cos|tan|tanh)\b/i;
const THOUSANDS = /^(\s*-?[1-9]\d{0,2})((?:,\d{3})+)(?=\.\d|\s*$)/;

/** Sizes, and what may divide them: commas, spaces, brackets. @param {string} answer */
export function plainShape(answer) {
  const sizes = answer.replace(/^[^=]*=/, "").replace(SPACE_OF_ARRAYS, "").replace(/\.\s*$/, "").replace(/-(?=by\b|vector\b|entr)|(?<=\bby)-/g, " ");
  const bare = sizes.replace(/\b(scalar|a? ?(single )?number)\b/i, "").replace(/^\s*an?\s+(?=.*(?:matrix|vector|array))/i, "").replace(WORDS_OF_SHAPES, " ");
  return bare.replace(/\b(?:and|by)\b|\\times\b|(?<=[\w)\s])[x×*✕](?=[\s\d(A-Z])|(?<=\d)X(?=\d)/g, ",");
}

/** A logarithm as the language writes it: log(2) for ln 2, ln(2) and log 2; but ln 1/2 may be meant in two ways. @param {string} text */
const withLogarithms = (text) => text.replace(/\b(?:ln\s*|log\s+)(\d+\.?\d*)(?![\w./])/g, "log($1)").replace(/\bln\b/g, "log").replace(/(\d)\s*(?=log\()/g, "$1 * ");

/** A number as it is written, a fraction too. @param {string} text @returns {number | undefined} */
export function typedConstant(text) {
  if (text.length > 100) return undefined;
  const simple = (/** @type {string} */ sign) => sign.normalize("NFKC").replace("\u2044", "/").replace("\u2212", "-");
  let plain = text.trim().replace(FRACTION, (_, whole, part) => (whole ? `(${whole} + ${simple(part)})` : `(${simple(part)})`));
  plain = plain.replace(POWER, (digits) => `**(${simple(digits)})`);
  for (const [sign, word] of SIGNS_OF_NUMBERS) plain = plain.replace(sign, word);
  if (DECIMAL_NUMBER.test(plain)) return Number.isFinite(Number(plain)) ? Number(plain) : undefined;
  if (!plain) return undefined;
  try {
    const [value] = run(parse(`answer = ${withLogarithms(plain)}`)).values();
    return value.shape.length || !Number.isFinite(value.data[0]) ? undefined : value.data[0];
  } catch (error) {
    if (!(error instanceof A1vizError)) throw error;
    return undefined;
  }
}

/** The steps of a calculation, which equals signs divide; a comma may divide thousands. @param {string} text @returns {string[]} */
export function calculation(text) {
  const steps = text.split(/(?<![=<>!≤≥])=(?!=)|≈/);
  return steps.map((step) => step.replace(THOUSANDS, (_, front, rest) => front + rest.replaceAll(",", "")).trim());
}

/** The words before or behind a number, as in 36 multiplications or 6u; nothing where there is none. @param {string} text */
export function wordBeside(text) {
  const [, front = "", number = "", back = ""] = text.trim().match(/^((?:[a-z]+\s+)*)(\S*\d\S*?)((?:\s+[a-z]+)*|(?!(?:pi|e)$)[a-z]+)$/i) ?? [];
  const words = `${front} ${back}`.trim().replace(/\s+/g, " ");
  return typedConstant(number) === undefined || CALLED_WITHOUT_PARENTHESES.test(words) ? "" : words;
}
