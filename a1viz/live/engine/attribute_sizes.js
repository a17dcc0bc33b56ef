// Sizes in the attributes of an application: named, renamed, or as numbers. The end of Python's `attributes`.

import { TABLES } from "./operators.js";
import { sizeOf, withNames } from "./sizes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Attrs} Attrs */

/**
 * The attributes with numbers for the names of sizes: what a kernel is called with.
 * @param {Attrs} attrs @param {Map<string, number>} sizes @returns {Map<string, any>}
 */
export function atSizes(attrs, sizes) {
  return mappedSizes(attrs, (dim) => sizeOf(dim, sizes));
}

/**
 * The attributes with other names of sizes, as in a block that is copied in.
 * @param {Iterable<[string, any]>} attributes @param {Map<string, Dim>} names
 */
export function renamed(attributes, names) {
  return mappedSizes(attributes, (dim) => withNames(dim, names));
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
