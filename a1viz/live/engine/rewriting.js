// The pass that applies identities to a graph, with what goes with it: numbers folded, operators that are made of others written out.

import { assert } from "./base.js";
import { INNER, attributesOf, isDeclared, isLeaf, reading } from "./nodes.js";
import { TABLES, opOf } from "./operators.js";
import { FUNCTIONS } from "./elementwise_kernels.js";
import { Builder } from "./building.js";
import { byOperands, candidates, insideMatch, matches } from "./matching.js";
import { bindingOf, identities } from "./identities.js";
import { expressionTree, isNothing, plant, treeAttributes } from "./trees.js";
import { withWholeSoftplus } from "./softplus.js";

/** @typedef {import("./nodes.js").Graph} Graph */
/** @typedef {import("./nodes.js").Node} Node */
/** @typedef {import("./matching.js").Found} Found */
/** @typedef {import("./matching.js").Names} Names */
/** @typedef {import("./trees.js").Tree} Tree */
/** @typedef {import("./identities.js").Identity} Identity */
/**
 * @typedef {{name: string, owner: string, block: string}} Spot where a tree is planted: its root's name, whose equation it is in, and which block's
 */

// how often a row is applied to its own result in one pass
const DEEPEST_PLANTED = 100;
/** @type {Map<string, number>} the operand of which only the shape counts */
const DONORS = new Map(Object.entries(TABLES.rewriting.donors));
const NO_NAMES = new Set();

/**
 * Apply every identity of these purposes, in the order of the table, until none fits; then drop what nobody needs.
 * @param {Graph} graph @param {string[]} [purposes] @param {string[]} [keep] variables to keep beside the outputs
 * @param {Identity[]} [rows] @param {{opaque?: Names, avoid?: Iterable<string>}} [how] what no identity may look through; names not to be given
 */
export function rewrite(graph, purposes = ["stable", "tidy"], keep = [], rows = identities(), how = {}) {
  let last = graph;
  for (const { after } of rewriteSteps(graph, purposes, keep, rows, how)) last = after;
  return last;
}

/**
 * The rewrite step by step: each identity, or nothing where something else is done, the nodes it changed, the graph then.
 * @param {Graph} graph @param {string[]} purposes @param {string[]} [keep] @param {Identity[]} [rows]
 * @param {{opaque?: Names, avoid?: Iterable<string>}} [how]
 * @returns {Generator<{row: Identity | null, places: string[], after: Graph}>}
 */
export function* rewriteSteps(graph, purposes, keep = [], rows = identities(), { opaque = NO_NAMES, avoid = [] } = {}) {
  for (const name of keep) graph.node(name);
  // every name there ever was: none is given to another value
  const taken = new Set([...graph.byName.keys(), ...avoid]);
  const take = (/** @type {Graph} */ after) => {
    for (const node of after.nodes) taken.add(node.name);
    return after;
  };
  const wanted = rows.filter((row) => purposes.includes(row.purpose));
  const most = graph.nodes.length + 2;
  for (let k = 0, changed = true; k < most && changed; k += 1) {
    changed = false;
    if (purposes.includes("stable")) {
      const whole = withWholeSoftplus(graph, keep, taken);
      changed = whole !== graph;
      graph = take(whole);
      if (changed) yield { row: null, places: [], after: graph };
    }
    if (purposes.includes("tidy")) graph = withNearDonors(folded(graph, keep), keep);
    let index = byOperands(graph);
    for (const row of wanted) {
      const [places, after] = appliedRow(row, graph, index, keep, taken, opaque);
      if (!places.length) continue;
      changed = true;
      graph = take(after);
      index = byOperands(graph);
      yield { row, places, after };
    }
  }
  yield { row: null, places: [], after: new Builder(graph.nodes).graph(graph.name, graph.outputs, graph.document, keep) };
}

/**
 * One pass of one identity over a graph; the nodes it changed and the new graph.
 * @param {Identity} row @param {Graph} graph @param {import("./matching.js").Index} index @param {string[]} keep
 * @param {Names} taken @param {Names} opaque @returns {[string[], Graph]}
 */
