// The playground: equations on the left, on the right the graph that they are, its derivation, and all numbers; whatever is typed follows.

import { A1vizError } from "../engine/base.js";
import { isDeclared, isLeaf } from "../engine/nodes.js";
import { button, controls, element } from "./elements.js";
import { MORE } from "./more.js";
import { PlayHistory } from "./history.js";
import { EquationEditor } from "./editor.js";
import { LeafTable } from "./leaf_table.js";
import { LONGEST_LINK, linkedState, plainState, stateLink, stateOf } from "./typed_state.js";
import { leavesRead, stateInUse, understood } from "./typed_graph.js";
import { LiveGraph } from "./live_graph.js";
import { latexText, numpySource, svgFile, tomlDocument } from "./takeaway.js";

/** @typedef {import("./typed_state.js").TypedState} TypedState */
/** @typedef {import("./typed_graph.js").Understood} Understood */

const PLAY_KEY = "a1viz-playground";
// milliseconds: from the last key to the new graph, and from the last number to what is kept of it
const [PAUSE_TYPING, PAUSE_NUMBERS] = [250, 300];
// a piece of work after which the page may do something else
const SLICE = 12;
const FIRST_TEXT = "z = W @ x + b\nh = relu(z)\ny = V @ h\np = softmax(y)\nJ = -log(p)[t]";
const LINK_WORKS = "The graph of the link";
const FILES = [
  ["toml", "TOML document", "application/toml"], ["svg", "SVG picture", "image/svg+xml"],
  ["tex", "LaTeX", "text/x-tex"], ["py", "NumPy program", "text/x-python"],
];

/** One playground of a page. */
export class Playground {
  /** @param {any} host @param {TypedState} state @param {string} [said] */
  constructor(host, state, said = "") {
    this.host = host;
    this.state = state;
    this.history = new PlayHistory(state);
    /** @type {Understood | null} */
    this.found = null;
    /** @type {LiveGraph | null} */
    this.live = null;
    this.turn = 0;
    this.waiting = 0;
    this.keeping = 0;
    this.status = element("p", { class: "a1viz-status", role: "status" });
    this.editor = new EquationEditor(state.text, () => this.typed(), () => this.found?.leaves.keys() ?? []);
    this.leaves = new LeafTable((name, leaf) => this.declare(name, leaf), (name, size) => this.resize(name, size), (problem) => this.say(problem));
    this.picture = element("div", { class: "a1viz-play-graph" });
    this.goal = element("p", { class: "a1viz-goal" });
    this.steps = element("ol", { class: "a1viz-derivation", tabindex: "0", "aria-label": "derivation" });
    this.numbers = element("div", { class: "a1viz-play-values", tabindex: "0", role: "group", "aria-label": "values and error signals" });
    this.lossField = element("select", { "aria-label": "what is differentiated" });
    this.lossField.addEventListener("change", () => this.change({ ...this.state, loss: this.lossField.value }, ""));
    this.substitute = element("input", { type: "checkbox" });
    this.substitute.addEventListener("change", () => this.writeSteps());
    this.undo = button("Undo", "Undo the last change", () => this.go(-1));
    this.redo = button("Redo", "Do it again", () => this.go(1));
    this.link = element("input", { class: "a1viz-link", readonly: "", hidden: "", "aria-label": "link to this graph" });
    this.build();
    this.typed(0);
    if (said) this.say(said);
  }

