// An exercise in the page: an answer is typed, shown as a formula, checked; hints one by one, the solution at last; what is done is kept.

import { A1vizError } from "../engine/base.js";
import { graphOf } from "../engine/graph_data.js";
import { expressionLatex } from "../engine/notation.js";
import { mark, readable } from "../engine/marking.js";
import { markComparator, markShape, markValue, markWeight } from "../engine/answers.js";
import { button, element } from "./elements.js";
import { formulaMarkup } from "./typesetter.js";

const STORE = "a1viz-exercises";
const MOST_KEPT = 2000;
/** @type {Record<string, string>} what is asked for in the field */
const EXPECTED = { derive: "such as W.T @ z_bar * h", shape: "a shape, such as 3 x 4", weight: "a number", comparator: "two wires, such as [1, 2]", value: "a number", values: "a list, such as [1, 2]" };

/** Which exercises are done, by their keys; a browser may refuse to keep it. */
class Progress {
  constructor() {
    /** @type {Set<string>} */
    this.done = new Set();
    /** @type {(() => void)[]} */
    this.followers = [];
    this.total = 0;
    try {
      const kept = JSON.parse(localStorage.getItem(STORE) ?? "[]");
      if (Array.isArray(kept)) for (const key of kept.slice(-MOST_KEPT)) if (/^[0-9a-f]{10}$/.test(key)) this.done.add(key);
    } catch {
      // nothing is kept then
    }
  }

  /** @param {string} key @param {boolean} isDone */
  keep(key, isDone) {
    if (isDone) this.done.add(key);
    else this.done.delete(key);
    try {
      localStorage.setItem(STORE, JSON.stringify([...this.done].slice(-MOST_KEPT)));
    } catch {
      // it counts until the page is left
    }
    for (const follow of this.followers) follow();
  }
}

/** A text, what stands between backticks as code. @param {string} text @returns {(Node | string)[]} */
function codedParts(text) {
  const parts = text.split("\u0060");
  return parts.map((part, k) => (k % 2 && k < parts.length - 1 ? element("code", {}, part) : part));
}

/** A formula as a picture. @param {string} latex @param {string} spoken @returns {Node} */
function formulaPicture(latex, spoken) {
  const read = new DOMParser().parseFromString(formulaMarkup(latex, spoken), "image/svg+xml").documentElement;
  return document.importNode(read, true);
}

