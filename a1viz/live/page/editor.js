// Where equations are typed: a field whose text is coloured below it, what is wrong marked and said, and a list of how a word may go on.

import { completions, highlighted } from "../engine/completion.js";
import { element } from "./elements.js";

/** @typedef {import("../engine/base.js").EquationError} EquationError */
/** @typedef {import("../engine/completion.js").Way} Way */

const MOST_WAYS = 8;
const MOST_COLOURED = 20000;
let editorCount = 0;

/**
 * The place of an error in a text, in characters from its beginning.
 * @param {string} text @param {EquationError} error @returns {[number, number]}
 */
export function markedPlace(text, { line, column }) {
  const lines = text.split("\n");
  const at = Math.min(Math.max(line, 1), lines.length) - 1;
  const first = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
  const start = first + [...lines[at]].slice(0, Math.max(column - 1, 0)).join("").length;
  if (!column) return [first + lines[at].search(/\S|$/), first + lines[at].length];
  const word = /^(\w+|\S)/.exec(text.slice(start));
  return [start, start + Math.max(word?.[0].length ?? 1, 1)];
}

/** A field for equations. */
export class EquationEditor {
  /** @param {string} text @param {() => void} changed @param {() => Iterable<string>} names of leaves, for completion */
  constructor(text, changed, names) {
    this.names = names;
    this.changed = changed;
    editorCount += 1;
    this.list = element("ul", { class: "a1viz-ways", role: "listbox", id: `a1viz-ways-${editorCount}`, "aria-label": "ways to go on", hidden: "" });
    this.layer = element("pre", { class: "a1viz-code-layer", "aria-hidden": "true" });
    this.problems = element("ul", { class: "a1viz-problems", "aria-live": "polite", id: `a1viz-problems-${editorCount}` });
    this.field = element("textarea", {
      class: "a1viz-equations", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-label": "equations, one per line",
      "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-describedby": this.problems.id, rows: "3",
    });
    this.field.value = text;
    const frame = element("div", { class: "a1viz-typing" }, this.layer, this.field, this.list);
    this.view = element("div", { class: "a1viz-editor" }, frame, this.problems);
    /** @type {Way[]} */
    this.ways = [];
    this.place = [0, 0];
    this.chosen = -1;
    /** @type {EquationError[]} */
    this.errors = [];
    this.field.addEventListener("input", (/** @type {InputEvent} */ event) => {
      this.errors = [];
      this.colour();
      // a word that is typed goes on, not one that is put in
      if (event.data?.length === 1 || !this.list.hidden) this.suggest(false);
      this.changed();
    });
    this.field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    this.field.addEventListener("blur", () => this.close());
    this.field.addEventListener("click", () => this.close());
    this.field.addEventListener("scroll", () => this.follow());
    this.colour();
  }

  get text() {
    return this.field.value;
  }

  /** @param {string} text */
  set text(text) {
    if (text === this.field.value) return;
    this.field.value = text;
    this.errors = [];
    this.close();
    this.colour();
  }

  /** Colours and marks below the text. */
  colour() {
    const { text } = this;
    const marks = this.errors.map((error) => markedPlace(text, error));
    this.layer.replaceChildren();
    let end = 0;
    for (const { start, end: stop, kind } of text.length <= MOST_COLOURED ? highlighted(text) : []) {
      if (start > end) this.layer.append(text.slice(end, start));
      const isMarked = marks.some(([from, to]) => from < stop && start < to);
      this.layer.append(element("span", { class: `a1viz-${kind}${isMarked ? " a1viz-marked" : ""}` }, text.slice(start, stop)));
      end = stop;
    }
    // what ends with a line has an empty one below
    this.layer.append(`${text.slice(end)}\n`);
    this.field.rows = Math.min(Math.max(text.split("\n").length + 1, 4), 30);
    this.follow();
  }

  follow() {
    this.layer.scrollLeft = this.field.scrollLeft;
    this.layer.scrollTop = this.field.scrollTop;
  }

  /** Show what is wrong. @param {Error & {problems?: EquationError[]} | null} error */
  show(error) {
    if (!error && !this.problems.childElementCount) return;
    this.errors = (error?.problems ?? []).filter((one) => one.line);
    this.colour();
    const told = error ? (error.problems ?? [error]).map((one) => one.message) : [];
    this.problems.replaceChildren(...told.map((message) => element("li", {}, message)));
    if (error) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }

  // how a word may go on

  /** @param {boolean} isAsked */
  suggest(isAsked) {
    const at = this.field.selectionStart;
    const { start, end, ways } = completions(this.text, at, [...this.names()]);
    const isBegun = end > start && end === at;
    if (this.field.selectionEnd !== at || !ways.length || (!isAsked && !isBegun)) return this.close();
    this.ways = ways.slice(0, MOST_WAYS);
    this.place = [start, end];
    this.chosen = -1;
    this.list.replaceChildren(...this.ways.map((way, k) => this.option(way, k)));
    this.list.hidden = false;
    this.field.removeAttribute("aria-activedescendant");
    this.moveList(start);
  }

  /** @param {Way} way @param {number} k */
  option(way, k) {
    const made = element("li", { role: "option", id: `${this.list.id}-${k}`, "aria-selected": "false" }, element("b", {}, way.text), ` ${way.about}`);
    made.addEventListener("pointerdown", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.take(k);
    });
    return made;
  }

  /** The list stands below the word that is begun. @param {number} start */
  moveList(start) {
    const before = this.text.slice(0, start);
    const mark = element("span", {}, this.text.slice(start, start + 1) || " ");
    const copy = element("pre", { class: "a1viz-code-layer" }, before, mark);
    this.layer.before(copy);
    this.list.style.left = `${Math.max(mark.offsetLeft - this.field.scrollLeft, 0)}px`;
    this.list.style.top = `${mark.offsetTop + mark.offsetHeight - this.field.scrollTop}px`;
    copy.remove();
  }

  close() {
    this.list.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
    this.chosen = -1;
  }

  /** @param {number} k */
  choose(k) {
    const options = [...this.list.children];
    options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = (k + options.length) % options.length;
    options[this.chosen].setAttribute("aria-selected", "true");
    options[this.chosen].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", options[this.chosen].id);
  }

  /** @param {number} k */
  take(k) {
    const [start, end] = this.place;
    this.field.focus();
    this.field.setRangeText(this.ways[k].text, start, end, "end");
    this.close();
    this.colour();
    this.changed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.suggest(true);
      return;
    }
    if (this.list.hidden) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.choose(this.chosen < 0 && move < 0 ? -1 : this.chosen + move);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && this.chosen >= 0) this.take(this.chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
