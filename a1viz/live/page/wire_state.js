// What a reader can change of a network, and the link that holds it. Everything is checked: another's link can do no more than a reader.

import { typedNumber } from "./numbers.js";
import { CONSTRUCTIONS, MOST_LIVE_WIRES, sortingNetwork } from "./comparator_networks.js";

/** @typedef {import("./comparator_networks.js").Pair} Pair */
/**
 * @typedef {object} WireState
 * @property {string} network the name of a construction, or nothing for the network that the page gives
 * @property {number} n
 * @property {number[]} x
 * @property {number[]} without the comparators that are removed, counted from 1
 * @property {number} k the one output that counts, from 1; 0 for all
 * @property {boolean} bits whether the numbers are zeros and ones
 * @property {boolean} blocks whether comparators compute as blocks of Sort_2 do
 */

const LONGEST_STATE = 2000;

/** @param {any} value @param {number} least @param {number} most */
function isWholeWithin(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** Numbers as the build writes them, where what JSON lacks is text. @param {any} given @returns {any} */
export function writtenNumbers(given) {
  return Array.isArray(given) ? given.map((value) => (typeof value === "string" ? typedNumber(value) : value)) : given;
}

/** The comparators of a state. @param {{network: string, n: number}} state @param {Pair[]} own the network that the page gives */
export function pairsOf({ network, n }, own) {
  return network ? sortingNetwork(network, n) : own;
}

/** A state, if it is one. @param {any} given @param {Pair[]} own @returns {WireState | null} */
export function checkedState(given, own) {
  const { network = "", n, x, without = [], k = 0, bits = false, blocks = false } = given;
  if (!isWholeWithin(n, 1, MOST_LIVE_WIRES) || !isWholeWithin(k, 0, n)) return null;
  if (network ? !CONSTRUCTIONS.some(([name]) => name === network) : !own.length || own.some(([i, j]) => !(i >= 0 && i < j && j < n))) return null;
  const size = pairsOf({ network, n }, own).length;
  const isNumber = (/** @type {any} */ v) => typeof v === "number" && (!bits || v === 0 || v === 1);
  if (!Array.isArray(x) || x.length !== n || !x.every(isNumber)) return null;
  if (!Array.isArray(without) || new Set(without).size !== without.length || !without.every((v) => isWholeWithin(v, 1, size))) return null;
  return { network, n, x, without, k, bits, blocks };
}

/** A state as a text for the address. @param {WireState} state */
export function linkText(state) {
  return Object.entries(state).map(([name, value]) => `${name}:${typeof value === "boolean" ? Number(value) : value}`).join(";");
}

/** The state of a link, or nothing. @param {string} text @param {Pair[]} own @returns {WireState | null} */
export function linkedState(text, own) {
  if (text.length > LONGEST_STATE || !/^[\w.:;,+-]*$/.test(text)) return null;
  const parts = new Map(text.split(";").map((part) => [part.split(":")[0], part.split(":")[1] ?? ""]));
  const [network, n, k, bits, blocks] = ["network", "n", "k", "bits", "blocks"].map((name) => parts.get(name) ?? "");
  const [x, without] = ["x", "without"].map((name) => (parts.get(name) ?? "").split(",").filter(Boolean));
  if (![n, k, ...without].every((part) => /^\d{1,4}$/.test(part)) || !/^[01]{2}$/.test(bits + blocks)) return null;
  const given = { network, n: Number(n), k: Number(k), x: x.map(typedNumber), without: without.map(Number) };
  return checkedState({ ...given, bits: bits === "1", blocks: blocks === "1" }, own);
}

/** A copy that can be changed. @param {WireState} state @param {Partial<WireState>} [changes] @returns {WireState} */
export function copiedState(state, changes = {}) {
  return { ...state, x: [...state.x], without: [...state.without], ...changes };
}

/** As many numbers as there are wires. @param {number[]} x @param {number} n @param {boolean} bits */
export function padded(x, n, bits) {
  return Array.from({ length: n }, (_, k) => x[k] ?? (bits ? k % 2 : k + 1));
}
