// Arrays too large for numbers: a cell's colour says its sign and its size, its number is told where a reader points or goes with the keys.

import { entryText, shortNumber } from "./numbers.js";
import { element } from "./elements.js";

/** Which entry a cell shows, for of a large array there are only the first rows and columns. @param {import("./numbers.js").Numbers} array @param {number} columns @param {number} k */
export function entryAt(array, columns, k) {
  const all = array.shape.length > 1 ? array.shape[array.shape.length - 1] : 1;
  return Math.floor(k / columns) * all + (k % columns);
}

/** Colour the cells of a slot, and write the largest magnitude below. @param {any} slot @param {import("./numbers.js").Numbers} array */
export function paintHeatMap(slot, array) {
  let most = 0;
  for (let k = 0; k < array.data.length; k += 1) if (Number.isFinite(array.data[k])) most = Math.max(most, Math.abs(array.data[k]));
  slot.cells.forEach((/** @type {any} */ cell, /** @type {number} */ k) => {
    const value = array.data[entryAt(array, slot.columns, k)];
    const role = Number.isNaN(value) ? "muted" : value < 0 ? "negative" : "positive";
    const strength = Number.isFinite(value) ? (most ? Math.abs(value) / most : 0) : 1;
    cell.setAttribute("fill", `var(--a1viz-${role})`);
    cell.setAttribute("fill-opacity", strength.toFixed(2));
  });
  const below = slot.group.querySelector(".a1viz-most");
  if (below) below.textContent = `±${shortNumber(most)}`;
}

const MOVES = new Map([["ArrowRight", [0, 1]], ["ArrowLeft", [0, -1]], ["ArrowDown", [1, 0]], ["ArrowUp", [-1, 0]]]);

/** Tell the number of a cell that is pointed at, or reached with the arrow keys. @param {import("./figure.js").LiveFigure} figure */
export function watchHeatMaps(figure) {
  for (const slot of figure.slots.filter((one) => one.columns)) {
    const called = slot.isBar ? `${slot.name}_bar` : slot.name;
    const tip = element("title");
    let at = 0;
    const tell = (/** @type {number} */ k) => {
      const array = figure.array(slot.name, slot.isBar);
      if (!array) return;
      const entry = entryAt(array, slot.columns, k);
      const text = `${entryText(called, array.shape, entry)}: ${shortNumber(array.data[entry])}`;
      slot.cells[at].classList.remove("a1viz-here");
      slot.cells[k].classList.add("a1viz-here");
      at = k;
      tip.textContent = text;
      figure.say(text);
    };
    slot.group.prepend(tip);
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", `${called}, a heat map; arrow keys go from entry to entry`]]) {
      slot.group.setAttribute(name, value);
    }
    slot.group.addEventListener("pointermove", (/** @type {any} */ event) => {
      const k = slot.cells.indexOf(event.target);
      if (k >= 0 && (k !== at || !tip.textContent)) tell(k);
    });
    slot.group.addEventListener("focus", () => tell(at));
    slot.group.addEventListener("keydown", (/** @type {any} */ event) => {
      const move = MOVES.get(event.key);
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      const next = at + move[0] * slot.columns + move[1];
      if (next >= 0 && next < slot.cells.length && (!move[1] || Math.floor(next / slot.columns) === Math.floor(at / slot.columns))) tell(next);
    });
  }
}
