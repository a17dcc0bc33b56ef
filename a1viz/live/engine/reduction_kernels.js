// Kernels of what works along axes: reductions, which leave a number of each line of entries, and rows that leave as many entries as there were.

import { entriesIn, loopsOf, movedTo, offsetsOf, stridesOf } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
/** @typedef {Float64Array} Line the entries along the axes */

const { exp: expOf, log: logOf, sqrt: rootOf } = Math;
const lineSum = (/** @type {Line} */ x) => x.reduce((sum, v) => sum + v, 0);
const largestOf = (/** @type {Line} */ x) => x.reduce((y, v) => Math.max(y, v), -Infinity);
/** NaN of nothing. @param {Line} x */
const lineMean = (x) => lineSum(x) / x.length;

/** The root of the sum of squares, scaled so that no square over- or underflows. @param {Line} x */
function normOf(x) {
  const size = Math.max(largestOf(x.map(Math.abs)), 0);
  const safe = size > 0 && size < Infinity ? size : 1;
  return safe * rootOf(lineSum(x.map((v) => (v / safe) ** 2)));
}

/** log(sum(w exp(x))) of the weights that are not 0. @param {Line} w @param {Line} x */
function weightedLog(w, x) {
  const top = largestOf(x.filter((_, k) => w[k] !== 0));
  // inf - inf is no number
  const shift = Number.isFinite(top) ? top : 0;
  return shift + logOf(lineSum(x.map((v, k) => (w[k] === 0 ? 0 : w[k] * expOf(v - shift)))));
}

/** The place of the last of the largest entries, or of the last that is NaN. @param {Line} x */
function lastLargest(x) {
  const top = largestOf(x);
  let k = x.length - 1;
  while (k > 0 && (top === top ? x[k] < top : x[k] === x[k])) k -= 1;
  return k;
}

/** @param {Line} x */
function refuseNone(x) {
  if (!x.length) throw new RangeError("it has no entries, and so no largest or smallest one");
  return x;
}

/** A line less a number of it. @param {Line} x @param {number} shift @returns {Line} */
const lessOf = (x, shift) => x.map((v) => v - shift);

/** @param {Line} x @returns {Line} */
function softmaxOf(x) {
  const e = lessOf(x, largestOf(x)).map(expOf);
  const sum = lineSum(e);
  return e.map((v) => v / sum);
}

/** @param {Line} x @returns {Line} */
function logSoftmaxOf(x) {
  const y = lessOf(x, largestOf(x));
  return lessOf(y, logOf(lineSum(y.map(expOf))));
}

/** @param {Line} x @returns {Line} */
function productsOfOthers(x) {
  const y = x.slice();
  let [before, after] = [1, 1];
  x.forEach((v, k) => {
    y[k] = before;
    before *= v;
  });
  for (let k = x.length - 1; k >= 0; after *= x[k], k -= 1) y[k] *= after;
  return y;
}

/** One axis or several as a list, from the start. @param {number | number[]} axis @param {number} rank */
const placesOf = (axis, rank) => [axis].flat().map((a) => a + rank);

/** @param {(x: Line) => any} f a number of a line, or a line @param {boolean} [isAlong] whether it is a line @returns {Kernel} */
const ofLines = (f, isAlong = false) => ([shape], { axis = -1, keepdims = false }) => {
  const axes = placesOf(axis, shape.length);
  const kept = orderOf(shape.length, axis).slice(0, -axes.length || undefined);
  const [starts, inner] = [kept, axes].map((places) => offsetsOf(places.map((k) => shape[k]), places.map((k) => stridesOf(shape)[k])));
  const line = new Float64Array(inner.length);
  const result = isAlong ? shape : keepdims ? shape.map((size, k) => (axes.includes(k) ? 1 : size)) : kept.map((k) => shape[k]);
  return {
    shape: result,
    compute: (out, [x]) => starts.forEach((at, o) => {
      for (let k = 0; k < inner.length; k += 1) line[k] = x[at + inner[k]];
      const y = f(line);
      if (isAlong) inner.forEach((place, k) => { out[at + place] = y[k]; });
      else out[o] = y;
    }),
  };
};

/** @type {Kernel} */
function weightedLogSumExp(shapes) {
  const { lead, each } = loopsOf(shapes, [1, 1]);
  return { shape: lead, compute: (out, xs) => each(xs, (o, w, x) => { out[o] = weightedLog(w, x); }) };
}

/** The axes of an array with some of them last. @param {number} rank @param {number | number[]} axis */
function orderOf(rank, axis) {
  const places = placesOf(axis, rank);
  return [...Array(rank).keys()].filter((k) => !places.includes(k)).concat(places);
}

/** These axes as one, the last. @type {Kernel} */
function axesLast([x], { axis = -1 }) {
  const order = orderOf(x.length, axis);
  const sizes = order.map((k) => x[k]);
  const kept = x.length - [axis].flat().length;
  const moved = movedTo(sizes, [x], (at) => [0, x.map((_, k) => at[order.indexOf(k)])]);
  return { ...moved, shape: [...sizes.slice(0, kept), entriesIn(sizes.slice(kept))] };
}

/** The last axis as those of x again, in their places. @type {Kernel} */
function axesBack([v, x], { axis = -1 }) {
  const sizes = [...v.slice(0, -1), ...[axis].flat().map((a) => x[x.length + a])];
  const order = orderOf(sizes.length, axis);
  return movedTo(sizes.map((_, k) => sizes[order.indexOf(k)]), [sizes], (at) => [0, order.map((k) => at[k])]);
}

/** @type {[string, Kernel][]} */
export const REDUCTION_KERNELS = [
  ["sum", ofLines(lineSum)],
  ["mean", ofLines(lineMean)],
  ["norm", ofLines(normOf)],
  ["norm2", ofLines((x) => lineSum(x.map((v) => v * v)))],
  ["count", ofLines((x) => x.length)],
  ["max", ofLines((x) => largestOf(refuseNone(x)))],
  ["min", ofLines((x) => refuseNone(x).reduce((y, v) => Math.min(y, v), Infinity))],
  ["argmax", ofLines((x) => lastLargest(refuseNone(x)))],
  ["prod", ofLines((x) => x.reduce((y, v) => y * v, 1))],
  ["logsumexp", ofLines((x) => weightedLog(x.map(() => 1), x))],
  ["var", ofLines((x) => lineMean(lessOf(x, lineMean(x)).map((v) => v * v)))],
  ["std", ofLines((x) => normOf(lessOf(x, lineMean(x))) / (rootOf(x.length) || NaN))],
  ["softmax", ofLines(softmaxOf, true)],
  ["log_softmax", ofLines(logSoftmaxOf, true)],
  ["is_max", ofLines((x) => x.slice().fill(0).fill(1, Math.max(lastLargest(x), 0), lastLargest(x) + 1), true)],
  ["prod_others", ofLines(productsOfOthers, true)],
  ["weighted_logsumexp", weightedLogSumExp],
  ["axes_last", axesLast],
  ["axes_back", axesBack],
];
