// Kernels of what moves entries: those that labels name, parts, other shapes and orders, arrays beside each other.

import { broadcastShape, copied, entriesIn, loopsOf, offsetsOf, severalAxes, stepsIn, stepsOf } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */

/** A label, if it names one of so many entries. @param {number} t @param {number} size */
function positionOf(t, size) {
  if (!(t >= 0 && t < size && t === Math.floor(t))) throw new RangeError(`there is no entry ${t}; entries are counted from 0 to ${size - 1}`);
  return t;
}

/** @param {number[]} shape @param {number} axis counted from the end, as all axes are */
const shapeWithout = (shape, axis) => shape.filter((_, k) => k !== shape.length + axis);
/** @param {number[]} shape @param {number} axis @param {number} size */
const shapeWith = (shape, axis, size) => [...shape.slice(0, shape.length + axis + 1), size, ...shape.slice(shape.length + axis + 1)];
/** The steps of an array without one of its axes, broadcast to `lead`. @param {number[]} shape @param {number} axis @param {number[]} lead */
function stepsBesides(shape, axis, lead) {
  const [steps, own] = [shapeWithout(stepsOf(shape), axis), shapeWithout(shape, axis)];
  const more = lead.length - own.length;
  return lead.map((_, k) => (k < more || own[k - more] === 1 ? 0 : steps[k - more]));
}

/** @type {Kernel} */
function pickKernel([x, t], { axis = -1 }) {
  const [lead, size, step] = [broadcastShape(shapeWithout(x, axis), t), x[x.length + axis], stepsOf(x)[x.length + axis]];
  const [lines, labels] = [offsetsOf(lead, stepsBesides(x, axis, lead)), offsetsOf(lead, stepsIn(t, lead))];
  return { shape: lead, compute: (out, [v, at]) => { for (let o = 0; o < out.length; o += 1) out[o] = v[lines[o] + step * positionOf(at[labels[o]], size)]; } };
}

/** @type {Kernel} */
function scatterKernel([s, t, x], { axis = -1 }) {
  const [lead, size] = [broadcastShape(s, t, shapeWithout(x, axis)), x[x.length + axis]];
  const shape = shapeWith(lead, axis, size);
  const step = stepsOf(shape)[shape.length + axis];
  const lines = offsetsOf(lead, stepsBesides(shape, axis, lead));
  const [values, labels] = [s, t].map((own) => offsetsOf(lead, stepsIn(own, lead)));
  return {
    shape,
    compute: (out, [v, at]) => {
      out.fill(0);
      for (let o = 0; o < lines.length; o += 1) out[lines[o] + step * positionOf(at[labels[o]], size)] = v[values[o]];
    },
  };
}

/** @type {Kernel} */
function takeKernel(shapes, _, ranks) {
  const { lead, cores: [[size, ...rest], read], at } = loopsOf(shapes, ranks);
  const [row, many] = [entriesIn(rest), entriesIn(read)];
  return {
    shape: [...lead, ...read, ...rest],
    compute: (out, [x, t]) => {
      for (let o = 0, to = 0; o < at[0].length; o += 1) {
        for (let k = 0; k < many; k += 1) {
          const from = at[0][o] + row * positionOf(t[at[1][o] + k], size);
          for (let i = 0; i < row; i += 1, to += 1) out[to] = x[from + i];
        }
      }
    },
  };
}

/** Rows added at the entries that labels name; over a batch, all into one array. @type {Kernel} */
function untakeKernel([s, t, x], _, ranks, batch) {
  const [size, ...rest] = x.slice(x.length - ranks[2]);
  const { lead, at, cores } = loopsOf([s, t], ranks, batch);
  const [row, many, entries] = [entriesIn(rest), entriesIn(cores[1]), size * entriesIn(rest)];
  return {
    shape: [...(batch.length ? [] : lead), size, ...rest],
    compute: (out, [v, labels]) => {
      out.fill(0);
      for (let o = 0; o < at[0].length; o += 1) {
        for (let k = 0; k < many; k += 1) {
          const to = (batch.length ? 0 : o * entries) + row * positionOf(labels[at[1][o] + k], size);
          for (let i = 0; i < row; i += 1) out[to + i] += v[at[0][o] + k * row + i];
        }
      }
    },
  };
}

/** @type {Kernel} */
function retakeKernel(shapes, _, ranks) {
  const { lead, cores: [s, put, read], at } = loopsOf(shapes, ranks);
  const rest = s.slice(ranks[1]);
  const [row, many, wanted] = [entriesIn(rest), entriesIn(put), entriesIn(read)];
  return {
    shape: [...lead, ...read, ...rest],
    compute: (out, [v, u, t]) => {
      out.fill(0);
      for (let o = 0; o < at[0].length; o += 1) {
        for (let w = 0; w < wanted; w += 1) {
          for (let k = 0; k < many; k += 1) {
            const is = Number(t[at[2][o] + w] === u[at[1][o] + k]);
            for (let i = 0; i < row; i += 1) out[(o * wanted + w) * row + i] += is * v[at[0][o] + k * row + i];
          }
        }
      }
    },
  };
}

