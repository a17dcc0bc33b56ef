// Kernels of what moves entries: those that labels name, parts, other shapes and orders, arrays beside each other.

import { broadcastShape, copied, entriesIn, loopsOf, offsetsOf, stridesIn, stridesOf, upTo } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

/** A label, if it names one of so many entries. @param {number} t @param {number} size */
function positionOf(t, size) {
  if (!(t >= 0 && t < size && t === Math.floor(t))) throw new RangeError(`there is no entry ${t}; entries are counted from 0 to ${size - 1}`);
  return t;
}

/** The size along an axis, which is counted from the end as all axes are. @param {number[]} shape @param {number} axis @returns {number} */
const sizeAlong = (shape, axis) => shape[shape.length + axis];
/** @param {number[]} shape @param {number} axis */
const besides = (shape, axis) => shape.filter((_, k) => k !== shape.length + axis);
/** @param {number[]} shape @param {number} axis @param {number} size */
const puttingIn = (shape, axis, size) => [...shape.slice(0, shape.length + axis + 1), size, ...shape.slice(shape.length + axis + 1)];
/**
 * Entries that labels name: read from the first operand, or with `values` added to zeros. For each entry in `space` the strides of where its line
 * begins, of its label, of its value; `stride` and `size` of the lines.
 * @param {number[]} shape @param {number[]} space @param {number[]} lines @param {number[]} labels @param {number} stride @param {number} size @param {number[]} [values] @returns {import("./tensors.js").Planned}
 */
function labelled(shape, space, lines, labels, stride, size, values) {
  const [line, label, value] = [lines, labels, values ?? lines].map((strides) => offsetsOf(space, strides));
  return { shape, compute: (out, [x, t]) => {
    if (values) out.fill(0);
    line.forEach((begin, o) => {
      const at = begin + stride * positionOf(t[label[o]], size);
      if (values) out[at] += x[value[o]];
      else out[o] = x[at];
    });
  } };
}

/** The strides of the lines along an axis, broadcast. @param {number[]} shape @param {number} axis @param {number[]} lead */
const linesAlong = (shape, axis, lead) => stridesIn(besides(shape, axis), lead, 1, besides(stridesOf(shape), axis));

/** @type {Kernel} */
function pickKernel([x, t], { axis = -1 }) {
  const lead = broadcastShape(besides(x, axis), t);
  return labelled(lead, lead, linesAlong(x, axis, lead), stridesIn(t, lead), sizeAlong(stridesOf(x), axis), sizeAlong(x, axis));
}

/** @type {Kernel} */
function scatterKernel([s, t, x], { axis = -1 }) {
  const [lead, size] = [broadcastShape(s, t, besides(x, axis)), sizeAlong(x, axis)];
  const shape = puttingIn(lead, axis, size);
  return labelled(shape, lead, linesAlong(shape, axis, lead), stridesIn(t, lead), sizeAlong(stridesOf(shape), axis), size, stridesIn(s, lead));
}

/** The strides of cores in front of which axes are broadcast. @param {number[]} shape @param {number} rank @param {number[]} lead */
const leadStrides = (shape, rank, lead) => stridesIn(shape.slice(0, shape.length - rank), lead, entriesIn(shape.slice(shape.length - rank)));

/** @type {Kernel} */
function takeKernel(shapes, _, ranks) {
  const { lead, cores: [[size, ...rest], read] } = loopsOf(shapes, ranks);
  const space = [...lead, ...read, ...rest];
  const [x, t] = shapes.map((shape, k) => leadStrides(shape, ranks[k], lead));
  return labelled(space, space, [...x, ...read.map(() => 0), ...stridesOf(rest)], [...t, ...stridesOf(read), ...rest.map(() => 0)], entriesIn(rest), size);
}

/** Rows added at the entries that labels name; over a batch, all into one array. @type {Kernel} */
function untakeKernel([s, t, x], _, ranks, batch) {
  const core = x.slice(x.length - ranks[2]);
  const [size, ...rest] = core;
  const { lead, cores: [own, read] } = loopsOf([s, t], ranks, batch);
  const shape = [...(batch.length ? [] : lead), ...core];
  const lines = [...(batch.length ? lead.map(() => 0) : stridesOf(shape).slice(0, lead.length)), ...read.map(() => 0), ...stridesOf(rest)];
  const labels = [...leadStrides(t, ranks[1], lead), ...stridesOf(read), ...rest.map(() => 0)];
  return labelled(shape, [...lead, ...own], lines, labels, entriesIn(rest), size, [...leadStrides(s, ranks[0], lead), ...stridesOf(own)]);
}

