// Kernels of what moves entries: those that labels name, parts, other shapes and orders, arrays beside each other.

import { broadcastShape, entriesIn, frontOf, indicesOf, loopsOf, movedTo, offsetIn, stridesOf, eachBelow } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

/** A label, if it names one of so many entries. @param {number} t @param {number} size */
function positionOf(t, size) {
  if (!(t >= 0 && t < size && t === Math.floor(t))) throw new RangeError(`there is no entry ${t}; entries are counted from 0 to ${size - 1}`);
  return t;
}

/** Axes are counted from the end. @param {number[]} shape @param {number} axis @returns {number} */
const sizeAlong = (shape, axis) => /** @type {number} */ (shape.at(axis));
/** @param {number[]} shape @param {number} axis @param {number} size */
const puttingIn = (shape, axis, size) => shape.toSpliced(shape.length + axis + 1, 0, size);

/**
 * Entries that labels name: read from the first operand, or with `value` added to zeros. For each place in `space` where its line begins, its label
 * and its value lie; `stride` and `size` of the lines.
 * @param {number[]} shape @param {number[]} space @param {(at: number[]) => number} line @param {(at: number[]) => number} label
 * @param {number} stride @param {number} size @param {false | ((at: number[]) => number)} [value] @returns {import("./tensors.js").Planned}
 */
function labelled(shape, space, line, label, stride, size, value = false) {
  const rows = indicesOf(space).map((at) => [line(at), label(at), value && value(at)]);
  return { shape, compute: (out, [x, t]) => {
    if (value) out.fill(0);
    rows.forEach(([begin, named, from], o) => {
      const at = Number(begin) + stride * positionOf(t[Number(named)], size);
      if (value) out[at] += x[Number(from)];
      else out[o] = x[at];
    });
  } };
}

/** @type {Kernel} */
function pickKernel([x, t], { axis = -1 }) {
  const [lead, begin] = [broadcastShape(x.toSpliced(axis, 1), t), offsetIn(x)];
  return labelled(lead, lead, (at) => begin(puttingIn(at, axis, 0)), offsetIn(t), sizeAlong(stridesOf(x), axis), sizeAlong(x, axis));
}

/** @type {Kernel} */
function scatterKernel([s, t, x], { axis = -1 }) {
  const [lead, size] = [broadcastShape(s, t, x.toSpliced(axis, 1)), sizeAlong(x, axis)];
  const shape = puttingIn(lead, axis, size);
  const begin = offsetIn(shape);
  return labelled(shape, lead, (at) => begin(puttingIn(at, axis, 0)), offsetIn(t), sizeAlong(stridesOf(shape), axis), size, offsetIn(s));
}

/** Entries of the first axis, or with `isPut` rows added there: over a batch, all into one array. @param {boolean} isPut @returns {Kernel} */
const ofFirstAxis = (isPut) => (shapes, _, ranks, batch) => {
  const { lead, cores: [own, read] } = loopsOf(shapes.slice(0, 2), ranks, batch);
  const [size, ...rest] = isPut ? shapes[2].slice(frontOf(shapes[2], ranks[2]).length) : own;
  const last = lead.length + read.length;
  const space = [...lead, ...read, ...rest];
  const lines = isPut ? [...(batch.length ? [] : lead), size, ...rest] : shapes[0];
  const [begin, label, value] = [lines, shapes[1], shapes[0]].map(offsetIn);
  const line = (/** @type {number[]} */ at) => begin([...at.slice(0, lead.length), 0, ...at.slice(last)]);
  return labelled(isPut ? lines : space, space, line, (at) => label(at.slice(0, last)), entriesIn(rest), size, isPut && value);
};

/** @type {Kernel} */
function retakeKernel(shapes, _, ranks) {
  const { lead, cores: [s, put, read], each } = loopsOf(shapes, ranks);
  const rest = s.slice(put.length);
  const [row, many, wanted] = [rest, put, read].map(entriesIn);
  return { shape: [...lead, ...read, ...rest], compute: (out, xs) => {
    out.fill(0);
    each(xs, (o, v, u, t) => eachBelow(wanted, (w) => eachBelow(many, (k) => eachBelow(row, (i) => {
      out[(o * wanted + w) * row + i] += Number(t[w] === u[k]) * v[k * row + i];
    }))));
  } };
}

