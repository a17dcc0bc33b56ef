// A comparator network as Knuth draws it: wires, a bar a comparator, layers from left to right, and the numbers on the wires.

import { comparatorColumns } from "./comparator_networks.js";
import { element } from "./elements.js";

/** @typedef {import("./comparator_networks.js").Pair} Pair */
/**
 * @typedef {object} Shown What a picture shows.
 * @property {string[][]} texts the numbers before the first layer and after each
 * @property {number} at how many layers have worked
 * @property {string[]} kinds of each comparator, as the style sheet and the legend call them
 * @property {string[]} words what each comparator is and does
 * @property {Set<number>} wrong the wires that end out of order
 * @property {number[][] | null} signals the error signals, where they are asked for
 */

/** From wire to wire. */
const WIRE_STEP = 34;
const [COLUMN_STEP, NAMED_STEP, MOST_NAMED] = [14, 26, 40];
const BAR_STEPS = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1]]);
const MOVE_TIME = 700;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** One network, drawn once; `show` puts numbers and looks in. */
export class WirePicture {
  /** @param {number} n @param {Pair[]} pairs @param {number[][]} layers @param {number} room for a number @param {(at: number) => void} act what a click on a comparator does */
  constructor(n, pairs, layers, room, act) {
    this.pairs = pairs;
    this.layers = layers;
    this.act = act;
    this.entered = 0;
    const isNamed = pairs.length <= MOST_NAMED;
    const step = isNamed ? NAMED_STEP : COLUMN_STEP;
    /** @type {number[]} the middle of each place for numbers */
    this.gaps = [];
    /** @type {number[]} */
    this.x = [];
    let x = 0;
    for (const layer of layers) {
      this.gaps.push(x + room / 2);
      const columns = comparatorColumns(layer.map((at) => pairs[at]));
      layer.forEach((at, k) => {
        this.x[at] = x + room + columns[k] * step;
      });
      x += room + Math.max(...columns) * step + (isNamed ? 14 : 0);
    }
    this.gaps.push(x + room / 2);
    this.width = x + room;
    this.height = n * WIRE_STEP;
    const wires = Array.from({ length: n }, (_, wire) => element("path", { class: "a1viz-wires-wire", d: `M0 ${wireY(wire)}H${this.width}` }));
    this.signals = element("g", { class: "a1viz-wires-signals" });
    /** @type {any[]} */
    this.bars = pairs.map((_, at) => this.bar(at, isNamed));
    this.order = layers.flat();
    /** @type {any[][]} */
    this.cells = this.gaps.map((gap) => wires.map((_, wire) => element("text", { class: "a1viz-wires-number", x: gap, y: wireY(wire) - 5 })));
    this.frames = element("g", {});
    this.moving = element("g", { "aria-hidden": "true" });
    const numbers = element("g", { "aria-hidden": "true" }, ...this.cells.flat(), ...this.layerNames());
    const box = { width: this.width, height: this.height + 24, class: "a1viz-wires", role: "group", "aria-label": "comparators" };
    const parts = [...wires, this.signals, ...this.order.map((at) => this.bars[at]), this.frames, numbers, this.moving];
    this.svg = element("svg", { ...box, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.key(event) } }, ...parts);
    this.enter(this.order[0] ?? 0);
  }

  /** @param {number} at @param {boolean} isNamed */
  bar(at, isNamed) {
    const x = this.x[at];
    const [top, bottom] = this.pairs[at].map(wireY);
    const click = () => {
      this.enter(at);
      this.act(at);
    };
    return element(
      "g",
      { class: "a1viz-comparator", role: "button", tabindex: "-1", "data-at": at, on: { click } },
      element("rect", { class: "a1viz-comparator-area", x: x - 7, y: top, width: 14, height: bottom - top }),
      element("path", { class: "a1viz-comparator-line", d: `M${x} ${top}V${bottom}` }),
      ...[top, bottom].map((y) => element("circle", { cx: x, cy: y, r: 4.2 })),
      ...(isNamed ? [element("text", { class: "a1viz-wires-small", x: x + 5, y: top + 14 }, `S${at + 1}`)] : []),
    );
  }

  layerNames() {
    const y = this.height + 14;
    return this.layers.map((layer, k) => {
      const places = layer.map((at) => this.x[at]);
      return element("text", { class: "a1viz-wires-small a1viz-wires-middle", x: (Math.min(...places) + Math.max(...places)) / 2, y }, String(k + 1));
    });
  }

  /** The one comparator that the Tab key reaches. @param {number} at */
  enter(at) {
    this.bars[this.entered]?.setAttribute("tabindex", "-1");
    this.bars[at]?.setAttribute("tabindex", "0");
    this.entered = at;
  }

  /** Arrows go from comparator to comparator. @param {KeyboardEvent} event */
  key(event) {
    const here = this.order.indexOf(this.entered);
    const last = this.order.length - 1;
    const steps = BAR_STEPS.get(event.key);
    const to = steps === undefined ? { Home: 0, End: last }[event.key] : here + steps;
    const isPressed = event.key === "Enter" || event.key === " ";
    if (event.ctrlKey || event.metaKey || event.altKey || (to === undefined && !isPressed)) return;
    event.preventDefault();
    if (isPressed) return this.act(this.entered);
    this.enter(this.order[Math.min(Math.max(to ?? 0, 0), last)]);
    this.bars[this.entered].focus();
  }

  /** @param {Shown} shown */
  show(shown) {
    const touched = this.layers.map((layer) => new Set(layer.flatMap((at) => this.pairs[at])));
    this.cells.forEach((cells, row) => {
      const isEnd = row === 0 || row === this.layers.length;
      cells.forEach((cell, wire) => {
        cell.textContent = row <= shown.at && (isEnd || touched[row - 1].has(wire)) ? shown.texts[row][wire] : "";
        cell.classList.toggle("a1viz-wires-wrong", row === this.layers.length && shown.wrong.has(wire));
      });
    });
    this.bars.forEach((bar, at) => {
      bar.dataset.kind = shown.kinds[at];
      bar.setAttribute("aria-label", shown.words[at]);
      bar.setAttribute("aria-pressed", String(shown.kinds[at] === "removed"));
    });
    const isDone = shown.at === this.layers.length;
    this.frames.replaceChildren(...(isDone ? [...shown.wrong].map((wire) => this.frame(wire, shown.texts[this.layers.length][wire])) : []));
    this.signals.replaceChildren(...(shown.signals ? this.signalPaths(shown.signals) : []));
  }

  /** A frame around a number that is out of order. @param {number} wire @param {string} text */
  frame(wire, text) {
    const width = textRoom(text);
    const x = this.gaps[this.layers.length] - width / 2;
    return element("rect", { class: "a1viz-wires-frame", x, y: wireY(wire) - 17, width, height: 15, rx: 3 });
  }

  /** The way of the error signal, from right to left: along the wires, across where numbers changed places. @param {number[][]} signals @returns {any[]} */
  signalPaths(signals) {
    const found = signals.flatMap((row, gap) => {
      const layer = this.layers[gap - 1] ?? [];
      return row.flatMap((signal, wire) => {
        if (!signal) return [];
        const at = layer.find((found) => this.pairs[found].includes(wire));
        const next = this.layers[gap]?.find((found) => this.pairs[found].includes(wire));
        const right = next === undefined ? (gap === signals.length - 1 ? this.width : this.gaps[gap + 1]) : this.x[next];
        const left = at === undefined ? (gap ? this.gaps[gap] : 0) : this.x[at];
        const other = at === undefined ? -1 : this.pairs[at][0] + this.pairs[at][1] - wire;
        const from = at !== undefined && signals[gap - 1][other] ? `V${wireY(other)}` : "";
        return [element("path", { d: `M${right} ${wireY(wire)}H${left}${from}` })];
      });
    });
    const arrow = (/** @type {number} */ y) => element("path", { class: "a1viz-wires-tip", d: `M9 ${y - 5}L1 ${y}L9 ${y + 5}` });
    return [...found, ...signals[0].flatMap((signal, wire) => (signal ? [arrow(wireY(wire))] : []))];
  }

  /** Let the numbers of a layer move to their new places. @param {number} layer @param {string[]} texts before it @param {(at: number) => boolean} swaps @returns {Promise<any>} */
  move(layer, texts, swaps) {
    if (STILL.matches || !this.moving.animate) return Promise.resolve();
    const moves = this.layers[layer].flatMap((at) => this.pairs[at].map((wire) => /** @type {const} */ ([at, wire])));
    const made = moves.map(([at, wire]) => {
      const other = this.pairs[at][0] + this.pairs[at][1] - wire;
      const end = swaps(at) ? other : wire;
      const places = [[this.gaps[layer], wire], [this.x[at], wire], [this.x[at], end], [this.gaps[layer + 1], end]];
      const token = element("text", { class: "a1viz-wires-number a1viz-wires-moving" }, texts[wire]);
      this.moving.append(token);
      const frames = places.map(([x, to]) => ({ transform: `translate(${x}px, ${wireY(to) - 5}px)` }));
      return token.animate(frames, { duration: MOVE_TIME, easing: "ease-in-out", fill: "forwards" });
    });
    return Promise.all(made.map((one) => one.finished)).then(() => this.stop(), () => {});
  }

  /** Take away what moves. */
  stop() {
    this.moving.replaceChildren();
  }
}

/** @param {number} wire */
function wireY(wire) {
  return wire * WIRE_STEP + WIRE_STEP / 2;
}

/** The room that a number takes. @param {string} text */
export function textRoom(text) {
  return 7 * text.length + 10;
}