function appliedRow(row, graph, index, keep, taken, opaque) {
  const alike = row.operators.every((op) => graph.operators.has(op)) ? candidates(index, row.pattern) : [];
  if (!alike.length) return [[], graph];
  const old = new Builder(graph.nodes);
  /** @type {Map<string, Found>} */
  const found = new Map();
  for (const node of alike) {
    const names = fitOf(row, old, node, opaque);
    if (names) found.set(node.name, names);
  }
  if (!found.size) return [[], graph];
  const builder = new Builder([], taken);
  /** @type {Map<string, string>} */
  const alias = new Map();
  const now = (/** @type {any} */ value) => alias.get(value) ?? value;
  for (const node of graph.nodes) {
    const fit = found.get(node.name);
    if (!fit) {
      // a number may be there already: the replacement brought it in
      if (!builder.nodes.has(node.name)) builder.put(readingNow(node, alias));
      continue;
    }
    const names = new Map([...fit].map(([name, value]) => [name, now(value)]));
    if (typeof row.replacement === "string" && !isDeclared(node)) alias.set(node.name, names.get(row.replacement));
    else plantAgain(row, builder, row.replacement, names, { name: node.name, owner: node.name.split(INNER)[0], block: node.block });
  }
  return [[...found.keys()], builder.graph(graph.name, graph.outputs.map(now), graph.document, keep.map(now))];
}

/**
 * What the variables of the row's pattern stand for if it describes the node.
 * @param {Identity} row @param {Builder} builder @param {Node} node @param {Names} [opaque] @returns {Found | null}
 */
function fitOf(row, builder, node, opaque = NO_NAMES) {
  if (node.op !== row.pattern.op) return null;
  const closed = row.purpose === "tidy" || row.purpose === "reading" ? null : opaque;
  for (const way of matches(builder, row.pattern, node.name, new Map(), closed)) {
    const names = bindingOf(row, builder, way);
    if (names) return names;
  }
  return null;
}

/**
 * Plant the row's replacement, and apply the row to it again while it fits: a long sum is taken apart in one pass. What lies deeper than
 * DEEPEST_PLANTED waits for the next round.
 * @param {Identity} row @param {Builder} builder @param {Tree} tree @param {Found} names @param {Spot} spot @param {number} [depth] @returns {string}
 */
function plantAgain(row, builder, tree, names, spot, depth = 0) {
  const attrs = typeof tree === "object" ? treeAttributes(tree, names) : new Map();
  if (typeof tree !== "object" || isNothing(tree.op, attrs)) return plant(builder, tree, names, spot.name, spot.owner, spot.block);
  const inputs = tree.operands.map((part) => plantAgain(row, builder, part, names, { ...spot, name: "" }, depth));
  const name = builder.add(tree.op, inputs, { ...spot, attrs });
  const again = depth < DEEPEST_PLANTED && typeof row.replacement === "object" ? fitOf(row, builder, builder.node(name)) : null;
  if (!again) return name;
  builder.nodes.delete(name);
  return plantAgain(row, builder, row.replacement, again, { ...spot, name }, depth + 1);
}

/** The node with its inputs under their new names. @param {Node} node @param {Map<string, string>} alias */
function readingNow(node, alias) {
  return node.inputs.some((i) => alias.has(i)) ? reading(node, node.inputs.map((i) => alias.get(i) ?? i)) : node;
}

/** Automatic nodes all of whose operands are numbers become numbers. @param {Graph} graph @param {string[]} keep */
function folded(graph, keep) {
  if (!graph.nodes.some((node) => node.inputs.length && node.inputs.every((i) => i[0] === INNER))) return graph;
  const builder = new Builder();
  /** @type {Map<string, string>} */
  const alias = new Map();
  for (const given of graph.nodes) {
    const node = readingNow(given, alias);
    const value = numberFor(builder, node);
    if (Number.isFinite(value)) alias.set(node.name, builder.constant(value));
    else if (!builder.nodes.has(node.name)) builder.put(node);
  }
  return alias.size ? builder.graph(graph.name, graph.outputs, graph.document, keep) : graph;
}

