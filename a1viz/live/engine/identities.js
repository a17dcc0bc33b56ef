// Identities: the rows that the build exported; and what the names of a row's replacement stand for, where it applies.

import { TABLES } from "./operators.js";
import { CONDITIONS, SHAPED_ATTRIBUTES } from "./conditions.js";
import { operatorsOf } from "./matching.js";
import { expressionTree } from "./trees.js";

/** @typedef {import("./building.js").Builder} Builder */
/** @typedef {import("./matching.js").Found} Found */
/** @typedef {import("./trees.js").Applied} Applied */
/**
 * @typedef {object} Identity One row: `pattern = replacement`.
 * @property {string} name
 * @property {Applied} pattern
 * @property {import("./trees.js").Tree} replacement
 * @property {string[]} operators those of the pattern
 * @property {string} purpose stable, range, tidy, reading or batch: which analyses apply it
 * @property {string[][]} when conditions: each a word with names
 * @property {string[]} attributes those of the replacement that shapes decide: a word with names
 */

/** @param {string[]} row @returns {Identity} */
export function identityOf([name, purpose, left, right, when = "", attributes = ""]) {
  const pattern = /** @type {Applied} */ (expressionTree(left));
  const words = (/** @type {string} */ text) => text.split(" ").filter(Boolean);
  return {
    name, purpose, pattern, replacement: expressionTree(right), operators: [...operatorsOf(pattern)],
    when: when.split(",").map(words).filter((found) => found.length), attributes: words(attributes),
  };
}

/** @type {Identity[]} read when they are first asked for */
let allIdentities = [];

export function identities() {
  if (!allIdentities.length) allIdentities = TABLES.identities.map(identityOf);
  return allIdentities;
}

/**
 * What the names of the replacement stand for, where the row applies; else null.
 * @param {Identity} row @param {Builder} builder @param {Found} found @returns {Found | null}
 */
export function bindingOf(row, builder, found) {
  if (!row.when.every(([word, ...names]) => CONDITIONS[word](builder, found, ...names))) return null;
  const [word, ...names] = row.attributes;
  const more = word ? SHAPED_ATTRIBUTES[word](builder, found, ...names) : {};
  return more && new Map([...found, ...Object.entries(more)]);
}
