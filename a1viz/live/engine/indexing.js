// Entries, parts and axes on paper: x_1 for x[0], E_{3,:} for E[2], \sum_j along the second axis.
// The axes of a value are i, j, k, ... from the first; fixed entries are counted from 1; a class label keeps its letter.

import { keyOf } from "./base.js";
import { opOf } from "./operators.js";
import { added } from "./sizes.js";
import { attributesOf, isDeclared, nodeOf } from "./nodes.js";
import { homeOf, sizeLatex } from "./letters.js";
import { Maths, arrayLatex, numberLatex, withBelow } from "./maths.js";

/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./symbols.js").Mark} Mark */
/** @typedef {import("./symbols.js").Symbols} Symbols */
/** @typedef {(writing: Writing, node: Node, operands: Maths[], ranks: number[]) => Maths} Application what prints an operator's application */
/** @typedef {[string, string[]]} Place a variable, and the places of its entry, one an axis */

/** An equation while it is printed: what its operands are, and what is written above the variables of a block instance. */
export class Writing {
  /**
   * @param {Graph} graph @param {Symbols} symbols @param {Mark} mark @param {Application} apply
   */
  constructor(graph, symbols, mark, apply) {
    this.graph = graph;
    this.symbols = symbols;
    this.mark = mark;
    this.apply = apply;
    /** @type {Map<string, Maths>} the inner nodes so far */
    this.printed = new Map();
  }

  /** @param {string} name @returns {Node} */
  node(name) {
    return /** @type {Node} */ (this.graph.byName.get(name));
  }

  /** @param {string} name @param {string} [index] */
  symbol(name, index = "") {
    return this.symbols.symbol(name, index, this.mark(homeOf(name)));
  }

  /** @param {string} name */
  operand(name) {
    return this.printed.get(name) ?? this.symbol(name);
  }

  /**
   * An operand with an index: of a variable its own, of anything else that of the whole.
   * @param {string} name @param {string[]} places @param {boolean} isScalar
   */
  below(name, places, isScalar) {
    const index = joinedPlaces(places);
    if (!isDeclared(this.node(name))) return withBelow(this.operand(name), index);
    return isScalar ? this.symbol(name, index) : this.symbols.part(name, index, this.mark(homeOf(name)));
  }
}

/** The places of an index: letters side by side, all else with commas. @param {string[]} places */
export function joinedPlaces(places) {
  return places.join(places.every((place) => /^\p{L}$/u.test(place)) ? "" : ",");
}

// places and axes

/**
 * The axes that an operator works along, counted from the first; none for the whole value.
 * @param {Node} node @param {number} rank @returns {number[]}
 */
export function axesAlong(node, rank) {
  const axis = attributesOf(node).get("axis") ?? null;
  return (axis === null ? [] : [axis].flat()).map((one) => one + rank);
}

/** @param {Writing} writing @param {number[]} axes */
export const lettersOf = (writing, axes) => axes.map((axis) => writing.symbols.axes[axis]).join("");
/** @param {number} rank */
export const allAxes = (rank) => [...Array(rank).keys()];

/** The number of entries along these axes, or of all: sizes side by side, in the order of the axes. @param {Dim[]} shape @param {number[]} axes */
export function howMany(shape, axes) {
  const sizes = axes.length ? axes.map((axis) => shape[axis]) : shape;
  const number = sizes.reduce((/** @type {number} */ product, size) => (typeof size === "number" ? product * size : product), 1);
  const names = sizes.filter((size) => typeof size !== "number").map(sizeLatex);
  const factors = names.map((name) => (sizes.length > 1 && / [+-] /.test(name) ? `(${name})` : name));
  return [...(number !== 1 || !names.length ? [number] : []), ...factors].join(" ");
}

/** Where an entry is: a number from 1, a label by its letter. @param {Writing} writing @param {string} name */
export function placeLatex(writing, name) {
  const node = writing.node(name);
  if (node.op === "constant" && !isDeclared(node) && !node.shape.length) return String(Math.trunc(node.value) + 1);
  return node.op === "size" ? sizeLatex(added(node.value, 1)) : writing.operand(name).text;
}

/** The places of a slice: from the first to the last entry, both in it. @param {[Dim, Dim][]} index @param {Dim[]} shape */
export function sliceParts(index, shape) {
  return index.map(([start, stop], k) => (start === 0 && stop === shape[k] ? ":" : `${sizeLatex(added(start, 1))}:${sizeLatex(stop)}`));
}

// entries of what is printed

/** Whether an entry of it is made of entries of vectors and of scalars. @param {Writing} writing @param {Node} node */
export function isEntrywise(writing, node) {
  const seen = new Set([node.name]);
  for (const name of seen) {
    const { op, shape, inputs } = writing.node(name);
    if (isDeclared(writing.node(name)) || op === "constant" || !shape.length) continue;
    if (!opOf(op).isElementwise || shape.length !== 1) return false;
    inputs.forEach((i) => seen.add(i));
  }
  return true;
}

