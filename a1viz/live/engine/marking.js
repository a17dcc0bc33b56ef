// Whether a reader's own derivation is right, and if not, what is wrong with it.
//
// An answer is read by the language's own reader and run beside the truth at random points: where everything is finite, on both sides of
// every kink, and where the truth is not all zero. A wrong one is compared term by term, then with the answers one small change away.

import { A1vizError, counted, freeName, keyOf } from "./base.js";
import { sizeOf } from "./sizes.js";
import { isDeclared, withOutputs } from "./nodes.js";
import { described } from "./shapes.js";
import { prepare } from "./execution.js";
import { expressionOf } from "./expressions.js";
import { parse } from "./equations.js";
import { stable } from "./rewriting.js";
import { cotangentNames } from "./autodiff.js";
import { jointGraph } from "./derivation.js";
import { expressionText } from "./expression_text.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {{right: boolean, say: string, kind: string}} Verdict kind: right, unread, circular, shape, undefined, wrong */
/** @typedef {Map<string, any>} Point values of leaves */

// of two numbers that are taken for equal, relative
const NEAR_ENOUGH = 1e-9;
// points that are compared at least, those that are tried at most, and those that kinks may ask for besides
const [POINTS, MOST_TRIES, MOST_POINTS] = [4, 200, 12];
// operators that jump: points on both sides of each are wanted
const JUMPS = new Set(["step", "threshold", "greater", "at_least", "less", "at_most", "equal", "not_equal", "sign", "is_max", "argmax"]);
const ERROR_SIGNAL = /_bar\d*(_total)?$/;
// how often one small change of an answer is tried
const CHANGES = 120;

/** Marks an answer to "what is the cotangent of this variable". @param {Graph} graph @param {string} variable @param {string} answer @returns {Verdict} */
export function mark(graph, variable, answer) {
  const joint = jointGraph(graph, false);
  const bar = cotangentNames(graph, joint).get(graph.node(variable).name);
  if (bar === undefined) return verdictOf("undefined", `${variable} has no derivative`);
  const text = rightSide(answer, bar);
  const trial = new Trial(joint, bar);
  try {
    const read = trial.read(text);
    const circular = read.used.find((name) => trial.below.has(name));
    if (circular !== undefined) return verdictOf("circular", circularText(circular, bar, variable));
    const wanted = joint.node(bar).shape;
    if (!sameShape(read.shape, wanted)) return verdictOf("shape", shapeFault(trial, text, read.shape, variable, wanted));
    return trial.points.length ? compared(trial, read, text) : verdictOf("undefined", "no random point was found where the graph is finite");
  } catch (error) {
    if (!(error instanceof A1vizError)) throw error;
    return verdictOf("unread", error.message.replace(/^line 1, /, ""));
  }
}

/** @param {string} kind @param {string} say @returns {Verdict} */
function verdictOf(kind, say) {
  return { right: kind === "right", say, kind };
}

/** What stands right of an answer's own `x_bar =`, signs of papers as the language writes them. @param {string} answer @param {string} bar */
function rightSide(answer, bar) {
  const plain = answer.normalize("NFD").replace(/(\w+)\u0304/g, "$1_bar").replace(/[⊤ᵀ]/g, ".T").replace(/[·∘⊙×]/g, "*").replace(/−/g, "-").trim();
  const [left, ...rest] = plain.split("=");
  return rest.length === 1 && left.trim() === bar ? rest[0].trim() : plain;
}

/** @param {any[]} a @param {any[]} b */
function sameShape(a, b) {
  return a.length === b.length && a.every((size, k) => size === b[k]);
}

/** @param {string} name @param {string} bar @param {string} variable */
function circularText(name, bar, variable) {
  if (name === bar) return `${bar} is what is asked for; write it by the error signals of the variables that use ${variable}`;
  return `${name} is made of ${bar}, which is what is asked for`;
}

