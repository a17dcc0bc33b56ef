// Kernels of what works along axes: reductions, which leave a number of each line of entries, and rows that leave as many entries as there were.

import { severalAxes, copied, entriesIn, linesOf, loopsOf, offsetsOf, stepsOf } from "./tensors.js";
import { maximumOf, minimumOf } from "./elementwise_kernels.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
/** @typedef {(x: Float64Array, at: number, inner: Int32Array) => number} OfLine a number of the entries x[at + inner[k]] */

const NO_LARGEST = "it has no entries, and so no largest or smallest one";

/** @param {number} start @param {(y: number, x: number) => number} f @returns {OfLine} */
const foldedOf = (start, f) => (x, at, inner) => {
  let y = start;
  for (let k = 0; k < inner.length; k += 1) y = f(y, x[at + inner[k]]);
  return y;
};

/** @param {Float64Array} x @param {number} at @param {Int32Array} inner @param {(x: number) => number} f */
function summedOf(x, at, inner, f) {
  let y = 0;
  for (let k = 0; k < inner.length; k += 1) y += f(x[at + inner[k]]);
  return y;
}

const largestOf = foldedOf(-Infinity, maximumOf);
const smallestOf = foldedOf(Infinity, minimumOf);
const lineTotal = foldedOf(0, (y, x) => y + x);
/** @type {OfLine} */
const lineMean = (x, at, inner) => (inner.length ? lineTotal(x, at, inner) / inner.length : NaN);

/** The root of the sum of squares, scaled so that no square over- or underflows. @param {Float64Array} x @param {number} at @param {Int32Array} inner @param {number} [less] */
function normOf(x, at, inner, less = 0) {
  const size = foldedOf(0, (y, v) => maximumOf(y, Math.abs(v - less)))(x, at, inner);
  const safe = size > 0 && size < Infinity ? size : 1;
  return safe * Math.sqrt(summedOf(x, at, inner, (v) => ((v - less) / safe) ** 2));
}

/** @type {OfLine} */
function logSumExp(x, at, inner) {
  const top = largestOf(x, at, inner);
  // inf - inf is no number
  const shift = Number.isFinite(top) ? top : 0;
  return shift + Math.log(summedOf(x, at, inner, (v) => Math.exp(v - shift)));
}

/** The place of the last of the largest entries, or of the last that is NaN. @type {OfLine} */
function lastLargest(x, at, inner) {
  const top = largestOf(x, at, inner);
  let k = inner.length - 1;
  while (k > 0 && x[at + inner[k]] < top) k -= 1;
  for (let i = inner.length - 1; top !== top && i >= 0; i -= 1) if (Number.isNaN(x[at + inner[i]])) return i;
  return k;
}

/** @param {OfLine} f @returns {OfLine} */
const refusingNone = (f) => (x, at, inner) => {
  if (!inner.length) throw new RangeError(NO_LARGEST);
  return f(x, at, inner);
};

/** @param {OfLine} f @returns {Kernel} */
const reducing = (f) => ([shape], { axis = -1, keepdims = false }) => {
  const { axes, kept, starts, inner } = linesOf(shape, axis);
  const result = keepdims ? shape.map((size, k) => (axes.includes(k) ? 1 : size)) : kept.map((k) => shape[k]);
  return { shape: result, compute: (out, [x]) => { for (let o = 0; o < starts.length; o += 1) out[o] = f(x, starts[o], inner); } };
};

/** @param {(out: Float64Array, x: Float64Array, at: number, inner: Int32Array) => void} f writes one line @returns {Kernel} */
const alongAxes = (f) => ([shape], { axis = -1 }) => {
  const { starts, inner } = linesOf(shape, axis);
  return { shape, compute: (out, [x]) => { for (let o = 0; o < starts.length; o += 1) f(out, x, starts[o], inner); } };
};

const softmaxAlong = alongAxes((out, x, at, inner) => {
  const top = largestOf(x, at, inner);
  const all = summedOf(x, at, inner, (v) => Math.exp(v - top));
  for (const k of inner) out[at + k] = Math.exp(x[at + k] - top) / all;
});

const logSoftmaxAlong = alongAxes((out, x, at, inner) => {
  const top = largestOf(x, at, inner);
  const all = Math.log(summedOf(x, at, inner, (v) => Math.exp(v - top)));
  for (const k of inner) out[at + k] = x[at + k] - top - all;
});

