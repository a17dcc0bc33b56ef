// Leaves of a typed text that are not declared: whether each is an input, a parameter or a label, and of which shape, guessed from its
// name and its use. Ranks are changed one by one as long as the text gets likelier; sizes that must be equal are, all others are small.

import { EquationError } from "./base.js";
import { OPS } from "./operators.js";
import { CONSTANTS, attributeOf } from "./literals.js";
import { applicationOf } from "./applications.js";
import { INDEXED } from "./entries.js";
import { UnknownShapes } from "./unknown_shapes.js";

/** @typedef {import("./expressions.js").Expr} Expr */
/** @typedef {import("./nodes.js").Dim} Dim */
/** @typedef {import("./syntax.js").Equation} Equation */
/** @typedef {import("./unknown_shapes.js").GuessStep} GuessStep */
/** @typedef {{kind: string, shape: Dim[], class?: Dim}} Leaf */

// pieces of syntax that are gone through, at most
const GUESSING_STEPS = 200000;
const MOST_AXES = 5;
const SCALAR_NAME = /^(alpha|lam|lambda|tau|eta|eps|rho|lr|rate|temperature|sigma|margin|step|scale)$/;
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
 * @param {Equation[]} statements @param {Map<string, Leaf>} [declared] @returns {{leaves: Map<string, Leaf>, sizes: Map<string, number>}}
 */
export function guessedLeaves(statements, declared = new Map()) {
  const { steps, labels, names } = stepsOf(statements, declared);
  const last = statements.at(-1)?.names[0] ?? "";
  const loss = LOSS_NAME.test(last) ? last : "";
  const open = names.filter((name) => !declared.has(name));
  const ranks = new Map(names.map((name) => [name, usualRank(name, labels)]));
  const families = familiesOf(open);
  const shapesFor = (/** @type {Map<string, number>} */ tried) => new UnknownShapes(tried, declared, labels).follow(steps, loss);
  const costOf = (/** @type {Map<string, number>} */ tried) => {
    const found = shapesFor(tried);
    return found.cost + 10 * found.sizes.clashes + unlikeliness(tried, families, labels);
  };
  let [left, least] = [Math.floor(GUESSING_STEPS / (steps.length + 1)), costOf(ranks)];
  for (let isBetter = least > 0; isBetter && left > 0; ) {
    isBetter = false;
    for (const family of [...open.map((name) => [name]), ...families.filter((family) => family.length > 1)]) {
      for (const by of [1, -1]) {
        const tried = new Map([...ranks, ...family.map((name) => /** @type {[string, number]} */ ([name, (ranks.get(name) ?? 0) + by]))]);
        left -= 1;
        if (left < 0 || family.some((name) => (tried.get(name) ?? 0) < 0 || (tried.get(name) ?? 0) > MOST_AXES)) continue;
        const cost = costOf(tried);
        if (cost >= least - 1e-9) continue;
        [least, isBetter] = [cost, true];
        for (const name of family) ranks.set(name, /** @type {number} */ (tried.get(name)));
        break;
      }
    }
  }
  return told(shapesFor(ranks), open, labels);
}

/** @param {UnknownShapes} found @param {string[]} open @param {Set<string>} labels */
function told({ sizes, leaves, classes }, open, labels) {
  const shapes = open.map((name) => [...(leaves.get(name) ?? []), ...(labels.has(name) ? [/** @type {number} */ (classes.get(name))] : [])]);
  sizes.settle([...shapes.flat(), ...sizes.named.values()]);
  const dimOf = (/** @type {number} */ size) => sizes.names[sizes.root(size)] ?? sizes.values[sizes.root(size)] ?? 1;
  const guessed = open.map((name, k) => {
    const dims = shapes[k].map(dimOf);
    const kind = labels.has(name) ? "label" : PARAMETER_NAME.test(name) && !DATA_NAME.test(name) ? "parameter" : "input";
    const leaf = kind === "label" ? { kind, shape: dims.slice(0, -1), class: dims.at(-1) } : { kind, shape: dims };
    return /** @type {[string, Leaf]} */ ([name, leaf]);
  });
  const named = [...sizes.named].filter(([name]) => /^\w+$/.test(name)).map(([name, size]) => /** @type {[string, number]} */ ([name, sizes.values[sizes.root(size)] ?? 1]));
  return { leaves: new Map(guessed), sizes: new Map(named) };
}

/** Every piece of syntax, operands first; which names are labels, and all leaves, in the order of their first use. @param {Equation[]} statements @param {Map<string, Leaf>} declared */
function stepsOf(statements, declared) {
  const targets = new Set(statements.flatMap((statement) => statement.names));
  const sizes = new SizeNames(new Set([...targets, ...declared.keys()]));
  /** @type {Set<string>} */
  const labels = new Set([...declared].filter(([, leaf]) => leaf.kind === "label").map(([name]) => name));
  /** @type {GuessStep[]} */
  const steps = [];
  for (const statement of statements) {
    /** @type {[Expr, GuessStep | null][]} */
    const waiting = [[statement.value, null]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [node, ready] = next;
      const step = ready ?? stepOf(node, sizes, targets, labels);
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
function stepOf(node, sizes, targets, labels) {
  /** @type {GuessStep} */
  const step = { node, op: "", operands: [], attributes: new Map(), indices: [], target: "" };
  const sizeIn = (/** @type {Expr} */ tree) => (tree.kind === "open" ? null : attributeOf(tree, sizes));
  const isLabel = (/** @type {Expr} */ tree) => tree.kind === "name" && !targets.has(tree.word);
  if (node.kind === "name" || node.kind === "number" || node.kind === "list") return step;
  try {
    if (node.word === "//") attributeOf(node, sizes);
    else if (node.kind === "entry") {
      const [value, ...indices] = node.operands;
      const isVariable = (/** @type {Expr} */ index) => ["name", "call", "entry", "transpose"].includes(index.kind);
      for (const index of indices) if (isLabel(index)) labels.add(index.word);
      step.operands = [value, ...indices.filter(isVariable)];
      step.indices = indices.map((index) => (isVariable(index) ? index : index.kind === "slice" ? index.operands.map(sizeIn) : sizeIn(index)));
    } else if (node.kind !== "call" || OPS.has(node.word)) {
      Object.assign(step, applicationOf(node, sizes));
      const at = step.operands[INDEXED.get(step.op)?.[1] ?? -1];
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

/** What ranks cost that are not what the names say, or differ where names are alike. @param {Map<string, number>} ranks @param {string[][]} families @param {Set<string>} labels */
function unlikeliness(ranks, families, labels) {
  let cost = 0;
  for (const family of families) {
    const found = family.map((name) => ranks.get(name) ?? 0);
    const most = Math.max(...found);
    cost += Math.max(...family.map((name, k) => Math.abs(found[k] - usualRank(name, labels)) * (labels.has(name) ? 0.5 : 1)));
    cost += 0.3 * found.filter((rank) => rank < most).length;
  }
  return cost;
}
