// Leaves of a typed text that are not declared: whether each is an input, a parameter or a label, and of which shape, guessed from its
// name and its use. Ranks are changed one by one as long as the text gets likelier; sizes that must be equal are, all others are small.

import { EquationError } from "./base.js";
import { OPS } from "./operators.js";
import { CONSTANTS, attributeOfTree } from "./literals.js";
import { applicationOf } from "./applications.js";
import { INDEX_PLACES } from "./entries.js";
import { BIAS_NAME, UnknownShapes } from "./unknown_shapes.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./syntax.js").Equation} Equation */
/** @typedef {import("./unknown_shapes.js").GuessStep} GuessStep */
/** @typedef {{kind: string, shape: Dim[], class?: Dim}} Leaf */

// sizes that nothing says, in turn; where those do not go with one another, the next
const USUAL_SIZES = [[3, 4, 5, 2], [4], [2]];
// pieces of syntax that are gone through, at most
const GUESSING_STEPS = 60000;
const MOST_AXES = 5;
const SCALAR_NAME = /^(d|k|n|alpha|lam|lambda|tau|eta|eps|rho|lr|rate|temperature|sigma|margin|step|scale)$/;
const PLURAL_NAME = /^([a-z]+[^s\W_]s|t_?s)$/;
const PARAMETER_NAME = /^([A-Z](?![a-z])|(w|b|c|beta|gamma|theta|phi|bias|kernel|weight)(?=[_\d]|s?$))/;
const DATA_NAME = /^[XYTMAS](_|\d|$)/;
const LOSS_NAME = /^(J|L|E|loss|cost|nll|mse)(_|\d|$)/;

/** The names of sizes in a text: every name that stands where only a size can, unless it is a variable. @augments {Set<string>} */
class SizeNames extends Set {
  /** @param {Set<string>} variables */
  constructor(variables) {
    super();
    this.variables = variables;
  }

  /** @param {string} name */
  has(name) {
    if (this.variables && !this.variables.has(name)) this.add(name);
    return super.has(name);
  }
}

/**
 * What the leaves of equations are that the reader has not declared, and how large the sizes are that have names.
 * @param {Equation[]} statements @param {Map<string, Leaf>} [declared]
 * @returns {{leaves: Map<string, Leaf>, sizes: Map<string, number>, clashes: number}}
 */
export function guessedLeaves(statements, declared = new Map()) {
  const { steps, labels, names } = guessesOf(statements, declared);
  const last = statements.at(-1)?.names[0] ?? "";
  const loss = LOSS_NAME.test(last) ? last : "";
  const open = names.filter((name) => !declared.has(name));
  let ranks = new Map(names.map((name) => [name, usualRank(name, labels)]));
  const families = familiesOf(open);
  const unsettled = new Set(open.filter((name) => BIAS_NAME.test(name) && !labels.has(name)));
  const first = new UnknownShapes(ranks, declared, labels, unsettled).follow(steps, loss);
  for (const name of open) ranks.set(name, first.leaves.get(name)?.length ?? 0);
  const shapesFor = (/** @type {Map<string, number>} */ tried) => new UnknownShapes(tried, declared, labels).follow(steps, loss);
  const costOf = (/** @type {Map<string, number>} */ tried) => {
    const found = shapesFor(tried);
    return found.cost + 10 * found.sizes.clashes + unlikeliness(tried, families, labels);
  };
  const groups = [...open.map((name) => [name]), ...families.filter((family) => family.length > 1)];
  const moves = groups.flatMap((names) => [1, -1].map((by) => ({ names, by })));
  let [left, least] = [Math.floor(GUESSING_STEPS / (steps.length + 1)), costOf(ranks)];
  for (let best = ranks; least > 0 && left > 0; ranks = best) {
    for (const { names: moved, by } of moves) {
      const changed = moved.map((name) => /** @type {[string, number]} */ ([name, (ranks.get(name) ?? 0) + by]));
      if (changed.some(([, rank]) => rank < 0 || rank > MOST_AXES)) continue;
      left -= 1;
      if (left < 0) break;
      const tried = new Map([...ranks, ...changed]);
      const cost = costOf(tried);
      if (cost < least - 1e-9) [least, best] = [cost, tried];
    }
    if (best === ranks) break;
  }
  let told = toldLeaves(shapesFor(ranks), open, labels, USUAL_SIZES[0]);
  for (const usual of USUAL_SIZES.slice(1)) {
    const other = told.clashes ? toldLeaves(shapesFor(ranks), open, labels, usual) : told;
    if (other.clashes < told.clashes) told = other;
  }
  return told;
}

