// A network as a reader has changed it: what is on its wires, what each comparator and each layer does, and what comes out, in words.

import { shortNumber } from "./numbers.js";
import { comparatorLayers, neededComparators } from "./comparator_networks.js";
import { goesFirst, misplacedWires, rowsOf } from "./wire_values.js";
import { checkedState, copiedState, padded, pairsOf, writtenNumbers } from "./wire_state.js";

/** @typedef {import("./comparator_networks.js").Pair} Pair */
/** @typedef {import("./wire_state.js").WireState} WireState */

const WIRES_FORMAT = 1;

/** What is known of one network. */
export class WireModel {
  /** @param {any} data what the build wrote */
  constructor(data) {
    /** @type {Pair[]} the network that the page gives, if it is no construction */
    this.own = (data.comparators ?? []).map((/** @type {number[]} */ [i, j]) => [i - 1, j - 1]);
    const first = data.format === WIRES_FORMAT ? checkedState({ ...data, x: writtenNumbers(data.x) }, this.own) : null;
    if (!first) throw new Error("a1viz: no network");
    this.first = first;
    this.state = copiedState(first);
    /** @type {number[]} what the numbers were before zeros and ones took their place */
    this.numbers = padded([], first.n, false);
    /** @type {Pair[]} */
    this.pairs = [];
    /** @type {number[][]} */
    this.layers = [];
    /** @type {Set<number>} */
    this.removed = new Set();
    /** @type {Set<number>} */
    this.needed = new Set();
    /** @type {number[][]} the numbers before the first layer and after each */
    this.rows = [];
    /** @type {string[][]} */
    this.texts = [];
    /** @type {number[]} the wires whose ends count */
    this.outputs = [];
    /** @type {Set<number>} those that end wrong */
    this.wrong = new Set();
    // how many layers have worked
    this.at = 0;
  }

  /** Take up another network, whole. @param {WireState} state */
  take(state) {
    this.state = state;
    this.pairs = pairsOf(state, this.own);
    this.layers = comparatorLayers(this.pairs);
    this.at = this.layers.length;
    this.compute();
  }

  /** What is on the wires now. */
  compute() {
    const { x, k, without, blocks } = this.state;
    this.removed = new Set(without.map((position) => position - 1));
    this.rows = rowsOf(this.pairs, this.layers, this.removed, x, blocks);
    this.outputs = k ? [k - 1] : x.map((_, wire) => wire);
    const kept = this.pairs.map((_, at) => at).filter((at) => !this.removed.has(at));
    const needed = neededComparators(kept.map((at) => this.pairs[at]), this.outputs);
    this.needed = new Set(kept.filter((_, place) => needed.has(place)));
    const last = this.rows[this.layers.length];
    const sorted = [...x].sort((a, b) => Number(goesFirst(b, a)) - Number(goesFirst(a, b)));
    const isWrong = k > 0 && !blocks && goesFirst(last[k - 1], sorted[k - 1]) !== goesFirst(sorted[k - 1], last[k - 1]);
    this.wrong = new Set(isWrong ? this.outputs : misplacedWires(last, this.outputs));
    // what never went in is marked
    const given = new Set(x);
    this.texts = this.rows.map((row) => row.map((value) => (given.has(value) ? "" : "≈") + shortNumber(value)));
  }

  /** What comes out, in words. */
  outcome() {
    const last = this.texts[this.layers.length];
    const { k } = this.state;
    if (k) return `y${k} is ${last[k - 1]}${this.wrong.size ? ", which is wrong" : ""}`;
    return `out come ${last.join(", ")}, ${this.wrong.size ? "not sorted" : "sorted"}`;
  }

  /** Whether two numbers change places at a comparator. @param {number} at */
  swaps(at) {
    const [i, j] = this.pairs[at];
    const row = this.rows[this.layerOf(at)];
    return !this.removed.has(at) && goesFirst(row[j], row[i]);
  }

  /** @param {number} at */
  layerOf(at) {
    return this.layers.findIndex((layer) => layer.includes(at));
  }

  /** How a comparator is drawn. @param {number} at */
  kind(at) {
    if (this.removed.has(at)) return "removed";
    if (!this.needed.has(at)) return "not needed";
    return this.layerOf(at) >= this.at ? "waits" : this.swaps(at) ? "change places" : "in order";
  }

  /** What a comparator is and does. @param {number} at */
  words(at) {
    const [i, j] = this.pairs[at];
    const [kind, layer] = [this.kind(at), this.layerOf(at)];
    const text = `S${at + 1}, layer ${layer + 1}: compares wires ${i + 1} and ${j + 1}`;
    if (kind === "waits") return text;
    const does = kind === "in order" ? "are in order" : kind;
    return `${text}; ${this.removed.has(at) || !this.needed.has(at) ? kind : `${this.texts[layer][i]} and ${this.texts[layer][j]} ${does}`}`;
  }

  /** What a layer does. @param {number} layer */
  layerWords(layer) {
    const positions = this.layers[layer].filter((at) => !this.removed.has(at));
    const swaps = positions.filter((at) => this.swaps(at)).map((at) => `S${at + 1}`);
    const done = this.at === this.layers.length ? `; ${this.outcome()}` : "";
    const does = swaps.length ? `${swaps.join(", ")} of ${positions.length} swap${swaps.length === 1 ? "s" : ""}` : "nothing changes places";
    return `Layer ${layer + 1} of ${this.layers.length}: ${does}${done}`;
  }
}
