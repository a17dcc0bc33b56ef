// A question "what is the error signal of this variable", its truth, and the random points at which answers are compared with it.
//
// A point will do where the forward pass and the truth are finite; those are kept that show a new side of a kink, and those where the truth
// is nowhere 0. Leaves are drawn of size 1, positive, between 0 and 1, tiny, large, and near the document's own values.

import { A1vizError, assert, freeName } from "./base.js";
import { namesOf, sizeOf } from "./sizes.js";
import { documentOf, isDeclared, isLeaf, withOutputs } from "./nodes.js";
import { tensorFrom } from "./tensors.js";
import { prepare } from "./execution.js";
import { Builder } from "./building.js";
import { finish, joinedErrors, readEquations } from "./equations.js";
import { stable } from "./rewriting.js";
import { expressionText } from "./expression_text.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {Map<string, any>} Values arrays by name */
/** @typedef {{graph: Graph, used: string[], shape: any[], outputs: string[]}} Answer an answer as a graph of its own, and what it reads */

// points that are compared at least, those that are tried at most, and those that kinks may ask for besides
const [POINTS, MOST_TRIES, MOST_POINTS] = [8, 120, 20];
// of two arrays that are taken for equal, relative
export const NEAR_ENOUGH = 1e-9;
export const MOST_TRIED = 12000;
// by how much what an answer reads is moved, to see how much its rounding matters
const ROUNDING = 2 ** -46;
// how many times as far an answer may be off as the truth is, computed in another way
const NOISE = 16;
// points at least at which rounding does not matter
const SURE_POINTS = 3;
// operators that jump: points on both sides of each are wanted
const JUMPS = new Set(["step", "threshold", "greater", "at_least", "less", "at_most", "equal", "not_equal", "sign", "is_max", "argmax"]);
/** @type {((random: () => number) => number)[]} */
const DRAWS = [
  (random) => 2 * random() - 1, (random) => 0.2 + 1.8 * random(), (random) => 6 * random() - 3,
  (random) => random(), (random) => 0.002 * random() - 0.001, (random) => 40 * random() - 20,
];
const DOTTED_NAME = /[A-Za-z_]\w*(?:\.\w+)*/g;

/** A graph with the error signal `bar` that is asked for. */
export class Question {
  /** @param {Graph} joint @param {string} bar @param {Graph | null} [raw] the same derivative, as the rules give it */
  constructor(joint, bar, raw = null) {
    this.joint = joint;
    this.raw = raw?.has(bar) ? raw : null;
    this.bar = bar;
    this.wanted = joint.node(bar).shape;
    this.named = joint.nodes.filter((node) => isDeclared(node) && node.op !== "size");
    /** @type {Set<string>} what is made of the asked one */
    this.below = new Set([bar]);
    for (const node of joint.nodes) if (node.inputs.some((i) => this.below.has(i))) this.below.add(node.name);
    /** @type {Map<string, string>} names that the language cannot spell, each with one that it can */
    this.spelt = new Map();
    const taken = new Set(joint.byName.keys());
    for (const { name } of this.named) {
      if (/^[A-Za-z_]\w*$/.test(name)) continue;
      const own = freeName(name.replace(/\W/g, "_"), taken);
      taken.add(own);
      this.spelt.set(name, own);
    }
    const source = joint.once("points", () => new PointSource(joint));
    this.sizes = new Map(source.sizes);
    for (const [letter, size] of source.sizes) {
      if (!letter.includes(".")) continue;
      this.spelt.set(letter, freeName(letter.replace(/\W/g, "_"), taken));
      this.sizes.set(/** @type {string} */ (this.spelt.get(letter)), size);
    }
    this.owners = new Map([...this.spelt].map(([name, own]) => [own, name]));
    this.units = unitVectors(this.named, joint);
    this.answer = freeName("answer", joint);
    // how many characters of changed answers may still be tried: the page waits for it
    this.trials = MOST_TRIED;
    this.source = source;
    this.points = joint.once(`points of ${bar}`, () => source.pointsOf(bar));
    /** @type {number[][]} */
    this.truth = this.points.map((values) => everyNumber(values.get(bar)));
    this.isZero = this.truth.every((numbers) => numbers.every((x) => x === 0));
  }

