// All lists of zeros and ones, a bit a list: list number p has bit w of p on wire w, and a comparator is one AND and one OR.

// the first five wires, 32 lists to a word
const LOW_BITS = [0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000];

/** The entries of 32 lists on a wire. @param {number} wire counted from 0 @param {number} word */
export function listBits(wire, word) {
  return LOW_BITS[wire] ?? ((word >> (wire - 5)) & 1 ? 0xffffffff : 0);
}

/** The smaller entries to the first wire. @param {Uint32Array} first @param {Uint32Array} second */
export function compareBits(first, second) {
  for (let k = 0; k < first.length; k += 1) {
    const low = first[k] & second[k];
    second[k] |= first[k];
    first[k] = low;
  }
}
