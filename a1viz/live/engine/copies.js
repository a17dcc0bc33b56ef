// Terms that are equal but for the number of a block's copy, under one sign: \sum_{k=1}^{6}.

import { BINDING_OF, TABLES } from "./operators.js";
import { isDeclared } from "./nodes.js";
import { homeOf } from "./letters.js";
import { Maths } from "./maths.js";
import { splitInstance } from "./symbols.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./indexing.js").Writing} Writing */
/** @typedef {import("./symbols.js").Mark} Mark */
/** @typedef {[number, string]} SignedTerm its sign, and the node that it is */
/** @typedef {{sign: number, text: string, at: Map<number, number>}} Run terms that read as one in k: their numbers, and where each is */

/** @param {Map<number, number>} at */
const firstOf = (at) => [...at.keys()].reduce((a, b) => Math.min(a, b));
/** @param {Map<number, number>} at */
const lastOf = (at) => [...at.keys()].reduce((a, b) => Math.max(a, b));

/** The terms of a variable's equation, in order. @param {Graph} graph @param {string} name */
export function equationTerms(graph, name) {
  /** @type {SignedTerm[]} */
  const found = [];
  /** @type {SignedTerm[]} */
  const waiting = [[1, name]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [sign, top] = next;
    const node = /** @type {import("./nodes.js").Node} */ (graph.byName.get(top));
    if ((top !== name && isDeclared(node)) || !["add", "sub", "neg"].includes(node.op)) found.push(next);
    else {
      const signs = node.op === "sub" ? [sign, -sign] : node.op === "neg" ? [-sign] : [sign, sign];
      for (let k = signs.length - 1; k >= 0; k -= 1) waiting.push([signs[k], node.inputs[k]]);
    }
  }
  return found;
}

/**
 * The terms with those of the copies under one sign, which comes last; null where there are no such terms.
 * @param {Writing} writing @param {SignedTerm[]} terms @param {(mark: Mark, top: string) => Maths} printed
 */
export function foldedTerms(writing, terms, printed) {
  const read = terms.map(([, top]) => instancesRead(writing.graph, top));
  const places = read.flat().reduce((most, instance) => Math.max(most, instance.split(".").length), 0);
  for (let place = 0; place < places; place += 1) {
    const numbers = read.map((instances) => instances.reduce((most, instance) => Math.max(most, numberAt(instance, place)), 0));
    if (new Set(numbers.filter(Boolean)).size < TABLES.notation.least) continue;
    /** @type {Map<string, Run>} */
    const groups = new Map();
    terms.forEach(([sign, top], k) => {
      if (!numbers[k]) return;
      const text = printed((instance) => markFrom(writing, place, numbers[k], instance), top).as(18);
      const run = groups.get(`${sign} ${text}`) ?? { sign, text, at: new Map() };
      groups.set(`${sign} ${text}`, run);
      if (!run.at.has(numbers[k])) run.at.set(numbers[k], k);
    });
    const runs = [...groups.values()].filter(({ at }) => at.size >= TABLES.notation.least && lastOf(at) - firstOf(at) === at.size - 1);
    if (runs.length) return joinedTerms(writing, terms, runs, printed);
  }
  return null;
}

/** @param {Writing} writing @param {SignedTerm[]} terms @param {Run[]} runs @param {(mark: Mark, top: string) => Maths} printed */
function joinedTerms(writing, terms, runs, printed) {
  const gone = new Set(runs.flatMap(({ at }) => [...at.values()]));
  const parts = terms.filter((_, k) => !gone.has(k)).map(([sign, top]) => [sign, printed(writing.mark, top).as(11)]);
  const letter = writing.symbols.copies;
  for (const { sign, text, at } of runs) parts.push([sign, `\\sum_{${letter}=${firstOf(at)}}^{${lastOf(at)}} ${text}`]);
  const joined = parts.map(([sign, part]) => `${Number(sign) > 0 ? " + " : " - "}${part}`).join("");
  return new Maths(joined.replace(/^ \+ /, "").replace(/^ - /, "-"), parts.length > 1 ? BINDING_OF.sum : BINDING_OF.function);
}

/** The block instances whose variables a term reads. @param {Graph} graph @param {string} name */
function instancesRead(graph, name) {
  const seen = new Set([name]);
  const found = new Set();
  for (const top of seen) {
    const node = /** @type {import("./nodes.js").Node} */ (graph.byName.get(top));
    if (isDeclared(node)) found.add(homeOf(top));
    else node.inputs.forEach((i) => seen.add(i));
  }
  return [...found].filter((instance) => /\d$/.test(instance));
}

/** @param {string} instance @param {number} place */
function numberAt(instance, place) {
  const part = instance.split(".")[place];
  return part === undefined ? 0 : Number(splitInstance(part)[1]);
}

/** @param {Writing} writing @param {number} place @param {number} number @param {string} instance */
function markFrom(writing, place, number, instance) {
  const own = numberAt(instance, place);
  if (!own) return writing.mark(instance);
  const letter = writing.symbols.copies;
  const more = own - number;
  return writing.symbols.numbered(instance, place, more ? `${letter}${more > 0 ? "+" : ""}${more}` : letter);
}
