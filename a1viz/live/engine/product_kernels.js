// Kernels of the rows that are sums of products: products of matrices and vectors, traces, sums over a batch, `einsum`.

import { opOf } from "./operators.js";
import { entriesIn, offsetsOf, stepsOf } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
/** @typedef {Map<string, number>} Steps of an array along each axis that it has, by the axis's name */
/** @typedef {{keys: string[], shape: number[]}} Named an operand's shape and the names of its axes */

const ONE = Float64Array.of(1);

/**
 * out += a * b for every position along all axes, of which the `kept` ones are gone through outside.
 * @param {Map<string, number>} sizes @param {string[]} kept @param {Steps} to @param {Steps} left @param {Steps} [right]
 * @returns {(out: Float64Array, a: Float64Array, b?: Float64Array) => void}
 */
export function productsOf(sizes, kept, to, left, right = new Map()) {
  const keys = [...sizes.keys()];
  const [outside, inside] = [true, false].map((isKept) => keys.filter((key) => kept.includes(key) === isKept));
  const offsets = [outside, inside].map((some) => [to, left, right].map((steps) => {
    return offsetsOf(some.map((key) => /** @type {number} */ (sizes.get(key))), some.map((key) => steps.get(key) ?? 0));
  }));
  const [[outs, as, bs], [outsIn, asIn, bsIn]] = offsets;
  const n = outsIn.length;
  if (inside.every((key) => !to.get(key))) {
    return (out, a, b = ONE) => {
      out.fill(0);
      for (let o = 0; o < outs.length; o += 1) {
        const [p, q] = [as[o], bs[o]];
        let sum = 0;
        for (let k = 0; k < n; k += 1) sum += a[p + asIn[k]] * b[q + bsIn[k]];
        out[outs[o]] += sum;
      }
    };
  }
  return (out, a, b = ONE) => {
    out.fill(0);
    for (let o = 0; o < outs.length; o += 1) {
      const [r, p, q] = [outs[o], as[o], bs[o]];
      for (let k = 0; k < n; k += 1) out[r + outsIn[k]] += a[p + asIn[k]] * b[q + bsIn[k]];
    }
  };
}

/** Names for the axes in front of a core: the same for those that broadcast against each other. @param {number} count */
export const leadKeys = (count) => Array.from({ length: count }, (_, k) => String(count - k));

/** The steps by name; those of an axis that is there twice are added up. @param {Named} named @returns {Steps} */
function stepsByKey({ keys, shape }) {
  const found = new Map();
  stepsOf(shape).forEach((step, k) => found.set(keys[k], (found.get(keys[k]) ?? 0) + (shape[k] === 1 ? 0 : step)));
  return found;
}

/** The sum over all axes that the result has not, one operand after the other. @param {Named[]} terms @param {string[]} result @param {[string, number][]} [known] @returns {import("./tensors.js").Planned} */
function contractedOf(terms, result, known = []) {
  /** @type {Map<string, number>} */
  const sizes = new Map(known);
  for (const { keys, shape } of terms) keys.forEach((key, k) => { if (shape[k] !== 1 || !sizes.has(key)) sizes.set(key, shape[k]); });
  const shapeOf = (/** @type {string[]} */ keys) => keys.map((key) => sizes.get(key) ?? 1);
  let made = terms[0];
  /** @type {((xs: Float64Array[], out: Float64Array, before: Float64Array) => Float64Array)[]} */
  const stages = [];
  for (let k = 1; k < Math.max(2, terms.length); k += 1) {
    const next = terms[k] ?? { keys: [], shape: [] };
    const isLast = k >= terms.length - 1;
    const both = [...new Set([...made.keys, ...next.keys, ...(isLast ? known.map(([key]) => key) : [])])];
    const keys = isLast ? result : both.filter((key) => result.includes(key) || terms.slice(k + 1).some((term) => term.keys.includes(key)));
    const product = { keys, shape: shapeOf(keys) };
    const every = new Map([...new Set([...keys, ...both])].map((key) => [key, sizes.get(key) ?? 1]));
    const compute = productsOf(every, keys, stepsByKey(product), stepsByKey(made), stepsByKey(next));
    const place = isLast ? null : new Float64Array(entriesIn(product.shape));
    stages.push((xs, out, before) => {
      compute(place ?? out, before, xs[k]);
      return place ?? out;
    });
    made = product;
  }
  return { shape: made.shape, compute: (out, xs) => { stages.reduce((before, stage) => stage(xs, out, before), xs[0]); } };
}

/** The kernel that a row's signature says: the sum over all axes that its result has not. @param {string} name @returns {[string, Kernel]} */
function ofSignature(name) {
  const op = opOf(name);
  return [name, (shapes, _, ranks, batch) => {
    const fronts = shapes.map((shape, k) => shape.length - op.inputs[k].length - batch.length);
    const sample = batch.length ? ["batch"] : [];
    const terms = shapes.map((shape, k) => ({ shape, keys: [...sample, ...leadKeys(fronts[k]), ...op.inputs[k]] }));
    return contractedOf(terms, [...leadKeys(Math.max(...fronts)), ...op.output], batch.map((n) => ["batch", n]));
  }];
}

/** @type {Kernel} */
function einsumKernel(shapes, { formula }, ranks) {
  const [left, result] = formula.split("->");
  const fronts = shapes.map((shape, k) => shape.length - ranks[k]);
  const terms = left.split(",").map((/** @type {string} */ letters, /** @type {number} */ k) => {
    return { shape: shapes[k], keys: [...leadKeys(fronts[k]), ...letters.trim()] };
  });
  return contractedOf(terms, [...leadKeys(Math.max(...fronts)), ...result.trim()]);
}

const SIGNED = "matvec vecmat matmul outer inner trace diag batch_sum batch_outer batch_matmul batch_weighted";

/** @type {[string, Kernel][]} */
export const PRODUCT_KERNELS = [...SIGNED.split(" ").map(ofSignature), ["einsum", einsumKernel]];