/** @param {UnknownShapes} found @param {string[]} open @param {Set<string>} labels @param {number[]} usual */
function toldLeaves({ sizes, leaves, classes }, open, labels, usual) {
  const shapes = open.map((name) => [...(leaves.get(name) ?? []), ...(labels.has(name) ? [/** @type {number} */ (classes.get(name))] : [])]);
  sizes.settle([...shapes.flat(), ...sizes.named.values()], usual);
  const dimOf = (/** @type {number} */ size) => sizes.names[sizes.root(size)] ?? Math.max(0, sizes.values[sizes.root(size)] ?? 1);
  const guessed = open.map((name, k) => {
    const dims = shapes[k].map(dimOf);
    const kind = labels.has(name) ? "label" : PARAMETER_NAME.test(name) && !DATA_NAME.test(name) ? "parameter" : "input";
    const leaf = kind === "label" ? { kind, shape: dims.slice(0, -1), class: dims.at(-1) } : { kind, shape: dims };
    return /** @type {[string, Leaf]} */ ([name, leaf]);
  });
  /** @type {Map<string, number>} */
  const named = new Map();
  for (const [name, size] of sizes.named) if (/^\w+$/.test(name)) named.set(name, sizes.values[sizes.root(size)] ?? 1);
  return { leaves: new Map(guessed), sizes: named, clashes: sizes.clashes };
}

/**
 * Every piece of syntax, operands first; which names are labels, and all leaves, in the order of their first use.
 * @param {Equation[]} statements @param {Map<string, Leaf>} declared
 */
function guessesOf(statements, declared) {
  const targets = new Set(statements.flatMap((statement) => statement.names));
  const sizes = new SizeNames(new Set([...targets, ...declared.keys()]));
  for (const dim of [...declared.values()].flatMap((leaf) => leaf.shape)) if (typeof dim === "string") sizes.has(dim);
  /** @type {Set<string>} */
  const labels = new Set([...declared].filter(([, leaf]) => leaf.kind === "label").map(([name]) => name));
  /** @type {GuessStep[]} */
  const steps = [];
  for (const statement of statements) {
    /** @type {[Expr, GuessStep | null][]} */
    const waiting = [[statement.value, null]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [node, ready] = next;
      const step = ready ?? guessOf(node, sizes, targets, labels);
      if (node === statement.value) [step.target] = statement.names;
      if (ready || !step.operands.length) steps.push(step);
      else {
        waiting.push([node, step]);
        for (const operand of [...step.operands].reverse()) waiting.push([operand, null]);
      }
    }
  }
  const names = new Set(steps.filter(({ node }) => node.kind === "name").map(({ node }) => node.word));
  const isLeaf = (/** @type {string} */ name) => declared.has(name) || !(targets.has(name) || CONSTANTS.has(name) || [...sizes].includes(name));
  return { steps, labels, names: [...names].filter(isLeaf) };
}

/** @param {Expr} node @param {SizeNames} sizes @param {Set<string>} targets @param {Set<string>} labels @returns {GuessStep} */
function guessOf(node, sizes, targets, labels) {
  /** @type {GuessStep} */
  const step = { node, op: "", operands: [], attributes: new Map(), indices: [], target: "" };
  const sizeIn = (/** @type {Expr} */ tree) => (tree.kind === "open" ? null : attributeOfTree(tree, sizes));
  const isLabel = (/** @type {Expr} */ tree) => tree.kind === "name" && !targets.has(tree.word);
  if (node.kind === "name" || node.kind === "number" || node.kind === "list") return step;
  try {
    if (node.word === "//") attributeOfTree(node, sizes);
    else if (node.kind === "entry") {
      const [value, ...indices] = node.operands;
      const isVariable = (/** @type {Expr} */ index) => ["name", "call", "entry", "transpose"].includes(index.kind);
      for (const index of indices) if (isLabel(index)) labels.add(index.word);
      step.operands = [value, ...indices.filter(isVariable)];
      step.indices = indices.map((index) => (isVariable(index) ? index : index.kind === "slice" ? index.operands.map(sizeIn) : sizeIn(index)));
    } else if (node.kind !== "call" || OPS.has(node.word)) {
      Object.assign(step, applicationOf(node, sizes));
      const at = step.operands[INDEX_PLACES.get(step.op)?.[1] ?? -1];
      if (at && isLabel(at)) labels.add(at.word);
    } else step.operands = node.operands;
  } catch (error) {
    if (!(error instanceof EquationError)) throw error;
  }
  return step;
}

/** What a name by itself says. @param {string} name @param {Set<string>} labels */
function usualRank(name, labels) {
  if (labels.has(name)) return Number(PLURAL_NAME.test(name));
  return SCALAR_NAME.test(name.replace(/[_\d].*$/, "")) ? 0 : /^[A-Z]/.test(name) ? 2 : 1;
}

/** Names that are alike, such as W_Q, W_K and W_V. @param {string[]} names @returns {string[][]} */
function familiesOf(names) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const name of names) {
    const stem = name.includes("_") ? name.split("_")[0] : ` ${name}`;
    found.set(stem, [...(found.get(stem) ?? []), name]);
  }
  return [...found.values()];
}

/**
 * What ranks cost that are not what the names say, or differ where names are alike.
 * @param {Map<string, number>} ranks @param {string[][]} families @param {Set<string>} labels
 */
function unlikeliness(ranks, families, labels) {
  let cost = 0;
  for (const family of families) {
    const found = family.map((name) => ranks.get(name) ?? 0);
    const most = Math.max(...found);
    const off = family.map((name, k) => (found[k] - usualRank(name, labels)) * (labels.has(name) ? 0.5 : DATA_NAME.test(name) ? 1.6 : 1));
    cost += Math.max(0, ...off) - off.filter((by) => by < 0).reduce((a, b) => a + b, 0);
    cost += 0.3 * found.filter((rank) => rank < most).length;
  }
  return cost;
}
