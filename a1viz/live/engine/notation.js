// Graphs to LaTeX: symbols by the rules of the paper, equations by the templates of the operator table.
// `W1` prints as W^(1), `z1` as z_1, `y_prime` as y', `z1_bar` as z_1 with a bar; vectors are bold lower case, matrices bold upper case.

import { BINDING_OF, TABLES, opOf } from "./operators.js";
import { attributesOf, innerNodes, isDeclared, isLeaf } from "./nodes.js";
import { split } from "./formulas.js";
import { attributesText } from "./printing.js";
import { sizeLatex } from "./letters.js";
import { Maths, arrayLatex, composed, exponentLatex, fractionLatex, numberLatex, parenthesised, productLatex, withBelow } from "./maths.js";
import { symbol, symbolsOf } from "./symbols.js";
import { Writing, axesAlong, lettersOf } from "./indexing.js";
import { INDEXED, sizeMaths } from "./index_templates.js";
import { equationTerms, foldedTerms } from "./copies.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./operators.js").Op} Op */
/** @typedef {import("./symbols.js").Mark} Mark */
/** @typedef {import("./index_templates.js").LatexRule} LatexRule */

const ONES_ROW = "\\mathbf{1}^{\\top}";

/**
 * The right-hand side of a variable's equation in LaTeX; `inside` is the block instance it is read in.
 * @param {Graph} graph @param {string} name @param {string} [inside]
 */
export function expressionLatex(graph, name, inside = "") {
  return equationSides(graph, name, inside)[1];
}

/** A variable's whole equation in LaTeX; for a leaf, its symbol. @param {Graph} graph @param {string} name @param {string} [inside] */
export function equation(graph, name, inside = "") {
  const node = graph.node(name);
  if (isLeaf(node) && node.op !== "constant") return symbol(graph, name, "", inside).text;
  const [writing, right] = equationSides(graph, name, inside);
  const index = node.op === "einsum" ? split(attributesOf(node).get("formula"))[1] : "";
  return `${writing.symbol(name, index)} = ${right}`;
}

/** @param {Graph} graph @param {string} name @param {string} inside @returns {[Writing, string]} */
function equationSides(graph, name, inside) {
  const symbols = symbolsOf(graph);
  const nodes = innerNodes(graph, name);
  const read = nodes.flatMap((node) => node.inputs).filter((i) => isDeclared(/** @type {Node} */ (graph.byName.get(i))));
  const names = [...new Set([name, ...read])];
  const writing = new Writing(graph, symbols, symbols.marker(names, inside), applied);
  const right = writtenMaths(writing, nodes, name);
  const terms = names.filter((i) => i.includes(".")).length > 2 ? equationTerms(graph, name) : [];
  const folded = terms.length > 2 ? foldedTerms(writing, terms, (mark, top) => termLatex(graph, top, mark)) : null;
  return [writing, (folded ?? right).text];
}

/** A term of a sum, with other marks on its variables. @param {Graph} graph @param {string} name @param {Mark} mark */
function termLatex(graph, name, mark) {
  const writing = new Writing(graph, symbolsOf(graph), mark, applied);
  return isDeclared(writing.node(name)) ? writing.symbol(name) : writtenMaths(writing, innerNodes(graph, name), name);
}

/** @param {Writing} writing @param {Node[]} nodes @param {string} name @returns {Maths} */
function writtenMaths(writing, nodes, name) {
  for (const node of nodes) {
    const ranks = node.inputs.map((i) => writing.node(i).shape.length);
    const printed = isLeaf(node) ? leafLatex(writing, node, name) : applied(writing, node, node.inputs.map((i) => writing.operand(i)), ranks);
    writing.printed.set(node.name, printed);
  }
  return /** @type {Maths} */ (writing.printed.get(name));
}

