// A live picture: its data, the numbers in its boxes, and who is told when they change.

import { graphOf, numbersOf } from "../engine/graph_data.js";
import { INNER } from "../engine/nodes.js";
import { prepare } from "../engine/execution.js";
import { arrayOf, entryText, jsonText, saidNumber, shortNumber } from "./numbers.js";
import { dress, element } from "./elements.js";
import { paintHeatMap } from "./heat_maps.js";

/** @typedef {import("./numbers.js").Numbers} Numbers */
/**
 * @typedef {object} Slot Where the numbers of one array stand.
 * @property {any} group
 * @property {string} name
 * @property {boolean} isBar
 * @property {any[]} cells
 * @property {number} columns of a heat map; 0 for numbers
 * @property {number} first the entry that its numbers begin with
 */

const FORMAT_READ = 1;
const SAID_AFTER = 250;

/** One picture that follows what a reader changes. */
export class LiveFigure {
  /** @param {any} host the figure @param {any} data what the build wrote beside it */
  constructor(host, data) {
    if (data.format !== FORMAT_READ) throw new Error(`a1viz: format ${data.format}`);
    this.host = host;
    const nodes = data.graph.nodes.map(withoutSign);
    this.graph = graphOf({ ...data.graph, nodes });
    /** @type {string[]} */
    this.variables = this.graph.outputs.slice(0, data.variables);
    /** @type {Map<string, string>} the node that is each variable's cotangent */
    this.bars = new Map(Object.entries(data.bars ?? {}));
    const computed = new Set(this.graph.outputs.slice(data.variables));
    for (const name of this.variables) if (!this.bars.has(name) && computed.has(`${name}_bar`)) this.bars.set(name, `${name}_bar`);
    /** @type {Map<string, string>} */
    this.texts = new Map(Object.entries(data.texts ?? {}));
    this.totals = new Set(data.totals ?? []);
    this.batch = data.batch ?? 0;
    this.loss = data.loss ?? "";
    // what the picture's arrows show and cannot follow
    this.fixed = new Set(data.fixed ?? []);
    /** @type {[string, {shape: number[], data: Float64Array}][]} */
    this.first = Object.entries(data.values ?? {}).map(([name, value]) => [name, arrayOf(numbersOf(value))]);
    /** @type {Map<string, {shape: number[], data: Float64Array}>} what the leaves are now */
    this.given = new Map();
    /** @type {(() => void)[]} */
    this.watchers = [];
    this.boxes = [...host.querySelectorAll("svg g[id][data-name]")];
    /** @type {Slot[]} */
    this.slots = [...host.querySelectorAll(".a1viz-slot")].map(slotOf);
    this.status = element("p", { class: "a1viz-status", role: "status" });
    this.waiting = 0;
    this.restore();
    this.program = prepare(this.graph);
    /** @type {Map<string, Numbers>} */
    this.values = new Map();
  }

  /** The numbers that the build gave. */
  restore() {
    for (const [name, { shape, data }] of this.first) this.given.set(name, { shape, data: data.slice() });
  }

  /** @param {string} name @returns {import("../engine/nodes.js").Node} */
  leaf(name) {
    return this.graph.node(name);
  }

  /** One number of a leaf. @param {string} name @param {number} k */
  number(name, k) {
    return this.given.get(name)?.data[k] ?? NaN;
  }

  /** How many classes a label has; 0 for what is no label. @param {string} name */
  classes(name) {
    const { op, value } = this.leaf(name);
    return op === "label" ? Number(this.graph.document.sizes.get(value) ?? value ?? Infinity) : 0;
  }

  /** Run the graph on what is given now, and show it. */
  compute() {
    this.values = this.program.run(this.given, this.graph.document.sizes, this.batch || null);
    this.show();
  }

  /** A variable's cotangent, as Python's `grad` gives it: of a batch the mean for what all examples share. @param {string} name @returns {Numbers | undefined} */
  bar(name) {
    const found = this.values.get(this.bars.get(name) ?? "");
    if (!found || !this.batch) return found;
    if (this.totals.has(name)) return this.loss ? { shape: found.shape, data: Array.from(found.data, (v) => v / this.batch) } : found;
    if (found.shape.length > this.leaf(name).shape.length) return found;
    return { shape: [this.batch, ...found.shape], data: Array.from({ length: this.batch }, () => [...Array.from(found.data)]).flat() };
  }

