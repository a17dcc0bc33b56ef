// relu(z) and softplus(-|z|) in one sum, wherever they stand in it: an identity that no pattern of two operands finds.

import { INNER, isDeclared } from "./nodes.js";
import { Builder } from "./building.js";
import { SUM_SIGNS, isWrittenAlike, matches, signedTerms } from "./matching.js";
import { expressionTree } from "./trees.js";

/** @typedef {import("./nodes.js").Graph} Graph */

/**
 * relu(z) + softplus(-|z|) = softplus(z): both have a kink at 0 that the sum has not.
 * @param {Graph} graph @param {string[]} keep @param {{has(name: string): boolean}} taken
 */
export function withWholeSoftplus(graph, keep, taken) {
  const { operators } = graph;
  if (!(operators.has("softplus") && operators.has("abs") && (operators.has("relu") || operators.has("maximum")))) return graph;
  const [old, builder] = [new Builder(graph.nodes), new Builder([], taken)];
  let changed = false;
  for (const node of graph.nodes) {
    const isInside = !isDeclared(node) && (graph.uses.get(node.name) ?? []).every((user) => SUM_SIGNS.has(graph.node(user).op));
    const terms = SUM_SIGNS.has(node.op) && !isInside ? signedTerms(old.nodes, node.name) : [];
    const found = halvesOfSoftplus(old, terms);
    if (!found) {
      builder.nodes.set(node.name, node);
      continue;
    }
    changed = true;
    const [first, second, z] = found;
    const how = { owner: node.name.split(INNER)[0], block: node.block };
    if (terms.length === 2 && terms[0][0] > 0) {
      builder.add("softplus", [z], { name: node.name, block: node.block });
      continue;
    }
    let total = "";
    terms.forEach(([sign, term], k) => {
      if (k === second) return;
      const value = k === first ? builder.add("softplus", [z], how) : term;
      if (total) total = builder.add(sign > 0 ? "add" : "sub", [total, value], how);
      else total = sign > 0 ? value : builder.add("neg", [value], how);
    });
    builder.add("identity", [total], { name: node.name, block: node.block });
  }
  return changed ? builder.graph(graph.name, graph.outputs, graph.document, keep) : graph;
}

/**
 * Which terms are relu(z) and softplus(-|z|), and z.
 * @param {Builder} builder @param {[number, string][]} terms @returns {[number, number, string] | null}
 */
function halvesOfSoftplus(builder, terms) {
  const said = (/** @type {string} */ text, /** @type {string} */ name) => zOf(builder, text, name);
  const halves = terms.flatMap(([sign, name], k) => {
    const z = said("softplus(-abs(z))", name);
    return z ? [{ k, sign, z }] : [];
  });
  for (const [k, [sign, name]] of halves.length ? terms.entries() : []) {
    const z = said("relu(z)", name) || said("maximum(z, 0)", name) || said("maximum(0, z)", name);
    for (const { k: other, sign: itsSign, z: w } of z ? halves : []) {
      // |-z| = |z|
      const pairs = [[z, w], [said("-z", z), w], [z, said("-z", w)]];
      if (sign === itsSign && pairs.some(([a, b]) => a && b && isWrittenAlike(builder, a, b))) return [k, other, z];
    }
  }
  return null;
}

/**
 * What z stands for where a pattern describes a node without a name of its own.
 * @param {Builder} builder @param {string} text @param {string} name @returns {string}
 */
function zOf(builder, text, name) {
  const node = builder.node(name);
  return isDeclared(node) ? "" : (matches(builder, expressionTree(text), name, new Map(), null).next().value?.get("z") ?? "");
}