/** A graph with its truth, and the points at which answers are compared; made once a question. */
class Trial {
  /** @param {Graph} joint @param {string} bar */
  constructor(joint, bar) {
    this.joint = joint;
    this.bar = bar;
    this.names = joint.nodes.filter((node) => isDeclared(node) && /^[A-Za-z_]\w*$/.test(node.name) && node.op !== "size");
    this.below = new Set([bar]);
    for (const node of joint.nodes) if (node.inputs.some((i) => this.below.has(i))) this.below.add(node.name);
    this.sizes = sizesFor(joint);
    this.leaves = new Map(this.names.map((node) => [node.name, leafOf(node)]));
    this.answer = freeName("answer", joint);
    this.graph = joint.once("graph that runs", () => stable(withOutputs(joint, joint.declaredNames)));
    this.plan = joint.once("plan", () => prepare(this.graph, sizeOf));
    this.points = joint.once(`points of ${bar}`, () => this.findPoints());
    this.isZero = this.points.every((point) => everyNumber(point.values.get(bar)).every((x) => x === 0));
  }

  /** The leaves as random numbers, the same for the same seed. @param {number} seed @returns {Point} */
  leavesAt(seed) {
    const random = randomOf(seed);
    const found = new Map();
    for (const node of this.joint.leaves) {
      const shape = node.shape.map((dim) => sizeOf(dim, this.sizes));
      const draw = node.op === "label" ? () => Math.floor(random() * Math.min(classesOfLabel(node, this.sizes), 1e6)) : DRAWS[seed % 3](random);
      found.set(node.name, filled(shape, draw));
    }
    return found;
  }

  /** Points where everything is finite: those that show a new side of a kink, and those where the truth is nowhere 0. */
  findPoints() {
    const jumps = this.graph.nodes.filter((node) => JUMPS.has(node.op)).map((node) => node.name);
    const [seen, kept, rest] = [new Set(), /** @type {any[]} */ ([]), /** @type {any[]} */ ([])];
    for (let seed = 1; seed <= MOST_TRIES && kept.length < MOST_POINTS && kept.length + rest.length < 5 * MOST_POINTS; seed += 1) {
      const found = this.plan.run(this.leavesAt(seed), this.sizes);
      const values = new Map(this.joint.declaredNames.map((name) => [name, copyOfArray(found.get(name))]));
      if (![...found.values()].every((value) => everyNumber(value).every(Number.isFinite))) continue;
      const sides = jumps.flatMap((name) => everyNumber(found.get(name)).map((x, k) => `${name} ${k} ${x}`)).filter((side) => !seen.has(side));
      const isFull = everyNumber(values.get(this.bar)).every((x) => x !== 0);
      const isKept = sides.length > 0 || (isFull && kept.filter((point) => point.isFull).length < POINTS);
      for (const side of sides) seen.add(side);
      (isKept ? kept : rest).push({ values, isFull });
    }
    return [...kept, ...rest].slice(0, Math.max(POINTS, kept.length));
  }

  /** An answer as a graph of its own, whose leaves are the variables and error signals of the question. @param {string} text @param {string[]} [parts] */
  read(text, parts = []) {
    const lines = [`${this.answer} = ${text}`, ...parts.map((part, k) => `${this.answer}${k + 1} = ${part}`)];
    const outputs = lines.map((line) => line.split(" ")[0]);
    const graph = parse(lines.join("\n"), this.leaves, { outputs });
    const used = this.names.map((node) => node.name).filter((name) => (graph.uses.get(name) ?? []).length > 0);
    return { graph, used, shape: graph.node(this.answer).shape, outputs };
  }

  /** The values of an answer's outputs at every point. @param {{graph: Graph, outputs: string[]}} read @returns {number[][][]} by output and point */
  valuesOf(read) {
    const plan = prepare(stable(read.graph), sizeOf);
    const found = this.points.map((point) => {
      const given = new Map(read.graph.leaves.map((leaf) => [leaf.name, point.values.get(leaf.name)]));
      const values = plan.run(given, this.sizes);
      return read.outputs.map((name) => everyNumber(values.get(name)));
    });
    return read.outputs.map((_, k) => found.map((outputs) => outputs[k]));
  }

  /** The truth at every point. */
  get truth() {
    return this.points.map((point) => everyNumber(point.values.get(this.bar)));
  }

