// Derivatives as graphs: the backward graph pulls cotangents back. What is differentiated is the graph with its stable identities. It copies
// the forward nodes it needs and adds new ones by the rules of the operator table, which are equations themselves.

import { DerivativeError, freeName, isSame } from "./base.js";
import { INNER, attributesOf, dependents, isDeclared } from "./nodes.js";
import { opOf } from "./operators.js";
import { Builder } from "./building.js";
import { conditionsOf, selectedRule } from "./branches.js";
import { pullback } from "./index_rules.js";
import { givenGraph, givenNames, lossOf, seeds } from "./losses.js";
import { lookedThrough, stable } from "./rewriting.js";
import { expressionTree, plant } from "./trees.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./nodes.js").Shape} Shape */
/** @typedef {import("./nodes.js").Document} Document */
/** @typedef {import("./losses.js").GivenNames} GivenNames */
/** @typedef {import("./trees.js").Tree} Tree */
/**
 * @typedef {{user: string, operand: number, term: string}} Contribution who reads a variable, as which operand, and the term, if any
 */
/**
 * @typedef {{rule: Tree, names: Map<string, any>, shape: Shape, user: string, k: number}} Piece a contribution of a node of that shape, to be planted
 */

// the cotangent of a scalar loss
const LOSS_COTANGENT = 1;

/** The leaves that have derivatives: all but class labels and constants. @param {Graph} graph */
export const differentiable = (graph) => graph.leaves.filter((node) => node.op !== "label").map((node) => node.name);

/** All declared variables that have derivatives, in order. @param {Graph} graph */
export function everyVariable(graph) {
  return graph.nodes.filter((node) => isDeclared(node) && !["label", "constant", "size"].includes(node.op)).map((node) => node.name);
}

/**
 * What a cotangent (kind "bar") is called: `x_bar`, or `x_bar2` where the graph has an `x_bar` of its own.
 * @param {Graph} graph @param {string} name @param {string} kind
 */
export const derivedName = (graph, name, kind) => freeName(`${name}_${kind}`, graph);

/**
 * The backward graph; its outputs are the cotangents `x_bar`, ... of `wrt` (default: every leaf), each of its variable's shape. `keep` names
 * forward variables to keep even where no derivative needs them.
 * @param {Graph} graph @param {GivenNames | null} [wrt] @param {GivenNames | null} [cotangents]
 * @param {GivenNames} [keep] @param {{of?: string}} [how]
 */
export function backward(graph, wrt = null, cotangents = null, keep = [], { of = "" } = {}) {
  const { builder, name, outputs, document, kept } = pulledBackGraph(graph, wrt, cotangents, keep, of);
  return builder.graph(name, outputs, document, kept);
}

/**
 * The backward graph, and for each node of the stable graph what its uses contribute to its cotangent; their terms are kept.
 * @param {Graph} graph @param {GivenNames} wrt @param {GivenNames} keep @returns {[Graph, Map<string, Contribution[]>]}
 */
export function backwardWithTerms(graph, wrt, keep) {
  const { builder, name, outputs, document, kept, terms } = pulledBackGraph(graph, wrt, null, keep, "");
  const planted = [...terms.values()].flat().map(({ term }) => term).filter(Boolean);
  return [builder.graph(name, outputs, document, [...kept, ...planted]), terms];
}

/**
 * All nodes of the backward graph, what `Builder.graph` makes one of, and the contributions.
 * @param {Graph} given @param {GivenNames | null} asked @param {GivenNames | null} cotangents @param {GivenNames} keep @param {string} of
 */