/** Where a part begins. @param {number[]} shape @param {number[][]} index */
function beginOf(shape, index) {
  const steps = stepsOf(shape).slice(shape.length - index.length);
  return index.reduce((sum, [start], k) => sum + start * steps[k], 0);
}

/** @type {Kernel} */
function sliceKernel([x], { index }) {
  const lead = x.slice(0, x.length - index.length);
  index.forEach((/** @type {number[]} */ [start, stop], /** @type {number} */ k) => {
    const size = x[lead.length + k];
    if (!(start >= 0 && start <= stop && stop <= size)) throw new RangeError(`there are ${size} entries, and none from ${start} to ${stop}`);
  });
  const shape = [...lead, ...index.map((/** @type {number[]} */ [start, stop]) => stop - start)];
  return copied(shape, [{ sizes: shape, from: stepsOf(x), start: beginOf(x, index) }]);
}

/** @type {Kernel} */
function unsliceKernel([s, x], { index }) {
  const shape = [...s.slice(0, s.length - index.length), ...x.slice(x.length - index.length)];
  return copied(shape, [{ sizes: s, from: stepsOf(s), end: beginOf(shape, index) }]);
}

/** @type {Kernel} */
function transposeKernel([x], { axes = [-1, -2] }) {
  const order = [...x.slice(axes.length).keys(), ...axes.map((/** @type {number} */ a) => a + x.length)];
  const shape = order.map((k) => x[k]);
  return copied(shape, [{ sizes: shape, from: order.map((k) => stepsOf(x)[k]) }]);
}

/** @type {Kernel} */
function stackKernel(shapes, { axis = -1 }) {
  const each = broadcastShape(...shapes);
  const shape = shapeWith(each, axis, shapes.length);
  const step = stepsOf(shape)[shape.length + axis];
  return copied(shape, shapes.map((own, of) => ({ of, sizes: each, from: stepsIn(own, each), to: shapeWithout(stepsOf(shape), axis), end: of * step })));
}

/** Arrays beside each other along an axis of so many entries. @param {number[][]} shapes those whose axes in front broadcast @param {number} axis @param {number} size @param {[number, number][]} parts which operand, and where it begins along the axis */
function beside(shapes, axis, size, parts) {
  const lead = broadcastShape(...shapes.map((own) => own.slice(0, axis)));
  const shapeOf = (/** @type {number[]} */ own, n = own[own.length + axis]) => [...lead, n, ...own.slice(own.length + axis + 1)];
  const shape = shapeOf(shapes[parts[0][0]], size);
  const step = stepsOf(shape)[shape.length + axis];
  return copied(shape, parts.map(([of, begin]) => {
    const sizes = shapeOf(shapes[of]);
    return { of, sizes, from: stepsIn(shapes[of], sizes), end: begin * step };
  }));
}

/** The first or last entries of v along an axis, as many as x has. @param {boolean} isFirst @returns {Kernel} */
const partLike = (isFirst) => ([v, x], { axis = -1 }) => {
  const [n, size, at] = [v[v.length + axis], x[x.length + axis], v.length + axis];
  const shape = v.map((own, k) => (k === at ? size : own));
  return copied(shape, [{ sizes: shape, from: stepsOf(v), start: isFirst ? 0 : (n - size) * stepsOf(v)[at] }]);
};

/** @param {number[]} shape @param {number} axis @returns {number} */
const sizeAlong = (shape, axis) => shape[shape.length + axis];

/** @type {[string, Kernel][]} */
export const ENTRY_KERNELS = [
  ["pick", pickKernel],
  ["scatter", scatterKernel],
  ["take", takeKernel],
  ["untake", untakeKernel],
  ["batch_untake", untakeKernel],
  ["retake", retakeKernel],
  ["slice", sliceKernel],
  ["unslice", unsliceKernel],
  ["reshape", ([x], { shape }, [rank]) => ({ shape: [...x.slice(0, x.length - rank), ...shape] })],
  ["reshape_like", ([v, x], _, ranks) => ({ shape: [...v.slice(0, v.length - ranks[0]), ...x.slice(x.length - ranks[1])] })],
  ["transpose", transposeKernel],
  ["expand", ([x], { axis }) => {
    const rank = x.length + axis.length;
    const sizes = x.values();
    return { shape: Array.from({ length: rank }, (_, k) => (axis.includes(k - rank) ? 1 : sizes.next().value)) };
  }],
  ["squeeze", ([x], { axis }) => ({ shape: x.filter((_, k) => !severalAxes(axis).includes(k - x.length)) })],
  ["stack", stackKernel],
  ["concatenate", ([a, b], { axis = -1 }) => beside([a, b], axis, sizeAlong(a, axis) + sizeAlong(b, axis), [[0, 0], [1, sizeAlong(a, axis)]])],
  ["head", partLike(true)],
  ["tail", partLike(false)],
  ["pad_end", ([v, x], { axis = -1 }) => beside([v, x], axis, sizeAlong(x, axis), [[0, 0]])],
  ["pad_start", ([v, x], { axis = -1 }) => beside([v, x], axis, sizeAlong(x, axis), [[0, sizeAlong(x, axis) - sizeAlong(v, axis)]])],
];