  /** A text with names that the language can read. @param {string} text */
  spelling(text) {
    if (!this.spelt.size) return text;
    return text.replace(DOTTED_NAME, (whole) => {
      for (let end = whole.length; end > 0; end = whole.lastIndexOf(".", end - 1)) {
        const own = this.spelt.get(whole.slice(0, end));
        if (own) return own + whole.slice(end);
      }
      return whole;
    });
  }

  /** A text with the graph's own names. @param {string} text */
  naming(text) {
    return this.spelt.size ? text.replace(/[A-Za-z_]\w*/g, (word) => this.owners.get(word) ?? word) : text;
  }

  /** Whether a word of an answer is a variable of the question. @param {string} word */
  node(word) {
    const node = this.joint.byName.get(this.owners.get(word) ?? word);
    return node && isDeclared(node) ? node : undefined;
  }

  /** A text with a unit vector where the derivation scatters a 1. @param {string} text */
  withUnits(text) {
    return text.replace(/\bscatter\(1, (\w+), \w+\)/g, (whole, label) => (this.units.has(`e_${label}`) ? `e_${label}` : whole));
  }

  /** The value of a unit vector such as `e_t`, of several classes one in each row. @param {string} word @param {Values} point */
  unitVector(word, point) {
    const label = /** @type {import("./nodes.js").Node} */ (this.units.get(word));
    const { shape, data } = point.get(label.name);
    const size = knownSize(label.value, this.sizes);
    const rows = Float64Array.from({ length: data.length * size }, (_, k) => Number(data[Math.floor(k / size)] === k % size));
    return { shape: [...shape, size], data: rows };
  }

  /** An answer as a graph of its own, whose leaves are the variables and error signals of the question. @param {string} text @param {string[]} [parts] @returns {Answer} */
  read(text, parts = []) {
    const builder = new Builder();
    const words = new Set([text, ...parts].flatMap((line) => line.match(/[A-Za-z_]\w*/g) ?? []));
    const leaves = this.named.map((node) => ({ node, word: this.spelt.get(node.name) ?? node.name })).filter(({ word }) => words.has(word));
    for (const { node, word } of leaves) builder.leaf(word, node.op === "label" ? "label" : "input", node.shape, node.op === "label" ? node.value : null);
    for (const [word, { shape, value }] of this.units) if (words.has(word)) builder.leaf(word, "input", [...shape, value], null);
    const lines = [`${this.answer} = ${text}`, ...parts.map((part, k) => `${this.answer}${k + 1} = ${part}`)];
    const outputs = lines.map((line) => line.split(" ")[0]);
    /** @type {import("./base.js").EquationError[]} */
    const problems = [];
    const targets = readEquations(lines.join("\n"), builder, problems, this.sizes.keys());
    if (problems.length) throw joinedErrors(problems);
    const graph = finish(builder, "answer", targets, documentOf({ symbols: this.joint.document.symbols }), outputs);
    const used = leaves.filter(({ word }) => (graph.uses.get(word) ?? []).length > 0).map(({ node }) => node.name);
    return { graph, used, shape: graph.node(this.answer).shape, outputs };
  }

  /** The values of an answer's outputs at every point, by output and point. @param {Answer} answer @param {(value: any) => any} [changed] what it is given @returns {number[][][]} */
  valuesOf({ graph, outputs }, changed = (value) => value) {
    const plan = prepare(stable(graph), knownSize);
    const found = this.points.map((point) => {
      const valueOf = (/** @type {string} */ name) => (this.units.has(name) ? this.unitVector(name, point) : point.get(this.owners.get(name) ?? name));
      const given = new Map(graph.leaves.map(({ name, op }) => [name, (op === "label" ? (/** @type {any} */ x) => x : changed)(valueOf(name))]));
      const values = plan.run(given, this.sizes);
      return outputs.map((name) => everyNumber(values.get(name)));
    });
    return outputs.map((_, k) => found.map((row) => row[k]));
  }

  /**
   * Whether the values of an answer are the truth. Where they are not, they may still be as near as rounding allows, as of log(1 - y) where y is
   * nearly 1, or where the truth itself is a small difference of large terms: at a few points that must not matter.
   * @param {Answer} answer @param {number[][]} mine
   */
  isRight(answer, mine) {
    if (areNear(mine, this.truth)) return true;
    const random = randomOf(1);
    const other = this.valuesOf(answer, (value) => moved(value, random))[0];
    const { raw } = this;
    const noise = this.joint.once(`noise of ${this.bar}`, () => (raw ? this.points.map((point) => this.source.again(point, raw, this.bar)) : this.truth));
    const slack = other.map((numbers, k) => distance(numbers, mine[k]) + NOISE * distance(noise[k], this.truth[k]));
    const sure = slack.filter((size, k) => size <= NEAR_ENOUGH * Math.max(largest(this.truth[k]), largest(mine[k])));
    return sure.length >= Math.min(SURE_POINTS, slack.length) && areNear(mine, this.truth, slack);
  }

