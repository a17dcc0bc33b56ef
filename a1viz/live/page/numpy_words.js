// Applications in NumPy's words, and a graph as a program of these: forward, then backward.

import { reprFloat } from "../engine/base.js";
import { opOf } from "../engine/operators.js";
import { Graph, attributesOf, innerNodes, isDeclared, isLeaf } from "../engine/nodes.js";
import { sizeOf } from "../engine/sizes.js";
import { atSizes } from "../engine/attribute_sizes.js";
import { PrintedOperand } from "../engine/printing.js";
import { expandBodies } from "../engine/rewriting.js";
import { MORE } from "./more.js";

/** @typedef {import("../engine/nodes.js").Node} Node */

const [LOOSE_TEXT, SUM_TEXT, PRODUCT_TEXT, ATOM_TEXT] = [5, 10, 20, 40];
const PYTHON_WORDS = [
  ..."and as assert async await break class continue def del elif else except finally for from global if import in is".split(" "),
  ..."lambda match nonlocal not or pass raise return try type while with yield True False None np math print".split(" "),
];

/** A value as Python writes it. @param {any} value @returns {string} */
function pythonText(value) {
  if (Array.isArray(value)) return `(${value.map(pythonText).join(", ")}${value.length === 1 ? "," : ""})`;
  if (typeof value === "string") return JSON.stringify(value);
  return value === null || value === undefined ? "None" : value === true ? "True" : value === false ? "False" : String(value);
}

/** Nested lists of numbers. @param {any} value @returns {string} */
function listText(value) {
  if (Array.isArray(value)) return `[${value.map(listText).join(", ")}]`;
  return Number.isFinite(value) ? reprFloat(value) : Number.isNaN(value) ? "np.nan" : value > 0 ? "np.inf" : "-np.inf";
}

/**
 * An application in NumPy's words.
 * @param {Node} node at numbers for sizes @param {(string | PrintedOperand)[]} operands @param {number[][]} shapes @returns {PrintedOperand}
 */
export function numpyText(node, operands, shapes) {
  const op = opOf(node.op);
  const general = (MORE.numpy.words[node.op] ?? "").split(" | ");
  const isBare = () => !node.attrs.length && shapes.every((shape, k) => shape.length === op.inputs[k].length);
  const isPlain = op.isVariadic ? new Set(shapes.map(String)).size === 1 : isBare();
  const template = isPlain ? general[0] : general[general.length - 1];
  const names = new Map(op.isVariadic ? [[op.args[0], operands.join(", ")]] : op.args.map((name, k) => [name, operands[k]]));
  const parts = new Map([...names, ...attributeWords(node, shapes)]);
  const text = template.replace(/\{\{|\}\}|\{(\w+)(?::(\d+))?\}/g, (/** @type {string} */ all, /** @type {string} */ name, binding = "0") => {
    if (!name) return all[0];
    const part = parts.get(name) ?? "";
    return part instanceof PrintedOperand ? part.within(Number(binding)) : String(part);
  });
  return new PrintedOperand(text, templateBinding(template));
}

/**
 * The attributes as NumPy takes them; an axis counted from the end stays so.
 * @param {Node} node @param {number[][]} shapes @returns {Map<string, string>}
 */
function attributeWords(node, shapes) {
  const op = opOf(node.op);
  const found = attributesOf(node);
  const given = new Map(node.attrs);
  if (op.shape === "reduced" && !given.has("axis")) found.set("axis", null);
  const said = new Map([...found].map(([name, value]) => [name, pythonText(value)]));
  if (op.shape === "permuted" && (found.get("axes") ?? null) === null) {
    const rank = shapes[0].length;
    said.set("axes", pythonText([...Array.from({ length: rank - 2 }, (_, k) => k - rank), -1, -2]));
  }
  const cut = (/** @type {[number, number]} */ [start, stop]) => `${start}:${stop}`;
  if (found.has("index")) said.set("index", found.get("index").map(cut).join(", ") || "...");
  if (found.has("shape")) said.set("sizes", found.get("shape").join(", "));
  said.set("given", [...op.defaults.keys()].filter((name) => given.has(name)).map((name) => `, ${name}=${said.get(name)}`).join(""));
  return said;
}