/** The value of an automatic scalar node all of whose operands are numbers, or NaN. @param {Builder} builder @param {Node} node */
function numberFor(builder, node) {
  if (isLeaf(node) || isDeclared(node) || node.shape.length || !opOf(node.op).isElementwise || opOf(node.op).body) return NaN;
  const operands = node.inputs.map((i) => builder.node(i));
  if (!operands.every((o) => o.op === "constant" && !isDeclared(o))) return NaN;
  const [a, b = 0, c = 0] = operands.map((o) => o.value);
  // what is no function hands its operand on
  return node.op in FUNCTIONS ? FUNCTIONS[node.op](a, b, c) : a;
}

/**
 * Take a shape from the earliest variable that has it, so that nothing is computed only to be measured.
 * @param {Graph} graph @param {string[]} keep
 */
function withNearDonors(graph, keep) {
  if (![...DONORS.keys()].some((op) => graph.operators.has(op))) return graph;
  /** @type {Map<string, string>} */
  const origin = new Map();
  let changed = false;
  const nodes = graph.nodes.map((node) => {
    const twin = node.shape.length ? node.inputs.find((i) => hasSameShape(graph.node(i), node)) : undefined;
    const before = twin === undefined ? undefined : origin.get(twin);
    origin.set(node.name, before === undefined || before.includes(INNER) ? node.name : before);
    const k = DONORS.get(node.op);
    const donor = k === undefined ? undefined : origin.get(node.inputs[k]);
    if (k === undefined || donor === undefined || donor === node.inputs[k]) return node;
    changed = true;
    return reading(node, node.inputs.map((i, j) => (j === k ? donor : i)));
  });
  return changed ? new Builder(nodes).graph(graph.name, graph.outputs, graph.document, keep) : graph;
}

/** @param {Node} one @param {Node} other */
function hasSameShape(one, other) {
  return one.shape.length === other.shape.length && one.shape.every((size, k) => size === other.shape[k]);
}

/**
 * The graph with its stable identities, which look through no variable in `opaque`, of operators without a body.
 * @param {Graph} graph @param {string[]} [opaque] @returns {Graph}
 */
export const stable = (graph, opaque = []) => stabilised(graph, opaque)[0];

/**
 * The variables that stable identities look through: log(p) with p = softmax(x) is computed from x, past p.
 * @param {Graph} graph @param {string[]} [opaque] @returns {Set<string>}
 */
export const lookedThrough = (graph, opaque = []) => stabilised(graph, opaque)[1];

/** @param {Graph} graph @param {string[]} opaque @returns {[Graph, Set<string>]} */
function stabilised(graph, opaque) {
  return graph.once(`stable ${opaque.join(" ")}`, () => {
    const closed = new Set(opaque);
    const [past, taken] = [new Set(), new Set(graph.byName.keys())];
    let before = graph;
    for (const { row, places, after } of rewriteSteps(graph, ["stable"], graph.declaredNames, identities(), { opaque: closed })) {
      const builder = new Builder(places.length ? before.nodes : []);
      for (const name of row ? places : []) {
        const names = fitOf(/** @type {Identity} */ (row), builder, builder.node(name), closed);
        assert(row && names, `${row?.name} fitted ${name}`);
        for (const i of insideMatch(builder, row.pattern, name, names)) past.add(i);
      }
      before = after;
      for (const node of after.nodes) taken.add(node.name);
    }
    return [expandBodies(before, taken), new Set(graph.declaredNames.filter((name) => past.has(name)))];
  });
}

/** The same graph with every operator that is made of others written out, those in their bodies too. @param {Graph} graph @param {Names} [avoid] */
export function expandBodies(graph, avoid = NO_NAMES) {
  while (graph.nodes.some((node) => !isLeaf(node) && opOf(node.op).body)) {
    const builder = new Builder([], avoid);
    for (const node of graph.nodes) {
      const { body = "", args = [] } = isLeaf(node) ? {} : opOf(node.op);
      if (body) {
        const names = new Map([...attributesOf(node), ...args.map((arg, k) => /** @type {[string, any]} */ ([arg, node.inputs[k]]))]);
        plant(builder, expressionTree(body), names, node.name, "", node.block);
      } else if (!builder.nodes.has(node.name)) builder.put(node);
    }
    graph = builder.graph(graph.name, graph.outputs, graph.document, [...graph.byName.keys()]);
  }
  return graph;
}
