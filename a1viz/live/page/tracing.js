// What a variable depends on, and what depends on it: lit up where a reader points, or goes with the keys.

import { dress } from "./elements.js";

/** @param {import("./figure.js").LiveFigure} figure */
export function traceBoxes(figure) {
  const { graph, host } = figure;
  // a box stands for a variable, or for all of a block
  const members = (/** @type {string} */ box) => (graph.has(box) ? [box] : figure.variables.filter((name) => name.startsWith(`${box}.`)));
  const reads = new Map(graph.nodes.map((node) => [node.name, node.inputs]));
  const parts = [...figure.boxes, ...host.querySelectorAll("g[data-from]")];
  const reached = (/** @type {string[]} */ from, /** @type {Map<string, string[]>} */ next) => {
    const found = new Set(from);
    for (const name of found) for (const other of next.get(name) ?? []) found.add(other);
    return found;
  };

  const light = (/** @type {any} */ box) => {
    const own = members(box.dataset.name);
    host.classList.add("a1viz-traced");
    const [before, after] = [["before", reads], ["after", graph.uses]].map(([side, next]) => {
      const set = reached(own, /** @type {Map<string, string[]>} */ (next));
      const isIn = (/** @type {string} */ name) => members(name).some((one) => set.has(one));
      for (const { classList, dataset } of parts) classList.toggle(`a1viz-${side}`, [dataset.name, dataset.from, dataset.to].every((name) => !name || isIn(name)));
      return figure.variables.filter((name) => set.has(name) && !own.includes(name)).join(", ") || "nothing";
    });
    box.setAttribute("aria-description", `Depends on ${before}. What depends on it: ${after}.`);
  };
  const dim = () => host.classList.remove("a1viz-traced");

  for (const box of figure.boxes) {
    const lit = () => light(box);
    dress(box, { role: "group", on: { pointerenter: lit, pointerleave: dim, focusin: lit, focusout: dim } });
  }
  for (const picture of host.querySelectorAll("svg.a1viz")) picture.setAttribute("role", "group");
}
