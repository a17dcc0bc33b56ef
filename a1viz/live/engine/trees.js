// Rules and patterns of a1viz's own tables: single expressions in the equation language, as trees that can be matched and planted.

import { assert } from "./base.js";
import { INFIX, OPS } from "./operators.js";
import { LITERALS, expressionOf } from "./expressions.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./building.js").Builder} Builder */
/**
 * @typedef {object} Applied An operator applied to trees.
 * @property {string} op
 * @property {Tree[]} operands
 * @property {[string, any][]} attrs a value is one of the language's, or an AttributeName of the node or match
 */
/** @typedef {Applied | string | number} Tree a name, a number, or an application */

/** The name of an attribute, in the place of its value. */
export class AttributeName {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }
}

const OF_KIND = new Map([["prefix", "neg"], ["entry", "pick"], ["transpose", "transpose"]]);
/** @type {Map<string, Tree>} trees made before, by their text */
const KNOWN_TREES = new Map();

/** A rule or a pattern as a tree; only for a1viz's own tables. @param {string} text @returns {Tree} */
export function expressionTree(text) {
  let tree = KNOWN_TREES.get(text);
  if (tree === undefined) KNOWN_TREES.set(text, (tree = treeOf(expressionOf(text))));
  return tree;
}

/** @param {Expr} node @returns {Tree} */
function treeOf(node) {
  if (node.kind === "name") return node.word;
  if (node.kind === "number") return node.number;
  const op = node.kind === "call" ? node.word : (OF_KIND.get(node.kind) ?? INFIX.get(node.word) ?? "");
  assert(OPS.has(op), node.word);
  return { op, operands: node.operands.map(treeOf), attrs: node.named.map(([name, value]) => [name, treeAttribute(value)]) };
}

/** An attribute's value in a table: a number, True, False, a list of numbers, or a name. @param {Expr} node @returns {any} */
function treeAttribute(node) {
  if (node.kind === "prefix") return -treeAttribute(node.operands[0]);
  if (node.kind === "number") return node.number;
  if (node.kind === "list") return node.operands.map(treeAttribute);
  return LITERALS.has(node.word) ? LITERALS.get(node.word) : new AttributeName(node.word);
}

/** The attributes of a tree's root, with what stands in `names` for those that are names. @param {Applied} tree @param {Map<string, any>} names */
export function treeAttributes(tree, names) {
  return new Map(tree.attrs.map(([name, value]) => [name, value instanceof AttributeName ? names.get(value.name) : value]));
}

/**
 * Add a tree's nodes to `builder`, with `names` for its variables and attributes, the root under `name`; the root's name.
 * @param {Builder} builder @param {Tree} tree @param {Map<string, any>} names @param {string} [name] @param {string} [owner] @param {string} [block] @returns {string}
 */
export function plant(builder, tree, names, name = "", owner = "", block = "") {
  let result;
  if (typeof tree === "object") {
    const inputs = tree.operands.map((operand) => plant(builder, operand, names, "", owner || name, block));
    const attrs = treeAttributes(tree, names);
    if (!isNothing(tree.op, attrs)) return builder.add(tree.op, inputs, { name, owner: owner || name, block, attrs });
    [result] = inputs;
  } else result = typeof tree === "string" ? names.get(tree) : builder.constant(tree);
  return name ? builder.add("identity", [result], { name, block }) : result;
}

/** Whether an application that a rule asks for changes nothing: axes put back that were kept. @param {string} op @param {Map<string, any>} attrs */
export function isNothing(op, attrs) {
  return op === "expand" && ((attrs.get("axis") ?? null) === null || Boolean(attrs.get("keepdims")));
}
