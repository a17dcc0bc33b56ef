// The 0-1 principle: all lists of zeros and ones through a network, a bit a list, block after block.

import { compareBits, listBits } from "../engine/bit_lists.js";
import { sortingNetwork } from "./comparator_networks.js";

/** @typedef {import("./comparator_networks.js").Pair} Pair */

const BLOCK_WORDS = 1024;
/** Of more wires the lists are too many to be tried in a page. */
export const MOST_TRIED_WIRES = 20;

/** Tries all lists of n zeros and ones; list number p has bit w of p on wire w. */
export class ZeroOneSearch {
  /** @param {number} n @param {Pair[]} pairs @param {number[]} outputs the wires whose ends have to be right */
  constructor(n, pairs, outputs) {
    this.n = n;
    this.pairs = pairs;
    this.outputs = outputs;
    this.right = sortingNetwork("merge", n);
    this.words = Math.max(1, 2 ** n / 32);
    // how many words are done, how many lists come out wrong, and the first that does
    this.done = 0;
    this.count = 0;
    this.first = -1;
  }

  get isOver() {
    return this.done >= this.words;
  }

  /** Try the lists of the next words; says which bits are wrong. @returns {Uint32Array} */
  block() {
    const size = Math.min(BLOCK_WORDS, this.words - this.done);
    const wires = Array.from({ length: this.n }, (_, wire) => Uint32Array.from({ length: size }, (_, k) => listBits(wire, this.done + k)));
    const sorted = wires.map((bits) => bits.slice());
    for (const [i, j] of this.pairs) compareBits(wires[i], wires[j]);
    for (const [i, j] of this.right) compareBits(sorted[i], sorted[j]);
    const wrong = new Uint32Array(size);
    for (const wire of this.outputs) for (let k = 0; k < size; k += 1) wrong[k] |= wires[wire][k] ^ sorted[wire][k];
    if (this.n < 5) wrong[0] &= 2 ** (2 ** this.n) - 1;
    wrong.forEach((word, k) => {
      if (word && this.first < 0) this.first = 32 * (this.done + k) + 31 - Math.clz32(word & -word);
      for (let rest = word; rest; rest &= rest - 1) this.count += 1;
    });
    this.done += size;
    return wrong;
  }

  /** The first list that comes out wrong. */
  get example() {
    return Array.from({ length: this.n }, (_, wire) => (this.first >> wire) & 1);
  }
}