function pulledBackGraph(given, asked, cotangents, keep, of) {
  const before = givenGraph(given, of, cotangents);
  const wrt = checkedWrt(before, asked);
  const kept = givenNames(keep);
  for (const name of kept) before.node(name);
  const handedIn = seeds(before, cotangents);
  const hidden = lookedThrough(before, wrt);
  const graph = stable(before, wrt);
  const builder = new Builder(graph.nodes, before.byName);
  /** @type {Map<string, string>} variable -> the name of its cotangent */
  const bars = new Map();
  /** @type {Map<string, Piece[]>} variable -> contributions, not yet planted; the last first */
  const pieces = new Map();
  /** @type {Map<string, Contribution[]>} */
  const terms = new Map();
  for (const name of handedIn) bars.set(name, builder.leaf(derivedName(graph, name, "bar"), "input", graph.node(name).shape));
  const loss = handedIn.length ? "" : lossOf(graph);
  if (loss) bars.set(loss, builder.leaf(derivedName(graph, loss, "bar"), "constant", [], LOSS_COTANGENT));
  const document = derivedDocument(graph, bars);
  const wanted = new Set(wrt);
  const reach = dependents(graph, wanted);
  const conditions = conditionsOf(graph, bars.keys());
  for (let place = graph.nodes.length - 1; place >= 0; place -= 1) {
    const node = graph.nodes[place];
    const { name } = node;
    if (!reach.has(name) || !(bars.has(name) || pieces.has(name) || wanted.has(name))) continue;
    const found = (pieces.get(name) ?? []).reverse();
    pieces.delete(name);
    const called = (/** @type {string} */ bar) => (hidden.has(name) ? builder.fresh(bar) : bar);
    const handed = bars.get(name);
    if (handed === undefined) {
      bars.set(name, totalOf(builder, node, found, called(derivedName(graph, name, "bar")), terms));
      // nothing depends on it, and so it hands on nothing
      if (!found.length) continue;
    } else if (found.length) {
      // a cotangent handed in for a variable that others use too
      const first = { rule: "bar", names: new Map([["bar", handed]]), shape: node.shape, user: "", k: 0 };
      bars.set(name, totalOf(builder, node, [first, ...found], called(builder.free(`${handed}_total`)), terms));
    }
    for (let k = node.inputs.length - 1; k >= 0; k -= 1) {
      const argument = node.inputs[k];
      if (!reach.has(argument)) continue;
      const rule = ruleOf(builder, node, k);
      if (rule === 0) listIn(terms, argument).push({ user: name, operand: k, term: "" });
      else {
        const [whole, more] = selectedRule(graph, node, argument, rule, conditions);
        const names = new Map([...namesFor(builder, node, k, /** @type {string} */ (bars.get(name))), ...more]);
        listIn(pieces, argument).push({ rule: whole, names, shape: node.shape, user: name, k });
      }
    }
  }
  const outputs = wrt.map((name) => /** @type {string} */ (bars.get(name)));
  return { builder, name: `${graph.name}_backward`, outputs, document, kept: [...kept, ...outputs], terms };
}

/** @template T @param {Map<string, T[]>} lists @param {string} name @returns {T[]} */
function listIn(lists, name) {
  const found = lists.get(name) ?? [];
  lists.set(name, found);
  return found;
}

/**
 * For each declared variable of `graph`, the name of its cotangent in `backwardGraph`, where it has one.
 * @param {Graph} graph @param {Graph} backwardGraph @returns {Map<string, string>}
 */
export function cotangentNames(graph, backwardGraph) {
  const names = new Map();
  for (const name of graph.declaredNames) {
    const bar = derivedName(graph, name, "bar");
    const found = [`${bar}_total`, bar].find((b) => backwardGraph.has(b) && !graph.has(b));
    if (found) names.set(name, found);
  }
  return names;
}

/**
 * The document of a derivative: the cotangents that were handed in are values now.
 * @param {Graph} graph @param {Map<string, string>} bars @returns {Document}
 */
function derivedDocument({ document }, bars) {
  const handedIn = [...document.cotangents].filter(([name, value]) => bars.has(name) && value !== null);
  const values = new Map([...document.values, ...handedIn.map(([name, value]) => /** @type {[string, any]} */ ([bars.get(name), value]))]);
  return { ...document, values, cotangents: new Map(), loss: "" };
}

/**
 * Both graphs as one, with the outputs of both; a variable that is computed otherwise in the second gets an automatic name there.
 * @param {Graph} first @param {Graph} second
 */
export function joined(first, second) {
  const builder = new Builder(first.nodes);
  /** @type {Map<string, string>} */
  const renamedTo = new Map();
  const now = (/** @type {string} */ name) => renamedTo.get(name) ?? name;
  for (const given of second.nodes) {
    let node = given.inputs.some((i) => renamedTo.has(i)) ? { ...given, inputs: given.inputs.map(now) } : given;
    const there = builder.nodes.get(node.name);
    if (there && there !== node && !Object.entries(there).every(([field, value]) => isSame(value, node[/** @type {keyof Node} */ (field)]))) {
      renamedTo.set(given.name, builder.fresh(given.name.split(INNER)[0]));
      node = { ...node, name: now(given.name) };
    }
    if (!builder.nodes.has(node.name)) builder.put(node);
  }
  return builder.graph(first.name, [...new Set([...first.outputs, ...second.outputs.map(now)])], first.document, [...first.byName.keys()]);
}

