// Arrays of numbers, the entries row by row; and where entries lie: under broadcasting, along axes, in every loop.

/** @typedef {{shape: number[], data: Float64Array}} Tensor */
/** @typedef {(out: Float64Array, xs: Float64Array[]) => void} Compute writes the entries of `out`, which are 0 at first */
/** @typedef {{shape: number[], compute?: Compute}} Planned the shape of a result and how it is computed; without that it has the first operand's entries */
/** @typedef {Record<string, any>} Attributes by name, at known sizes */
/** @typedef {(shapes: number[][], attributes: Attributes, ranks: number[], batch: number[]) => Planned} Kernel all that depends on shapes alone is done once */

/** How many entries there are. @param {number[]} shape */
export const entriesIn = (shape) => shape.reduce((n, size) => n * size, 1);

/** @param {number[]} shape @param {Float64Array} [data] @returns {Tensor} */
export const tensorOf = (shape, data = new Float64Array(entriesIn(shape))) => ({ shape, data });

/** A number, or numbers in lists of equal length, as an array. @param {any} value @returns {Tensor} */
export function tensorFrom(value) {
  const shape = [];
  for (let part = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  return tensorOf(shape, Float64Array.from([value].flat(Infinity)));
}

/** @param {number} n @param {(k: number) => void} f of 0, 1, ..., n - 1 */
export function upTo(n, f) {
  for (let k = 0; k < n; k += 1) f(k);
}

/** How far apart neighbours along each axis are. @param {number[]} shape */
export const stridesOf = (shape) => shape.map((_, k) => entriesIn(shape.slice(k + 1)));

/** Where the entries of an array lie that has these strides, row by row. @param {number[]} sizes @param {number[]} strides @param {number} [start] */
export function offsetsOf(sizes, strides, start = 0) {
  const found = new Int32Array(entriesIn(sizes)).fill(start);
  for (let k = sizes.length - 1, n = 1; k >= 0 && found.length; n *= sizes[k], k -= 1) {
    for (let i = n; i < n * sizes[k]; i += 1) found[i] = found[i - n] + strides[k];
  }
  return found;
}

/** @param {...number[]} shapes */
export function broadcastShape(...shapes) {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, k) => shapes.map((shape) => shape[shape.length - rank + k] ?? 1).find((size) => size !== 1) ?? 1);
}

/** The strides of an array that is broadcast, times `unit`. @param {number[]} shape @param {number[]} to @param {number} [unit] @param {number[]} [strides] */
export function stridesIn(shape, to, unit = 1, strides = stridesOf(shape)) {
  const more = to.length - shape.length;
  return to.map((_, k) => (k < more || shape[k - more] === 1 ? 0 : strides[k - more] * unit));
}

/** The axes in front of all cores, broadcast, and where each operand's cores lie. @param {number[][]} shapes @param {number[]} ranks @param {number[]} [batch] */
export function loopsOf(shapes, ranks, batch = []) {
  const fronts = shapes.map((shape, k) => shape.slice(0, shape.length - ranks[k]));
  const cores = shapes.map((shape, k) => shape.slice(fronts[k].length));
  const lead = broadcastShape(...fronts, batch);
  return { lead, cores, at: fronts.map((front, k) => offsetsOf(lead, stridesIn(front, lead, entriesIn(cores[k])))) };
}

/**
 * @typedef {object} Part Entries that are copied: of an array of these sizes, from where to where.
 * @property {number} [of] which operand they are read from
 * @property {number[]} sizes
 * @property {number[]} from strides
 * @property {number} [start]
 * @property {number[]} [to] strides; those of the result, unless told
 * @property {number} [end] where the first one goes
 */

/** Entries copied; all others are 0. @param {number[]} shape @param {Part[]} parts @returns {Planned & {compute: Compute}} */
export function copied(shape, parts) {
  const moves = parts.map(({ of = 0, sizes, from, start = 0, to = stridesOf(shape), end = 0 }) => ({ of, read: offsetsOf(sizes, from, start), put: offsetsOf(sizes, to, end) }));
  const compute = (/** @type {Float64Array} */ out, /** @type {Float64Array[]} */ xs) => {
    for (const { of, read, put } of moves) for (let i = 0; i < put.length; i += 1) out[put[i]] = xs[of][read[i]];
  };
  return { shape, compute };
}