/** @param {Writing} writing @param {Node} node @param {string} name */
function leafLatex(writing, node, name) {
  if (node.op === "size") return sizeMaths(sizeLatex(node.value));
  if (node.op === "constant" && node.shape.length) return arrayLatex(node.value);
  if (node.op === "constant" && (node.name === name || !isDeclared(node))) return numberLatex(node.value);
  return writing.symbol(node.name);
}

/**
 * One operator applied to printed operands of these ranks.
 * @param {Writing} writing @param {Node} node @param {Maths[]} operands @param {number[]} ranks
 */
export function applied(writing, node, operands, ranks) {
  const op = opOf(node.op);
  const isSpread = node.shape.length === 2 && op.isElementwise && ranks.some(Boolean);
  const given = isSpread ? operands.map((printed, k) => asColumn(writing, node.inputs[k], printed, node)) : operands;
  const ruled = LATEX_RULES.get(op.name)?.(writing, node, given, ranks);
  // what is not written binds as its operand does
  const found = ruled ?? (TABLES.notation.silent.includes(op.latex) ? given[0] : null);
  const attributes = !found && (op.defaults.size || op.name === "reshape_like") ? attributesLatex(writing, op, node) : { at: "", below: "" };
  const result = found ?? fromTemplate(op.latex, node, given, attributes);
  return result.text.length <= TABLES.notation.limit ? result : new Maths("\\dots");
}

/**
 * An operand; a vector that is spread over the columns of a matrix is not to be taken for one that is spread over its rows.
 * @param {Writing} writing @param {string} name @param {Maths} x @param {Node} user
 */
function asColumn(writing, name, x, user) {
  const { shape } = writing.node(name);
  const isSpread = shape.length === 2 && shape[1] === 1 && user.shape[1] !== 1 && isColumn(writing, name);
  return isSpread ? composed("{x:20} \\mathbf{{1}}^{{\\top}}", BINDING_OF.product, { x }) : x;
}

/** Whether it is printed as the vector that it is made of. @param {Writing} writing @param {string} name */
function isColumn(writing, name) {
  const seen = new Set([name]);
  for (const one of seen) {
    const node = writing.node(one);
    if (isDeclared(node)) continue;
    if (node.op === "expand") return true;
    if (["mul", "div", "neg"].includes(node.op)) node.inputs.forEach((i) => seen.add(i));
  }
  return false;
}

/** A row's template filled. @param {string} template @param {Node} node @param {Maths[]} operands @param {Record<string, string>} [attributes] */
export function fromTemplate(template, node, operands, attributes = { at: "", below: "" }) {
  const op = opOf(node.op);
  const named = op.isVariadic ? [[op.args[0], new Maths(operands.join(",\\, "))]] : op.args.map((name, k) => [name, operands[k]]);
  return composed(template, op.binding, { ...Object.fromEntries(named), ...attributes });
}

/**
 * What a template may name: each attribute as the language writes it, `at`, the axes by their letters, and `below`, all as one.
 * @param {Writing} writing @param {Op} op @param {Node} node
 */
function attributesLatex(writing, op, node) {
  const shapes = node.inputs.map((i) => writing.node(i).shape);
  /** @type {Record<string, string>} */
  const texts = Object.fromEntries([...attributesText(op, node.attrs, shapes)].map(([name, text]) => [name, String(text)]));
  // of a square matrix one
  const sizes = op.shape === "given" && op.output.length ? node.shape.slice(0, 1) : node.shape;
  texts.shape = sizes.map(sizeLatex).join(" \\times ");
  const rank = shapes.length ? shapes[0].length : 0;
  const axes = op.defaults.has("axis") && rank > 1 ? lettersOf(writing, axesAlong(node, rank)) : (texts.k ?? "");
  return { ...texts, at: axes && `_{${axes}}`, below: windowLatex(op, node) };
}

/**
 * The attributes of a convolution or of pooling under its sign: how large a window is, and what is not as usual.
 * @param {Op} op @param {Node} node
 */