  /** Whether an answer that may not even be readable equals the truth. @param {string} text */
  isTrue(text) {
    return this.points.length > 0 && areNear(this.tried(text), this.truth);
  }

  /** The values of an answer that may not even be readable, or have another shape: none then. @param {string} text @returns {number[][]} */
  tried(text) {
    this.trials -= text.length;
    if (this.trials < 0) return [];
    try {
      const answer = this.read(text);
      return areShapesEqual(answer.shape, this.wanted) ? this.valuesOf(answer)[0] : [];
    } catch (error) {
      if (!(error instanceof A1vizError)) throw error;
      return [];
    }
  }

  /** The right side of the derivation's own equation, where the language can spell it; else nothing. */
  get solution() {
    return this.joint.once(`text of ${this.bar}`, () => {
      const text = this.spelling(expressionText(this.joint, this.bar, { columns: true }));
      return this.tried(text).length ? text : "";
    });
  }
}

/** Random leaves of a graph, and what follows from them; run once for all questions about it. */
class PointSource {
  /** @param {Graph} joint */
  constructor(joint) {
    this.joint = joint;
    const graph = stable(withOutputs(joint, joint.declaredNames));
    this.jumps = graph.nodes.filter((node) => JUMPS.has(node.op)).map((node) => node.name);
    this.plan = prepare(graph, knownSize);
    this.sizes = sizesFor(joint);
    /** @type {{values: Values, sides: string[], isFinite: boolean}[]} */
    this.tries = [];
    /** @type {Map<Values, Values>} the leaves of each */
    this.leaves = new Map();
  }

  /** The values and the sides of kinks of one try. @param {number} k */
  at(k) {
    for (let next = this.tries.length; next <= k; next += 1) this.tries.push(this.tryOf(next));
    return this.tries[k];
  }

  /** @param {number} k */
  tryOf(k) {
    const random = randomOf(k + 1);
    const { values: own } = this.joint.document;
    const given = new Map();
    this.joint.leaves.forEach((node, j) => {
      const shape = node.shape.map((dim) => knownSize(dim, this.sizes));
      const draw = DRAWS[(k < 2 * DRAWS.length ? k : k + Math.floor(random() * DRAWS.length) + j) % DRAWS.length];
      const near = k % 4 === 3 && own.has(node.name) ? tensorFrom(own.get(node.name)) : undefined;
      if (node.op === "label") given.set(node.name, filledArray(shape, () => Math.floor(random() * Math.min(knownSize(node.value, this.sizes), 1e6))));
      else if (near && areShapesEqual(near.shape, shape)) given.set(node.name, { shape, data: near.data.map((x) => x * (0.9 + 0.2 * random())) });
      else given.set(node.name, filledArray(shape, () => draw(random)));
    });
    const found = this.plan.run(given, this.sizes);
    const sides = this.jumps.flatMap((name) => everyNumber(found.get(name)).map((x, i) => `${name} ${i} ${x}`));
    const isFinite = [...found.values()].every((value) => value.data.every(Number.isFinite));
    const values = new Map(this.joint.declaredNames.map((name) => [name, copyOfArray(found.get(name))]));
    this.leaves.set(values, given);
    return { values, sides, isFinite };
  }

  /** A variable once more at a point, computed by another graph of the same leaves: what differs is noise. @param {Values} point @param {Graph} other @param {string} name @returns {number[]} */
  again(point, other, name) {
    const plan = other.once("plan of all", () => prepare(stable(withOutputs(other, other.declaredNames)), knownSize));
    return everyNumber(plan.run(new Map(this.leaves.get(point)), this.sizes).get(name));
  }

  /** The points at which answers are compared; masks may hold an infinity where no others are found. @param {string} bar @returns {Values[]} */
  pointsOf(bar) {
    const strict = this.chosen(bar, (one) => one.isFinite);
    if (strict.length) return strict;
    const isNumber = (/** @type {any} */ { data }) => !data.some(Number.isNaN);
    return this.chosen(bar, ({ values }) => values.get(bar).data.every(Number.isFinite) && [...values.values()].every(isNumber));
  }

