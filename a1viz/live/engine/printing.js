// An application as text in the equation language, with as few parentheses as can be; what the parser reads back.

import { reprFloat } from "./base.js";
import { BINDING_OF, LAST, TABLES, opOf } from "./operators.js";
import { added } from "./sizes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./operators.js").Op} Op */

/** A printed operand that puts itself in parentheses where a template `{x:20}` asks for a stronger one. */
export class PrintedOperand {
  /** @param {string} text @param {number} [binding] */
  constructor(text, binding = BINDING_OF.atom) {
    this.text = text;
    this.binding = binding;
  }

  toString() {
    return this.text;
  }

  /** @param {number} binding */
  within(binding) {
    return this.binding < binding ? `(${this.text})` : this.text;
  }
}

/**
 * An application in the equation language; `attributes` as texts, if it is to be read back.
 * @param {Op} op @param {(string | PrintedOperand)[]} operands @param {Map<string, string | PrintedOperand> | null} [attributes]
 */
export function appliedText(op, operands, attributes = null) {
  const said = attributes ?? new Map();
  const isIn = (/** @type {string} */ name) => name === "at" || op.text.includes(`{${name}}`);
  const isSign = op.text && operands.length === op.args.length && [...said.keys()].every(isIn);
  if (isSign && (!TABLES.entries.includes(op.name) || said.has("at") || (!attributes && op.name !== "pick"))) {
    const parts = new Map([...op.args.map((name, k) => /** @type {[string, any]} */ ([name, operands[k]])), ["at", ""], ...said]);
    return op.text.replace(/\{(\w+)(?::(\d+))?\}/g, (_, name, binding = 0) => {
      const part = parts.get(name) ?? "";
      return part instanceof PrintedOperand ? part.within(Number(binding)) : part;
    });
  }
  const isNeeded = (/** @type {string} */ name) => op.defaults.has(name) && op.defaults.get(name) === undefined;
  const isByPlace = (/** @type {string} */ name) => name === "axes" || (name !== "axis" && isNeeded(name));
  const given = [...said].map(([name, value]) => (isByPlace(name) ? `${value}` : `${name}=${value}`));
  // the formula comes first
  return `${op.name}(${(op.indexed ? [...given, ...operands] : [...operands, ...given]).join(", ")})`;
}

/**
 * The attributes of an application as the language writes them: axes counted from 0; what has its default is left out.
 * An entry that is written with brackets has "at", what stands before the index in them; `byNumber` says that the index is a number.
 * @param {Op} op @param {Iterable<[string, any]>} attrs @param {Dim[][]} shapes @param {boolean} [byNumber]
 * @returns {Map<string, string | PrintedOperand>}
 */
export function attributesText(op, attrs, shapes, byNumber = false) {
  let rank = shapes.length ? shapes[["scattered", "axes_back"].includes(op.shape) ? shapes.length - 1 : 0].length : 0;
  // of a vector with one label, e[t] is pick
  if (op.name === "take") return new Map(!byNumber && (rank > 1 || shapes[1].length) ? [["at", ""]] : []);
  if (!op.defaults.size) return new Map();
  const found = new Map(attrs);
  rank += op.shape === "expanded" ? found.get("axis").length : Number(op.shape === "stacked");
  const usual = op.defaults.get("axis");
  if (typeof usual === "number") {
    const axis = found.get("axis") ?? LAST;
    found.set("axis", axis);
    if (op.name === "pick" && !shapes[1].length && (byNumber || rank === 1 || axis + rank > 0)) return new Map([["at", ":, ".repeat(axis + rank)]]);
    if (axis === (usual < 0 ? usual : usual - rank)) found.delete("axis");
  }
  if (op.shape === "given") {
    // the sizes one by one, an axis that the signature names twice once
    const sizes = op.output.length ? new Map(op.output.map((letter, k) => [letter, found.get("shape")[k]])).values() : found.get("shape");
    return new Map([["shape", [...sizes].map(sizeOperand).join(", ") || "[]"]]);
  }
  if (op.name === "slice") {
    const index = indexText(found.get("index"), shapes[0]);
    if (index !== ":") return new Map([["index", index], ["at", ""]]);
  }
  return new Map([...op.defaults.keys()].filter((name) => found.has(name)).map((name) => [name, attributeText(name, found.get(name), rank)]));
}

/** @param {string} name @param {any} value @param {number} rank @returns {string | PrintedOperand} */
function attributeText(name, value, rank) {
  if (name === "axis" || name === "axes") {
    const places = [value].flat().map((axis) => axis + rank);
    return name === "axes" || places.length !== 1 ? `[${places.join(", ")}]` : `${places[0]}`;
  }
  if (Array.isArray(value)) return `[${value.map((part) => attributeText("", part, rank)).join(", ")}]`;
  if (name === "formula") return `"${value}"`;
  return typeof value === "string" ? sizeOperand(value) : typeof value === "boolean" ? (value ? "True" : "False") : `${value}`;
}

/** The slices of a value, with open ends; those of whole axes at the end are left out. @param {[Dim, Dim][]} index @param {Dim[]} shape */
function indexText(index, shape) {
  const endText = (/** @type {Dim} */ end, /** @type {Dim} */ size, /** @type {Dim} */ open) => (end === open ? "" : boundText(end, size));
  const parts = index.map(([start, stop], k) => `${endText(start, shape[k], 0)}:${endText(stop, shape[k], shape[k])}`);
  while (parts.length > 1 && parts.at(-1) === ":") parts.pop();
  return parts.join(", ");
}

/** Where a slice begins or ends; counted from the end where that is a name. @param {Dim} end @param {Dim} size */
function boundText(end, size) {
  const fromEnd = typeof end === "string" ? added(end, size, -1) : 0;
  return typeof fromEnd === "number" && fromEnd < 0 ? `${fromEnd}` : sizeOperand(end);
}

/** A size, as an operand: in parentheses where it would be taken apart. @param {Dim} dim */
export function sizeOperand(dim) {
  const text = String(dim).replace(/([\p{L}\p{N}_)])(\+|-|\*|\/\/)/gu, "$1 $2 ");
  const outside = text.replace(/\([^()]*\)/g, "").replace(/\([^()]*\)/g, "");
  const { sum, product, atom } = BINDING_OF;
  return new PrintedOperand(text, /[-+]/.test(outside) ? sum : /[*/()]/.test(outside) ? product : atom);
}

/** A number, or an array of them, as an operand: a negative one binds as its sign does. @param {any} value */
export function numberOperand(value) {
  const isNegative = typeof value === "number" && (value < 0 || Object.is(value, -0));
  return new PrintedOperand(numberText(value), isNegative ? opOf("neg").textBinding : BINDING_OF.atom);
}

/** A number as short as it is exact: `2`, not `2.0`; numbers as nested lists. @param {any} value @returns {string} */
export function numberText(value) {
  return Array.isArray(value) ? `[${value.map(numberText).join(", ")}]` : reprFloat(value).replace(/\.0$/, "");
}
