// Long equations are broken before a + or - of the outermost sum, where the printed line would be wider than a page's column.

import { TABLES } from "./operators.js";

const LATEX_TOKEN = /\\left|\\right|\\begin|\\end|\\[A-Za-z]+|\\.|[{}()[\]]| |[^\\{}()[\] ]/gu;
/** @type {Set<string>} */
const SILENT_TOKENS = new Set(TABLES.line_breaks.silent);
/** @type {Set<string>} */
const WORD_TOKENS = new Set(TABLES.line_breaks.words);
const LATEX_BRACKET = /[{}()[\]+-]|\\begin|\\end|\\?\|/g;
// after these a + or - is a sign of what follows
const BEFORE_A_SIGN = ["=", "+", "-", "\\,", "\\circ", "\\cdot"];
const SHORT_LATEX = /\\(?:left|right|mathbf|mathrm|boldsymbol|mathbb|bar|hat|tilde|overline|text|quad|,)|[{}_^ ]|(\\)[a-z]+/g;

/** About how many letters wide a formula is printed: of a fraction its wider half, an index less than a letter. @param {string} latex */
export function widthOf(latex) {
  return groupWidth(latex.match(LATEX_TOKEN) ?? [], 0)[0];
}

/** The width of a group, and where it ends. @param {string[]} tokens @param {number} at @returns {[number, number]} */
function groupWidth(tokens, at) {
  let total = 0;
  let inside = 0;
  while (at < tokens.length && tokens[at] !== "}") {
    const token = tokens[at];
    at += 1;
    if (token === "\\frac") {
      [inside, at] = groupWidth(tokens, at + 1);
      const top = inside;
      [inside, at] = groupWidth(tokens, at + 1);
      total += Math.max(top, inside);
    } else if (token === "_" || token === "^") {
      [inside, at] = tokens[at] === "{" ? groupWidth(tokens, at + 1) : [1, at + 1];
      total += 0.6 * inside;
    } else if (token === "{") {
      [inside, at] = groupWidth(tokens, at);
      total += inside;
    } else if (token.startsWith("\\") && !SILENT_TOKENS.has(token)) total += WORD_TOKENS.has(token) ? 3 : 1;
    else if (!SILENT_TOKENS.has(token) && !" &".includes(token)) total += "+-=<>".includes(token) ? 3 : 1;
  }
  return [total, at + 1];
}

/**
 * The lines of an equation, the first with its left side: as many terms on each as fit, at least one.
 * @param {string} latex @param {number} [column]
 */
export function brokenLines(latex, column = TABLES.line_breaks.column) {
  // never less than the width
  const most = [...latex.replace(SHORT_LATEX, (_, sign) => sign ?? "")].length + 2 * (latex.match(/[-+=<>]|\\/g) ?? []).length;
  if (most <= column) return [latex];
  const [first, ...terms] = termsIn(latex);
  const lines = [first];
  let width = widthOf(first);
  for (const term of terms) {
    const more = widthOf(term);
    if (width + more > column && lines[lines.length - 1].trim()) {
      lines.push(term);
      width = more + 2;
    } else {
      lines[lines.length - 1] += ` ${term}`;
      width += more;
    }
  }
  return lines;
}

/** The equation cut before each + and - that stands outside all brackets and after a term. @param {string} latex */
function termsIn(latex) {
  const cuts = [0];
  let depth = 0;
  let inBars = false;
  for (const { 0: token, index = 0 } of latex.matchAll(LATEX_BRACKET)) {
    if (["{", "(", "[", "\\begin"].includes(token)) depth += 1;
    else if (["}", ")", "]", "\\end"].includes(token)) depth -= 1;
    else if (token.endsWith("|")) inBars = !inBars;
    else if (!depth && !inBars) {
      const before = latex.slice(0, index).trimEnd();
      if (before && !BEFORE_A_SIGN.some((sign) => before.endsWith(sign))) cuts.push(index);
    }
  }
  return cuts.map((start, k) => latex.slice(start, cuts[k + 1]).trim());
}

/** A line of an `aligned`, or several: aligned at its sign, what goes on further in. @param {string} latex @param {string} [sign] */
export function aligned(latex, sign = " = ") {
  const [first, ...rest] = brokenLines(latex);
  return [first.replace(new RegExp(` (${sign.trim()}|\\\\quad) `), " &$1 "), ...rest.map((line) => `&\\quad ${line}`)].join(" \\\\\n");
}
