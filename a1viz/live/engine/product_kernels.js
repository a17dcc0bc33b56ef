// Kernels of the rows that are sums of products: products of matrices and vectors, traces, sums over a batch, `einsum`.

import { opOf } from "./operators.js";
import { entriesIn, offsetsOf, stridesIn } from "./tensors.js";

/** @typedef {import("./tensors.js").Kernel} Kernel */
const ONE = Float64Array.of(1);

/**
 * The sum over all axes that the result has not, one operand after the other. Axes in front of those named, those of the loops, are named by how far
 * in front they are, so that those that broadcast against each other have one name.
 * @param {number[][]} shapes @param {string[][]} cores the names of the operands' axes @param {string[]} output those of the result's
 * @param {number[]} [batch] @returns {import("./tensors.js").Planned}
 */
function contracted(shapes, cores, output, batch = []) {
  const sample = batch.map(() => "batch");
  const loops = (/** @type {number} */ count) => Array.from({ length: count }, (_, k) => String(count - k));
  const counts = shapes.map((shape, k) => shape.length - cores[k].length - batch.length);
  const all = shapes.map((shape, k) => ({ shape, keys: [...sample, ...loops(counts[k]), ...cores[k]] }));
  const result = [...loops(Math.max(...counts)), ...output];
  /** @type {Map<string, number>} */
  const sizes = new Map(sample.map((key) => [key, batch[0]]));
  for (const { keys, shape } of all) keys.forEach((key, k) => { if (shape[k] !== 1 || !sizes.has(key)) sizes.set(key, shape[k]); });
  const sizesOf = (/** @type {string[]} */ keys) => keys.map((key) => sizes.get(key) ?? 1);
  /** @type {{a: number, b: number, place: Float64Array, offsets: Int32Array[][]}[]} */
  const steps = [];
  // of a product which axes it keeps, and where along them and along the others the entries of both operands lie
  const multiply = (/** @type {string[]} */ kept, /** @type {number} */ a, b = -1) => {
    const operands = [all[a], all[b] ?? { keys: [], shape: [] }];
    const inside = [...new Set(operands.flatMap(({ keys }) => keys))].filter((key) => !kept.includes(key));
    const offsets = [kept, inside].map((some) => operands.map(({ keys, shape }) => {
      const strides = stridesIn(shape, shape);
      return offsetsOf(sizesOf(some), some.map((key) => keys.reduce((sum, own, k) => sum + (own === key ? strides[k] : 0), 0)));
    }));
    steps.push({ a, b, offsets, place: new Float64Array(entriesIn(sizesOf(kept))) });
    return all.push({ keys: kept, shape: sizesOf(kept) }) - 1;
  };
  // the axes of some operands that the result or others need
  const needed = (/** @type {number[]} */ some, /** @type {number[]} */ others) => {
    const wanted = [...result, ...others.flatMap((k) => all[k].keys)];
    return [...new Set(some.flatMap((k) => all[k].keys))].filter((key) => wanted.includes(key));
  };
  let left = [...shapes.keys()];
  if (left.length > 1) left = left.map((k) => {
    const kept = needed([k], left.filter((other) => other !== k));
    return kept.length < all[k].keys.length ? multiply(kept, k) : k;
  });
  while (left.length > 2) left = [multiply(needed(left.slice(0, 2), left.slice(2)), left[0], left[1]), ...left.slice(2)];
  multiply(result, left[0], left[1]);
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

/** The kernel that a row's signature says. @param {string} name @returns {[string, Kernel]} */
const ofSignature = (name) => [name, (shapes, _, ranks, batch) => contracted(shapes, opOf(name).inputs, opOf(name).output, batch)];

/** @type {Kernel} */
function einsumKernel(shapes, { formula }) {
  const [left, result] = formula.replaceAll(" ", "").split("->");
  return contracted(shapes, left.split(",").map((/** @type {string} */ letters) => [...letters]), [...result]);
}

/** @type {[string, Kernel][]} */
export const PRODUCT_KERNELS = [
  ..."matvec vecmat matmul outer inner trace diag batch_sum batch_outer batch_matmul batch_weighted".split(" ").map(ofSignature),
  ["einsum", einsumKernel],
];