  /** @param {string} bar @param {(one: any) => boolean} fits @returns {Values[]} */
  chosen(bar, fits) {
    const [seen, kept, rest] = [new Set(), /** @type {Values[]} */ ([]), /** @type {Values[]} */ ([])];
    let full = 0;
    for (let k = 0; k < MOST_TRIES && kept.length < MOST_POINTS && kept.length + rest.length < 2 * MOST_POINTS; k += 1) {
      const found = this.at(k);
      if (!fits(found)) continue;
      const fresh = found.sides.filter((side) => !seen.has(side));
      const isFull = full < POINTS && everyNumber(found.values.get(bar)).every((x) => x !== 0);
      full += Number(isFull);
      for (const side of fresh) seen.add(side);
      (fresh.length || isFull ? kept : rest).push(found.values);
    }
    return [...kept, ...rest].slice(0, Math.max(POINTS, kept.length));
  }
}

/** What may be typed for the unit vector of each class, such as `e_t`, with its label, where no variable has that name. @param {import("./nodes.js").Node[]} named @param {Graph} graph */
function unitVectors(named, graph) {
  const labels = named.filter(({ name, op }) => op === "label" && /^\w+$/.test(name) && !graph.has(`e_${name}`));
  return new Map(labels.map((node) => [`e_${node.name}`, node]));
}

/** A size that is known. @param {import("./nodes.js").Dim} dim @param {Map<string, number>} sizes @returns {number} */
function knownSize(dim, sizes) {
  const size = typeof dim === "number" ? dim : sizes.get(dim) ?? sizeOf(dim, sizes);
  assert(size !== undefined, `the size ${dim}`);
  return /** @type {number} */ (size);
}

/** A size for every letter: the document's, else small ones that all differ. @param {Graph} graph @returns {Map<string, number>} */
export function sizesFor(graph) {
  const sizes = new Map(graph.document.sizes);
  let next = 3;
  for (const node of graph.nodes.filter((one) => isLeaf(one) && one.op !== "constant")) {
    for (const letter of [...node.shape, ...(node.op === "label" || node.op === "size" ? [node.value] : [])].flatMap(namesOf)) {
      if (sizes.has(letter)) continue;
      sizes.set(letter, next);
      next = next === 7 ? 3 : next + 1;
    }
  }
  return sizes;
}

/** Random numbers from 0 to 1 (mulberry32). @param {number} seed */
export function randomOf(seed) {
  let state = Math.imul(seed, 7919) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {number[]} shape @param {() => number} draw */
function filledArray(shape, draw) {
  return { shape, data: Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, draw) };
}

/** The next run writes over the arrays of this one. @param {any} value */
function copyOfArray({ shape, data }) {
  return { shape: [...shape], data: Float64Array.from(data) };
}

/** The same numbers, but for a rounding. @param {any} value @param {() => number} random */
function moved({ shape, data }, random) {
  return { shape, data: data.map((/** @type {number} */ x) => x * (1 + (random() - 0.5) * ROUNDING)) };
}

/** The largest difference of two lists. @param {number[]} a @param {number[]} b */
function distance(a, b) {
  return largest(a.map((x, k) => x - b[k]));
}

/** @param {any} value an array of the engine @returns {number[]} */
function everyNumber(value) {
  return Array.from(value.data);
}

/** @param {any[]} a @param {any[]} b */
export function areShapesEqual(a, b) {
  return a.length === b.length && a.every((size, k) => size === b[k]);
}

/** Whether values are equal at every point; where they are tiny beside other points, rounding is allowed for. @param {number[][]} a @param {number[][]} b @param {number[]} [slack] allowed besides */
export function areNear(a, b, slack = []) {
  const typical = Math.max(b.map(largest).sort((one, other) => one - other)[b.length >> 1] ?? 0, 1e-300);
  return a.length === b.length && a.every((numbers, k) => {
    const size = Math.max(largest(b[k]), largest(numbers), typical * 1e-6);
    return numbers.length === b[k].length && numbers.every((x, i) => Number.isFinite(x) && Math.abs(x - b[k][i]) <= NEAR_ENOUGH * size + (slack[k] ?? 0));
  });
}

/** @param {number[]} numbers */
function largest(numbers) {
  return numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
