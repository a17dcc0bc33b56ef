// What a reader of the playground has typed and chosen, as plain data: taken from a link it is checked piece by piece, and never acts.

import { RESERVED } from "../engine/tokens.js";
import { symbolProblem } from "../engine/schema.js";

/** @typedef {import("../engine/guessing.js").Leaf} Leaf */
/**
 * @typedef {object} TypedState
 * @property {string} name
 * @property {string} title
 * @property {string} text the equations
 * @property {Map<string, Leaf>} leaves those that are not guessed
 * @property {Map<string, number>} sizes
 * @property {Map<string, any>} values
 * @property {Map<string, any>} cotangents
 * @property {Map<string, string>} symbols
 * @property {string} loss
 * @property {string[]} outputs
 */

// what a page takes up: characters, entries of a table, numbers of all values
const [MOST_TEXT, MOST_ENTRIES, MOST_NUMBERS, LARGEST_SIZE] = [20000, 300, 20000, 2 ** 31];
const LINK_VERSION = 1;
export const LONGEST_LINK = 60000;
const PLAIN_NAME = /^[A-Za-z_]\w{0,99}$/;
const LEAF_KINDS = ["input", "parameter", "label"];

class NoState extends Error {}

/** @param {unknown} condition @returns {asserts condition} */
function mustBe(condition) {
  if (!condition) throw new NoState();
}

/** @param {unknown} name @returns {string} */
function nameOf(name) {
  mustBe(typeof name === "string" && PLAIN_NAME.test(name) && !RESERVED.has(name));
  return name;
}

/** @param {any} dim @returns {any} */
function sizeIn(dim) {
  mustBe((Number.isInteger(dim) && dim >= 0 && dim < LARGEST_SIZE) || (typeof dim === "string" && PLAIN_NAME.test(dim)));
  return dim;
}

/** @param {any} part @returns {string} */
function shapeKey(part) {
  return Array.isArray(part) ? `${part.length},${part.length ? shapeKey(part[0]) : ""}` : "";
}

/** A number or nested lists of numbers of one shape. @param {any} value @param {{left: number}} budget @returns {any} */
function checkedNumbers(value, budget, depth = 0) {
  if (typeof value === "string") value = { NaN, Infinity, "-Infinity": -Infinity, "-0": -0 }[value];
  if (typeof value === "number") {
    budget.left -= 1;
    mustBe(budget.left >= 0);
    return value;
  }
  mustBe(Array.isArray(value) && depth < 8 && value.length <= MOST_NUMBERS);
  const parts = value.map((/** @type {any} */ part) => checkedNumbers(part, budget, depth + 1));
  mustBe(parts.every((/** @type {any} */ part) => shapeKey(part) === shapeKey(parts[0])));
  return parts;
}

/** @template T @param {any} table @param {(name: string, value: any) => T} read @returns {Map<string, T>} */
function tableIn(table, read) {
  mustBe(table && typeof table === "object" && !Array.isArray(table));
  const entries = Object.entries(table);
  mustBe(entries.length <= MOST_ENTRIES);
  return new Map(entries.map(([name, value]) => [nameOf(name), read(name, value)]));
}

/** @param {any} row @returns {[string, Leaf]} */
function leafIn(row) {
  mustBe(Array.isArray(row) && row.length >= 3 && row.length <= 4 && LEAF_KINDS.includes(row[1]));
  const [name, kind, shape, classes] = row;
  mustBe(Array.isArray(shape) && shape.length <= 6 && (row.length === 4) === (kind === "label"));
  return [nameOf(name), { kind, shape: shape.map(sizeIn), ...(kind === "label" ? { class: sizeIn(classes) } : {}) }];
}

/** A state from plain data, or nothing where that is none. @param {any} told @returns {TypedState | undefined} */
export function stateOf(told) {
  try {
    mustBe(told && typeof told === "object" && !Array.isArray(told));
    const { text, name = "graph", title = "", leaves = [], sizes = {}, values = {}, cotangents = {}, symbols = {}, loss = "", outputs = [] } = told;
    mustBe(typeof text === "string" && text.length <= MOST_TEXT && typeof title === "string" && title.length <= 200);
    mustBe(Array.isArray(leaves) && leaves.length <= MOST_ENTRIES && Array.isArray(outputs) && outputs.length <= MOST_ENTRIES);
    const budget = { left: MOST_NUMBERS };
    const numberIn = (/** @type {string} */ _, /** @type {any} */ value) => checkedNumbers(value, budget);
    return {
      name: nameOf(name), title, text, loss: loss === "" ? "" : nameOf(loss), outputs: outputs.map(nameOf), leaves: new Map(leaves.map(leafIn)),
      sizes: tableIn(sizes, (_, size) => { mustBe(Number.isInteger(size)); return sizeIn(size); }),
      values: tableIn(values, numberIn), cotangents: tableIn(cotangents, numberIn),
      symbols: tableIn(symbols, (of, symbol) => { mustBe(!symbolProblem(of, symbol)); return symbol; }),
    };
  } catch (error) {
    if (error instanceof NoState) return undefined;
    throw error;
  }
}

/** The plain data of a state. @param {TypedState} state */
export function plainState({ leaves, sizes, values, cotangents, symbols, ...rest }) {
  const rows = [...leaves].map(([name, { kind, shape, class: classes }]) => [name, kind, shape, ...(kind === "label" ? [classes] : [])]);
  const tables = Object.entries({ sizes, values, cotangents, symbols }).map(([name, table]) => [name, Object.fromEntries(table)]);
  return { ...rest, leaves: rows, ...Object.fromEntries(tables) };
}

/** A state as text for the address. @param {TypedState} state */
export function stateLink(state) {
  const kept = (/** @type {string} */ _, /** @type {any} */ value) => {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return value === 0 ? "-0" : String(value);
  };
  const bytes = new TextEncoder().encode(JSON.stringify([LINK_VERSION, plainState(state)], kept));
  const text = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The state that a link holds, or nothing where it holds none. @param {string} link */
export function linkedState(link) {
  if (link.length > LONGEST_LINK || !/^[\w-]+$/.test(link)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(link.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const told = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return Array.isArray(told) && told.length === 2 && told[0] === LINK_VERSION ? stateOf(told[1]) : undefined;
  } catch {
    return undefined;
  }
}