/** @type {Kernel} */
function retakeKernel(shapes, _, ranks) {
  const { lead, cores: [s, put, read], at } = loopsOf(shapes, ranks);
  const rest = s.slice(ranks[1]);
  const [row, many, wanted] = [rest, put, read].map(entriesIn);
  return { shape: [...lead, ...read, ...rest], compute: (out, [v, u, t]) => {
    out.fill(0);
    at[0].forEach((begin, o) => upTo(wanted, (w) => upTo(many, (k) => upTo(row, (i) => {
      out[(o * wanted + w) * row + i] += Number(t[at[2][o] + w] === u[at[1][o] + k]) * v[begin + k * row + i];
    }))));
  } };
}

/** Where a part begins. @param {number[]} shape @param {number[][]} index */
const beginOf = (shape, index) => stridesOf(shape).slice(shape.length - index.length).reduce((sum, stride, k) => sum + index[k][0] * stride, 0);

/** @type {Kernel} */
function sliceKernel([x], { index }) {
  const sizes = [...x.slice(0, x.length - index.length), ...index.map((/** @type {number[]} */ [start, stop]) => stop - start)];
  return copied(sizes, [{ sizes, from: stridesOf(x), start: beginOf(x, index) }]);
}

/** @type {Kernel} */
function transposeKernel([x], { axes = [-1, -2] }) {
  const order = [...x.slice(axes.length).keys(), ...axes.map((/** @type {number} */ a) => a + x.length)];
  const sizes = order.map((k) => x[k]);
  return copied(sizes, [{ sizes, from: order.map((k) => stridesOf(x)[k]) }]);
}

/** @type {Kernel} */
function stackKernel(shapes, { axis = -1 }) {
  const sizes = broadcastShape(...shapes);
  const shape = puttingIn(sizes, axis, shapes.length);
  const strides = stridesOf(shape);
  return copied(shape, shapes.map((own, of) => ({ of, sizes, from: stridesIn(own, sizes), to: besides(strides, axis), end: of * sizeAlong(strides, axis) })));
}

/** Arrays beside each other along an axis of so many entries. @param {number[][]} shapes whose axes in front broadcast @param {number} axis @param {number} size @param {number[]} begins where each begins along the axis; a shape without one is not there */
function beside(shapes, axis, size, begins) {
  const lead = broadcastShape(...shapes.map((own) => own.slice(0, axis)));
  const sizesOf = (/** @type {number[]} */ own, n = sizeAlong(own, axis)) => [...lead, n, ...own.slice(own.length + axis + 1)];
  const shape = sizesOf(shapes[0], size);
  return copied(shape, begins.map((begin, of) => {
    const sizes = sizesOf(shapes[of]);
    return { of, sizes, from: stridesIn(shapes[of], sizes), end: begin * sizeAlong(stridesOf(shape), axis) };
  }));
}

/** The first entries of v along an axis, as many as x has, or the last ones. @param {boolean} isFirst @returns {Kernel} */
const partLike = (isFirst) => ([v, x], { axis = -1 }) => {
  const sizes = puttingIn(besides(v, axis), axis, sizeAlong(x, axis));
  return copied(sizes, [{ sizes, from: stridesOf(v), start: isFirst ? 0 : (sizeAlong(v, axis) - sizeAlong(x, axis)) * sizeAlong(stridesOf(v), axis) }]);
};

/** @type {[string, Kernel][]} */
export const ENTRY_KERNELS = [
  ["pick", pickKernel],
  ["scatter", scatterKernel],
  ["take", takeKernel],
  ["untake", untakeKernel],
  ["batch_untake", untakeKernel],
  ["retake", retakeKernel],
  ["slice", sliceKernel],
  ["unslice", ([s, x], { index }) => {
    const shape = [...s.slice(0, s.length - index.length), ...x.slice(x.length - index.length)];
    return copied(shape, [{ sizes: s, from: stridesOf(s), end: beginOf(shape, index) }]);
  }],
  ["reshape", ([x], { shape }, [rank]) => ({ shape: [...x.slice(0, x.length - rank), ...shape] })],
  ["reshape_like", ([v, x], _, ranks) => ({ shape: [...v.slice(0, v.length - ranks[0]), ...x.slice(x.length - ranks[1])] })],
  ["transpose", transposeKernel],
  ["expand", ([x], { axis }) => ({ shape: axis.reduce((/** @type {number[]} */ shape, /** @type {number} */ a) => shape.toSpliced(x.length + axis.length + a, 0, 1), x) })],
  ["squeeze", ([x], { axis }) => ({ shape: x.filter((_, k) => !axis.includes(k - x.length)) })],
  ["stack", stackKernel],
  ["concatenate", ([a, b], { axis = -1 }) => beside([a, b], axis, sizeAlong(a, axis) + sizeAlong(b, axis), [0, sizeAlong(a, axis)])],
  ["head", partLike(true)],
  ["tail", partLike(false)],
  ["pad_end", ([v, x], { axis = -1 }) => beside([v, x], axis, sizeAlong(x, axis), [0])],
  ["pad_start", ([v, x], { axis = -1 }) => beside([v, x], axis, sizeAlong(x, axis), [sizeAlong(x, axis) - sizeAlong(v, axis)])],
];
