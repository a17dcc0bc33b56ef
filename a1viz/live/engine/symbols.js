// How the variables of a graph are written, so that no two read alike: x_1 for an entry, h^<2> for copy 2 of a block.

import { keyOf } from "./base.js";
import { BINDING_OF, TABLES } from "./operators.js";
import { accentOf, accented, homeOf, letterOf, nameParts, partedName } from "./letters.js";
import { Maths } from "./maths.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {(instance: string) => string} Mark what is written above the variables of a block instance */

const endsInDigit = (/** @type {string} */ text) => /\d$/.test(text);

/** The symbols of one graph. */
export class Symbols {
  /** @param {Graph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {Map<string, Maths>} */
    this.known = new Map();
    /** @type {Map<string, string>} */
    this.marks = new Map([["", ""]]);
  }

  /** @template T @param {string} fact @param {() => T} compute @returns {T} */
  once(fact, compute) {
    return this.graph.once(`symbols ${fact}`, compute);
  }

  /**
   * A variable, with `mark` above it; with an index its entry, a scalar and so not bold.
   * @param {string} name @param {string} [index] @param {string} [mark] @returns {Maths}
   */
  symbol(name, index = "", mark = "") {
    const key = `${name} ${index} ${mark}`;
    const compute = () => (index ? this.bracketed(name, index, mark, 0) : this.written(name, "", mark, this.rank(name)));
    const found = this.known.get(key) ?? compute();
    this.known.set(key, found);
    return found;
  }

  /** @param {string} name */
  rank(name) {
    return this.graph.byName.get(name)?.shape.length ?? 0;
  }

  /** A part of a variable that is no scalar, such as a row. @param {string} name @param {string} index @param {string} [mark] */
  part(name, index, mark = "") {
    return this.bracketed(name, index, mark, this.rank(name));
  }

  /**
   * An entry or a part, in brackets where another variable is printed as it is.
   * @param {string} name @param {string} index @param {string} mark @param {number} rank
   */
  bracketed(name, index, mark, rank) {
    const entry = this.written(name, index, mark, rank);
    return this.taken.has(entry.text) ? new Maths(`(${this.symbol(name, "", mark)})_{${index}}`) : entry;
  }

  /** @param {string} name @param {string} index @param {string} mark @param {number} rank */
  written(name, index, mark, rank) {
    const [base, sub, sup, accents] = this.parts(name);
    const { atom, superscript } = BINDING_OF;
    let letter = letterOf(base, rank);
    const below = [sub, index].filter(Boolean).join();
    const under = below && `_{${below}}`;
    // sigma^2 is one thing: the bar is over all of it, the mark inside
    if (/^[\p{L}\p{N}]+$/u.test(sup) && !index && (accents.length || mark)) {
      const whole = letter + under + (mark && `^{${mark}}`);
      const raised = mark ? `(${whole})^{${sup}}` : `${whole}^{${sup}}`;
      return new Maths(accents.reduce((text, accent) => accented(text, accent, true), raised), accents.length ? atom : superscript);
    }
    for (const accent of accents) letter = accented(letter, accent, letter.startsWith("\\mathrm"));
    const above = sup + mark;
    return new Maths(letter + under + (above && `^{${above}}`), above ? superscript : atom);
  }

  /**
   * Those of the name; one that would be printed as another variable is has all its letters: h_1 beside h1.
   * @param {string} name @returns {[string, string, string, string[]]}
   */
  parts(name) {
    const [base, sub, sup, accents] = nameParts(this.graph.document.symbols, name);
    const stem = accents.reduce((text) => accentOf(text)?.[1] ?? text, name);
    if (!this.meeting.has(stem)) return [base, sub, sup, accents];
    const copies = sup.indexOf("[");
    return [partedName(stem)[1].replaceAll("_", "\\_"), "", copies < 0 ? "" : sup.slice(copies), accents];
  }

  /** Variables whose names by rule are printed as an earlier one's. */
  get meeting() {
    return this.once("meeting", () => {
      const { symbols } = this.graph.document;
      const found = new Set();
      return new Set(this.graph.declaredNames.filter((name) => {
        const [prefix, local] = partedName(name);
        if (accentOf(local) || symbols.has(local) || symbols.has(name)) return false;
        const key = keyOf([prefix, this.rank(name) > 0, nameParts(symbols, name)]);
        return found.size === found.add(key).size;
      }));
    });
  }

  /** What tells the variables of a block instance from those of the others. @param {string} instance */
  mark(instance) {
    const found = this.marks.get(instance) ?? this.numbered(instance);
    this.marks.set(instance, found);
    return found;
  }

  /**
   * The mark of an instance; with the number at one place written differently. What all instances share has none.
   * @param {string} instance @param {number} [place] @param {string} [number]
   */
  numbered(instance, place = -1, number = "") {
    const isLettered = endsInDigit(instance) ? this.areLettered : this.sharedMeet;
    const written = instance.split(".").map((part, k) => {
      const [block, own] = splitInstance(part);
      const digits = k === place ? number : own;
      return isLettered ? `\\mathrm{${block}}${digits}` : digits;
    });
    const inside = written.filter(Boolean).join();
    return inside && `\\langle ${inside} \\rangle`;
  }

  /** All block instances, those inside others too. @returns {Set<string>} */
  get instances() {
    return this.once("instances", () => {
      const found = new Set();
      for (const name of this.graph.declaredNames) {
        for (let instance = homeOf(name); instance && !found.has(instance); instance = homeOf(instance)) found.add(instance);
      }
      return found;
    });
  }

  /** Whether numbers alone would not tell the instances apart. */
  get areLettered() {
    return this.once("lettered", () => {
      const counted = [...this.instances].filter(endsInDigit).map(numbersIn);
      return new Set(counted).size < counted.length;
    });
  }

  /** Whether a parameter that instances share is called as one elsewhere. */
  get sharedMeet() {
    return this.once("shared", () => {
      const shared = this.graph.declaredNames.filter((name) => !endsInDigit(homeOf(name)));
      return new Set(shared.map((name) => `${numbersIn(homeOf(name))} ${this.written(name, "", "", this.rank(name))}`)).size < shared.length;
    });
  }

  /** All variables, as they are printed. @returns {Set<string>} */
  get taken() {
    return this.once("taken", () => new Set(this.graph.declaredNames.map((name) => this.symbol(name, "", this.mark(homeOf(name))).text)));
  }

  /** The letter of a unit vector. */
  get unit() {
    return this.once("unit", () => {
      const used = new Set(this.graph.declaredNames.map((name) => nameParts(this.graph.document.symbols, name)[0]));
      const letter = TABLES.notation.units.find((/** @type {string} */ unit) => !used.has(unit));
      return letter ? `\\mathbf{${letter}}` : "\\mathrm{onehot}";
    });
  }

  /** The letters of the axes; one that is a variable's is passed over. @returns {string[]} */
  get axes() {
    const letters = [...TABLES.notation.axes];
    const isTaken = (/** @type {string} */ letter) => this.taken.has(letter);
    return this.once("axes", () => [...letters.filter((letter) => !isTaken(letter)), ...letters.filter(isTaken)]);
  }

  /** The letter that runs over the copies of a block. @returns {string} */
  get copies() {
    return this.once("copies", () => [...TABLES.notation.copies].find((letter) => !this.taken.has(letter)) ?? TABLES.notation.copies[0]);
  }

  /**
   * What is written above instances in one equation: nothing where all it reads lives in `inside` and meets no other name.
   * @param {string[]} names @param {string} inside @returns {Mark}
   */
  marker(names, inside) {
    const homes = names.map(homeOf).filter(endsInDigit);
    const isApart = new Set(names.map((name) => partedName(name)[1])).size === names.length;
    return isApart && homes.every((home) => home === inside) ? () => "" : (instance) => this.mark(instance);
  }
}

/** @param {string} instance */
const numbersIn = (instance) => instance.split(".").map((part) => splitInstance(part)[1]).filter(Boolean).join();

/** The block and the number of an instance: S12 is number 12 of S. @param {string} part @returns {[string, string]} */
export function splitInstance(part) {
  const block = part.replace(/\d+$/, "");
  return [block, part.slice(block.length)];
}

/** @param {Graph} graph @returns {Symbols} */
export const symbolsOf = (graph) => graph.once("symbols", () => new Symbols(graph));

/**
 * A variable's symbol; with `index`, that of its entry. Variables of a block instance carry its number, unless they are read `inside` it.
 * @param {Graph} graph @param {string} name @param {string} [index] @param {string} [inside]
 */
export function symbol(graph, name, index = "", inside = "") {
  const symbols = symbolsOf(graph);
  const home = homeOf(name);
  return symbols.symbol(name, index, home === inside ? "" : symbols.mark(home));
}
