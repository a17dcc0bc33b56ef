// A link that holds what a reader changed. What a link says is only ever numbers, each checked: another's link can do no more than a reader.

import { typedNumber } from "./numbers.js";

const LONGEST = 600000;
const VERSION = 1;

/** What is not as it was given, as a text for the address. @param {import("./figure.js").LiveFigure} figure @param {number} step @param {number} rate */
export function stateText(figure, step, rate) {
  const changed = figure.first.flatMap(([name, { data }]) => {
    const now = Array.from(figure.given.get(name)?.data ?? []);
    return data.every((v, k) => Object.is(v, now[k])) ? [] : [[name, ...now.map((v) => (Number.isFinite(v) ? v : String(v)))]];
  });
  const bytes = new TextEncoder().encode(JSON.stringify([VERSION, figure.graph.name, step, rate, changed]));
  const text = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Take up the state of a link, all of it or nothing; says what step and rate it has, or nothing where it does not fit. @param {import("./figure.js").LiveFigure} figure @param {string} text @returns {[number, number] | undefined} */
export function takeState(figure, text) {
  if (text.length > LONGEST || !/^[\w-]+$/.test(text)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const [version, name, step, rate, changed] = JSON.parse(new TextDecoder().decode(bytes));
    if (version !== VERSION || name !== figure.graph.name || !Number.isInteger(step) || !(Number.isFinite(rate) && rate > 0)) return undefined;
    const found = changed.map((/** @type {any[]} */ [leaf, ...numbers]) => [leaf, numbers.map(numberOfLink)]);
    for (const [leaf, numbers] of found) {
      const classes = figure.given.has(leaf) ? figure.classes(leaf) : 0;
      const isFine = (/** @type {any} */ v) => v !== undefined && (!classes || (Number.isInteger(v) && v >= 0 && v < classes));
      if (figure.fixed.has(leaf) || figure.given.get(leaf)?.data.length !== numbers.length || !numbers.every(isFine)) return undefined;
    }
    for (const [leaf, numbers] of found) figure.given.get(leaf)?.data.set(numbers);
    return [step, rate];
  } catch {
    return undefined;
  }
}

/** @param {unknown} value */
function numberOfLink(value) {
  return typeof value === "number" ? value : typeof value === "string" && value.length < 10 ? typedNumber(value) : undefined;
}