function windowLatex(op, node) {
  const said = node.attrs.map(([name, value]) => {
    const sizes = Array.isArray(value) ? value : Array(name === "size" ? op.output.length : 1).fill(value);
    const text = sizes.map((size) => (typeof size === "string" ? sizeLatex(size) : String(size))).join(" \\times ");
    return name === "size" ? text : `\\mathrm{${name}}\\,${text}`;
  });
  return said.length ? `_{${said.join(",\\ ")}}` : "";
}

// rules that a template cannot say

/** @param {Writing} writing @param {Node} node @param {Maths} left @param {Maths} right @param {number[]} ranks */
function timesLatex(writing, node, left, right, ranks) {
  if (!ranks.every(Boolean)) return productLatex(left, right);
  const [a, b] = node.inputs.map((i) => writing.node(i));
  // the sum of a whole vector, with its axis kept, is printed as a scalar
  if (b?.op === "sum" && !isDeclared(b) && b.shape.length === 1 && b.shape[0] === 1) return productLatex(right, left);
  const isRow = left.text.endsWith(ONES_ROW);
  if (b?.op === "ones" && isRow) return left;
  const first = isScaled(writing, a) && !isRow ? "20" : "H";
  if (right.text.startsWith("\\log ")) return composed(`{a:${first}} \\circ {b:18}`, BINDING_OF.function, { a: left, b: right });
  return composed(`{a:${first}} \\circ {b:H}`, BINDING_OF.hadamard, { a: left, b: right });
}

/** What an operand is the negative of; the sign can stand in front of the whole. @param {Writing} writing @param {string} name */
function negatedIn(writing, name) {
  const node = writing.node(name);
  return node?.op === "neg" && !isDeclared(node) ? writing.node(node.inputs[0]) : null;
}

/** @param {Maths} printed @param {number} binding */
function unsigned(printed, binding) {
  return new Maths(printed.text.slice(1), binding, printed.flat && new Maths(printed.flat.text.slice(1), binding));
}

/**
 * Whether it is printed as scalars times one factor: 2 a x, beside which a product entry by entry needs no brackets.
 * @param {Writing} writing @param {Node} node
 */
function isScaled(writing, node) {
  if (isDeclared(node) || node.op !== "mul") return false;
  const [scalar, other] = node.inputs.map((i) => writing.node(i)).sort((a, b) => a.shape.length - b.shape.length);
  return !scalar.shape.length && writing.operand(other.name).binding > BINDING_OF.product;
}

/** The row that the product of a matrix and a vector is when turned: (W x)^T is x^T W^T. @param {Writing} writing @param {string} name */
function turnedRow(writing, name) {
  const node = writing.node(name);
  const ranks = node.inputs.map((i) => writing.node(i).shape.length).join();
  if (isDeclared(node) || ranks !== { matvec: "2,1", vecmat: "1,2" }[node.op]) return null;
  const [a, b] = node.inputs.map((i) => writing.operand(i));
  return composed(node.op === "matvec" ? "{b:T} \\, {a:T}" : "{a:T} \\, {b:20}", BINDING_OF.product, { a, b });
}

/** @param {Maths} x @param {number} power @param {number} rank one over each entry of a matrix is not the inverse matrix */
function raisedLatex(x, power, rank) {
  if (power === 0.5) return composed("\\sqrt{{{x}}}", BINDING_OF.atom, { x });
  return composed("{x:36}^{{{above}}}", BINDING_OF.power, { x, above: power === -1 && rank > 1 ? "\\circ -1" : exponentLatex(power) });
}

/** The number that an exponent is, or null. @param {Writing} writing @param {Node} node @returns {number | null} */
function powerOf(writing, node) {
  const above = node.inputs.length ? writing.node(node.inputs[1]) : null;
  return above?.op === "constant" && !isDeclared(above) && !above.shape.length ? above.value : null;
}

