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
/** Where the lines along an axis begin, broadcast. @param {number[]} shape @param {number} axis @param {number[]} lead */
const linesAlong = (shape, axis, lead) => offsetsOf(lead, stridesIn(besides(shape, axis), lead, 1, besides(stridesOf(shape), axis)));

/** @type {Kernel} */
function pickKernel([x, t], { axis = -1 }) {
  const lead = broadcastShape(besides(x, axis), t);
  const [lines, labels, stride] = [linesAlong(x, axis, lead), offsetsOf(lead, stridesIn(t, lead)), sizeAlong(stridesOf(x), axis)];
  return { shape: lead, compute: (out, [v, at]) => lines.forEach((line, o) => { out[o] = v[line + stride * positionOf(at[labels[o]], sizeAlong(x, axis))]; }) };
}

/** @type {Kernel} */
function scatterKernel([s, t, x], { axis = -1 }) {
  const [lead, size] = [broadcastShape(s, t, besides(x, axis)), sizeAlong(x, axis)];
  const shape = puttingIn(lead, axis, size);
  const [lines, stride] = [linesAlong(shape, axis, lead), sizeAlong(stridesOf(shape), axis)];
  const [values, labels] = [s, t].map((own) => offsetsOf(lead, stridesIn(own, lead)));
  return { shape, compute: (out, [v, at]) => {
    out.fill(0);
    lines.forEach((line, o) => { out[line + stride * positionOf(at[labels[o]], size)] = v[values[o]]; });
  } };
}

/** @type {Kernel} */
function takeKernel(shapes, _, ranks) {
  const { lead, cores: [[size, ...rest], read], at } = loopsOf(shapes, ranks);
  const [row, many] = [entriesIn(rest), entriesIn(read)];
  return { shape: [...lead, ...read, ...rest], compute: (out, [x, t]) => at[0].forEach((begin, o) => upTo(many, (k) => {
    const from = begin + row * positionOf(t[at[1][o] + k], size);
    upTo(row, (i) => { out[(o * many + k) * row + i] = x[from + i]; });
  })) };
}

/** Rows added at the entries that labels name; over a batch, all into one array. @type {Kernel} */
function untakeKernel([s, t, x], _, ranks, batch) {
  const core = x.slice(x.length - ranks[2]);
  const { lead, at, cores } = loopsOf([s, t], ranks, batch);
  const [entries, many] = [entriesIn(core), entriesIn(cores[1])];
  const row = entriesIn(core.slice(1));
  return { shape: [...(batch.length ? [] : lead), ...core], compute: (out, [v, labels]) => {
    out.fill(0);
    at[0].forEach((begin, o) => upTo(many, (k) => {
      const to = (batch.length ? 0 : o * entries) + row * positionOf(labels[at[1][o] + k], core[0]);
      upTo(row, (i) => { out[to + i] += v[begin + k * row + i]; });
    }));
  } };
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
  const lead = x.slice(0, x.length - index.length);
  const sizes = index.map((/** @type {number[]} */ [start, stop], /** @type {number} */ k) => {
    const size = x[lead.length + k];
    if (start < 0 || start > stop || stop > size) throw new RangeError(`there are ${size} entries, and none from ${start} to ${stop}`);
    return stop - start;
  });
  return copied([...lead, ...sizes], [{ sizes: [...lead, ...sizes], from: stridesOf(x), start: beginOf(x, index) }]);
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