/** @param {Graph} graph @param {GivenNames | null} wrt */
function checkedWrt(graph, wrt) {
  const names = wrt === null ? differentiable(graph) : givenNames(wrt);
  for (const name of names) {
    const { op } = graph.node(name);
    const what = { label: "class label", constant: "constant" }[op];
    if (what) throw new DerivativeError(`${name} is a ${what}: there is no derivative with respect to it`);
  }
  return names;
}

/** @param {Builder} builder @param {Node} node @param {number} k @returns {Tree} */
function ruleOf(builder, node, k) {
  const op = opOf(node.op);
  if (op.indexed) return pullback(node, k, builder.shape(node.inputs[k]));
  const place = op.isVariadic ? 0 : k;
  if (place >= op.rules.length || (op.vjp.length && place >= op.jvp.length)) {
    const mend = "add one to its row of the operator table, '0' if the derivative is zero";
    throw new DerivativeError(`${node.name}: ${op.name} has no derivative rule; ${mend}`);
  }
  return expressionTree(op.rules[place]);
}

/**
 * What the names in a rule stand for.
 * @param {Builder} builder @param {Node} node @param {number} k @param {string} bar @returns {Map<string, any>}
 */
function namesFor(builder, node, k, bar) {
  const op = opOf(node.op);
  const names = attributesOf(node).set("y", node.name).set("bar", bar);
  if (op.isVariadic && !op.indexed) return names.set("i", builder.constant(k));
  node.inputs.forEach((name, j) => names.set(op.indexed ? `x${j}` : op.args[j], name));
  return names;
}

/**
 * The sum of a variable's contributions, under the name `x_bar`; a cotangent passed on to an automatic node keeps its own name.
 * @param {Builder} builder @param {Node} node @param {Piece[]} pieces @param {string} name @param {Map<string, Contribution[]>} terms
 */
function totalOf(builder, node, pieces, name, terms) {
  if (!pieces.length) return zerosLike(builder, node, name);
  const [{ rule, names, shape }] = pieces;
  /** @type {string[]} */
  const planted = [];
  const isPassedOn = pieces.length === 1 && !isDeclared(node) && rule === "bar" && isSame(shape, node.shape);
  const total = isPassedOn ? names.get("bar") : plantedSum(builder, pieces, node.shape, name, node, planted);
  if (isPassedOn) planted.push(total);
  const contributions = listIn(terms, node.name);
  pieces.forEach(({ user, k }, j) => contributions.push({ user, operand: k, term: planted[j] }));
  return total;
}

/**
 * Plant the terms and add them up, brought to `shape`; the last node is called `name`. What each term is called is put in `planted`.
 * @param {Builder} builder @param {Piece[]} pieces @param {Shape} shape @param {string} name @param {Node} node @param {string[]} planted
 * @returns {string}
 */
function plantedSum(builder, pieces, shape, name, node, planted) {
  const how = { owner: name, block: node.block };
  const old = new Set(pieces.filter(({ rule }) => typeof rule === "string").map(({ rule, names }) => names.get(/** @type {string} */ (rule))));
  let result = "";
  for (const { rule, names } of pieces) {
    const term = broughtTo(builder, plant(builder, rule, names, "", name, node.block), shape, name);
    planted.push(term);
    result = result ? builder.add("add", [result, term], how) : term;
  }
  if (!isSame(builder.shape(result), shape)) result = builder.add("fill", [result, node.name], how);
  // a cotangent handed on
  if (old.has(result)) return builder.add("identity", [result], { name, block: node.block });
  planted.forEach((term, k) => {
    if (term === result) planted[k] = name;
  });
  return builder.rename(result, name);
}

/**
 * Sum a value over the axes along which an operand of `shape` was broadcast.
 * @param {Builder} builder @param {string} term @param {Shape} shape @param {string} owner
 */
function broughtTo(builder, term, shape, owner) {
  const have = builder.shape(term);
  const extra = have.length - shape.length;
  if (extra < 0 || isSame(have, shape)) return term;
  const along = shape.flatMap((size, k) => (have[k + extra] === size ? [] : [k - shape.length]));
  if (along.length) term = builder.add("sum", [term], { owner, attrs: new Map(Object.entries({ axis: along, keepdims: true })) });
  if (extra) term = builder.add("sum", [term], { owner, attrs: new Map([["axis", have.slice(0, extra).map((_, k) => k)]]) });
  return term;
}

/** @param {Builder} builder @param {Node} node @param {string} name */
function zerosLike(builder, node, name) {
  const zero = builder.constant(0);
  const [op, inputs] = node.shape.length ? ["fill", [zero, node.name]] : ["identity", [zero]];
  return builder.add(op, inputs, { name, block: node.block });
}
