// Numbers that a reader changes: by typing, with the arrow keys, by dragging; in the boxes and in a table beside the picture.

import { entryText, shortNumber, typedNumber } from "./numbers.js";
import { dress, element, fieldOf } from "./elements.js";

/** @typedef {import("./figure.js").LiveFigure} LiveFigure */

const DRAGGED = 4;
const TABLE_ENTRIES = 400;
const KEY_STEPS = new Map([["ArrowUp", 1], ["ArrowDown", -1], ["PageUp", 10], ["PageDown", -10]]);

/** Let arrow keys and dragging change an entry: by tenths, or a class by one. @param {LiveFigure} figure @param {any} target @param {string} name @param {number} k */
function makeChangeable(figure, target, name, k) {
  const classes = figure.classes(name);
  const change = (/** @type {number} */ from, /** @type {number} */ steps) =>
    figure.set(name, k, classes ? Math.min(Math.max(from + Math.sign(steps), 0), classes - 1) : Number((from + steps / 10).toPrecision(12)));
  const press = (/** @type {KeyboardEvent} */ event) => {
    const steps = KEY_STEPS.get(event.key);
    if (!steps || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    change(figure.number(name, k), event.shiftKey ? 10 * steps : steps);
  };
  const hold = (/** @type {PointerEvent} */ event) => {
    const [x, from, over] = [event.clientX, figure.number(name, k), new AbortController()];
    let isDragged = false;
    const move = (/** @type {PointerEvent} */ next) => {
      const steps = Math.trunc((next.clientX - x) / DRAGGED);
      if (!steps && !isDragged) return;
      if (!isDragged) target.setPointerCapture(event.pointerId);
      isDragged = true;
      change(from, steps);
    };
    const end = () => {
      over.abort();
      // the click that ends a drag opens no field
      if (isDragged) target.addEventListener("click", (/** @type {Event} */ click) => click.stopImmediatePropagation(), { once: true, capture: true });
    };
    target.addEventListener("pointermove", move, { signal: over.signal });
    for (const kind of ["pointerup", "pointercancel"]) target.addEventListener(kind, end, { signal: over.signal });
    event.stopPropagation();
  };
  target.classList.add("a1viz-editable");
  dress(target, { on: { keydown: press, pointerdown: hold } });
}

/** Make the numbers of leaves in the boxes editable. @param {LiveFigure} figure */
export function editBoxes(figure) {
  for (const { name, isBar, columns, cells, first } of figure.slots) {
    const array = figure.given.get(name);
    if (!array || isBar || columns || figure.fixed.has(name)) continue;
    cells.forEach((cell, at) => {
      const k = first + at;
      const press = (/** @type {KeyboardEvent} */ event) => {
        const isTyped = /^[-+.\d]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
        if (!isTyped && event.key !== "Enter" && event.key !== "F2") return;
        event.preventDefault();
        openEntry(figure, cell, name, k, isTyped ? event.key : "");
      };
      const label = entryText(name, array.shape, k);
      dress(cell, { role: "spinbutton", tabindex: -1, "aria-label": label, on: { click: () => openEntry(figure, cell, name, k, ""), keydown: press } });
      makeChangeable(figure, cell, name, k);
    });
  }
}

/** A field over a number in a box; Enter takes what is typed, Escape does not. @param {LiveFigure} figure @param {any} cell @param {string} name @param {number} k @param {string} typed */
function openEntry(figure, cell, name, k, typed) {
  const frame = cell.closest(".a1viz-picture");
  const [at, around] = [cell.getBoundingClientRect(), frame.getBoundingClientRect()];
  const [left, top] = [at.right - around.left + frame.scrollLeft, at.top + at.height / 2 - around.top + frame.scrollTop];
  const was = String(figure.number(name, k));
  let isOpen = true;
  const close = () => {
    isOpen = false;
    field.remove();
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Enter" && figure.set(name, k, typedNumber(field.value))) field.setAttribute("aria-invalid", "true");
    else if (event.key === "Enter" || event.key === "Escape") {
      close();
      cell.focus();
    }
  };
  const leave = () => {
    if (isOpen && field.value !== was) figure.set(name, k, typedNumber(field.value));
    if (isOpen) close();
  };
  const field = fieldOf(cell.getAttribute("aria-label"), { class: "a1viz-entry", on: { keydown: press, blur: leave } });
  Object.assign(field.style, { left: `${left}px`, top: `${top}px` });
  field.value = typed || was;
  frame.append(field);
  field.focus();
  if (!typed) field.select();
}

/** A table of all leaves; its fields are made when it is first opened. @param {LiveFigure} figure */
export function leafTable(figure) {
  const table = element("details", { class: "a1viz-numbers" }, element("summary", {}, "Change numbers"));
  const fill = () => table.append(...[...figure.given.keys()].filter((name) => !figure.fixed.has(name)).map((name) => leafFields(figure, name)));
  table.addEventListener("toggle", fill, { once: true });
  return table;
}

/** @param {LiveFigure} figure @param {string} name */
function leafFields(figure, name) {
  const { shape, data } = /** @type {{shape: number[], data: Float64Array}} */ (figure.given.get(name));
  const classes = figure.classes(name);
  const fields = Array.from(data.subarray(0, TABLE_ENTRIES), (_, k) => {
    const typed = () => typedNumber(field.value);
    const type = () => typed() !== undefined && figure.set(name, k, typed());
    const field = fieldOf(entryText(name, shape, k), { on: { input: type, change: () => figure.set(name, k, typed()), focus: () => show(), blur: () => show() } });
    makeChangeable(figure, field, name, k);
    return field;
  });
  // the field that has the focus shows all digits, and keeps what is typed unless the number was changed otherwise
  const show = () =>
    fields.forEach((field, k) => {
      const [now, typed] = [figure.number(name, k), typedNumber(field.value)];
      if (document.activeElement !== field) field.value = shortNumber(now);
      else if (typed !== undefined && typed !== now) field.value = String(now);
    });
  figure.watchers.push(show);
  show();
  const grid = element("div", { class: "a1viz-fields" }, ...fields);
  grid.style.setProperty("--a1viz-columns", String(shape.at(-1) ?? 1));
  const more = data.length > fields.length ? `, the first ${fields.length} of ${data.length} numbers` : "";
  return element("fieldset", {}, element("legend", {}, `${name}${classes ? `, one of ${classes} classes` : ""}${more}`), grid);
}
