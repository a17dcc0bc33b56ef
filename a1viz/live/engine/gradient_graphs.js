// The graphs that gradients are run by: the backward graph with its identities, and the same with sums over the batch. The second half of
// Python's `interpreter`.

import { withOutputs } from "./nodes.js";
import { Builder } from "./building.js";
import { backward, joined } from "./autodiff.js";
import { lookedThrough, rewrite } from "./rewriting.js";

/** @typedef {import("./nodes.js").Graph} Graph */

/** The outputs, and the loss where that is none of them. @param {Graph} graph */
export function outputsAndLoss({ document, outputs }) {
  return !document.loss || outputs.includes(document.loss) ? outputs : [...outputs, document.loss];
}

/**
 * The rewritten backward graph, its outputs the forward outputs and the cotangents; and the name of each variable's cotangent.
 * @param {Graph} graph @param {string[]} wrt @param {string[]} cotangents @returns {[Graph, Map<string, string>]}
 */
export function backwardGraph(graph, wrt, cotangents) {
  return graph.once(`backward ${wrt.join(" ")} / ${cotangents.join(" ")}`, () => {
    const [outputs, past] = [outputsAndLoss(graph), lookedThrough(graph)];
    const first = wrt.filter((name) => !past.has(name));
    let raw = backward(graph, first, cotangents, outputs);
    const names = new Map(first.map((name, k) => [name, raw.outputs[k]]));
    if (first.length < wrt.length) {
      // the others' cotangents come through what the identities look past
      const others = wrt.filter((name) => past.has(name));
      const more = backward(graph, others, cotangents);
      others.forEach((name, k) => names.set(name, more.outputs[k]));
      raw = joined(raw, more);
    }
    const full = rewrite(withOutputs(raw, [...outputs, ...names.values()]), ["stable", "range", "tidy"]);
    return [full, new Map(wrt.map((name) => [name, /** @type {string} */ (names.get(name))]))];
  });
}

/**
 * The backward graph with these cotangents summed over the batch, outer products by matrix products; and the names of the sums.
 * @param {Graph} graph @param {string[]} bars @returns {[Graph, Map<string, string>]}
 */
export function withTotals(graph, bars) {
  if (!bars.length) return [graph, new Map()];
  return graph.once(`totals ${bars.join(" ")}`, () => {
    const builder = new Builder(graph.nodes);
    const summed = new Map(bars.map((bar) => [bar, builder.add("batch_sum", [bar], { owner: bar })]));
    const outputs = graph.outputs.map((name) => summed.get(name) ?? name);
    const plan = rewrite(builder.graph(graph.name, outputs, graph.document), ["batch"]);
    // an identity may have found a sum under another name
    const names = new Map(outputs.map((name, k) => [name, plan.outputs[k]]));
    return [plan, new Map([...summed].map(([bar, name]) => [bar, /** @type {string} */ (names.get(name))]))];
  });
}