/** One exercise: its field, buttons and what is said. */
class ExercisePanel {
  /** @param {HTMLElement} section @param {any} item @param {() => import("../engine/nodes.js").Graph} graph @param {Progress} progress @param {string[]} keys of all exercises of the page */
  constructor(section, item, graph, progress, keys) {
    this.item = item;
    this.graph = graph;
    this.progress = progress;
    this.keys = keys;
    this.shown = 0;
    this.solution = /** @type {HTMLDetailsElement} */ (section.querySelector("details.a1viz-solution"));
    this.solution.hidden = true;
    const name = `Answer: ${item.label}`;
    this.field = element("input", { type: "text", "aria-label": name, placeholder: EXPECTED[[item.value].flat(Infinity).length > 1 ? "values" : item.kind], autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    this.field.addEventListener("input", () => this.preview());
    this.formula = element("div", { class: "a1viz-preview", hidden: "" });
    this.verdict = element("p", { class: "a1viz-mark" });
    this.hints = element("ol", { class: "a1viz-hints", hidden: "" });
    this.more = button("Hint", "", () => this.help());
    this.count = element("small", { class: "a1viz-count" });
    const check = element("button", { type: "submit", "aria-label": `Check: ${item.label}` }, "Check");
    const front = item.bar ? [element("code", {}, `${item.bar} = `)] : [];
    const line = element("div", { class: "a1viz-answer" }, ...front, this.field, check, this.more);
    const told = element("div", { role: "status", "aria-live": "polite", "aria-atomic": "false" }, this.verdict, this.hints);
    const form = element("form", { class: "a1viz-panel", on: { submit: (/** @type {Event} */ event) => this.check(event) } }, line, this.formula, told, this.count);
    this.solution.before(form);
    this.section = section;
    progress.followers.push(() => this.follow());
    this.print();
    this.label();
    this.follow();
  }

  /** On paper the solution stands below the question. */
  print() {
    const { solution } = this;
    let before = [solution.hidden, solution.open];
    addEventListener("beforeprint", () => {
      // a theme may have opened it already
      before = [solution.hidden, solution.open && !solution.hasAttribute("data-a1viz-folded")];
      [solution.hidden, solution.open] = [false, true];
    });
    addEventListener("afterprint", () => {
      [solution.hidden, solution.open] = before;
    });
  }

  /** What is typed, as a formula; nothing while it cannot be read. */
  preview() {
    if (this.item.kind !== "derive") return;
    try {
      const [graph, name] = readable(this.graph(), this.item.of, this.field.value);
      this.formula.replaceChildren(formulaPicture(expressionLatex(graph, name), this.field.value));
      this.formula.hidden = false;
    } catch (error) {
      if (!(error instanceof A1vizError)) throw error;
      this.formula.hidden = true;
    }
  }

  /** @param {Event} event */
  check(event) {
    event.preventDefault();
    const found = this.marked(this.field.value);
    this.field.setAttribute("aria-invalid", String(!found.right));
    this.say(found.right ? `✓ ${found.say.replace(/^r/, "R")}` : `✗ ${found.kind === "unread" ? "This cannot be read" : "Not yet"}: ${found.say}`);
    if (found.right) this.progress.keep(this.item.key, true);
    this.tried = true;
    this.label();
  }

  /** @param {string} answer @returns {{right: boolean, say: string, kind: string}} */
  marked(answer) {
    const { item } = this;
    if (!answer.trim()) return { right: false, say: "there is no answer yet", kind: "wrong" };
    if (item.kind === "derive") return mark(this.graph(), item.of, answer);
    if (item.kind === "shape") return markShape(item.shape, new Map(Object.entries(item.sizes)), answer);
    if (item.kind === "weight") return markWeight(this.graph(), item, answer);
    return item.kind === "comparator" ? markComparator(item, answer) : markValue(item.value, answer);
  }

  /** @param {string} text */
  say(text) {
    this.verdict.textContent = text;
  }

  /** The next hint, and after the last of them the solution. */
  help() {
    const { hints } = this.item;
    if (this.shown < hints.length) {
      this.hints.append(element("li", {}, ...codedParts(hints[this.shown])));
      this.hints.hidden = false;
      this.shown += 1;
    } else {
      this.solution.hidden = !this.solution.hidden;
      this.solution.open = !this.solution.hidden;
      this.solution.toggleAttribute("data-a1viz-folded", this.solution.hidden);
      this.say(this.solution.hidden ? "The solution is hidden" : "The solution is shown below");
    }
    this.label();
  }

  /** What the button does next; the solution can be seen once something was tried. */
  label() {
    const { hints, label } = this.item;
    const left = hints.length - this.shown;
    const text = left ? `Hint ${this.shown + 1} of ${hints.length}` : this.solution.hidden ? "Solution" : "Hide solution";
    this.more.textContent = text;
    this.more.title = "";
    this.more.setAttribute("aria-label", `${text}: ${label}`);
    this.more.hidden = !left && !hints.length && !this.tried && !this.progress.done.has(this.item.key);
  }

  /** Below an exercise that is done: how many are. */
  follow() {
    const isDone = this.progress.done.has(this.item.key);
    this.section.classList.toggle("a1viz-done", isDone);
    const done = this.keys.filter((key) => this.progress.done.has(key)).length;
    this.count.replaceChildren();
    if (isDone) this.count.append(`✓ done · ${done} of ${this.keys.length} on this page `, button("Again", `Mark as not done: ${this.item.label}`, () => this.progress.keep(this.item.key, false)));
  }
}

/** Every exercise of the page. */
function startExercises() {
  const hosts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-a1viz-exercise]")]);
  const read = hosts.map((host) => JSON.parse(host.querySelector("script.a1viz-data")?.textContent ?? '{"items":[]}'));
  const keys = [...new Set(read.flatMap(({ items }) => items.map((/** @type {any} */ item) => item.key)))];
  const progress = new Progress();
  hosts.forEach((host, k) => {
    /** @type {import("../engine/nodes.js").Graph | undefined} */
    let graph;
    const sections = /** @type {HTMLElement[]} */ ([...host.querySelectorAll(".a1viz-exercise")]);
    // a graph is read when the first answer to it is
    sections.forEach((section, j) => new ExercisePanel(section, read[k].items[j], () => (graph ??= graphOf(read[k].graph)), progress, keys));
    host.dataset.a1vizExercise = "ready";
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startExercises);
else startExercises();