  /** Whether an answer that may not even be readable equals the truth. @param {string} text */
  isTrue(text) {
    try {
      const read = this.read(text);
      return sameShape(read.shape, this.joint.node(this.bar).shape) && areNear(this.valuesOf(read)[0], this.truth);
    } catch (error) {
      if (!(error instanceof A1vizError)) throw error;
      return false;
    }
  }
}

const DRAWS = [
  (/** @type {() => number} */ random) => () => 2 * random() - 1,
  (/** @type {() => number} */ random) => () => 0.2 + 1.8 * random(),
  (/** @type {() => number} */ random) => () => 6 * random() - 3,
];

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

/** @param {number[]} shape @param {() => number} draw @returns {any} */
function filled([size, ...rest], draw) {
  return size === undefined ? draw() : Array.from({ length: size }, () => filled(rest, draw));
}

/** The next run writes over the arrays of this one. @param {any} value */
function copyOfArray({ shape, data }) {
  return { shape: [...shape], data: Float64Array.from(data) };
}

/** @param {any} value an array of the engine @returns {number[]} */
function everyNumber(value) {
  return Array.from(value.data);
}

/** @param {Node} node @param {Map<string, number>} sizes */
function classesOfLabel(node, sizes) {
  return sizeOf(node.value, sizes);
}

/** A size for every letter: the document's, else small ones that all differ. @param {Graph} graph @returns {Map<string, number>} */
export function sizesFor(graph) {
  const sizes = new Map(graph.document.sizes);
  let next = 2;
  for (const node of graph.leaves) {
    for (const dim of [...node.shape, ...(node.op === "label" ? [node.value] : [])]) {
      for (const letter of String(dim).match(/[A-Za-z_][\w.]*/g) ?? []) {
        if (!sizes.has(letter)) {
          sizes.set(letter, next);
          next = next === 6 ? 2 : next + 1;
        }
      }
    }
  }
  return sizes;
}

/** A variable as the leaf of an answer. @param {Node} node */
function leafOf(node) {
  return node.op === "label" ? { class: node.value, shape: node.shape } : node.shape;
}

// --- what is wrong --------------------------------------------------------------------------------------------------

/** @param {Trial} trial @param {any} read @param {string} text @returns {Verdict} */
function compared(trial, read, text) {
  const [mine, truth] = [trial.valuesOf(read)[0], trial.truth];
  if (!mine.flat().every(Number.isFinite)) return verdictOf("undefined", "the answer is not finite where the graph is");
  if (areNear(mine, truth)) return verdictOf("right", trial.isZero ? "right: this gradient is 0 wherever it was tried" : "right");
  if (trial.isZero) return verdictOf("wrong", `this gradient is 0 wherever it was tried, but the answer is not`);
  const [terms, isWhole] = termsText(trial, text);
  return verdictOf("wrong", (isWhole && terms) || changeText(trial, text) || terms || ratioText(mine, truth, "the answer") || "the shape is right, the values are not");
}

/** @param {number[][]} a @param {number[][]} b at each point */
function areNear(a, b) {
  const most = Math.max(...b.flat().map(Math.abs), 1e-300);
  return a.every((numbers, k) => {
    const size = Math.max(norm(b[k]), norm(numbers), most * 1e-6);
    return numbers.length === b[k].length && norm(numbers.map((x, i) => x - b[k][i])) <= NEAR_ENOUGH * size;
  });
}

/** @param {number[]} numbers */
function norm(numbers) {
  return Math.hypot(...numbers);
}

/** The one number that `a` is of `b` at every point, or 0. @param {number[][]} a @param {number[][]} b */
function ratioOf(a, b) {
  const [mine, other] = [a.flat(), b.flat()];
  if (mine.length !== other.length) return 0;
  const below = other.reduce((sum, x) => sum + x * x, 0);
  const ratio = below ? mine.reduce((sum, x, k) => sum + x * other[k], 0) / below : 0;
  return Math.abs(ratio) > NEAR_ENOUGH && areNear(a, b.map((numbers) => numbers.map((x) => ratio * x))) ? ratio : 0;
}

