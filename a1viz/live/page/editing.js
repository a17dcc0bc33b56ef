// Numbers that a reader changes: by typing, with the arrow keys, by dragging; in the boxes and in a table beside the picture.

import { entryText, shortNumber, typedNumber } from "./numbers.js";
import { element } from "./elements.js";

/** @typedef {import("./figure.js").LiveFigure} LiveFigure */

const DRAGGED = 4;
const TABLE_ENTRIES = 400;
const KEY_STEPS = new Map([["ArrowUp", 1], ["ArrowDown", -1], ["PageUp", 10], ["PageDown", -10]]);

/** A number some steps away: tenths, or whole ones of a class. @param {LiveFigure} figure @param {string} name @param {number} value @param {number} steps */
function stepped(figure, name, value, steps) {
  const classes = figure.classes(name);
  return classes ? Math.min(Math.max(value + Math.sign(steps), 0), classes - 1) : Number((value + steps / 10).toPrecision(12));
}

/** Let arrow keys and dragging change an entry. @param {LiveFigure} figure @param {any} target @param {string} name @param {number} k */
function makeChangeable(figure, target, name, k) {
  const now = () => figure.given.get(name)?.data[k] ?? 0;
  target.classList.add("a1viz-editable");
  target.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const steps = KEY_STEPS.get(event.key);
    if (steps === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    figure.set(name, k, stepped(figure, name, now(), event.shiftKey ? 10 * steps : steps));
  });
  target.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    const [from, first] = [event.clientX, now()];
    let isDragged = false;
    const move = (/** @type {PointerEvent} */ next) => {
      const steps = Math.trunc((next.clientX - from) / DRAGGED);
      if (!steps && !isDragged) return;
      if (!isDragged) target.setPointerCapture?.(event.pointerId);
      isDragged = true;
      figure.set(name, k, stepped(figure, name, first, steps));
    };
    const end = () => {
      target.removeEventListener("pointermove", move);
      if (isDragged) target.addEventListener("click", (/** @type {Event} */ e) => e.stopImmediatePropagation(), { once: true, capture: true });
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end, { once: true });
    target.addEventListener("pointercancel", end, { once: true });
    event.stopPropagation();
  });
}

/** Make the numbers of leaves in the boxes editable. @param {LiveFigure} figure */
export function editBoxes(figure) {
  for (const slot of figure.slots) {
    const array = figure.given.get(slot.name);
    if (!array || slot.isBar || slot.columns) continue;
    slot.cells.forEach((cell, k) => {
      for (const [name, value] of [["role", "spinbutton"], ["tabindex", "0"], ["aria-label", entryText(slot.name, array.shape, k)]]) cell.setAttribute(name, value);
      makeChangeable(figure, cell, slot.name, k);
      cell.addEventListener("click", () => openEntry(figure, cell, slot.name, k, ""));
      cell.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        const isTyped = /^[-+.\d]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
        if (!isTyped && event.key !== "Enter" && event.key !== "F2") return;
        event.preventDefault();
        openEntry(figure, cell, slot.name, k, isTyped ? event.key : "");
      });
    });
  }
}

/** A field over a number in a box; Enter takes what is typed, Escape does not. @param {LiveFigure} figure @param {any} cell @param {string} name @param {number} k @param {string} typed */
function openEntry(figure, cell, name, k, typed) {
  const frame = cell.closest(".a1viz-picture");
  const [at, around] = [cell.getBoundingClientRect(), frame.getBoundingClientRect()];
  const field = element("input", { class: "a1viz-entry", inputmode: "text", autocomplete: "off", "aria-label": cell.getAttribute("aria-label") });
  field.value = typed || String(figure.given.get(name)?.data[k]);
  field.style.left = `${at.right - around.left + frame.scrollLeft}px`;
  field.style.top = `${at.top + at.height / 2 - around.top + frame.scrollTop}px`;
  let isOpen = true;
  const close = (/** @type {boolean} */ returns) => {
    if (!isOpen) return;
    isOpen = false;
    field.remove();
    if (returns) cell.focus();
  };
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Escape") close(true);
    if (event.key === "Enter" && !figure.set(name, k, typedNumber(field.value))) close(true);
    else if (event.key === "Enter") field.setAttribute("aria-invalid", "true");
  });
  field.addEventListener("blur", () => {
    if (isOpen && field.value !== String(figure.given.get(name)?.data[k])) figure.set(name, k, typedNumber(field.value));
    close(false);
  });
  frame.append(field);
  field.focus();
  if (!typed) field.select();
}

/** A table of all leaves; its fields are made when it is first opened. @param {LiveFigure} figure */
export function leafTable(figure) {
  const table = element("details", { class: "a1viz-numbers" }, element("summary", {}, "Change numbers"));
  table.addEventListener("toggle", () => {
    if (table.open && table.childElementCount === 1) table.append(...[...figure.given.keys()].map((name) => leafFields(figure, name)));
  });
  return table;
}

/** @param {LiveFigure} figure @param {string} name */
function leafFields(figure, name) {
  const { shape, data } = /** @type {{shape: number[], data: Float64Array}} */ (figure.given.get(name));
  const columns = shape.length ? shape[shape.length - 1] : 1;
  const classes = figure.classes(name);
  const grid = element("div", { class: "a1viz-fields" });
  grid.style.setProperty("--a1viz-columns", String(columns));
  const more = data.length > TABLE_ENTRIES ? ` (its first ${TABLE_ENTRIES} of ${data.length} numbers)` : "";
  const fields = Array.from(data.slice(0, TABLE_ENTRIES), (_, k) => {
    const field = element("input", { inputmode: "text", autocomplete: "off", "aria-label": entryText(name, shape, k) });
    makeChangeable(figure, field, name, k);
    field.addEventListener("input", () => {
      const value = typedNumber(field.value);
      if (value !== undefined) figure.set(name, k, value);
    });
    field.addEventListener("change", () => figure.set(name, k, typedNumber(field.value)));
    field.addEventListener("focus", () => {
      field.value = String(figure.given.get(name)?.data[k]);
    });
    field.addEventListener("blur", () => show());
    return field;
  });
  // the field that is typed into keeps what is typed, unless the number was changed otherwise
  const show = () => {
    const now = figure.given.get(name)?.data ?? [];
    fields.forEach((field, k) => {
      const isTyped = document.activeElement === field;
      if (!isTyped) field.value = shortNumber(now[k]);
      else if (typedNumber(field.value) !== now[k] && typedNumber(field.value) !== undefined) field.value = String(now[k]);
    });
  };
  figure.watchers.push(show);
  show();
  grid.append(...fields);
  return element("fieldset", {}, element("legend", {}, `${name}${classes ? `, one of ${classes} classes` : ""}${more}`), grid);
}