/** How strongly a text holds together: by the sign outside all brackets that binds least. @param {string} template */
function templateBinding(template) {
  let outside = template.replace(/\{\w+(:\d+)?\}/g, "x");
  while (/[([]/.test(outside)) {
    const inner = outside.replace(/\w*(\.\w+)*[([][^()[\]]*[)\]]/g, "x");
    if (inner === outside) break;
    outside = inner;
  }
  if (/ [<>!=]=? /.test(outside)) return LOOSE_TEXT;
  return / [-+] |^-/.test(outside) ? SUM_TEXT : / [*/@] /.test(outside) ? PRODUCT_TEXT : ATOM_TEXT;
}

/** The definitions of the functions that texts call, each after those it calls itself. @param {string} text @returns {string[]} */
function helpersOf(text) {
  const { helpers } = MORE.numpy;
  /** @type {Map<string, string>} */
  const found = new Map();
  const add = (/** @type {string} */ body) => {
    for (const [, name] of body.matchAll(/(?<![\w.])(\w+)\(/g)) {
      if (!Object.hasOwn(helpers, name) || found.has(name)) continue;
      add(helpers[name].slice(helpers[name].indexOf(":")));
      found.set(name, helpers[name]);
    }
  };
  add(text);
  return [...found.values()];
}

/**
 * A runnable program: the leaves, each variable, each cotangent. Of a batch it computes the first example.
 * @param {Graph} joint forward and backward @param {Map<string, any>} values of leaves and of cotangents that are handed in
 * @param {Map<string, number>} sizes
 * @param {Graph} graph what was typed @returns {string}
 */
export function numpyProgram(joint, values, sizes, graph) {
  const whole = expandBodies(joint);
  const taken = new Set([...PYTHON_WORDS, ...Object.keys(MORE.numpy.helpers)]);
  const called = (/** @type {string} */ name) => (taken.has(name) ? `${name}_` : name);
  const shapeOf = (/** @type {string} */ name) => whole.node(name).shape.map((dim) => sizeOf(dim, sizes) ?? 1);
  /** @type {Map<string, string | PrintedOperand>} */
  const printed = new Map();
  /** @type {string[]} */
  const lines = [];
  /** What is counted with is whole. @param {Node} user @param {Node} node @param {number} k @returns {any} */
  const operandText = (user, node, k) => {
    const text = printed.get(node.name);
    if (!/^[tu]$/.test(opOf(user.op).args[k] ?? "") || opOf(user.op).isElementwise || node.op === "label" || node.op === "size") return text;
    return new PrintedOperand(`np.asarray(${text}).astype(int)`);
  };
  let parts = 0;
  const reads = whole.uses;
  for (const node of whole.nodes) {
    if (node.op === "constant" || node.op === "size") printed.set(node.name, constantText(node, sizes));
    else if (isLeaf(node)) printed.set(node.name, called(node.name));
    const isKnown = isLeaf(node) && node.op !== "constant" && node.op !== "size";
    if (isKnown) lines.push(`${called(node.name)} = ${leafText(node, values.get(node.name))}`);
    if (isLeaf(node) && !(isDeclared(node) && !isKnown)) continue;
    const numbers = isLeaf(node) ? node : { ...node, attrs: [...atSizes(node.attrs, sizes)] };
    const operands = node.inputs.map((i, k) => operandText(node, whole.node(i), k));
    const text = isLeaf(node) ? /** @type {PrintedOperand} */ (printed.get(node.name)) : numpyText(numbers, operands, node.inputs.map(shapeOf));
    const isPart = !isDeclared(node) && new Set(reads.get(node.name)).size < 2;
    if (isPart) {
      printed.set(node.name, text);
      continue;
    }
    const name = isDeclared(node) ? called(node.name) : `part${(parts += 1)}`;
    if (isDeclared(node) && !graph.has(node.name) && !lines.includes("# backward")) lines.push("", "# backward");
    else if (isDeclared(node) && graph.has(node.name) && !lines.includes("# forward")) lines.push("", "# forward");
    lines.push(`${name} = ${text}`);
    printed.set(node.name, name);
  }
  const wanted = new Set([...graph.outputs, ...whole.outputs.filter((name) => !graph.has(name))]);
  const results = [...wanted].filter((name) => isDeclared(whole.node(name)));
  const body = lines.join("\n");
  const before = ["import math", "", "import numpy as np", ...helpersOf(body).flatMap((text) => ["", "", text]), "", ""];
  const shown = results.map((name) => `print("${name} =", ${called(name)})`);
  return [...before, body, "", ...shown, ""].join("\n");
}

/** @param {Node} node @param {Map<string, number>} sizes */
function constantText(node, sizes) {
  if (node.op === "size") return new PrintedOperand(String(sizeOf(node.value, sizes)));
  if (Array.isArray(node.value)) return new PrintedOperand(`np.array(${listText(node.value)})`);
  return new PrintedOperand(listText(node.value), node.value < 0 || Object.is(node.value, -0) ? 25 : ATOM_TEXT);
}

/** @param {Node} node @param {any} value */
function leafText(node, value) {
  let [own, rank] = [value, 0];
  for (let part = value; Array.isArray(part); [part] = part) rank += 1;
  if (rank > node.shape.length) [own] = own;
  if (node.op !== "label") return `np.array(${listText(own)}, dtype=float)`;
  return Array.isArray(own) ? `np.array(${JSON.stringify(own)}, dtype=int)` : String(own);
}