/** @type {LatexRule} */
function quotientLatex(writing, node, [a, b]) {
  if (!negatedIn(writing, node.inputs[0])) return fractionLatex(a, b);
  return composed("-{x:18}", BINDING_OF.sum, { x: fractionLatex(unsigned(a, BINDING_OF.product), b) });
}

/** @param {Writing} writing @param {string} name @param {Maths} printed @param {string} index */
function factorLatex(writing, name, printed, index) {
  const node = writing.node(name);
  if (isDeclared(node) || !index) return (index ? writing.symbol(name, index) : printed).as(20);
  return node.op === "eye" ? `\\delta_{${index}}` : node.op === "ones" ? "" : withBelow(printed, index).text;
}

/** @type {Map<string, LatexRule>} */
const LATEX_RULES = new Map([...INDEXED, ...Object.entries({
  /** @type {LatexRule} */
  identity: (_, node, [x]) => x,
  /** @type {LatexRule} */
  mul(writing, node, [a, b], ranks) {
    const negated = negatedIn(writing, node.inputs[0]);
    if (!negated || !(isDeclared(negated) || negated.op === "power")) return timesLatex(writing, node, a, b, ranks);
    const x = timesLatex(writing, node, unsigned(a, isDeclared(negated) ? BINDING_OF.atom : BINDING_OF.power), b, ranks);
    return composed("-{x:18}", BINDING_OF.sum, { x });
  },
  div: quotientLatex,
  xdivy: quotientLatex,
  /** @type {LatexRule} roots, and exponents that are fractions */
  power(writing, node, [x], [rank]) {
    const power = powerOf(writing, node);
    return power === null ? null : raisedLatex(x, power, rank);
  },
  /** @type {LatexRule} the derivative of a power with a number above: 3 x^2 */
  dpow(writing, node, [x, b], [rank]) {
    const power = powerOf(writing, node);
    if (power === null || power === 1) return null;
    return productLatex(b, power === 2 ? x : raisedLatex(x, power - 1, rank));
  },
  /** @type {LatexRule} */
  inner(writing, node, [a, b], ranks) {
    if (ranks[0] === 0 && ranks[1] === 0) return productLatex(a, b);
    if (ranks[0] !== 1 || ranks[1] !== 1) return null;
    const turned = turnedRow(writing, node.inputs[0]);
    return composed(turned ? "{a} \\, {b:20}" : "{a:T} \\, {b:20}", BINDING_OF.product, { a: turned ?? a, b });
  },
  /** @type {LatexRule} */
  outer(writing, node, [a], ranks) {
    const row = ranks[0] === 1 && ranks[1] === 1 ? turnedRow(writing, node.inputs[1]) : null;
    return row && composed("{a:20} \\, {row}", BINDING_OF.product, { a, row });
  },
  /** @type {LatexRule} entry by entry: \sum_j A_ij B_jk; an entry of the identity matrix is a delta, one of ones is left out */
  einsum(writing, node, operands) {
    const [letters, result] = split(attributesOf(node).get("formula"));
    const factors = node.inputs.map((name, k) => factorLatex(writing, name, operands[k], letters[k])).filter((x) => x && x !== "1");
    const over = [...new Set(letters.join(""))].filter((letter) => !result.includes(letter)).join("");
    const text = factors.join(" \\, ") || "1";
    const found = over ? new Maths(`\\sum_{${over}} ${text}`, BINDING_OF.sum) : new Maths(text, BINDING_OF.product);
    // part of a whole array
    return result && !isDeclared(node) ? new Maths(`${parenthesised(found.text)}_{${result}}`) : found;
  },
})]);

/** Where a value lives: R^D, R^(H x D), R; a class label in Z_N, T of them in Z_N^T. @param {Node} node */
export function shapeLatex(node) {
  const numbers = node.op === "label" ? `\\mathbb{Z}_{${sizeLatex(node.value)}}` : "\\mathbb{R}";
  return numbers + (node.shape.length ? `^{${node.shape.map(sizeLatex).join(" \\times ")}}` : "");
}