  /** The elements of the page. */
  build() {
    const titles = [...new Set(MORE.graphs.map((/** @type {any} */ graph) => graph.topic ?? ""))];
    const groups = titles.map((topic) => {
      const graphs = MORE.graphs.filter((/** @type {any} */ graph) => (graph.topic ?? "") === topic);
      const options = graphs.map((/** @type {any} */ graph) => element("option", { value: graph.name }, graph.title));
      return element("optgroup", { label: topic }, ...options);
    });
    const none = element("option", { value: "" }, "Begin with …");
    const presets = element("select", { "aria-label": "begin with a graph of the gallery" }, none, ...groups);
    presets.addEventListener("change", () => {
      const graph = MORE.graphs.find((/** @type {any} */ one) => one.name === presets.value);
      presets.value = "";
      const state = stateOf(graph);
      if (state) this.change(state, "");
    });
    const link = button("Link", "A link to this graph", () => this.share());
    const bar = controls("Playground", ...(MORE.graphs.length ? [presets] : []), this.undo, this.redo, link);
    const substitute = element("label", {}, this.substitute, " substitute each error signal into the next");
    const derivation = element("section", {}, element("h2", {}, "Derivation"), this.goal, substitute, this.steps);
    const values = element("section", {}, element("h2", {}, "Values and error signals"), this.numbers);
    const loss = element("label", { class: "a1viz-goal" }, "differentiate ", this.lossField);
    const parts = [bar, this.link, this.editor.view, this.leaves.view, loss, this.files(), this.status];
    const left = element("div", { class: "a1viz-play-left a1viz-panel" }, ...parts);
    const right = element("div", { class: "a1viz-play-right" }, this.picture, derivation, values);
    this.host.replaceChildren(element("div", { class: "a1viz-play" }, left, right));
    this.host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  /** What can be taken away. */
  files() {
    const text = element("textarea", { readonly: "", rows: "8", hidden: "", spellcheck: "false", wrap: "off", "aria-label": "text to take away" });
    const options = FILES.map(([ending, title]) => element("option", { value: ending }, title));
    const kind = element("select", { "aria-label": "what to take away" }, ...options);
    const made = () => {
      const file = this.file(kind.value);
      text.hidden = file === "";
      text.value = file;
      return file;
    };
    const copy = button("Copy", "Copy the text", () => {
      made();
      text.select();
      navigator.clipboard?.writeText(text.value).then(() => this.say("Copied"), () => this.say("Selected, to be copied"));
    });
    const save = button("Save", "Save as a file", () => {
      const [ending, , mime] = FILES.find(([one]) => one === kind.value) ?? FILES[0];
      const address = URL.createObjectURL(new Blob([made()], { type: mime }));
      element("a", { href: address, download: `${this.state.name}.${ending}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    });
    kind.addEventListener("change", made);
    const bar = controls("Take away", kind, button("Show", "Show the text", made), copy, save);
    return element("details", { class: "a1viz-takeaway" }, element("summary", {}, "Take away"), bar, text);
  }

  /** One of FILES, as text; nothing where there is none. @param {string} ending */
  file(ending) {
    const { found } = this;
    if (!found) return "";
    const now = { ...found, ...this.live?.numbers() };
    const svg = this.picture.querySelector("svg.a1viz-typed-graph");
    if (ending === "svg") return svg ? svgFile(svg) : "";
    if (ending === "tex") return latexText(now, this.substitute.checked);
    return ending === "py" ? numpySource(now) : tomlDocument(this.state, now);
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }

  // changes

  /** The text may be another: it is read after a pause. @param {number} [pause] */
  typed(pause = PAUSE_TYPING) {
    clearTimeout(this.waiting);
    this.turn += 1;
    if (!pause) this.refresh();
    else this.waiting = setTimeout(() => {
      if (this.editor.text !== this.state.text) {
        this.state = retyped(this.state, this.editor.text);
        this.remember("text");
      }
      this.refresh();
    }, pause);
  }

  /** @param {TypedState} state @param {string} kind */
  change(state, kind) {
    this.state = state;
    this.remember(kind);
    this.editor.text = state.text;
    this.typed(0);
  }

  /** @param {string} kind */
  remember(kind) {
    this.history.add(this.state, kind);
    this.showHistory();
  }

  showHistory() {
    this.undo.disabled = this.history.at === 0;
    this.redo.disabled = this.history.at === this.history.steps.length - 1;
  }

  /** @param {number} by */
  go(by) {
    this.keepNumbers();
    if (this.editor.text !== this.state.text) this.change(retyped(this.state, this.editor.text), "text");
    if (!this.history.go(by)) return this.say(by < 0 ? "There is nothing to undo" : "There is nothing to do again");
    this.state = this.history.now;
    this.editor.text = this.state.text;
    this.showHistory();
    this.typed(0);
    this.say(by < 0 ? "Undone" : "Done again");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    this.go(key === "y" || event.shiftKey ? 1 : -1);
  }

  /** @param {string} name @param {import("../engine/guessing.js").Leaf | null} leaf */
  declare(name, leaf) {
    this.say("");
    const leaves = new Map(this.state.leaves);
    if (leaf) leaves.set(name, leaf);
    else leaves.delete(name);
    this.change({ ...this.state, leaves }, "");
  }

  /** @param {string} name @param {number} size */
  resize(name, size) {
    this.say("");
    this.change({ ...this.state, sizes: new Map(this.state.sizes).set(name, size) }, "");
  }

  /** Numbers were changed in the picture: they are kept a moment later, all changes as one step. */
  numbersChanged() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepNumbers(), PAUSE_NUMBERS);
  }

  keepNumbers() {
    clearTimeout(this.keeping);
    if (!this.keeping || !this.live) return;
    this.keeping = 0;
    const now = this.live.numbers();
    const [values, cotangents] = [new Map([...this.state.values, ...now.values]), new Map([...this.state.cotangents, ...now.cotangents])];
    this.state = { ...this.state, values, cotangents };
    this.remember("numbers");
  }

  share() {
    this.keepNumbers();
    const link = stateLink(stateInUse(this.state));
    if (location.protocol === "about:") return this.say("A frame has no link; take the graph away as a document");
    if (link.length > LONGEST_LINK) return this.say("This graph is too large for a link; take it away as a document");
    this.link.value = `${location.href.split("#")[0]}#${PLAY_KEY}=${link}`;
    this.link.hidden = false;
    this.link.select();
    navigator.clipboard?.writeText(this.link.value).then(() => this.say("The link is copied"), () => this.say("The link is selected, to be copied"));
  }

  // what follows

  /** Understand the text and show what it is, in slices; what was shown stays where it cannot be understood. */
  async refresh() {
    const { turn, state } = this;
    let begun = performance.now();
    const first = begun;
    const room = this.picture.clientWidth;
    let worked = 0;
    const isLate = async () => {
      const now = performance.now();
      if (now - begun < SLICE) return false;
      worked += now - begun;
      await new Promise((next) => setTimeout(next));
      begun = performance.now();
      return turn !== this.turn;
    };
    try {
      const found = understood(state);
      if (await isLate()) return;
      const live = new LiveGraph(found, () => this.numbersChanged(), () => this.redraw());
      if (await isLate()) return;
      const view = live.draw(room);
      if (await isLate()) return;
      this.live?.stop();
      [this.found, this.live] = [found, live];
      this.editor.show(null);
      this.picture.replaceChildren(view);
      this.leaves.show(found);
      this.showGoals(found);
      this.goal.textContent = live.goal();
      this.writeSteps();
      if (await isLate()) return;
      this.numbers.replaceChildren(live.table());
      const values = new Map([...state.values, ...found.values]);
      if (this.state === state) {
        // what is read no more is guessed when it comes again
        const leaves = new Map([...state.leaves].filter(([name]) => found.leaves.has(name)));
        this.state = { ...state, leaves, values };
        this.history.steps[this.history.at] = this.state;
      }
    } catch (error) {
      if (!(error instanceof A1vizError)) console.error(error);
      this.editor.show(/** @type {Error} */ (error));
      this.leaves.show(leavesRead(state));
    }
    worked += performance.now() - begun;
    this.showHistory();
    performance.measure("a1viz-retyped", { start: first, end: performance.now(), detail: { worked } });
    this.host.dataset.a1vizPlayground = "ready";
  }

  writeSteps() {
    this.steps.replaceChildren(...(this.live?.steps(this.substitute.checked) ?? []));
  }

  /** What may be differentiated. @param {Understood} found */
  showGoals({ graph }) {
    const scalars = graph.nodes.filter((node) => isDeclared(node) && !isLeaf(node) && !node.shape.length).map((node) => node.name);
    const options = scalars.map((name) => element("option", { value: name }, name));
    this.lossField.replaceChildren(element("option", { value: "" }, "the last variable"), ...options);
    this.lossField.value = graph.document.loss;
  }

  /** New numbers for all leaves. */
  redraw() {
    const { found } = this;
    if (!found) return;
    const values = new Map([...this.state.values].filter(([name]) => !found.leaves.has(name)));
    this.change({ ...this.state, values, cotangents: new Map() }, "");
  }
}

/** The graph that the address asks for: nothing where it asks for none, null where it holds none. @returns {TypedState | null | undefined} */
function askedState() {
  const [, kind, told] = /^#a1viz-(playground|graph)=(.*)$/.exec(location.hash) ?? [];
  if (!kind) return undefined;
  return (kind === "graph" ? stateOf(MORE.graphs.find((/** @type {any} */ graph) => graph.name === told)) : linkedState(told)) ?? null;
}

/** A state with other equations; where none of the old ones is left, it is another graph, which has neither the name nor the shapes of the old one. @param {TypedState} state @param {string} text @returns {TypedState} */
function retyped(state, text) {
  const [old, own] = [state.text, text].map((lines) => lines.split(/[\n;]/).map((line) => line.trim()).filter(Boolean));
  const isAnother = !own.some((line) => old.includes(line)) && old.length > 1;
  const nothing = () => new Map();
  return isAnother ? { ...state, text, name: "graph", title: "", leaves: nothing(), sizes: nothing(), symbols: nothing(), loss: "", outputs: [] } : { ...state, text };
}

/** What the playground begins with: a link's graph, the page's own, or a small one. @param {any} host @returns {[TypedState, string]} */
function firstState(host) {
  const own = host.querySelector("script.a1viz-data");
  const wanted = host.dataset.a1vizPlayground || "gated_network";
  const plain = own ? JSON.parse(own.textContent) : MORE.graphs.find((/** @type {any} */ graph) => graph.name === wanted);
  const first = stateOf(plain ?? {}) ?? /** @type {TypedState} */ (stateOf({ text: FIRST_TEXT }));
  const asked = askedState();
  return asked ? [asked, LINK_WORKS] : [first, asked === null ? "The link holds no graph; this is another" : ""];
}

/** Begin all playgrounds of the page. */
function beginPlaying() {
  for (const host of document.querySelectorAll("[data-a1viz-playground]")) {
    try {
      const made = new Playground(host, ...firstState(host));
      /** @type {any} */ (host).a1vizPlayground = made;
      // another link, followed on the same page
      window.addEventListener("hashchange", () => {
        const asked = askedState();
        if (asked) made.change(asked, "");
        if (asked !== undefined) made.say(asked ? LINK_WORKS : "The link holds no graph");
      });
    } catch (error) {
      // what stands in the page without a script stays
      console.error(error);
    }
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", beginPlaying);
else beginPlaying();
