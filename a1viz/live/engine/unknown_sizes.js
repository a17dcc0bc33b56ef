// Sizes that are not known yet: which of them must be equal, what some are computed from, and at last a small number for each.

import { namesOf, sizeOf } from "./sizes.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {{out: number, of: number[], value: (of: number[]) => number}} SizeRule a size that is computed from others */

// a size that follows from what is computed from it is looked for up to this
const MOST_FOUND = 1000;

/** Each size is a number that stands for it; those that must be equal have one root. */
export class UnknownSizes {
  constructor() {
    /** @type {number[]} */
    this.above = [];
    /** @type {(number | undefined)[]} */
    this.values = [];
    /** @type {(string | undefined)[]} */
    this.names = [];
    /** @type {number[]} */
    this.least = [];
    /** @type {(number | undefined)[]} */
    this.usual = [];
    /** @type {Map<string, number>} */
    this.named = new Map();
    /** @type {SizeRule[]} */
    this.rules = [];
    this.clashes = 0;
  }

  /** A size of which nothing is known but, perhaps, what it is usually. @param {number} [usual] @param {number} [value] */
  fresh(usual = undefined, value = undefined) {
    this.values.push(value);
    this.usual.push(usual);
    this.least.push(1);
    this.names.push(undefined);
    return this.above.push(this.above.length) - 1;
  }

  /** The one that a size in a shape is. @param {Dim} dim @returns {number} */
  of(dim) {
    if (typeof dim === "number") return this.fresh(undefined, dim);
    if (/^u\.\d+$/.test(dim)) return Number(dim.slice(2));
    let found = this.named.get(dim);
    if (found !== undefined) return found;
    found = this.fresh();
    this.named.set(dim, found);
    const names = [...new Set(namesOf(dim))];
    const value = (/** @type {number[]} */ of) => sizeOf(dim, new Map(names.map((name, k) => [name, of[k]]))) ?? NaN;
    if (names[0] === dim) this.names[found] = dim;
    else this.rules.push({ out: found, of: names.map((name) => this.of(name)), value });
    return found;
  }

  /** As it stands in a shape: a number, a name of the reader's, or one of our own. @param {number} size @returns {Dim} */
  dim(size) {
    const root = this.root(size);
    return this.values[root] ?? this.names[root] ?? `u.${root}`;
  }

  /** @param {number} size */
  root(size) {
    let found = size;
    while (this.above[found] !== found) found = this.above[found] = this.above[this.above[found]];
    return found;
  }

  /** @param {number} size */
  isOne(size) {
    return this.values[this.root(size)] === 1;
  }

  /** Two that must be equal. @param {number} first @param {number} second @returns {number} */
  join(first, second) {
    const [a, b] = [this.root(first), this.root(second)];
    if (a === b) return a;
    const clash = (/** @type {any[]} */ facts) => facts[a] !== undefined && facts[b] !== undefined && facts[a] !== facts[b];
    if (clash(this.values) || clash(this.names)) {
      this.clashes += 1;
      return a;
    }
    this.above[b] = a;
    this.values[a] ??= this.values[b];
    this.names[a] ??= this.names[b];
    this.usual[a] ??= this.usual[b];
    this.least[a] = Math.max(this.least[a], this.least[b]);
    return a;
  }

  /** What NumPy's broadcasting makes of them; sizes that are not known are equal. @param {number[][]} shapes */
  broadcast(shapes) {
    const rank = Math.max(0, ...shapes.map((shape) => shape.length));
    return Array.from({ length: rank }, (_, axis) => {
      const here = shapes.filter((shape) => shape.length >= rank - axis).map((shape) => shape[shape.length + axis - rank]);
      const many = here.filter((size) => !this.isOne(size));
      for (const size of many) this.join(many[0], size);
      return [...many, ...here][0];
    });
  }

  /**
   * Give each of these a number, and those they are computed from; what nothing says is one of `usual` in turn.
   * @param {number[]} wanted @param {number[]} usual
   */
  settle(wanted, usual) {
    /** @type {Map<number, SizeRule[]>} */
    const readers = new Map();
    /** @type {Map<number, number>} rules that may still say what a size is */
    const open = new Map();
    for (const rule of this.rules) {
      const out = this.root(rule.out);
      open.set(out, (open.get(out) ?? 0) + 1);
      for (const root of new Set([out, ...rule.of.map((size) => this.root(size))])) {
        if (!readers.has(root)) readers.set(root, []);
        readers.get(root)?.push(rule);
      }
    }
    const done = new Set();
    const apply = (/** @type {SizeRule[]} */ rules) => {
      const waiting = [...rules].reverse();
      for (let rule = waiting.pop(); rule; rule = waiting.pop()) {
        const root = done.has(rule) ? -1 : this.applied(rule);
        if (root < 0) continue;
        done.add(rule);
        const out = this.root(rule.out);
        open.set(out, (open.get(out) ?? 0) - 1);
        waiting.push(...(readers.get(root) ?? []).filter((reader) => !done.has(reader)));
      }
    };
    apply(this.rules);
    let turn = 0;
    for (const isLast of [false, true]) {
      for (const size of [...wanted, ...this.rules.flatMap((rule) => rule.of)]) {
        const root = this.root(size);
        if (this.values[root] !== undefined || (!isLast && open.get(root))) continue;
        this.values[root] = Math.max(this.usual[root] ?? usual[turn % usual.length], this.least[root]);
        if (this.usual[root] === undefined) turn += 1;
        apply(readers.get(root) ?? []);
      }
    }
  }

  /** The size that a rule says, or -1 where too much is unknown. @param {SizeRule} rule */
  applied({ out, of, value }) {
    const [result, ...sizes] = [out, ...of].map((size) => this.values[this.root(size)]);
    const missing = new Set(of.map((size) => this.root(size)).filter((root) => this.values[root] === undefined));
    if (missing.size > Number(result !== undefined)) return -1;
    const at = (/** @type {number} */ found) => value(sizes.map((size) => size ?? found));
    const [root = this.root(out)] = missing;
    let found = missing.size ? this.least[root] : at(0);
    while (missing.size && found < MOST_FOUND && at(found) !== result) found += 1;
    if (found >= 0 && found < MOST_FOUND * MOST_FOUND && at(found) === (result ?? found)) this.join(root, this.fresh(undefined, found));
    else this.clashes += 1;
    return root;
  }
}
