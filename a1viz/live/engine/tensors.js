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

/** A number, or numbers in lists, as an array; an error's words where the lists are not equally long. @param {any} value @returns {Tensor | string} */
export function tensorFrom(value) {
  const shape = [];
  for (let part = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  let flat = [value];
  for (let k = 0; k < shape.length; k += 1) {
    if (flat.some((part) => !Array.isArray(part) || part.length !== shape[k])) return raggedAfter(shape.slice(0, k));
    flat = flat.flat();
  }
  return flat.some(Array.isArray) ? raggedAfter(shape) : { shape, data: Float64Array.from(flat) };
}

/** @param {number[]} shape as far as it is one */
function raggedAfter(shape) {
  const fact = "setting an array element with a sequence. The requested array has an inhomogeneous shape after";
  return `${fact} ${shape.length} dimensions. The detected shape was ${tupleText(shape)} + inhomogeneous part.`;
}

/** A shape as Python's repr of a tuple. @param {number[]} shape */
export const tupleText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

/** The entries as a number, or as numbers in lists. @param {Tensor} tensor @returns {any} */
export function listsOf({ shape, data }) {
  /** @type {any[]} */
  let found = [...data];
  for (let k = shape.length - 1; k >= 0; k -= 1) {
    const rows = [];
    for (let i = 0; i < entriesIn(shape.slice(0, k)); i += 1) rows.push(found.slice(i * shape[k], (i + 1) * shape[k]));
    found = rows;
  }
  return found[0];
}

/** How far apart neighbours along each axis are. @param {number[]} shape */
export function stepsOf(shape) {
  return shape.map((_, k) => entriesIn(shape.slice(k + 1)));
}

/** Where the entries of an array lie that has these steps, row by row. @param {number[]} sizes @param {number[]} steps @param {number} [start] */
export function offsetsOf(sizes, steps, start = 0) {
  const found = new Int32Array(entriesIn(sizes)).fill(start);
  for (let k = sizes.length - 1, n = 1; k >= 0 && found.length; n *= sizes[k], k -= 1) {
    for (let i = n; i < n * sizes[k]; i += 1) found[i] = found[i - n] + steps[k];
  }
  return found;
}

/** @param {...number[]} shapes */
export function broadcastShape(...shapes) {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const sizes = (/** @type {number} */ k) => shapes.map((shape) => shape[shape.length - rank + k] ?? 1);
  return Array.from({ length: rank }, (_, k) => sizes(k).find((size) => size !== 1) ?? 1);
}

/** The steps of an array that is broadcast, times `unit`. @param {number[]} shape @param {number[]} to @param {number} [unit] */
export function stepsIn(shape, to, unit = 1) {
  const [steps, more] = [stepsOf(shape), to.length - shape.length];
  return to.map((_, k) => (k < more || shape[k - more] === 1 ? 0 : steps[k - more] * unit));
}

/** The axes in front of all cores, broadcast, and where each operand's cores lie. @param {number[][]} shapes @param {number[]} ranks @param {number[]} [batch] */
export function loopsOf(shapes, ranks, batch = []) {
  const fronts = shapes.map((shape, k) => shape.slice(0, shape.length - ranks[k]));
  const cores = shapes.map((shape, k) => shape.slice(fronts[k].length));
  const lead = broadcastShape(...fronts, batch);
  return { lead, cores, at: fronts.map((front, k) => offsetsOf(lead, stepsIn(front, lead, entriesIn(cores[k])))) };
}

/** One axis or several as a list, counted from the end. @param {number | number[]} axis */
export const severalAxes = (axis) => (Array.isArray(axis) ? axis : [axis]);

/** Lines along axes: the other axes, where each line begins, and where its entries lie from there. @param {number[]} shape @param {number | number[]} axis */
export function linesOf(shape, axis) {
  const axes = severalAxes(axis).map((a) => a + shape.length);
  const [steps, kept] = [stepsOf(shape), shape.map((_, k) => k).filter((k) => !axes.includes(k))];
  const along = (/** @type {number[]} */ places) => offsetsOf(places.map((k) => shape[k]), places.map((k) => steps[k]));
  return { axes, kept, starts: along(kept), inner: along(axes) };
}

/**
 * @typedef {object} Part Entries that are copied: of an array of these sizes, from where to where.
 * @property {number} [of] which operand they are read from
 * @property {number[]} sizes
 * @property {number[]} from steps
 * @property {number} [start]
 * @property {number[]} [to] steps; those of the result, unless told
 * @property {number} [end] where the first one goes
 */

/** Entries copied; all others are 0. @param {number[]} shape @param {Part[]} parts @returns {Planned & {compute: Compute}} */
export function copied(shape, parts) {
  const moves = parts.map(({ of = 0, sizes, from, start = 0, to = stepsOf(shape), end = 0 }) => {
    return { of, read: offsetsOf(sizes, from, start), put: offsetsOf(sizes, to, end) };
  });
  const compute = (/** @type {Float64Array} */ out, /** @type {Float64Array[]} */ xs) => {
    for (const { of, read, put } of moves) {
      const x = xs[of];
      for (let i = 0; i < put.length; i += 1) out[put[i]] = x[read[i]];
    }
  };
  return { shape, compute };
}