  /** The array that a slot shows. @param {string} name @param {boolean} isBar */
  array(name, isBar) {
    return isBar ? this.bar(name) : this.values.get(name);
  }

  /** Write the numbers into the picture. */
  show() {
    for (const { dataset } of this.boxes) {
      const [value, bar] = [this.array(dataset.name, false), this.array(dataset.name, true)];
      if (value) dataset.value = jsonText(value);
      if (bar) dataset.bar = jsonText(bar);
    }
    for (const slot of this.slots) {
      const array = this.array(slot.name, slot.isBar);
      if (array && slot.columns) paintHeatMap(slot, array);
      else if (array) slot.cells.forEach((cell, k) => writeNumber(cell, array.data[slot.first + k]));
    }
    for (const watcher of this.watchers) watcher();
  }

  /** Tell readers, those who hear the page too. @param {string} text @param {boolean} [isWritten] whether it stands elsewhere already, and is only heard */
  say(text, isWritten = false) {
    clearTimeout(this.waiting);
    this.status.textContent = text;
    this.status.classList.toggle("a1viz-unseen", isWritten);
  }

  /** Tell readers once they pause, and meanwhile nothing that holds no more. @param {string} text */
  sayLater(text) {
    this.say("");
    this.waiting = setTimeout(() => this.say(text), SAID_AFTER);
  }

  /** The loss, of a batch the mean. */
  lossNow() {
    const data = Array.from(this.values.get(this.loss)?.data ?? [NaN]);
    return data.reduce((a, b) => a + b, 0) / data.length;
  }

  /** The loss in words, for the end of a sentence, if there is one. @param {number} [before] */
  outcome(before = NaN) {
    const now = this.lossNow();
    const was = Number.isNaN(before) || before === now ? "" : `, was ${saidNumber(before)}`;
    return this.loss ? `; ${this.loss} is ${saidNumber(now)}${was}` : "";
  }

  /** Give one entry of a leaf another number; says what is wrong with it, or nothing. @param {string} name @param {number} k @param {number | undefined} value */
  set(name, k, value) {
    const { shape, data } = /** @type {{shape: number[], data: Float64Array}} */ (this.given.get(name));
    const [classes, was, before, entry] = [this.classes(name), data[k], this.lossNow(), entryText(name, shape, k)];
    const isClass = !classes || (Number.isInteger(value) && Number(value) >= 0 && Number(value) < classes);
    let problem = value === undefined ? "write a number, such as -0.5 or 1e-3" : isClass ? "" : `a class is a whole number from 0 to ${classes - 1}`;
    try {
      if (!problem) data[k] = Number(value);
      this.compute();
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
      data[k] = was;
      this.compute();
    }
    if (problem) this.say(`${entry}: ${problem}`);
    else this.sayLater(`${entry} is ${saidNumber(data[k])}${this.outcome(before)}`);
    return problem;
  }
}

/** @param {any} cell @param {number} value */
function writeNumber(cell, value) {
  const text = shortNumber(value);
  if (cell.textContent !== text) cell.textContent = text;
  if (cell.tabIndex === 0) dress(cell, { "aria-valuenow": Number.isFinite(value) ? value : 0, "aria-valuetext": text });
}

/** A node as `graphOf` reads it: its inputs are told as so many nodes back, of what is computed only the rank, and no automatic name. @param {any[]} row @param {number} k */
function withoutSign([name, op, inputs = [], shape = [], ...more], k) {
  const back = (/** @type {number} */ steps) => k - steps;
  return [name || `${INNER}${k}`, op, inputs.map(back), Array.isArray(shape) ? shape : Array(shape).fill(1), ...more];
}

/** @param {any} group @returns {Slot} */
function slotOf(group) {
  const columns = Number(group.dataset.columns ?? 0);
  const cells = [...group.querySelectorAll(columns ? "rect:not(.a1viz-tint)" : "text")];
  return { group, name: group.dataset.name, isBar: group.dataset.kind === "bar", cells, columns, first: Number(group.dataset.first ?? 0) };
}
