// What a piece of syntax stands for: a row of the operator table, its operands, and what it is given besides.

import { EquationError, counted } from "./base.js";
import { INFIX, TABLES, opOf } from "./operators.js";
import { ofKeyword } from "./suggestions.js";
import { errorAt, exprOf, sourceOf } from "./expressions.js";
import { attributeOfTree } from "./literals.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./operators.js").Op} Op */
/**
 * @typedef {object} Application A row of the table by name, or a sign that is another row for operands of other ranks.
 * @property {string} op
 * @property {Expr[]} operands
 * @property {Map<string, any>} attributes
 */

const { by_name: BY_NAME, joins: JOINS } = TABLES.reading.applications;
/** @type {Map<string, string>} what these are of two values */
const OF_TWO = new Map(Object.entries(TABLES.reading.applications.of_two));

/** @param {string} op @param {Expr[]} operands @param {Map<string, any>} [attributes] @returns {Application} */
export function applying(op, operands, attributes = new Map()) {
  return { op, operands, attributes };
}

/** What a sign or a call applies; `sizes` are the names of sizes. @param {Expr} node @param {Set<string>} sizes */
export function applicationOf(node, sizes) {
  const { kind, word } = node;
  if (kind !== "call") return applying((kind === "infix" && INFIX.get(word)) || (kind === "prefix" && word === "-" ? "neg" : word), node.operands);
  const row = opOf(word);
  if (!row.defaults.size && !node.named.length && node.operands.every((a) => a.kind !== "text")) return applying(word, node.operands);
  if (OF_TWO.has(word) && node.operands.length > 1) return ofTwo(node);
  if (JOINS.includes(word) && node.operands.length === 1 && node.operands[0].kind === "list") {
    throw errorAt(node, `${word} takes its values one by one, without a list: ${word}(a, b)`);
  }
  const call = word === "concatenate" && node.operands.length > 2 ? nestedCall(node) : node;
  const [operands, rest] = dividedOperands(call, row);
  const byPlace = [...row.defaults.keys()].filter((name) => !BY_NAME.includes(name));
  if (rest.length > byPlace.length) throw errorAt(call, tooMany(call, row, byPlace));
  /** @type {Map<string, any>} */
  const attributes = new Map();
  const given = [...rest.map((value, k) => /** @type {[string, Expr]} */ ([byPlace[k], value])), ...call.named];
  for (const [name, value] of given) {
    if (!row.defaults.has(name)) throw errorAt(call, `${word} takes no ${name}=; ${takesByName(row, name)}`);
    if (attributes.has(name)) throw errorAt(value, `${word} is given ${name} twice`);
    attributes.set(name, callAttribute(call, name, value, sizes));
  }
  return applying(row.name, operands, attributes);
}

/** max(a, b), which is another row than max(x). @param {Expr} call */
function ofTwo(call) {
  const { word, operands, named } = call;
  if (operands.length > 2 || named.length) {
    const given = operands.length > 2 ? `${operands.length} values` : `two and ${named[0][0]}=`;
    throw errorAt(call, `${word} is given one value, which it reduces, or two; got ${given}`);
  }
  return applying(OF_TWO.get(word) ?? "", operands);
}

/** A call of two values, the first a call of all but the last. @param {Expr} call */
function nestedCall({ word, operands, source, start, end, named }) {
  return operands.reduce((value, other) => exprOf("call", word, [value, other], source, start, end, { named }));
}

/** The operands of a call, and what else it is given by its place. @param {Expr} call @param {Op} row @returns {[Expr[], Expr[]]} */
function dividedOperands(call, row) {
  const texts = call.operands.filter((a) => a.kind === "text");
  const plain = call.operands.filter((a) => a.kind !== "text");
  if (row.isVariadic || !row.defaults.size) return [plain, texts];
  if (row.shape === "given") return [[], plain.length || row.output.length || !call.named.length ? [sizesOf(call, row, plain)] : texts];
  return [plain.slice(0, row.args.length), [...texts, ...plain.slice(row.args.length)]];
}

/** The sizes of what is made of sizes alone, as one list: ones(n, m), and eye(n), of as many columns as rows. @param {Expr} call @param {Op} row @param {Expr[]} given */
function sizesOf(call, row, given) {
  const axes = [...new Set(row.output)];
  const isList = given.length === 1 && given[0].kind === "list";
  if (isList && !axes.length) return given[0];
  if (!given.length || (axes.length && (isList || call.named.length || given.length !== axes.length))) {
    const takes = `${axes.length ? counted(axes.length, "sizes") : "sizes"}, as in ${call.word}(${axes.join(", ") || "n, m"})`;
    throw errorAt(call, `${call.word} takes ${takes}, got ${sourceOf(call)}`);
  }
  const sizes = axes.length ? row.output.map((axis) => given[axes.indexOf(axis)]) : given;
  return exprOf("list", "[,]", sizes, call.source, given[0].start, given[given.length - 1].end);
}

/** @param {Expr} call @param {string} name @param {Expr} value @param {Set<string>} sizes */
function callAttribute(call, name, value, sizes) {
  // of a padding that is said otherwise elsewhere, the row tells more
  const isTold = name === "padding" && ["same", "valid"].includes(value.word);
  if (value.kind === "text" && TABLES.sized.includes(name) && !isTold) {
    throw errorAt(value, `${name} of ${call.word} is made of numbers and names of sizes, without quotes, got ${sourceOf(value)}`);
  }
  try {
    return attributeOfTree(value, sizes);
  } catch (error) {
    throw error instanceof EquationError ? new EquationError(`${name} of ${call.word}: ${error.fact}`, error.line, error.column) : error;
  }
}

/** What a row is given by name. @param {Op} row @param {string} name */
function takesByName(row, name) {
  const names = [...row.defaults.keys()];
  if (row.args.includes(name)) return `it is given by its place: ${row.call}`;
  if (!names.length) return `it is given nothing by name: ${row.call}`;
  return `it takes ${names.filter((n) => n !== "inverse").join(", ")}${ofKeyword(name, names)}`;
}

/** @param {Expr} call @param {Op} row @param {string[]} byPlace */
function tooMany(call, row, byPlace) {
  const names = [...row.args, ...byPlace];
  const takes = `${call.word} takes ${counted(names.length, "arguments")}${byPlace.length ? `, ${names.join(" and ")}` : ""}`;
  if (call.operands.some((a) => a.kind === "text")) return `${takes} and no text in quotes`;
  const extra = call.operands[row.args.length];
  let hint = "";
  if (byPlace.length) hint = "; several numbers are one list, as in [2, 6]";
  else if (row.defaults.has("axis") && ["number", "prefix", "list"].includes(extra.kind)) hint = `; write axis=${sourceOf(extra)}`;
  return `${takes}, got ${call.operands.length}${hint}`;
}