/** @param {number[][]} mine @param {number[][]} truth @param {string} what */
function ratioText(mine, truth, what) {
  const ratio = ratioOf(mine, truth);
  if (!ratio) return "";
  if (Math.abs(ratio + 1) < NEAR_ENOUGH) return `the sign of ${what} is wrong`;
  return `${what} is ${Number(ratio.toPrecision(6))} times what it should be`;
}

/** The terms that an expression is the sum of, as texts. @param {string} text @returns {string[]} */
function termsOfAnswer(text) {
  /** @type {string[]} */
  const found = [];
  /** @type {[any, number][]} */
  const waiting = [[expressionOf(text), 1]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, sign] = next;
    if (node.kind === "infix" && (node.word === "+" || node.word === "-")) {
      waiting.push([node.operands[1], node.word === "-" ? -sign : sign], [node.operands[0], sign]);
    } else if (node.kind === "prefix") waiting.push([node.operands[0], node.word === "-" ? -sign : sign]);
    else found.push((sign < 0 ? "-" : "") + sliceOf(text, node));
  }
  return found;
}

/** A part of a text, with the brackets that it needs. @param {string} text @param {any} node */
function sliceOf(text, node) {
  let [start, end] = [node.start, node.end];
  const isOpen = () => [...text.slice(start, end)].reduce((depth, c) => depth + Number("([".includes(c)) - Number(")]".includes(c)), 0);
  while (isOpen() < 0 && start > 0) start -= 1;
  while (isOpen() > 0 && end < text.length) end += 1;
  return text.slice(start, end);
}

/** Which terms are found, which are wrong, and which paths are missing; and whether that explains all. @param {Trial} trial @param {string} text @returns {[string, boolean]} */
function termsText(trial, text) {
  const truthText = trueText(trial);
  if (!truthText) return ["", false];
  const [mine, true_] = [termsOfAnswer(text), termsOfAnswer(truthText)];
  if (mine.length + true_.length > 40) return ["", false];
  const own = trial.valuesOf(trial.read(text, mine)).slice(1);
  const wanted = trial.valuesOf(trial.read(truthText, true_)).slice(1);
  const left = new Set(true_.keys());
  const open = [...mine.keys()].filter((j) => !takeFirst(left, (i) => areNear(own[j], wanted[i])));
  const said = [];
  const found = true_.length - left.size;
  if (true_.length > 1) said.push(`${found} of ${counted(true_.length, "terms")} found`);
  let isWhole = true;
  for (const j of open) {
    const i = takeFirst(left, (k) => ratioOf(own[j], wanted[k]) !== 0);
    isWhole &&= i > 0;
    if (i) said.push(ratioText(own[j], wanted[i - 1], mine[j]));
    else {
      const near = takeFirst(left, (k) => keyOf(pathsOf(trial, true_[k])) === keyOf(pathsOf(trial, mine[j])));
      said.push(near ? nearText(trial, mine[j], true_[near - 1]) : `${mine[j]} is not a term of the answer`);
    }
  }
  for (const i of left) said.push(missingText(trial, true_[i]));
  return [said.join("; "), isWhole];
}

/** The first of some numbers that fits, counted from 1, taken out; 0 where none does. @param {Set<number>} left @param {(k: number) => boolean} fits */
function takeFirst(left, fits) {
  for (const k of left) {
    if (fits(k)) {
      left.delete(k);
      return k + 1;
    }
  }
  return 0;
}

/** The variables that a term reads. @param {Trial} trial @param {string} term */
function readBy(trial, term) {
  return [...new Set(term.match(/[A-Za-z_]\w*/g) ?? [])].filter((name) => trial.leaves.has(name));
}

/** The variables through whose error signals a term comes. @param {Trial} trial @param {string} term */
function pathsOf(trial, term) {
  return readBy(trial, term).filter((name) => ERROR_SIGNAL.test(name)).map((name) => name.replace(ERROR_SIGNAL, "")).sort();
}

