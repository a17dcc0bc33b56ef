// Sizes in the attributes of an application: which there are, and as numbers. The end of Python's `attributes`.

import { TABLES } from "./operators.js";
import { sizeOf } from "./sizes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Attrs} Attrs */

/**
 * The attributes with numbers for the names of sizes: what a kernel is called with.
 * @param {Attrs} attrs @param {Map<string, number>} sizes @returns {Map<string, any>}
 */
export function atSizes(attrs, sizes) {
  return mappedSizes(attrs, (dim) => sizeOf(dim, sizes));
}

/** The sizes that attributes hold. @param {Attrs} attrs @returns {Dim[]} */
export function dimsIn(attrs) {
  /** @type {Dim[]} */
  const found = [];
  mappedSizes(attrs, (dim) => found.push(dim));
  return found;
}

/** @param {Iterable<[string, any]>} attributes @param {(dim: Dim) => any} change */
function mappedSizes(attributes, change) {
  /** @type {(value: any) => any} */
  const mapped = (value) => (Array.isArray(value) ? value.map(mapped) : value === null ? value : change(value));
  return new Map([...attributes].map(([name, value]) => [name, TABLES.sized.includes(name) ? mapped(value) : value]));
}