/** A part's place in the whole. @param {number[]} at @param {number[][]} index @param {number} sign */
const shifted = (at, index, sign) => at.map((k, axis) => k + sign * (index[axis - at.length + index.length]?.[0] ?? 0));

/** @type {Kernel} */
function sliceKernel([x], { index }) {
  const sizes = index.map((/** @type {number[]} */ [start, stop]) => stop - start);
  return movedTo([...frontOf(x, index.length), ...sizes], [x], (at) => [0, shifted(at, index, 1)]);
}

/** @type {Kernel} */
function unsliceKernel([s, x], { index }) {
  const shape = [...frontOf(s, index.length), ...x.slice(-index.length)];
  return movedTo(shape, [s], (at) => {
    const place = shifted(at, index, -1);
    return place.every((k, axis) => k >= 0 && k < s[axis]) && [0, place];
  });
}

/** @type {Kernel} */
function transposeKernel([x], { axes = [-1, -2] }) {
  const order = [...x.slice(axes.length).keys(), ...axes.map((/** @type {number} */ a) => a + x.length)];
  return movedTo(order.map((k) => x[k]), [x], (at) => [0, order.map((_, k) => at[order.indexOf(k)])]);
}

/** @type {Kernel} */
function stackKernel(shapes, { axis = -1 }) {
  return movedTo(puttingIn(broadcastShape(...shapes), axis, shapes.length), shapes, (at) => [sizeAlong(at, axis), at.toSpliced(axis, 1)]);
}

/**
 * The first operand along an axis of as many entries as the second has: from the start or up to the end, cut or with
 * zeros; or both one after the other.
 * @param {boolean} isLast whether they end together @param {boolean} isOwn whether the second counts for its size alone
 * @param {boolean} [isJoined] @returns {Kernel}
 */
const fitted = (isLast, isOwn, isJoined = false) => ([a, b], { axis = -1 }) => {
  const [m, n] = [sizeAlong(a, axis), sizeAlong(b, axis)];
  const lead = broadcastShape(a.slice(0, axis), isOwn ? [] : b.slice(0, axis));
  return movedTo([...lead, isJoined ? m + n : n, ...a.slice(a.length + axis + 1)], [a, b], (at) => {
    const k = sizeAlong(at, axis) - (isLast ? n - m : 0);
    return k >= 0 && k < m ? [0, at.with(axis, k)] : isJoined && [1, at.with(axis, k - m)];
  });
};

/** @type {[string, Kernel][]} */
export const ENTRY_KERNELS = [
  ["pick", pickKernel],
  ["scatter", scatterKernel],
  ["take", ofFirstAxis(false)],
  ["untake", ofFirstAxis(true)],
  ["batch_untake", ofFirstAxis(true)],
  ["retake", retakeKernel],
  ["slice", sliceKernel],
  ["unslice", unsliceKernel],
  ["reshape", ([x], { shape }, [rank]) => ({ shape: [...frontOf(x, rank), ...shape] })],
  ["reshape_like", ([v, x], _, ranks) => ({ shape: [...frontOf(v, ranks[0]), ...x.slice(frontOf(x, ranks[1]).length)] })],
  ["transpose", transposeKernel],
  ["expand", ([x], { axis }) => ({
    shape: axis.reduce((/** @type {number[]} */ shape, /** @type {number} */ a) => shape.toSpliced(x.length + axis.length + a, 0, 1), x),
  })],
  ["squeeze", ([x], { axis }) => ({ shape: x.filter((_, k) => !axis.includes(k - x.length)) })],
  ["stack", stackKernel],
  ["concatenate", fitted(false, false, true)],
  ["head", fitted(false, true)],
  ["tail", fitted(true, true)],
  ["pad_end", fitted(false, false)],
  ["pad_start", fitted(true, false)],
];
