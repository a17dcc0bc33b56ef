// Arrays too large for numbers: a cell's colour says its sign and its size, its number is told where a reader points or goes with the keys.

import { entryText, shortNumber } from "./numbers.js";
import { dress, element } from "./elements.js";

/** Which entry a cell shows, for of a large array there are only the first rows and columns. @param {import("./numbers.js").Numbers} array @param {number} columns @param {number} k */
export function entryAt(array, columns, k) {
  const all = array.shape.length > 1 ? array.shape[array.shape.length - 1] : 1;
  return Math.floor(k / columns) * all + (k % columns);
}

/** Colour the cells of a slot, and write the largest magnitude below. @param {any} slot @param {import("./numbers.js").Numbers} array */
export function paintHeatMap(slot, array) {
  const most = Array.from(array.data).reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 0);
  const inks = slot.group.dataset.inks.split(" ");
  slot.cells.forEach((/** @type {any} */ cell, /** @type {number} */ k) => {
    const value = array.data[entryAt(array, slot.columns, k)];
    const strength = Number.isFinite(value) ? (most ? Math.abs(value) / most : 0) : 1;
    dress(cell, { fill: inks[Number.isNaN(value) ? 2 : Number(value < 0)], "fill-opacity": strength.toFixed(2) });
  });
  slot.group.querySelector(".a1viz-most").textContent = `±${shortNumber(most)}`;
}

const MOVES = new Map([["ArrowRight", [0, 1]], ["ArrowLeft", [0, -1]], ["ArrowDown", [1, 0]], ["ArrowUp", [-1, 0]]]);

/** Tell the number of a cell that is pointed at, or reached with the arrow keys. @param {import("./figure.js").LiveFigure} figure */
export function watchHeatMaps(figure) {
  for (const { group, cells, columns, name, isBar } of figure.slots) {
    if (!columns) continue;
    const called = isBar ? `${name}_bar` : name;
    const tip = element("title");
    let at = 0;
    const tell = (/** @type {number} */ k) => {
      const array = /** @type {import("./numbers.js").Numbers} */ (figure.array(name, isBar));
      const entry = entryAt(array, columns, k);
      tip.textContent = `${entryText(called, array.shape, entry)}: ${shortNumber(array.data[entry])}`;
      cells[at].classList.remove("a1viz-here");
      cells[k].classList.add("a1viz-here");
      at = k;
      figure.say(tip.textContent);
    };
    const go = (/** @type {KeyboardEvent} */ event) => {
      const [down, right] = MOVES.get(event.key) ?? [];
      if (right === undefined) return;
      const column = (at % columns) + right;
      const next = at + down * columns + right;
      // at an edge the key leads on
      if (!cells[next] || column < 0 || column >= columns) return;
      event.preventDefault();
      tell(next);
    };
    const point = (/** @type {Event} */ event) => {
      const k = cells.indexOf(event.target);
      if (k >= 0 && (k !== at || !tip.textContent)) tell(k);
    };
    group.prepend(tip);
    const label = `${called}, a heat map; arrow keys go from entry to entry`;
    dress(group, { tabindex: -1, role: "group", "aria-label": label, on: { pointermove: point, focus: () => tell(at), keydown: go } });
  }
}