/**
 * The entry of an operand at these places, one an axis; what it is made of first, without recursion.
 * @param {Writing} writing @param {string} name @param {string[]} index @returns {Maths}
 */
export function entryLatex(writing, name, index) {
  const done = new Map();
  /** @type {Place[]} */
  const waiting = [[name, index]];
  while (waiting.length) {
    const [own, places] = waiting[waiting.length - 1];
    const node = writing.node(own);
    const read = entriesRead(writing, node, places);
    const missing = (read ?? []).filter((place) => !done.has(keyOf(place)));
    if (missing.length) waiting.push(...missing.reverse());
    else {
      waiting.pop();
      const entries = read?.map((place) => done.get(keyOf(place)));
      done.set(keyOf([own, places]), entries ? entryOf(writing, node, entries) : plainEntry(writing, node, places));
    }
  }
  return done.get(keyOf([name, index]));
}

/**
 * The entries that an entry is made of; null where it is printed by itself.
 * @param {Writing} writing @param {Node} node @param {string[]} index @returns {Place[] | null}
 */
function entriesRead(writing, node, index) {
  if (!node.shape.length || isDeclared(node) || node.op === "constant") return null;
  const read = ENTRY_RULES.get(node.op)?.(writing, node, index);
  if (read) return read;
  if (!opOf(node.op).isElementwise) return null;
  return node.inputs.map((i) => [i, alignedPlaces(index, node.shape, writing.node(i).shape)]);
}

/** @param {Writing} writing @param {Node} node @param {Maths[]} entries those read, at least one @returns {Maths} */
function entryOf(writing, node, entries) {
  if (node.op === "outer") return writing.apply(writing, nodeOf("", "mul"), entries, [0, 0]);
  return ENTRY_RULES.has(node.op) ? entries[0] : writing.apply(writing, node, entries, entries.map(() => 0));
}

/** An entry that no others make up. @param {Writing} writing @param {Node} node @param {string[]} index */
function plainEntry(writing, node, index) {
  const below = joinedPlaces(index);
  if (!node.shape.length) return writing.operand(node.name);
  if (isDeclared(node)) return writing.symbol(node.name, below);
  if (node.op === "constant") return withBelow(arrayLatex(node.value), below);
  if (node.op === "ones" || node.op === "zeros") return numberLatex(node.op === "ones" ? 1 : 0);
  return node.op === "eye" ? new Maths(`\\delta_{${below}}`) : withBelow(writing.operand(node.name), below);
}

/** The places of an operand that is spread over a shape. @param {string[]} index @param {Dim[]} shape @param {Dim[]} own */
function alignedPlaces(index, shape, own) {
  const rest = shape.length - own.length;
  return own.map((size, k) => (size === 1 && shape[rest + k] !== 1 ? "1" : index[rest + k]));
}

/**
 * An entry of a row, or of the entries that a vector of labels names.
 * @param {Writing} writing @param {Node} node @param {string[]} index @returns {Place | null}
 */
export function placePicked(writing, node, index) {
  const [x, t] = node.inputs.map((i) => writing.node(i));
  const place = axesAlong(node, x.shape.length)[0];
  if (t.shape.length > 1 || (t.shape.length && x.shape.length !== 2)) return null;
  const label = t.shape.length ? entryLatex(writing, t.name, index).text : placeLatex(writing, t.name);
  return [x.name, [...index.slice(0, place), label, ...index.slice(place)]];
}

/** What an entry of a row is read from. @type {Map<string, (writing: Writing, node: Node, index: string[]) => Place[] | null>} */
const ENTRY_RULES = new Map(Object.entries({
  transpose(_, node, index) {
    const axes = attributesOf(node).get("axes");
    if (axes === null) return [[node.inputs[0], [...index.slice(0, -2), index[index.length - 1], index[index.length - 2]]]];
    const places = index.slice();
    index.forEach((place, k) => places.splice(axes[k] < 0 ? axes[k] + index.length : axes[k], 1, place));
    return [[node.inputs[0], places]];
  },
  outer: (_, node, index) => (index.length === 2 ? node.inputs.map((name, k) => [name, [index[k]]]) : null),
  fill: (writing, node, index) => [[node.inputs[0], alignedPlaces(index, node.shape, writing.node(node.inputs[0]).shape)]],
  expand(_, node, index) {
    const inserted = axesAlong(node, index.length);
    return [[node.inputs[0], index.filter((place, k) => !inserted.includes(k))]];
  },
  pick(writing, node, index) {
    const place = placePicked(writing, node, index);
    return place && [place];
  },
}));
