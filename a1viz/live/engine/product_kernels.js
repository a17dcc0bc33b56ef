// Kernels of the rows that are sums of products: products of matrices and vectors, traces, sums over a batch, `einsum`.

import { opOf } from "./operators.js";
import { entriesIn, offsetsOf, stridesOf } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
/** @typedef {{keys: string[], shape: number[]}} Named a shape, and the names of its axes */

const ONE = Float64Array.of(1);

/** Names for axes in front of a core: the same for those that broadcast against each other. @param {number} count */
const leadKeys = (count) => Array.from({ length: count }, (_, k) => String(count - k));

/** The sum over all axes that the result has not, one operand after the other. @param {Named[]} terms @param {string[]} result @param {[string, number][]} [known] sizes of axes @returns {import("./tensors.js").Planned} */
function contractedOf(terms, result, known = []) {
  const sizes = new Map(known);
  for (const { keys, shape } of terms) keys.forEach((key, k) => { if (shape[k] !== 1 || !sizes.has(key)) sizes.set(key, shape[k]); });
  const sizesOf = (/** @type {string[]} */ keys) => keys.map((key) => sizes.get(key) ?? 1);
  const all = [...terms];
  /** @type {{a: number, b: number, place: Float64Array, offsets: Int32Array[][]}[]} */
  const steps = [];
  // of a product which axes it keeps, and where along them and along the others the entries of both operands lie
  const multiply = (/** @type {number} */ a, /** @type {number} */ b, /** @type {string[]} */ kept, /** @type {string[]} */ more = []) => {
    const operands = [all[a], all[b] ?? { keys: [], shape: [] }];
    const inside = [...new Set([...operands.flatMap(({ keys }) => keys), ...more])].filter((key) => !kept.includes(key));
    const offsets = [kept, inside].map((along) => operands.map(({ keys, shape }) => {
      const strides = stridesOf(shape);
      return offsetsOf(sizesOf(along), along.map((key) => keys.reduce((sum, own, k) => sum + (own === key && shape[k] !== 1 ? strides[k] : 0), 0)));
    }));
    steps.push({ a, b, offsets, place: new Float64Array(entriesIn(sizesOf(kept))) });
    return all.push({ keys: kept, shape: sizesOf(kept) }) - 1;
  };
  // the axes of some operands that the result or others need
  const needed = (/** @type {number[]} */ some, /** @type {number[]} */ others) => {
    const wanted = [...result, ...others.flatMap((k) => all[k].keys)];
    return [...new Set(some.flatMap((k) => all[k].keys))].filter((key) => wanted.includes(key));
  };
  let left = [...terms.keys()];
  if (terms.length > 1) left = left.map((k) => {
    const kept = needed([k], left.filter((other) => other !== k));
    return kept.length < terms[k].keys.length ? multiply(k, -1, kept) : k;
  });
  while (left.length > 2) left = [multiply(left[0], left[1], needed(left.slice(0, 2), left.slice(2))), ...left.slice(2)];
  multiply(left[0], left[1] ?? -1, result, known.map(([key]) => key));
  return { shape: sizesOf(result), compute: (out, xs) => {
    const values = [...xs];
    steps.forEach(({ a, b, offsets: [[as, bs], [asIn, bsIn]], place }, k) => {
      const [x, y, z] = [values[a], values[b] ?? ONE, k < steps.length - 1 ? place : out];
      for (let o = 0; o < as.length; o += 1) {
        const [p, q] = [as[o], bs[o]];
        let sum = 0;
        for (let i = 0; i < asIn.length; i += 1) sum += x[p + asIn[i]] * y[q + bsIn[i]];
        z[o] = sum;
      }
      values.push(z);
    });
  } };
}

/** The kernel that a row's signature says: the sum over all axes that its result has not. @param {string} name @returns {[string, Kernel]} */
function ofSignature(name) {
  const { inputs, output } = opOf(name);
  return [name, (shapes, _, ranks, batch) => {
    const fronts = shapes.map((shape, k) => shape.length - inputs[k].length - batch.length);
    const terms = shapes.map((shape, k) => ({ shape, keys: [...batch.map(() => "batch"), ...leadKeys(fronts[k]), ...inputs[k]] }));
    return contractedOf(terms, [...leadKeys(Math.max(...fronts)), ...output], batch.map((n) => ["batch", n]));
  }];
}

/** @type {Kernel} */
function einsumKernel(shapes, { formula }, ranks) {
  const [left, result] = formula.split("->");
  const fronts = shapes.map((shape, k) => shape.length - ranks[k]);
  const terms = shapes.map((shape, k) => ({ shape, keys: [...leadKeys(fronts[k]), ...left.split(",")[k].trim()] }));
  return contractedOf(terms, [...leadKeys(Math.max(...fronts)), ...result.trim()]);
}

/** @type {[string, Kernel][]} */
export const PRODUCT_KERNELS = [
  ..."matvec vecmat matmul outer inner trace diag batch_sum batch_outer batch_matmul batch_weighted".split(" ").map(ofSignature),
  ["einsum", einsumKernel],
];
