// What a variable depends on, and what depends on it: lit up where a reader points, or goes with the keys.

/** @param {import("./figure.js").LiveFigure} figure */
export function traceBoxes(figure) {
  const { graph, host } = figure;
  // a box stands for a variable, or for all of a block
  const members = (/** @type {string} */ box) => (graph.has(box) ? [box] : figure.variables.filter((name) => name.startsWith(`${box}.`)));
  const reads = new Map(graph.nodes.map((node) => [node.name, node.inputs]));
  const arrows = [...host.querySelectorAll("g[data-from]")];
  const known = new Set(figure.variables);
  const reached = (/** @type {string[]} */ from, /** @type {Map<string, string[]>} */ next) => {
    const found = new Set(from);
    for (const name of found) for (const other of next.get(name) ?? []) found.add(other);
    return found;
  };

  const light = (/** @type {any} */ box) => {
    const own = members(box.dataset.name);
    const [before, after] = [reached(own, reads), reached(own, graph.uses)];
    const isIn = (/** @type {string} */ name, /** @type {Set<string>} */ set) => members(name).some((one) => set.has(one));
    host.classList.add("a1viz-traced");
    for (const other of figure.boxes) {
      other.classList.toggle("a1viz-before", isIn(other.dataset.name, before));
      other.classList.toggle("a1viz-after", isIn(other.dataset.name, after));
    }
    for (const arrow of arrows) {
      const { from, to } = arrow.dataset;
      arrow.classList.toggle("a1viz-before", isIn(from, before) && isIn(to, before));
      arrow.classList.toggle("a1viz-after", isIn(from, after) && isIn(to, after));
    }
    const told = (/** @type {Set<string>} */ set) => [...known].filter((name) => set.has(name) && !own.includes(name)).join(", ") || "nothing";
    box.setAttribute("aria-description", `Depends on ${told(before)}. What depends on it: ${told(after)}.`);
  };
  const dim = () => host.classList.remove("a1viz-traced");

  for (const box of figure.boxes) {
    box.setAttribute("role", "group");
    box.addEventListener("pointerenter", () => light(box));
    box.addEventListener("pointerleave", dim);
    box.addEventListener("focusin", () => light(box));
    box.addEventListener("focusout", dim);
  }
  for (const picture of host.querySelectorAll("svg.a1viz")) picture.setAttribute("role", "group");
}
