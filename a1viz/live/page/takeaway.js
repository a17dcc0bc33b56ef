// What a reader takes away: the graph as a document, its equations in LaTeX, its picture, a program.

import { isLeaf } from "../engine/nodes.js";
import { reprFloat } from "../engine/base.js";
import { derivedName } from "../engine/autodiff.js";
import { derive, jointGraph } from "../engine/derivation.js";
import { equation } from "../engine/notation.js";
import { aligned } from "../engine/line_breaks.js";
import { numpyProgram } from "./numpy_words.js";

/** @typedef {import("./typed_graph.js").Understood} Understood */
/** @typedef {import("./typed_state.js").TypedState} TypedState */

const DOCUMENT_LINE = 120;

/** @param {string} text */
const tomlString = (text) => JSON.stringify(text).replace(/\x7f/g, "\\u007f");

/** A value as TOML, long lists with a row a line. @param {any} value @param {string} [margin] @returns {string} */
function tomlValue(value, margin = "") {
  if (typeof value === "string") return tomlString(value);
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : reprFloat(value);
  if (!Array.isArray(value)) return `{${Object.entries(value).map(([name, part]) => `${name} = ${tomlValue(part)}`).join(", ")}}`;
  const line = `[${value.map((part) => tomlValue(part)).join(", ")}]`;
  if ((margin + line).length <= DOCUMENT_LINE || !value.some(Array.isArray)) return line;
  return `[\n${value.map((part) => `${margin}  ${tomlValue(part, `${margin}  `)},\n`).join("")}${margin}]`;
}

/** Whether a document may hold it. @param {any} value */
const isFiniteArray = (value) => [value].flat(Infinity).every(Number.isFinite) && [value].flat(Infinity).length > 0;

/** The graph as a document, which `a1viz` reads. @param {TypedState} state @param {Understood} found */
export function tomlDocument(state, { graph, leaves, sizes, values, cotangents }) {
  const label = (/** @type {import("../engine/guessing.js").Leaf} */ leaf) => ({ class: leaf.class, ...(leaf.shape.length ? { shape: leaf.shape } : {}) });
  const told = [...leaves].map(([name, leaf]) => ({ name, leaf, shape: leaf.kind === "label" ? label(leaf) : leaf.shape }));
  const isPlain = !/'''|[^\n\t\x20-\x7e\u00a0-\ud7ff\ue000-\uffff]/.test(state.text);
  const lines = [
    `title = ${tomlString(state.title || state.name.replaceAll("_", " "))}`,
    ...(graph.document.loss ? [`loss = ${tomlString(graph.document.loss)}`] : []),
    ...(state.outputs.length ? [`outputs = ${tomlValue(graph.outputs)}`] : []),
    isPlain ? `equations = '''\n${state.text.replace(/\n$/, "")}\n'''` : `equations = ${tomlString(state.text)}`,
  ];
  const table = (/** @type {string} */ name, /** @type {[string, any][]} */ entries) => {
    if (entries.length) lines.push("", `[${name}]`, ...entries.map(([key, value]) => `${key} = ${tomlValue(value)}`));
  };
  table("sizes", [...sizes]);
  table("inputs", told.filter(({ leaf }) => leaf.kind !== "parameter").map(({ name, shape }) => [name, shape]));
  table("parameters", told.filter(({ leaf }) => leaf.kind === "parameter").map(({ name, shape }) => [name, shape]));
  table("values", [...values].filter(([, value]) => isFiniteArray(value)));
  table("cotangents", [...cotangents].filter(([, value]) => isFiniteArray(value)));
  table("symbols", [...graph.document.symbols]);
  return `${lines.join("\n")}\n`;
}

/** Equations and derivation in LaTeX, to go between dollar signs. @param {Understood} found @param {boolean} substitute */
export function latexText({ graph, problem }, substitute) {
  const forward = graph.declaredNames.filter((name) => !isLeaf(graph.node(name))).map((name) => aligned(equation(graph, name)));
  const parts = [`\\begin{aligned}\n${forward.join(" \\\\\n")}\n\\end{aligned}`];
  if (!problem) parts.push(derive(graph, null, { substitute }).latex);
  return `${parts.join("\n\n")}\n`;
}

/** A program in NumPy. @param {Understood} found */
export function numpySource({ graph, values, cotangents, sizes, problem }) {
  const joint = problem ? graph : jointGraph(graph);
  const handed = [...cotangents].map(([name, value]) => /** @type {[string, any]} */ ([derivedName(graph, name, "bar"), value]));
  const given = new Map([...values, ...handed]);
  return numpyProgram(joint, given, sizes, graph);
}

/** A picture as a file of its own: the colours that it has now stand in it. @param {SVGSVGElement} svg */
export function svgFile(svg) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const roles = new Set([...new XMLSerializer().serializeToString(svg).matchAll(/var\((--a1viz-[\w-]+)\)/g)].map(([, role]) => role));
  const colours = getComputedStyle(svg);
  const rules = [...roles].map((role) => `${role}:${colours.getPropertyValue(role).trim()}`).join(";");
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = `.a1viz-typed-graph{${rules}}`;
  copy.prepend(style);
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("style");
  for (const one of copy.querySelectorAll("[tabindex]")) one.removeAttribute("tabindex");
  return new XMLSerializer().serializeToString(copy);
}
