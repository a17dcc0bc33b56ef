// Arrays of numbers, the entries row by row; and where entries lie: under broadcasting, along axes, in every loop.

/** @typedef {{shape: number[], data: Float64Array}} Tensor */
/** @typedef {(out: Float64Array, xs: Float64Array[]) => void} Compute writes the entries of `out`, which are 0 at first */
/**
 * @typedef {{shape: number[], compute?: Compute}}
 * Planned a result's shape and how it is computed; without that it has the first operand's entries
 */
/** @typedef {Record<string, any>} Attributes by name, at known sizes */
/**
 * @typedef {(shapes: number[][], attributes: Attributes, ranks: number[], batch: number[]) => Planned}
 * Kernel all that depends on shapes alone is done once
 */

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
export function eachBelow(n, f) {
  for (let k = 0; k < n; k += 1) f(k);
}

/** How far apart neighbours along each axis are. @param {number[]} shape */
export const stridesOf = (shape) => shape.map((_, k) => entriesIn(shape.slice(k + 1)));

/** Where the entries of an array lie that has these strides, row by row. @param {number[]} sizes @param {number[]} strides */
export function offsetsOf(sizes, strides) {
  const found = new Int32Array(entriesIn(sizes));
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

/** The strides of an array that is broadcast, times `unit`. @param {number[]} shape @param {number[]} to @param {number} [unit] */
export function stridesIn(shape, to, unit = 1) {
  const [strides, more] = [stridesOf(shape), to.length - shape.length];
  return to.map((_, k) => (k < more || shape[k - more] === 1 ? 0 : strides[k - more] * unit));
}

/** The axes in front of a core. @param {number[]} shape @param {number} rank */
export const frontOf = (shape, rank) => shape.slice(0, shape.length - rank);

/**
 * The axes in front of all cores, broadcast; the cores; and what goes through all loops, with a part of each array that begins at its core.
 * @param {number[][]} shapes @param {number[]} ranks @param {number[]} [batch]
 */
export function loopsOf(shapes, ranks, batch = []) {
  const fronts = shapes.map((shape, k) => frontOf(shape, ranks[k]));
  const cores = shapes.map((shape, k) => shape.slice(fronts[k].length));
  const lead = broadcastShape(...fronts, batch);
  const starts = fronts.map((front, k) => offsetsOf(lead, stridesIn(front, lead, entriesIn(cores[k]))));
  /** @type {(xs: Float64Array[], f: (o: number, ...parts: Float64Array[]) => void) => void} */
  const each = (xs, f) => starts[0].forEach((_, o) => f(o, ...xs.map((x, k) => x.subarray(starts[k][o], starts[k][o] + entriesIn(cores[k])))));
  return { lead, cores, each };
}

/** The places of all entries, row by row. @param {number[]} shape @returns {number[][]} */
export function indicesOf(shape) {
  const strides = stridesOf(shape);
  return Array.from({ length: entriesIn(shape) }, (_, k) => shape.map((size, axis) => Math.floor(k / strides[axis]) % size));
}

/** Where an entry lies, by its place in what the array is broadcast to. @param {number[]} shape @returns {(index: number[]) => number} */
export function offsetIn(shape) {
  const strides = stridesIn(shape, shape);
  return (index) => strides.reduce((sum, stride, k) => sum + stride * index[index.length - shape.length + k], 0);
}

/**
 * Entries moved: of each place in the result which operand's entry is there, and its place; 0 where `f` names none.
 * @param {number[]} shape @param {number[][]} shapes @param {(index: number[]) => [number, number[]] | false} f @returns {Planned}
 */
export function movedTo(shape, shapes, f) {
  const offsets = shapes.map(offsetIn);
  const moves = indicesOf(shape).map((index) => f(index)).map((found) => (found ? [found[0], offsets[found[0]](found[1])] : [0, -1]));
  return { shape, compute: (out, xs) => moves.forEach(([of, at], k) => { out[k] = at < 0 ? 0 : xs[of][at]; }) };
}