/** What a term lacks beside the right one with the same path. @param {Trial} trial @param {string} term @param {string} right */
function nearText(trial, term, right) {
  const [own, wanted] = [readBy(trial, term), readBy(trial, right)];
  const [more, less] = [wanted.filter((name) => !own.includes(name)), own.filter((name) => !wanted.includes(name))];
  if (!more.length && !less.length) return `${term} is made of the right variables, but not in the right way`;
  const said = [...(more.length ? [`it has to depend on ${more.join(" and ")} too`] : []), ...(less.length ? [`not on ${less.join(" and ")}`] : [])];
  return `${term} is not right: ${said.join(", ").replace(/^not/, "it does not depend")}`;
}

/** @param {Trial} trial @param {string} term */
function missingText(trial, term) {
  const paths = pathsOf(trial, term);
  return paths.length ? `the path through ${paths.join(" and ")} is missing` : "a term that comes from the loss itself is missing";
}

/** The right side of the derivation's own equation, where the language can spell it. @param {Trial} trial */
function trueText(trial) {
  const graph = trial.joint;
  const text = graph.once(`text of ${trial.bar}`, () => expressionText(graph, trial.bar, { columns: true }));
  return text.includes("...") || /\w\.(?!T\b)\w/.test(text.replace(/\d\.\d/g, "")) ? "" : text;
}

/** What one small change would make right: a sign, a transpose, + for *. @param {Trial} trial @param {string} text */
function changeText(trial, text) {
  for (const [changed, say] of changesOf(trial, text).slice(0, CHANGES)) if (trial.isTrue(changed)) return say;
  return "";
}

/** @param {Trial} trial @param {string} text @returns {[string, string][]} a changed answer, and what to say where it is right */
function changesOf(trial, text) {
  /** @type {[string, string][]} */
  const found = [[`-(${text})`, "the sign of the answer is wrong"]];
  for (const match of text.matchAll(/\*\*|[-+*/@]|\.T\b|[A-Za-z_]\w*/g)) {
    const [word, at] = [match[0], match.index ?? 0];
    const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
    if (word === ".T") found.push([before + after, `${before.match(/[\w)\]]+$/)?.[0] ?? "a factor"} is transposed, and should not be`]);
    else if (trial.leaves.has(word) && (trial.joint.byName.get(word)?.shape.length ?? 0) > 1 && !after.startsWith(".T")) {
      found.push([`${before}${word}.T${after}`, `${word} has to be transposed: ${word}.T`]);
    } else for (const other of OTHERS[word] ?? []) found.push([`${before}${other}${after}`, signText(word, other, before, after)]);
  }
  for (const match of text.matchAll(/outer\(([^,()]+), ([^,()]+)\)/g)) {
    const [whole, a, b, at] = [match[0], match[1], match[2], match.index ?? 0];
    const turned = `outer(${b}, ${a})`;
    found.push([text.slice(0, at) + turned + text.slice(at + whole.length), `${whole} is the wrong way round: ${turned}`]);
  }
  return found;
}

/** @type {Record<string, string[]>} */
const OTHERS = { "+": ["-", "*"], "-": ["+"], "*": ["+", "@", "/"], "/": ["*"], "@": ["*"] };

/** @param {string} word @param {string} other @param {string} before @param {string} after */
function signText(word, other, before, after) {
  const [left, right] = [before.match(/[\w.)\]]+\s*$/)?.[0].trim() ?? "", after.match(/^\s*[-\w.([]+/)?.[0].trim() ?? ""];
  if ((word === "+" || word === "-") && other !== "*") return `the sign in front of ${right} is wrong: it should be ${other}`;
  return `${left} ${word} ${right} should be ${left} ${other} ${right}`;
}

/** @param {Trial} trial @param {string} text @param {any[]} shape @param {string} variable @param {any[]} wanted */
function shapeFault(trial, text, shape, variable, wanted) {
  const said = `this is ${described(shape)} and ${variable} is ${described(wanted)}: a gradient has the shape of its variable`;
  const isTurned = shape.length === 2 && sameShape([...shape].reverse(), wanted);
  return isTurned && trial.isTrue(`(${text}).T`) ? `${said}; transposed it would be right` : said;
}
