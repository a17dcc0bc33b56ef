// The backprop equations, one variable at a time, in the order in which a lecturer derives them.

import { TABLES } from "./operators.js";
import { innerNodes, isDeclared, isLeaf } from "./nodes.js";
import { Builder } from "./building.js";
import { expressionText } from "./expression_text.js";
import { givenGraph } from "./losses.js";
import { identities } from "./identities.js";
import { rewrite } from "./rewriting.js";
import { backward, cotangentNames, everyVariable } from "./autodiff.js";
import { symbol } from "./symbols.js";
import { equation } from "./notation.js";
import { aligned } from "./line_breaks.js";
import { collected } from "./collecting.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/**
 * One equation: the cotangent `name` of a variable, or what several of these have in common.
 * @typedef {{variable: string, name: string, text: string, readonly latex: string}} DerivationStep
 */

/** Backprop equations in order. */
class Derivation {
  /** @param {DerivationStep[]} steps */
  constructor(steps) {
    this.steps = steps;
  }

  get text() {
    return this.steps.map((step) => step.text).join("\n");
  }

  /** An `aligned` environment, to go between dollar signs. */
  get latex() {
    return `\\begin{aligned}\n${this.steps.map((step) => aligned(step.latex)).join(" \\\\\n")}\n\\end{aligned}`;
  }

  get markdown() {
    return `$$\n${this.latex}\n$$`;
  }
}

/**
 * The backprop equations of every variable, or of those that `wrt` needs; parameters last. `of` names the loss.
 * @param {Graph} given @param {string[] | null} [wrt] @param {{of?: string, substitute?: boolean}} [how]
 * @returns {Derivation}
 */
export function derive(given, wrt = null, { of = "", substitute = false } = {}) {
  const graph = givenGraph(given, of, null);
  const joint = jointGraph(graph, substitute);
  let bars = cotangentNames(graph, joint);
  if (wrt !== null) {
    // says what is wrong with a name
    backward(graph, wrt);
    const needed = neededFor(joint, wrt.map((name) => /** @type {string} */ (bars.get(name))));
    bars = new Map([...bars].filter(([, bar]) => needed.has(bar)));
  }
  const parameters = new Set(graph.parameters);
  const names = graph.declaredNames.filter((name) => bars.has(name));
  const isInput = (/** @type {string} */ name) => isLeaf(graph.node(name)) && !parameters.has(name);
  const order = [
    ...names.filter((name) => !isLeaf(graph.node(name))).reverse(), ...names.filter(isInput), ...names.filter((name) => parameters.has(name)),
  ];
  const wanted = order.flatMap((name) => {
    const bar = /** @type {string} */ (bars.get(name));
    return [...new Set([bar.replace(/_total$/, ""), bar])].map((own) => /** @type {[string, string]} */ ([name, own]));
  });
  return new Derivation(withTheirParts(graph, joint, wanted).map(([variable, bar]) => stepOf(joint, variable, bar)));
}

/**
 * Forward and backward graph in one, with every variable's cotangent, made readable by the identities, and collected.
 * @param {Graph} graph @param {boolean} [substitute] @returns {Graph}
 */
export function jointGraph(graph, substitute = false) {
  return graph.once(`jointGraph ${substitute}`, () => {
    // identities that collecting does not know itself
    const rows = identities().filter((row) => !TABLES.derivation.collected.includes(row.name));
    const whole = backward(graph, everyVariable(graph), null, graph.declaredNames);
    const rewritten = rewrite(whole, ["stable", "tidy", "reading"], whole.declaredNames, rows, { avoid: graph.byName.keys() });
    return collected(asWritten(graph, rewritten), graph, substitute);
  });
}

/**
 * The derivative with the forward equations as they were written; only cotangents are rewritten. Automatic nodes may be kept.
 * @param {Graph} graph @param {Graph} derivative @param {string[]} [keep]
 */
export function asWritten(graph, derivative, keep = []) {
  const nodes = new Map(graph.byName);
  for (const node of derivative.nodes) if (!nodes.has(node.name)) nodes.set(node.name, node);
  return new Builder(nodes.values()).graph(derivative.name, derivative.outputs, derivative.document, [...derivative.declaredNames, ...keep]);
}

/**
 * For each declared variable its cotangent in a joint graph, then the parts that several equations share and that are made of it.
 * @param {Graph} graph @param {Graph} joint @returns {Map<string, string[]>}
 */
export function adjointNames(graph, joint) {
  const bars = cotangentNames(graph, joint);
  const owners = new Map([...bars].map(([name, bar]) => [bar, name]));
  const found = new Map([...bars].map(([name, bar]) => [name, [bar]]));
  for (const name of joint.declaredNames) {
    if (graph.has(name) || owners.has(name) || isLeaf(joint.node(name))) continue;
    const read = innerNodes(joint, name).flatMap((node) => node.inputs);
    const owner = /** @type {string} */ (owners.get(/** @type {string} */ (read.find((i) => owners.has(i)))));
    owners.set(name, owner);
    found.get(owner)?.push(name);
  }
  return found;
}

/**
 * Variables and the cotangents that are their steps; what these have in common comes before the first that reads it.
 * @param {Graph} graph @param {Graph} joint @param {[string, string][]} wanted @returns {[string, string][]}
 */
function withTheirParts(graph, joint, wanted) {
  const bars = new Set(wanted.map(([, bar]) => bar));
  const seen = new Set();
  /** @type {[string, string][]} */
  const found = [];
  for (const pair of wanted) {
    const waiting = [pair];
    while (waiting.length) {
      const step = waiting[waiting.length - 1];
      const read = new Set(innerNodes(joint, step[1]).flatMap((node) => node.inputs));
      const below = [...read].filter((i) => isDeclared(joint.node(i)) && !graph.has(i) && !bars.has(i) && !seen.has(i));
      if (below.length) {
        for (const name of below.reverse()) waiting.push([name, name]);
        continue;
      }
      waiting.pop();
      if (seen.has(step[1])) continue;
      seen.add(step[1]);
      found.push(step);
    }
  }
  return found;
}

/** @param {Graph} joint @param {string[]} bars */
function neededFor(joint, bars) {
  const needed = new Set();
  const waiting = [...bars];
  while (waiting.length) {
    const name = /** @type {string} */ (waiting.pop());
    if (needed.has(name)) continue;
    needed.add(name);
    for (const i of joint.node(name).inputs) waiting.push(i);
  }
  return needed;
}

/** @param {Graph} joint @param {string} variable @param {string} bar @returns {DerivationStep} */
function stepOf(joint, variable, bar) {
  const isGivenIn = joint.node(bar).op === "input";
  return {
    variable, name: bar, text: isGivenIn ? `${bar}  given` : `${bar} = ${expressionText(joint, bar, { columns: true })}`,
    get latex() {
      return isGivenIn ? `${symbol(joint, bar)} \\quad \\text{given}` : equation(joint, bar);
    },
  };
}
