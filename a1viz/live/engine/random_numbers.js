// Random numbers that are always the same ones for the same seed.

/** Numbers from 0 up to 1, always the same ones for a text: the generator mulberry32, begun at the text's FNV-1a hash. @param {string} text */
export function uniformNumbers(text) {
  let state = [...text].reduce((hash, c) => Math.imul(hash ^ /** @type {number} */ (c.codePointAt(0)), 16777619), 2166136261);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers from N(0, 1), by Box and Muller: a pair of uniform numbers makes one. @param {() => number} next */
export function normalNumbers(next) {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
