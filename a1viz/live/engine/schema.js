// What numbers and symbols that a reader gives may be.

import { shown } from "./base.js";
import { LIMITS, TABLES } from "./operators.js";

const SYMBOL = new RegExp(`^(?:${TABLES.reading.schema.symbol})$`);

/** What is wrong with a number or a list of numbers, of any number of axes and a batch axis; nothing where all is well. @param {string} name @param {any} value @param {string} [what] @param {boolean} [finite] */
export function numberProblem(name, value, what = "value", finite = true) {
  const of = `${what} of ${shown(name)}`;
  let level = [value];
  for (let axes = 1; level.some(Array.isArray); axes += 1) {
    if (!level.every(Array.isArray)) return `${of} mixes numbers and lists; write [1, 2] or [[1, 2], [3, 4]]`;
    const lengths = level.map((item) => item.length);
    if (new Set(lengths).size > 1) return `${of} has rows of different lengths: ${lengths.slice(0, 5).join(", ")}`;
    const most = LIMITS.AXES + 1;
    if (axes > most) return `${of} has more than ${most} levels of brackets; a value has at most ${LIMITS.AXES} axes, and one more for a batch`;
    level = level.flat();
  }
  for (const number of level) {
    if (typeof number !== "number") return `${of} must be numbers, got ${shown(number)}`;
    if (Number.isNaN(number)) return `${of} contains NaN, which is not a number; write a number`;
    if (finite && !Number.isFinite(number)) return `${of} contains an infinite number; write one that a float can hold, below 1.8e308`;
  }
  return "";
}

/** @param {string} name @param {any} value */
export function symbolProblem(name, value) {
  if (typeof value === "string" && value.length <= 60 && SYMBOL.test(value)) return "";
  return `symbol of ${shown(name)} must look like b, y', z_1, W^(1) or b_1^(2), got ${shown(value)}`;
}