const isMaxAlong = alongAxes((out, x, at, inner) => {
  for (const k of inner) out[at + k] = 0;
  if (inner.length) out[at + inner[lastLargest(x, at, inner)]] = 1;
});

const productOfOthers = alongAxes((out, x, at, inner) => {
  let product = 1;
  for (const k of inner) {
    out[at + k] = product;
    product *= x[at + k];
  }
  product = 1;
  for (let k = inner.length - 1; k >= 0; k -= 1) {
    out[at + inner[k]] *= product;
    product *= x[at + inner[k]];
  }
});

/** @type {Kernel} */
function weightedLogSumExp(shapes) {
  const { lead, cores, at } = loopsOf(shapes, [1, 1]);
  const [n] = cores[0];
  return {
    shape: lead,
    compute: (out, [w, x]) => {
      for (let o = 0; o < out.length; o += 1) {
        const [p, q] = [at[0][o], at[1][o]];
        let [top, sum] = [-Infinity, 0];
        for (let k = 0; k < n; k += 1) if (w[p + k] !== 0) top = maximumOf(top, x[q + k]);
        if (!Number.isFinite(top)) top = 0;
        for (let k = 0; k < n; k += 1) if (w[p + k] !== 0) sum += w[p + k] * Math.exp(x[q + k] - top);
        out[o] = top + Math.log(sum);
      }
    },
  };
}

/** These axes as one, the last. @type {Kernel} */
function axesLast([shape], { axis = -1 }) {
  const { axes, kept } = linesOf(shape, axis);
  const [steps, order] = [stepsOf(shape), [...kept, ...axes]];
  const sizes = order.map((k) => shape[k]);
  return copied([...sizes.slice(0, kept.length), entriesIn(sizes.slice(kept.length))], [{ sizes, from: order.map((k) => steps[k]), to: stepsOf(sizes) }]);
}

/** The last axis as those of x again, in their places. @type {Kernel} */
function axesBack([v, x], { axis = -1 }) {
  const axes = severalAxes(axis);
  const rank = v.length - 1 + axes.length;
  const places = axes.map((a) => a + rank);
  const order = [...Array.from({ length: rank }, (_, k) => k).filter((k) => !places.includes(k)), ...places];
  const sizes = [...v.slice(0, -1), ...axes.map((a) => x[x.length + a])];
  const shape = Array.from({ length: rank }, (_, k) => sizes[order.indexOf(k)]);
  return copied(shape, [{ sizes, from: stepsOf(sizes), to: order.map((k) => stepsOf(shape)[k]) }]);
}

/** The identity matrix of x's length, in each loop. @type {Kernel} */
function eyeLike([shape]) {
  const n = shape[shape.length - 1];
  const ones = offsetsOf(shape, [...stepsOf(shape.slice(0, -1)).map((step) => step * n * n), n + 1]);
  return { shape: [...shape, n], compute: (out) => { for (const k of ones) out[k] = 1; } };
}

/** @type {[string, Kernel][]} */
export const REDUCTION_KERNELS = [
  ["sum", reducing(lineTotal)],
  ["mean", reducing(lineMean)],
  ["norm", reducing(normOf)],
  ["norm2", reducing((x, at, inner) => summedOf(x, at, inner, (v) => v * v))],
  ["count", reducing((x, at, inner) => inner.length)],
  ["max", reducing(refusingNone(largestOf))],
  ["min", reducing(refusingNone(smallestOf))],
  ["argmax", reducing(refusingNone(lastLargest))],
  ["prod", reducing(foldedOf(1, (y, x) => y * x))],
  ["logsumexp", reducing(logSumExp)],
  ["var", reducing((x, at, inner) => {
    const mean = lineMean(x, at, inner);
    return inner.length ? summedOf(x, at, inner, (v) => (v - mean) ** 2) / inner.length : NaN;
  })],
  ["std", reducing((x, at, inner) => (inner.length ? normOf(x, at, inner, lineMean(x, at, inner)) / Math.sqrt(inner.length) : NaN))],
  ["softmax", softmaxAlong],
  ["log_softmax", logSoftmaxAlong],
  ["is_max", isMaxAlong],
  ["prod_others", productOfOthers],
  ["weighted_logsumexp", weightedLogSumExp],
  ["axes_last", axesLast],
  ["axes_back", axesBack],
  ["eye_like", eyeLike],
];
